//! Converts characters to tokens.

mod number;

use super::{
    Readings, Span,
    alphabet::{
        foreign_digit, is_invisible, is_minus, is_name, is_name_start, is_space, replacement,
        superscript, vulgar_fraction,
    },
    error::SyntaxError,
};
use crate::text::printable::quoted;

/// The kind of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Token {
    Number,
    Name,
    /// A run of superscript digits, with or without a sign.
    Superscript,
    Plus,
    Minus,
    Star,
    Slash,
    DoubleSlash,
    Percent,
    Power,
    Root,
    CubeRoot,
    FourthRoot,
    /// A run of exclamation marks.
    Bangs,
    Tilde,
    Ampersand,
    DoubleAmpersand,
    Bar,
    DoubleBar,
    ShiftLeft,
    ShiftRight,
    Equals,
    Equal,
    Unequal,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Arrow,
    Open,
    Close,
    Comma,
    Semicolon,
    End,
}

/// A token with its place in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Lexeme {
    pub(super) token: Token,
    pub(super) span: Span,
    /// Whether white space or a comment is directly before the token.
    pub(super) spaced: bool,
    /// Whether this white space has a tab.
    pub(super) tabbed: bool,
}

/// Reads the tokens of a text, from start to end.
#[derive(Clone, Debug)]
pub(super) struct Lexer<'a> {
    text: &'a str,
    /// The index of the next byte to read.
    at: usize,
    /// Whether commas and blanks can group the digits of a number. In calls, a comma separates
    /// arguments.
    pub(super) groups_digits: bool,
    /// Whether a blank ends a number, so that it neither groups digits nor stands in a mixed number.
    pub(super) ends_at_blank: bool,
    /// The readings of the literals so far.
    pub(super) readings: Readings,
}

type Result<T> = std::result::Result<T, Box<SyntaxError>>;

impl<'a> Lexer<'a> {
    /// Creates a lexer at the start of `text`.
    pub(super) fn new(text: &'a str) -> Self {
        Self {
            text,
            at: 0,
            groups_digits: true,
            ends_at_blank: false,
            readings: Readings::NONE,
        }
    }

    /// Continues at the byte `at`. The skipped text is not a token.
    pub(super) fn skip_to(&mut self, at: usize) {
        self.at = at;
    }

    /// Returns the next token.
    pub(super) fn next(&mut self) -> Result<Lexeme> {
        let mut lexeme = Lexeme {
            token: Token::End,
            span: Span::default(),
            spaced: false,
            tabbed: false,
        };
        self.read(&mut lexeme)?;
        Ok(lexeme)
    }

