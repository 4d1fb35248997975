//! Where heavy lines are computed: beside the runtime, a thread for each core.

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

use crate::server::places;

/// A bound on how many jobs are computed at the same time, and on how many wait for
/// that. The threads are the runtime's own for what blocks.
#[derive(Clone, Debug)]
pub(in crate::server) struct Pool {
    running: Arc<Semaphore>,
    places: Arc<Semaphore>,
    waiting: usize,
}

/// There is no place for another job: so many wait already.
#[derive(Debug)]
pub(in crate::server) struct Full(pub(in crate::server) usize);

/// The right to have a job computed.
#[derive(Debug)]
pub(in crate::server) struct Place {
    running: Arc<Semaphore>,
    place: OwnedSemaphorePermit,
}

/// Whether a job's caller still waits for it.
#[derive(Clone, Debug, Default)]
pub(in crate::server) struct Caller(Arc<AtomicBool>);

impl Caller {
    pub(in crate::server) fn is_gone(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// Tells the job that nobody wants its result any more.
    pub(in crate::server) fn leave(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Tells the job that its caller is gone when the caller's future is dropped.
struct Presence(Caller);

impl Drop for Presence {
    fn drop(&mut self) {
        self.0.leave();
    }
}

impl Pool {
    /// A thread for each core, for each of which so many jobs may wait.
    pub(in crate::server) fn new(waiting: usize) -> Self {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let waiting = threads.saturating_mul(waiting);
        Self {
            running: places(threads),
            places: places(threads.saturating_add(waiting)),
            waiting,
        }
    }

    /// A place for a job.
    pub(in crate::server) fn enter(&self) -> Result<Place, Full> {
        let place = Arc::clone(&self.places).try_acquire_owned();
        Ok(Place {
            running: Arc::clone(&self.running),
            place: place.map_err(|_| Full(self.waiting))?,
        })
    }
}

impl Place {
    /// Runs `job` when a thread is free for it. Where this future is dropped, `caller`
    /// leaves, and the thread is taken until the job has ended.
    ///
    /// None where the job panicked: that is a bug, but nobody must wait for ever.
    pub(in crate::server) async fn run<T: Send + 'static>(
        self,
        caller: Caller,
        job: impl FnOnce(&Caller) -> T + Send + 'static,
    ) -> Option<T> {
        let turn = self.running.acquire_owned().await;
        let turn = turn.expect("never closed");
        let place = self.place;
        let _presence = Presence(caller.clone());
        let job = task::spawn_blocking(move || {
            let _held = (place, turn);
            job(&caller)
        });
        job.await.ok()
    }
}
