//! A limit on the number of bytes that all calls use together.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

/// A limit on the number of bytes that all reservations use together.
#[derive(Debug)]
pub(super) struct ByteBudget {
    limit: usize,
    used: AtomicUsize,
}

/// A number of bytes that are reserved in a budget. Dropping the reservation releases the bytes.
#[derive(Debug)]
pub(super) struct Reservation {
    budget: Arc<ByteBudget>,
    bytes: usize,
}

/// The error for a reservation of more bytes than the budget has left.
#[derive(Debug)]
pub(super) struct BudgetExhausted;

impl ByteBudget {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            used: AtomicUsize::new(0),
        }
    }

    /// Returns the maximum number of bytes of all reservations together.
    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// Creates an empty reservation.
    pub(super) fn reservation(self: &Arc<Self>) -> Reservation {
        Reservation {
            budget: Arc::clone(self),
            bytes: 0,
        }
    }
}

impl Reservation {
    /// Changes the number of reserved bytes to `bytes`. Decreasing the number never fails.
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

    /// Returns the number of reserved bytes.
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
