//! Names: the bindings of a worksheet, and the lookup of a name's meaning.

use std::{collections::BTreeMap, sync::Arc};

use crate::engine::{
    fault::{Fault, Reason, Result},
    library::{self, CONSTANTS, Constant, Function},
    unit::{self, Unit},
    value::Presented,
};
use crate::{
    syntax::{Definition, Functions, Line, Node, NodeKind, Span, Statement},
    text::{printable::quoted, suggestion::suggestion},
};

/// The value or the function that a line has bound to a name.
#[derive(Clone, Debug)]
pub(in crate::engine) enum Binding {
    Value(Presented),
    Function(Arc<UserFunction>),
}

impl Binding {
    /// Returns the heap memory of the binding, in bytes. The memory of reals is not included.
    pub(in crate::engine) fn heap_bytes(&self) -> usize {
        match self {
            Self::Value(value) => value.heap_bytes(),
            Self::Function(function) => function.heap_bytes(),
        }
    }
}

/// A function that a line defined, with its own copy of its definition.
///
/// The spans and the indices of nodes count from the start of the definition. A line can have
/// thousands of definitions, so none of them keeps the text of the others.
#[derive(Debug)]
pub(in crate::engine) struct UserFunction {
    pub(in crate::engine) text: Box<str>,
    pub(in crate::engine) nodes: Box<[Node]>,
    pub(in crate::engine) parameters: Box<[Span]>,
    /// The indices of the parameters, in the order of their names.
    by_name: Box<[u8]>,
    /// The place of the body in `text`.
    body_span: Span,
}

impl UserFunction {
    /// Returns the function that `statement` of `line` defines with `definition`.
    pub(in crate::engine) fn new(
        line: &Line<'_>,
        statement: &Statement,
        definition: &Definition,
    ) -> Self {
        let start = definition.name.start;
        let moved = |span: Span| Span {
            start: span.start - start,
            end: span.end - start,
        };
        let first = statement.nodes.start;
        let nodes = line.expression(statement).iter().map(|node| Node {
            kind: match node.kind {
                NodeKind::JumpIfFalse(to) => NodeKind::JumpIfFalse(to - first),
                NodeKind::Jump(to) => NodeKind::Jump(to - first),
                NodeKind::ShortCircuit { logic, end } => NodeKind::ShortCircuit {
                    logic,
                    end: end - first,
                },
                kind => kind,
            },
            span: moved(node.span),
        });
        let whole = Span {
            start,
            end: definition.right.end,
        };
        let text = whole.of(&line.text);
        let parameters = definition.parameters.iter().flatten();
        let parameters: Box<[Span]> = parameters.map(|span| moved(*span)).collect();
        // The parser limits the number of parameters to 255.
        let mut by_name: Box<[u8]> = (0..=u8::MAX).take(parameters.len()).collect();
        by_name.sort_by_key(|index| parameters[usize::from(*index)].of(text));
        Self {
            text: text.into(),
            nodes: nodes.collect(),
            parameters,
            by_name,
            body_span: moved(definition.right),
        }
    }

    fn heap_bytes(&self) -> usize {
        self.text.len()
            + size_of_val(&*self.nodes)
            + size_of_val(&*self.parameters)
            + self.by_name.len()
    }

    /// Returns the left side and the right side of the function's definition.
    ///
    /// `name` is the name of the function.
    pub(in crate::engine) fn sides(&self, name: &str) -> (String, String) {
        let parameters = self.parameters.iter().map(|span| span.of(&self.text));
        let parameters: Vec<_> = parameters.collect();
        let left = format!("{name}({})", parameters.join(", "));
        (left, self.body_span.of(&self.text).to_owned())
    }

    /// Returns the index of the parameter called `name`.
    fn parameter(&self, name: &str) -> Option<usize> {
        let word = |index: &u8| self.parameters[usize::from(*index)].of(&self.text);
        let found = self.by_name.binary_search_by(|index| word(index).cmp(name));
        found.ok().map(|at| usize::from(self.by_name[at]))
    }
}

