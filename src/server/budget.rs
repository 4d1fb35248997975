//! A bound on bytes that many share.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// So many bytes for all who take from it.
#[derive(Debug)]
pub(super) struct Budget {
    limit: usize,
    used: AtomicUsize,
}

/// A part of the budget that is in use as long as this lives.
#[derive(Debug)]
pub(super) struct Share {
    budget: Arc<Budget>,
    bytes: usize,
}

/// There are not so many bytes left.
#[derive(Debug)]
pub(super) struct Exhausted;

impl Budget {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            used: AtomicUsize::new(0),
        }
    }

    /// Bytes for all together.
    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// A share of nothing yet.
    pub(super) fn share(self: &Arc<Self>) -> Share {
        Share {
            budget: Arc::clone(self),
            bytes: 0,
        }
    }
}

impl Share {
    /// Makes the share so many `bytes`, which always works where that is less.
    pub(super) fn resize(&mut self, bytes: usize) -> Result<(), Exhausted> {
        let Budget { limit, used } = &*self.budget;
        if bytes <= self.bytes {
            used.fetch_sub(self.bytes - bytes, Ordering::Relaxed);
        } else {
            let more = bytes - self.bytes;
            let taken = used.fetch_add(more, Ordering::Relaxed);
            if taken.saturating_add(more) > *limit {
                used.fetch_sub(more, Ordering::Relaxed);
                return Err(Exhausted);
            }
        }
        self.bytes = bytes;
        Ok(())
    }

    pub(super) fn grow(&mut self, bytes: usize) -> Result<(), Exhausted> {
        self.resize(self.bytes.saturating_add(bytes))
    }

    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_holds_the_others_cannot() {
        let budget = Arc::new(Budget::new(10));
        let (mut first, mut second) = (budget.share(), budget.share());
        assert!(first.grow(6).is_ok());
        assert!(second.grow(5).is_err());
        assert_eq!(second.bytes(), 0);
        assert!(second.grow(4).is_ok());
        assert!(first.resize(5).is_ok());
        assert!(second.grow(1).is_ok());
        drop(first);
        assert!(second.resize(10).is_ok());
        assert!(second.grow(usize::MAX).is_err());
    }
}
