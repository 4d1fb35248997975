//! The order in which heavy lines run: the callers take turns.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::oneshot;

use crate::server::peer::CallerId;

/// The time that a job may run while jobs of other callers wait.
pub(super) const SLICE: Duration = Duration::from_millis(10);

/// The jobs that run and wait. A job is a line that needs a thread for some time.
///
/// Each core runs one job. A job that has used its slice of time makes room for the next caller, and
/// continues when its caller has the turn again. So the wait for the first slice depends on the
/// number of callers, and not on the number of their jobs or on the length of their lines.
#[derive(Debug)]
pub(super) struct Turns {
    state: Mutex<State>,
    /// The maximum number of jobs that run at the same time.
    cores: usize,
    /// The maximum number of jobs that run or wait.
    jobs: usize,
}

#[derive(Debug, Default)]
struct State {
    running: usize,
    /// The number of jobs that run or wait.
    jobs: usize,
    /// The number of the last job.
    last: u64,
    callers: HashMap<CallerId, Caller>,
    /// The callers with waiting jobs, the next one first.
    ring: VecDeque<CallerId>,
}

/// The jobs of one caller.
#[derive(Debug, Default)]
struct Caller {
    /// The jobs that run or wait.
    jobs: HashSet<u64>,
    /// The jobs that wait, the next one first.
    waiting: VecDeque<Waiting>,
}

/// A job that waits for its turn. If the sender is dropped, the job has to end.
#[derive(Debug)]
struct Waiting {
    job: u64,
    turn: oneshot::Sender<Turn>,
}

/// The right to run on a core until it is dropped.
#[derive(Debug)]
pub(super) struct Turn(Option<Arc<Turns>>);

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(turns) = self.0.take() {
            turns.end_turn();
        }
    }
}

/// A job that was accepted, identified by its caller and its number.
#[derive(Clone, Copy, Debug)]
pub(super) struct JobId {
    caller: CallerId,
    number: u64,
}

/// The error for a job when too many jobs wait.
#[derive(Debug)]
pub(super) struct TooManyJobs;

