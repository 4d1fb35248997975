//! Parses statements: definitions, expressions and conversions.

use std::collections::HashSet;

use super::{Parser, Result, index};
use crate::{
    syntax::{
        Conversion, Definition, KEYWORDS, Span, Statement, SyntaxError, SyntaxErrorKind,
        conversion, token::Token,
    },
    text::printable::quoted,
};

/// The maximum number of parameters of a function.
pub(in crate::syntax) const PARAMETERS: usize = u8::MAX as usize;

impl Parser<'_, '_> {
    /// Reads the statements of the line.
    pub(super) fn line(&mut self) -> Result<()> {
        while self.next.token != Token::End {
            self.statement()?;
            match self.next.token {
                Token::Semicolon => self.advance()?,
                _ => break,
            };
        }
        if let Some((last, others)) = self.line.statements.split_last() {
            let function = Some(last).filter(|last| last.is_function());
            let not_shown = others.iter().chain(function);
            if let Some((_, span)) = not_shown
                .flat_map(|statement| &statement.conversions)
                .next()
            {
                let error =
                    SyntaxError::wrong(*span, "the value is not shown, so it cannot be converted");
                return Err(error.help("only the value of the last statement is shown"));
            }
        }
        Ok(())
    }

    /// Reads a statement: a definition or an expression, and the conversions after it.
    fn statement(&mut self) -> Result<()> {
        let mut binds = match self.next.token {
            Token::Name => self.definition()?,
            _ => None,
        };
        self.in_function = binds
            .as_ref()
            .is_some_and(|definition| definition.parameters.is_some());
        let start = self.line.nodes.len();
        let first = self.next.span;
        self.expression()?;
        if let Some(definition) = &mut binds {
            definition.right = first.to(self.taken);
        }
        let conversions = match self.next.token {
            Token::End | Token::Semicolon => Vec::new(),
            _ => self.conversions()?,
        };
        let nodes = index(start)..index(self.line.nodes.len());
        self.line.statements.push(Statement {
            binds,
            nodes,
            conversions,
        });
        Ok(())
    }

    /// Reads the left side of a definition, if the statement is a definition.
    fn definition(&mut self) -> Result<Option<Definition>> {
        let name = self.next.span;
        // An error in a token ends the look-ahead. It is reported when the expression is read.
        let mut ahead = self.lexer.clone();
        let mut token = || ahead.next().map_or(Token::End, |lexeme| lexeme.token);
        let is_function = match token() {
            Token::Equals => false,
            Token::Open => {
                let mut inside = token();
                while matches!(inside, Token::Name | Token::Comma) {
                    inside = token();
                }
                if inside != Token::Close || token() != Token::Equals {
                    return Ok(None);
                }
                true
            }
            _ => return Ok(None),
        };
        self.check_bindable(name)?;
        self.advance()?;
        let parameters = if is_function {
            Some(self.parameters()?)
        } else {
            None
        };
        // Skip the equals sign.
        self.advance()?;
        Ok(Some(Definition {
            name,
            parameters,
            // The caller sets this span after it has read the right side.
            right: Span::default(),
        }))
    }

    /// Reads the parameters of a definition, from `(` to `)`.
    ///
    /// The caller has checked that only names and commas are between the parentheses.
    fn parameters(&mut self) -> Result<Vec<Span>> {
        let mut parameters: Vec<Span> = Vec::new();
        let (text, mut words) = (self.line.text, HashSet::new());
        let mut lexeme = self.advance()?;
        while lexeme.token != Token::Close {
            let name = self.next;
            if name.token != Token::Name {
                if parameters.is_empty()
                    && name.token == Token::Close
                    && lexeme.token == Token::Open
                {
                    self.advance()?;
                    break;
                }
                return Err(self.unexpected("a parameter's name"));
            }
            self.check_bindable(name.span)?;
            if parameters.len() == PARAMETERS {
                let message = format!("a function has at most {PARAMETERS} parameters");
                return Err(SyntaxError::new(SyntaxErrorKind::Limit, name.span, message));
            }
            if !words.insert(name.span.of(text)) {
                let message = format!("two parameters are called {}", quoted(self.word(name.span)));
                return Err(
                    SyntaxError::wrong(name.span, message).help("give them different names")
                );
            }
            parameters.push(name.span);
            self.advance()?;
            if self.next.token == Token::Name {
                return Err(self.unexpected("','"));
            }
            lexeme = self.advance()?;
        }
        Ok(parameters)
    }

    /// Returns an error if `name` is a keyword.
    fn check_bindable(&self, name: Span) -> Result<()> {
        let word = self.word(name);
        if KEYWORDS.contains(&word) {
            let message = format!("{} cannot be redefined", quoted(word));
            let error = SyntaxError::new(SyntaxErrorKind::Reserved, name, message);
            return Err(error.help("it is a word of the language; choose another name"));
        }
        Ok(())
    }

    /// Reads the conversions after an expression, up to the end of the statement.
    fn conversions(&mut self) -> Result<Vec<(Conversion, Span)>> {
        let mut conversions = Vec::new();
        while self.at_conversion() {
            self.advance()?;
            let first = self.next.span;
            let conversion = self.conversion()?;
            let last = self.advance()?;
            conversions.push((conversion, first.to(last.span)));
        }
        match self.next.token {
            Token::End | Token::Semicolon => Ok(conversions),
            _ => Err(self.unexpected("the end of the statement")),
        }
    }

    /// Whether the next token begins a conversion.
    fn at_conversion(&self) -> bool {
        match self.next.token {
            Token::Arrow => true,
            Token::Name => self.word(self.next.span) == "to",
            _ => false,
        }
    }

    /// Reads one conversion up to its last token, which remains the next token of the parser.
    fn conversion(&mut self) -> Result<Conversion> {
        let word = self.word(self.next.span);
        let form = match self.next.token {
            Token::Name => conversion::of_word(word),
            Token::Number => return self.counted_conversion(),
            _ => None,
        };
        form.ok_or_else(|| {
            let help = format!("the conversions are {}", conversion::list());
            self.unexpected("a conversion such as 'hex'").help(help)
        })
    }

    /// Reads a conversion that begins with a count: `30 digits`.
    fn counted_conversion(&mut self) -> Result<Conversion> {
        let span = self.next.span;
        let digits = self.word(span).replace('_', "");
        // A count that does not fit in `u32` is above every limit.
        let count = digits.parse().unwrap_or(u32::MAX);
        if count == 0 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            let message = format!("{} is not a valid count of digits", quoted(&digits));
            let error = SyntaxError::wrong(span, message);
            return Err(error.help("write a positive integer, as in: to 30 digits"));
        }
        self.advance()?;
        conversion::of_count(count, self.word(self.next.span))
            .ok_or_else(|| self.unexpected("'digits'"))
    }
}