/// The bindings of a worksheet and its last answer.
#[derive(Debug, Default)]
pub(in crate::engine) struct Bindings {
    /// The bindings by name, in alphabetical order.
    pub(super) names: BTreeMap<Box<str>, Binding>,
    pub(super) last: Option<Presented>,
}

impl Bindings {
    /// Returns the binding of `name`.
    #[inline]
    pub(in crate::engine) fn get(&self, name: &str) -> Option<&Binding> {
        self.names.get(name)
    }
}

/// The meaning of a name in an expression.
pub(super) enum Resolved<'s> {
    /// The index of a parameter of the function that is being evaluated.
    Parameter(usize),
    /// A binding of the line or, if the line does not bind the name, of the worksheet.
    Binding(&'s Binding),
    /// `ans` or `_`.
    LastAnswer,
    /// `true` or `false`.
    Truth(bool),
    /// A built-in function.
    Function(&'static Function),
    /// A built-in constant.
    Constant(&'static Constant),
    /// A unit.
    Unit(Unit),
}

/// The names that a statement can use, in addition to built-in names.
///
/// `line` has the names that earlier statements of the same line bind. `worksheet` has the names
/// that earlier lines bound.
#[derive(Clone, Copy)]
pub(super) struct Environment<'s> {
    pub(super) line: &'s BTreeMap<&'s str, Binding>,
    pub(super) worksheet: &'s Bindings,
}

impl<'s> Environment<'s> {
    /// Returns the meaning of `name`, or `None` for an unknown name.
    ///
    /// `function` is the function that is being evaluated. If the name has several meanings, the
    /// first of these counts: a parameter of `function`, a binding, a word of the language, a
    /// built-in function, a constant.
    #[inline]
    pub(super) fn resolve(
        &self,
        name: &str,
        function: Option<&UserFunction>,
    ) -> Option<Resolved<'s>> {
        if let Some(index) = function.and_then(|function| function.parameter(name)) {
            return Some(Resolved::Parameter(index));
        }
        let binding = self.line.get(name).or_else(|| self.worksheet.get(name));
        let binding = binding.map(Resolved::Binding);
        binding.or_else(|| built_in(name)).or_else(|| weak(name))
    }

    /// Returns the fault for an unknown name. The advice is the most similar known name.
    ///
    /// `kind` is the word for the name in the message: "name" or "function".
    #[cold]
    pub(super) fn unknown(&self, name: &str, kind: &str) -> Box<Fault> {
        let functions = library::all()
            .flat_map(|function| function.names.iter().chain(function.aliases).copied());
        let constants = CONSTANTS.iter().map(|(name, _)| *name);
        let worksheet = self.worksheet.names.keys().map(|name| &**name);
        let known = functions
            .chain(constants)
            .chain(self.line.keys().copied())
            .chain(worksheet);
        let fault = unknown(name, kind);
        if let Some(advice) = library::advice(name) {
            return fault.help(advice);
        }
        match suggestion(name, known) {
            Some(near) => fault.help(format!("did you mean '{near}'?")),
            None => fault,
        }
    }
}

/// The names that can be called without parentheses in a worksheet.
pub(super) struct CallableNames<'s>(pub(super) &'s Bindings);

impl Functions for CallableNames<'_> {
    fn takes_one_argument(&self, name: &str) -> bool {
        self.0.get(name).is_none() && BuiltInFunctions.takes_one_argument(name)
    }

    fn is_unit(&self, name: &str) -> bool {
        self.0.get(name).is_none() && BuiltInFunctions.is_unit(name)
    }
}

/// The built-in functions. A parser that knows no worksheet uses them.
#[derive(Clone, Copy, Debug)]
pub struct BuiltInFunctions;

impl Functions for BuiltInFunctions {
    fn takes_one_argument(&self, name: &str) -> bool {
        match built_in(name).or_else(|| in_lower_case(name)) {
            Some(Resolved::Function(function)) => {
                function.takes_one_argument() && !self.is_unit(name)
            }
            _ => false,
        }
    }

    fn is_unit(&self, name: &str) -> bool {
        unit::is_unit(name)
    }
}

