//! The fast path: short lines of exact numbers, evaluated as their characters are read.
//!
//! Most lines of long scripts are like `20 + 10`, `x * 1.5 - 1` or `x = 2^10`: literals and
//! variables with `+ - * / ^`, without parentheses. Making their tokens and nodes takes more time
//! than calculating their values. The machine evaluates all other lines, and all lines that may
//! have a fault. A property test checks that the fast path and the machine give the same answers.

use super::environment::{Binding, Bindings};
use crate::engine::{
    budget::work::{NODE, Work},
    number::{
        Number,
        exact::{Exact, ExactResult},
    },
    value::{Presentation, Presented, Value},
};

/// The maximum length, in bytes, of a line on the fast path.
const LONGEST: usize = 128;

/// The outcome of a line that the fast path evaluated.
pub(in crate::engine) struct FastPath<'t> {
    /// The variable that the line binds. The worksheet already has this variable.
    pub(in crate::engine) name: Option<&'t str>,
    pub(in crate::engine) value: Presented,
}

/// Evaluates `line`, or returns `None` if the machine has to evaluate it.
pub(in crate::engine) fn fast_path<'t>(
    line: &'t str,
    bindings: &Bindings,
    work: &mut Work<'_>,
) -> Option<FastPath<'t>> {
    if line.len() > LONGEST {
        return None;
    }
    let mut reader = Reader {
        line,
        at: 0,
        bindings,
        nodes: 0,
    };
    let first = reader.peek();
    let name = if first.is_some_and(|byte| byte.is_ascii_alphabetic()) {
        reader.binding()
    } else {
        None
    };
    let start = reader.at;
    let value = if let Some(value) = reader.decimals() {
        finite(value)?
    } else {
        (reader.at, reader.nodes) = (start, 0);
        reader.sum(work)?
    };
    work.pay(NODE * reader.nodes).ok()?;
    Some(FastPath {
        name,
        value: Number::from(value).into(),
    })
}

/// A position in the line, and the worksheet whose variables the line can use.
struct Reader<'t, 's> {
    line: &'t str,
    /// The index of the next byte.
    at: usize,
    bindings: &'s Bindings,
    /// The number of literals, names and operators so far.
    nodes: u64,
}

impl<'t, 's> Reader<'t, 's> {
    /// Skips spaces and returns the next byte.
    #[inline]
    fn peek(&mut self) -> Option<u8> {
        let bytes = self.line.as_bytes();
        while let Some(byte) = bytes.get(self.at) {
            if *byte != b' ' {
                return Some(*byte);
            }
            self.at += 1;
        }
        None
    }

    /// Reads the next byte that is not a space.
    #[inline]
    fn next(&mut self) -> Option<u8> {
        let byte = self.peek();
        self.at += 1;
        byte
    }

