//! Counts the memory that values take.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use super::limits::Limits;
use crate::engine::fault::Fault;

/// A memory counter: for the reals of one worksheet, or for the values of all worksheets.
///
/// Two reals may share an operand, so adding up the memory of all variables would count some memory
/// twice. Instead, each expression adds only its own memory to the counter, without the memory of
/// its operands.
#[derive(Debug, Default)]
pub struct Memory {
    bytes: AtomicUsize,
    /// The counter for all worksheets; None if `self` is that counter.
    total: Option<Arc<Memory>>,
}

impl Memory {
    /// Creates a counter for one worksheet. The memory that it counts is also counted in `total`.
    pub(in crate::engine) fn within(total: &Arc<Self>) -> Self {
        Self {
            bytes: AtomicUsize::new(0),
            total: Some(Arc::clone(total)),
        }
    }

    /// Returns the memory in use, in bytes.
    pub(in crate::engine) fn bytes(&self) -> usize {
        self.bytes.load(Ordering::Relaxed)
    }

    /// Returns the counter for all worksheets, or None if `self` is that counter.
    pub(in crate::engine) fn total(&self) -> Option<&Self> {
        self.total.as_deref()
    }

    /// Subtracts `before` bytes from the counter and adds `after` bytes.
    pub(in crate::engine) fn change(&self, before: usize, after: usize) {
        // A negative difference wraps around, and so does the addition.
        let difference = after.wrapping_sub(before);
        self.bytes.fetch_add(difference, Ordering::Relaxed);
        if let Some(total) = &self.total {
            total.bytes.fetch_add(difference, Ordering::Relaxed);
        }
    }

    /// Fails if the worksheet, or all worksheets together, take more memory than the limit.
    ///
    /// `exact` is the memory of the worksheet's exact values, in bytes. `more` is the memory, in
    /// bytes, that the caller is about to add to the counter for all worksheets.
    pub(in crate::engine) fn reserve(
        &self,
        exact: usize,
        more: usize,
        limits: &Limits,
    ) -> Result<(), Box<Fault>> {
        if self.bytes().saturating_add(exact) > limits.heap_bytes {
            let limit = limits.heap_bytes >> 20;
            let message =
                format!("the values of the worksheet take more than the limit of {limit} MiB");
            return Err(Fault::limit(message).help("use :clear to start a new worksheet"));
        }
        let total = self.total.as_ref().map_or(0, |total| total.bytes());
        if total.saturating_add(more) > limits.total_heap_bytes {
            let limit = limits.total_heap_bytes >> 20;
            let message =
                format!("the values of all worksheets take more than the limit of {limit} MiB");
            return Err(Fault::limit(message).help("try again when other worksheets have ended"));
        }
        Ok(())
    }
}

/// Memory in use that has been added to a counter. Dropping the charge subtracts it again.
#[derive(Debug)]
pub(in crate::engine) struct MemoryCharge {
    memory: Arc<Memory>,
    bytes: AtomicUsize,
}

impl MemoryCharge {
    /// Adds `bytes` to the counter `memory`.
    pub(in crate::engine) fn new(memory: Arc<Memory>, bytes: usize) -> Self {
        memory.change(0, bytes);
        let bytes = AtomicUsize::new(bytes);
        Self { memory, bytes }
    }

    /// Changes the size of the charge to `bytes`.
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
