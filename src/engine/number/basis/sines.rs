//! Sines and their inverses in forms.

use super::{Form, Monomial, Result, Unknown, product, sum};
use crate::engine::{budget::work::Work, number::exact::Exact};

/// Sines of `q pi` that are sums of square roots: `q`, and the terms `factor * sqrt(radicand)`.
///
/// From M. Abramowitz and I. Stegun, "Handbook of Mathematical Functions", 4.3.46.
type Row = ((i64, i64), &'static [((i64, i64), i64)]);

const TABLE: [Row; 9] = [
    ((0, 1), &[]),
    ((1, 12), &[((1, 4), 6), ((-1, 4), 2)]),
    ((1, 10), &[((1, 4), 5), ((-1, 4), 1)]),
    ((1, 6), &[((1, 2), 1)]),
    ((1, 4), &[((1, 2), 2)]),
    ((3, 10), &[((1, 4), 5), ((1, 4), 1)]),
    ((1, 3), &[((1, 2), 3)]),
    ((5, 12), &[((1, 4), 6), ((1, 4), 2)]),
    ((1, 2), &[((1, 1), 1)]),
];

/// Tangents of `q pi`: `q`, and the terms `factor * sqrt(radicand)`.
const TANGENTS: [Row; 8] = [
    ((0, 1), &[]),
    ((1, 12), &[((2, 1), 1), ((-1, 1), 3)]),
    ((1, 8), &[((1, 1), 2), ((-1, 1), 1)]),
    ((1, 6), &[((1, 3), 3)]),
    ((1, 4), &[((1, 1), 1)]),
    ((1, 3), &[((1, 1), 3)]),
    ((3, 8), &[((1, 1), 2), ((1, 1), 1)]),
    ((5, 12), &[((2, 1), 1), ((1, 1), 3)]),
];

/// Returns the sum of a row.
fn roots(row: &Row, work: &mut Work<'_>) -> Result<Form> {
    let mut total = Form::default();
    for ((n, d), radicand) in row.1 {
        let root = Form::rational((*radicand).into())?;
        let root = root.root(&Exact::ratio(1, 2), work)?;
        total = total.add(&root.scaled(&Exact::ratio(*n, *d), work)?, work)?;
    }
    Ok(total)
}

/// Returns the angle of a row, in units of pi.
fn angle(row: &Row) -> Exact {
    let (n, d) = row.0;
    Exact::ratio(n, d)
}

/// Returns `sin(q pi)`.
pub(super) fn sine(q: &Exact, work: &mut Work<'_>) -> Result<Form> {
    // Reduce q to 0..2, then to 0..1 with a sign, then to 0..1/2.
    let two = Exact::from(2);
    let half = product(q, &Exact::ratio(1, 2), work)?;
    let turns = product(&half.floor(work)?, &two, work)?;
    let mut q = sum(q, &turns.negated(), work)?;
    let mut negative = false;
    if q.compare(&Exact::ONE, work)?.is_ge() {
        q = sum(&q, &Exact::from(-1), work)?;
        negative = true;
    }
    if q.compare(&Exact::ratio(1, 2), work)?.is_gt() {
        q = sum(&Exact::ONE, &q.negated(), work)?;
    }
    let row = TABLE.iter().find(|row| angle(row) == q);
    let form = match row {
        Some(row) => roots(row, work)?,
        None => Form::term(Exact::ONE, Monomial::sine(q)),
    };
    Ok(if negative { form.negated() } else { form })
}

/// Returns `cos(q pi)`.
pub(super) fn cosine(q: &Exact, work: &mut Work<'_>) -> Result<Form> {
    sine(&sum(&Exact::ratio(1, 2), &q.negated(), work)?, work)
}

impl Form {
    /// Returns `q` if the form is `q pi`.
    pub(in crate::engine::number) fn multiple_of_pi(&self) -> Result<Exact> {
        if self.terms.is_empty() {
            return Ok(Exact::ZERO);
        }
        let (factor, monomial) = self.single()?;
        match monomial.only_pi() {
            Some(exponent) if exponent.is_one() => Ok(factor.clone()),
            _ => Err(Unknown::NoForm),
        }
    }

    fn times_pi(q: Exact) -> Self {
        Self::term(q, Monomial::pi(Exact::ONE))
    }

    /// Returns the sine.
    pub(in crate::engine::number) fn sin(&self, work: &mut Work<'_>) -> Result<Self> {
        sine(&self.multiple_of_pi()?, work)
    }

    /// Returns the cosine.
    pub(in crate::engine::number) fn cos(&self, work: &mut Work<'_>) -> Result<Self> {
        cosine(&self.multiple_of_pi()?, work)
    }

    /// Returns the tangent. The cosine is not zero.
    pub(in crate::engine::number) fn tan(&self, work: &mut Work<'_>) -> Result<Self> {
        // The period is pi, and tan(pi - x) is -tan(x).
        let q = self.multiple_of_pi()?;
        let mut q = sum(&q, &q.floor(work)?.negated(), work)?;
        let is_negative = q.compare(&Exact::ratio(1, 2), work)?.is_gt();
        if is_negative {
            q = sum(&Exact::ONE, &q.negated(), work)?;
        }
        let row = TANGENTS.iter().find(|row| angle(row) == q);
        let form = roots(row.ok_or(Unknown::NoForm)?, work)?;
        Ok(if is_negative { form.negated() } else { form })
    }

    /// Returns the angle from `-pi/2` to `pi/2` whose sine is the form.
    pub(in crate::engine::number) fn asin(&self, work: &mut Work<'_>) -> Result<Self> {
        if let Some(q) = self.inverse(&TABLE, work)? {
            return Ok(Self::times_pi(q));
        }
        let (factor, monomial) = self.single()?;
        let q = monomial.only_sine().ok_or(Unknown::NoForm)?.clone();
        if factor.is_one() {
            return Ok(Self::times_pi(q));
        }
        if factor.negated().is_one() {
            return Ok(Self::times_pi(q.negated()));
        }
        Err(Unknown::NoForm)
    }

    /// Returns the angle from 0 to pi whose cosine is the form.
    pub(in crate::engine::number) fn acos(&self, work: &mut Work<'_>) -> Result<Self> {
        let right = Self::times_pi(Exact::ratio(1, 2));
        right.sub(&self.asin(work)?, work)
    }

    /// Returns the angle between `-pi/2` and `pi/2` whose tangent is the form.
    pub(in crate::engine::number) fn atan(&self, work: &mut Work<'_>) -> Result<Self> {
        let q = self.inverse(&TANGENTS, work)?;
        q.map(Self::times_pi).ok_or(Unknown::NoForm)
    }

    /// Returns the angle of a row of `table` whose value is the form, in units of pi. Both functions
    /// of the tables are odd.
    fn inverse(&self, table: &[Row], work: &mut Work<'_>) -> Result<Option<Exact>> {
        for row in table {
            let value = roots(row, work)?;
            if self.sub(&value, work)?.terms.is_empty() {
                return Ok(Some(angle(row)));
            }
            if self.add(&value, work)?.terms.is_empty() {
                return Ok(Some(angle(row).negated()));
            }
        }
        Ok(None)
    }
}
