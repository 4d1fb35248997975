//! What names stand for, and which cannot be bound.

use std::{collections::BTreeMap, ops::Range, sync::Arc};

use crate::engine::{
    fault::{Fault, Reason, Result},
    library,
    value::Presented,
};
use crate::{
    syntax::{Definition, Line, Node, Span, Statement},
    text::printable::quoted,
};

/// Words that are commands where a line begins with them, and cannot be bound.
pub const COMMANDS: [&str; 11] = [
    "add",
    "subtract",
    "substract",
    "sub",
    "multiply",
    "mul",
    "divide",
    "div",
    "help",
    "quit",
    "exit",
];

/// The names of numbers that are always there.
pub const CONSTANTS: [(&str, &str); 7] = [
    ("pi", "the circumference of a circle of diameter 1"),
    ("π", "pi"),
    ("tau", "2 pi"),
    ("τ", "tau"),
    ("e", "the base of the natural logarithm"),
    ("phi", "the golden ratio, (1 + √5)/2"),
    ("φ", "phi"),
];

/// What a name stands for.
#[derive(Clone, Debug)]
pub(in crate::engine) enum Binding {
    Value(Presented),
    Function(Arc<UserFunction>),
}

impl Binding {
    /// Bytes that it holds beside itself, but for those of reals.
    pub(in crate::engine) fn heap_bytes(&self) -> usize {
        match self {
            Self::Value(value) => value.heap_bytes(),
            Self::Function(function) => function.heap_bytes(),
        }
    }
}

/// A function that a line defined, with all that it needs of the line.
#[derive(Debug)]
pub(in crate::engine) struct UserFunction {
    pub(in crate::engine) text: Box<str>,
    pub(in crate::engine) nodes: Box<[Node]>,
    /// Which of the nodes are its body.
    pub(in crate::engine) body: Range<u32>,
    pub(in crate::engine) parameters: Vec<Span>,
    /// The body as it is written.
    written: Span,
}

impl UserFunction {
    /// The function that `statement` of `line` defines.
    pub(in crate::engine) fn new(line: &Line<'_>, statement: &Statement) -> Self {
        let binding = statement.binds.as_ref();
        Self {
            text: line.text.into(),
            nodes: line.nodes.as_slice().into(),
            body: statement.nodes.clone(),
            parameters: binding
                .and_then(|it| it.parameters.clone())
                .unwrap_or_default(),
            written: binding.map_or_else(Span::default, |binding| binding.right),
        }
    }

    fn heap_bytes(&self) -> usize {
        self.text.len() + size_of_val(&*self.nodes) + size_of_val(&*self.parameters)
    }

    /// The sides of its definition, if it is called `name`.
    pub(in crate::engine) fn sides(&self, name: &str) -> (String, String) {
        let parameters = self.parameters.iter().map(|span| span.of(&self.text));
        let parameters: Vec<_> = parameters.collect();
        let left = format!("{name}({})", parameters.join(", "));
        (left, self.written.of(&self.text).to_owned())
    }
}

/// What a worksheet remembers.
#[derive(Debug, Default)]
pub(in crate::engine) struct Bindings {
    /// In the order of the alphabet.
    pub(in crate::engine) names: BTreeMap<Box<str>, Binding>,
    /// The last answer.
    pub(in crate::engine) last: Option<Presented>,
}

/// What names mean to a statement: what its line has bound, else what the worksheet
/// remembers.
#[derive(Clone, Copy)]
pub(in crate::engine) struct Environment<'s> {
    pub(in crate::engine) bound: &'s BTreeMap<&'s str, Binding>,
    pub(in crate::engine) known: &'s Bindings,
}

impl<'s> Environment<'s> {
    #[inline]
    pub(in crate::engine) fn meaning(&self, name: &str) -> Option<&'s Binding> {
        self.bound.get(name).or_else(|| self.known.names.get(name))
    }

    pub(in crate::engine) fn names(&self) -> impl Iterator<Item = &'s str> {
        let known = self.known.names.keys().map(|name| &**name);
        self.bound.keys().copied().chain(known)
    }
}

/// Refuses names that have a meaning already which no worksheet may change.
pub(in crate::engine) fn bindable(binding: &Definition, line: &str) -> Result<()> {
    let parameters = binding.parameters.iter().flatten();
    // Parameters may shadow constants.
    let names = std::iter::once((&binding.name, true)).chain(parameters.map(|span| (span, false)));
    for (span, constants_too) in names {
        let name = span.of(line);
        let what = if library::find(name).is_some() {
            "a function"
        } else if COMMANDS.contains(&name) {
            "a command"
        } else if constants_too && is_constant(name) {
            "a constant"
        } else {
            continue;
        };
        let message = format!("{} cannot be bound: it is {what}", quoted(name));
        let fault = Fault::new(Reason::ReservedName, message).help("take another name");
        return Err(fault.at(*span, line));
    }
    Ok(())
}

pub(in crate::engine) fn is_constant(name: &str) -> bool {
    CONSTANTS.iter().any(|(constant, _)| *constant == name)
}
