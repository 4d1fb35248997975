//! Parses the tokens of a line.
//!
//! The algorithm is Dijkstra's shunting yard. It has two states: an operand is expected, or an
//! operand has just ended. Operators that wait for their right operand are on the parser's own
//! stack, so nested expressions and long chains do not use the stack of the thread.

mod error;
mod expression;
mod statement;

use smallvec::SmallVec;

use self::expression::Pending;
use super::{
    Line, Span, SyntaxError, SyntaxErrorKind,
    token::{Lexeme, Lexer},
};

/// The limits that the parser checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseLimits {
    /// The maximum length of a line, in bytes.
    pub line: usize,
    /// The maximum number of nested parentheses, calls and prefix signs.
    pub nesting: usize,
}

impl ParseLimits {
    /// The default limits of the server.
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

/// Whether `text` is a line with statements, and not only blanks and a comment. A text that cannot be
/// parsed counts as a line without statements.
#[must_use]
pub fn has_statements(text: &str) -> bool {
    parse(text, &ParseLimits::DEFAULT).is_ok_and(|line| !line.statements.is_empty())
}

/// Parses the text of `line`, and stores the result in `line`. The line must be
/// [unread](Line::unread).
///
/// [`parse`] is slower, because it also moves the parsed line. The nodes of a short text are stored
/// in the line itself, so the move takes a considerable part of the total time.
pub fn read(line: &mut Line<'_>, limits: &ParseLimits) -> Result<()> {
    // Spans are counted in 32 bits, even if the limit is higher.
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
    /// The next token. The lexer has read it, but the parser has not processed it.
    next: Lexeme,
    /// The span of the last token that the parser has processed.
    taken: Span,
    /// The line, with the statements and nodes parsed so far.
    line: &'p mut Line<'t>,
    /// The stack of operators and opening parentheses.
    pending: SmallVec<[Pending; 8]>,
    /// The maximum of `depth`.
    nesting: usize,
    /// The number of entries in `pending` that are not binary operators.
    depth: usize,
    /// The number of nodes in `line` when the last group was closed. If `line` still has this
    /// number of nodes, the last operand is in parentheses.
    closed: usize,
    /// Whether the expression is the body of a function.
    in_function: bool,
}

impl Parser<'_, '_> {
    /// Returns the next token, and reads the token after it.
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

/// Converts the index of a node to 32 bits.
fn index(at: usize) -> u32 {
    u32::try_from(at).expect("lines are bounded")
}
