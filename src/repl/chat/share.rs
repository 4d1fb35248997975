//! Shares answers in the chat, as notes `LINE = NUMBER`, or `LINE ≈ NUMBER` for rounded numbers.

use crate::repl::command::fault::LineFault;
use crate::{
    client::{Answer, Note, Reply, TypedValue},
    engine::BuiltInFunctions,
    proto::note::TEXT,
    syntax::{self, Binary, NodeKind, ParseLimits, Prefix},
};

const EXACT: &str = " = ";
const ROUNDED: &str = " ≈ ";

/// The minimum number of characters that the answer must leave for the line in a note. A longer
/// answer is not shared.
const LEFT: usize = 16;

/// The maximum number of digits of an exponent in a factored number. 7 digits are enough: an exact
/// result has at most a million bits.
const EXPONENT: usize = 7;

/// The reason code of two faults: there is no answer to share, or no shared answer to take.
pub(super) const NO_ANSWER: &str = "NO_ANSWER";

/// A line and its answer.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::repl) struct AnsweredLine {
    pub(in crate::repl) line: String,
    pub(in crate::repl) reply: Reply,
}

/// Returns the text of a note that shares a line and its answer. A long line is cut.
pub(super) fn shared(AnsweredLine { line, reply }: &AnsweredLine) -> Result<String, LineFault> {
    let answer = reply.to_string();
    let sign = if reply.is_rounded() { ROUNDED } else { EXACT };
    let code = line.split('#').next().unwrap_or(line).trim();
    let code = code.replace(char::is_control, " ");
    let length = |text: &str| text.chars().count();
    let room = TEXT.saturating_sub(length(&answer) + length(sign));
    if room < LEFT {
        let length = length(&answer);
        return Err(LineFault {
            reason: NO_ANSWER,
            message: format!(
                "the answer ({length} characters) does not fit into a note ({TEXT} characters)"
            ),
            span: 0..0,
            help: "share the answer with fewer digits, as in 'ans to 50 digits'".into(),
        });
    }
    let code = if length(&code) > room {
        code.chars().take(room - 1).chain(['…']).collect()
    } else {
        code
    };
    Ok(code + sign + &answer)
}

/// Returns the answer that `note` shares, if the note shares an answer.
pub(super) fn answer(note: &Note) -> Option<Answer> {
    let of = |sign| note.text.rsplit_once(sign);
    let (number, rounded) = match (of(EXACT), of(ROUNDED)) {
        (Some((_, exact)), Some((_, rounded))) if exact.len() < rounded.len() => (exact, false),
        (_, Some((_, rounded))) => (rounded, true),
        (Some((_, exact)), None) => (exact, false),
        (None, None) => return None,
    };
    let number = number.trim();
    is_number(number).then(|| Answer {
        text: Some(number.into()),
        rounded,
        exact: typed(number).filter(|_| !rounded),
        ..Answer::default()
    })
}

/// Whether a text from another user is a plain value, in the notation of answers. All other
/// expressions are refused, so no text from another user is evaluated.
fn is_number(text: &str) -> bool {
    let Ok(line) = syntax::parse(text, &ParseLimits::DEFAULT, &BuiltInFunctions) else {
        return false;
    };
    let [statement] = &line.statements[..] else {
        return false;
    };
    if statement.binds.is_some() || line.is_converted(statement) || text.contains('#') {
        return false;
    }
    let is_literal = line.nodes.iter().all(|node| {
        let signed = [NodeKind::Literal, NodeKind::Prefix(Prefix::Minus)];
        signed.contains(&node.kind) || node.kind == NodeKind::Binary(Binary::Divide)
    });
    let is_value = match text.split_once('/') {
        None => true,
        // A fraction has two parts, and the second part is not zero.
        Some((_, below)) => {
            !below.contains('/') && below.contains(|c: char| c != '0' && c.is_ascii_hexdigit())
        }
    };
    matches!(text, "true" | "false") || is_literal && is_value || is_factored(text)
}

/// Returns the typed value of a shared text, or `None` if the text is not an integer, fraction or
/// truth value in plain notation.
fn typed(text: &str) -> Option<TypedValue> {
    if let Ok(truth) = text.parse() {
        return Some(TypedValue::Truth(truth));
    }
    let is_integer = |text: &str| is_natural(text.strip_prefix('-').unwrap_or(text));
    match text.split_once('/') {
        Some((numerator, denominator)) => {
            (is_integer(numerator) && is_natural(denominator)).then(|| TypedValue::Fraction {
                numerator: numerator.into(),
                denominator: denominator.into(),
            })
        }
        None if is_integer(text) => {
            let small = text.parse().map(TypedValue::Integer);
            Some(small.unwrap_or_else(|_| TypedValue::of_text(text)))
        }
        None => None,
    }
}

