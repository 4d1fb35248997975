//! Numbers to decimal digits.

use std::cmp::Ordering;

use compact_str::CompactString;
use dashu_base::{BitTest as _, Sign, UnsignedAbs as _};
use dashu_int::{IBig, UBig, ops::DivRem as _};

use super::{ball::Ball, exact::Exact, integer::log2};
use crate::engine::{
    budget::{
        limits::Limits,
        work::{Work, cost},
    },
    fault::Result,
};

/// A count as an exponent.
pub(in crate::engine) fn exponent(count: usize) -> i64 {
    i64::try_from(count).expect("memory is finite")
}

/// The digits of a fraction and the exponent of the first, if there are no more than
/// `most`.
pub(in crate::engine) fn finite_decimal(
    exact: &Exact,
    most: usize,
    work: &mut Work<'_>,
) -> Result<Option<(CompactString, i64)>> {
    let pointed = |digits: &str, places: i64| {
        let exponent = exponent(digits.len()) - 1 - places;
        (digits.len() <= most).then(|| (digits.into(), exponent))
    };
    if let Exact::Small(n, d) = exact {
        let (mut rest, mut twos, mut fives) = (*d, 0u32, 0u32);
        twos += rest.trailing_zeros();
        rest >>= twos;
        while rest % 5 == 0 {
            rest /= 5;
            fives += 1;
        }
        if rest != 1 {
            return Ok(None);
        }
        let places = twos.max(fives);
        let mut digits = itoa::Buffer::new();
        // Nearly all fit 64 bits, which are several times as fast.
        if let Some(unit) = 10i64.checked_pow(places)
            && let Some(scaled) = n.checked_mul(unit / d)
        {
            return Ok(pointed(digits.format(scaled.unsigned_abs()), places.into()));
        }
        if let Some(unit) = 10i128.checked_pow(places)
            && let Some(scaled) = i128::from(*n).checked_mul(unit / i128::from(*d))
        {
            return Ok(pointed(digits.format(scaled.unsigned_abs()), places.into()));
        }
    }
    let (n, d) = (exact.numerator().unsigned_abs(), exact.denominator());
    let twos = d.trailing_zeros().expect("a denominator is not zero");
    let rest = &d >> twos;
    // 5^fives == rest?
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not negative"
    )]
    let fives = (log2(&rest) / 5f64.log2()).round() as usize;
    let places = twos.max(fives);
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    let count = (log2(&n) - log2(&d)) * std::f64::consts::LOG10_2 + places as f64;
    #[expect(clippy::cast_precision_loss, reason = "an estimate")]
    let too_many = count > most as f64 + 1.0;
    if too_many {
        return Ok(None);
    }
    work.pay_at_once(
        4 * cost::multiply(d.bit_len(), d.bit_len()),
        "writing the number out",
    )?;
    if UBig::from(5u8).pow(fives) != rest {
        return Ok(None);
    }
    // n 10^places / d
    let scaled = (n * UBig::from(5u8).pow(places - fives)) << (places - twos);
    Ok(pointed(&scaled.to_string(), exponent(places)))
}

/// The first `count` digits of a number that is not zero, rounded to the nearest, halves
/// away from zero, and the exponent of the first.
pub(in crate::engine) fn rounded_decimal(
    exact: &Exact,
    count: usize,
    work: &mut Work<'_>,
) -> Result<(String, i64)> {
    if let Exact::Small(n, d) = exact
        && let Some(found) = small_rounded_decimal(n.unsigned_abs(), d.unsigned_abs(), count)
    {
        return Ok(found);
    }
    let (n, d) = (exact.numerator().unsigned_abs(), exact.denominator());
    let bits = n.bit_len().max(d.bit_len()) + 4 * count;
    work.pay_at_once(
        2 * cost::divide(2 * bits) + cost::decimal(4 * count),
        "writing the number out",
    )?;
    let logarithm = (log2(&n) - log2(&d)) * std::f64::consts::LOG10_2;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "bounded by the length of the number"
    )]
    let mut first = logarithm.floor() as i64;
    // The logarithm may be off by a little.
    loop {
        let shift = exponent(count) - 1 - first;
        let unit = UBig::from(10u8).pow(usize::try_from(shift.unsigned_abs()).expect("bounded"));
        let (above, below) = if shift >= 0 {
            (&n * unit, d.clone())
        } else {
            (n.clone(), &d * unit)
        };
        let (quotient, rest) = above.div_rem(&below);
        // Before it is rounded, which may add a digit.
        match quotient.to_string().len().cmp(&count) {
            Ordering::Greater => first += 1,
            Ordering::Less => first -= 1,
            Ordering::Equal if quotient.is_zero() => first -= 1,
            Ordering::Equal => {
                let up = rest << 1usize >= below;
                let digits = (quotient + UBig::from(up)).to_string();
                let carry = exponent(digits.len() - count);
                return Ok((digits, first + carry));
            }
        }
    }
}

