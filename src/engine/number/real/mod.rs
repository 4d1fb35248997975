//! Real numbers. A real is an expression that can be evaluated to any precision, and the best ball
//! so far. If the ball is too wide for a decision, the expression is evaluated again with more
//! precision.
//!
//! The method is from H.-J. Boehm, "Small-data computing: correct calculator arithmetic" (2017).

mod decision;

use std::{
    collections::HashSet,
    fmt,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use super::{
    ball::{Ball, BallError},
    basis::Form,
    exact::Exact,
};
use crate::engine::{
    budget::{
        memory::MemoryCharge,
        work::{Work, cost},
    },
    fault::{Fault, Result},
};

/// The precision of the first evaluation of each real, in bits.
const INITIAL_PRECISION: usize = 96;

/// A real number. Clones share the expression.
#[derive(Clone)]
pub(in crate::engine) struct Real(Arc<Expression>);

/// An operation on other expressions, and the most precise result so far.
struct Expression {
    operation: Operation,
    /// The depth of the expression tree, in operations.
    depth: u32,
    /// The size of the expression tree, in operations. An operand that occurs twice counts twice.
    size: u32,
    value: Mutex<Approximation>,
    /// The symbolic form, if it has been looked for. `None` inside if there is none.
    form: OnceLock<Option<Arc<Form>>>,
    /// The charge for the heap memory of the expression, without the memory of the operands.
    memory: MemoryCharge,
}

/// The result of an evaluation.
#[derive(Clone)]
struct Approximation {
    /// The precision of the evaluation, in bits.
    precision: usize,
    ball: Ball,
}

impl Expression {
    /// Creates an expression and charges its memory. Fails if the memory limit is exceeded.
    fn new(
        operation: Operation,
        (depth, size): (u32, u32),
        value: Approximation,
        work: &mut Work<'_>,
    ) -> Result<Self> {
        let memory = Arc::clone(work.memory.get_or_insert_default());
        let heap_bytes = size_of::<Self>() + operation.heap_bytes() + value.ball.heap_bytes();
        let expression = Self {
            operation,
            depth,
            size,
            value: Mutex::new(value),
            form: OnceLock::new(),
            memory: MemoryCharge::new(memory, heap_bytes),
        };
        check_memory(work)?;
        Ok(expression)
    }
}

/// Fails if the reals take more memory than the limit.
fn check_memory(work: &Work<'_>) -> Result<()> {
    match &work.memory {
        Some(memory) => memory.reserve(0, 0, work.limits),
        None => Ok(()),
    }
}

/// An operation that defines a real.
#[derive(Clone)]
pub(in crate::engine) enum Operation {
    /// An exact number.
    Exact(Exact),
    /// The number pi.
    Pi,
    /// A fixed ball. It cannot be evaluated again, because the operation was dropped.
    Frozen,
    Unary(Unary, Real),
    Binary(BinaryOperation, Real, Real),
    /// A power with an integer exponent.
    Power(Real, i64),
}

/// The identity of an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct RealId(*const ());

/// Operations with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Unary {
    Negate,
    Absolute,
    SquareRoot,
    Exp,
    /// `e^x - 1`
    ExpM1,
    Ln,
    /// `ln(1 + x)`
    Ln1p,
    Sin,
    Cos,
    Tan,
    Asin,
    Acos,
    Atan,
    Sinh,
    Cosh,
    Tanh,
    Asinh,
    Acosh,
    Atanh,
    Gamma,
}

impl Unary {
    /// Whether `f(-x) = -f(x)`, or `None` unless this or `f(-x) = f(x)` holds for all `x`.
    pub(super) fn is_odd(self) -> Option<bool> {
        match self {
            Self::Sin
            | Self::Tan
            | Self::Asin
            | Self::Atan
            | Self::Sinh
            | Self::Tanh
            | Self::Asinh
            | Self::Atanh => Some(true),
            Self::Cos | Self::Cosh | Self::Absolute => Some(false),
            _ => None,
        }
    }
}

/// Operations with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum BinaryOperation {
    Add,
    Subtract,
    Multiply,
    Divide,
    /// A power with a positive base: `e^(y ln x)`.
    Power,
    /// The greater operand. It is not decided which operand that is.
    Maximum,
    /// The smaller operand. It is not decided which operand that is.
    Minimum,
}

impl fmt::Debug for Real {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Real({} operations)", self.0.size)
    }
}

