//! The table of commands.
//!
//! It feeds the parser, the completion and the help, so that none of them can drift from
//! the others.

use crate::client::Method;

/// A command as its user sees it.
#[derive(Debug, PartialEq)]
pub struct CommandSpec {
    /// What it is called; the first is the name that messages use.
    pub names: &'static [&'static str],
    /// What goes behind the name.
    pub operands: &'static str,
    /// What it does, in a line.
    pub summary: &'static str,
    /// A line to try, and what it prints.
    pub example: Option<(&'static str, &'static str)>,
    /// What else there is to know, in lines of text, or empty.
    pub details: &'static str,
    pub(in crate::repl) kind: Kind,
}

impl CommandSpec {
    /// The entry of a name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        TABLE.iter().find(|entry| entry.names.contains(&name))
    }

    /// Whether it is a call, with numbers behind its name.
    #[must_use]
    pub fn is_call(&self) -> bool {
        matches!(self.kind, Kind::Verb(_))
    }
}

/// What it is to the parser.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(in crate::repl) enum Kind {
    Verb(Method),
    Names,
    Clear,
    Services,
    Describe,
    Health,
    Chat,
    Say,
    Share,
    Take,
    Set,
    Answers,
    Save,
    Load,
    Explain,
    Trace,
    Help,
    Quit,
}

/// Every command.
pub const TABLE: [CommandSpec; 21] = [
    CommandSpec {
        names: &["add"],
        operands: "A B",
        summary: "A + B, by calc.Calculator/Add",
        example: Some(("add 20 10", "30")),
        details: "",
        kind: Kind::Verb(Method::Add),
    },
    CommandSpec {
        names: &["subtract", "substract", "sub"],
        operands: "A B",
        summary: "A - B, by calc.Calculator/Substract",
        example: Some(("subtract 20 10", "10")),
        details: "",
        kind: Kind::Verb(Method::Subtract),
    },
    CommandSpec {
        names: &["multiply", "mul"],
        operands: "A B",
        summary: "A * B, by calc.Calculator/Multiply",
        example: Some(("multiply 20 10", "200")),
        details: "",
        kind: Kind::Verb(Method::Multiply),
    },
    CommandSpec {
        names: &["divide", "div"],
        operands: "A B",
        summary: "A / B as a 32-bit float, by calc.Calculator/Divide",
        example: Some(("divide 20 10", "2.0")),
        details: "",
        kind: Kind::Verb(Method::Divide),
    },
    CommandSpec {
        names: &[":vars"],
        operands: "",
        summary: "every variable and function of the worksheet",
        example: None,
        details: "",
        kind: Kind::Names,
    },
    CommandSpec {
        names: &[":clear"],
        operands: "",
        summary: "a new worksheet: forgets variables, functions and the last answer",
        example: None,
        details: "",
        kind: Kind::Clear,
    },
    CommandSpec {
        names: &[":services"],
        operands: "",
        summary: "the services of the server, by reflection",
        example: None,
        details: "",
        kind: Kind::Services,
    },
    CommandSpec {
        names: &[":describe"],
        operands: "NAME",
        summary: "a service, method or message of the server, by reflection",
        example: None,
        details: "",
        kind: Kind::Describe,
    },
    CommandSpec {
        names: &[":health"],
        operands: "[SERVICE]",
        summary: "whether the server serves, or one of its services",
        example: None,
        details: "",
        kind: Kind::Health,
    },
    CommandSpec {
        names: &[":chat"],
        operands: "[off]",
        summary: "joins the chat of the server, or leaves it: what others say is shown",
        example: None,
        details: "",
        kind: Kind::Chat,
    },
    CommandSpec {
        names: &[":say"],
        operands: "TEXT",
        summary: "says something in the chat",
        example: None,
        details: "",
        kind: Kind::Say,
    },
    CommandSpec {
        names: &[":share"],
        operands: "",
        summary: "says in the chat what the last line came to",
        example: None,
        details: "",
        kind: Kind::Share,
    },
    CommandSpec {
        names: &[":take"],
        operands: "",
        summary: "the last answer that was shared in the chat becomes ans",
        example: None,
        details: "",
        kind: Kind::Take,
    },
    CommandSpec {
        names: &[":explain"],
        operands: "LINE",
        summary: "answers the line, and shows the call: messages, bytes, headers, status",
        example: None,
        details: "The line may be an expression, a typed call, or a command that asks the server. What is\nshown was recorded on the connection while the call was made; what cannot be seen from\nhere is said to be so. The seven steps are those of docs/how-a-call-travels.md. From a\nshell: grpcalc --explain add 20 10",
        kind: Kind::Explain,
    },
    CommandSpec {
        names: &[":trace"],
        operands: "on|off",
        summary: "a line about each call, after its answer",
        example: None,
        details: "It tells the method, the bytes of the messages, the status and the time.",
        kind: Kind::Trace,
    },
    CommandSpec {
        names: &[":ans"],
        operands: "[N]",
        summary: "the answers so far, or the one with this number again, which becomes ans",
        example: None,
        details: "An exact answer comes back as it was. A rounded one too, where its line needs no names of\nthe worksheet; else as the digits that were shown.",
        kind: Kind::Answers,
    },
    CommandSpec {
        names: &[":set"],
        operands: "[NAME [VALUE]] [--save]",
        summary: "shows the settings, or changes one; --save keeps them for later sessions",
        example: None,
        details: "':set' lists the settings, and 'help NAME' tells of one. The file in which they are kept is\ngrpcalc/config.toml in the directory for configuration (GRPCALC_CONFIG names another\ndirectory). Lines in the file init.calc beside it are run at the start of the prompt.",
        kind: Kind::Set,
    },
    CommandSpec {
        names: &[":save"],
        operands: "FILE",
        summary: "writes what the worksheet knows to a file",
        example: None,
        details: "The lines that make the variables, the functions and the last answer again: for ':load',\nfor 'grpcalc -f', or for init.calc. A file is only replaced if it was saved so.",
        kind: Kind::Save,
    },
    CommandSpec {
        names: &[":load"],
        operands: "FILE",
        summary: "answers the lines of a file",
        example: None,
        details: "As if each were typed. 'grpcalc -f FILE' is for long ones.",
        kind: Kind::Load,
    },
    CommandSpec {
        names: &["help"],
        operands: "[NAME]",
        summary: "everything there is, or one command, function or constant",
        example: None,
        details: "",
        kind: Kind::Help,
    },
    CommandSpec {
        names: &["quit", "exit"],
        operands: "",
        summary: "ends the session",
        example: None,
        details: "",
        kind: Kind::Quit,
    },
];

/// Every name of every command.
pub fn names() -> impl Iterator<Item = &'static str> {
    TABLE.iter().flat_map(|entry| entry.names.iter().copied())
}
