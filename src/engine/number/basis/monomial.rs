//! Products of known constants.

use std::sync::Arc;

use dashu_int::UBig;

use super::{Form, Result, Unknown, power, product, sines::cosine, sum};
use crate::engine::{
    budget::work::Work,
    number::{exact::Exact, real::Unary},
};

/// The maximum number of values of other functions in a product.
const OPAQUE: usize = 8;

/// A product of powers of pi and e, of roots of integers, of logarithms and of a sine.
///
/// The product is positive, because all its factors are, unless there are values of other functions.
#[derive(Clone, Debug)]
pub(super) struct Monomial {
    /// The exponent of pi.
    pub(super) pi: Exact,
    /// The exponent of e.
    pub(super) e: Exact,
    /// Roots of integers: each base with its exponent, which is between 0 and 1. In the order of the
    /// bases.
    pub(super) roots: Vec<(UBig, Exact)>,
    /// The logarithms of integers, each with its exponent. In the order of the integers.
    pub(super) logs: Vec<(UBig, i64)>,
    /// The `q` of `sin(q pi)`, which is between 0 and 1/2.
    pub(super) sine: Option<Exact>,
    /// Values of other functions, each with its exponent.
    pub(super) opaque: Vec<(Arc<Opaque>, i64)>,
}

/// The value of a function that has no rule here. It is known only to be equal to itself.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Opaque {
    pub(super) function: Unary,
    pub(super) operand: Arc<Form>,
    /// The number of such values within each other. Comparing them is recursive, so it is bounded.
    pub(super) depth: u32,
}

impl PartialEq for Monomial {
    fn eq(&self, other: &Self) -> bool {
        let is_in_other = |value: &(Arc<Opaque>, i64)| other.opaque.contains(value);
        self.pi == other.pi
            && self.e == other.e
            && self.roots == other.roots
            && self.logs == other.logs
            && self.sine == other.sine
            && self.opaque.len() == other.opaque.len()
            && self.opaque.iter().all(is_in_other)
    }
}

impl Eq for Monomial {}

impl Monomial {
    /// Returns the empty product.
    pub(super) fn one() -> Self {
        Self {
            pi: Exact::ZERO,
            e: Exact::ZERO,
            roots: Vec::new(),
            logs: Vec::new(),
            sine: None,
            opaque: Vec::new(),
        }
    }

    /// Returns the value of a function that has no rule.
    pub(super) fn opaque(value: Opaque) -> Self {
        Self {
            opaque: vec![(Arc::new(value), 1)],
            ..Self::one()
        }
    }

    /// Returns `pi^exponent`.
    pub(super) fn pi(exponent: Exact) -> Self {
        Self {
            pi: exponent,
            ..Self::one()
        }
    }

    /// Returns `e^exponent`.
    pub(super) fn e(exponent: Exact) -> Self {
        Self {
            e: exponent,
            ..Self::one()
        }
    }

    /// Returns `ln(base)`.
    pub(super) fn ln(base: UBig) -> Self {
        Self {
            logs: vec![(base, 1)],
            ..Self::one()
        }
    }

    /// Returns `sin(q pi)` for `q` between 0 and 1/2.
    pub(super) fn sine(q: Exact) -> Self {
        Self {
            sine: Some(q),
            ..Self::one()
        }
    }

    /// Returns a rational number and a product of roots whose product is the product of the powers
    /// `base^exponent`. The bases must be in ascending order.
    pub(super) fn of_powers(
        bases: Vec<(UBig, Exact)>,
        work: &mut Work<'_>,
    ) -> Result<(Exact, Self)> {
        let (mut factor, mut roots) = (Exact::ONE, Vec::new());
        let mut merged: Vec<(UBig, Exact)> = Vec::new();
        for (base, exponent) in bases {
            match merged.last_mut() {
                Some((last, total)) if *last == base => *total = sum(total, &exponent, work)?,
                _ => merged.push((base, exponent)),
            }
        }
        for (base, exponent) in merged {
            let whole = exponent.floor(work)?;
            let rest = sum(&exponent, &whole.negated(), work)?;
            let count = whole.to_i64().ok_or(Unknown::NoForm)?;
            if count != 0 {
                let base = Exact::from(dashu_int::IBig::from(base.clone()));
                factor = product(&factor, &power(&base, count, work)?, work)?;
            }
            if !rest.is_zero() {
                roots.push((base, rest));
            }
        }
        Ok((
            factor,
            Self {
                roots,
                ..Self::one()
            },
        ))
    }

    /// Whether the product is empty.
    pub(super) fn is_one(&self) -> bool {
        self.pi.is_zero()
            && self.e.is_zero()
            && self.roots.is_empty()
            && self.logs.is_empty()
            && self.sine.is_none()
            && self.opaque.is_empty()
    }

    /// Whether there is no sine in the product.
    pub(super) fn has_no_sine(&self) -> bool {
        self.sine.is_none()
    }

