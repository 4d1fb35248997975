//! Separation bounds: how near to zero an algebraic number can be without being zero.
//!
//! The bound is that of C. Burnikel, S. Funke, K. Mehlhorn, S. Schirra and S. Schmitt, "A separation
//! bound for real algebraic expressions" (ESA 2001; Algorithmica 55, 2009), with a leaf for cosines.
//!
//! **Rules.** Each expression `E` gets two numbers `u` and `l`, and all of it a degree `D`:
//!
//! | `E` | `u` | `l` |
//! |---|---|---|
//! | the fraction `n/d` | `abs(n)` | `d` |
//! | `2 cos(2 pi k/N)` | 2 | 1 |
//! | `A + B`, `A - B` | `u(A) l(B) + l(A) u(B)` | `l(A) l(B)` |
//! | `A * B` | `u(A) u(B)` | `l(A) l(B)` |
//! | `A / B` | `u(A) l(B)` | `l(A) u(B)` |
//! | the `k`-th root of `A`, if `u(A) >= l(A)` | `(u(A) l(A)^(k - 1))^(1/k)` | `l(A)` |
//! | the `k`-th root of `A`, otherwise | `u(A)` | `(u(A)^(k - 1) l(A))^(1/k)` |
//!
//! `D` is the product of the degrees `k` of all different roots, times the degree `phi(N)/2` of the
//! cosines, where `N` is a common multiple of their denominators (`D` has no such factor without cosines).
//! If `E` is not zero, then `abs(E) >= 1/(l(E) u(E)^(D - 1))`.
//!
//! **Proof.** By induction, `E = U/L`, where `U` and `L` are algebraic integers, and every conjugate of
//! `U` is at most `u(E)` and every conjugate of `L` at most `l(E)`, in absolute value. This is clear for
//! fractions. `2 cos(2 pi k/N) = z + 1/z` for a root of unity `z`, and its conjugates have the same form.
//! For sums, products and quotients, write the result over a common denominator; sums and products
//! of algebraic integers are algebraic integers, and a conjugate of a sum or product is the sum or
//! product of conjugates. The `k`-th root of `U/L` is `(U L^(k - 1))^(1/k) / L` and also
//! `U / (U^(k - 1) L)^(1/k)`; a root of an algebraic integer is one, and a conjugate of the root is a
//! `k`-th root of a conjugate. All `U` and `L` are in a field of degree at most `D` over the rational
//! numbers: each root has at most degree `k` over the field of its operand, and the field of
//! `2 cos(2 pi/N)`, which has degree `phi(N)/2`, contains all `2 cos(2 pi k/N)`. If `E` is not zero, the norm of `U` is
//! an integer that is not zero, so the product of the at most `D` conjugates of `U` is at least 1 in
//! absolute value, and `abs(U) >= 1/u^(D - 1)`. With `abs(L) <= l`, the bound follows.
//!
//! The numbers are logarithms to base 2 in 64-bit floats. Each is rounded up by more than the error of its operations.

use std::collections::{HashMap, HashSet};

use dashu_base::{BitTest as _, UnsignedAbs as _};

use crate::engine::number::{
    exact::Exact,
    integer::log2,
    real::{BinaryOperation, Operation, Real, RealId, Unary},
};

/// The logarithms of `u` and `l`.
#[derive(Clone, Copy, Debug)]
struct Bound {
    u: f64,
    l: f64,
}

/// The greatest denominator of the angle of a cosine.
const DENOMINATOR: u64 = 10_000;

/// The greatest degree of a root.
const ROOT: i64 = 64;

/// Returns a number of bits: the real is zero if its absolute value is below `2^-bits`.
///
/// Returns `None` if the real is not made of rational numbers with `+ - * /`, roots and sines of
/// rational multiples of pi, or if the number of bits is far above all limits.
pub(in crate::engine::number) fn separation(
    real: &Real,
    angle_of: &mut impl FnMut(&Real) -> Option<Exact>,
) -> Option<u64> {
    let mut bounds: HashMap<RealId, Bound> = HashMap::new();
    let mut degree = Degree::default();
    // A stack on the heap: operands come before their operation.
    let mut pending = vec![real];
    while let Some(next) = pending.last().copied() {
        if bounds.contains_key(&next.id()) {
            pending.pop();
            continue;
        }
        let operation = next.operation();
        if let Operation::Unary(Unary::Sin | Unary::Cos, angle) = operation {
            let angle = angle_of(angle)?;
            degree.add_angle(&angle)?;
            bounds.insert(next.id(), Bound { u: 1.0, l: 1.0 });
            pending.pop();
            continue;
        }
        let rational_exponent = exponent(operation);
        let before = pending.len();
        for (index, operand) in operation.operands().enumerate() {
            let is_exponent = index == 1 && rational_exponent.is_some();
            if !is_exponent && !bounds.contains_key(&operand.id()) {
                pending.push(operand);
            }
        }
        if pending.len() > before {
            continue;
        }
        let mut operands = operation
            .operands()
            .map(|operand| bounds.get(&operand.id()).copied());
        let (first, second) = (operands.next().flatten(), operands.next().flatten());
        let bound = match (operation, first, second) {
            (Operation::Exact(q), _, _) => Bound::rational(q),
            (Operation::Unary(Unary::Negate | Unary::Absolute, _), Some(a), _) => a,
            (Operation::Unary(Unary::SquareRoot, operand), Some(a), _) => {
                degree.add_root(operand, 2)?;
                a.root(2.0)
            }
            (Operation::Power(_, n), Some(a), _) => a.power(float(*n)),
            (Operation::Binary(BinaryOperation::Power, base, _), Some(a), _) => {
                let (n, k) = rational_exponent?;
                degree.add_root(base, k)?;
                a.power(float(n)).root(float(k))
            }
            (Operation::Binary(operator, ..), Some(a), Some(b)) => match operator {
                BinaryOperation::Add | BinaryOperation::Subtract => a.plus(b),
                BinaryOperation::Multiply => a.times(b),
                BinaryOperation::Divide => a.times(b.inverse()),
                _ => return None,
            },
            _ => return None,
        };
        bounds.insert(next.id(), bound.rounded_up());
        pending.pop();
    }
    let Bound { u, l } = bounds[&real.id()];
    let bits = l + (degree.product() - 1.0) * u;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "it is within the range"
    )]
    (bits < 1e9).then(|| bits.max(0.0).ceil() as u64 + 1)
}

