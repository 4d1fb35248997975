//! The evaluation of a line, inline or in the pool, and the encoding of its answer.

use std::{
    cell::Cell,
    time::{Duration, Instant},
};

use super::pool::RunningJob;
use crate::{
    engine::{
        self, AngleUnit, Base, ExactValue, Fault, Interruption, Limits, LineReading, Options,
        Remarks, Rendered, Work,
    },
    proto::{
        grpcalc::{
            v1 as proto,
            v1::{Fraction, Reading, ReadingKind, Value, answer, value},
        },
        reserved::COMMANDS,
        response::{ExactRef, ResponseWriter},
    },
    syntax,
};

/// The maximum estimated work, in nanoseconds, of a line that is evaluated outside the pool.
///
/// Outside the pool, a thread also serves other calls. Most lines need only a hundredth of this
/// work.
pub(super) const INLINE: u64 = 100_000;

/// The maximum length of a line that is evaluated outside the pool, in bytes. Reading the longest
/// lines takes a millisecond.
pub(super) const INLINE_LENGTH: usize = 8 * 1024;

/// The maximum time of a line outside the pool, after its first few microseconds. The estimate of a
/// line may be too low.
const INLINE_TIME: Duration = Duration::from_millis(1);

/// The estimated work between two looks at the clock, in nanoseconds, outside the pool.
const INLINE_POLL: u64 = 10_000;

/// The maximum estimated work, in nanoseconds, of the first try to evaluate a line.
///
/// During this try, the other calls of the same connection wait.
pub(super) const FIRST_TRY: u64 = 10_000;

/// The maximum evaluation time of a line, as a multiple of the maximum estimated work.
///
/// The factor is greater than 1, because the estimates assume an idle machine.
const TIME_FACTOR: u32 = 2;

/// The result of the evaluation of a line.
pub(super) type EvaluationResult = Result<engine::Answer, Box<Fault>>;

/// Evaluates a line with at most `small` work, and returns the result and the work done.
///
/// Returns `None` if the line needs more work than `small` but `budget` is greater than `small`.
/// Then the line can be evaluated again with more work. All work is in estimated nanoseconds.
#[inline]
pub(super) fn try_inline(
    small: u64,
    limits: &Limits,
    budget: u64,
    evaluate: impl FnOnce(&mut Work<'_>) -> EvaluationResult,
) -> Option<(EvaluationResult, u64)> {
    let (begun, is_late) = (Cell::new(None), Cell::new(false));
    // Most lines end before the first look at the clock.
    let interrupted = || {
        let now = Instant::now();
        let since = *begun.take().get_or_insert(now);
        begun.set(Some(since));
        is_late.set(now.duration_since(since) > INLINE_TIME);
        is_late.get().then_some(Interruption::OutOfTime)
    };
    let work = Work::new(limits, small.min(budget), &interrupted);
    let mut work = work.polled_every(INLINE_POLL);
    let result = evaluate(&mut work);
    let is_heavy = is_late.get() || work.is_spent() && budget > small;
    (!is_heavy).then(|| (result, work.done()))
}

/// Evaluates a line from the start, with at most `budget` work.
///
/// `budget` is in estimated nanoseconds. A cancellation also stops the evaluation.
pub(super) fn evaluate_in_pool(
    limits: &Limits,
    budget: u64,
    job: &RunningJob,
    evaluate: impl FnOnce(&mut Work<'_>) -> EvaluationResult,
) -> EvaluationResult {
    let limit = Duration::from_nanos(budget).saturating_mul(TIME_FACTOR);
    let interrupted = || job.interrupted(limit);
    evaluate(&mut Work::new(limits, budget, &interrupted))
}

impl From<proto::Options> for Options {
    /// Converts the options of a request. A field that is zero gets the server's default.
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
            in_full: options.digits == 0,
            angle,
            base,
            source: options.with_source,
            reserved: &COMMANDS,
        }
    }
}

