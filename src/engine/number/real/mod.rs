//! Real numbers. A real is an expression that can be evaluated to any precision, and the best ball
//! so far. If the ball is too wide for a decision, the expression is evaluated again with more
//! precision.
//!
//! The method is from H.-J. Boehm, "Small-data computing: correct calculator arithmetic" (2017).

mod decision;
mod evaluate;

use std::{
    collections::HashSet,
    fmt,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError},
};

use self::evaluate::{at_edge, evaluate_operation, undecided};
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
    fault::Result,
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
            return Self::frozen(q.to_ball(max, work)?, work);
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
