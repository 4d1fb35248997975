//! Units as products of powers, with their dimension and their factor.

use std::fmt::{self, Write as _};

use compact_str::CompactString;
use smallvec::SmallVec;

use super::{
    dimension::Dimension,
    exponent::Exponent,
    names,
    prefix::PREFIXES,
    table::{UNITS, UnitRow},
};
use crate::engine::{
    budget::work::Work,
    fault::{Fault, Result},
    number::{Number, exact::Exact},
};

/// A power of a unit of the table with a prefix, such as `km^2`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) struct Factor {
    /// The index of the row in [`UNITS`].
    pub(in crate::engine) row: u16,
    /// The index of the prefix.
    pub(in crate::engine) prefix: u8,
    pub(in crate::engine) exponent: Exponent,
}

/// A product of powers of units, in the order in which they were written. Empty for a plain number.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::engine) struct Unit(SmallVec<[Factor; 2]>);

/// The factor of a unit with respect to the base units: a rational number times a power of pi.
#[derive(Clone, Debug)]
pub(in crate::engine) struct Scale {
    pub(super) factor: Exact,
    pub(super) pi: i32,
}

impl Factor {
    /// Returns the row of the unit.
    pub(in crate::engine) fn row(self) -> &'static UnitRow {
        &UNITS[usize::from(self.row)]
    }

    /// Whether both factors are powers of one unit with one prefix.
    fn is_same(self, other: Self) -> bool {
        (self.row, self.prefix) == (other.row, other.prefix)
    }

    /// Returns the dimension of the unit, without the exponent.
    fn dimension(self) -> &'static Dimension {
        names::dimension(self.row)
    }
}

impl Unit {
    /// Returns the unit that consists of one factor.
    pub(in crate::engine) fn new(row: u16, prefix: u8) -> Self {
        Self(SmallVec::from_slice(&[Factor {
            row,
            prefix,
            exponent: Exponent::ONE,
        }]))
    }

    /// Whether the unit is that of a plain number.
    pub(in crate::engine) fn is_none(&self) -> bool {
        self.0.is_empty()
    }

    pub(in crate::engine) fn factors(&self) -> &[Factor] {
        &self.0
    }

    /// Returns the dimension of the unit.
    pub(in crate::engine) fn dimension(&self) -> Dimension {
        self.bounded_dimension()
            .expect("a unit is created only if it has a dimension")
    }

    /// Returns the dimension of the unit, or `None` if an exponent of it has more than 16 bits.
    fn bounded_dimension(&self) -> Option<Dimension> {
        let mut dimension = Dimension::default();
        for factor in &self.0 {
            dimension.multiply(factor.dimension(), factor.exponent)?;
        }
        Some(dimension)
    }

    /// Returns the unit. Fails if an exponent of its dimension has more than 16 bits.
    fn bounded(self) -> Result<Self> {
        // The table defines units by exponents of at most 4, so a few small exponents have a small sum.
        let is_small = |factor: &Factor| matches!(factor.exponent.parts(), (-99..=99, 1));
        if (self.0.len() <= 8 && self.0.iter().all(is_small)) || self.bounded_dimension().is_some()
        {
            return Ok(self);
        }
        Err(too_large())
    }

    /// Whether both units measure the same, apart from angles, which are plain numbers beside other units.
    pub(in crate::engine) fn is_like(&self, other: &Self) -> bool {
        if let ([one], [another]) = (self.factors(), other.factors())
            && one.exponent == another.exponent
            && one.dimension() == another.dimension()
        {
            return true;
        }
        self.dimension().without_angle() == other.dimension().without_angle()
    }

    /// Returns `self * other^exponent`, and the number by which the product must be multiplied.
    ///
    /// A factor of `other` that measures the same as a factor of `self` is converted into it.
    pub(in crate::engine) fn times(
        &self,
        other: &Self,
        exponent: Exponent,
        work: &mut Work<'_>,
    ) -> Result<(Self, Number)> {
        let mut product = self.clone();
        let mut number = Number::from(1);
        for factor in &other.0 {
            let power = factor.exponent.times(exponent).ok_or_else(too_large)?;
            let known = product.0.iter().position(|it| it.is_same(*factor));
            let known = known.or_else(|| {
                let dimension = factor.dimension();
                let is_alike = |it: &Factor| !dimension.is_number() && it.dimension() == dimension;
                product.0.iter().position(is_alike)
            });
            let Some(at) = known else {
                product.0.push(Factor {
                    exponent: power,
                    ..*factor
                });
                continue;
            };
            if !product.0[at].is_same(*factor) {
                let from = Self::new(factor.row, factor.prefix);
                let to = Self::new(product.0[at].row, product.0[at].prefix);
                let ratio = from.ratio(&to, work)?;
                number = number.mul(&power_of(&ratio, power, work)?, work)?;
            }
            let sum = product.0[at].exponent.plus(power).ok_or_else(too_large)?;
            if sum.is_zero() {
                product.0.remove(at);
            } else {
                product.0[at].exponent = sum;
            }
        }
        Ok((product.bounded()?, number))
    }

