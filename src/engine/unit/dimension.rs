//! Dimensions: what a unit measures, as a product of powers of base units.

use smallvec::SmallVec;

use super::{exponent::Exponent, table::UNITS};

/// A product of powers of base units. Units of the same dimension can be converted into each other.
///
/// The base units are rows of the table, in ascending order. No exponent is zero.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::engine) struct Dimension(SmallVec<[(u16, Exponent); 4]>);

impl Dimension {
    /// Returns the dimension of the base unit in the row `row`.
    pub(super) fn of_base(row: u16) -> Self {
        Self(SmallVec::from_slice(&[(row, Exponent::ONE)]))
    }

    /// Whether the dimension is that of a plain number.
    pub(in crate::engine) fn is_number(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the base units with their exponents.
    pub(in crate::engine) fn parts(&self) -> &[(u16, Exponent)] {
        &self.0
    }

    /// Multiplies by `other^exponent`. Returns `None` if an exponent has more than 16 bits.
    pub(super) fn multiply(&mut self, other: &Self, exponent: Exponent) -> Option<()> {
        for (row, power) in &other.0 {
            let power = power.times(exponent)?;
            match self.0.binary_search_by_key(row, |(row, _)| *row) {
                Ok(at) => {
                    let sum = self.0[at].1.plus(power)?;
                    if sum.is_zero() {
                        self.0.remove(at);
                    } else {
                        self.0[at].1 = sum;
                    }
                }
                Err(at) if !power.is_zero() => self.0.insert(at, (*row, power)),
                Err(_) => {}
            }
        }
        Some(())
    }

    /// Returns the dimension without angles: beside other units, a radian is 1.
    pub(in crate::engine) fn without_angle(&self) -> Self {
        let is_angle = |row: u16| UNITS[usize::from(row)].name == "radian";
        Self(
            self.0
                .iter()
                .copied()
                .filter(|(row, _)| !is_angle(*row))
                .collect(),
        )
    }

    /// Returns the name of the dimension, such as `length`, or `None` if the table has none.
    pub(in crate::engine) fn name(&self) -> Option<&'static str> {
        let names = super::names::dimensions();
        names
            .iter()
            .find(|(dimension, _)| dimension == self)
            .map(|(_, name)| *name)
    }
}