impl Operation {
    /// Returns the heap memory of the operation, in bytes, without the memory of the operands.
    fn heap_bytes(&self) -> usize {
        match self {
            Self::Exact(q) => q.heap_bytes(),
            _ => 0,
        }
    }

    pub(super) fn operands(&self) -> impl Iterator<Item = &Real> {
        let (first, second) = match self {
            Self::Exact(_) | Self::Pi | Self::Frozen => (None, None),
            Self::Unary(_, x) | Self::Power(x, _) => (Some(x), None),
            Self::Binary(_, x, y) => (Some(x), Some(y)),
        };
        first.into_iter().chain(second)
    }
}

impl Real {
    /// Creates the real that `operation` defines, and evaluates it for the first time.
    ///
    /// Fails if the operation is undefined for the operands. Also fails if it cannot be decided
    /// whether the operation is defined.
    pub(in crate::engine) fn new(operation: Operation, work: &mut Work<'_>) -> Result<Self> {
        let operands = || operation.operands().map(|operand| &operand.0);
        let depth = operands().map(|operand| operand.depth).max().unwrap_or(0) + 1;
        let size = operands().fold(1u32, |sum, operand| sum.saturating_add(operand.size));
        let mut precision = INITIAL_PRECISION;
        let ball = loop {
            match evaluate_operation(&operation, precision, work) {
                Ok(ball) => break ball,
                Err(BallError::Fault(fault)) => return Err(fault),
                Err(BallError::Imprecise) => {}
            }
            if precision == work.limits.precision {
                match at_edge(&operation, precision) {
                    Some(ball) => break ball,
                    None => return Err(undecided(&operation)),
                }
            }
            precision = (2 * precision).min(work.limits.precision);
            for operand in operation.operands() {
                operand.refine(precision, work)?;
            }
        };
        let limits = work.limits;
        let value = Approximation { precision, ball };
        let expression = Expression::new(operation, (depth, size), value, work)?;
        let mut real = Self(Arc::new(expression));
        if depth > limits.real_depth || size > limits.real_size {
            // This bounds the size of expressions. The ball keeps 4 times as many digits as can
            // be shown, with 4 bits for each digit.
            let enough = usize::try_from(limits.digits).expect("small") * 4 * 4;
            real = Self::frozen(real.evaluate(enough.min(limits.precision), work)?, work)?;
        }
        Ok(real)
    }

    /// Creates a real that has only a ball and no operation. The ball never gets narrower.
    fn frozen(ball: Ball, work: &mut Work<'_>) -> Result<Self> {
        let value = Approximation {
            precision: usize::MAX,
            ball,
        };
        let expression = Expression::new(Operation::Frozen, (1, 1), value, work)?;
        Ok(Self(Arc::new(expression)))
    }

    /// Converts an exact number to a real.
    pub(in crate::engine) fn exact(q: Exact, work: &mut Work<'_>) -> Result<Self> {
        let (numerator, denominator) = q.bits();
        let max = work.limits.precision;
        // No evaluation uses more than `max` bits, so a long fraction is rounded to save memory.
        if numerator.max(denominator) > 2 * max {
            work.pay(cost::divide(max))?;
            return Self::frozen(q.to_ball(max), work);
        }
        Self::new(Operation::Exact(q), work)
    }

    /// Whether the real is certainly an integer, which is too long for an exact number.
    pub(super) fn is_long_integer(&self) -> bool {
        let mut seen = HashSet::new();
        let mut pending = vec![self];
        while let Some(real) = pending.pop() {
            let is_closed = match &real.0.operation {
                Operation::Exact(q) => q.is_integer(),
                Operation::Power(_, n) => *n >= 0,
                Operation::Unary(Unary::Gamma, x) => {
                    matches!(&x.0.operation, Operation::Exact(q) if q.is_integer())
                }
                Operation::Unary(Unary::Negate | Unary::Absolute, _)
                | Operation::Binary(
                    BinaryOperation::Add | BinaryOperation::Subtract | BinaryOperation::Multiply,
                    ..,
                ) => true,
                _ => false,
            };
            if !is_closed {
                return false;
            }
            if seen.insert(real.id()) {
                pending.extend(real.0.operation.operands());
            }
        }
        true
    }

    /// Whether both reals share one expression, and so are equal.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Evaluates the expression with a working precision of at least `precision` bits.
    ///
    /// The ball has fewer correct bits if the expression loses precision by cancellation.
    fn evaluate(&self, precision: usize, work: &mut Work<'_>) -> Result<Ball> {
        self.refine(precision, work)?;
        Ok(self.ball())
    }

