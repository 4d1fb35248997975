//! Work: estimated costs, and when to stop.

use std::sync::Arc;

use super::memory::Memory;
use crate::engine::{Fault, Limits, fault::Result};

/// Work between two checks of the interrupt, in nanoseconds.
const POLL_INTERVAL: u64 = 50_000;

/// The cost of a node of a line, in nanoseconds, without that of its operation.
pub(in crate::engine) const NODE: u64 = 15;

/// The reason why work is interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interruption {
    /// The caller no longer waits for the result.
    Cancelled,
    /// The work took too long by the clock.
    OutOfTime,
}

/// The work budget of a calculation.
///
/// Each operation is estimated and paid for *before* it runs, in nanoseconds of an average machine,
/// so that an operation beyond the budget is refused at once. From time to time a callback is
/// asked whether to stop.
///
/// The estimates are deterministic: whether a line is refused does not depend on how busy the
/// machine is.
pub struct Work<'a> {
    /// The limits of the calculation.
    pub limits: &'a Limits,
    /// The work left, in nanoseconds.
    left: u64,
    /// The work at the start, in nanoseconds.
    budget: u64,
    /// The value of `left` below which the interrupt is checked.
    next_poll: u64,
    /// Whether an operation was refused because it exceeds the budget.
    spent: bool,
    interrupted: &'a dyn Fn() -> Option<Interruption>,
    /// The counter that the memory of new reals is charged to.
    pub(in crate::engine) memory: Option<Arc<Memory>>,
}

impl<'a> Work<'a> {
    /// Creates a budget of `budget` nanoseconds. `interrupted` can end the work earlier.
    pub fn new(
        limits: &'a Limits,
        budget: u64,
        interrupted: &'a dyn Fn() -> Option<Interruption>,
    ) -> Self {
        Self {
            limits,
            left: budget,
            budget,
            next_poll: budget.saturating_sub(POLL_INTERVAL),
            spent: false,
            interrupted,
            memory: None,
        }
    }

    /// Whether an operation was refused because it exceeds the budget.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        self.spent
    }

    /// Returns the work done so far, in nanoseconds.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.budget - self.left
    }

    /// Takes `cost` nanoseconds from the budget. Fails if it is exhausted, or on an interrupt.
    #[inline]
    pub(in crate::engine) fn pay(&mut self, cost: u64) -> Result<()> {
        if cost >= self.left {
            self.spent = true;
            return Err(self.out_of_work());
        }
        self.left -= cost;
        if self.left < self.next_poll {
            self.poll()?;
        }
        Ok(())
    }

    /// Pays for one operation, which cannot be interrupted. `what` is its name for messages.
    ///
    /// Fails also if the cost is above the limit for one operation.
    #[inline]
    pub(in crate::engine) fn pay_at_once(&mut self, cost: u64, what: &str) -> Result<()> {
        if cost > self.limits.operation {
            return Err(Fault::limit(format!(
                "{what} would take about {} ms, more than the limit of {} ms for one operation",
                cost / 1_000_000,
                self.limits.operation / 1_000_000
            )));
        }
        self.pay(cost)
    }

    fn poll(&mut self) -> Result<()> {
        self.next_poll = self.left.saturating_sub(POLL_INTERVAL);
        match (self.interrupted)() {
            None => Ok(()),
            Some(Interruption::Cancelled) => Err(Fault::cancelled()),
            Some(Interruption::OutOfTime) => Err(self.out_of_work()),
        }
    }

    fn out_of_work(&self) -> Box<Fault> {
        let limit = self.budget / 1_000_000;
        Fault::limit(format!(
            "needs more work than the limit of {limit} ms for a line"
        ))
    }
}

/// Estimated costs of operations on integers, in nanoseconds, for lengths in bits.
///
/// The formulas are fitted to measurements of dashu 0.6 (`benches/engine.rs`).
pub(in crate::engine) mod cost {
    /// The length in 64-bit words, at least 1.
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    fn words(bits: usize) -> f64 {
        (bits / 64 + 1) as f64
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "an estimate"
    )]
    fn estimate(nanoseconds: f64) -> u64 {
        nanoseconds as u64
    }

    /// A sum, a shift or a copy: linear.
    pub(in crate::engine) fn linear(bits: usize) -> u64 {
        20 + bits as u64 / 64
    }

    /// A product of integers of `a` and of `b` bits.
    pub(in crate::engine) fn multiply(a: usize, b: usize) -> u64 {
        let (small, large) = (a.min(b), a.max(b));
        if large <= 256 {
            return 30;
        }
        if small <= 128 {
            return 30 + large as u64 / 16;
        }
        estimate(20.0 * words(large) * words(small).powf(0.35))
    }

    /// A division with remainder, or an integer square root.
    pub(in crate::engine) fn divide(bits: usize) -> u64 {
        2 * multiply(bits, bits)
    }

    /// A greatest common divisor of integers of `a` and of `b` bits: quadratic.
    pub(in crate::engine) fn gcd(a: usize, b: usize) -> u64 {
        estimate(30.0 + 5.0 * words(a.min(b)).min(20.0) * 10.0 + 1.5 * words(a) * words(b))
    }

    /// A conversion to or from decimal digits.
    pub(in crate::engine) fn decimal(bits: usize) -> u64 {
        estimate(50.0 * words(bits).powf(1.42))
    }
}
