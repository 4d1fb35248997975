//! One line's way through the engine: a try beside other callers, then the pool.

use std::time::{Duration, Instant};

use super::pool::Caller;
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

/// Nanoseconds of estimated work that a line may take on a thread that serves others
/// too. Most lines take a hundredth of it.
pub(in crate::server) const INLINE: u64 = 100_000;

/// Those that a line may take while others of the same connection wait to be looked at.
pub(in crate::server) const AT_ONCE: u64 = 10_000;

/// How much longer by the clock than by the estimate a line may take. Estimates are for
/// a machine that does nothing else.
const PATIENCE: u32 = 2;

/// What a line comes to.
pub(in crate::server) type Outcome = Result<engine::Answer, Box<Fault>>;

/// Evaluates with a `small` budget: none where that was not enough, but more is allowed;
/// else also the work that it took, in nanoseconds.
#[inline]
pub(in crate::server) fn light(
    small: u64,
    limits: &Limits,
    budget: u64,
    evaluate: impl FnOnce(&mut Work<'_>) -> Outcome,
) -> Option<(Outcome, u64)> {
    let mut work = Work::new(limits, small.min(budget), &|| None);
    let outcome = evaluate(&mut work);
    let heavy = work.is_spent() && budget > small;
    (!heavy).then(|| (outcome, work.done()))
}

/// Evaluates from the start with the whole budget, as long as the caller waits.
pub(in crate::server) fn full(
    limits: &Limits,
    budget: u64,
    caller: &Caller,
    evaluate: impl FnOnce(&mut Work<'_>) -> Outcome,
) -> Outcome {
    let end = Instant::now() + PATIENCE * Duration::from_nanos(budget);
    let interrupted = || match () {
        () if caller.is_gone() => Some(Interruption::Cancelled),
        () if Instant::now() > end => Some(Interruption::OutOfTime),
        () => None,
    };
    evaluate(&mut Work::new(limits, budget, &interrupted))
}

impl From<proto::Options> for Options {
    /// Zero means the server's default.
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

/// The message that tells what the line with the index `line` came to.
pub(in crate::server) fn answer(line: u32, outcome: Outcome) -> proto::Answer {
    match outcome {
        Ok(answer) => proto::Answer {
            line,
            name: answer.name.unwrap_or_default().into(),
            result: answer
                .value
                .map(|shown| answer::Result::Value(shown.into())),
        },
        Err(fault) => proto::Answer {
            line,
            name: String::new(),
            result: Some(answer::Result::Fault((*fault).into())),
        },
    }
}

/// Adds that message to a response. What most lines come to is written without it.
#[inline]
pub(in crate::server) fn write(response: &mut ResponseWriter, line: u32, outcome: Outcome) {
    let (name, shown) = match &outcome {
        Ok(engine::Answer {
            name,
            value: Some(shown),
        }) => (name.as_deref().unwrap_or_default(), shown),
        _ => return response.push(&answer(line, outcome)),
    };
    let (mut above, mut below) = (itoa::Buffer::new(), itoa::Buffer::new());
    let exact = match &shown.typed {
        None => ExactRef::None,
        Some(ExactValue::Integer(n)) => ExactRef::Integer(*n),
        Some(ExactValue::Ratio(n, d)) => ExactRef::Fraction(above.format(*n), below.format(*d)),
        Some(ExactValue::Truth(truth)) => ExactRef::Truth(*truth),
        Some(ExactValue::Fraction(_)) => return response.push(&answer(line, outcome)),
    };
    response.push_value(line, name, &shown.text, shown.rounded, exact);
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
        let place = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self {
            reason: fault.reason.as_str().into(),
            message: fault.message,
            span: fault.span.map(|span| proto::Span {
                start: place(span.start),
                end: place(span.end),
            }),
            help: fault.help,
        }
    }
}
