//! Exact roots of integers.

use dashu_base::{BitTest as _, SquareRoot as _};
use dashu_int::UBig;

use super::log2;
use crate::engine::{
    budget::work::{Work, cost},
    fault::Result,
};

/// Returns the integer whose `degree`-th power is `n`, if it exists.
///
/// Also returns none if the computation would cost more than the limit of one operation.
pub(in crate::engine) fn exact_root(
    n: &UBig,
    degree: u64,
    work: &mut Work<'_>,
) -> Result<Option<UBig>> {
    let bits = n.bit_len();
    if bits <= 1 || degree == 1 {
        return Ok(Some(n.clone()));
    }
    // n >= 2 has no integer root of a degree that is at least its bit length.
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

/// Returns the `degree`-th root of `n`: rounded down if it is long, to the nearest if short.
///
/// Short roots are computed in `f64`. Long ones are computed by Newton's method (R. P. Brent and
/// P. Zimmermann, "Modern Computer Arithmetic", section 1.5.2), which starts above the root: with
/// the root of the leading half of the bits, rounded up.
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
