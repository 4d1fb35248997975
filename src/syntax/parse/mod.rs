//! Parses the tokens of a line.
//!
//! The algorithm is Dijkstra's shunting yard. It has two states: an operand is expected, or an
//! operand has just ended. Operators that wait for their right operand are on the parser's own
//! stack, so nested expressions and long chains do not use the stack of the thread.

mod bracket;
mod call;
mod conversion;
mod error;
mod expression;
mod operator;
mod percent;
mod statement;

use std::collections::BTreeSet;

use smallvec::SmallVec;

use self::expression::Pending;
pub use self::percent::is_operator;
use super::{
    Line, Nodes, Reading, Readings, Span, Statements, SyntaxError, SyntaxErrorKind,
    token::{Lexeme, Lexer, Token},
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

/// Tells which names can be called without parentheses, as in `sqrt 16`, and which are units.
///
/// The grammar has no table of functions and units, but the meaning of a sign beside a name depends on the
/// name: `sin -1 * 2` is a product and `x -1 * 2` is a difference; `1/2 m` is half a metre, `1/2 x` is
/// `1/(2 x)`.
pub trait Functions {
    /// Whether `name` is a function that can take a single argument.
    fn takes_one_argument(&self, name: &str) -> bool;

    /// Whether `name` is a unit.
    fn is_unit(&self, name: &str) -> bool;
}

/// No name can be called without parentheses.
#[derive(Clone, Copy, Debug)]
pub struct NoFunctions;

impl Functions for NoFunctions {
    fn takes_one_argument(&self, _name: &str) -> bool {
        false
    }

    fn is_unit(&self, _name: &str) -> bool {
        false
    }
}

type Result<T> = std::result::Result<T, Box<SyntaxError>>;

/// Parses `text` as a line of the language.
pub fn parse<'t>(
    text: &'t str,
    limits: &ParseLimits,
    functions: &dyn Functions,
) -> Result<Line<'t>> {
    let mut line = Line::unread(text);
    read(&mut line, limits, functions)?;
    Ok(line)
}

/// Whether `text` is a line with statements, and not only blanks and a comment. A text that does not
/// begin with a token counts as a line without statements.
#[must_use]
pub fn has_statements(text: &str) -> bool {
    let first = Lexer::new(text).next();
    first.is_ok_and(|lexeme| lexeme.token != Token::End)
}

/// Parses the text of `line`, and stores the result in `line`. The line must be
/// [unread](Line::unread).
///
/// [`parse`] is slower, because it also moves the parsed line. The nodes of a short text are stored
/// in the line itself, so the move takes a considerable part of the total time.
pub fn read(line: &mut Line<'_>, limits: &ParseLimits, functions: &dyn Functions) -> Result<()> {
    let Line {
        text,
        statements,
        nodes,
        readings,
    } = line;
    // Spans are counted in 32 bits, even if the limit is higher.
    if text.len() > limits.line.min(u32::MAX as usize) {
        let message = format!(
            "the line has {} bytes, more than the limit of {}",
            text.len(),
            limits.line
        );
        return Err(
            SyntaxError::new(SyntaxErrorKind::Limit, Span::default(), message).help("split it"),
        );
    }
    let mut lexer = Lexer::new(text);
    let next = lexer.next()?;
    let mut parser = Parser {
        text,
        lexer,
        next,
        taken: Span::default(),
        statements,
        nodes,
        functions,
        pending: SmallVec::new(),
        nesting: limits.nesting,
        depth: 0,
        open_calls: 0,
        bare_calls: 0,
        closed: 0,
        percent_end: 0,
        number_end: u32::MAX,
        bound: BTreeSet::new(),
        parameters: BTreeSet::new(),
        in_function: false,
        targets: 0,
        has_bits: false,
        has_comparison: false,
        readings: Readings::NONE,
    };
    let outcome = parser.line();
    parser.readings.extend(parser.lexer.readings);
    if parser.has_bits && parser.has_comparison {
        parser.readings.insert(Reading::Bits);
    }
    *readings = parser.readings;
    outcome
}

/// The state of the parser between two tokens.
struct Parser<'p> {
    text: &'p str,
    lexer: Lexer<'p>,
    /// The next token. The lexer has read it, but the parser has not processed it.
    next: Lexeme,
    /// The span of the last token that the parser has processed.
    taken: Span,
    /// The statements parsed so far.
    statements: &'p mut Statements,
    /// The nodes parsed so far.
    nodes: &'p mut Nodes,
    functions: &'p dyn Functions,
    /// The stack of operators and opening parentheses.
    pending: SmallVec<[Pending; 8]>,
    /// The maximum of `depth`.
    nesting: usize,
    /// The number of entries in `pending` that are not binary operators.
    depth: usize,
    /// The number of calls in `pending` that have parentheses.
    open_calls: usize,
    /// The number of calls in `pending` that have no parentheses.
    bare_calls: usize,
    /// The number of nodes when the last group was closed. If there are still as many nodes, the
    /// last operand is in parentheses.
    closed: usize,
    /// The number of nodes when the last written percentage ended, such as `5%` or `5% + 3%`.
    percent_end: usize,
    /// The index of the byte after the last literal number.
    number_end: u32,
    /// The names that earlier statements of the line bind.
    bound: BTreeSet<&'p str>,
    /// The parameters of the function whose body is being parsed.
    parameters: BTreeSet<&'p str>,
    /// Whether the expression is the body of a function.
    in_function: bool,
    /// The number of targets of conversions in `pending`.
    targets: usize,
    /// Whether the line has an operator on bits.
    has_bits: bool,
    /// Whether the line has a comparison.
    has_comparison: bool,
    readings: Readings,
}

impl<'p> Parser<'p> {
    /// Returns the next token, and reads the token after it.
    #[inline]
    fn advance(&mut self) -> Result<Lexeme> {
        let taken = self.next;
        self.taken = taken.span;
        self.lexer.read(&mut self.next)?;
        Ok(taken)
    }

    /// Returns the token after the next token. An error in it counts as the end of the line.
    fn token_after_next(&self) -> Lexeme {
        let end = Lexeme {
            token: Token::End,
            span: Span::default(),
            spaced: false,
            tabbed: false,
        };
        self.lexer.clone().next().unwrap_or(end)
    }

    /// Returns the text at `span`.
    fn word(&self, span: Span) -> &'p str {
        span.of(self.text)
    }
}

/// Converts the index of a node to 32 bits.
fn index(at: usize) -> u32 {
    u32::try_from(at).expect("lines are bounded")
}
