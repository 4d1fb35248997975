//! Symbolic forms of reals: sums of rational multiples of products of known constants.
//!
//! A product is `pi^a * e^b`, times roots `p^c` of integers, times powers of logarithms `ln(p)`, times
//! a sine `sin(q pi)`, where `a`, `b`, `c` and `q` are rational. This is the idea of the reals of
//! Android's calculator (H.-J. Boehm, "Towards an API for the real numbers", PLDI 2020), with sums.
//!
//! A form decides in one direction only. If all its terms cancel, the real is exactly the rational
//! number that remains. If terms remain, the real may still be rational: `cos(pi/5) - cos(2 pi/5)` is
//! 1/2, and nobody knows whether `pi*e` is. Then [`separation`] or the digits have to decide.
//!
//! Each rule is an identity that holds for all values that it is used for:
//!
//! - `p^a p^b = p^(a + b)` for positive `p`, and `p^n` for integers `n` is rational. The bases of roots
//!   are prime, if they can be factored.
//! - `ln(p q) = ln p + ln q` and `ln(p^a e^b) = a ln p + b` for positive operands.
//! - `e^(a + b ln p) = e^a p^b`.
//! - `2 sin a sin b = cos(a - b) - cos(a + b)`, and `cos a = sin(pi/2 - a)`.
//! - A value of any other function is equal to itself: `sin(1)^2 - sin(1) sin(1)` is 0.
//! - The sines of multiples of `pi/12` and of odd multiples of `pi/10` are sums of square roots (Abramowitz and
//!   Stegun, "Handbook of Mathematical Functions", 4.3.46).

mod monomial;
pub(super) mod separation;
mod sines;
mod text;

use std::sync::Arc;

use dashu_base::{BitTest as _, UnsignedAbs as _};
use dashu_int::UBig;

use self::monomial::{Monomial, Opaque};
use super::{
    exact::{Exact, ExactResult},
    integer,
    real::Unary,
};
use crate::engine::{
    budget::work::{Work, cost},
    fault::{Fault, Reason},
};

/// The maximum number of terms of a form.
const TERMS: usize = 48;

/// The maximum length of the numbers in a form, in bits.
const BITS: usize = 4096;

/// The greatest integer exponent of a power of a sum.
const EXPONENT: u64 = 32;

/// The maximum depth of values of other functions within each other.
const DEPTH: u32 = 8;

/// The maximum number of terms of the operand of another function.
const OPAQUE_TERMS: usize = 4;

/// The cost of an operation on a term, in nanoseconds.
const TERM: u64 = 300;

/// The reason why an operation on forms has no result.
#[derive(Debug)]
pub(super) enum Unknown {
    /// The result has no form.
    NoForm,
    /// The calculation was interrupted.
    Fault(Box<Fault>),
}

impl From<Box<Fault>> for Unknown {
    /// A limit or a domain that a form exceeds is no fault of the line.
    fn from(fault: Box<Fault>) -> Self {
        match fault.reason {
            Reason::Cancelled | Reason::Overloaded => Self::Fault(fault),
            _ => Self::NoForm,
        }
    }
}

type Result<T> = std::result::Result<T, Unknown>;

/// A sum of rational multiples of different products. No multiple is zero.
#[derive(Clone, Debug, Default)]
pub(in crate::engine) struct Form {
    terms: Vec<(Exact, Monomial)>,
}

impl PartialEq for Form {
    /// Whether both forms have the same terms, in any order.
    fn eq(&self, other: &Self) -> bool {
        self.terms.len() == other.terms.len()
            && self.terms.iter().all(|term| other.terms.contains(term))
    }
}

impl Eq for Form {}

/// Returns `a + b`.
fn sum(a: &Exact, b: &Exact, work: &mut Work<'_>) -> Result<Exact> {
    bounded(a.add(b, work)?)
}

/// Returns `a * b`.
fn product(a: &Exact, b: &Exact, work: &mut Work<'_>) -> Result<Exact> {
    bounded(a.mul(b, work)?)
}

/// Returns `a^n`. If `a` is zero, `n` must not be negative.
fn power(a: &Exact, n: i64, work: &mut Work<'_>) -> Result<Exact> {
    let (numerator, denominator) = a.bits();
    let bits = numerator.max(denominator) as u64;
    if bits.saturating_mul(n.unsigned_abs()) > 2 * BITS as u64 {
        return Err(Unknown::NoForm);
    }
    bounded(a.power(n, work)?)
}

/// Returns a number that is not too long for a form.
fn bounded(result: ExactResult) -> Result<Exact> {
    match result {
        ExactResult::Exact(exact) => {
            let (numerator, denominator) = exact.bits();
            if numerator.max(denominator) > BITS {
                return Err(Unknown::NoForm);
            }
            Ok(exact)
        }
        ExactResult::TooLong => Err(Unknown::NoForm),
    }
}

impl Form {
    /// Returns the form of a rational number.
    pub(super) fn rational(q: Exact) -> Result<Self> {
        let q = bounded(ExactResult::Exact(q))?;
        Ok(Self::term(q, Monomial::one()))
    }

