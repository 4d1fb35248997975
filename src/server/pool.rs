//! Where heavy lines are computed: beside the runtime, a thread for each core.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread,
};

use tokio::{sync::Semaphore, task};

/// Jobs that may wait for each thread that computes.
const WAITING: usize = 64;

/// A bound on how many jobs are computed at the same time, and on how many wait for
/// that. The threads are the runtime's own for what blocks.
#[derive(Clone, Debug)]
pub(super) struct Pool {
    running: Arc<Semaphore>,
    places: Arc<Semaphore>,
}

/// There is no place for another job.
#[derive(Debug)]
pub(super) struct Full;

/// Whether a job's caller still waits for it.
#[derive(Clone, Debug, Default)]
pub(super) struct Caller(Arc<AtomicBool>);

impl Caller {
    pub(super) fn is_gone(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Tells the job that its caller is gone when the caller's future is dropped.
struct Presence(Caller);

impl Drop for Presence {
    fn drop(&mut self) {
        self.0.0.store(true, Ordering::Relaxed);
    }
}

impl Pool {
    pub(super) fn new() -> Self {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        Self {
            running: Arc::new(Semaphore::new(threads)),
            places: Arc::new(Semaphore::new(threads * (1 + WAITING))),
        }
    }

    /// Runs `job` when a thread is free for it. Where this future is dropped the job is
    /// told so, and its thread is taken until it has ended.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&Caller) -> T + Send + 'static,
    ) -> Result<T, Full> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        let place = place.map_err(|_| Full)?;
        let turn = Arc::clone(&self.running).acquire_owned().await;
        let turn = turn.expect("never closed");
        let caller = Caller::default();
        let _presence = Presence(caller.clone());
        let job = task::spawn_blocking(move || {
            let _held = (place, turn);
            job(&caller)
        });
        // A job that panicked is a bug; its caller must not wait for ever.
        job.await.map_err(|_| Full)
    }
}
