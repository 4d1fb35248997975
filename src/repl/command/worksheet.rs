//! The commands for the worksheet: its definitions, answers and files.

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
            summary: "lists the variables and functions of the worksheet",
            makes_call: true,
            parse: |arguments| arguments.none(Command::Names),
            ..CommandSpec::BLANK
        },
        CommandSpec {
            names: &[":ans"],
            operands: "[N]",
            summary: "lists the answers, or makes answer number N the value of ans again",
            details: "An exact answer is restored as it was. A rounded answer is computed again if its line uses no\nnames of the worksheet; if not, only its digits are shown, and ans is unchanged.",
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
            details: "The lines of the file restore the variables, the functions and the last answer. Use it with\n':load', with 'grpcalc -f', or as init.calc. Only a file written by ':save' is replaced.",
            completion: Completion::Files,
            scope: ON_PROMPT,
            parse: |arguments| file(arguments).map(Command::Save),
            ..CommandSpec::BLANK
        },
        CommandSpec {
            names: &[":load"],
            operands: "FILE",
            summary: "answers the lines of a file",
            details: "Each line is run as if it were typed. Use 'grpcalc -f FILE' for long files.",
            completion: Completion::Files,
            scope: ON_PROMPT,
            parse: |arguments| file(arguments).map(Command::Load),
            ..CommandSpec::BLANK
        },
    ],
};

const ON_PROMPT: Scope = Scope::Prompt("remove it");

fn answer<'t>(arguments: &mut Arguments<'t>) -> Result<Command<'t>, LineFault> {
    let number = arguments.at_most_one("at most one number")?;
    number
        .map(|word| answer_number(&word))
        .transpose()
        .map(Command::Answers)
}

fn answer_number(word: &Word<'_>) -> Result<usize, LineFault> {
    let number = word.text.parse().ok().filter(|n| *n > 0);
    number.ok_or_else(|| {
        let message = format!("{} is not the number of an answer", quoted(word.text));
        word.fault(message, "':ans' lists the answers")
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
