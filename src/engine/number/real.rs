//! Reals: the expression that makes each, beside the best ball known of it.
//!
//! After H.-J. Boehm, "Small-data computing: correct calculator arithmetic" (2017): a
//! number is what computes it to any precision that is asked for. Where a ball is too
//! wide for the question, the expression is evaluated again with more precision.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use dashu_base::Sign;

use super::{
    ball::{Ball, BallError},
    exact::Exact,
};
use crate::engine::{
    budget::{
        memory::MemoryCharge,
        work::{Work, cost},
    },
    fault::{Fault, Result},
};

/// The precision in bits that every real is known to at least.
const FIRST: usize = 96;

/// A real number. Cheap to copy: the expression is shared.
#[derive(Clone)]
pub(in crate::engine) struct Real(Arc<Node>);

struct Node {
    operation: Operation,
    depth: u32,
    size: u32,
    /// The precision of the last evaluation, and what it gave.
    known: Mutex<(usize, Ball)>,
    share: MemoryCharge,
}

impl Node {
    /// A node, accounted for; a fault where there is no memory for it.
    fn new(
        operation: Operation,
        (depth, size): (u32, u32),
        known: (usize, Ball),
        work: &mut Work<'_>,
    ) -> Result<Self> {
        let memory = Arc::clone(work.memory.get_or_insert_default());
        let heap_bytes = size_of::<Self>() + operation.heap_bytes() + known.1.heap_bytes();
        let node = Self {
            operation,
            depth,
            size,
            known: Mutex::new(known),
            share: MemoryCharge::new(memory, heap_bytes),
        };
        reserve(work)?;
        Ok(node)
    }
}

/// A fault where the reals take more than is allowed.
fn reserve(work: &Work<'_>) -> Result<()> {
    match &work.memory {
        Some(memory) => memory.reserve(0, 0, work.limits),
        None => Ok(()),
    }
}

/// What makes a real.
#[derive(Clone)]
pub(in crate::engine) enum Operation {
    Exact(Exact),
    Pi,
    /// The operations that made it are forgotten.
    Frozen,
    Unary(Unary, Real),
    Binary(Binary, Real, Real),
    /// An integral power.
    Power(Real, i64),
}

/// Operations on one real.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Unary {
    Negate,
    Absolute,
    SquareRoot,
    Exp,
    Ln,
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

/// Operations on two reals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Binary {
    Add,
    Subtract,
    Multiply,
    Divide,
    /// Of a positive base: `e^(y ln x)`.
    Power,
}

impl fmt::Debug for Real {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Real({} operations)", self.0.size)
    }
}

impl Operation {
    /// Bytes that it holds beside itself.
    fn heap_bytes(&self) -> usize {
        match self {
            Self::Exact(q) => q.heap_bytes(),
            _ => 0,
        }
    }

    fn operands(&self) -> impl Iterator<Item = &Real> {
        let (first, second) = match self {
            Self::Exact(_) | Self::Pi | Self::Frozen => (None, None),
            Self::Unary(_, x) | Self::Power(x, _) => (Some(x), None),
            Self::Binary(_, x, y) => (Some(x), Some(y)),
        };
        first.into_iter().chain(second)
    }
}

impl Real {
    /// The real that `operation` makes, known to a first precision. A fault where it is
    /// not defined, or where that cannot be told.
    pub(in crate::engine) fn new(operation: Operation, work: &mut Work<'_>) -> Result<Self> {
        let operands = || operation.operands().map(|operand| &operand.0);
        let depth = operands().map(|node| node.depth).max().unwrap_or(0) + 1;
        let size = operands().fold(1u32, |sum, node| sum.saturating_add(node.size));
        let mut precision = FIRST;
        let ball = loop {
            match attempt(&operation, precision, work) {
                Ok(ball) => break ball,
                Err(BallError::Fault(fault)) => return Err(fault),
                Err(BallError::Imprecise) => {}
            }
            if precision == work.limits.precision {
                return Err(undecided(&operation));
            }
            precision = (2 * precision).min(work.limits.precision);
            for operand in operation.operands() {
                operand.refine(precision, work)?;
            }
        };
        let limits = work.limits;
        let known = (precision, ball);
        let mut real = Self(Arc::new(Node::new(operation, (depth, size), known, work)?));
        if depth > limits.real_depth || size > limits.real_size {
            // So that no expression grows without bound.
            let generous = usize::try_from(limits.digits).expect("small") * 4 * 4;
            real = Self::frozen(real.at(generous.min(limits.precision), work)?, work)?;
        }
        Ok(real)
    }

