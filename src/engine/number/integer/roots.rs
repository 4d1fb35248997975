//! Exact roots of integers.

use dashu_base::{BitTest as _, SquareRoot as _};
use dashu_int::UBig;

use super::log2;
use crate::engine::{
    budget::work::{Work, cost},
    fault::Result,
};

/// Returns the integer whose `degree`-th power is `n`, or `None` if there is no such integer.
///
/// Also returns `None` if the computation would cost more than the limit for one operation.
pub(in crate::engine) fn exact_root(
    n: &UBig,
    degree: u64,
    work: &mut Work<'_>,
) -> Result<Option<UBig>> {
    let bits = n.bit_len();
    if bits <= 1 || degree == 1 {
        return Ok(Some(n.clone()));
    }
    // For n >= 2, no integer is a root whose degree is at least the bit length of n.
    let degree = match usize::try_from(degree) {
        Ok(degree) if degree < bits => degree,
        _ => return Ok(None),
    };
    if n.trailing_zeros().is_some_and(|zeros| zeros % degree != 0) {
        return Ok(None);
    }
    let cost = 10 * cost::divide(bits);
    if cost > work.limits.operation {
        return Ok(None);
    }
    work.pay(cost)?;
    let root = if degree == 2 {
        n.sqrt()
    } else {
        root(n, degree)
    };
    Ok((root.pow(degree) == *n).then_some(root))
}

/// Returns the `degree`-th root of `n`, rounded to an integer.
///
/// Roots of less than 40 bits are computed in `f64` and rounded to the nearest integer. Longer
/// roots are computed by Newton's method and rounded down (R. P. Brent and P. Zimmermann, "Modern
/// Computer Arithmetic", section 1.5.2). The first estimate is greater than the root: it is the
/// rounded-up root of the leading half of the bits, followed by zeros.
fn root(n: &UBig, degree: usize) -> UBig {
    let root_bits = n.bit_len() / degree;
    if root_bits < 40 {
        #[expect(clippy::cast_precision_loss, reason = "an estimate")]
        let root = (log2(n) / degree as f64).exp2().round();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "below 2^41"
        )]
        return UBig::from(root as u64);
    }
    let low_bits = root_bits / 2;
    let mut estimate = (root(&(n >> (low_bits * degree)), degree) + 2u8) << low_bits;
    loop {
        let next = (&estimate * (degree - 1) + n / estimate.pow(degree - 1)) / degree;
        if next >= estimate {
            return estimate;
        }
        estimate = next;
    }
}
