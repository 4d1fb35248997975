//! Names as operands of typed calls.

use super::{calls::LineResult, outcome::Outcome};
use crate::repl::command::{
    Word,
    fault::{LineFault, SYNTAX},
};
use crate::{client::Reply, text::printable::quoted};

/// Returns the integer that a name stands for, from the worksheet's answer to the name.
pub(in crate::repl) fn of_row(word: &Word<'_>, row: LineResult) -> Result<i32, Outcome> {
    match row {
        Ok(answer) => {
            let text = answer.text.unwrap_or_default();
            match text.parse() {
                Ok(n) if !answer.rounded => Ok(n),
                _ => Err(Outcome::Unsendable(no_integer(word, &text))),
            }
        }
        Err(mut fault) => {
            fault.place = Some(word.span.clone());
            if fault.help.is_empty() {
                fault.help = word.no_operand("").help;
            }
            Err(Outcome::Fault(*fault))
        }
    }
}

/// Returns the integer of a reply.
pub(in crate::repl) fn of_reply(word: &Word<'_>, reply: &Reply) -> Result<i32, Outcome> {
    let exact = reply.exact();
    let integer = exact.and_then(|exact| exact.parse().ok());
    integer.ok_or_else(|| Outcome::Unsendable(no_integer(word, &reply.to_string())))
}

/// Returns the outcome for a name where the server has typed calls only.
pub(in crate::repl) fn unknown(word: &Word<'_>) -> Outcome {
    Outcome::Unsendable(word.no_operand("is not an integer"))
}

fn no_integer(word: &Word<'_>, text: &str) -> LineFault {
    let integer = text.strip_prefix('-').unwrap_or(text);
    let integer = integer.bytes().all(|b| b.is_ascii_digit());
    let wrong = if integer {
        "which does not fit int32"
    } else {
        "not an integer"
    };
    word.no_operand(&format!("is {}, {wrong}", quoted(text).trim_matches('\'')))
}

/// Returns the fault of a line that uses the last answer where that is no number.
pub(in crate::repl) fn no_number(reply: &Reply, line: &str) -> LineFault {
    LineFault {
        reason: SYNTAX,
        message: format!("the last answer is {reply}, which is not a number"),
        span: 0..line.chars().count(),
        help: "leave it out".into(),
    }
}
