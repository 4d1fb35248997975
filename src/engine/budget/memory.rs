//! Accounting of the memory of values.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use super::limits::Limits;
use crate::engine::fault::Fault;

/// A memory counter: for the reals of one worksheet, or for the values of all worksheets.
///
/// Reals share operands, so a sum over the variables would count some memory twice. Instead, each
/// expression charges its own memory to the counter, without the memory of its operands.
#[derive(Debug, Default)]
pub struct Memory {
    bytes: AtomicUsize,
    /// The counter for all worksheets, if this counter is for one worksheet.
    total: Option<Arc<Memory>>,
}

impl Memory {
    /// Creates a counter for one worksheet. Charges to it are also charged to `total`.
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

    /// Returns the counter for all worksheets, if this counter is for one worksheet.
    pub(in crate::engine) fn total(&self) -> Option<&Self> {
        self.total.as_deref()
    }

    /// Replaces a charge of `before` bytes by a charge of `after` bytes.
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
    /// bytes, that will next be charged to the counter for all worksheets.
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

/// A charge for memory in use. Dropping the charge releases it.
#[derive(Debug)]
pub(in crate::engine) struct MemoryCharge {
    memory: Arc<Memory>,
    bytes: AtomicUsize,
}

impl MemoryCharge {
    /// Charges `bytes` to `memory`.
    pub(in crate::engine) fn new(memory: Arc<Memory>, bytes: usize) -> Self {
        memory.change(0, bytes);
        let bytes = AtomicUsize::new(bytes);
        Self { memory, bytes }
    }

    /// Changes the charge to `bytes`.
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