/// Returns the message with the answer to a line. `line` is the index of the line in the request.
pub(super) fn answer(line: u32, result: EvaluationResult) -> proto::Answer {
    match result {
        Ok(answer) => {
            let Remarks { reading, source } = answer.remarks.map(|it| *it).unwrap_or_default();
            let value = answer.value.map(|value| Value {
                source: source.unwrap_or_default(),
                ..value.into()
            });
            proto::Answer {
                line,
                name: answer.name.unwrap_or_default().into(),
                result: value.map(answer::Result::Value),
                reading: reading.map(Into::into),
            }
        }
        Err(fault) => proto::Answer {
            line,
            name: String::new(),
            result: Some(answer::Result::Fault((*fault).into())),
            reading: None,
        },
    }
}

/// Appends the answer to a line to `response`.
///
/// Common answers are encoded directly, without the message that [`answer()`] returns.
#[inline]
pub(super) fn write(response: &mut ResponseWriter, line: u32, result: EvaluationResult) {
    let (name, rendered) = match &result {
        Ok(engine::Answer {
            name,
            value: Some(rendered),
            remarks: None,
        }) => (name.as_deref().unwrap_or_default(), rendered),
        _ => return response.push(&answer(line, result)),
    };
    let (mut numerator, mut denominator) = (itoa::Buffer::new(), itoa::Buffer::new());
    let (typed, unit) = match &rendered.typed {
        Some(ExactValue::Quantity(quantity)) => (&quantity.number, &*quantity.unit),
        typed => (typed, ""),
    };
    let exact = match typed {
        None => ExactRef::None,
        Some(ExactValue::Integer(n)) => ExactRef::Integer(*n),
        Some(ExactValue::Ratio(n, d)) => {
            ExactRef::Fraction(numerator.format(*n), denominator.format(*d))
        }
        Some(ExactValue::Truth(truth)) => ExactRef::Truth(*truth),
        Some(ExactValue::Fraction(_) | ExactValue::Quantity(_)) => {
            return response.push(&answer(line, result));
        }
    };
    response.push_value(line, name, &rendered.text, rendered.rounded, exact, unit);
}

impl From<LineReading> for Reading {
    fn from(reading: LineReading) -> Self {
        Self {
            text: reading.text,
            kinds: reading
                .kinds
                .iter()
                .map(|kind| kind_of(kind).into())
                .collect(),
        }
    }
}

/// Converts the kind of a reading to its value in the contract.
fn kind_of(kind: syntax::Reading) -> ReadingKind {
    use syntax::Reading;
    match kind {
        Reading::Percent => ReadingKind::Percent,
        Reading::Remainder => ReadingKind::Remainder,
        Reading::Product => ReadingKind::Product,
        Reading::Call => ReadingKind::Call,
        Reading::DigitGroup => ReadingKind::DigitGroup,
        Reading::Recurring => ReadingKind::Recurring,
        Reading::MixedNumber => ReadingKind::MixedNumber,
        Reading::Multifactorial => ReadingKind::Multifactorial,
        Reading::EqualsSign => ReadingKind::EqualsSign,
        Reading::LastAnswer => ReadingKind::LastAnswer,
        Reading::Bars => ReadingKind::Bars,
        Reading::BaseNumber => ReadingKind::BaseNumber,
        Reading::Chain => ReadingKind::Chain,
        Reading::Bits => ReadingKind::Bits,
        Reading::FloorDivision => ReadingKind::FloorDivision,
        Reading::NumberWord => ReadingKind::NumberWord,
        Reading::Columns => ReadingKind::Columns,
        Reading::Power => ReadingKind::Power,
        Reading::Statistics => ReadingKind::Statistics,
        Reading::Logarithm => ReadingKind::Logarithm,
        Reading::Variable => ReadingKind::Variable,
    }
}

impl From<Rendered> for Value {
    fn from(
        Rendered {
            text,
            rounded,
            typed,
        }: Rendered,
    ) -> Self {
        let (typed, unit) = match typed {
            Some(ExactValue::Quantity(quantity)) => (quantity.number, quantity.unit.into()),
            typed => (typed, String::new()),
        };
        Self {
            text: text.into(),
            rounded,
            exact: typed.and_then(exact_field),
            source: String::new(),
            unit,
        }
    }
}

/// Converts a typed value to the field `exact`.
fn exact_field(typed: ExactValue) -> Option<value::Exact> {
    Some(match typed {
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
        ExactValue::Quantity(_) => return None,
    })
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
