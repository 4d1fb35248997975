//! Parses conversions: `to hex`, `in base 7`, `-> 30 digits`.

use super::{Parser, Result, expression::Pending};
use crate::{
    syntax::{
        Conversion, NodeKind, SyntaxError,
        conversion::{self, BASES},
        token::Token,
    },
    text::printable::quoted,
};

impl Parser<'_> {
    /// Whether the next token begins a conversion.
    pub(super) fn at_conversion(&self) -> bool {
        match self.next.token {
            Token::Arrow => true,
            Token::Name => matches!(self.word(self.next.span), "to" | "as" | "in"),
            _ => false,
        }
    }

    /// Reads a conversion of the value before it. A conversion ends a statement, an argument or
    /// what is between brackets.
    pub(super) fn conversion(&mut self) -> Result<()> {
        self.reduce(|_| true);
        self.advance()?;
        let first = self.next.span;
        let (form, operand) = self.target()?;
        let last = self.advance()?;
        self.node(NodeKind::Convert { form, operand }, first.to(last.span));
        let ends = match self.next.token {
            Token::End | Token::Semicolon | Token::Close | Token::Comma => true,
            Token::Bar | Token::DoubleBar => matches!(self.innermost(), Some(Pending::Bars(_))),
            _ => self.at_conversion() || (self.next.tabbed && self.ends_column()),
        };
        if ends {
            return Ok(());
        }
        let expected = match self.innermost() {
            None => "the end of the statement",
            Some(_) => "')'",
        };
        let error = self.unexpected(expected);
        Err(error.help("a conversion stands last; write (x to hex) * 2 to calculate with it"))
    }

    /// Reads the form after `to`, up to its last token, which remains the next token of the parser.
    /// Returns the row of the form, and its count or base.
    fn target(&mut self) -> Result<(u8, u32)> {
        let word = self.word(self.next.span);
        let form = match self.next.token {
            Token::Number => return self.counted(),
            Token::Name => match conversion::of_base(word) {
                Some(form) => return self.base(form),
                None => conversion::of_word(word),
            },
            _ => None,
        };
        let form = form.ok_or_else(|| {
            let help = format!("the conversions are {}", conversion::list());
            self.unexpected("a conversion such as 'hex'").help(help)
        })?;
        Ok((form, 0))
    }

    /// Reads `base` and a number.
    fn base(&mut self, form: u8) -> Result<(u8, u32)> {
        self.advance()?;
        if self.next.token != Token::Number {
            return Err(self.unexpected("a base from 2 to 36"));
        }
        let word = self.word(self.next.span);
        match word.parse() {
            Ok(base) if BASES.contains(&base) => Ok((form, base)),
            _ => {
                let message = format!("{} is not a base from 2 to 36", quoted(word));
                Err(SyntaxError::wrong(self.next.span, message))
            }
        }
    }

    /// Reads a conversion that begins with a count: `30 digits`, `2 decimal places`.
    fn counted(&mut self) -> Result<(u8, u32)> {
        let span = self.next.span;
        let digits: String = self.word(span).replace(['_', ',', '\''], "");
        // A count that does not fit in `u32` is above every limit.
        let count = digits.parse().unwrap_or(u32::MAX);
        self.advance()?;
        let mut word = self.word(self.next.span);
        if matches!(word, "significant" | "decimal") && self.token_after_next().token == Token::Name
        {
            self.advance()?;
            word = self.word(self.next.span);
        }
        let form = conversion::of_count(word);
        let is_decimals = form
            .is_some_and(|form| matches!(Conversion::new(form, count), Conversion::Decimals(_)));
        if (count == 0 && !is_decimals) || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            let message = format!("{} is not a valid count of digits", quoted(&digits));
            let error = SyntaxError::wrong(span, message);
            return Err(error.help("write a positive integer, as in: to 30 digits"));
        }
        let form = form.ok_or_else(|| self.unexpected("'digits' or 'decimals'"))?;
        Ok((form, count))
    }
}
