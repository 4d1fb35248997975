//! The grammar of the language: characters to tokens to a line of statements.
//!
//! Pure: it computes no numbers and looks up no names. Nothing is recursive, so no input exhausts the
//! stack; a text that is too long or too deeply nested is refused.

mod class;
mod conversion;
mod error;
mod line;
mod node;
mod parse;
mod span;
mod spelling;
mod token;

pub use self::{
    class::{Class, classes},
    conversion::{Conversion, FORMS, Form, Notation},
    error::{SyntaxError, SyntaxErrorKind},
    line::{Definition, Line, Nodes, Statement, Statements},
    node::{Binary, Node, NodeKind, Postfix, Prefix},
    parse::{ParseLimits, parse, read},
    span::Span,
    token::{is_space, superscript, vulgar_fraction},
};

/// The words of the grammar, which no definition can bind.
pub const KEYWORDS: [&str; 7] = ["to", "mod", "if", "true", "false", "ans", "_"];

#[cfg(test)]
mod tests;
