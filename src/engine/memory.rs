//! What reals take.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use super::{fault::Fault, limits::Limits};

/// The bytes of all reals of a worksheet together. Reals share their parts, so that no
/// sum over variables could tell.
#[derive(Debug, Default)]
pub(super) struct Memory(AtomicUsize);

impl Memory {
    pub(super) fn bytes(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// That the values take too much.
    pub(super) fn full(limits: &Limits) -> Box<Fault> {
        let limit = limits.held >> 20;
        let message =
            format!("the values of the worksheet take more than the limit of {limit} MiB");
        Fault::limit(message).help(":clear makes a new one")
    }
}

/// A part of the memory that is in use as long as this lives.
#[derive(Debug)]
pub(super) struct Share {
    memory: Arc<Memory>,
    bytes: AtomicUsize,
}

impl Share {
    pub(super) fn new(memory: Arc<Memory>, bytes: usize) -> Self {
        memory.0.fetch_add(bytes, Ordering::Relaxed);
        let bytes = AtomicUsize::new(bytes);
        Self { memory, bytes }
    }

    /// From now on it is so many bytes.
    pub(super) fn resize(&self, bytes: usize) {
        self.memory.0.fetch_add(bytes, Ordering::Relaxed);
        let before = self.bytes.swap(bytes, Ordering::Relaxed);
        self.memory.0.fetch_sub(before, Ordering::Relaxed);
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.memory
            .0
            .fetch_sub(*self.bytes.get_mut(), Ordering::Relaxed);
    }
}
