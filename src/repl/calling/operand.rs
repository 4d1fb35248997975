//! Names as operands of typed calls.

use super::{calls::LineResult, outcome::Outcome};
use crate::repl::command::{
    Word,
    fault::{LineFault, SYNTAX},
};
use crate::{
    client::{Reply, TypedValue},
    text::printable::quoted,
};

/// Returns the integer that a name stands for, from the worksheet's answer to the name.
pub(in crate::repl) fn of_row(word: &Word<'_>, row: LineResult) -> Result<i32, Outcome> {
    match row {
        Ok(answer) => of_reply(word, &Reply::Answer(answer)),
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
    let integer = reply.integer().and_then(|integer| integer.try_into().ok());
    integer.ok_or_else(|| Outcome::Unsendable(no_int32(word, reply)))
}

/// Returns the outcome for a name where the server has typed calls only.
pub(in crate::repl) fn unknown(word: &Word<'_>) -> Outcome {
    Outcome::Unsendable(word.no_operand("is not an integer"))
}

fn no_int32(word: &Word<'_>, reply: &Reply) -> LineFault {
    // A value that fits int32 is typed, so an untyped one does not fit.
    let wrong = if reply.is_integer() || reply.exact() == Some(&TypedValue::Untyped) {
        "which does not fit int32"
    } else {
        "not an integer"
    };
    let text = quoted(&reply.to_string());
    word.no_operand(&format!("is {}, {wrong}", text.trim_matches('\'')))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Answer;

    /// An answer with this text and value.
    fn answer(text: &str, rounded: bool, exact: Option<TypedValue>) -> Reply {
        Reply::Answer(Answer {
            name: String::new(),
            text: Some(text.into()),
            rounded,
            exact,
        })
    }

    #[test]
    fn operands_are_integers_of_32_bits() {
        let word = Word {
            text: "x",
            span: 4..5,
        };
        let fraction = TypedValue::Fraction {
            numerator: "1".into(),
            denominator: "2".into(),
        };
        for (reply, expected) in [
            (Reply::Integer(-5), Ok(-5)),
            (Reply::Float(5.0), Ok(5)),
            (answer("30", false, Some(TypedValue::Integer(30))), Ok(30)),
            (answer("0x1e", false, Some(TypedValue::Integer(30))), Ok(30)),
            (
                answer("2147483648", false, Some(TypedValue::Integer(1 << 31))),
                Err("'x' is 2147483648, which does not fit int32"),
            ),
            (
                answer(
                    "1237940039285380274899124224",
                    false,
                    Some(TypedValue::BigInteger),
                ),
                Err("'x' is 1237940039285380274899124224, which does not fit int32"),
            ),
            (
                Reply::Float(2_147_483_648.0),
                Err("'x' is 2147483648.0, which does not fit int32"),
            ),
            (Reply::Float(2.5), Err("'x' is 2.5, not an integer")),
            (
                Reply::Float(f32::INFINITY),
                Err("'x' is inf, not an integer"),
            ),
            (Reply::Float(f32::NAN), Err("'x' is NaN, not an integer")),
            (
                answer("0.5", false, Some(fraction)),
                Err("'x' is 0.5, not an integer"),
            ),
            (
                answer("true", false, Some(TypedValue::Truth(true))),
                Err("'x' is true, not an integer"),
            ),
            (
                answer("3.14", true, None),
                Err("'x' is 3.14, not an integer"),
            ),
        ] {
            let found = of_reply(&word, &reply).map_err(|outcome| match outcome {
                Outcome::Unsendable(fault) => fault.message,
                outcome => panic!("{outcome:?}"),
            });
            assert_eq!(found, expected.map_err(str::to_owned), "{reply:?}");
        }
    }
}
