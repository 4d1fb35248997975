//! The parser of the language: it converts characters to tokens, and tokens to statements.
//!
//! The parser computes no numbers and looks up no names. It is not recursive, so no input can
//! exhaust the stack. It rejects a text that is too long or too deeply nested.

mod alphabet;
mod class;
mod conversion;
mod error;
mod line;
mod literal;
mod node;
mod parse;
mod reading;
mod span;
mod spelling;
mod token;

pub use self::{
    alphabet::{is_space, superscript, vulgar_fraction},
    class::{Class, classes},
    conversion::{Conversion, FORMS, Form, Notation},
    error::{SyntaxError, SyntaxErrorKind},
    line::{Definition, Line, Nodes, Statement, Statements},
    literal::Literal,
    node::{Binary, Logic, Node, NodeKind, Postfix, Prefix},
    parse::{Functions, NoFunctions, ParseLimits, has_statements, is_operator, parse, read},
    reading::{Reading, Readings},
    span::Span,
    spelling::Rewriting,
};

/// The keywords of the language. A definition cannot redefine them.
pub const KEYWORDS: [&str; 15] = [
    "to", "mod", "if", "true", "false", "ans", "_", "in", "of", "as", "per", "and", "or", "not",
    "xor",
];

#[cfg(test)]
mod tests;