    /// Returns the form of pi.
    pub(super) fn pi() -> Self {
        Self::term(Exact::ONE, Monomial::pi(Exact::ONE))
    }

    /// Returns the form of a function that has no rule here. Two such values are equal if their
    /// operands have equal forms.
    pub(super) fn opaque(function: Unary, operand: &Arc<Self>) -> Result<Self> {
        let within = operand
            .terms
            .iter()
            .flat_map(|(_, monomial)| &monomial.opaque);
        let depth = within.map(|(value, _)| value.depth).max().unwrap_or(0) + 1;
        if depth > DEPTH || operand.terms.len() > OPAQUE_TERMS {
            return Err(Unknown::NoForm);
        }
        if let [(factor, _)] = &operand.terms[..]
            && factor.is_negative()
            && let Some(is_odd) = function.is_odd()
        {
            let value = Self::opaque(function, &Arc::new(operand.negated()))?;
            return Ok(if is_odd { value.negated() } else { value });
        }
        let value = Opaque {
            function,
            operand: Arc::clone(operand),
            depth,
        };
        Ok(Self::term(Exact::ONE, Monomial::opaque(value)))
    }

    fn term(factor: Exact, monomial: Monomial) -> Self {
        if factor.is_zero() {
            return Self::default();
        }
        Self {
            terms: vec![(factor, monomial)],
        }
    }

    /// Returns the number if it is rational.
    pub(in crate::engine) fn to_exact(&self) -> Option<Exact> {
        match &self.terms[..] {
            [] => Some(Exact::ZERO),
            [(q, monomial)] if monomial.is_one() => Some(q.clone()),
            _ => None,
        }
    }

    fn single(&self) -> Result<(&Exact, &Monomial)> {
        match &self.terms[..] {
            [(factor, monomial)] => Ok((factor, monomial)),
            _ => Err(Unknown::NoForm),
        }
    }

    /// Adds `factor * monomial`.
    fn push(&mut self, factor: &Exact, monomial: &Monomial, work: &mut Work<'_>) -> Result<()> {
        work.pay(TERM / 4 * (1 + self.terms.len() as u64))?;
        let known = self.terms.iter().position(|(_, other)| other == monomial);
        match known {
            Some(index) => {
                let total = sum(&self.terms[index].0, factor, work)?;
                if total.is_zero() {
                    self.terms.remove(index);
                } else {
                    self.terms[index].0 = total;
                }
            }
            None if self.terms.len() == TERMS => return Err(Unknown::NoForm),
            None if factor.is_zero() => {}
            None => self.terms.push((factor.clone(), monomial.clone())),
        }
        Ok(())
    }

    /// Returns `self + other`.
    pub(super) fn add(&self, other: &Self, work: &mut Work<'_>) -> Result<Self> {
        let mut total = self.clone();
        for (factor, monomial) in &other.terms {
            total.push(factor, monomial, work)?;
        }
        Ok(total)
    }

    /// Returns `-self`.
    pub(super) fn negated(&self) -> Self {
        let negated = |(factor, monomial): &(Exact, Monomial)| (factor.negated(), monomial.clone());
        Self {
            terms: self.terms.iter().map(negated).collect(),
        }
    }

    /// Returns `self - other`.
    pub(super) fn sub(&self, other: &Self, work: &mut Work<'_>) -> Result<Self> {
        self.add(&other.negated(), work)
    }

    /// Returns `self * q`.
    fn scaled(&self, q: &Exact, work: &mut Work<'_>) -> Result<Self> {
        let mut scaled = Self::default();
        if q.is_zero() {
            return Ok(scaled);
        }
        for (factor, monomial) in &self.terms {
            scaled
                .terms
                .push((product(factor, q, work)?, monomial.clone()));
        }
        Ok(scaled)
    }

    /// Returns `self * other`.
    pub(super) fn mul(&self, other: &Self, work: &mut Work<'_>) -> Result<Self> {
        let mut total = Self::default();
        for (left_factor, left) in &self.terms {
            for (right_factor, right) in &other.terms {
                work.pay(TERM)?;
                let factor = product(left_factor, right_factor, work)?;
                for (q, monomial) in left.times(right, work)?.terms {
                    total.push(&product(&factor, &q, work)?, &monomial, work)?;
                }
            }
        }
        Ok(total)
    }

    /// Returns `self / divisor`.
    pub(super) fn div(&self, divisor: &Self, work: &mut Work<'_>) -> Result<Self> {
        if let Some(quotient) = self.ratio(divisor, work)? {
            return Self::rational(quotient);
        }
        match &divisor.terms[..] {
            [(factor, monomial)] => {
                let inverse = monomial.inverse(work)?;
                self.mul(&inverse, work)?.scaled(&factor.inverse(), work)
            }
            // (a + b)(a - b) may be a single term, as for `1 + sqrt(2)`.
            [(p, a), (q, b)] => {
                let conjugate = Self {
                    terms: vec![(p.clone(), a.clone()), (q.negated(), b.clone())],
                };
                let norm = divisor.mul(&conjugate, work)?;
                norm.single()?;
                self.mul(&conjugate, work)?.div(&norm, work)
            }
            _ => Err(Unknown::NoForm),
        }
    }

