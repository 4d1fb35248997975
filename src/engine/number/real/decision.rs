//! Decides the signs of reals, by their digits, their symbolic forms and separation bounds.

use std::{cmp::Ordering, sync::Arc};

use dashu_base::Sign;

use super::{BinaryOperation, INITIAL_PRECISION, Operation, Real, Unary};
use crate::engine::{
    budget::work::Work,
    fault::Result,
    number::{
        basis::{Form, Unknown, separation::separation},
        exact::Exact,
    },
};

/// The cost of a node in the calculation of a separation bound, in nanoseconds.
const NODE: u64 = 500;

/// The greatest distance from 0 of a half-integer whose gamma function has a form.
const GAMMA: i64 = 60;

impl Real {
    /// Returns the order of the real and zero, or `None` if it cannot be decided.
    ///
    /// The digits decide first. If they do not, the real is zero if its form is zero, or if it is nearer
    /// to zero than its separation bound.
    pub(in crate::engine) fn order(&self, work: &mut Work<'_>) -> Result<Option<Ordering>> {
        let by_digits = |sign: Option<Sign>| match sign? {
            Sign::Positive => Some(Ordering::Greater),
            Sign::Negative => Some(Ordering::Less),
        };
        let ball = self.evaluate(INITIAL_PRECISION, work)?;
        if let Some(order) = by_digits(ball.sign()) {
            return Ok(Some(order));
        }
        if ball.is_exactly_zero() {
            return Ok(Some(Ordering::Equal));
        }
        if let Some(exact) = self.exact_value(work)? {
            return Ok(Some(exact.compare(&Exact::ZERO, work)?));
        }
        let bits = self.separation(work)?;
        let max = work.limits.precision;
        let first = match bits {
            // The digits that the bound needs, if that is not more than the limit.
            Some(bits) => usize::try_from(bits)
                .unwrap_or(max)
                .saturating_add(64)
                .min(max),
            None => max,
        };
        self.refine_until(first.min(4 * INITIAL_PRECISION), work, |ball, _, _| {
            let is_zero = bits.is_some_and(|bits| {
                i64::try_from(bits).is_ok_and(|bits| ball.magnitude() <= -bits)
            });
            Ok(if is_zero {
                Some(Ordering::Equal)
            } else {
                by_digits(ball.sign())
            })
        })
    }

    /// Returns the number of bits of the separation bound: the real is zero if its absolute value is
    /// below `2^-bits`. Returns `None` if there is no bound.
    fn separation(&self, work: &mut Work<'_>) -> Result<Option<u64>> {
        work.pay(NODE * u64::from(self.0.size))?;
        let mut interrupted = None;
        let bits = separation(self, &mut |angle| match angle.form(work) {
            Ok(form) => form?.multiple_of_pi().ok(),
            Err(fault) => {
                interrupted = Some(fault);
                None
            }
        });
        match interrupted {
            Some(fault) => Err(fault),
            None => Ok(bits),
        }
    }

    /// Returns the value if the form shows that it is rational.
    pub(in crate::engine) fn exact_value(&self, work: &mut Work<'_>) -> Result<Option<Exact>> {
        Ok(self.form(work)?.and_then(|form| form.to_exact()))
    }

    /// Returns the symbolic form, or `None` if there is none.
    pub(in crate::engine) fn form(&self, work: &mut Work<'_>) -> Result<Option<Arc<Form>>> {
        // The stack is on the heap: operands come before their operation.
        let mut pending = vec![self];
        while let Some(real) = pending.last().copied() {
            if real.0.form.get().is_some() {
                pending.pop();
                continue;
            }
            let before = pending.len();
            let operands = real.0.operation.operands();
            pending.extend(operands.filter(|operand| operand.0.form.get().is_none()));
            if pending.len() > before {
                continue;
            }
            work.pay(NODE)?;
            let form = match real.form_of_operation(work) {
                Ok(form) => Some(Arc::new(form)),
                Err(Unknown::NoForm) => None,
                Err(Unknown::Fault(fault)) => return Err(fault),
            };
            // Another thread may have stored the same form.
            let _ = real.0.form.set(form);
            pending.pop();
        }
        Ok(self.0.form.get().cloned().flatten())
    }

