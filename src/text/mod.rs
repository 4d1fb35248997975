//! Text made fit for people.

pub mod elide;
pub mod printable;
pub mod suggestion;
