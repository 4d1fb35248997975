//! Units: their names, what they measure, and their exact factors.
//!
//! A unit of a quantity is a product of powers of rows of the [table](UNITS), each with a prefix.

mod dimension;
mod exponent;
mod names;
mod prefix;
mod product;
mod table;

pub(in crate::engine) use self::{
    exponent::Exponent,
    names::{find, is_unit},
    product::{Factor, Unit},
};
pub use self::{
    names::{describe, row},
    table::{UNITS, UnitRow},
};