    /// Returns `self^exponent`.
    pub(in crate::engine) fn power(&self, exponent: Exponent) -> Result<Self> {
        if exponent.is_zero() {
            return Ok(Self::default());
        }
        let powers = self.0.iter().map(|factor| {
            let exponent = factor.exponent.times(exponent).ok_or_else(too_large)?;
            Ok(Factor {
                exponent,
                ..*factor
            })
        });
        Self(powers.collect::<Result<_>>()?).bounded()
    }

    /// Returns the number of units `to` that one unit `self` is. Both have the same dimension.
    pub(in crate::engine) fn ratio(&self, to: &Self, work: &mut Work<'_>) -> Result<Number> {
        if self == to {
            return Ok(1.into());
        }
        let (mut number, mut pi) = (Number::from(1), Exponent::ZERO);
        let inverse = to.0.iter().map(|factor| Factor {
            exponent: factor.exponent.negated(),
            ..*factor
        });
        for factor in self.0.iter().copied().chain(inverse) {
            let scale = names::scale(factor.row);
            let prefix = (factor.prefix > 0).then(|| names::prefix(factor.prefix));
            for part in prefix.into_iter().chain([&scale.factor]) {
                if part.is_one() {
                    continue;
                }
                let part = Number::from(part.clone());
                number = if factor.exponent == Exponent::integer(-1) {
                    number.div(&part, work)?
                } else {
                    number.mul(&power_of(&part, factor.exponent, work)?, work)?
                };
            }
            if scale.pi != 0 {
                let power = Exponent::ratio(scale.pi.into(), 1)
                    .and_then(|it| it.times(factor.exponent))
                    .and_then(|it| it.plus(pi));
                pi = power.ok_or_else(too_large)?;
            }
        }
        if pi.is_zero() {
            return Ok(number);
        }
        let pi = power_of(&Number::pi(work)?, pi, work)?;
        number.mul(&pi, work)
    }
}

/// Returns `base^exponent`.
fn power_of(base: &Number, exponent: Exponent, work: &mut Work<'_>) -> Result<Number> {
    if exponent == Exponent::ONE {
        return Ok(base.clone());
    }
    let (n, d) = exponent.parts();
    base.power(&Exact::ratio(n, d).into(), work)
}

fn too_large() -> Box<Fault> {
    Fault::limit("the exponent of a unit is too large").help("it can have 15 bits")
}

impl Factor {
    /// Writes the prefix and the symbol, and the exponent if it is not 1.
    fn write(self, exponent: Exponent, out: &mut CompactString) {
        let (row, prefix) = (self.row(), &PREFIXES[usize::from(self.prefix)]);
        if let Some(symbol) = row.symbols.first() {
            out.push_str(prefix.symbol);
            out.push_str(symbol);
        } else {
            out.push_str(prefix.name);
            out.push_str(row.name);
        }
        if exponent != Exponent::ONE {
            write!(out, "^{exponent}").expect("writing to a CompactString cannot fail");
        }
    }
}

impl Unit {
    /// Writes the unit as text that reads back, such as `kg m^2/s^2` and `W/(m^2 K)`.
    pub(in crate::engine) fn write(&self, out: &mut CompactString) {
        let is_above = |factor: &&Factor| !factor.exponent.is_negative();
        let below = || self.0.iter().filter(|factor| !is_above(factor));
        let is_quotient = self.0.iter().any(|factor| is_above(&factor));
        for (index, factor) in self.0.iter().filter(is_above).enumerate() {
            out.push_str(if index > 0 { " " } else { "" });
            factor.write(factor.exponent, out);
        }
        let is_grouped = is_quotient && below().nth(1).is_some();
        for (index, factor) in below().enumerate() {
            out.push_str(match index {
                0 if is_grouped => "/(",
                0 if is_quotient => "/",
                0 => "",
                _ => " ",
            });
            let exponent = if is_quotient {
                factor.exponent.negated()
            } else {
                factor.exponent
            };
            factor.write(exponent, out);
        }
        out.push_str(if is_grouped { ")" } else { "" });
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = CompactString::default();
        self.write(&mut text);
        f.write_str(&text)
    }
}
