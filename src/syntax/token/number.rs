//! Reads literal numbers.

use super::{Lexer, Result, Token};
use crate::{
    syntax::{
        Reading, Span, SyntaxError,
        alphabet::{
            foreign_digit, is_group_blank, is_minus, is_name, superscript, vulgar_fraction,
        },
    },
    text::printable::quoted,
};

/// The help for a text that is not a number.
const DECIMAL_HELP: &str = "numbers look like 12, 1_000, 0.5, 1.5e-3, 0xff, 0b101 or 0o17";

impl Lexer<'_> {
    /// Reads a literal number. A name may follow the number without a space. A digit, a point or a
    /// fraction may not.
    pub(super) fn number(&mut self) -> Result<Token> {
        // Nearly all literals have only a few digits.
        let bytes = self.text.as_bytes();
        let mut end = self.at;
        while bytes.get(end).is_some_and(u8::is_ascii_digit) {
            end += 1;
        }
        if end > self.at {
            if let [b'.', next, ..] = &bytes[end..]
                && next.is_ascii_digit()
            {
                end += 2;
                while bytes.get(end).is_some_and(u8::is_ascii_digit) {
                    end += 1;
                }
                // A parenthesis may begin recurring digits.
                if bytes.get(end) == Some(&b'(') {
                    return self.any_number();
                }
            }
            if ends_number(&bytes[end..]) {
                self.at = end;
                return Ok(Token::Number);
            }
        }
        self.any_number()
    }

    #[cold]
    fn any_number(&mut self) -> Result<Token> {
        let start = self.at;
        let radix = match self.text.as_bytes()[start..] {
            [b'0', b'x' | b'X', ..] => 16,
            [b'0', b'o' | b'O', ..] => 8,
            [b'0', b'b' | b'B', ..] => 2,
            _ => 10,
        };
        let (radix, valid) = if radix == 10 {
            self.decimal()?
        } else {
            self.at += 2;
            (radix, self.radix_digits(radix))
        };
        let rest = self.rest();
        let is_range = rest.starts_with("..");
        // Whether a character after the literal looks like a part of the number.
        let foreign = |c: char| {
            (c == '.' && !is_range)
                || c == '_'
                || c.is_ascii_digit()
                || vulgar_fraction(c).is_some()
                || (radix != 10 && c.is_ascii_alphanumeric())
                || (c.is_numeric() && superscript(c).is_none())
        };
        if valid && !rest.starts_with(foreign) {
            return Ok(Token::Number);
        }
        let digit = rest.chars().next().and_then(foreign_digit);
        self.skip_while(|c| is_name(c) || c == '.' || vulgar_fraction(c).is_some());
        let digit = digit.map(|digit| format!("write {digit} for this digit"));
        Err(self.not_a_number(start).help(match (digit, radix) {
            (Some(help), _) => help,
            (None, 16) => "hexadecimal digits are 0 to 9 and a to f".into(),
            (None, 8) => "octal digits are 0 to 7".into(),
            (None, 2) => "binary digits are 0 and 1".into(),
            (None, _) => DECIMAL_HELP.into(),
        }))
    }

    fn not_a_number(&self, start: usize) -> Box<SyntaxError> {
        let span = Span::new(start, self.at);
        let message = format!("{} is not a number", quoted(span.of(self.text)));
        SyntaxError::wrong(span, message)
    }

    /// Reads the digits of a literal with a prefix such as `0x`. A point and a power of two may
    /// follow, as in C: `0x1.8p-3`.
    fn radix_digits(&mut self, radix: u32) -> bool {
        if !self.digits(radix) {
            return false;
        }
        let is_digit = |byte: &u8| char::from(*byte).is_digit(radix);
        if let [b'.', next, ..] = self.rest().as_bytes()
            && is_digit(next)
        {
            self.at += 1;
            if !self.digits(radix) {
                return false;
            }
        }
        if let Some(exponent) = self.rest().strip_prefix(['p', 'P']) {
            let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
            if digits.starts_with(|c: char| c.is_ascii_digit()) {
                self.at = self.text.len() - digits.len();
                return self.digits(10);
            }
        }
        true
    }

    /// Reads a literal without a prefix. Returns its base, and whether it is valid so far.
    fn decimal(&mut self) -> Result<(u32, bool)> {
        let start = self.at;
        if self.vulgar() {
            return Ok((10, true));
        }
        let has_whole = self.peek() != Some(b'.');
        if has_whole && !self.digits(10) {
            return Ok((10, false));
        }
        let whole = &self.text[start..self.at];
        let is_plain = has_whole && !whole.contains('_');
        if is_plain {
            if let Some(base) = self.base_number(whole)? {
                return Ok((base, true));
            }
            if !self.ends_at_blank && !self.groups(start)? && self.mixed(start) {
                return Ok((10, true));
            }
        }
        let has_point = self.peek() == Some(b'.') && !self.rest().starts_with("..");
        if has_point {
            self.at += 1;
            if self.peek().is_some_and(|b| b.is_ascii_digit()) && !self.digits(10) {
                return Ok((10, false));
            }
            if self.recurring(&self.text[start..self.at]) {
                return Ok((10, true));
            }
            self.refuse_decimal_comma(start)?;
        }
        Ok((10, self.exponent(start)?))
    }

    /// Skips a fraction character such as `½`, if there is one.
    fn vulgar(&mut self) -> bool {
        let next = self.rest().chars().next();
        let found = next.filter(|c| vulgar_fraction(*c).is_some());
        self.at += found.map_or(0, char::len_utf8);
        found.is_some()
    }

    /// Reads the digits of a number in the base `whole`, as in `16#ff`. Returns the base.
    fn base_number(&mut self, whole: &str) -> Result<Option<u32>> {
        let digits = self.rest().strip_prefix('#');
        let Some(digits) = digits.filter(|it| it.starts_with(|c: char| c.is_ascii_alphanumeric()))
        else {
            return Ok(None);
        };
        let Some(base) = whole.parse().ok().filter(|base| (2..=36).contains(base)) else {
            return Ok(None);
        };
        let start = self.at - whole.len();
        self.at = self.text.len() - digits.len();
        let mut valid = self.digits(base);
        if valid
            && let [b'.', next, ..] = self.rest().as_bytes()
            && char::from(*next).is_digit(base)
        {
            self.at += 1;
            valid = self.digits(base);
        }
        let ends = !self
            .rest()
            .starts_with(|c: char| c == '_' || c.is_ascii_alphanumeric());
        if valid && ends {
            self.readings.insert(Reading::BaseNumber);
            return Ok(Some(base));
        }
        self.skip_while(|c| is_name(c) || c == '.');
        let last = char::from_digit(base - 1, base).expect("the base is from 2 to 36");
        let help = format!(
            "the digits of base {base} are up to {last}; a comment needs a blank before its #"
        );
        Err(self.not_a_number(start).help(help))
    }

    /// Reads the groups of three digits that follow the first digits of a number, which begins at
    /// `start`. Returns whether there are any.
    fn groups(&mut self, start: usize) -> Result<bool> {
        let first = &self.text[start..self.at];
        let Some(separator) = self.rest().chars().next() else {
            return Ok(false);
        };
        let is_blank = is_group_blank(separator);
        if !(separator == '\'' || (self.groups_digits && (separator == ',' || is_blank))) {
            return Ok(false);
        }
        // `5'10"` is five feet ten, and `5'` five feet.
        if separator == '\'' && !self.at_apostrophe_group() {
            return Ok(false);
        }
        let mut count = 0;
        if first.len() <= 3 && !first.starts_with('0') {
            while let Some(behind) = self.rest().strip_prefix(separator)
                && let Some(behind) = three_digits(behind)
            {
                self.at = self.text.len() - behind.len();
                count += 1;
            }
        }
        let more = self.rest().strip_prefix(separator);
        if !is_blank && more.is_some_and(|it| it.starts_with(|c: char| c.is_ascii_digit())) {
            return Err(if separator == ',' {
                self.decimal_comma(start)
            } else {
                self.skip_while(|c| c == '\'' || c.is_ascii_digit());
                self.not_a_number(start)
                    .help("three digits stand behind each apostrophe: 1'234'567")
            });
        }
        if count > 0 {
            self.readings.insert(Reading::DigitGroup);
        }
        Ok(count > 0)
    }

    /// Whether the apostrophe at the current position groups digits: exactly three digits stand behind it, and no
    /// sign of inches behind them.
    fn at_apostrophe_group(&self) -> bool {
        let behind = &self.rest()[1..];
        let digits = behind.bytes().take_while(u8::is_ascii_digit).count();
        digits == 3 && !behind[digits..].starts_with(['"', '″', '”'])
    }

    /// Returns an error if the number that begins at `start` has a comma and digits behind it.
    fn refuse_decimal_comma(&mut self, start: usize) -> Result<()> {
        let more = self.rest().strip_prefix(',').filter(|_| self.groups_digits);
        match more {
            Some(more) if more.starts_with(|c: char| c.is_ascii_digit()) => {
                Err(self.decimal_comma(start))
            }
            _ => Ok(()),
        }
    }

    /// Returns the error for a comma that separates the decimals of the number at `start`.
    fn decimal_comma(&mut self, start: usize) -> Box<SyntaxError> {
        self.skip_while(|c| matches!(c, ',' | '.' | '\'') || c.is_ascii_digit());
        let text = &self.text[start..self.at];
        let (whole, decimals) = text.rsplit_once(',').unwrap_or((text, ""));
        let digits: String = whole.chars().filter(char::is_ascii_digit).collect();
        let help = format!("the decimal separator is a point: write {digits}.{decimals}");
        self.not_a_number(start).help(if decimals.contains('.') {
            "commas group three digits each: 1,234,567.89".into()
        } else {
            help
        })
    }

    /// Reads the fraction of a mixed number whose integer begins at `start`: `1 2/3` or `1½`.
    /// Returns whether there is one.
    fn mixed(&mut self, start: usize) -> bool {
        let behind = self.at;
        let rest = self.rest();
        let spaced = rest.strip_prefix(is_group_blank);
        self.at = self.text.len() - spaced.unwrap_or(rest).len();
        if self.vulgar() || (spaced.is_some() && self.proper_fraction()) {
            let after = self.rest().trim_start_matches(is_group_blank);
            let continues = |c: char| matches!(c, '/' | '^' | '!' | '÷' | '∕' | '∶');
            let is_power =
                after.starts_with("**") || after.starts_with(|c| superscript(c).is_some());
            // `!=` is a comparison.
            let is_unequal = after.starts_with("!=") && !after.starts_with("!==");
            let digit =
                |c: char| matches!(c, '.' | '_') || c.is_numeric() && superscript(c).is_none();
            if (!after.starts_with(continues) || is_unequal)
                && !is_power
                && !self.rest().starts_with(digit)
                && start < behind
            {
                self.readings.insert(Reading::MixedNumber);
                return true;
            }
        }
        self.at = behind;
        false
    }

    /// Skips a fraction of two integers that is below one, as in `2/3`.
    fn proper_fraction(&mut self) -> bool {
        let digits = |lexer: &mut Self| {
            let start = lexer.at;
            lexer.skip_while(|c| c.is_ascii_digit());
            lexer.text[start..lexer.at]
                .trim_start_matches('0')
                .to_owned()
        };
        let numerator = digits(self);
        if self.peek() != Some(b'/') {
            return false;
        }
        self.at += 1;
        let denominator = digits(self);
        !numerator.is_empty() && (numerator.len(), &numerator) < (denominator.len(), &denominator)
    }

    /// Reads the recurring digits of a number, as in `0.(3)` and `0.1(6)...`. `before` is the
    /// number up to them. Returns whether there are any.
    ///
    /// Without the three points, `1.08(250)` is a product.
    fn recurring(&mut self, before: &str) -> bool {
        let Some((digits, behind)) = self
            .rest()
            .strip_prefix('(')
            .and_then(|rest| rest.split_once(')'))
        else {
            return false;
        };
        if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
            if before.ends_with('.') {
                self.readings.insert(Reading::Product);
            }
            return false;
        }
        let marked = behind.strip_prefix("...");
        if let Some(marked) = marked.filter(|it| !it.starts_with('.')) {
            self.at = self.text.len() - marked.len();
            return true;
        }
        if before != "0." {
            self.readings.insert(Reading::Product);
            return false;
        }
        self.at = self.text.len() - behind.len();
        self.readings.insert(Reading::Recurring);
        true
    }

    /// Reads the exponent of the number that begins at `start`, if there is one. Returns whether
    /// it is valid.
    ///
    /// If no digits follow an `e`, it is the name `e` or the start of another name.
    fn exponent(&mut self, start: usize) -> Result<bool> {
        let Some(rest) = self.rest().strip_prefix(['e', 'E']) else {
            return Ok(true);
        };
        let digits = rest
            .strip_prefix(|c| c == '+' || is_minus(c))
            .unwrap_or(rest);
        if digits.starts_with(|c: char| c.is_ascii_digit()) {
            self.at = self.text.len() - digits.len();
            return Ok(self.digits(10));
        }
        let is_signed = digits.len() < rest.len();
        let ends = is_signed && digits.trim_end().is_empty();
        let next = digits.as_bytes().get(1);
        if ends || (digits.starts_with('.') && next.is_some_and(u8::is_ascii_digit)) {
            self.at = self.text.len() - digits.len();
            self.skip_while(|c| c == '.' || c.is_ascii_digit());
            let help = "an exponent is an integer, as in 3e-5; write 10^-0.5 for other powers";
            return Err(self.not_a_number(start).help(help));
        }
        Ok(true)
    }

    /// Skips digits, with single `_` separators between them.
    ///
    /// Returns whether there is at least one digit and every separator is between two digits.
    fn digits(&mut self, radix: u32) -> bool {
        let mut last = None;
        while let Some(b) = self.peek() {
            let digit = char::from(b).is_digit(radix);
            if !digit && (b != b'_' || last != Some(true)) {
                break;
            }
            last = Some(digit);
            self.at += 1;
        }
        last == Some(true)
    }
}

/// Returns the text behind three digits, if `text` begins with exactly three digits.
fn three_digits(text: &str) -> Option<&str> {
    let end = text.bytes().position(|b| !b.is_ascii_digit());
    (end.unwrap_or(text.len()) == 3).then(|| &text[3..])
}

/// Whether the text `behind` some digits is certainly not a part of the number.
#[inline]
fn ends_number(behind: &[u8]) -> bool {
    match behind {
        [] => true,
        // What stands behind these characters may be a part of the number.
        [b' ' | b',' | b'\'', next, ..] => !next.is_ascii_digit() && next.is_ascii(),
        [b'#', next, ..] => !next.is_ascii_alphanumeric(),
        [byte, ..] => {
            byte.is_ascii() && !byte.is_ascii_alphanumeric() && !matches!(byte, b'.' | b'_')
        }
    }
}
