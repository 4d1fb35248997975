//! A bound on bytes that all calls share.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// A number of bytes that reservations share.
#[derive(Debug)]
pub(super) struct ByteBudget {
    limit: usize,
    used: AtomicUsize,
}

/// Bytes of a budget, in use until this is dropped.
#[derive(Debug)]
pub(super) struct Reservation {
    budget: Arc<ByteBudget>,
    bytes: usize,
}

/// The budget has fewer bytes left than requested.
#[derive(Debug)]
pub(super) struct BudgetExhausted;

impl ByteBudget {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            used: AtomicUsize::new(0),
        }
    }

    /// Bytes of all reservations together.
    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// Returns an empty reservation.
    pub(super) fn reservation(self: &Arc<Self>) -> Reservation {
        Reservation {
            budget: Arc::clone(self),
            bytes: 0,
        }
    }
}

impl Reservation {
    /// Changes the reservation to `bytes`. Never fails if that is less than before.
    pub(super) fn resize(&mut self, bytes: usize) -> Result<(), BudgetExhausted> {
        let ByteBudget { limit, used } = &*self.budget;
        if bytes <= self.bytes {
            used.fetch_sub(self.bytes - bytes, Ordering::Relaxed);
        } else {
            let more = bytes - self.bytes;
            let before = used.fetch_add(more, Ordering::Relaxed);
            if before.saturating_add(more) > *limit {
                used.fetch_sub(more, Ordering::Relaxed);
                return Err(BudgetExhausted);
            }
        }
        self.bytes = bytes;
        Ok(())
    }

    /// Adds `bytes` to the reservation.
    pub(super) fn grow(&mut self, bytes: usize) -> Result<(), BudgetExhausted> {
        self.resize(self.bytes.saturating_add(bytes))
    }

    /// The reserved bytes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.budget.used.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reservations_share_the_budget() {
        let budget = Arc::new(ByteBudget::new(10));
        let (mut first, mut second) = (budget.reservation(), budget.reservation());
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
