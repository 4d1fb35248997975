//! Conversion of numbers to decimal digits.

use std::{cmp::Ordering, fmt::Write as _, iter};

use compact_str::CompactString;
use dashu_base::{BitTest as _, Sign, UnsignedAbs as _};
use dashu_int::{IBig, UBig};

use super::{
    ball::{Ball, BallError, ENDPOINT_BITS},
    exact::Exact,
    integer::{log2, pieces},
};
use crate::engine::{
    budget::{
        limits::Limits,
        work::{Work, cost},
    },
    fault::Result,
};

/// Converts a number of digits to the type of exponents.
pub(in crate::engine) fn exponent(count: usize) -> i64 {
    i64::try_from(count).expect("a number of digits is below 2^63")
}

/// Returns the decimal digits of `exact` and the exponent of the first digit.
///
/// Returns `None` if the decimal expansion is infinite or longer than `max` digits.
pub(in crate::engine) fn finite_decimal(
    exact: &Exact,
    max: usize,
    work: &mut Work<'_>,
) -> Result<Option<(CompactString, i64)>> {
    // `digits` has `places` digits after the decimal point.
    let checked = |digits: &str, places: i64| {
        let exponent = exponent(digits.len()) - 1 - places;
        (digits.len() <= max).then(|| (digits.into(), exponent))
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
        // 64-bit operations are several times as fast, and enough for nearly all numbers.
        if let Some(unit) = 10i64.checked_pow(places)
            && let Some(scaled) = n.checked_mul(unit / d)
        {
            return Ok(checked(digits.format(scaled.unsigned_abs()), places.into()));
        }
        if let Some(unit) = 10i128.checked_pow(places)
            && let Some(scaled) = i128::from(*n).checked_mul(unit / i128::from(*d))
        {
            return Ok(checked(digits.format(scaled.unsigned_abs()), places.into()));
        }
    }
    let (n, d) = (exact.numerator().unsigned_abs(), exact.denominator());
    let twos = d.trailing_zeros().expect("a denominator is not zero");
    let rest = &d >> twos;
    // If `rest` is a power of 5, this is the exponent of 5.
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
    let too_many = count > max as f64 + 1.0;
    if too_many {
        return Ok(None);
    }
    work.pay(4 * cost::multiply(d.bit_len(), d.bit_len()))?;
    let five = UBig::from(5u8);
    if pieces::power(&five, fives, work)? != rest {
        return Ok(None);
    }
    // n * 10^places / d
    let scaled = pieces::multiply(&n, &pieces::power(&five, places - fives, work)?, work)?;
    let digits = pieces::decimal_digits(&(scaled << (places - twos)), work)?;
    Ok(checked(&digits, exponent(places)))
}

/// Returns the first `count` digits of `exact`, rounded, and the exponent of the first digit.
///
/// Ties are rounded away from zero. `exact` must not be zero.
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
    let mut division = LongDivision::begin(&n, &d, count.min(BLOCK), work)?;
    while division.digits.len() < count {
        let more = BLOCK.min(count - division.digits.len());
        division.extend(more, work)?;
    }
    Ok(division.rounded())
}

/// The number of decimal digits that are computed in one step that cannot be interrupted.
const BLOCK: usize = 50_000;

/// The division of two integers in blocks of decimal digits.
struct LongDivision {
    /// The digits so far. The first digit is not zero.
    digits: String,
    /// The exponent of the first digit.
    first: i64,
    /// The rest of the division. `rest / divisor` is the part of the quotient behind `digits`, in units of
    /// the last digit.
    rest: UBig,
    divisor: UBig,
}

