//! The type of the rows that define commands, and the list of all rows.
//!
//! The parser, completion and help use the same rows, so all three agree. The rows of a family
//! are in the file of the family, together with the functions that read the operands.

use super::{
    arguments::Arguments, call, chat, fault::LineFault, inspect, parse::Command, server, session,
    worksheet,
};

/// The row that defines a command: the names, the help, and the function that reads the operands.
#[derive(Debug)]
pub struct CommandSpec {
    /// The names of the command. Messages use the first name.
    pub names: &'static [&'static str],
    /// The operands of the command, as help shows them.
    pub operands: &'static str,
    /// The effect of the command, in one line.
    pub summary: &'static str,
    /// An example line, and the output of that line.
    pub example: Option<(&'static str, &'static str)>,
    /// Further lines of help, or an empty string.
    pub details: &'static str,
    /// The kind of the operands. The prompt colors the operands by their kind.
    pub operand_kind: OperandKind,
    /// The words that Tab offers as operands.
    pub completion: Completion,
    /// The places where the command works: the prompt, scripts, or both.
    pub(in crate::repl) scope: Scope,
    /// Whether the command makes a call that `:explain` can show.
    pub(in crate::repl) makes_call: bool,
    /// The function that reads the operands.
    pub(super) parse: Parse,
}

/// A function that reads the operands of a command. If the function leaves words unread, the parser
/// reports a fault.
pub(super) type Parse = for<'t> fn(&mut Arguments<'t>) -> Result<Command<'t>, LineFault>;

/// The kind of text that stands after the name of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OperandKind {
    /// Plain words, or a free text.
    Words,
    /// Integers or their names: the command is a typed call.
    Integers,
    /// A complete line: an expression, a statement or a command.
    Line,
}

/// The words that Tab offers after the name of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completion {
    /// No words.
    Nothing,
    /// One of these words, as the only operand.
    Words(&'static [&'static str]),
    /// Names of the worksheet.
    Definitions,
    /// Topics of help.
    Topics,
    /// Settings and their values.
    Settings,
    /// Names of files.
    Files,
}

/// The places where a command works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::repl) enum Scope {
    /// At the prompt and in scripts.
    Everywhere,
    /// At the prompt only. In a script, the command is a fault, and this text is the advice.
    Prompt(&'static str),
    /// At the prompt and in scripts, but only at the prompt if this option is given.
    PromptWithOption(&'static str),
}

impl CommandSpec {
    /// Creates the row of a command that works at the prompt and in scripts. The methods below set
    /// the other fields.
    pub(super) const fn new(
        names: &'static [&'static str],
        summary: &'static str,
        parse: Parse,
    ) -> Self {
        Self {
            names,
            operands: "",
            summary,
            example: None,
            details: "",
            operand_kind: OperandKind::Words,
            completion: Completion::Nothing,
            scope: Scope::Everywhere,
            makes_call: false,
            parse,
        }
    }

    /// Sets the operands, as help writes them.
    pub(super) const fn operands(mut self, operands: &'static str) -> Self {
        self.operands = operands;
        self
    }

    /// Sets an example line, and the output of that line.
    pub(super) const fn example(mut self, line: &'static str, output: &'static str) -> Self {
        self.example = Some((line, output));
        self
    }

    /// Sets further lines of help.
    pub(super) const fn details(mut self, details: &'static str) -> Self {
        self.details = details;
        self
    }

    /// Sets the kind of the operands.
    pub(super) const fn operand_kind(mut self, kind: OperandKind) -> Self {
        self.operand_kind = kind;
        self
    }

    /// Sets the words that Tab offers.
    pub(super) const fn completion(mut self, completion: Completion) -> Self {
        self.completion = completion;
        self
    }

    /// Sets the places where the command works.
    pub(super) const fn scope(mut self, scope: Scope) -> Self {
        self.scope = scope;
        self
    }

    /// Records that the command makes a call that `:explain` can show.
    pub(super) const fn makes_call(mut self) -> Self {
        self.makes_call = true;
        self
    }

    /// Returns the row of the command with this name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        let mut families = FAMILIES.iter();
        families.find_map(|family| {
            let mut commands = family.commands.iter();
            commands.find(|spec| spec.names.contains(&name))
        })
    }

    /// Whether the command is a typed call.
    #[must_use]
    pub fn is_call(&self) -> bool {
        self.operand_kind == OperandKind::Integers
    }

    /// Returns the option that works at the prompt only, if the command has such an option.
    #[must_use]
    pub fn option(&self) -> Option<&'static str> {
        match self.scope {
            Scope::PromptWithOption(option) => Some(option),
            Scope::Everywhere | Scope::Prompt(_) => None,
        }
    }
}

/// Commands that belong together. Help lists them in one row.
#[derive(Debug)]
pub struct Family {
    /// The title of the row in help.
    pub title: &'static str,
    /// The commands, in the order of help.
    pub commands: &'static [CommandSpec],
}

/// All families of commands, in the order of help.
pub static FAMILIES: &[&Family] = &[
    &call::FAMILY,
    &worksheet::FAMILY,
    &inspect::FAMILY,
    &server::FAMILY,
    &chat::FAMILY,
    &session::FAMILY,
];

/// Returns the rows of all commands.
pub fn all() -> impl Iterator<Item = &'static CommandSpec> {
    FAMILIES.iter().flat_map(|family| family.commands)
}

/// Returns all names of all commands.
pub fn names() -> impl Iterator<Item = &'static str> {
    all().flat_map(|spec| spec.names.iter().copied())
}
