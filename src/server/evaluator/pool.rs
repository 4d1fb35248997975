//! The pool of threads that compute heavy lines, one for each core.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task,
};

use crate::server::semaphore;

/// A bound on the jobs that run and on those that wait.
///
/// The threads are the blocking threads of the runtime.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    /// A permit for each job that may run.
    running: Arc<Semaphore>,
    /// A permit for each job that may run or wait.
    accepted: Arc<Semaphore>,
    /// The limit of jobs that wait.
    max_waiting: usize,
}

/// The limit of waiting jobs is reached.
#[derive(Debug)]
pub(super) struct PoolFull(pub(in crate::server) usize);

/// The permit to run one job.
#[derive(Debug)]
pub(super) struct JobPermit {
    running: Arc<Semaphore>,
    accepted: OwnedSemaphorePermit,
}

/// The cancellation of a job. Clones share one flag.
#[derive(Clone, Debug, Default)]
pub(super) struct Cancellation(Arc<AtomicBool>);

impl Cancellation {
    pub(super) fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Asks the job to end: its result is no longer needed.
    pub(super) fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Cancels the job when it is dropped, with the future of the caller.
struct CancelOnDrop(Cancellation);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

impl Pool {
    /// Creates a pool with a thread for each core, and for each thread `waiting` jobs that
    /// may wait.
    pub(super) fn new(waiting: usize) -> Self {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let max_waiting = threads.saturating_mul(waiting);
        Self {
            running: semaphore(threads),
            accepted: semaphore(threads.saturating_add(max_waiting)),
            max_waiting,
        }
    }

    /// Returns a permit for a job, unless too many jobs wait.
    pub(super) fn enter(&self) -> Result<JobPermit, PoolFull> {
        let accepted = Arc::clone(&self.accepted).try_acquire_owned();
        Ok(JobPermit {
            running: Arc::clone(&self.running),
            accepted: accepted.map_err(|_| PoolFull(self.max_waiting))?,
        })
    }
}

impl JobPermit {
    /// Runs `job` when a thread is free, and returns its result; `None` if it panicked.
    ///
    /// Dropping the future cancels the job, which keeps its thread until it ends.
    pub(super) async fn run<T: Send + 'static>(
        self,
        cancellation: Cancellation,
        job: impl FnOnce(&Cancellation) -> T + Send + 'static,
    ) -> Option<T> {
        let running = self.running.acquire_owned().await;
        let running = running.expect("the semaphore is never closed");
        let accepted = self.accepted;
        let _guard = CancelOnDrop(cancellation.clone());
        let job = task::spawn_blocking(move || {
            let _permits = (accepted, running);
            job(&cancellation)
        });
        job.await.ok()
    }
}
