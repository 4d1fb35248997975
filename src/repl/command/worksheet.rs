//! The commands for the worksheet: its definitions, answers and files.

use super::{
    arguments::{Arguments, Word},
    fault::LineFault,
    help::list_units,
    parse::Command,
    registry::{CommandSpec, Completion, Family, Scope},
};
use crate::text::printable::quoted;

pub(super) static FAMILY: Family = Family {
    title: "Worksheet",
    commands: &[
        CommandSpec::new(&[":vars"], "lists the variables and functions of the worksheet", |_| Ok(Command::Names)).makes_call(),
        CommandSpec::new(&[":ans"], "lists the answers, or sets ans to answer number N again", answer).operands("[N]").details("An exact answer is restored as it was. A rounded answer is recomputed from its line, unless\nthe line uses names of the worksheet: then only the digits are shown, and ans is unchanged.").scope(ON_PROMPT),
        CommandSpec::new(&[":copy"], "copies the last answer to the clipboard of the terminal", |_| Ok(Command::Copy)).details("The terminal must support the escape sequence OSC 52; most terminals do, and tmux with\n'set -g set-clipboard on'.").scope(ON_PROMPT),
        CommandSpec::new(&[":clear"], "opens a new worksheet: forgets variables, functions and the last answer", |_| Ok(Command::Clear)),
        CommandSpec::new(&[":forget"], "removes a variable or a function from the worksheet", forget).operands("NAME").completion(Completion::Definitions).makes_call(),
        CommandSpec::new(&[":units"], "lists the units, or those that measure something", units).operands("[WHAT]").details("For example ':units length', or ':units km' for the units that measure the same as km."),
        CommandSpec::new(&[":save"], "writes the definitions and the last answer to a file", |arguments| file(arguments).map(Command::Save)).operands("FILE").details("The lines of the file restore the variables, the functions and the last answer. Use the file\nwith ':load', with 'grpcalc -f', or as init.calc. Only a file written by ':save' is replaced.").completion(Completion::Files).scope(ON_PROMPT),
        CommandSpec::new(&[":load"], "answers the lines of a file", |arguments| file(arguments).map(Command::Load)).operands("FILE").details("Each line is run as if it were typed. Use 'grpcalc -f FILE' for long files.").completion(Completion::Files).scope(ON_PROMPT),
    ],
};

const ON_PROMPT: Scope = Scope::Prompt("remove this line");

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

fn units<'t>(arguments: &mut Arguments<'t>) -> Result<Command<'t>, LineFault> {
    let what = arguments.rest();
    if let Some(text) = list_units(what.text) {
        Ok(Command::Units(text))
    } else {
        let word = Word {
            text: what.text,
            span: what.column..what.column + what.text.chars().count(),
        };
        let message = format!("no unit measures {}", quoted(what.text));
        Err(word.fault(message, "':units' lists what units measure"))
    }
}

fn forget<'t>(arguments: &mut Arguments<'t>) -> Result<Command<'t>, LineFault> {
    let name = arguments.at_most_one("one name")?;
    let Some(name) = name else {
        return Err(arguments.missing("the name of a variable or a function", "':vars' lists them"));
    };
    Ok(Command::Forget(name.text))
}

/// Reads the name of a file: the rest of the line.
fn file<'t>(arguments: &mut Arguments<'t>) -> Result<&'t str, LineFault> {
    let rest = arguments.rest();
    if rest.text.is_empty() {
        let help = format!("write {} sheet.calc", arguments.name.text);
        return Err(arguments.missing("the name of a file", help));
    }
    Ok(rest.text)
}