impl LongDivision {
    /// Computes the first `count` digits of `n / d`. Neither integer is zero.
    fn begin(n: &UBig, d: &UBig, count: usize, work: &mut Work<'_>) -> Result<Self> {
        let bits = n.bit_len().max(d.bit_len()) + 4 * count;
        work.pay(2 * cost::divide(2 * bits) + cost::decimal(4 * count))?;
        let logarithm = (log2(n) - log2(d)) * std::f64::consts::LOG10_2;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "bounded by the length of the number"
        )]
        let mut first = logarithm.floor() as i64;
        // `first` is an estimate. It is corrected until the quotient has `count` digits.
        loop {
            let shift = exponent(count) - 1 - first;
            let size = usize::try_from(shift.unsigned_abs()).expect("bounded");
            let unit = pieces::power_of_ten(size, work)?;
            let (numerator, divisor) = if shift >= 0 {
                (pieces::multiply(n, &unit, work)?, d.clone())
            } else {
                (n.clone(), pieces::multiply(d, &unit, work)?)
            };
            let (quotient, rest) = pieces::divide(&numerator, &divisor, work)?;
            let digits = quotient.to_string();
            match digits.len().cmp(&count) {
                Ordering::Greater => first += 1,
                Ordering::Less => first -= 1,
                Ordering::Equal if quotient.is_zero() => first -= 1,
                Ordering::Equal => {
                    return Ok(Self {
                        digits,
                        first,
                        rest,
                        divisor,
                    });
                }
            }
        }
    }

    /// Computes `count` more digits.
    fn extend(&mut self, count: usize, work: &mut Work<'_>) -> Result<()> {
        let bits = self.divisor.bit_len() + 4 * count;
        work.pay(2 * cost::divide(bits) + cost::decimal(4 * count))?;
        let unit = pieces::power_of_ten(count, work)?;
        let scaled = pieces::multiply(&self.rest, &unit, work)?;
        let (quotient, rest) = pieces::divide(&scaled, &self.divisor, work)?;
        write!(self.digits, "{:0>count$}", quotient.to_string())
            .expect("writing to a String cannot fail");
        self.rest = rest;
        Ok(())
    }

    /// Returns the digits, rounded, and the exponent of the first digit.
    fn rounded(mut self) -> (String, i64) {
        if self.rest << 1usize < self.divisor {
            return (self.digits, self.first);
        }
        let kept = self.digits.trim_end_matches('9').len();
        let nines = self.digits.len() - kept;
        self.digits.truncate(kept);
        if let Some(last) = self.digits.pop() {
            self.digits.push(char::from(last as u8 + 1));
        } else {
            // All digits were nines, so the number has one digit more.
            self.digits.push('1');
            self.first += 1;
        }
        self.digits.extend(iter::repeat_n('0', nines));
        (self.digits, self.first)
    }
}

/// Computes the result of [`rounded_decimal`] in 128 bits. Returns `None` if it needs more bits.
fn small_rounded_decimal(n: u64, d: u64, count: usize) -> Option<(String, i64)> {
    let (n, d) = (u128::from(n), u128::from(d));
    let count = u32::try_from(count).ok()?;
    // The number of digits before the decimal point; 0 for numbers below 1.
    let whole = (n / d).checked_ilog10().map_or(0, |last| last + 1);
    let mut shift = count.checked_sub(whole)?;
    loop {
        // 64-bit operations are several times as fast, and enough for most powers.
        let unit = match 10u64.checked_pow(shift) {
            Some(unit) => unit.into(),
            None => 10u128.checked_pow(shift)?,
        };
        let scaled = n.checked_mul(unit)?;
        let quotient = scaled / d;
        let rest = scaled - quotient * d;
        let found = quotient.checked_ilog10().map_or(0, |last| last + 1);
        if found < count {
            // A number below 1 may have zeros after the decimal point.
            shift += count - found;
            continue;
        }
        let digits = (quotient + u128::from(2 * rest >= d)).to_string();
        let first = i64::try_from(digits.len()).ok()? - 1 - i64::from(shift);
        return Some((digits, first));
    }
}

/// The leading decimal digits of the numbers in a ball.
pub(in crate::engine) struct Decimal {
    pub(in crate::engine) negative: bool,
    /// The digits. Trailing zeros may be missing.
    pub(in crate::engine) digits: String,
    /// The number of known digits. Trailing zeros count, even if `digits` omits them.
    pub(in crate::engine) known: usize,
    /// The decimal exponent of the first digit.
    pub(in crate::engine) exponent: i64,
    /// Whether both endpoints of the ball round to these digits. If they do not, the error of the
    /// digits is still below one unit of the last digit.
    pub(in crate::engine) agrees: bool,
}

