//! The pool of threads that evaluate heavy lines. It has one thread for each core.

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

/// A pool of threads. The numbers of running jobs and of waiting jobs are limited.
///
/// The jobs run on the blocking threads of the runtime.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    /// The semaphore with one permit for each job that may run at the same time.
    running: Arc<Semaphore>,
    /// The semaphore with one permit for each job that may run or wait at the same time.
    accepted: Arc<Semaphore>,
    /// The maximum number of jobs that wait.
    max_waiting: usize,
}

/// The error for a job when too many jobs wait. The field is the maximum number of waiting jobs.
#[derive(Debug)]
pub(super) struct PoolFull(pub(in crate::server) usize);

/// A permit to wait for a thread and then to run one job.
#[derive(Debug)]
pub(super) struct JobPermit {
    running: Arc<Semaphore>,
    accepted: OwnedSemaphorePermit,
}

/// A flag that cancels a job. Clones share the flag.
#[derive(Clone, Debug, Default)]
pub(super) struct Cancellation(Arc<AtomicBool>);

impl Cancellation {
    pub(super) fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Requests that the job ends early. Called when the result of the job is no longer needed.
    pub(super) fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
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
    /// Creates a pool with one thread for each core.
    ///
    /// `waiting` is the maximum number of waiting jobs for each thread.
    pub(super) fn new(waiting: usize) -> Self {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let max_waiting = threads.saturating_mul(waiting);
        Self {
            running: semaphore(threads),
            accepted: semaphore(threads.saturating_add(max_waiting)),
            max_waiting,
        }
    }

    /// Returns a permit for a job. Fails if too many jobs already wait.
    pub(super) fn enter(&self) -> Result<JobPermit, PoolFull> {
        let accepted = Arc::clone(&self.accepted).try_acquire_owned();
        Ok(JobPermit {
            running: Arc::clone(&self.running),
            accepted: accepted.map_err(|_| PoolFull(self.max_waiting))?,
        })
    }
}

impl JobPermit {
    /// Runs `job` when a thread is free, and returns the result of the job.
    ///
    /// Returns `None` if the job panicked. Dropping the future cancels the job. A cancelled job
    /// keeps its thread until the job ends.
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
