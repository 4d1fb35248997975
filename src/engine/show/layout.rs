//! Writes digits in decimal or scientific notation.

use std::{fmt::Write as _, iter};

use compact_str::CompactString;

/// A number, given by its significant digits and an exponent.
///
/// For example, the digits 15 and the exponent 3 are the number 1.5e3, which is 1500.
pub(super) struct Layout<'d> {
    pub(super) negative: bool,
    pub(super) digits: &'d str,
    pub(super) exponent: i64,
    /// The number of correct digits of a rounded number, or `None` if the number is exact.
    pub(super) known: Option<usize>,
    /// When an exponent is written.
    pub(super) style: Exponent,
}

/// When the exponent of a number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exponent {
    /// If the number would have many zeros otherwise, or digits that are not known.
    IfNeeded,
    /// Always, with one digit before the point.
    Always,
    /// Always, with one to three digits before the point, so that the exponent is a multiple of 3.
    OfThousand,
}

impl Layout<'_> {
    /// Returns the number as text.
    ///
    /// The notation is scientific if it was requested. The notation is also scientific if decimal
    /// notation would need too many zeros, or digits that are not known.
    pub(super) fn text(&self) -> CompactString {
        let digits = self.digits.trim_end_matches('0');
        let digits = if digits.is_empty() { "0" } else { digits };
        // Unknown digits are not shown, not even as zeros before the point.
        let whole = usize::try_from(self.exponent + 1).unwrap_or(0);
        let plain =
            (-7..=20).contains(&self.exponent) && self.known.is_none_or(|known| whole <= known);
        let mut text = CompactString::with_capacity(digits.len() + 12);
        if self.negative {
            text.push('-');
        }
        if self.style != Exponent::IfNeeded || !plain {
            let shift = match self.style {
                Exponent::OfThousand => self.exponent.rem_euclid(3),
                Exponent::IfNeeded | Exponent::Always => 0,
            };
            let whole = usize::try_from(shift).expect("not negative") + 1;
            let (first, rest) = digits.split_at(whole.min(digits.len()));
            text.push_str(first);
            text.extend(iter::repeat_n('0', whole - first.len()));
            if !rest.is_empty() {
                text.push('.');
                text.push_str(rest);
            }
            let exponent = self.exponent - shift;
            write!(text, "e{exponent}").expect("writing to a String cannot fail");
            return text;
        }
        // A number below 1 may have zeros after the point.
        let zeros = usize::try_from(-self.exponent - 1).unwrap_or(0);
        let (before, behind) = digits.split_at(whole.min(digits.len()));
        text.push_str(if before.is_empty() { "0" } else { before });
        text.extend(iter::repeat_n('0', whole.saturating_sub(digits.len())));
        if !behind.is_empty() {
            text.push('.');
            text.extend(iter::repeat_n('0', zeros));
            text.push_str(behind);
        }
        text
    }
}
