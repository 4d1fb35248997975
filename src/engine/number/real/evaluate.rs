//! Evaluates an operation with the balls of its operands.

use super::{BinaryOperation, Operation, Unary};
use crate::engine::{
    budget::work::{Work, cost},
    fault::Fault,
    number::ball::{Ball, BallError},
};

/// Returns the ball of a continuous function at the edge of its domain, where it is unknown on which
/// side of the edge the operand is. Returns `None` for other operations.
///
/// With the distance `d` of the operand from the edge, `acos(x) <= 3 sqrt(d)` and `acosh(x) <= 2 sqrt(d)`
/// near 1. The other values follow from `asin(x) = pi/2 - acos(x)` and from the symmetry of both.
pub(super) fn at_edge(operation: &Operation, precision: usize) -> Option<Ball> {
    let Operation::Unary(function, x) = operation else {
        return None;
    };
    let x = x.ball();
    if *function == Unary::SquareRoot {
        return x.sign().is_none().then(|| x.square_root_near_zero());
    }
    let near_one = x.may_contain(1);
    let near_minus_one = x.may_contain(-1) && *function != Unary::Acosh;
    if !near_one && !near_minus_one {
        return None;
    }
    let size = if near_one { x } else { x.negated() };
    let distance = size.sub(&Ball::one(), precision).square_root_near_zero();
    let right_angle = Ball::pi(precision).shifted(-1);
    let acos = distance.clone().shifted(2);
    match function {
        Unary::Acosh => Some(distance.shifted(1)),
        Unary::Acos if near_one => Some(acos),
        Unary::Acos => Some(right_angle.shifted(1).sub(&acos, precision)),
        Unary::Asin if near_one => Some(right_angle.sub(&acos, precision)),
        Unary::Asin => Some(acos.sub(&right_angle, precision)),
        _ => None,
    }
}

/// Returns the fault for an operation that needs more precision than the limit.
pub(super) fn undecided(operation: &Operation) -> Box<Fault> {
    Fault::undecided(match operation {
        Operation::Binary(BinaryOperation::Divide, ..) | Operation::Power(..) => {
            "whether the divisor is zero"
        }
        Operation::Binary(BinaryOperation::Power, ..)
        | Operation::Unary(Unary::SquareRoot | Unary::Ln | Unary::Ln1p, _) => {
            "whether the operand is positive"
        }
        Operation::Unary(Unary::Tan, _) => "whether the cosine is zero",
        Operation::Unary(Unary::Gamma, _) => "whether the operand is a pole of gamma",
        _ => "whether the operand is within the domain",
    })
}

/// Evaluates `operation` with the current balls of its operands.
pub(super) fn evaluate_operation(
    operation: &Operation,
    precision: usize,
    work: &mut Work<'_>,
) -> std::result::Result<Ball, BallError> {
    let cost = operation_cost(operation, precision);
    if has_pieces(operation) {
        work.pay(cost)?;
    } else {
        work.pay_at_once(cost, "an operation at this precision")?;
    }
    let limits = work.limits;
    let ball = match operation {
        Operation::Exact(q) => q.to_ball(precision, work)?,
        Operation::Pi => Ball::pi_long(precision, work)?,
        // No other ball can be computed.
        Operation::Frozen => return Err(BallError::Imprecise),
        Operation::Power(x, exponent) => {
            let power = x
                .ball()
                .power(exponent.unsigned_abs(), precision + 4, limits, work)?;
            if *exponent >= 0 {
                power
            } else {
                Ball::one().div_long(&power, precision, work)?
            }
        }
        Operation::Binary(operator, x, y) => {
            binary(*operator, x.ball(), y.ball(), precision, work)?
        }
        Operation::Unary(function, x) => unary(*function, x.ball(), precision, work)?,
    };
    ball.bounded(limits)
}

