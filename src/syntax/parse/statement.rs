//! Parses statements: definitions and expressions.

use std::collections::BTreeSet;

use super::{Parser, Result, index};
use crate::{
    syntax::{
        Definition, KEYWORDS, NodeKind, Reading, Span, Statement, SyntaxError, SyntaxErrorKind,
        token::Token,
    },
    text::printable::quoted,
};

/// The maximum number of parameters of a function.
pub(in crate::syntax) const PARAMETERS: usize = u8::MAX as usize;

/// The names that set the digits and the bases of bc. Here they are variables.
const SETTINGS_OF_BC: [&str; 3] = ["scale", "obase", "ibase"];

impl Parser<'_> {
    /// Reads the statements of the line.
    pub(super) fn line(&mut self) -> Result<()> {
        while self.next.token != Token::End {
            self.statement()?;
            match self.next.token {
                Token::Semicolon => self.advance()?,
                _ => break,
            };
        }
        Ok(())
    }

    /// Reads a statement: a definition or an expression.
    fn statement(&mut self) -> Result<()> {
        if self.next.token == Token::Equals {
            self.advance()?;
            self.readings.insert(Reading::EqualsSign);
        }
        let mut binds = match self.next.token {
            Token::Name => self.definition()?,
            _ => None,
        };
        self.in_function = binds
            .as_ref()
            .is_some_and(|definition| definition.parameters.is_some());
        let start = self.nodes.len();
        let first = self.next.span;
        if binds.is_none() && self.at_conversion() {
            let at = first.start;
            self.node(NodeKind::LastAnswer, Span { start: at, end: at });
            self.readings.insert(Reading::LastAnswer);
            self.operators()?;
        } else {
            self.expression()?;
        }
        if let Some(definition) = &mut binds {
            definition.right = first.to(self.taken);
            if self.next.token == Token::Semicolon {
                self.bound.insert(definition.name.of(self.text));
            }
        }
        if !self.parameters.is_empty() {
            self.parameters.clear();
        }
        let nodes = index(start)..index(self.nodes.len());
        self.statements.push(Statement { binds, nodes });
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
        if SETTINGS_OF_BC.contains(&self.word(name)) {
            self.readings.insert(Reading::Variable);
        }
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
        let (text, mut words) = (self.text, BTreeSet::new());
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
        self.parameters = words;
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
}