    /// Reads bytes until `is_part` returns false for a byte, or until the end of the line.
    #[inline]
    fn word(&mut self, is_part: impl Fn(u8) -> bool) -> &'t str {
        let rest = &self.line.as_bytes()[self.at..];
        let end = rest.iter().position(|byte| !is_part(*byte));
        let start = self.at;
        self.at += end.unwrap_or(rest.len());
        &self.line[start..self.at]
    }

    fn name(&mut self) -> &'t str {
        self.word(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    }

    /// Reads the left side of a definition, if it is a variable that already exists.
    ///
    /// This method need not check whether the name can be bound, because the variable exists.
    fn binding(&mut self) -> Option<&'t str> {
        let start = self.at;
        let name = self.name();
        if self.peek() == Some(b'=') {
            self.at += 1;
            // After `==`, the fast path fails, because no operand begins with an equals sign.
            if self.bindings.get(name).is_some() {
                return Some(name);
            }
        }
        self.at = start;
        None
    }

    /// Evaluates the remaining line, if all its numbers and results are decimals of 64 bits.
    ///
    /// For the result 12.5, returns 125 and 1: the digits as an integer, and the number of decimal
    /// places. The computation uses only the registers of the processor.
    #[inline]
    fn decimals(&mut self) -> Option<(i64, u32)> {
        let (mut sum, mut places, mut negative) = (0i64, 0, false);
        loop {
            let (mut product, mut behind) = self.decimal()?;
            let operator = loop {
                self.nodes += 2;
                match self.next() {
                    Some(b'*') => {
                        let (factor, more) = self.decimal()?;
                        product = product.checked_mul(factor)?;
                        behind += more;
                    }
                    operator => break operator,
                }
            };
            if behind != places {
                // Give both numbers the same number of decimal places.
                let unit = 10i64.checked_pow(behind.abs_diff(places))?;
                if behind < places {
                    product = product.checked_mul(unit)?;
                } else {
                    sum = sum.checked_mul(unit)?;
                    places = behind;
                }
            }
            sum = if negative {
                sum.checked_sub(product)?
            } else {
                sum.checked_add(product)?
            };
            match operator {
                None => return Some((sum, places)),
                Some(b'+') => negative = false,
                Some(b'-') => negative = true,
                Some(_) => return None,
            }
        }
    }

    /// Reads an operand of [`Reader::decimals`].
    #[inline]
    fn decimal(&mut self) -> Option<(i64, u32)> {
        match self.peek() {
            Some(b'0'..=b'9') => self.digits(),
            Some(b'a'..=b'z' | b'A'..=b'Z') => match self.variable()? {
                Exact::Small(n, 1) => Some((*n, 0)),
                _ => None,
            },
            _ => None,
        }
    }

    /// Reads a name and returns the value of the variable.
    ///
    /// Returns `None` if the value is not an exact number, or has a special presentation.
    ///
    /// This function is not inlined, so that the code for literals is short enough to be inlined.
    #[inline(never)]
    fn variable(&mut self) -> Option<&'s Exact> {
        match self.bindings.get(self.name()) {
            Some(Binding::Value(Presented {
                value: Value::Number(Number::Exact(value)),
                presentation: Presentation::Automatic,
            })) => Some(value),
            _ => None,
        }
    }

    /// Reads a literal that is short enough for 64 bits: at most 18 digits.
    #[inline]
    fn digits(&mut self) -> Option<(i64, u32)> {
        const MOST: usize = 18;
        let rest = &self.line.as_bytes()[self.at..];
        let (mut n, mut point) = (0, None);
        let mut length = rest.len();
        for (index, byte) in rest.iter().enumerate() {
            match byte {
                b'0'..=b'9' if index < MOST => n = n * 10 + i64::from(byte - b'0'),
                b'.' if point.is_none() => point = Some(index),
                b'0'..=b'9' | b'.' => return None,
                _ => {
                    length = index;
                    break;
                }
            }
        }
        self.at += length;
        let places = point.map_or(0, |point| length - point - 1);
        Some((n, u32::try_from(places).ok()?))
    }

    /// Evaluates the rest of the line.
    fn sum(&mut self, work: &mut Work<'_>) -> Option<Exact> {
        let (mut sum, mut operator) = self.product(work)?;
        loop {
            let (next, behind) = match operator {
                None => return Some(sum),
                Some(b'+') => self.product(work)?,
                Some(b'-') => {
                    let (product, behind) = self.product(work)?;
                    (product.negated(), behind)
                }
                Some(_) => return None,
            };
            sum = exact(sum.add(&next, work))?;
            operator = behind;
        }
    }

    /// Evaluates a product. Also returns the operator after it, or `None` at the end of the line.
    fn product(&mut self, work: &mut Work<'_>) -> Option<(Exact, Option<u8>)> {
        let (mut product, mut operator) = self.power(work)?;
        loop {
            let factor;
            match operator {
                Some(b'*') => (factor, operator) = self.power(work)?,
                Some(b'/') => {
                    let (divisor, behind) = self.power(work)?;
                    if divisor.is_zero() {
                        return None;
                    }
                    (factor, operator) = (divisor.inverse(), behind);
                }
                _ => return Some((product, operator)),
            }
            product = exact(product.mul(&factor, work))?;
        }
    }

    /// Evaluates a power. Also returns the operator after it, or `None` at the end of the line.
    fn power(&mut self, work: &mut Work<'_>) -> Option<(Exact, Option<u8>)> {
        let base = self.operand()?;
        self.nodes += 2;
        let operator = self.next();
        if operator != Some(b'^') {
            return Some((base, operator));
        }
        self.peek();
        let exponent = self
            .word(|byte| byte.is_ascii_digit())
            .parse::<u32>()
            .ok()?;
        let power = exact(base.power(exponent.into(), work))?;
        self.nodes += 2;
        Some((power, self.next()))
    }

    /// Reads a literal or a variable.
    #[inline]
    fn operand(&mut self) -> Option<Exact> {
        match self.peek() {
            Some(b'0'..=b'9') => finite(self.digits()?),
            Some(b'a'..=b'z' | b'A'..=b'Z') => self.variable().cloned(),
            _ => None,
        }
    }
}

