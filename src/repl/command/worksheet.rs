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
        CommandSpec::new(&[":vars"], "every variable and function of the worksheet", |_| Ok(Command::Names)).makes_call(),
        CommandSpec::new(&[":ans"], "the answers so far, or the one with this number again, which becomes ans", answer).operands("[N]").details("An exact answer comes back as it was, and so does a rounded one whose line uses no names of\nthe worksheet. Other rounded answers come back as the digits that were shown.").scope(ON_PROMPT),
        CommandSpec::new(&[":clear"], "opens a new worksheet: forgets variables, functions and the last answer", |_| Ok(Command::Clear)),
        CommandSpec::new(&[":save"], "writes the definitions and the last answer to a file", |arguments| file(arguments).map(Command::Save)).operands("FILE").details("The file has the lines that restore the variables, the functions and the last answer: for\n':load', for 'grpcalc -f', or for init.calc. Only a file written by ':save' is replaced.").completion(Completion::Files).scope(ON_PROMPT),
        CommandSpec::new(&[":load"], "answers the lines of a file", |arguments| file(arguments).map(Command::Load)).operands("FILE").details("As if each line were typed. 'grpcalc -f FILE' is for long files.").completion(Completion::Files).scope(ON_PROMPT),
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