/// Evaluates an operation with two operands.
fn binary(
    operation: BinaryOperation,
    x: Ball,
    y: Ball,
    precision: usize,
    work: &Work<'_>,
) -> std::result::Result<Ball, BallError> {
    let limits = work.limits;
    match operation {
        BinaryOperation::Add => Ok(x.add(&y, precision)),
        BinaryOperation::Subtract => Ok(x.sub(&y, precision)),
        BinaryOperation::Multiply => x.mul_long(&y, precision, work),
        BinaryOperation::Divide => x.div_long(&y, precision, work),
        BinaryOperation::Maximum => Ok(x.maximum(&y, precision)),
        BinaryOperation::Minimum => {
            let maximum = x.negated().maximum(&y.negated(), precision);
            Ok(maximum.negated())
        }
        BinaryOperation::Power => {
            // The result loses as many bits of precision as y ln x has integer bits. If
            // these are far too many, `exp` fails with the fault of the limit.
            let rough = x.ln(64)?.mul(&y, 64);
            if rough.magnitude() > 64 {
                return rough.exp(64, limits);
            }
            let integer_bits = usize::try_from(rough.magnitude().max(0)).expect("not negative");
            let working = precision + integer_bits + 32;
            x.ln(working)?.mul(&y, working).exp(precision, limits)
        }
    }
}

/// Evaluates a function.
fn unary(
    function: Unary,
    x: Ball,
    precision: usize,
    work: &mut Work<'_>,
) -> std::result::Result<Ball, BallError> {
    let limits = work.limits;
    match function {
        Unary::Negate => Ok(x.negated()),
        Unary::Absolute => Ok(x.absolute()),
        Unary::SquareRoot => x.square_root_long(precision, work),
        Unary::Exp => x.exp(precision, limits),
        Unary::ExpM1 => x.exp_m1(precision, limits),
        Unary::Ln => x.ln(precision),
        Unary::Ln1p => x.ln_1p(precision),
        Unary::Sin => x.sin_cos(precision, limits).map(|(sine, _)| sine),
        Unary::Cos => x.sin_cos(precision, limits).map(|(_, cosine)| cosine),
        Unary::Tan => {
            let (sine, cosine) = x.sin_cos(precision + 4, limits)?;
            sine.div(&cosine, precision)
        }
        Unary::Asin => x.asin(precision),
        Unary::Acos => x.acos(precision),
        Unary::Atan => x.atan(precision),
        Unary::Sinh => x.sinh(precision, limits),
        Unary::Cosh => x.cosh(precision, limits),
        Unary::Tanh => x.tanh(precision, limits),
        Unary::Asinh => x.asinh(precision),
        Unary::Acosh => x.acosh(precision),
        Unary::Atanh => x.atanh(precision),
        Unary::Gamma => x.gamma(precision, work),
    }
}

/// Whether the operation is computed in pieces that can be interrupted.
fn has_pieces(operation: &Operation) -> bool {
    match operation {
        Operation::Exact(_)
        | Operation::Pi
        | Operation::Power(..)
        | Operation::Unary(Unary::SquareRoot, _) => true,
        Operation::Binary(operator, ..) => *operator != BinaryOperation::Power,
        _ => false,
    }
}

/// Estimates the cost of an operation in nanoseconds.
fn operation_cost(operation: &Operation, precision: usize) -> u64 {
    let product = cost::multiply(precision, precision);
    let quotient = cost::divide(precision);
    // The series of exp, and of sin and cos, have about as many terms as the square root of the
    // precision, and about as many squarings or doublings.
    let series = |functions: u64| functions * (1 + precision.isqrt() as u64) * (product + 60);
    match operation {
        Operation::Exact(q) => {
            let (_, denominator) = q.bits();
            50 + 2 * cost::multiply(precision, denominator.min(precision))
        }
        Operation::Frozen => 50,
        // All decisions share one value. A longer one is a sum by binary splitting.
        Operation::Pi if precision <= 1 << 16 => 50 + product,
        Operation::Pi => 2 * u64::from(precision.ilog2()) * product,
        Operation::Power(_, exponent) => {
            2 * u64::from(u64::BITS - exponent.unsigned_abs().leading_zeros()) * (product + 60)
        }
        Operation::Binary(BinaryOperation::Power, ..) => series(6),
        Operation::Binary(BinaryOperation::Divide, ..) => 100 + quotient,
        Operation::Binary(BinaryOperation::Multiply, ..) => 100 + product,
        Operation::Binary(..) => 150 + cost::linear(precision),
        Operation::Unary(function, _) => match function {
            Unary::Negate | Unary::Absolute => 50,
            Unary::SquareRoot => 100 + quotient,
            Unary::Exp | Unary::ExpM1 => series(2),
            // `Ball::gamma` pays for its other work step by step.
            Unary::Gamma => series(1),
            Unary::Asin | Unary::Acos | Unary::Atan | Unary::Tan | Unary::Ln | Unary::Ln1p => {
                series(4)
            }
            _ => series(3),
        },
    }
}