impl Decimal {
    /// Returns the first `count` digits of a ball, or `None` if the ball is too wide. Fails if the work is
    /// interrupted.
    pub(in crate::engine) fn of(
        ball: &Ball,
        count: usize,
        work: &Work<'_>,
    ) -> Result<Option<Self>> {
        let Some(sign) = ball.sign() else {
            return Ok(None);
        };
        let magnitude = if sign == Sign::Negative {
            ball.clone().negated()
        } else {
            ball.clone()
        };
        // log10(2), rounded down to 19 digits. The product has at most 126 bits.
        let scaled = i128::from(magnitude.magnitude() - 2) * 3_010_299_956_639_811_952;
        let first = scaled.div_euclid(10_i128.pow(19));
        let mut first = i64::try_from(first).expect("it is smaller than a magnitude");
        // Scaling to an integer may need exponents beyond the limit of results.
        let wider = Limits {
            exponent: 2 * work.limits.exponent + 8 * exponent(count),
            ..*work.limits
        };
        let end = IBig::from(pieces::power_of_ten(count, work)?);
        let start = &end / 10;
        // The estimate of `first` is at most 1 too small.
        for _ in 0..3 {
            let shift = exponent(count) - 1 - first;
            let scale = || {
                let unit = Ball::power_of_ten(shift, 4 * count + 64, &wider, work)?;
                magnitude.mul_long(&unit, 4 * count + 96, work)
            };
            let scaled = match scale() {
                Ok(scaled) => scaled,
                Err(BallError::Imprecise) => return Ok(None),
                Err(BallError::Fault(fault)) => return Err(fault),
            };
            let (low, high) = nearest(&scaled);
            if high >= end {
                first += 1;
                if low == end && high == low {
                    return Ok(Some(Self {
                        negative: sign == Sign::Negative,
                        digits: "1".into(),
                        known: count,
                        exponent: first,
                        agrees: true,
                    }));
                }
                continue;
            }
            if low < start {
                return Ok(None);
            }
            let (low_quarter, high_quarter) = scaled.shifted(2).floor_range();
            if low != high && high_quarter - low_quarter > IBig::ONE {
                return Ok(None);
            }
            return Ok(Some(Self {
                negative: sign == Sign::Negative,
                agrees: low == high,
                digits: pieces::decimal_digits(&low.unsigned_abs(), work)?,
                known: count,
                exponent: first,
            }));
        }
        Ok(None)
    }

    /// Returns the known digits of a ball, but no more than `count` digits.
    ///
    /// Returns no digits if the ball contains zero.
    pub(in crate::engine) fn certain(ball: &Ball, count: usize, work: &Work<'_>) -> Result<Self> {
        let (mut low, mut high) = (0, count);
        let mut best = None;
        while low < high {
            let middle = (low + high).div_ceil(2);
            match Self::of(ball, middle, work)? {
                Some(decimal) => {
                    best = Some(decimal);
                    low = middle;
                }
                None => high = middle - 1,
            }
        }
        Ok(best.unwrap_or(Self {
            negative: false,
            digits: String::new(),
            known: 0,
            exponent: 0,
            agrees: false,
        }))
    }
}

/// Returns the integers nearest to the endpoints of a ball.
fn nearest(ball: &Ball) -> (IBig, IBig) {
    let half = Ball::exact(IBig::ONE).shifted(-1);
    ball.add(&half, ENDPOINT_BITS).floor_range()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn digits(n: u64, d: u64, first: usize, more: &[usize]) -> (String, i64) {
        let limits = Limits::default();
        let mut work = Work::new(&limits, limits.work, &|| None);
        let (n, d) = (UBig::from(n), UBig::from(d));
        let mut division = LongDivision::begin(&n, &d, first, &mut work).unwrap();
        for count in more {
            division.extend(*count, &mut work).unwrap();
        }
        division.rounded()
    }

    proptest! {
        #[test]
        fn a_division_in_blocks_has_the_same_digits(
            n in 1..u64::MAX, d in 1..u64::MAX, first in 1usize..30, second in 1usize..30, third in 1usize..30,
        ) {
            let whole = digits(n, d, first + second + third, &[]);
            prop_assert_eq!(digits(n, d, first, &[second, third]), whole);
        }
    }

    #[test]
    fn nines_are_rounded_up() {
        assert_eq!(digits(9_999_999, 10, 3, &[2]), ("100000".to_owned(), 6));
        assert_eq!(digits(1_999_999, 1, 2, &[3]), ("20000".to_owned(), 6));
        assert_eq!(digits(1, 7, 2, &[1]), ("143".to_owned(), -1));
        assert_eq!(digits(5, 2, 1, &[]), ("3".to_owned(), 0));
    }
}
