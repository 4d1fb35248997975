//! The commands that show the calls of a line.

use super::{
    arguments::{Arguments, Head, Rest, Word},
    fault::{LineFault, SYNTAX},
    parse::{Command, ParsedCommand, parse},
    registry::{CommandSpec, Completion, Family, OperandKind, Scope},
};
use crate::text::printable::quoted;

pub(super) static FAMILY: Family = Family {
    title: "See gRPC",
    commands: &[
        CommandSpec::new(&[":explain"], "answers the line, and shows the call: messages, bytes, headers, status", |arguments| explain(arguments).map(Command::Explain)).operand_kind(OperandKind::Line).operands("LINE").details("The line may be an expression, a typed call, or a command that calls the server. The\nbytes shown were recorded on the connection during the call; steps that the client cannot\nsee are marked. The seven steps are those of docs/how-a-call-travels.md. From a\nshell: grpcalc --explain add 20 10").scope(Scope::Prompt("in a shell, write grpcalc --explain LINE")),
        CommandSpec::new(&[":trace"], "turns the trace on or off: a line about each call, after the answer", |arguments| trace(arguments).map(Command::Trace)).operands("on|off").details("Each line of the trace shows the method, the bytes of the messages, the status and the time.").completion(Completion::Words(&["on", "off"])).scope(Scope::Prompt("remove this line")),
    ],
};

/// A line whose calls are to be shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Explain<'t> {
    /// The command of the line. It makes a call.
    pub command: Box<ParsedCommand<'t>>,
    /// The number of characters before the line. They are `:explain` and white space.
    pub column: usize,
}

/// Reads the line after `:explain`.
fn explain<'t>(arguments: &mut Arguments<'t>) -> Result<Explain<'t>, LineFault> {
    let Rest { text, column } = arguments.rest();
    let command = explainable(text).map_err(|fault| fault.shifted(column))?;
    Ok(Explain {
        command: Box::new(command),
        column,
    })
}

/// Parses a line whose calls can be shown. Fails if the line makes no call.
pub(in crate::repl) fn explainable(line: &str) -> Result<ParsedCommand<'_>, LineFault> {
    let fault = |message: &str, help: &str| LineFault {
        reason: SYNTAX,
        message: message.into(),
        span: 0..line.chars().count(),
        help: help.into(),
    };
    let no_call = || {
        fault(
            "this line makes no call that can be shown",
            "write an expression, or a typed call such as 'add 20 10'",
        )
    };
    // Not parsed, so that the depth of nested lines is bounded.
    let spec = Head::read(line).and_then(|head| head.spec);
    if spec.is_some_and(|spec| spec.operand_kind == OperandKind::Line) {
        return Err(no_call());
    }
    let parsed = parse(line)?;
    match parsed.command {
        Command::Nothing => Err(fault(
            "there is no line to explain",
            "write a line, as in ':explain add 20 10'",
        )),
        _ if parsed.makes_call() => Ok(parsed),
        _ => Err(no_call()),
    }
}

fn trace(arguments: &mut Arguments<'_>) -> Result<bool, LineFault> {
    let name = quoted(arguments.name.text);
    let end = arguments.end();
    let switch = arguments.at_most_one("'on' or 'off'")?;
    match switch.as_ref().map(|word| word.text) {
        Some("on") => Ok(true),
        Some("off") => Ok(false),
        _ => {
            let place = switch.unwrap_or(Word {
                text: "",
                span: end,
            });
            let message = format!("{name} takes 'on' or 'off'");
            Err(place.fault(message, "':explain LINE' shows a single call in full"))
        }
    }
}