    /// Writes the next token into `lexeme`.
    ///
    /// This method runs for every token of every line. Returning the token would be several times
    /// as slow.
    pub(super) fn read(&mut self, lexeme: &mut Lexeme) -> Result<()> {
        let before = self.at;
        // Most tokens have one space between them.
        if self.peek() == Some(b' ') {
            self.at += 1;
        }
        lexeme.spaced = self.at > before;
        lexeme.tabbed = false;
        if self.peek().is_none_or(may_be_blank) {
            let start = self.at;
            lexeme.spaced |= self.skip_blanks();
            lexeme.tabbed = self.text.as_bytes()[start..self.at].contains(&b'\t');
        }
        let start = self.at;
        lexeme.token = self.token()?;
        lexeme.span = Span::new(start, self.at);
        Ok(())
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Skips white space, invisible characters and comments. Returns whether there was white space
    /// or a comment.
    fn skip_blanks(&mut self) -> bool {
        let mut spaced = false;
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t'..=b'\r' => self.at += 1,
                b'#' => {
                    let rest = self.rest();
                    self.at += rest.find('\n').unwrap_or(rest.len());
                }
                0x80.. => match self.rest().chars().next() {
                    Some(c) if is_space(c) => self.at += c.len_utf8(),
                    Some(c) if is_invisible(c) => {
                        self.at += c.len_utf8();
                        continue;
                    }
                    _ => return spaced,
                },
                _ => return spaced,
            }
            spaced = true;
        }
        spaced
    }

    /// Reads the token at the current position.
    fn token(&mut self) -> Result<Token> {
        let Some(first) = self.peek() else {
            return Ok(Token::End);
        };
        let second = || self.text.as_bytes().get(self.at + 1).copied();
        let (token, length) = match first {
            b'0'..=b'9' => return self.word(Self::number),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => return self.word(Self::name),
            b'+' => (Token::Plus, 1),
            b'-' if second() == Some(b'>') => (Token::Arrow, 2),
            b'-' => (Token::Minus, 1),
            b'*' if second() == Some(b'*') => (Token::Power, 2),
            b'*' => (Token::Star, 1),
            b'/' if second() == Some(b'/') => (Token::DoubleSlash, 2),
            b'/' => (Token::Slash, 1),
            b'%' => (Token::Percent, 1),
            b'^' => (Token::Power, 1),
            b'(' => (Token::Open, 1),
            b')' => (Token::Close, 1),
            b',' => (Token::Comma, 1),
            b';' => (Token::Semicolon, 1),
            b'=' if second() == Some(b'=') => (Token::Equal, 2),
            b'=' => (Token::Equals, 1),
            b'<' if second() == Some(b'=') => (Token::LessEqual, 2),
            b'<' if second() == Some(b'<') => (Token::ShiftLeft, 2),
            b'<' => (Token::Less, 1),
            b'>' if second() == Some(b'=') => (Token::GreaterEqual, 2),
            b'>' if second() == Some(b'>') => (Token::ShiftRight, 2),
            b'>' => (Token::Greater, 1),
            b'~' => (Token::Tilde, 1),
            b'&' if second() == Some(b'&') => (Token::DoubleAmpersand, 2),
            b'&' => (Token::Ampersand, 1),
            b'|' if second() == Some(b'|') => (Token::DoubleBar, 2),
            b'|' => (Token::Bar, 1),
            b'\'' | b'"' => (Token::Name, 1),
            b'!' => return Ok(self.bangs()),
            b'.' if second().is_some_and(|b| b.is_ascii_digit()) => return self.word(Self::number),
            0x80.. => return self.beyond_ascii(),
            _ => return Err(self.unexpected()),
        };
        self.at += length;
        Ok(token)
    }

    /// Reads a run of exclamation marks, or `!=`.
    fn bangs(&mut self) -> Token {
        let rest = self.rest();
        let behind = rest.trim_start_matches('!');
        let count = rest.len() - behind.len();
        // `5!==120` compares a factorial, and `5! =` ends with an equals sign that is ignored.
        let is_unequal = count == 1
            && behind.starts_with('=')
            && !behind.starts_with("==")
            && !matches!(behind[1..].trim_start().chars().next(), None | Some('#'));
        self.at += if is_unequal { 2 } else { count };
        if is_unequal {
            Token::Unequal
        } else {
            Token::Bangs
        }
    }

    /// Reads a number or a name with `read`. Fails if it has invisible characters.
    fn word(&mut self, read: impl FnOnce(&mut Self) -> Result<Token>) -> Result<Token> {
        let start = self.at;
        let token = read(self)?;
        if self.peek().is_some_and(|byte| byte >= 0x80) {
            self.check_visible(start)?;
        }
        Ok(token)
    }

    /// Fails if a word that begins at `start` continues behind an invisible character.
    fn check_visible(&self, start: usize) -> Result<()> {
        let rest = self.rest();
        let behind = rest.trim_start_matches(is_invisible);
        let invisible = &rest[..rest.len() - behind.len()];
        let Some(c) = invisible
            .chars()
            .next()
            .filter(|_| behind.starts_with(is_name))
        else {
            return Ok(());
        };
        let end = self.at + invisible.len();
        let code = u32::from(c);
        let message = format!("the invisible character U+{code:04X} is within a word");
        let error = SyntaxError::wrong(Span::new(start, end), message);
        Err(error.help("delete it, or write a blank or an operator there"))
    }

    /// Reads a token that begins with a non-ASCII character.
    fn beyond_ascii(&mut self) -> Result<Token> {
        let c = self.rest().chars().next().expect("a byte is left");
        let token = match c {
            '×' | '·' | '⋅' | '∗' | '✕' => Token::Star,
            '÷' | '∕' | '∶' => Token::Slash,
            '√' => Token::Root,
            '∛' => Token::CubeRoot,
            '∜' => Token::FourthRoot,
            '≤' => Token::LessEqual,
            '≥' => Token::GreaterEqual,
            '≠' => Token::Unequal,
            '→' => Token::Arrow,
            '°' | '′' | '″' | '‰' | '℃' | '℉' => {
                self.at += c.len_utf8();
                // `°C` is one name.
                if c == '°' && self.rest().starts_with(['C', 'F']) {
                    self.at += 1;
                }
                return Ok(Token::Name);
            }
            'Δ' if self.rest().starts_with("Δ°C") || self.rest().starts_with("Δ°F") => {
                self.at += "Δ°C".len();
                return Ok(Token::Name);
            }
            _ if is_minus(c) => Token::Minus,
            _ if vulgar_fraction(c).is_some() => return self.number(),
            _ if superscript(c).is_some() => return self.superscript(),
            _ if is_name_start(c) => return self.word(Self::name),
            _ => return Err(self.unexpected()),
        };
        self.at += c.len_utf8();
        Ok(token)
    }

    #[expect(clippy::unnecessary_wraps, reason = "it is a reader of words")]
    fn name(&mut self) -> Result<Token> {
        self.skip_while(is_name);
        Ok(Token::Name)
    }

    fn superscript(&mut self) -> Result<Token> {
        let start = self.at;
        let sign = self.rest().starts_with(['⁺', '⁻']);
        let mut signs = 0;
        self.skip_while(|c| {
            signs += usize::from(matches!(c, '⁺' | '⁻'));
            superscript(c).is_some()
        });
        let span = Span::new(start, self.at);
        let length = self.text[start..self.at].chars().count();
        if signs > usize::from(sign) || length == signs {
            let message = format!("{} is not an integer", quoted(span.of(self.text)));
            return Err(SyntaxError::wrong(span, message).help("write ^ and the exponent"));
        }
        Ok(Token::Superscript)
    }

    fn skip_while(&mut self, mut is_part: impl FnMut(char) -> bool) {
        let rest = self.rest();
        self.at += rest.find(|c| !is_part(c)).unwrap_or(rest.len());
    }

    /// Returns the error for a character that cannot begin a token.
    fn unexpected(&self) -> Box<SyntaxError> {
        let c = self.rest().chars().next().expect("a byte is left");
        let span = Span::new(self.at, self.at + c.len_utf8());
        let message = format!("unexpected character {}", quoted(span.of(self.text)));
        let help = match c {
            '[' | '{' | ']' | '}' => "use ( and ) to group".into(),
            '?' => "write if(condition, then, else)".into(),
            ':' if self.rest().starts_with(":=") => "write name = value to define".into(),
            ':' => "write name = value to define, / to divide, or if(condition, then, else)".into(),
            '.' => "a decimal point needs a digit before or after it".into(),
            '$' | '€' | '£' | '¥' | '₩' | '₹' => "currencies are not supported".into(),
            '`' | '\\' => "remove it".into(),
            '@' => "dates are not supported".into(),
            _ => match (replacement(c), foreign_digit(c)) {
                (Some(sign), _) => format!("write {sign}"),
                (None, Some(digit)) => format!("write {digit}"),
                (None, None) => String::new(),
            },
        };
        SyntaxError::wrong(span, message).help(help)
    }
}

/// Whether white space or a comment can begin with `byte`.
fn may_be_blank(byte: u8) -> bool {
    byte <= b' ' || byte == b'#' || !byte.is_ascii()
}
