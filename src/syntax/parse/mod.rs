//! Tokens to a line.
//!
//! Dijkstra's shunting yard, in two states: an operand is expected, or one has just ended.
//! Operators that wait for their right operand are on a stack of the parser, so neither nesting nor
//! long chains use the stack of the thread.

mod error;
mod expression;
mod statement;

use smallvec::SmallVec;

use self::expression::Pending;
use super::{
    Line, Span, SyntaxError, SyntaxErrorKind,
    token::{Lexeme, Lexer},
};

/// The limits of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseLimits {
    /// Bytes of a line.
    pub line: usize,
    /// Parentheses, calls and prefix signs around one place.
    pub nesting: usize,
}

impl ParseLimits {
    /// The defaults of the server.
    pub const DEFAULT: Self = Self {
        line: 64 * 1024,
        nesting: 256,
    };
}

impl Default for ParseLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

type Result<T> = std::result::Result<T, Box<SyntaxError>>;

/// Parses `text` as a line of the language.
pub fn parse<'t>(text: &'t str, limits: &ParseLimits) -> Result<Line<'t>> {
    let mut line = Line::unread(text);
    read(&mut line, limits)?;
    Ok(line)
}

/// Parses the text of an unread line into that line, as [`parse`] does.
///
/// A line holds the nodes of a short text itself, so moving it is a good part of the cost of
/// parsing one.
pub fn read(line: &mut Line<'_>, limits: &ParseLimits) -> Result<()> {
    // Spans are counted in 32 bits, even where the limit allows more.
    if line.text.len() > limits.line.min(u32::MAX as usize) {
        let message = format!(
            "the line has {} bytes, more than the limit of {}",
            line.text.len(),
            limits.line
        );
        return Err(
            SyntaxError::new(SyntaxErrorKind::Limit, Span::default(), message).help("split it"),
        );
    }
    let mut lexer = Lexer::new(line.text);
    let next = lexer.next()?;
    let mut parser = Parser {
        lexer,
        next,
        taken: Span::default(),
        line,
        pending: SmallVec::new(),
        nesting: limits.nesting,
        depth: 0,
        closed: 0,
        in_function: false,
    };
    parser.line()
}

/// The state of the parser between two tokens.
struct Parser<'p, 't> {
    lexer: Lexer<'t>,
    /// The next token, which has been read and not yet taken.
    next: Lexeme,
    /// The span of the token that was taken last.
    taken: Span,
    /// The line, as far as it has been parsed.
    line: &'p mut Line<'t>,
    /// The stack of operators and opening parentheses.
    pending: SmallVec<[Pending; 8]>,
    /// The limit of `depth`.
    nesting: usize,
    /// The number of pending entries that nest.
    depth: usize,
    /// The number of nodes when a group was last closed. Where it still is that number, the last
    /// operand stands in parentheses.
    closed: usize,
    /// Whether the expression is the body of a function.
    in_function: bool,
}

impl Parser<'_, '_> {
    /// Takes the next token, and reads the one behind it.
    #[inline]
    fn advance(&mut self) -> Result<Lexeme> {
        let taken = self.next;
        self.taken = taken.span;
        self.lexer.read(&mut self.next)?;
        Ok(taken)
    }

    /// Returns the text at `span`.
    fn word(&self, span: Span) -> &str {
        span.of(self.line.text)
    }
}

/// Converts the index of a node.
fn index(at: usize) -> u32 {
    u32::try_from(at).expect("lines are bounded")
}
