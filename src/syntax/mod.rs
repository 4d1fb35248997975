//! The language as text: characters to tokens to a line of statements.
//!
//! Pure: no numbers are computed here, no names looked up. Nothing is recursive, so
//! no input is too deep; what is too long or nested too deeply is refused.

mod class;
mod conversion;
mod error;
mod line;
mod parse;
mod span;
mod token;

pub use self::{
    class::{Class, classes},
    conversion::{Conversion, FORMS, Form},
    error::{SyntaxError, SyntaxErrorKind},
    line::{
        Binary, Definition, Line, Node, NodeKind, Nodes, Postfix, Prefix, Statement, Statements,
    },
    parse::{ParseLimits, parse, read},
    span::Span,
    token::{is_space, superscript, vulgar_fraction},
};

/// Words that are part of the grammar: no definition can bind them.
pub const KEYWORDS: [&str; 7] = ["to", "mod", "if", "true", "false", "ans", "_"];

#[cfg(test)]
mod tests;