    /// What is known, without what made it.
    fn frozen(ball: Ball, work: &mut Work<'_>) -> Result<Self> {
        let known = (usize::MAX, ball);
        Ok(Self(Arc::new(Node::new(
            Operation::Frozen,
            (1, 1),
            known,
            work,
        )?)))
    }

    pub(in crate::engine) fn exact(q: Exact, work: &mut Work<'_>) -> Result<Self> {
        let (above, below) = q.bits();
        let most = work.limits.precision;
        // Nobody will ask for more of it, so it need not be kept in full.
        if above.max(below) > 2 * most {
            work.pay(cost::divide(most))?;
            return Self::frozen(q.to_ball(most), work);
        }
        Self::new(Operation::Exact(q), work)
    }

    /// Whether both are one and the same expression, and so certainly equal.
    pub(in crate::engine) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// The ball at `precision` or better. Whether it is as narrow as that would suggest
    /// depends on how much the expression loses on the way.
    pub(in crate::engine) fn at(&self, precision: usize, work: &mut Work<'_>) -> Result<Ball> {
        self.refine(precision, work)?;
        Ok(self.known().1)
    }

    fn known(&self) -> (usize, Ball) {
        let known = self.0.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.clone()
    }

    fn is_known_at(&self, precision: usize) -> bool {
        let known = self.0.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.0 >= precision || known.1.is_exact()
    }

    /// Evaluates the expression at `precision`, operands first, on a stack of its own.
    fn refine(&self, precision: usize, work: &mut Work<'_>) -> Result<()> {
        let mut pending = vec![self];
        while let Some(real) = pending.last().copied() {
            if real.is_known_at(precision) {
                pending.pop();
                continue;
            }
            let operation = &real.0.operation;
            let before = pending.len();
            let unknown = operation
                .operands()
                .filter(|operand| !operand.is_known_at(precision));
            let unknown: Vec<_> = unknown.collect();
            if unknown.is_empty() {
                match attempt(operation, precision, work) {
                    Ok(ball) => real.learn(precision, ball),
                    // It was defined at a lower precision, and what was known holds.
                    Err(BallError::Imprecise) => real.learn(precision, real.known().1),
                    Err(BallError::Fault(fault)) => return Err(fault),
                }
                reserve(work)?;
                pending.pop();
            }
            pending.extend(unknown);
            work.pay(20 * (1 + pending.len().saturating_sub(before)) as u64)?;
        }
        Ok(())
    }

    fn learn(&self, precision: usize, ball: Ball) {
        let mut known = self.0.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.0 < precision {
            self.0
                .share
                .resize(size_of::<Node>() + self.0.operation.heap_bytes() + ball.heap_bytes());
            *known = (precision, ball);
        }
    }