/// Returns the number `n / 10^places`.
fn finite((n, places): (i64, u32)) -> Option<Exact> {
    Some(match places {
        0 => n.into(),
        _ => Exact::ratio(n, 10i64.checked_pow(places)?),
    })
}

/// Returns an exact result, or `None` if the machine has to evaluate the line.
fn exact(outcome: crate::engine::fault::Result<ExactResult>) -> Option<Exact> {
    match outcome {
        Ok(ExactResult::Exact(value)) => Some(value),
        Ok(ExactResult::TooLong) | Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::engine::{Answer, Limits, Options, Worksheet, fault::Result};

    fn run(worksheet: &mut Worksheet, line: &str) -> Result<Answer> {
        let limits = Limits::default();
        let mut work = Work::new(&limits, limits.work, &|| None);
        worksheet.run(line, Options::default(), &mut work)
    }

    fn worksheet() -> Worksheet {
        let mut worksheet = Worksheet::default();
        for line in [
            "x = 5",
            "half = 1/2",
            "big = 2^200",
            "real = sqrt(2)",
            "t = 1 < 2",
            "f(n) = n",
        ] {
            run(&mut worksheet, line).unwrap();
        }
        worksheet
    }

    #[test]
    fn lines_that_it_takes_and_leaves() {
        let (limits, worksheet) = (Limits::default(), worksheet());
        let is_fast = |line: &str| {
            let mut work = Work::new(&limits, limits.work, &|| None);
            fast_path(line, &worksheet.bindings, &mut work).is_some()
        };
        for line in [
            "20 + 10",
            "7",
            "x*2.5 - half / 4",
            " x = x ^ 2 + 1 ",
            "big * big",
            "2^100",
        ] {
            assert!(is_fast(line), "{line}");
        }
        for line in [
            "",
            "-1",
            "1 + -1",
            "2 x",
            "x y",
            "y",
            "y = 1",
            "x == 5",
            "f = real",
            "2^3^2",
            "2**3",
            "5!",
            "1/0",
            "0/x/0",
            "x(2)",
            "1e5",
            "0x1f",
            "1_000",
            "1.2.3",
            "200 - 10%",
            "1 # one",
            "1; 2",
            "5 to hex",
            "x -> hex",
            "5 mod 3",
            "real + 1",
            "t + 1",
            "pi",
            "ans + 1",
            "½",
            "2^x",
            "2^0.5",
            "9^9999999",
            "1 <",
            "1 +",
            "1\0",
            "1 + 2 \0 3",
            "\u{a0}1",
        ] {
            assert!(!is_fast(line), "{line}");
        }
    }

    proptest! {
        /// A comment excludes a line from the fast path, and changes nothing else.
        #[test]
        fn the_fast_path_agrees_with_the_machine(words in proptest::collection::vec(
            prop_oneof![
                4 => "[0-9]{1,4}",
                1 => "[0-9]{1,20}",
                2 => "[0-9]{1,3}\\.[0-9]{1,12}",
                2 => "x|half|big|real|y|e",
                6 => "[-+*/^]",
                1 => "[-+*/^=.()!%#;<>,_ \\x00\t]",
                1 => "=| |  ",
            ],
            1..12,
        )) {
            let line = words.concat();
            let (mut fast, mut slow) = (worksheet(), worksheet());
            let found = run(&mut fast, &line);
            let expected = run(&mut slow, &format!("{line}#"));
            match (found, expected) {
                (Ok(found), Ok(expected)) => prop_assert_eq!(found, expected, "{}", line),
                (Err(found), Err(expected)) => prop_assert_eq!(found.reason, expected.reason, "{}", line),
                (found, expected) => prop_assert!(false, "{line}: {found:?}, {expected:?}"),
            }
            let look = |worksheet: &mut Worksheet| (run(worksheet, "x").ok(), run(worksheet, "ans").ok());
            prop_assert_eq!(look(&mut fast), look(&mut slow), "{}", line);
        }
    }
}
