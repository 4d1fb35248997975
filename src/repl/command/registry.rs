//! The type of the rows that define commands, and the list of all rows.
//!
//! The parser, completion and help use the same rows, so they cannot differ. The rows of a family
//! are in the file of the family, with the functions that read the operands.

use super::{
    arguments::Arguments, call, chat, fault::LineFault, inspect, parse::Command, server, session,
    worksheet,
};

/// The row of a command: its names and help, and the function that reads its operands.
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
    /// The words that Tab offers as operands.
    pub completion: Completion,
    /// The places where the command works: the prompt, scripts, or both.
    pub(in crate::repl) scope: Scope,
    /// Whether the command makes a call that `:explain` can show.
    pub(in crate::repl) makes_call: bool,
    /// The function that reads the operands. It has to read all words or report a fault.
    pub(super) parse: for<'t> fn(&mut Arguments<'t>) -> Result<Command<'t>, LineFault>,
}

/// The words that Tab offers after the name of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Completion {
    /// No words.
    Nothing,
    /// These words, as the only operand.
    Words(&'static [&'static str]),
    /// Names of the worksheet: the command is a typed call.
    Definitions,
    /// Topics of help.
    Topics,
    /// Settings and their values.
    Settings,
    /// Names of files.
    Files,
    /// All words that can begin a line, since the operand is a line.
    Line,
}

/// The places where a command works.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::repl) enum Scope {
    /// At the prompt and in scripts.
    Everywhere,
    /// At the prompt only. The text is the advice in the fault that a script gets.
    Prompt(&'static str),
    /// At the prompt and in scripts, but with this option at the prompt only.
    PromptWithOption(&'static str),
}

impl CommandSpec {
    /// The default fields of a row: no operands, no example, works at the prompt and in scripts.
    pub(super) const BLANK: Self = Self {
        names: &[],
        operands: "",
        summary: "",
        example: None,
        details: "",
        completion: Completion::Nothing,
        scope: Scope::Everywhere,
        makes_call: false,
        parse: |_| Ok(Command::Nothing),
    };

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
        self.completion == Completion::Definitions
    }

    /// Returns the option that works at the prompt only, if the command has such an option.
    pub(super) fn option(&self) -> Option<&'static str> {
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
