//! The evaluation of a line, inline or in the pool, and its answer as a message.

use std::time::{Duration, Instant};

use super::pool::Cancellation;
use crate::{
    engine::{
        self, AngleUnit, Base, ExactValue, Fault, Interruption, Limits, Options, Rendered, Work,
    },
    proto::{
        grpcalc::{
            v1 as proto,
            v1::{Fraction, Value, answer, value},
        },
        reserved::COMMANDS,
        response::{ExactRef, ResponseWriter},
    },
};

/// Estimated work, in nanoseconds, that a line may take on a thread that serves other calls.
///
/// Most lines take a hundredth of it.
pub(super) const INLINE: u64 = 100_000;

/// Estimated work, in nanoseconds, of the first try, while other calls of the same connection
/// wait to be polled.
pub(super) const FIRST_TRY: u64 = 10_000;

/// The factor from estimated work to the allowed time. Estimates assume an idle machine.
const TIME_FACTOR: u32 = 2;

/// The result of a line.
pub(super) type EvaluationResult = Result<engine::Answer, Box<Fault>>;

/// Evaluates with a `small` budget, and returns the result and the work in nanoseconds.
///
/// Returns `None` if the line needs more and `budget` allows it.
#[inline]
pub(super) fn try_inline(
    small: u64,
    limits: &Limits,
    budget: u64,
    evaluate: impl FnOnce(&mut Work<'_>) -> EvaluationResult,
) -> Option<(EvaluationResult, u64)> {
    let mut work = Work::new(limits, small.min(budget), &|| None);
    let result = evaluate(&mut work);
    let is_heavy = work.is_spent() && budget > small;
    (!is_heavy).then(|| (result, work.done()))
}

/// Evaluates from the start with the whole `budget`, until it is cancelled.
pub(super) fn evaluate_in_pool(
    limits: &Limits,
    budget: u64,
    cancellation: &Cancellation,
    evaluate: impl FnOnce(&mut Work<'_>) -> EvaluationResult,
) -> EvaluationResult {
    let end = Instant::now() + TIME_FACTOR * Duration::from_nanos(budget);
    let interrupted = || match () {
        () if cancellation.is_cancelled() => Some(Interruption::Cancelled),
        () if Instant::now() > end => Some(Interruption::OutOfTime),
        () => None,
    };
    evaluate(&mut Work::new(limits, budget, &interrupted))
}

impl From<proto::Options> for Options {
    /// Converts the options; zero means the server's default.
    fn from(options: proto::Options) -> Self {
        let angle = match options.angle_unit() {
            proto::AngleUnit::Degree => AngleUnit::Degree,
            proto::AngleUnit::Unspecified | proto::AngleUnit::Radian => AngleUnit::Radian,
        };
        let digits = match options.digits {
            0 => engine::DIGITS,
            digits => digits,
        };
        let base = match options.number_base() {
            proto::NumberBase::Binary => Base::Binary,
            proto::NumberBase::Octal => Base::Octal,
            proto::NumberBase::Hexadecimal => Base::Hexadecimal,
            proto::NumberBase::Unspecified | proto::NumberBase::Decimal => Base::Decimal,
        };
        Self {
            digits,
            angle,
            base,
            reserved: &COMMANDS,
        }
    }
}

/// Returns the answer message of the line with the index `line`.
pub(super) fn answer(line: u32, result: EvaluationResult) -> proto::Answer {
    match result {
        Ok(answer) => proto::Answer {
            line,
            name: answer.name.unwrap_or_default().into(),
            result: answer
                .value
                .map(|value| answer::Result::Value(value.into())),
        },
        Err(fault) => proto::Answer {
            line,
            name: String::new(),
            result: Some(answer::Result::Fault((*fault).into())),
        },
    }
}

/// Appends the answer of a line to a response.
///
/// Common answers are encoded without the message of [`answer()`].
#[inline]
pub(super) fn write(response: &mut ResponseWriter, line: u32, result: EvaluationResult) {
    let (name, rendered) = match &result {
        Ok(engine::Answer {
            name,
            value: Some(rendered),
        }) => (name.as_deref().unwrap_or_default(), rendered),
        _ => return response.push(&answer(line, result)),
    };
    let (mut numerator, mut denominator) = (itoa::Buffer::new(), itoa::Buffer::new());
    let exact = match &rendered.typed {
        None => ExactRef::None,
        Some(ExactValue::Integer(n)) => ExactRef::Integer(*n),
        Some(ExactValue::Ratio(n, d)) => {
            ExactRef::Fraction(numerator.format(*n), denominator.format(*d))
        }
        Some(ExactValue::Truth(truth)) => ExactRef::Truth(*truth),
        Some(ExactValue::Fraction(_)) => return response.push(&answer(line, result)),
    };
    response.push_value(line, name, &rendered.text, rendered.rounded, exact);
}

impl From<Rendered> for Value {
    fn from(
        Rendered {
            text,
            rounded,
            typed,
        }: Rendered,
    ) -> Self {
        let exact = typed.map(|typed| match typed {
            ExactValue::Integer(n) => value::Exact::Integer(n),
            ExactValue::Truth(truth) => value::Exact::Truth(truth),
            ExactValue::Ratio(n, d) => value::Exact::Fraction(Fraction {
                numerator: n.to_string(),
                denominator: d.to_string(),
            }),
            ExactValue::Fraction(parts) => value::Exact::Fraction(Fraction {
                numerator: parts.0.to_string(),
                denominator: parts.1.to_string(),
            }),
        });
        Self {
            text: text.into(),
            rounded,
            exact,
        }
    }
}

impl From<Fault> for proto::Fault {
    fn from(fault: Fault) -> Self {
        // Lines are far shorter than 4 GiB.
        let position = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self {
            reason: fault.reason.as_str().into(),
            message: fault.message,
            span: fault.span.map(|span| proto::Span {
                start: position(span.start),
                end: position(span.end),
            }),
            help: fault.help,
        }
    }
}
