//! Replaces the names in the operands of typed calls with integers.
//!
//! A typed call is one RPC of `calc.Calculator`, as in `add x 10`.

use std::ops::ControlFlow;

use super::{calls::LineResult, outcome::Outcome};
use crate::repl::command::{
    Operand, Word,
    fault::{LineFault, SYNTAX},
};
use crate::{
    client::{CallError, EvaluateOptions, Reply, TypedValue},
    text::printable::quoted,
};

/// A worksheet in which names are looked up.
pub(in crate::repl) trait Lookup {
    /// The reason to stop before there is an outcome.
    type Stop;

    /// Whether the server supports only typed calls, as far as is known.
    fn is_lowered(&mut self) -> bool;

    /// Notes that the server supports only typed calls.
    fn lower(&mut self);

    /// The options with which the line is evaluated.
    fn options(&self) -> EvaluateOptions;

    /// Returns the last answer if it comes from a typed call or from `:take`. The worksheet may
    /// lack such an answer.
    async fn last_reply(&mut self) -> ControlFlow<Self::Stop, Option<Reply>>;

    /// Evaluates the line `name` without changing the worksheet. Returns `None` if the line has no
    /// answer.
    async fn preview(
        &mut self,
        name: &str,
        options: EvaluateOptions,
    ) -> ControlFlow<Self::Stop, Result<Option<LineResult>, CallError>>;
}

/// Returns the integer values of both operands. If a value is missing, returns the outcome of the
/// line instead.
pub(in crate::repl) async fn integers<L: Lookup>(
    lookup: &mut L,
    operands: [Operand<'_>; 2],
) -> ControlFlow<L::Stop, Result<[i32; 2], Outcome>> {
    let mut integers = [0; 2];
    for (integer, operand) in integers.iter_mut().zip(operands) {
        *integer = match operand {
            Operand::Integer(n) => n,
            Operand::Name(word) => match of_name(lookup, &word).await? {
                Ok(n) => n,
                Err(outcome) => return ControlFlow::Continue(Err(outcome)),
            },
        };
    }
    ControlFlow::Continue(Ok(integers))
}

/// Returns the integer that a name stands for.
async fn of_name<L: Lookup>(
    lookup: &mut L,
    word: &Word<'_>,
) -> ControlFlow<L::Stop, Result<i32, Outcome>> {
    if matches!(word.text, "ans" | "_")
        && let Some(reply) = lookup.last_reply().await?
    {
        return ControlFlow::Continue(of_reply(word, &reply));
    }
    if lookup.is_lowered() {
        return ControlFlow::Continue(Err(unknown(word)));
    }
    let options = lookup.options().decimal();
    ControlFlow::Continue(match lookup.preview(word.text, options).await? {
        Ok(Some(answer)) => of_answer(word, answer),
        Ok(None) => Err(unknown(word)),
        Err(error) if error.is_unimplemented() => {
            lookup.lower();
            Err(unknown(word))
        }
        Err(error) => Err(Outcome::Unanswered(error)),
    })
}

/// Returns the integer value of the name `word`. `answer` is the answer of the worksheet to this
/// name.
fn of_answer(word: &Word<'_>, answer: LineResult) -> Result<i32, Outcome> {
    match answer {
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

/// Returns the integer value of a reply, or a fault at `word` if the reply is not an int32.
fn of_reply(word: &Word<'_>, reply: &Reply) -> Result<i32, Outcome> {
    let integer = reply.integer().and_then(|integer| integer.try_into().ok());
    integer.ok_or_else(|| Outcome::Unsendable(no_int32(word, reply)))
}

/// Returns the outcome for a name that has no value, or that the server cannot look up.
fn unknown(word: &Word<'_>) -> Outcome {
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

/// Returns the fault of `line`, which uses the last answer. This answer, `reply`, is not a number.
pub(in crate::repl) fn no_number(reply: &Reply, line: &str) -> LineFault {
    LineFault {
        reason: SYNTAX,
        message: format!("the last answer is {reply}, which is not a number"),
        span: 0..line.chars().count(),
        help: "write the line without 'ans' and '_'".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Answer;

    /// Returns an answer with this text and value.
    fn answer(text: &str, rounded: bool, exact: Option<TypedValue>) -> Reply {
        Reply::Answer(Answer {
            name: String::new(),
            text: Some(text.into()),
            rounded,
            exact,
            remarks: None,
        })
    }

    /// A lookup that answers every preview with this, and counts the previews.
    struct Fake {
        is_lowered: bool,
        last: Option<Reply>,
        answer: Result<Option<LineResult>, CallError>,
        previews: usize,
    }

    impl Lookup for Fake {
        type Stop = ();

        fn is_lowered(&mut self) -> bool {
            self.is_lowered
        }

        fn lower(&mut self) {
            self.is_lowered = true;
        }

        fn options(&self) -> EvaluateOptions {
            EvaluateOptions::default()
        }

        async fn last_reply(&mut self) -> ControlFlow<(), Option<Reply>> {
            ControlFlow::Continue(self.last.clone())
        }

        async fn preview(
            &mut self,
            _: &str,
            _: EvaluateOptions,
        ) -> ControlFlow<(), Result<Option<LineResult>, CallError>> {
            self.previews += 1;
            ControlFlow::Continue(self.answer.clone())
        }
    }

    #[tokio::test]
    async fn names_are_looked_up_in_the_last_reply_and_then_in_the_worksheet() {
        let name = |text| Operand::Name(Word { text, span: 0..1 });
        let Reply::Answer(thirty) = answer("30", false, Some(TypedValue::Integer(30))) else {
            unreachable!()
        };
        let mut lookup = Fake {
            is_lowered: false,
            last: Some(Reply::Integer(5)),
            answer: Ok(Some(Ok(thirty))),
            previews: 0,
        };
        let found = integers(&mut lookup, [name("ans"), Operand::Integer(1)]).await;
        assert_eq!(
            (found, lookup.previews),
            (ControlFlow::Continue(Ok([5, 1])), 0)
        );
        let found = integers(&mut lookup, [name("x"), name("_")]).await;
        assert_eq!(
            (found, lookup.previews),
            (ControlFlow::Continue(Ok([30, 5])), 1)
        );
        lookup.last = None;
        let found = integers(&mut lookup, [Operand::Integer(1), name("ans")]).await;
        assert_eq!(
            (found, lookup.previews),
            (ControlFlow::Continue(Ok([1, 30])), 2)
        );
    }

    #[tokio::test]
    async fn a_server_without_worksheets_is_asked_for_names_once() {
        let x = || {
            Operand::Name(Word {
                text: "x",
                span: 0..1,
            })
        };
        let mut lookup = Fake {
            is_lowered: false,
            last: None,
            answer: Err(CallError::unimplemented()),
            previews: 0,
        };
        for _ in 0..2 {
            let found = integers(&mut lookup, [x(), x()]).await;
            let ControlFlow::Continue(Err(Outcome::Unsendable(fault))) = found else {
                panic!("{found:?}");
            };
            assert_eq!(fault.message, "'x' is not an integer");
            assert!(lookup.is_lowered);
        }
        assert_eq!(lookup.previews, 1);
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
