//! The parser of the language: it converts characters to tokens, and tokens to statements.
//!
//! The parser computes no numbers and looks up no names. It is not recursive, so no input can
//! exhaust the stack. It rejects a text that is too long or too deeply nested.

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
    parse::{ParseLimits, has_statements, parse, read},
    span::Span,
    token::{is_space, superscript, vulgar_fraction},
};

/// The keywords of the language. A definition cannot redefine them.
pub const KEYWORDS: [&str; 7] = ["to", "mod", "if", "true", "false", "ans", "_"];

#[cfg(test)]
mod tests;