/// Returns the numerator and the denominator of the exponent of a power, if it is rational.
fn exponent(operation: &Operation) -> Option<(i64, i64)> {
    let Operation::Binary(BinaryOperation::Power, _, exponent) = operation else {
        return None;
    };
    match exponent.operation() {
        Operation::Exact(Exact::Small(n, d)) if *d <= ROOT => Some((*n, *d)),
        _ => None,
    }
}

impl Bound {
    fn rational(q: &Exact) -> Self {
        let logarithm = |n: &dashu_int::UBig| if n.bit_len() <= 1 { 0.0 } else { log2(n) };
        Self {
            u: logarithm(&q.numerator().unsigned_abs()),
            l: logarithm(&q.denominator()),
        }
    }

    /// Adds more than the rounding errors of the logarithms. `log2` has a relative error of less
    /// than 2^-50, and an operation here less than 2^-51.
    fn rounded_up(self) -> Self {
        let up = |x: f64| x.max(0.0) * (1.0 + 1e-12) + 1e-9;
        Self {
            u: up(self.u),
            l: up(self.l),
        }
    }

    fn plus(self, other: Self) -> Self {
        let (a, b) = (self.u + other.l, self.l + other.u);
        let (small, large) = (a.min(b), a.max(b));
        Self {
            u: large + (1.0 + (small - large).exp2()).log2(),
            l: self.l + other.l,
        }
    }

    fn times(self, other: Self) -> Self {
        Self {
            u: self.u + other.u,
            l: self.l + other.l,
        }
    }

    fn inverse(self) -> Self {
        Self {
            u: self.l,
            l: self.u,
        }
    }

    fn power(self, n: f64) -> Self {
        let base = if n < 0.0 { self.inverse() } else { self };
        Self {
            u: base.u * n.abs(),
            l: base.l * n.abs(),
        }
    }

    fn root(self, k: f64) -> Self {
        if self.u >= self.l {
            Self {
                u: (self.u + self.l * (k - 1.0)) / k,
                l: self.l,
            }
        } else {
            Self {
                u: self.u,
                l: (self.u * (k - 1.0) + self.l) / k,
            }
        }
    }
}

/// The degree of the field that contains all parts of an expression.
#[derive(Default)]
struct Degree {
    /// The product of the degrees of the roots.
    roots: f64,
    /// The rational radicands with the degrees of their roots.
    radicands: HashSet<(String, i64)>,
    /// The other radicands with the degrees of their roots.
    expressions: HashSet<(RealId, i64)>,
    /// A common multiple of the denominators of the cosines.
    denominator: u64,
}

impl Degree {
    /// Adds a root of degree `k`.
    fn add_root(&mut self, radicand: &Real, k: i64) -> Option<()> {
        if k <= 1 {
            return Some(());
        }
        let is_new = match radicand.operation() {
            Operation::Exact(q) => {
                let text = format!("{}/{}", q.numerator(), q.denominator());
                self.radicands.insert((text, k))
            }
            _ => self.expressions.insert((radicand.id(), k)),
        };
        if is_new {
            self.roots += float(k).log2();
        }
        (self.roots < 60.0).then_some(())
    }

    /// Adds the sine or the cosine of `angle * pi`. Both are `cos(2 pi k/N)` for a divisor `N` of 4 times the
    /// denominator of the angle.
    fn add_angle(&mut self, angle: &Exact) -> Option<()> {
        let denominator = u64::try_from(angle.denominator()).ok()?;
        let denominator = denominator.checked_mul(4)?;
        let before = self.denominator.max(1);
        let common = before / gcd(before, denominator) * denominator;
        self.denominator = common;
        (common <= DENOMINATOR).then_some(())
    }

    fn product(&self) -> f64 {
        let cosines = match self.denominator {
            0..=2 => 1.0,
            n => float(totient(n)) / 2.0,
        };
        // Products of small integers are exact in a float.
        self.roots.exp2().round() * cosines
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// Converts an exponent or a degree. Those above 2^53 are rounded, but then the bound is far above all
/// limits.
#[expect(clippy::cast_precision_loss, reason = "see above")]
fn float(n: i64) -> f64 {
    n as f64
}

/// Returns the number of integers from 1 to `n` that have no common divisor with `n`.
fn totient(n: u64) -> i64 {
    let coprime = (1..=n).filter(|k| gcd(*k, n) == 1);
    i64::try_from(coprime.count()).expect("the denominators are bounded")
}