    /// Returns `self / divisor` if it is rational because the terms are proportional.
    fn ratio(&self, divisor: &Self, work: &mut Work<'_>) -> Result<Option<Exact>> {
        let [(first, monomial), ..] = &self.terms[..] else {
            return Ok(None);
        };
        let same = divisor.terms.iter().find(|(_, other)| other == monomial);
        let Some((other, _)) = same.filter(|_| self.terms.len() == divisor.terms.len()) else {
            return Ok(None);
        };
        let ratio = product(first, &other.inverse(), work)?;
        let rest = self.sub(&divisor.scaled(&ratio, work)?, work)?;
        Ok(rest.terms.is_empty().then_some(ratio))
    }

    /// Returns `self^n`.
    pub(super) fn power(&self, n: i64, work: &mut Work<'_>) -> Result<Self> {
        if let Ok((factor, monomial)) = self.single()
            && monomial.has_no_sine()
        {
            let (q, power_of_monomial) = monomial.power(&n.into(), work)?;
            let factor = power(factor, n, work)?;
            return Ok(Self::term(product(&factor, &q, work)?, power_of_monomial));
        }
        if n.unsigned_abs() > EXPONENT {
            return Err(Unknown::NoForm);
        }
        let mut result = Self::rational(Exact::ONE)?;
        for _ in 0..n.unsigned_abs() {
            result = result.mul(self, work)?;
        }
        if n < 0 {
            return Self::rational(Exact::ONE)?.div(&result, work);
        }
        Ok(result)
    }

    /// Returns `self^q`. The value of `self` is positive.
    pub(super) fn root(&self, q: &Exact, work: &mut Work<'_>) -> Result<Self> {
        let (factor, monomial) = self.single()?;
        if factor.is_negative() || !monomial.has_no_sine() || !monomial.is_positive() {
            return Err(Unknown::NoForm);
        }
        let (coefficient, root) = monomial.power(q, work)?;
        let mut bases = factored(factor, work)?;
        for (_, exponent) in &mut bases {
            *exponent = product(exponent, q, work)?;
        }
        let (more, roots) = Monomial::of_powers(bases, work)?;
        let coefficient = product(&coefficient, &more, work)?;
        let both = root.times(&roots, work)?;
        both.scaled(&coefficient, work)
    }

    /// Returns `e^self`.
    pub(super) fn exp(&self, work: &mut Work<'_>) -> Result<Self> {
        let mut exponent = Exact::ZERO;
        let mut bases = Vec::new();
        for (factor, monomial) in &self.terms {
            if monomial.is_one() {
                exponent = factor.clone();
            } else {
                let base = monomial.logarithm().ok_or(Unknown::NoForm)?;
                bases.push((base.clone(), factor.clone()));
            }
        }
        bases.sort_by(|(a, _), (b, _)| a.cmp(b));
        let (coefficient, roots) = Monomial::of_powers(bases, work)?;
        let power = Monomial::e(exponent).times(&roots, work)?;
        power.scaled(&coefficient, work)
    }

    /// Returns the natural logarithm. The value of `self` is positive.
    pub(super) fn ln(&self, work: &mut Work<'_>) -> Result<Self> {
        let (factor, monomial) = self.single()?;
        if factor.is_negative() {
            return Err(Unknown::NoForm);
        }
        let (exponent, roots) = monomial.exponents().ok_or(Unknown::NoForm)?;
        let mut total = Self::rational(exponent.clone())?;
        let bases = factored(factor, work)?;
        for (base, count) in bases.iter().chain(roots) {
            total.push(count, &Monomial::ln(base.clone()), work)?;
        }
        Ok(total)
    }
}

/// Returns bases and exponents whose product is the positive number `q`. The bases are different
/// integers above 1. They are prime, unless they are longer than 64 bits.
fn factored(q: &Exact, work: &mut Work<'_>) -> Result<Vec<(UBig, Exact)>> {
    let mut bases: Vec<(UBig, Exact)> = Vec::new();
    let parts = [(q.numerator().unsigned_abs(), 1), (q.denominator(), -1)];
    for (mut rest, sign) in parts {
        if rest.is_zero() {
            return Err(Unknown::NoForm);
        }
        let mut divisor = 2u64;
        while divisor < 1000 && !rest.is_one() && rest.bit_len() > 64 {
            work.pay(4 * cost::linear(rest.bit_len()))?;
            if &rest % divisor == 0 {
                let prime = UBig::from(divisor);
                let count = rest.remove(&prime).unwrap_or_default();
                let count = i64::try_from(count).map_err(|_| Unknown::NoForm)?;
                bases.push((prime, Exact::from(sign * count)));
            }
            divisor += if divisor == 2 { 1 } else { 2 };
        }
        if rest.is_one() {
            continue;
        }
        if rest.bit_len() > 64 {
            bases.push((rest, Exact::from(sign)));
            continue;
        }
        let (primes, _) = integer::factor(&rest, work)?;
        for (prime, count) in primes {
            bases.push((prime, Exact::from(sign * i64::from(count))));
        }
    }
    bases.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(bases)
}
