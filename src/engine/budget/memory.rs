//! What values take.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use super::limits::Limits;
use crate::engine::fault::Fault;

/// The bytes of all reals of a worksheet together, or those of all values of many
/// worksheets. Reals share their parts, so that no sum over variables could tell.
#[derive(Debug, Default)]
pub struct Memory {
    bytes: AtomicUsize,
    /// What this is a part of.
    all: Option<Arc<Memory>>,
}

impl Memory {
    /// A part of `all`.
    pub(in crate::engine) fn within(all: &Arc<Self>) -> Self {
        Self {
            bytes: AtomicUsize::new(0),
            all: Some(Arc::clone(all)),
        }
    }

    pub(in crate::engine) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// What this is a part of.
    pub(in crate::engine) fn all(&self) -> Option<&Self> {
        self.all.as_deref()
    }

    pub(in crate::engine) fn change(&self, before: usize, after: usize) {
        // Wraps around where it becomes less, and that is the difference.
        let more = after.wrapping_sub(before);
        self.bytes.fetch_add(more, Ordering::Relaxed);
        if let Some(all) = &self.all {
            all.bytes.fetch_add(more, Ordering::Relaxed);
        }
    }

    /// A fault where reals beside `others` bytes of the same worksheet are too much, or
    /// where all worksheets together are, with `more` bytes that are to come.
    pub(in crate::engine) fn reserve(
        &self,
        others: usize,
        more: usize,
        limits: &Limits,
    ) -> Result<(), Box<Fault>> {
        if self.bytes().saturating_add(others) > limits.heap_bytes {
            let limit = limits.heap_bytes >> 20;
            let message =
                format!("the values of the worksheet take more than the limit of {limit} MiB");
            return Err(Fault::limit(message).help(":clear makes a new one"));
        }
        let all = self.all.as_ref().map_or(0, |all| all.bytes());
        if all.saturating_add(more) > limits.held_by_all {
            let limit = limits.held_by_all >> 20;
            let message =
                format!("the values of all worksheets take more than the limit of {limit} MiB");
            return Err(Fault::limit(message).help("try again when others have ended"));
        }
        Ok(())
    }
}

/// A part of the memory that is in use as long as this lives.
#[derive(Debug)]
pub(in crate::engine) struct MemoryCharge {
    memory: Arc<Memory>,
    bytes: AtomicUsize,
}

impl MemoryCharge {
    pub(in crate::engine) fn new(memory: Arc<Memory>, bytes: usize) -> Self {
        memory.change(0, bytes);
        let bytes = AtomicUsize::new(bytes);
        Self { memory, bytes }
    }

    /// From now on it is so many bytes.
    pub(in crate::engine) fn resize(&self, bytes: usize) {
        let before = self.bytes.swap(bytes, Ordering::Relaxed);
        self.memory.change(before, bytes);
    }
}

impl Drop for MemoryCharge {
    fn drop(&mut self) {
        self.memory.change(*self.bytes.get_mut(), 0);
    }
}