    /// Returns the integer whose logarithm the product is.
    pub(super) fn logarithm(&self) -> Option<&UBig> {
        match &self.logs[..] {
            [(base, 1)] if *self == Self::ln(base.clone()) => Some(base),
            _ => None,
        }
    }

    /// Returns the exponent of e and the roots, if there is nothing else in the product.
    pub(super) fn exponents(&self) -> Option<(&Exact, &[(UBig, Exact)])> {
        let is_known = self.pi.is_zero()
            && self.logs.is_empty()
            && self.sine.is_none()
            && self.opaque.is_empty();
        is_known.then_some((&self.e, &self.roots))
    }

    /// Returns `q` if the product is `sin(q pi)`.
    pub(super) fn only_sine(&self) -> Option<&Exact> {
        let q = self.sine.as_ref()?;
        (*self == Self::sine(q.clone())).then_some(q)
    }

    /// Returns `q` if the product is `pi^q`.
    pub(super) fn only_pi(&self) -> Option<&Exact> {
        (*self == Self::pi(self.pi.clone())).then_some(&self.pi)
    }

    /// Returns `self * other`.
    pub(super) fn times(&self, other: &Self, work: &mut Work<'_>) -> Result<Form> {
        let mut bases = self.roots.clone();
        bases.extend(other.roots.iter().cloned());
        bases.sort_by(|(a, _), (b, _)| a.cmp(b));
        let (factor, roots) = Self::of_powers(bases, work)?;
        let mut logs = self.logs.clone();
        for (base, count) in &other.logs {
            match logs.iter_mut().find(|(known, _)| known == base) {
                Some((_, total)) => *total = total.checked_add(*count).ok_or(Unknown::NoForm)?,
                None => logs.push((base.clone(), *count)),
            }
        }
        logs.retain(|(_, count)| *count != 0);
        logs.sort_by(|(a, _), (b, _)| a.cmp(b));
        let mut opaque = self.opaque.clone();
        for (value, count) in &other.opaque {
            match opaque.iter_mut().find(|(known, _)| known == value) {
                Some((_, total)) => *total = total.checked_add(*count).ok_or(Unknown::NoForm)?,
                None => opaque.push((Arc::clone(value), *count)),
            }
        }
        opaque.retain(|(_, count)| *count != 0);
        if opaque.len() > OPAQUE {
            return Err(Unknown::NoForm);
        }
        let both = Self {
            pi: sum(&self.pi, &other.pi, work)?,
            e: sum(&self.e, &other.e, work)?,
            roots: roots.roots,
            logs,
            sine: None,
            opaque,
        };
        let (Some(a), Some(b)) = (&self.sine, &other.sine) else {
            let sine = self.sine.clone().or_else(|| other.sine.clone());
            return Ok(Form::term(factor, Self { sine, ..both }));
        };
        // 2 sin a sin b = cos(a - b) - cos(a + b)
        let difference = cosine(&sum(a, &b.negated(), work)?, work)?;
        let total = cosine(&sum(a, b, work)?, work)?;
        let sines = difference.sub(&total, work)?;
        let half = product(&factor, &Exact::ratio(1, 2), work)?;
        sines.mul(&Form::term(half, both), work)
    }

    /// Returns `1 / self`.
    pub(super) fn inverse(&self, work: &mut Work<'_>) -> Result<Form> {
        if self.sine.is_some() {
            return Err(Unknown::NoForm);
        }
        let (factor, inverse) = self.power(&(-1).into(), work)?;
        Ok(Form::term(factor, inverse))
    }

    /// Returns a rational number and a product whose product is `self^q`. There must be no sine in
    /// `self`, and its value must be positive, unless `q` is an integer.
    pub(super) fn power(&self, q: &Exact, work: &mut Work<'_>) -> Result<(Exact, Self)> {
        let mut bases = self.roots.clone();
        for (_, exponent) in &mut bases {
            *exponent = product(exponent, q, work)?;
        }
        let (factor, roots) = Self::of_powers(bases, work)?;
        let mut logs = self.logs.clone();
        for (_, count) in &mut logs {
            let exponent = product(&Exact::from(*count), q, work)?;
            *count = exponent.to_i64().ok_or(Unknown::NoForm)?;
        }
        logs.retain(|(_, count)| *count != 0);
        let mut opaque = self.opaque.clone();
        for (_, count) in &mut opaque {
            let exponent = product(&Exact::from(*count), q, work)?;
            *count = exponent.to_i64().ok_or(Unknown::NoForm)?;
        }
        let power = Self {
            pi: product(&self.pi, q, work)?,
            e: product(&self.e, q, work)?,
            roots: roots.roots,
            logs,
            sine: None,
            opaque,
        };
        Ok((factor, power))
    }

    /// Whether the product is positive: it has no value of an unknown sign.
    pub(super) fn is_positive(&self) -> bool {
        self.opaque.is_empty()
    }
}