    fn value(&self) -> MutexGuard<'_, Approximation> {
        self.0.value.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the value is exact or was evaluated at `precision` or more.
    fn is_evaluated_at(&self, precision: usize) -> bool {
        let value = self.value();
        value.precision >= precision || value.ball.is_exact()
    }

    /// Evaluates first the operands and then the expression at `precision`.
    ///
    /// Pending expressions are on a heap-allocated stack, so a deep expression does not overflow
    /// the call stack.
    fn refine(&self, precision: usize, work: &mut Work<'_>) -> Result<()> {
        let mut pending = vec![self];
        while let Some(real) = pending.last().copied() {
            if real.is_evaluated_at(precision) {
                pending.pop();
                continue;
            }
            let operation = &real.0.operation;
            let before = pending.len();
            let unevaluated = operation
                .operands()
                .filter(|operand| !operand.is_evaluated_at(precision));
            let unevaluated: Vec<_> = unevaluated.collect();
            if unevaluated.is_empty() {
                match evaluate_operation(operation, precision, work) {
                    Ok(ball) => real.store(precision, ball),
                    // The operation was defined at a lower precision, so the old ball is valid.
                    Err(BallError::Imprecise) => real.store(precision, real.ball()),
                    Err(BallError::Fault(fault)) => return Err(fault),
                }
                check_memory(work)?;
                pending.pop();
            }
            pending.extend(unevaluated);
            work.pay(20 * (1 + pending.len().saturating_sub(before)) as u64)?;
        }
        Ok(())
    }

    /// Stores the result of an evaluation, unless a more precise result is already stored.
    fn store(&self, precision: usize, ball: Ball) {
        let mut value = self.value();
        if value.precision < precision {
            let operation = self.0.operation.heap_bytes();
            let heap_bytes = size_of::<Expression>() + operation + ball.heap_bytes();
            self.0.memory.resize(heap_bytes);
            *value = Approximation { precision, ball };
        }
    }

