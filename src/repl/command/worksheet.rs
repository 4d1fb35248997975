//! Commands of the worksheet: its names, its answers, its files.

use super::{
    arguments::{Arguments, Word},
    fault::LineFault,
    parse::Command,
    registry::{CommandSpec, Completion, Family, Scope},
};
use crate::text::printable::quoted;

pub(super) static FAMILY: Family = Family {
    title: "Worksheet",
    commands: &[
        CommandSpec {
            names: &[":vars"],
            summary: "every variable and function of the worksheet",
            makes_call: true,
            parse: |arguments| arguments.none(Command::Names),
            ..CommandSpec::BLANK
        },
        CommandSpec {
            names: &[":ans"],
            operands: "[N]",
            summary: "the answers so far, or the one with this number again, which becomes ans",
            details: "An exact answer comes back as it was, and so does a rounded one whose line uses no names of\nthe worksheet. Other rounded answers come back as the digits that were shown.",
            scope: ON_PROMPT,
            parse: answer,
            ..CommandSpec::BLANK
        },
        CommandSpec {
            names: &[":clear"],
            summary: "opens a new worksheet: forgets variables, functions and the last answer",
            parse: |arguments| arguments.none(Command::Clear),
            ..CommandSpec::BLANK
        },
        CommandSpec {
            names: &[":save"],
            operands: "FILE",
            summary: "writes the definitions and the last answer to a file",
            details: "The file has the lines that restore the variables, the functions and the last answer: for\n':load', for 'grpcalc -f', or for init.calc. Only a file written by ':save' is replaced.",
            completion: Completion::Files,
            scope: ON_PROMPT,
            parse: |arguments| file(arguments).map(Command::Save),
            ..CommandSpec::BLANK
        },
        CommandSpec {
            names: &[":load"],
            operands: "FILE",
            summary: "answers the lines of a file",
            details: "As if each line were typed. 'grpcalc -f FILE' is for long files.",
            completion: Completion::Files,
            scope: ON_PROMPT,
            parse: |arguments| file(arguments).map(Command::Load),
            ..CommandSpec::BLANK
        },
    ],
};

const ON_PROMPT: Scope = Scope::Prompt("leave it out");

fn answer<'t>(arguments: &mut Arguments<'t>) -> Result<Command<'t>, LineFault> {
    let number = arguments.at_most_one("one number at most")?;
    number
        .map(|word| answer_number(&word))
        .transpose()
        .map(Command::Answers)
}

fn answer_number(word: &Word<'_>) -> Result<usize, LineFault> {
    let number = word.text.parse().ok().filter(|n| *n > 0);
    number.ok_or_else(|| {
        let message = format!("{} is not the number of an answer", quoted(word.text));
        word.fault(message, "':ans' lists them")
    })
}

/// Reads the name of a file: the rest of the line.
fn file<'t>(arguments: &mut Arguments<'t>) -> Result<&'t str, LineFault> {
    let rest = arguments.rest();
    if rest.text.is_empty() {
        let name = arguments.name.text;
        let place = Word {
            text: "",
            span: rest.column..rest.column,
        };
        return Err(place.fault(
            format!("{} takes the name of a file", quoted(name)),
            format!("write {name} sheet.calc"),
        ));
    }
    Ok(rest.text)
}
