//! Work, and when to stop it.

use std::sync::Arc;

use super::memory::Memory;
use crate::engine::{Fault, Limits, fault::Result};

/// Nanoseconds of work after which the interrupt is asked again.
const POLL: u64 = 50_000;

/// The cost of a node of a line beside what its operation pays for, in nanoseconds.
pub(in crate::engine) const NODE: u64 = 15;

/// Why work stops before its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Interruption {
    /// Nobody waits for the result any more.
    Cancelled,
    /// It took too long by the clock.
    OutOfTime,
}

/// What a calculation may spend. Every operation is estimated and paid for *before*
/// it is done, in nanoseconds of a middling machine, so that what cannot be afforded
/// is refused at once; and every now and then somebody is asked whether to go on.
///
/// The estimates are deterministic: whether a line is refused does not depend on how
/// busy the machine is.
pub struct Work<'a> {
    /// The limits that the calculation is held to.
    pub limits: &'a Limits,
    left: u64,
    budget: u64,
    next_poll: u64,
    spent: bool,
    interrupted: &'a dyn Fn() -> Option<Interruption>,
    /// Where the reals that it makes are accounted for.
    pub(in crate::engine) memory: Option<Arc<Memory>>,
}

impl<'a> Work<'a> {
    /// `budget` nanoseconds of work, which `interrupted` can end earlier.
    pub fn new(
        limits: &'a Limits,
        budget: u64,
        interrupted: &'a dyn Fn() -> Option<Interruption>,
    ) -> Self {
        Self {
            limits,
            left: budget,
            budget,
            next_poll: budget.saturating_sub(POLL),
            spent: false,
            interrupted,
            memory: None,
        }
    }

    /// Whether the budget was too small for the work.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        self.spent
    }

    /// Nanoseconds of work so far.
    #[must_use]
    pub fn done(&self) -> u64 {
        self.budget - self.left
    }

    /// Takes `cost` from the budget, or refuses.
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

    /// [`Work::pay`] for an operation that cannot be interrupted, called `what`.
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
        self.next_poll = self.left.saturating_sub(POLL);
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

/// Costs of operations on integers of so many bits, in nanoseconds, fitted to dashu
/// 0.6 (`benches/engine.rs` has the operations).
pub(in crate::engine) mod cost {
    /// Words of 64 bits.
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

    /// What is linear: sums, shifts, copies.
    pub(in crate::engine) fn linear(bits: usize) -> u64 {
        20 + bits as u64 / 64
    }

    /// A product.
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

    /// A quotient and its remainder, or an integer square root.
    pub(in crate::engine) fn divide(bits: usize) -> u64 {
        2 * multiply(bits, bits)
    }

    /// A greatest common divisor: quadratic.
    pub(in crate::engine) fn gcd(a: usize, b: usize) -> u64 {
        estimate(30.0 + 5.0 * words(a.min(b)).min(20.0) * 10.0 + 1.5 * words(a) * words(b))
    }

    /// A text of decimal digits, either way.
    pub(in crate::engine) fn decimal(bits: usize) -> u64 {
        estimate(50.0 * words(bits).powf(1.42))
    }
}