    /// What `settle` makes of the ball, evaluated with more and more precision until
    /// there is an answer or the limit is reached. `first` is a guess of how much
    /// will do.
    pub(in crate::engine) fn settle<T>(
        &self,
        first: usize,
        work: &mut Work<'_>,
        mut settle: impl FnMut(&Ball, usize, &mut Work<'_>) -> Result<Option<T>>,
    ) -> Result<Option<T>> {
        let cap = work.limits.precision;
        let mut precision = first.min(cap);
        loop {
            let ball = self.at(precision, work)?;
            if let Some(answer) = settle(&ball, precision, work)? {
                return Ok(Some(answer));
            }
            if precision == cap {
                return Ok(None);
            }
            precision = (2 * precision).min(cap);
        }
    }

    /// The sign, where some precision within the limit tells it from zero.
    pub(in crate::engine) fn sign(&self, work: &mut Work<'_>) -> Result<Option<Sign>> {
        self.settle(FIRST, work, |ball, _, _| Ok(ball.sign()))
    }

    /// The ball that is known already.
    pub(in crate::engine) fn ball(&self) -> Ball {
        self.known().1
    }
}

/// Why no precision within the limit was enough for `operation`.
fn undecided(operation: &Operation) -> Box<Fault> {
    Fault::undecided(match operation {
        Operation::Binary(Binary::Divide, ..) | Operation::Power(..) => {
            "whether the divisor is zero"
        }
        Operation::Binary(Binary::Power, ..)
        | Operation::Unary(Unary::SquareRoot | Unary::Ln, _) => "whether the operand is positive",
        Operation::Unary(Unary::Tan, _) => "whether the cosine is zero",
        Operation::Unary(Unary::Gamma, _) => "whether the operand is a pole",
        _ => "whether the operand is within the domain",
    })
}

/// Evaluates `operation` on the balls that its operands are known by.
fn attempt(
    operation: &Operation,
    precision: usize,
    work: &mut Work<'_>,
) -> std::result::Result<Ball, BallError> {
    work.pay_at_once(
        estimate(operation, precision),
        "an operation at this precision",
    )?;
    let limits = work.limits;
    let ball = match operation {
        Operation::Exact(q) => q.to_ball(precision),
        Operation::Pi => Ball::pi(precision),
        // Nothing can be added to what is known.
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
                Binary::Add => x.add(&y, precision),
                Binary::Subtract => x.sub(&y, precision),
                Binary::Multiply => x.mul(&y, precision),
                Binary::Divide => x.div(&y, precision)?,
                Binary::Power => {
                    // What the exponent of e has above its point is lost below it; and
                    // where that is far too much, there is nothing to compute.
                    let rough = x.ln(64)?.mul(&y, 64);
                    if rough.magnitude() > 64 {
                        return rough.exp(64, limits);
                    }
                    let above = usize::try_from(rough.magnitude().max(0)).expect("not negative");
                    let working = precision + above + 32;
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
                Unary::Ln => x.ln(precision)?,
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
    ball.within(limits)
}

/// The cost of an operation, about, in nanoseconds.
fn estimate(operation: &Operation, precision: usize) -> u64 {
    let product = cost::multiply(precision, precision);
    let quotient = cost::divide(precision);
    // Both series have about as many terms as the square root of the precision, and
    // are squared as often.
    let series = |functions: u64| functions * (1 + precision.isqrt() as u64) * (product + 60);
    match operation {
        Operation::Exact(_) | Operation::Frozen => 50 + quotient,
        Operation::Pi => 50 + product,
        Operation::Power(_, exponent) => {
            2 * u64::from(u64::BITS - exponent.unsigned_abs().leading_zeros()) * (product + 60)
        }
        Operation::Binary(Binary::Power, ..) => series(6),
        Operation::Binary(Binary::Divide, ..) => 100 + quotient,
        Operation::Binary(Binary::Multiply, ..) => 100 + product,
        Operation::Binary(..) => 150 + cost::linear(precision),
        Operation::Unary(function, _) => match function {
            Unary::Negate | Unary::Absolute => 50,
            Unary::SquareRoot => 100 + quotient,
            Unary::Exp => series(2),
            // It pays for itself as it goes.
            Unary::Gamma => series(1),
            Unary::Asin | Unary::Acos | Unary::Atan | Unary::Tan | Unary::Ln => series(4),
            _ => series(3),
        },
    }
}
