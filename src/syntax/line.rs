//! A parsed line: its statements, with their expressions as nodes in postfix order.

use std::{borrow::Cow, ops::Range};

use smallvec::SmallVec;

use super::{Node, NodeKind, Readings, Span, alphabet::with_ascii_signs};

/// A parsed line.
#[derive(Clone, Debug, PartialEq)]
pub struct Line<'t> {
    /// The text that was parsed, with ASCII characters instead of full-width signs. Every span is a
    /// range of this text.
    pub text: Cow<'t, str>,
    /// The statements in order. A blank line or a comment has no statements.
    pub statements: Statements,
    /// The nodes of all statements, in the order that [`Node`] describes.
    pub nodes: Nodes,
    /// The rules that gave the line a meaning which not everybody expects.
    pub readings: Readings,
}

/// The statements of a line. A single statement needs no allocation.
pub type Statements = SmallVec<[Statement; 1]>;

/// Nodes in postfix order. The nodes of a short line need no allocation.
pub type Nodes = SmallVec<[Node; 16]>;

/// One statement of a line.
#[derive(Clone, Debug, PartialEq)]
pub struct Statement {
    /// The left side of the definition. `None` if the statement is not a definition.
    pub binds: Option<Definition>,
    /// The range of the statement's expression in [`Line::nodes`].
    pub nodes: Range<u32>,
}

impl Statement {
    /// Whether the statement defines a function, and therefore has no value.
    #[must_use]
    pub fn is_function(&self) -> bool {
        self.binds
            .as_ref()
            .is_some_and(|definition| definition.parameters.is_some())
    }
}

/// The left side of a definition.
#[derive(Clone, Debug, PartialEq)]
pub struct Definition {
    /// The name that the definition binds.
    pub name: Span,
    /// The parameters of the function. `None` if the definition defines a variable.
    pub parameters: Option<Vec<Span>>,
    /// The place of the right side of the definition.
    pub right: Span,
}

impl<'t> Line<'t> {
    /// Creates a line without statements, for a `text` that is not parsed yet.
    #[must_use]
    pub fn unread(text: &'t str) -> Self {
        Self {
            text: with_ascii_signs(text),
            statements: Statements::new(),
            nodes: Nodes::new(),
            readings: Readings::NONE,
        }
    }

    /// Returns the nodes of `statement`.
    #[must_use]
    pub fn expression(&self, statement: &Statement) -> &[Node] {
        &self.nodes[statement.nodes.start as usize..statement.nodes.end as usize]
    }

    /// Whether the value of `statement` is converted to another form.
    #[must_use]
    pub fn is_converted(&self, statement: &Statement) -> bool {
        let last = self.expression(statement).last();
        last.is_some_and(|node| matches!(node.kind, NodeKind::Convert { .. }))
    }
}
