//! Short lines of exact numbers, straight from their characters.
//!
//! Most lines of long scripts are like `20 + 10`, `x * 1.5 - 1` or `x = 2^10`: literals
//! and variables with `+ - * / ^`, without parentheses. Their tokens and nodes cost more
//! than their values. They are evaluated here as they are read; anything else, and
//! anything that could be a fault, is left to the general way, which gives the same
//! values (a property test compares the two) and alone complains.

use super::environment::{Binding, Bindings};
use crate::engine::{
    budget::work::{NODE, Work},
    number::{
        Number,
        exact::{Exact, Outcome},
    },
    value::{Presentation, Presented, Value},
};

/// Bytes of the longest line that is tried.
const LONGEST: usize = 128;

/// What such a line comes to.
pub(in crate::engine) struct FastPath<'t> {
    /// The variable that it binds anew.
    pub(in crate::engine) name: Option<&'t str>,
    pub(in crate::engine) value: Presented,
}

/// Evaluates `line` if it is of that kind.
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

struct Reader<'t, 's> {
    line: &'t str,
    at: usize,
    bindings: &'s Bindings,
    /// Literals, names and operators so far.
    nodes: u64,
}

impl<'t> Reader<'t, '_> {
    /// The next byte that is no space.
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

    /// The next byte, which is used.
    #[inline]
    fn next(&mut self) -> Option<u8> {
        let byte = self.peek();
        self.at += 1;
        byte
    }

    /// What stands from here on as long as the bytes are `of` a kind.
    #[inline]
    fn word(&mut self, of: impl Fn(u8) -> bool) -> &'t str {
        let rest = &self.line.as_bytes()[self.at..];
        let end = rest.iter().position(|byte| !of(*byte));
        let start = self.at;
        self.at += end.unwrap_or(rest.len());
        &self.line[start..self.at]
    }

    fn name(&mut self) -> &'t str {
        self.word(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    }

    /// The variable that the line binds, if it binds one that exists already: so there is
    /// nothing to be said against its name.
    fn binding(&mut self) -> Option<&'t str> {
        let start = self.at;
        let name = self.name();
        if self.peek() == Some(b'=') {
            self.at += 1;
            // Two of them are a comparison, of which no operand begins like this.
            if self.bindings.get(name).is_some() {
                return Some(name);
            }
        }
        self.at = start;
        None
    }

    /// The value of the rest, if there are only finite decimals of 64 bits in it, and on
    /// the way to it: an integer and how many of its digits stand behind the point. It
    /// never leaves the processor's registers.
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
                // Both with as many places as the longer one.
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

    #[inline]
    fn decimal(&mut self) -> Option<(i64, u32)> {
        match self.peek() {
            Some(b'0'..=b'9') => self.digits(),
            Some(b'a'..=b'z' | b'A'..=b'Z') => match self.bindings.get(self.name()) {
                Some(Binding::Value(Presented {
                    value: Value::Number(Number::Exact(Exact::Small(n, 1))),
                    presentation: Presentation::Automatic,
                })) => Some((*n, 0)),
                _ => None,
            },
            _ => None,
        }
    }

    /// A literal of so few digits that it is small, even if all of them are nines.
    #[inline]
    fn digits(&mut self) -> Option<(i64, u32)> {
        const FEW: usize = 18;
        let rest = &self.line.as_bytes()[self.at..];
        let (mut n, mut point) = (0, None);
        let mut length = rest.len();
        for (index, byte) in rest.iter().enumerate() {
            match byte {
                b'0'..=b'9' if index < FEW => n = n * 10 + i64::from(byte - b'0'),
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

    /// A product, and the operator behind it; none at the end of the line.
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

    #[inline]
    fn operand(&mut self) -> Option<Exact> {
        match self.peek() {
            Some(b'0'..=b'9') => finite(self.digits()?),
            Some(b'a'..=b'z' | b'A'..=b'Z') => match self.bindings.get(self.name()) {
                Some(Binding::Value(Presented {
                    value: Value::Number(Number::Exact(value)),
                    presentation: Presentation::Automatic,
                })) => Some(value.clone()),
                _ => None,
            },
            _ => None,
        }
    }
}

/// A decimal with so many digits behind the point.
fn finite((n, places): (i64, u32)) -> Option<Exact> {
    Some(match places {
        0 => n.into(),
        _ => Exact::ratio(n, 10i64.checked_pow(places)?),
    })
}

fn exact(outcome: crate::engine::fault::Result<Outcome>) -> Option<Exact> {
    match outcome {
        Ok(Outcome::Exact(value)) => Some(value),
        Ok(Outcome::TooLong) | Err(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::engine::{Answer, Limits, Options, Worksheet, fault::Result};

    fn run(sheet: &mut Worksheet, line: &str) -> Result<Answer> {
        let limits = Limits::default();
        let mut work = Work::new(&limits, limits.work, &|| None);
        sheet.run(line, Options::default(), &mut work)
    }

    fn sheet() -> Worksheet {
        let mut sheet = Worksheet::default();
        for line in [
            "x = 5",
            "half = 1/2",
            "big = 2^200",
            "real = sqrt(2)",
            "t = 1 < 2",
            "f(n) = n",
        ] {
            run(&mut sheet, line).unwrap();
        }
        sheet
    }

    #[test]
    fn lines_of_that_kind_and_others() {
        let (limits, sheet) = (Limits::default(), sheet());
        let is_quick = |line: &str| {
            let mut work = Work::new(&limits, limits.work, &|| None);
            fast_path(line, &sheet.bindings, &mut work).is_some()
        };
        for line in [
            "20 + 10",
            "7",
            "x*2.5 - half / 4",
            " x = x ^ 2 + 1 ",
            "big * big",
            "2^100",
        ] {
            assert!(is_quick(line), "{line}");
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
            assert!(!is_quick(line), "{line}");
        }
    }

    proptest! {
        /// A space in parentheses keeps a line from the quick way and changes nothing else.
        #[test]
        fn both_ways_agree(words in proptest::collection::vec(
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
            let (mut quickly, mut slowly) = (sheet(), sheet());
            let found = run(&mut quickly, &line);
            // A comment is never quick.
            let expected = run(&mut slowly, &format!("{line}#"));
            match (found, expected) {
                (Ok(found), Ok(expected)) => prop_assert_eq!(found, expected, "{}", line),
                (Err(found), Err(expected)) => prop_assert_eq!(found.reason, expected.reason, "{}", line),
                (found, expected) => prop_assert!(false, "{line}: {found:?}, {expected:?}"),
            }
            let look = |sheet: &mut Worksheet| (run(sheet, "x").ok(), run(sheet, "ans").ok());
            prop_assert_eq!(look(&mut quickly), look(&mut slowly), "{}", line);
        }
    }
}