impl Turns {
    pub(super) fn new(cores: usize, jobs: usize) -> Self {
        Self {
            state: Mutex::default(),
            cores,
            jobs,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Accepts a job of `caller`.
    ///
    /// If there are too many jobs, the newest waiting job of the caller with the most jobs has to
    /// end, if that caller has more jobs than `caller`.
    pub(super) fn accept(&self, caller: CallerId) -> Result<JobId, TooManyJobs> {
        let mut state = self.lock();
        if state.jobs >= self.jobs {
            state.evict_for(caller)?;
        }
        state.jobs += 1;
        state.last += 1;
        let number = state.last;
        state.callers.entry(caller).or_default().jobs.insert(number);
        Ok(JobId { caller, number })
    }

    /// Queues a job. The receiver gets the job's turn. An error means that the job has to end.
    pub(super) fn queue(self: &Arc<Self>, job: JobId) -> oneshot::Receiver<Turn> {
        let mut state = self.lock();
        let next = state.queue(job, false);
        state.grant(self);
        next
    }

    /// Whether other callers than that of `job` wait.
    pub(super) fn others_wait(&self, job: JobId) -> bool {
        self.lock().ring.iter().any(|caller| *caller != job.caller)
    }

    /// Ends the turn of a running job, and queues the job again behind the other callers.
    pub(super) fn pause(self: &Arc<Self>, job: JobId, mut turn: Turn) -> oneshot::Receiver<Turn> {
        turn.0 = None;
        let mut state = self.lock();
        state.running -= 1;
        let next = state.queue(job, true);
        state.grant(self);
        next
    }

    fn end_turn(self: &Arc<Self>) {
        let mut state = self.lock();
        state.running -= 1;
        state.grant(self);
    }

    /// Lets a waiting job end without another turn.
    pub(super) fn release(&self, job: JobId) {
        self.lock().release(job);
    }

    /// Forgets a job, which does not run.
    pub(super) fn forget(&self, job: JobId) {
        self.lock().forget(job);
    }
}

impl State {
    /// Queues a job that is accepted. A job that has begun continues before the caller's other jobs,
    /// so that a caller has few unfinished jobs in memory.
    fn queue(&mut self, job: JobId, has_begun: bool) -> oneshot::Receiver<Turn> {
        let (turn, receiver) = oneshot::channel();
        let Some(caller) = self.callers.get_mut(&job.caller) else {
            return receiver;
        };
        if !caller.jobs.contains(&job.number) {
            return receiver;
        }
        if has_begun {
            // The caller has just had its turn.
            self.ring.retain(|id| *id != job.caller);
        }
        if has_begun || caller.waiting.is_empty() {
            self.ring.push_back(job.caller);
        }
        let waiting = Waiting {
            job: job.number,
            turn,
        };
        if has_begun {
            caller.waiting.push_front(waiting);
        } else {
            caller.waiting.push_back(waiting);
        }
        receiver
    }

    /// Gives turns to waiting jobs while cores are free.
    fn grant(&mut self, turns: &Arc<Turns>) {
        while self.running < turns.cores
            && let Some(id) = self.ring.pop_front()
        {
            let Some(caller) = self.callers.get_mut(&id) else {
                continue;
            };
            let next = caller.waiting.pop_front();
            if !caller.waiting.is_empty() {
                self.ring.push_back(id);
            }
            let Some(next) = next else {
                continue;
            };
            match next.turn.send(Turn(Some(Arc::clone(turns)))) {
                Ok(()) => self.running += 1,
                // Nobody waits for this job. The turn must not end, since it has not begun.
                Err(mut turn) => turn.0 = None,
            }
        }
    }

    /// Ends a waiting job, to make room for a job of `newcomer`.
    fn evict_for(&mut self, newcomer: CallerId) -> Result<(), TooManyJobs> {
        let own = self.callers.get(&newcomer).map_or(0, |it| it.jobs.len());
        let waiting = self.ring.iter().map(|id| (*id, &self.callers[id]));
        let most = waiting.max_by_key(|(_, caller)| caller.jobs.len());
        let (id, caller) = most
            .filter(|(_, caller)| caller.jobs.len() > own)
            .ok_or(TooManyJobs)?;
        let newest = caller.waiting.iter().map(|waiting| waiting.job).max();
        let number = newest.ok_or(TooManyJobs)?;
        self.forget(JobId { caller: id, number });
        Ok(())
    }

    /// Removes a job from the queue. Its receiver gets an error.
    fn release(&mut self, job: JobId) {
        let Some(caller) = self.callers.get_mut(&job.caller) else {
            return;
        };
        caller.waiting.retain(|waiting| waiting.job != job.number);
        if caller.waiting.is_empty() {
            self.ring.retain(|id| *id != job.caller);
        }
    }

    fn forget(&mut self, job: JobId) {
        self.release(job);
        let Some(caller) = self.callers.get_mut(&job.caller) else {
            return;
        };
        if caller.jobs.remove(&job.number) {
            self.jobs -= 1;
        }
        if caller.jobs.is_empty() {
            self.callers.remove(&job.caller);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(number: u64) -> CallerId {
        CallerId::of_connection(number)
    }

    /// Returns the turn of a job, if the job has it.
    fn granted(turn: &mut oneshot::Receiver<Turn>) -> Option<Turn> {
        turn.try_recv().ok()
    }

    #[test]
    fn callers_take_turns_whatever_the_number_of_their_jobs() {
        let turns = Arc::new(Turns::new(1, 100));
        let flood: Vec<_> = (0..50).map(|_| turns.accept(caller(1)).unwrap()).collect();
        let mut flooding: Vec<_> = flood.iter().map(|job| turns.queue(*job)).collect();
        let running = granted(&mut flooding[0]).unwrap();
        assert!(granted(&mut flooding[1]).is_none());
        let job = turns.accept(caller(2)).unwrap();
        let mut queued = turns.queue(job);
        assert!(turns.others_wait(flood[0]) && granted(&mut queued).is_none());
        // The running job has used its slice.
        let mut again = turns.pause(flood[0], running);
        let running = granted(&mut queued).unwrap();
        drop(running);
        turns.forget(job);
        assert!(granted(&mut flooding[1]).is_none() && granted(&mut again).is_some());
    }

    #[test]
    fn a_newcomer_takes_the_place_of_a_job_of_the_busiest_caller() {
        let turns = Arc::new(Turns::new(1, 3));
        let busy: Vec<_> = (0..3).map(|_| turns.accept(caller(1)).unwrap()).collect();
        let mut waiting: Vec<_> = busy.iter().map(|job| turns.queue(*job)).collect();
        let running = granted(&mut waiting[0]).unwrap();
        turns.accept(caller(1)).unwrap_err();
        let newcomer = turns.accept(caller(2)).unwrap();
        let closed = oneshot::error::TryRecvError::Closed;
        assert_eq!(waiting[2].try_recv().unwrap_err(), closed);
        let mut queued = turns.queue(newcomer);
        // The evicted job ends after its place was taken.
        turns.forget(busy[2]);
        turns.accept(caller(3)).unwrap();
        assert_eq!(waiting[1].try_recv().unwrap_err(), closed);
        drop(running);
        assert!(granted(&mut queued).is_some());
        // Nobody has more jobs than a caller with one job.
        turns.accept(caller(1)).unwrap_err();
    }

    #[test]
    fn nothing_is_kept_of_jobs_that_have_ended() {
        let turns = Arc::new(Turns::new(2, 10));
        for number in 0..100 {
            let job = turns.accept(caller(number % 7)).unwrap();
            let mut queued = turns.queue(job);
            match number % 3 {
                // The turn is granted, but not taken.
                0 => drop(queued),
                1 => drop(granted(&mut queued).unwrap()),
                _ => drop(turns.pause(job, granted(&mut queued).unwrap())),
            }
            turns.forget(job);
        }
        let state = turns.lock();
        assert_eq!((state.running, state.jobs), (0, 0));
        assert_eq!((state.ring.len(), state.callers.len()), (0, 0));
    }
}
