//! The work of a line: estimated costs, the budget for them, and interruption.

use std::sync::Arc;

use super::memory::Memory;
use crate::engine::{Fault, Limits, fault::Result};

/// The estimated work between two checks for an interruption, in nanoseconds.
const POLL_INTERVAL: u64 = 50_000;

/// The cost of one node of a parsed line, in nanoseconds, without the cost of its operation.
pub(in crate::engine) const NODE: u64 = 15;

/// The reason why work is interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interruption {
    /// The caller no longer waits for the result.
    Cancelled,
    /// The work took too long by the clock.
    OutOfTime,
    /// Other work has to be done instead.
    Refused,
}

/// The work budget of a calculation.
///
/// The cost of each operation is estimated, in nanoseconds on an average machine, and subtracted
/// from the budget *before* the operation runs. If the rest of the budget does not
/// suffice, the operation is refused immediately. From time to time, a callback decides whether to
/// stop.
///
/// The estimates are deterministic: whether a line is refused does not depend on how busy the
/// machine is.
pub struct Work<'a> {
    /// The limits of the calculation.
    pub limits: &'a Limits,
    /// The work left, in nanoseconds.
    left: u64,
    /// The complete budget, in nanoseconds.
    budget: u64,
    /// The work between two calls of `interrupted`, in nanoseconds.
    interval: u64,
    /// When `left` falls below this value, `interrupted` is called.
    next_poll: u64,
    /// Whether an operation was refused because its cost exceeds the rest of the budget.
    spent: bool,
    interrupted: &'a dyn Fn() -> Option<Interruption>,
    /// The counter for the memory of new reals.
    pub(in crate::engine) memory: Option<Arc<Memory>>,
}

impl<'a> Work<'a> {
    /// Creates a work budget of `budget` nanoseconds.
    ///
    /// `interrupted` is called from time to time, and may end the work earlier.
    pub fn new(
        limits: &'a Limits,
        budget: u64,
        interrupted: &'a dyn Fn() -> Option<Interruption>,
    ) -> Self {
        Self {
            limits,
            left: budget,
            budget,
            interval: POLL_INTERVAL,
            next_poll: budget.saturating_sub(POLL_INTERVAL),
            spent: false,
            interrupted,
            memory: None,
        }
    }

    /// Calls the callback after each `interval` nanoseconds of estimated work.
    #[must_use]
    pub fn polled_every(mut self, interval: u64) -> Self {
        self.interval = interval;
        self.next_poll = self.left.saturating_sub(interval);
        self
    }

    /// Whether an operation was refused because its cost exceeds the rest of the budget.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        self.spent
    }

    /// Returns the work done so far, in nanoseconds.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.budget - self.left
    }

    /// Subtracts `cost` nanoseconds from the budget.
    ///
    /// Fails if the rest of the budget does not suffice, or if the callback interrupts the work.
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

    /// Subtracts `cost` nanoseconds from the budget, for one operation that cannot be interrupted.
    ///
    /// Fails as [`Work::pay`] does, and also if the cost exceeds the limit for one operation.
    /// `what` is the name of the operation in messages, such as "a power".
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
        self.next_poll = self.left.saturating_sub(self.interval);
        self.check_interruption()
    }

    /// Fails if the callback interrupts the work. Operations that were paid for as a whole call this
    /// between their pieces.
    pub(in crate::engine) fn check_interruption(&self) -> Result<()> {
        match (self.interrupted)() {
            None => Ok(()),
            Some(Interruption::Cancelled) => Err(Fault::cancelled()),
            Some(Interruption::OutOfTime) => Err(self.out_of_work()),
            Some(Interruption::Refused) => Err(Fault::overloaded()),
        }
    }

    fn out_of_work(&self) -> Box<Fault> {
        let limit = self.budget / 1_000_000;
        Fault::limit(format!(
            "the line needs more work than the limit of {limit} ms"
        ))
    }
}

/// Functions that estimate the costs of operations on integers, in nanoseconds.
///
/// The arguments are the lengths of the integers, in bits.
///
/// The formulas are fitted to measurements of dashu 0.6 (`benches/engine.rs`).
pub(in crate::engine) mod cost {
    /// Converts a length in bits to a number of 64-bit words. The number is at least 1.
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

    /// Returns the cost, in nanoseconds, of a sum, a shift or a copy.
    ///
    /// `bits` is the length of the integer. The cost is linear in the length.
    pub(in crate::engine) fn linear(bits: usize) -> u64 {
        20 + bits as u64 / 64
    }

    /// Returns the cost, in nanoseconds, of a product of two integers.
    ///
    /// `a` and `b` are the lengths of the integers.
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

    /// Returns the cost, in nanoseconds, of a division with remainder or an integer square root.
    ///
    /// `bits` is the length of the dividend or of the square.
    pub(in crate::engine) fn divide(bits: usize) -> u64 {
        2 * multiply(bits, bits)
    }

    /// Returns the cost, in nanoseconds, of the greatest common divisor of two integers.
    ///
    /// `a` and `b` are the lengths of the integers. The cost is quadratic in the length.
    pub(in crate::engine) fn gcd(a: usize, b: usize) -> u64 {
        estimate(30.0 + 5.0 * words(a.min(b)).min(20.0) * 10.0 + 1.5 * words(a) * words(b))
    }

    /// Returns the cost, in nanoseconds, of converting an integer to or from decimal digits.
    ///
    /// `bits` is the length of the integer.
    pub(in crate::engine) fn decimal(bits: usize) -> u64 {
        estimate(50.0 * words(bits).powf(1.42))
    }
}
