//! The pool that evaluates heavy lines. Each core runs one line at a time.

use std::{
    cell::{Cell, RefCell},
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use tokio::task;

use super::turns::{JobId, SLICE, TooManyJobs, Turn, Turns};
use crate::{engine::Interruption, server::peer::CallerId};

/// The pool of heavy lines. The numbers of running jobs and of waiting jobs are limited, and the
/// callers take turns.
///
/// The jobs run on the blocking threads of the runtime. A job that waits for its next turn keeps its
/// thread.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    turns: Arc<Turns>,
    /// The maximum number of jobs that wait.
    max_waiting: usize,
}

/// The error for a job when too many jobs wait. The field is the maximum number of waiting jobs.
#[derive(Debug)]
pub(super) struct PoolFull(pub(in crate::server) usize);

/// A permit to wait for a turn and then to run one job.
#[derive(Debug)]
pub(super) struct JobPermit {
    turns: Arc<Turns>,
    job: JobId,
}

impl Drop for JobPermit {
    fn drop(&mut self) {
        self.turns.forget(self.job);
    }
}

/// A flag that cancels a job. Clones share the flag.
#[derive(Clone, Debug, Default)]
pub(super) struct Cancellation(Arc<CancellationState>);

#[derive(Debug, Default)]
struct CancellationState {
    is_cancelled: AtomicBool,
    /// The job, once it is queued.
    job: OnceLock<(Arc<Turns>, JobId)>,
}

impl Cancellation {
    fn is_cancelled(&self) -> bool {
        self.0.is_cancelled.load(Ordering::Relaxed)
    }

    /// Requests that the job ends early. Called when the result of the job is no longer needed.
    ///
    /// A job that waits for its turn ends without it.
    pub(super) fn cancel(&self) {
        self.0.is_cancelled.store(true, Ordering::Relaxed);
        if let Some((turns, job)) = self.0.job.get() {
            turns.release(*job);
        }
    }
}

/// A guard that cancels the job when the future that waits for the job is dropped.
struct CancelOnDrop(Cancellation);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

impl Pool {
    /// Creates a pool that runs one job on each core.
    ///
    /// `waiting` is the maximum number of waiting jobs for each core.
    pub(super) fn new(waiting: usize) -> Self {
        let cores = thread::available_parallelism().map_or(1, usize::from);
        let max_waiting = cores.saturating_mul(waiting);
        Self {
            turns: Arc::new(Turns::new(cores, cores.saturating_add(max_waiting))),
            max_waiting,
        }
    }

    /// Returns a permit for a job of `caller`. Fails if too many jobs already wait, and no other
    /// caller has more jobs.
    pub(super) fn enter(&self, caller: CallerId) -> Result<JobPermit, PoolFull> {
        let accepted = self.turns.accept(caller);
        Ok(JobPermit {
            turns: Arc::clone(&self.turns),
            job: accepted.map_err(|TooManyJobs| PoolFull(self.max_waiting))?,
        })
    }
}

impl JobPermit {
    /// Runs `job` when its caller has the turn, and returns the result of the job.
    ///
    /// Returns `None` if the job panicked. Dropping the future cancels the job. A cancelled job
    /// keeps its turn until the job ends.
    pub(super) async fn run<T: Send + 'static>(
        self,
        cancellation: Cancellation,
        job: impl FnOnce(&RunningJob) -> T + Send + 'static,
    ) -> Option<T> {
        let _ = cancellation.0.job.set((Arc::clone(&self.turns), self.job));
        let queued = self.turns.queue(self.job);
        if cancellation.is_cancelled() {
            self.turns.release(self.job);
        }
        let _guard = CancelOnDrop(cancellation.clone());
        // Without a turn, the job ends as soon as it looks for an interruption.
        let turn = queued.await.ok();
        let job = task::spawn_blocking(move || {
            job(&RunningJob {
                turn: RefCell::new(turn),
                begun: Cell::new(Instant::now()),
                before: Cell::new(Duration::ZERO),
                cancellation,
                permit: self,
            })
        });
        job.await.ok()
    }
}

/// A job that runs, in slices of time.
pub(super) struct RunningJob {
    /// The turn. None if the job has to end.
    turn: RefCell<Option<Turn>>,
    /// The begin of the slice.
    begun: Cell<Instant>,
    /// The time of the earlier slices.
    before: Cell<Duration>,
    cancellation: Cancellation,
    // Dropped after the turn.
    permit: JobPermit,
}

impl RunningJob {
    /// Returns the reason why the job has to end, if there is one. `limit` is the maximum time of
    /// all its slices.
    ///
    /// At the end of a slice, waits until the caller has the turn again.
    pub(super) fn interrupted(&self, limit: Duration) -> Option<Interruption> {
        if let Some(ended) = self.ended() {
            return Some(ended);
        }
        let slice = self.begun.get().elapsed();
        if self.before.get() + slice > limit {
            return Some(Interruption::OutOfTime);
        }
        if slice < SLICE {
            return None;
        }
        self.before.set(self.before.get() + slice);
        let JobPermit { turns, job } = &self.permit;
        if turns.others_wait(*job)
            && let Some(turn) = self.turn.take()
        {
            let next = turns.pause(*job, turn).blocking_recv().ok();
            self.turn.replace(next);
        }
        self.begun.set(Instant::now());
        self.ended()
    }

    fn ended(&self) -> Option<Interruption> {
        if self.cancellation.is_cancelled() {
            return Some(Interruption::Cancelled);
        }
        let is_refused = self.turn.borrow().is_none();
        is_refused.then_some(Interruption::Refused)
    }
}
