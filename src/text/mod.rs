//! Text prepared for people to read: escaping, shortening, suggestions, error messages.

#[cfg(feature = "program")]
pub mod amount;
pub mod elide;
pub mod io_error;
pub mod printable;
pub mod suggestion;
