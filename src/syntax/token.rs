//! Converts characters to tokens.

use super::{
    Span,
    error::{SyntaxError, SyntaxErrorKind},
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
    Percent,
    Power,
    Root,
    Bang,
    BangBang,
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
}

/// Reads the tokens of a text, from start to end.
#[derive(Clone, Debug)]
pub(super) struct Lexer<'a> {
    text: &'a str,
    /// The index of the next byte to read.
    at: usize,
}

type Result<T> = std::result::Result<T, Box<SyntaxError>>;

impl<'a> Lexer<'a> {
    /// Creates a lexer at the start of `text`.
    pub(super) fn new(text: &'a str) -> Self {
        Self { text, at: 0 }
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
        if self.peek().is_none_or(may_be_blank) {
            self.skip_blanks();
        }
        let start = self.at;
        lexeme.token = self.token()?;
        lexeme.span = Span::new(start, self.at);
        lexeme.spaced = start > before;
        Ok(())
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Skips white space and comments.
    fn skip_blanks(&mut self) {
        while let Some(byte) = self.peek() {
            match byte {
                b' ' | b'\t'..=b'\r' => self.at += 1,
                b'#' => {
                    let rest = self.rest();
                    self.at += rest.find('\n').unwrap_or(rest.len());
                }
                0x80.. => match self.rest().chars().next() {
                    Some(c) if is_space(c) => self.at += c.len_utf8(),
                    _ => return,
                },
                _ => return,
            }
        }
    }

    /// Reads the token at the current position.
    fn token(&mut self) -> Result<Token> {
        let Some(first) = self.peek() else {
            return Ok(Token::End);
        };
        let second = || self.text.as_bytes().get(self.at + 1).copied();
        let (token, length) = match first {
            b'0'..=b'9' => return self.number(),
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => return Ok(self.name()),
            b'+' => (Token::Plus, 1),
            b'-' if second() == Some(b'>') => (Token::Arrow, 2),
            b'-' => (Token::Minus, 1),
            b'*' if second() == Some(b'*') => (Token::Power, 2),
            b'*' => (Token::Star, 1),
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
            b'<' => (Token::Less, 1),
            b'>' if second() == Some(b'=') => (Token::GreaterEqual, 2),
            b'>' => (Token::Greater, 1),
            b'!' if second() == Some(b'!') => (Token::BangBang, 2),
            // `5!==120` compares a factorial.
            b'!' if second() == Some(b'=') && !self.rest().starts_with("!==") => {
                (Token::Unequal, 2)
            }
            b'!' => (Token::Bang, 1),
            b'.' if second().is_some_and(|b| b.is_ascii_digit()) => return self.number(),
            0x80.. => return self.beyond_ascii(),
            _ => return Err(self.unexpected()),
        };
        self.at += length;
        Ok(token)
    }

    /// Reads a token that begins with a non-ASCII character.
    fn beyond_ascii(&mut self) -> Result<Token> {
        let c = self.rest().chars().next().expect("a byte is left");
        let token = match c {
            '−' => Token::Minus,
            '×' | '·' | '⋅' => Token::Star,
            '÷' | '∕' => Token::Slash,
            '√' => Token::Root,
            '≤' => Token::LessEqual,
            '≥' => Token::GreaterEqual,
            '≠' => Token::Unequal,
            '→' => Token::Arrow,
            _ if vulgar_fraction(c).is_some() => return self.number(),
            _ if superscript(c).is_some() => return self.superscript(),
            _ if is_name_start(c) => return Ok(self.name()),
            _ => return Err(self.unexpected()),
        };
        self.at += c.len_utf8();
        Ok(token)
    }

    fn name(&mut self) -> Token {
        self.skip_while(is_name);
        Token::Name
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

    /// Reads a literal number. A name may follow the number without a space. A digit, a point or a
    /// fraction may not.
    fn number(&mut self) -> Result<Token> {
        let start = self.at;
        // Nearly all literals have only a few digits.
        let bytes = self.text.as_bytes();
        let mut end = start;
        while bytes.get(end).is_some_and(u8::is_ascii_digit) {
            end += 1;
        }
        if end > start && bytes.get(end).is_none_or(|b| ends_number(*b)) {
            self.at = end;
            return Ok(Token::Number);
        }
        let radix = match self.text.as_bytes()[start..] {
            [b'0', b'x' | b'X', ..] => 16,
            [b'0', b'o' | b'O', ..] => 8,
            [b'0', b'b' | b'B', ..] => 2,
            _ => 10,
        };
        let valid = if radix == 10 {
            self.decimal()
        } else {
            self.at += 2;
            self.digits(radix)
        };
        // Whether a character after the literal looks like a part of the number.
        let rest = self.rest();
        let foreign = |c: char| {
            c == '.'
                || c == '_'
                || c.is_ascii_digit()
                || vulgar_fraction(c).is_some()
                || (radix != 10 && c.is_ascii_alphanumeric())
                || (c.is_numeric() && superscript(c).is_none())
        };
        if valid && !rest.starts_with(foreign) {
            return Ok(Token::Number);
        }
        self.skip_while(|c| is_name(c) || c == '.' || vulgar_fraction(c).is_some());
        let span = Span::new(start, self.at);
        let message = format!("{} is not a number", quoted(span.of(self.text)));
        Err(SyntaxError::wrong(span, message).help(match radix {
            16 => "hexadecimal digits are 0 to 9 and a to f",
            8 => "octal digits are 0 to 7",
            2 => "binary digits are 0 and 1",
            _ => "numbers look like 12, 1_000, 0.5, 1.5e-3, 0xff, 0b101 or 0o17",
        }))
    }

    /// Skips a decimal literal: digits, point and exponent, or a fraction character such as `½`.
    ///
    /// Returns whether the literal is valid.
    fn decimal(&mut self) -> bool {
        if let Some(c) = self.rest().chars().next()
            && vulgar_fraction(c).is_some()
        {
            self.at += c.len_utf8();
            return true;
        }
        let whole = self.peek() != Some(b'.');
        if whole && !self.digits(10) {
            return false;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            if self.peek().is_some_and(|b| b.is_ascii_digit()) && !self.digits(10) {
                return false;
            }
        }
        if let Some(rest) = self.rest().strip_prefix(['e', 'E']) {
            let digits = rest.strip_prefix(['+', '-', '−']).unwrap_or(rest);
            // If no digits follow, this is the name `e` or the start of another name.
            if digits.starts_with(|c: char| c.is_ascii_digit()) {
                self.at = self.text.len() - digits.len();
                return self.digits(10);
            }
        }
        true
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

    fn skip_while(&mut self, mut is_part: impl FnMut(char) -> bool) {
        let rest = self.rest();
        self.at += rest.find(|c| !is_part(c)).unwrap_or(rest.len());
    }

    /// Returns the error for a character that cannot begin a token.
    fn unexpected(&self) -> Box<SyntaxError> {
        let c = self.rest().chars().next().expect("a byte is left");
        let span = Span::new(self.at, self.at + c.len_utf8());
        let message = format!("unexpected character {}", quoted(span.of(self.text)));
        SyntaxError::new(SyntaxErrorKind::Wrong, span, message).help(match c {
            '[' | '{' | ']' | '}' => "use ( and ) to group",
            '&' => "write band(a, b)",
            '|' => "write bor(a, b), or abs(a)",
            '~' => "write bnot(a)",
            '.' => "a decimal point needs a digit before or after it",
            '$' | '€' | '£' | '¥' | '°' => "units are not supported",
            '\'' | '"' => "quoted strings are not supported",
            _ => "",
        })
    }
}

/// Whether white space or a comment can begin with `byte`.
fn may_be_blank(byte: u8) -> bool {
    byte <= b' ' || byte == b'#' || !byte.is_ascii()
}

/// Whether `byte`, directly after digits, is certainly not a part of the number.
fn ends_number(byte: u8) -> bool {
    byte.is_ascii() && !byte.is_ascii_alphanumeric() && !matches!(byte, b'.' | b'_')
}

/// Whether `c` is white space according to Unicode, or a byte order mark.
#[must_use]
pub fn is_space(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}

fn is_name_start(c: char) -> bool {
    c == '_' || c.is_alphabetic()
}

fn is_name(c: char) -> bool {
    is_name_start(c) || (c.is_numeric() && superscript(c).is_none() && vulgar_fraction(c).is_none())
}

/// Converts a superscript character to the digit or sign that it stands for.
#[must_use]
pub fn superscript(c: char) -> Option<char> {
    Some(match c {
        '⁰' => '0',
        '¹' => '1',
        '²' => '2',
        '³' => '3',
        '⁴' => '4',
        '⁵' => '5',
        '⁶' => '6',
        '⁷' => '7',
        '⁸' => '8',
        '⁹' => '9',
        '⁺' => '+',
        '⁻' => '-',
        _ => return None,
    })
}

/// Returns the numerator and the denominator of a fraction character such as `½`.
#[must_use]
pub fn vulgar_fraction(c: char) -> Option<(u8, u8)> {
    Some(match c {
        '¼' => (1, 4),
        '½' => (1, 2),
        '¾' => (3, 4),
        '⅐' => (1, 7),
        '⅑' => (1, 9),
        '⅒' => (1, 10),
        '⅓' => (1, 3),
        '⅔' => (2, 3),
        '⅕' => (1, 5),
        '⅖' => (2, 5),
        '⅗' => (3, 5),
        '⅘' => (4, 5),
        '⅙' => (1, 6),
        '⅚' => (5, 6),
        '⅛' => (1, 8),
        '⅜' => (3, 8),
        '⅝' => (5, 8),
        '⅞' => (7, 8),
        '↉' => (0, 3),
        _ => return None,
    })
}