/// Whether a text consists of decimal digits.
fn is_natural(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit())
}

/// Whether a text is a factored number: a product of powers, as in `2^3 * 5`.
fn is_factored(text: &str) -> bool {
    let text = text.strip_prefix('-').unwrap_or(text);
    text.split(" * ").all(|factor| {
        let (base, exponent) = factor.split_once('^').unwrap_or((factor, "1"));
        is_natural(base) && is_natural(exponent) && exponent.len() <= EXPONENT
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn answered(line: &str, text: &str, rounded: bool) -> AnsweredLine {
        let reply = Reply::Answer(Answer {
            text: Some(text.into()),
            rounded,
            ..Answer::default()
        });
        AnsweredLine {
            line: line.into(),
            reply,
        }
    }

    fn note(text: &str) -> Note {
        Note {
            name: "ada".into(),
            text: text.into(),
        }
    }

    #[test]
    fn a_shared_answer_can_be_taken() {
        for (line, text, rounded, said) in [
            ("20 + 10", "30", false, "20 + 10 = 30"),
            ("x = -1/3 # third", "-1/3", false, "x = -1/3 = -1/3"),
            ("sqrt(2)", "1.4142", true, "sqrt(2) ≈ 1.4142"),
            ("1\t+ 1", "1.5e-30", false, "1 + 1 = 1.5e-30"),
            (
                "factor(360)",
                "2^3 * 3^2 * 5",
                false,
                "factor(360) = 2^3 * 3^2 * 5",
            ),
            ("255 to hex", "0xff", false, "255 to hex = 0xff"),
            ("1 < 2", "true", false, "1 < 2 = true"),
        ] {
            let found = shared(&answered(line, text, rounded)).unwrap();
            assert_eq!(found, said);
            let taken = answer(&note(&found)).unwrap();
            assert_eq!(
                (taken.text.as_deref(), taken.rounded),
                (Some(text), rounded)
            );
        }
        let found = shared(&AnsweredLine {
            line: "divide 10 3".into(),
            reply: Reply::Float(10.0 / 3.0),
        });
        assert_eq!(found.unwrap(), "divide 10 3 ≈ 3.3333333");
    }

    #[test]
    fn shared_values_are_typed() {
        let big = "1".repeat(30);
        for (text, value) in [
            ("x = 30", Some(TypedValue::Integer(30))),
            ("x = -30", Some(TypedValue::Integer(-30))),
            (&format!("x = {big}"), Some(TypedValue::BigInteger)),
            ("x = false", Some(TypedValue::Truth(false))),
            (
                "x = -1/3",
                Some(TypedValue::Fraction {
                    numerator: "-1".into(),
                    denominator: "3".into(),
                }),
            ),
            ("x = 1.5", None),
            ("x = 0xff", None),
            ("x = 2^3 * 5", None),
            ("x ≈ 30", None),
        ] {
            assert_eq!(answer(&note(text)).unwrap().exact, value, "{text}");
        }
    }

    #[test]
    fn a_long_line_is_cut_and_a_long_answer_refused() {
        let found = shared(&answered(&"1+".repeat(TEXT), "30", false)).unwrap();
        assert_eq!(found.chars().count(), TEXT);
        assert!(
            found.ends_with("1+…") || found.ends_with("… = 30"),
            "{found}"
        );
        let digits = "1".repeat(TEXT - 18);
        assert!(shared(&answered("x", &digits, true)).is_err());
        assert!(shared(&answered("x", &digits[1..], true)).is_ok());
    }

    #[test]
    fn only_numbers_are_taken() {
        for text in [
            "hello",
            "30",
            "a = b",
            "x = ",
            "x = 1 = quit",
            "x = e",
            "x = ans",
            "x = 1; 2",
            "x = 1 # 2",
            "x = 2 pi",
            "x = sqrt(2)",
            "x = 5!",
            "x = 5 to hex",
            "x = 1\n2",
            "x = 1 + 1",
            "x = 1/0",
            "x = 1/0.0",
            "x = 1/2/3",
            "x = 9^9^9^9",
            "x = 2^-1",
            "x = 9^99999999",
        ] {
            assert_eq!(answer(&note(text)), None, "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn only_numbers_are_taken_from_random_notes(text: String) {
            if let Some(taken) = answer(&note(&text)) {
                prop_assert!(is_number(&taken.text.unwrap()));
            }
        }
    }
}