/// Returns the built-in meaning of a name. A line can only change the meaning of newer names.
fn built_in<'s>(name: &str) -> Option<Resolved<'s>> {
    match name {
        "ans" | "_" => Some(Resolved::LastAnswer),
        "true" => Some(Resolved::Truth(true)),
        "false" => Some(Resolved::Truth(false)),
        _ => library::find(name)
            .map(Resolved::Function)
            .or_else(|| Constant::find(name).map(Resolved::Constant)),
    }
}

/// Returns the meaning of a name that a line can hide: a unit, or a function in capitals.
fn weak<'s>(name: &str) -> Option<Resolved<'s>> {
    let unit = unit::find(name).map(Resolved::Unit);
    unit.or_else(|| in_lower_case(name))
}

/// Returns the function or the constant whose name is written in capitals, as in `SUM(1, 2)`.
#[cold]
fn in_lower_case<'s>(name: &str) -> Option<Resolved<'s>> {
    let lower = name.to_ascii_lowercase();
    if name.len() < 2 || lower == name || lower.to_ascii_uppercase() != name {
        return None;
    }
    built_in(&lower).filter(|it| matches!(it, Resolved::Function(_) | Resolved::Constant(_)))
}

/// Whether `name` is a word of the language that means the same in every worksheet.
#[must_use]
pub fn is_built_in(name: &str) -> bool {
    match built_in(name) {
        Some(Resolved::Truth(_)) => true,
        Some(Resolved::Function(function)) => !function.can_be_hidden(name),
        Some(Resolved::Constant(constant)) => constant.word().is_none(),
        Some(
            Resolved::Parameter(_)
            | Resolved::Binding(_)
            | Resolved::LastAnswer
            | Resolved::Unit(_),
        )
        | None => false,
    }
}

/// Returns the fault for an unknown name.
///
/// `kind` is the word for the name in the message: "name" or "function".
pub(super) fn unknown(name: &str, kind: &str) -> Box<Fault> {
    Fault::new(
        Reason::UnknownName,
        format!("unknown {kind} {}", quoted(name)),
    )
}

/// Returns a fault if a definition binds a built-in name or a name in `reserved`.
///
/// The names in `reserved` are commands of the caller. A parameter may have the name of a constant:
/// in the function, the name then means the parameter.
pub(super) fn check_bindable(definition: &Definition, line: &str, reserved: &[&str]) -> Result<()> {
    let parameters = definition.parameters.iter().flatten();
    let names = std::iter::once((&definition.name, false));
    for (span, is_parameter) in names.chain(parameters.map(|span| (span, true))) {
        let name = span.of(line);
        let kind = match built_in(name) {
            Some(Resolved::Function(function)) if !function.can_be_hidden(name) => "a function",
            _ if reserved.contains(&name) => "a command",
            Some(Resolved::Constant(constant)) if !is_parameter && constant.word().is_none() => {
                "a constant"
            }
            _ => continue,
        };
        let message = format!("{} cannot be redefined: it is {kind}", quoted(name));
        let fault = Fault::new(Reason::ReservedName, message).help("choose another name");
        return Err(fault.at(*span, line));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No name is in two of the tables, so the order of the lookup makes no difference.
    #[test]
    fn built_in_names_have_one_meaning() {
        for (name, _) in CONSTANTS {
            assert!(
                matches!(built_in(name), Some(Resolved::Constant(_))),
                "{name}"
            );
        }
        for function in library::all() {
            for name in function.names {
                assert!(
                    matches!(built_in(name), Some(Resolved::Function(_))),
                    "{name}"
                );
            }
        }
    }

    #[test]
    fn built_in_names_mean_the_same_in_every_worksheet() {
        let functions = library::all().flat_map(|function| function.names);
        let constants = CONSTANTS.iter().map(|(name, _)| name);
        for name in functions.chain(constants).chain(&["true", "false"]) {
            let is_strong = match built_in(name) {
                Some(Resolved::Function(function)) => !function.can_be_hidden(name),
                Some(Resolved::Constant(constant)) => constant.word().is_none(),
                _ => true,
            };
            assert_eq!(is_built_in(name), is_strong, "{name}");
        }
        for name in ["ans", "_", "x", "", "avg", "million"] {
            assert!(!is_built_in(name), "{name}");
        }
    }
}