/// [`rounded_decimal`] where everything fits 128 bits.
fn small_rounded_decimal(n: u64, d: u64, count: usize) -> Option<(String, i64)> {
    let (n, d) = (u128::from(n), u128::from(d));
    let count = u32::try_from(count).ok()?;
    // How many digits there are before the point; none where the number is below 1.
    let whole = (n / d).checked_ilog10().map_or(0, |last| last + 1);
    let mut shift = count.checked_sub(whole)?;
    loop {
        // Most powers fit 64 bits, which are several times as fast.
        let unit = match 10u64.checked_pow(shift) {
            Some(unit) => unit.into(),
            None => 10u128.checked_pow(shift)?,
        };
        let scaled = n.checked_mul(unit)?;
        let quotient = scaled / d;
        let rest = scaled - quotient * d;
        let found = quotient.checked_ilog10().map_or(0, |last| last + 1);
        if found < count {
            // The first digit of a number below 1 is further behind.
            shift += count - found;
            continue;
        }
        let digits = (quotient + u128::from(2 * rest >= d)).to_string();
        let first = i64::try_from(digits.len()).ok()? - 1 - i64::from(shift);
        return Some((digits, first));
    }
}

/// The first digits of all numbers in a ball.
pub(in crate::engine) struct Decimal {
    pub(in crate::engine) negative: bool,
    pub(in crate::engine) digits: String,
    /// How many digits were asked for; the digits may be fewer where zeros are left out.
    pub(in crate::engine) known: usize,
    /// The exponent of the first digit.
    pub(in crate::engine) exponent: i64,
    /// Whether both ends of the ball round to these digits. Else they are off by less
    /// than one unit of the last.
    pub(in crate::engine) agrees: bool,
}

impl Decimal {
    /// The first `count` digits, if the ball is narrow enough.
    pub(in crate::engine) fn of(ball: &Ball, count: usize, work: &Work<'_>) -> Option<Self> {
        let sign = ball.sign()?;
        let size = if sign == Sign::Negative {
            ball.clone().negated()
        } else {
            ball.clone()
        };
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            reason = "an estimate"
        )]
        let mut first = ((size.magnitude() - 2) as f64 * std::f64::consts::LOG10_2).floor() as i64;
        // What has passed the limit may be shifted beyond it.
        let roomy = Limits {
            exponent: 2 * work.limits.exponent + 8 * exponent(count),
            ..*work.limits
        };
        let most = IBig::from(10).pow(count);
        let least = &most / 10;
        // The estimate is too small by one at most.
        for _ in 0..3 {
            let shift = exponent(count) - 1 - first;
            let unit = Ball::power_of_ten(shift, 4 * count + 64, &roomy).ok()?;
            let scaled = size.mul(&unit, 4 * count + 96);
            let (low, high) = nearest(&scaled);
            if high >= most {
                first += 1;
                if low == most && high == low {
                    return Some(Self {
                        negative: sign == Sign::Negative,
                        digits: "1".into(),
                        known: count,
                        exponent: first,
                        agrees: true,
                    });
                }
                continue;
            }
            if low < least {
                return None;
            }
            let (low_quarter, high_quarter) = scaled.shifted(2).floors();
            if low != high && high_quarter - low_quarter > IBig::ONE {
                return None;
            }
            return Some(Self {
                negative: sign == Sign::Negative,
                agrees: low == high,
                digits: low.to_string(),
                known: count,
                exponent: first,
            });
        }
        None
    }

    /// As many digits as are certain, up to `count`; none where it holds zero.
    pub(in crate::engine) fn certain(ball: &Ball, count: usize, work: &Work<'_>) -> Self {
        let (mut low, mut high) = (0, count);
        let mut best = None;
        while low < high {
            let middle = (low + high).div_ceil(2);
            match Self::of(ball, middle, work) {
                Some(decimal) => {
                    best = Some(decimal);
                    low = middle;
                }
                None => high = middle - 1,
            }
        }
        best.unwrap_or(Self {
            negative: false,
            digits: String::new(),
            known: 0,
            exponent: 0,
            agrees: false,
        })
    }
}

/// The integers nearest to the ends of a ball.
fn nearest(ball: &Ball) -> (IBig, IBig) {
    let half = Ball::exact(IBig::ONE).shifted(-1);
    let moved = ball.add(&half, 1 << 20);
    moved.floors()
}