    /// Evaluates with increasing precision until `decide` returns a result for the ball.
    ///
    /// The precision starts at `first` bits and doubles up to the limit. `decide` receives the ball
    /// and the precision of each evaluation. Returns `None` if `decide` has no result at the limit.
    pub(in crate::engine) fn refine_until<T>(
        &self,
        first: usize,
        work: &mut Work<'_>,
        decide: impl FnMut(&Ball, usize, &mut Work<'_>) -> Result<Option<T>>,
    ) -> Result<Option<T>> {
        self.refine_within(first, work.limits.precision, work, decide)
    }

    /// Evaluates like [`Self::refine_until`], but up to `max` bits. Digits that were asked for may need
    /// more precision than any decision may have.
    pub(in crate::engine) fn refine_within<T>(
        &self,
        first: usize,
        max: usize,
        work: &mut Work<'_>,
        mut decide: impl FnMut(&Ball, usize, &mut Work<'_>) -> Result<Option<T>>,
    ) -> Result<Option<T>> {
        let mut precision = first.min(max);
        loop {
            let ball = self.evaluate(precision, work)?;
            if let Some(result) = decide(&ball, precision, work)? {
                return Ok(Some(result));
            }
            if precision == max {
                return Ok(None);
            }
            precision = (2 * precision).min(max);
        }
    }

    /// Returns the operation that defines the real.
    pub(super) fn operation(&self) -> &Operation {
        &self.0.operation
    }

    /// Returns the identity of the expression. Clones of a real have the same identity.
    pub(super) fn id(&self) -> RealId {
        RealId(Arc::as_ptr(&self.0).cast())
    }

    /// Returns a bound `t` so that the absolute values of all numbers that the real is made of are
    /// below `2^t`.
    pub(in crate::engine) fn largest_magnitude(&self) -> i64 {
        let (mut seen, mut pending) = (HashSet::new(), vec![self]);
        let mut largest = i64::MIN;
        while let Some(real) = pending.pop() {
            if seen.insert(real.id()) {
                largest = largest.max(real.ball().magnitude());
                pending.extend(real.0.operation.operands());
            }
        }
        largest
    }

    /// Returns the ball of the most precise evaluation so far.
    pub(in crate::engine) fn ball(&self) -> Ball {
        self.value().ball.clone()
    }
}

/// Returns the ball of a continuous function at the edge of its domain, where it is unknown on which
/// side of the edge the operand is. Returns `None` for other operations.
///
/// With the distance `d` of the operand from the edge, `acos(x) <= 3 sqrt(d)` and `acosh(x) <= 2 sqrt(d)`
/// near 1. The other values follow from `asin(x) = pi/2 - acos(x)` and from the symmetry of both.
fn at_edge(operation: &Operation, precision: usize) -> Option<Ball> {
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
fn undecided(operation: &Operation) -> Box<Fault> {
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
fn evaluate_operation(
    operation: &Operation,
    precision: usize,
    work: &mut Work<'_>,
) -> std::result::Result<Ball, BallError> {
    work.pay_at_once(
        operation_cost(operation, precision),
        "an operation at this precision",
    )?;
    let limits = work.limits;
    let ball = match operation {
        Operation::Exact(q) => q.to_ball(precision),
        Operation::Pi => Ball::pi(precision),
        // No other ball can be computed.
        Operation::Frozen => return Err(BallError::Imprecise),
        Operation::Power(x, exponent) => {
            let power = x
                .ball()
                .power(exponent.unsigned_abs(), precision + 4, limits)?;
            if *exponent >= 0 {
                power
            } else {
                Ball::one().div(&power, precision)?
            }
        }
        Operation::Binary(operator, x, y) => {
            let (x, y) = (x.ball(), y.ball());
            match operator {
                BinaryOperation::Add => x.add(&y, precision),
                BinaryOperation::Subtract => x.sub(&y, precision),
                BinaryOperation::Multiply => x.mul(&y, precision),
                BinaryOperation::Divide => x.div(&y, precision)?,
                BinaryOperation::Maximum => x.maximum(&y, precision),
                BinaryOperation::Minimum => {
                    let maximum = x.negated().maximum(&y.negated(), precision);
                    maximum.negated()
                }
                BinaryOperation::Power => {
                    // The result loses as many bits of precision as y ln x has integer bits. If
                    // these are far too many, `exp` fails with the fault of the limit.
                    let rough = x.ln(64)?.mul(&y, 64);
                    if rough.magnitude() > 64 {
                        return rough.exp(64, limits);
                    }
                    let integer_bits =
                        usize::try_from(rough.magnitude().max(0)).expect("not negative");
                    let working = precision + integer_bits + 32;
                    x.ln(working)?.mul(&y, working).exp(precision, limits)?
                }
            }
        }
        Operation::Unary(function, x) => {
            let x = x.ball();
            match function {
                Unary::Negate => x.negated(),
                Unary::Absolute => x.absolute(),
                Unary::SquareRoot => x.square_root(precision)?,
                Unary::Exp => x.exp(precision, limits)?,
                Unary::ExpM1 => x.exp_m1(precision, limits)?,
                Unary::Ln => x.ln(precision)?,
                Unary::Ln1p => x.ln_1p(precision)?,
                Unary::Sin => x.sin_cos(precision, limits)?.0,
                Unary::Cos => x.sin_cos(precision, limits)?.1,
                Unary::Tan => {
                    let (sine, cosine) = x.sin_cos(precision + 4, limits)?;
                    sine.div(&cosine, precision)?
                }
                Unary::Asin => x.asin(precision)?,
                Unary::Acos => x.acos(precision)?,
                Unary::Atan => x.atan(precision)?,
                Unary::Sinh => x.sinh(precision, limits)?,
                Unary::Cosh => x.cosh(precision, limits)?,
                Unary::Tanh => x.tanh(precision, limits)?,
                Unary::Asinh => x.asinh(precision)?,
                Unary::Acosh => x.acosh(precision)?,
                Unary::Atanh => x.atanh(precision)?,
                Unary::Gamma => x.gamma(precision, work)?,
            }
        }
    };
    ball.bounded(limits)
}

/// Estimates the cost of an operation in nanoseconds.
fn operation_cost(operation: &Operation, precision: usize) -> u64 {
    let product = cost::multiply(precision, precision);
    let quotient = cost::divide(precision);
    // The series of exp, and of sin and cos, have about as many terms as the square root of the
    // precision, and about as many squarings or doublings.
    let series = |functions: u64| functions * (1 + precision.isqrt() as u64) * (product + 60);
    match operation {
        Operation::Exact(_) | Operation::Frozen => 50 + quotient,
        Operation::Pi => 50 + product,
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