    /// Returns the form of an operation whose operands have forms.
    fn form_of_operation(&self, work: &mut Work<'_>) -> std::result::Result<Form, Unknown> {
        let form = |real: &Self| {
            let form = real.0.form.get().cloned().flatten();
            form.ok_or(Unknown::NoForm)
        };
        match &self.0.operation {
            Operation::Exact(q) => Form::rational(q.clone()),
            Operation::Pi => Ok(Form::pi()),
            Operation::Frozen => Err(Unknown::NoForm),
            Operation::Power(x, n) => form(x)?.power(*n, work),
            Operation::Binary(operator, x, y) => {
                let (x, y) = (form(x)?, form(y)?);
                match operator {
                    BinaryOperation::Add => x.add(&y, work),
                    BinaryOperation::Subtract => x.sub(&y, work),
                    BinaryOperation::Multiply => x.mul(&y, work),
                    BinaryOperation::Divide => x.div(&y, work),
                    BinaryOperation::Power => match y.to_exact() {
                        Some(exponent) => x.root(&exponent, work),
                        None => x.ln(work)?.mul(&y, work)?.exp(work),
                    },
                    BinaryOperation::Maximum | BinaryOperation::Minimum => Err(Unknown::NoForm),
                }
            }
            Operation::Unary(function, x) => {
                let sign = x.ball().sign();
                let x = form(x)?;
                let known = form_of_function(*function, &x, sign, work);
                match known {
                    Err(Unknown::NoForm) => Form::opaque(*function, &x),
                    known => known,
                }
            }
        }
    }
}

/// Returns the form of a function whose operand has the form `x` and the sign `sign`.
fn form_of_function(
    function: Unary,
    x: &Form,
    sign: Option<Sign>,
    work: &mut Work<'_>,
) -> std::result::Result<Form, Unknown> {
    match function {
        Unary::Negate => Ok(x.negated()),
        Unary::Absolute => match sign {
            Some(Sign::Negative) => Ok(x.negated()),
            Some(Sign::Positive) => Ok(Form::clone(x)),
            None if x.to_exact().is_some_and(|q| q.is_zero()) => Ok(Form::default()),
            None => Err(Unknown::NoForm),
        },
        Unary::SquareRoot if x.to_exact().is_some_and(|q| q.is_zero()) => Ok(Form::default()),
        Unary::SquareRoot => x.root(&Exact::ratio(1, 2), work),
        Unary::Exp => x.exp(work),
        Unary::ExpM1 => x.exp(work)?.sub(&Form::rational(Exact::ONE)?, work),
        Unary::Ln => x.ln(work),
        Unary::Ln1p => x.add(&Form::rational(Exact::ONE)?, work)?.ln(work),
        Unary::Sin => x.sin(work),
        Unary::Cos => x.cos(work),
        Unary::Tan => x.tan(work),
        Unary::Asin => x.asin(work),
        Unary::Acos => x.acos(work),
        Unary::Atan => x.atan(work),
        Unary::Sinh => hyperbolic(x, true, work),
        Unary::Cosh => hyperbolic(x, false, work),
        Unary::Gamma => gamma(x, work),
        Unary::Tanh | Unary::Asinh | Unary::Acosh | Unary::Atanh => Err(Unknown::NoForm),
    }
}

/// Returns the form of `sinh(x) = (e^x - e^-x)/2`, or of `cosh(x) = (e^x + e^-x)/2`.
fn hyperbolic(x: &Form, is_sine: bool, work: &mut Work<'_>) -> std::result::Result<Form, Unknown> {
    let inverse = x.negated().exp(work)?;
    let inverse = if is_sine { inverse.negated() } else { inverse };
    let half = Form::rational(Exact::ratio(1, 2))?;
    x.exp(work)?.add(&inverse, work)?.mul(&half, work)
}

/// Returns the form of the gamma function at a half-integer, from `gamma(1/2) = sqrt(pi)` and
/// `gamma(x + 1) = x gamma(x)`.
fn gamma(x: &Form, work: &mut Work<'_>) -> std::result::Result<Form, Unknown> {
    let Some(Exact::Small(n, 2)) = x.to_exact() else {
        return Err(Unknown::NoForm);
    };
    if n.abs() > GAMMA {
        return Err(Unknown::NoForm);
    }
    let mut value = Form::pi().root(&Exact::ratio(1, 2), work)?;
    let (low, high) = (n.min(1), n.max(1));
    for factor in (low..high).step_by(2) {
        let factor = Form::rational(Exact::ratio(factor, 2))?;
        value = if n > 1 {
            value.mul(&factor, work)?
        } else {
            value.div(&factor, work)?
        };
    }
    Ok(value)
}
