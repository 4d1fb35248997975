//! The four operations of `calc.Calculator` on 32-bit integers, with checks of the results.

use super::{Fault, fault::Result};

/// Returns `a + b`. Fails if the sum does not fit 32 bits.
pub fn add(a: i32, b: i32) -> Result<i32> {
    fit(i64::from(a) + i64::from(b))
}

/// Returns `a - b`. Fails if the difference does not fit 32 bits.
pub fn subtract(a: i32, b: i32) -> Result<i32> {
    fit(i64::from(a) - i64::from(b))
}

/// Returns `a * b`. Fails if the product does not fit 32 bits.
pub fn multiply(a: i32, b: i32) -> Result<i32> {
    fit(i64::from(a) * i64::from(b))
}

/// Returns `a / b` as the nearest `f32`, ties to even. Fails if `b` is zero.
///
/// Division in `f64` and conversion to `f32` would round twice, which can give a wrong result for
/// 32-bit operands (S. A. Figueroa, "When is double rounding innocuous?", 1995). Instead, the
/// quotient is computed with 64 fractional bits, and a nonzero remainder sets the last bit (a
/// sticky bit).
pub fn divide(a: i32, b: i32) -> Result<f32> {
    let (dividend, divisor) = (u128::from(a.unsigned_abs()), u128::from(b.unsigned_abs()));
    if divisor == 0 {
        return Err(Fault::division_by_zero());
    }
    let shifted = dividend << 64;
    let sticky = u128::from(!shifted.is_multiple_of(divisor));
    #[expect(clippy::cast_precision_loss, reason = "the only rounding")]
    let quotient = ((shifted / divisor) | sticky) as f32 * 2f32.powi(-64);
    Ok(if (a < 0) == (b < 0) || a == 0 {
        quotient
    } else {
        -quotient
    })
}

fn fit(result: i64) -> Result<i32> {
    i32::try_from(result).map_err(|_| Fault::int32_overflow(result))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Reason;
    use proptest::prelude::*;

    #[test]
    fn results_that_fit() {
        assert_eq!(add(20, 10), Ok(30));
        assert_eq!(subtract(20, 10), Ok(10));
        assert_eq!(multiply(20, 10), Ok(200));
        assert_eq!(divide(20, 10), Ok(2.0));
        assert_eq!(divide(10, 4), Ok(2.5));
        assert_eq!(divide(-1, 3), Ok(-1.0 / 3.0));
        assert_eq!(divide(i32::MIN, -1), Ok(2_147_483_648.0));
        assert_eq!(multiply(-65536, 32768), Ok(i32::MIN));
    }

    #[test]
    fn a_zero_quotient_is_positive() {
        assert!(divide(0, -5).unwrap().is_sign_positive());
    }

    #[test]
    fn results_that_do_not_fit() {
        for fault in [
            add(i32::MAX, 1),
            subtract(i32::MIN, 1),
            multiply(65536, 32768),
            multiply(i32::MIN, -1),
        ] {
            assert_eq!(fault.unwrap_err().reason, Reason::Overflow);
        }
        assert_eq!(
            add(i32::MAX, 1).unwrap_err().message,
            "the result 2147483648 does not fit int32 (-2147483648 to 2147483647)"
        );
        assert_eq!(divide(1, 0).unwrap_err().reason, Reason::DivisionByZero);
        assert_eq!(divide(0, 0).unwrap_err().reason, Reason::DivisionByZero);
    }

    /// These quotients are so close to a tie of two floats that rounding to `f64` gives the tie, and
    /// rounding that to `f32` gives the wrong neighbour.
    #[test]
    fn a_quotient_is_rounded_once() {
        for (a, b) in [
            (2_147_483_583, 2_147_483_647),
            (1_288_490_173, 2_147_483_643),
        ] {
            #[expect(clippy::cast_possible_truncation, reason = "the error under test")]
            let twice = (f64::from(a) / f64::from(b)) as f32;
            assert!(!is_nearest(a, b, twice));
            assert!(is_nearest(a, b, divide(a, b).unwrap()));
        }
    }

    /// Whether `q` is the float nearest to `a / b`: no neighbour of `q` is nearer.
    ///
    /// The distances are computed exactly, in integers.
    fn is_nearest(a: i32, b: i32, q: f32) -> bool {
        // |a/b - q| * |b| * 2^80 is an integer for q >= 2^-56.
        let distance = |q: f32| -> i128 {
            let scaled = f64::from(q) * 2f64.powi(80);
            #[expect(clippy::cast_possible_truncation, reason = "integral and below 2^112")]
            let q = scaled as i128;
            ((i128::from(a) << 80) - q * i128::from(b)).abs()
        };
        distance(q) <= distance(q.next_up()) && distance(q) <= distance(q.next_down())
    }

    proptest! {
        #[test]
        fn integer_results_are_exact_or_refused(a: i32, b: i32) {
            prop_assert_eq!(add(a, b).ok(), a.checked_add(b));
            prop_assert_eq!(subtract(a, b).ok(), a.checked_sub(b));
            prop_assert_eq!(multiply(a, b).ok(), a.checked_mul(b));
        }

        #[test]
        fn a_quotient_is_the_nearest_float(a: i32, b in 1..=i32::MAX) {
            let q = divide(a, b).unwrap();
            prop_assert!(a == 0 || is_nearest(a, b, q));
            prop_assert_eq!(divide(a, -b).unwrap().abs().to_bits(), q.abs().to_bits());
        }
    }
}
