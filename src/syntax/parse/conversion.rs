//! Parses conversions: `to hex`, `in base 7`, `-> 30 digits`.

use super::{Parser, Result, expression::Pending, percent::is_operator};
use crate::{
    syntax::{
        Binary, Conversion, NodeKind, SyntaxError,
        conversion::{self, BASES},
        node::Level,
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
    ///
    /// Returns whether an operand must follow: of a conversion to units, this method reads only the word
    /// before the units.
    pub(super) fn conversion(&mut self) -> Result<bool> {
        self.reduce(|_| true);
        self.advance()?;
        let first = self.next.span;
        let word = self.word(first);
        let is_unit = match self.next.token {
            Token::Name => {
                conversion::of_base(word).is_none()
                    && conversion::of_word(word).is_none()
                    && (!is_operator(word) || word == "in")
            }
            Token::Number => word == "1" && self.token_after_next().token == Token::Slash,
            _ => false,
        };
        if is_unit {
            self.push(Pending::Target { first, units: 1 })?;
            return Ok(true);
        }
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
            return Ok(false);
        }
        Err(self.behind_conversion())
    }

    /// Returns the error for the next token, which cannot stand behind a conversion.
    fn behind_conversion(&self) -> Box<SyntaxError> {
        let expected = match self.innermost() {
            None => "the end of the statement",
            Some(_) => "')'",
        };
        let error = self.unexpected(expected);
        error.help("a conversion stands last; write (x to hex) * 2 to calculate with it")
    }

    /// Whether the target of a conversion is being parsed.
    pub(super) fn in_target(&self) -> bool {
        self.targets > 0
    }

    /// Reads the `+` between two units of the target of a conversion, as in `to ft + in`. Returns whether
    /// `operator` is one. Fails for an operator that no unit has.
    pub(super) fn is_target_end(&mut self, operator: Binary) -> Result<bool> {
        match operator {
            Binary::Multiply | Binary::Divide | Binary::Power => return Ok(false),
            Binary::Add => {}
            _ => return Err(self.behind_conversion()),
        }
        self.reduce(|level| level > Level::CONVERSION);
        let Some(Pending::Target { first, units }) = self.pending.last().copied() else {
            return Ok(false);
        };
        self.replace(Pending::Target {
            first,
            units: units.saturating_add(1),
        });
        self.advance()?;
        Ok(true)
    }

    /// Whether the next token, `in`, is the inch: it stands directly behind a literal, and before the end, a
    /// closing bracket, an operator or a conversion.
    pub(super) fn is_inch(&self) -> bool {
        let is_behind_literal = self.number_end == self.taken.end;
        let behind = self.token_after_next();
        let word = self.word(behind.span);
        is_behind_literal
            && match behind.token {
                Token::Name => is_operator(word),
                Token::Number | Token::Open | Token::Root | Token::CubeRoot | Token::FourthRoot => {
                    false
                }
                _ => true,
            }
    }

    /// Whether the next number continues a mixed quantity such as `5 ft 10 in`: a number and a name stand
    /// before it, and a name behind it.
    pub(super) fn is_mixed(&self) -> bool {
        let (name, number) = match &self.nodes[..] {
            [.., number, name] if number.kind == NodeKind::Literal => (name, number),
            [.., number, sign, name] if matches!(sign.kind, NodeKind::Prefix(_)) => (name, number),
            _ => return false,
        };
        let Some(Pending::Binary {
            operator: Binary::Juxtapose,
            ..
        }) = self.pending.last()
        else {
            return false;
        };
        let behind = self.token_after_next();
        number.kind == NodeKind::Literal
            && matches!(name.kind, NodeKind::Name | NodeKind::UnitName)
            && self.taken == name.span
            && behind.token == Token::Name
            && (!is_operator(self.word(behind.span)) || self.word(behind.span) == "in")
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
