//! Tokens to a line, by operator precedence.
//!
//! Dijkstra's shunting yard with two states: either an operand is expected, or one
//! has just ended. What waits for its right operand is on a stack of our own, so
//! neither nesting nor chains use the program's.

use smallvec::SmallVec;

use super::{
    Binary, Conversion, Definition, KEYWORDS, Line, Node, NodeKind, Postfix, Prefix, Span,
    Statement, conversion,
    error::{SyntaxError, SyntaxErrorKind},
    line::Level,
    token::{Lexeme, Lexer, Token},
};
use crate::text::printable::quoted;

/// What a line may not exceed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseLimits {
    /// Bytes of a line.
    pub line: usize,
    /// Brackets, calls and prefix signs around one place.
    pub nesting: usize,
}

impl ParseLimits {
    /// What our servers take unless their operator says otherwise.
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

/// Reads `text` as a line of the language, or says what is wrong, where, and what
/// would help.
pub fn parse<'t>(text: &'t str, limits: &ParseLimits) -> Result<Line<'t>> {
    let mut line = Line::unread(text);
    read(&mut line, limits)?;
    Ok(line)
}

/// [`parse`] of the text of an unread line, into that line. A line holds its nodes
/// itself, so to move it is a good part of what it costs to read a short one.
pub fn read(line: &mut Line<'_>, limits: &ParseLimits) -> Result<()> {
    // Whatever the limit, places are counted in 32 bits.
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

struct Parser<'p, 't> {
    lexer: Lexer<'t>,
    /// The token that has been read and not yet been used.
    next: Lexeme,
    /// The place of the last token that was used.
    taken: Span,
    /// What has been read of it.
    line: &'p mut Line<'t>,
    pending: SmallVec<[Pending; 8]>,
    nesting: usize,
    /// How many of the pending ones nest.
    depth: usize,
    /// How many nodes there were when a group was last closed: where no more have
    /// come, the last operand stands in parentheses.
    closed: usize,
    /// Whether the expression is a function's.
    in_function: bool,
}

/// What waits for the end of its (last) operand.
#[derive(Clone, Copy, Debug)]
enum Pending {
    Prefix(Prefix, Span),
    Binary(Binary, Span),
    Group(Span),
    Call { name: Span, arguments: u16 },
    If { name: Span, parts: u8, jump: usize },
}

impl Parser<'_, '_> {
    fn line(&mut self) -> Result<()> {
        while self.next.token != Token::End {
            self.statement()?;
            match self.next.token {
                Token::Semicolon => self.advance()?,
                _ => break,
            };
        }
        if let Some((last, others)) = self.line.statements.split_last() {
            let function = Some(last).filter(|last| last.is_function());
            let unseen = others.iter().chain(function);
            if let Some((_, span)) = unseen.flat_map(|statement| &statement.conversions).next() {
                let fault = SyntaxError::wrong(*span, "nothing is shown here");
                return Err(fault.help("only the value of the last statement is shown"));
            }
        }
        Ok(())
    }

    fn statement(&mut self) -> Result<()> {
        let mut binds = match self.next.token {
            Token::Name => self.binding()?,
            _ => None,
        };
        self.in_function = binds
            .as_ref()
            .is_some_and(|binding| binding.parameters.is_some());
        let start = self.line.nodes.len();
        let first = self.next.span;
        self.expression()?;
        if let Some(binding) = &mut binds {
            binding.right = first.to(self.taken);
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

    /// Takes the next token, and reads the one behind it.
    #[inline]
    fn advance(&mut self) -> Result<Lexeme> {
        let taken = self.next;
        self.taken = taken.span;
        self.lexer.read(&mut self.next)?;
        Ok(taken)
    }

    fn word(&self, span: Span) -> &str {
        span.of(self.line.text)
    }

    /// The left side of a definition, if the name with which the statement begins begins
    /// one.
    fn binding(&mut self) -> Result<Option<Definition>> {
        let name = self.next.span;
        // What cannot be read here is complained about where it is read again.
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
        self.bindable(name)?;
        self.advance()?;
        let parameters = if is_function {
            Some(self.parameters()?)
        } else {
            None
        };
        self.advance()?; // the equals sign
        Ok(Some(Definition {
            name,
            parameters,
            // Not read yet.
            right: Span::default(),
        }))
    }

    /// The parameters of a definition, from `(` to `)`, between which stand names and
    /// commas only.
    fn parameters(&mut self) -> Result<Vec<Span>> {
        let mut parameters: Vec<Span> = Vec::new();
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
            self.bindable(name.span)?;
            if parameters
                .iter()
                .any(|known| self.word(*known) == self.word(name.span))
            {
                let message = format!("two parameters are called {}", quoted(self.word(name.span)));
                return Err(SyntaxError::wrong(name.span, message).help("rename one"));
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

    fn bindable(&self, name: Span) -> Result<()> {
        let word = self.word(name);
        if KEYWORDS.contains(&word) {
            let message = format!("{} cannot be bound", quoted(word));
            let fault = SyntaxError::new(SyntaxErrorKind::Reserved, name, message);
            return Err(fault.help("it is a word of the language; take another name"));
        }
        Ok(())
    }

    /// Reads the conversions behind an expression, up to the end of the statement.
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

    /// Whether a conversion begins here.
    fn at_conversion(&self) -> bool {
        match self.next.token {
            Token::Arrow => true,
            Token::Name => self.word(self.next.span) == "to",
            _ => false,
        }
    }

    /// Reads one conversion up to its last token, which stays.
    fn conversion(&mut self) -> Result<Conversion> {
        let word = self.word(self.next.span);
        let form = match self.next.token {
            Token::Name => conversion::of_word(word),
            Token::Number => return self.counted_conversion(),
            _ => None,
        };
        form.ok_or_else(|| {
            let help = format!("the forms are {}", conversion::list());
            self.unexpected("a form").help(help)
        })
    }

    /// Reads a conversion that begins with a count: `30 digits`.
    fn counted_conversion(&mut self) -> Result<Conversion> {
        let span = self.next.span;
        let digits = self.word(span).replace('_', "");
        // A count too large for its type is too large for any limit.
        let count = digits.parse().unwrap_or(u32::MAX);
        if count == 0 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            let message = format!("{} is no number of digits", quoted(&digits));
            let fault = SyntaxError::wrong(span, message);
            return Err(fault.help("write a count, as in: to 30 digits"));
        }
        self.advance()?;
        conversion::of_count(count, self.word(self.next.span))
            .ok_or_else(|| self.unexpected("'digits'"))
    }

    fn expression(&mut self) -> Result<()> {
        loop {
            self.operand()?;
            if !self.operators()? {
                return Ok(());
            }
        }
    }

    /// An operand expected: takes prefix signs and openings up to and with a literal
    /// or a name.
    fn operand(&mut self) -> Result<()> {
        loop {
            let Lexeme { token, span, .. } = self.next;
            match token {
                Token::Number => {
                    self.node(NodeKind::Literal, span);
                    self.advance()?;
                    return Ok(());
                }
                Token::Name => {
                    if self.name()? {
                        return Ok(());
                    }
                }
                Token::Plus => self.open(Pending::Prefix(Prefix::Plus, span))?,
                Token::Minus => self.open(Pending::Prefix(Prefix::Minus, span))?,
                Token::Root => self.open(Pending::Prefix(Prefix::Root, span))?,
                Token::Open => self.open(Pending::Group(span))?,
                _ => return Err(self.no_operand()),
            }
        }
    }

    /// A name where an operand is expected. Says whether the operand is complete; a
    /// call with arguments is only opened.
    fn name(&mut self) -> Result<bool> {
        let name = self.next.span;
        let word = self.word(name);
        match word {
            "to" | "mod" => return Err(self.no_operand()),
            "ans" | "_" if self.in_function => {
                let message = format!("{} cannot stand in a function", quoted(word));
                let fault = SyntaxError::wrong(name, message);
                return Err(fault.help("it changes with every line; make it a parameter"));
            }
            _ => {}
        }
        let is_if = word == "if";
        self.advance()?;
        if self.next.token != Token::Open {
            if is_if {
                let fault = self.unexpected("'('");
                return Err(fault.help("write if(condition, then, else)"));
            }
            self.node(NodeKind::Name, name);
            return Ok(true);
        }
        if is_if {
            let (parts, jump) = (0, 0);
            self.open(Pending::If { name, parts, jump })?;
            if self.next.token == Token::Close {
                return Err(wrong_if(name, "none"));
            }
            return Ok(false);
        }
        self.open(Pending::Call { name, arguments: 0 })?;
        if self.next.token != Token::Close {
            return Ok(false);
        }
        let close = self.advance()?;
        self.pop();
        self.call(name, 0, close.span);
        Ok(true)
    }

    /// An operand has ended: takes what may stand behind it. Says whether another
    /// operand must follow; else the expression has ended.
    fn operators(&mut self) -> Result<bool> {
        loop {
            let Lexeme { token, span, .. } = self.next;
            let binary = match token {
                Token::Plus => Binary::Add,
                Token::Minus => Binary::Subtract,
                Token::Times => Binary::Multiply,
                Token::Over => Binary::Divide,
                Token::Power => Binary::Power,
                Token::Equal => Binary::Equal,
                Token::Unequal => Binary::Unequal,
                Token::Less => Binary::Less,
                Token::LessEqual => Binary::LessEqual,
                Token::Greater => Binary::Greater,
                Token::GreaterEqual => Binary::GreaterEqual,
                Token::Percent => {
                    if self.percent()? {
                        continue;
                    }
                    return Ok(true);
                }
                Token::Name if self.word(span) == "mod" => Binary::Modulo,
                Token::Name if self.word(span) != "to" => {
                    self.juxtaposed();
                    return Ok(true);
                }
                Token::Open | Token::Root => {
                    self.juxtaposed();
                    return Ok(true);
                }
                Token::Bang => {
                    self.postfix(Postfix::Factorial)?;
                    continue;
                }
                Token::BangBang => {
                    self.postfix(Postfix::DoubleFactorial)?;
                    continue;
                }
                Token::Superscript => {
                    self.postfix(Postfix::Superscript)?;
                    continue;
                }
                Token::Close => {
                    self.close()?;
                    continue;
                }
                Token::Comma => {
                    self.comma()?;
                    return Ok(true);
                }
                Token::Name | Token::Arrow | Token::End | Token::Semicolon => {
                    return self.end().map(|()| false);
                }
                Token::Number | Token::Equals => return Err(self.no_operator()),
            };
            self.advance()?;
            self.infix(binary, span);
            return Ok(true);
        }
    }

    /// Puts the operator on hold until its right operand is there.
    fn infix(&mut self, operator: Binary, span: Span) {
        let level = operator.level();
        let right_associative = operator == Binary::Power;
        self.reduce(|tighter| tighter > level || (tighter == level && !right_associative));
        self.pending.push(Pending::Binary(operator, span));
    }

    fn juxtaposed(&mut self) {
        // Nothing is written between the operands, so the place is where they meet.
        let at = self.next.span.start;
        self.infix(Binary::Juxtapose, Span { start: at, end: at });
    }

    fn postfix(&mut self, operator: Postfix) -> Result<()> {
        let Lexeme { span, .. } = self.advance()?;
        self.node(NodeKind::Postfix(operator), span);
        Ok(())
    }

    /// A `%`: the remainder before an operand, or before a sign if a space stands in
    /// front of it; else percent. Says whether it was percent.
    fn percent(&mut self) -> Result<bool> {
        let Lexeme { span, spaced, .. } = self.advance()?;
        let divides = match self.next.token {
            Token::Number | Token::Open | Token::Root => true,
            Token::Name => !matches!(self.word(self.next.span), "to" | "mod"),
            Token::Plus | Token::Minus => spaced,
            _ => false,
        };
        if divides {
            self.infix(Binary::Modulo, span);
        } else {
            self.node(NodeKind::Postfix(Postfix::Percent), span);
        }
        Ok(!divides)
    }

    fn comma(&mut self) -> Result<()> {
        self.reduce(|_| true);
        match self.pending.last().copied() {
            Some(Pending::Call { name, arguments }) => {
                let Some(arguments) = arguments.checked_add(1) else {
                    let message = "more arguments than a call can have";
                    return Err(SyntaxError::new(SyntaxErrorKind::Limit, name, message));
                };
                self.replace(Pending::Call { name, arguments });
            }
            Some(Pending::If { name, parts: 0, .. }) => {
                let jump = self.line.nodes.len();
                self.node(NodeKind::JumpIfFalse(0), name);
                self.replace(Pending::If {
                    name,
                    parts: 1,
                    jump,
                });
            }
            Some(Pending::If {
                name,
                parts: 1,
                jump,
            }) => {
                let unless = jump;
                let jump = self.line.nodes.len();
                self.line.nodes[unless].kind = NodeKind::JumpIfFalse(index(jump));
                self.node(NodeKind::Jump(0), name);
                self.replace(Pending::If {
                    name,
                    parts: 2,
                    jump,
                });
            }
            Some(Pending::If { name, .. }) => return Err(wrong_if(name, "more")),
            _ => {
                let message = "a comma stands outside of a call";
                let fault = SyntaxError::wrong(self.next.span, message);
                return Err(fault.help("commas separate arguments; write 1.5 with a point"));
            }
        }
        self.advance()?;
        Ok(())
    }

    /// A closing parenthesis behind an operand.
    fn close(&mut self) -> Result<()> {
        self.reduce(|_| true);
        let span = self.next.span;
        match self.pop() {
            Some(Pending::Group(_)) => self.closed = self.line.nodes.len(),
            Some(Pending::Call { name, arguments }) => {
                let Some(arguments) = arguments.checked_add(1) else {
                    let message = "more arguments than a call can have";
                    return Err(SyntaxError::new(SyntaxErrorKind::Limit, name, message));
                };
                self.call(name, arguments, span);
            }
            Some(Pending::If { name, parts, jump }) => {
                if parts != 2 {
                    return Err(wrong_if(name, "fewer"));
                }
                self.line.nodes[jump].kind = NodeKind::Jump(index(self.line.nodes.len()));
                self.node(NodeKind::Label, name.to(span));
            }
            _ => {
                let fault = SyntaxError::wrong(span, "')' closes nothing");
                return Err(fault.help("remove it, or open it with '('"));
            }
        }
        self.advance()?;
        Ok(())
    }

    /// The end of an expression behind an operand.
    fn end(&mut self) -> Result<()> {
        self.reduce(|_| true);
        let open = match self.pending.last() {
            None => return Ok(()),
            Some(Pending::Group(span)) => *span,
            Some(Pending::Call { name, .. } | Pending::If { name, .. }) => *name,
            Some(Pending::Prefix(..) | Pending::Binary(..)) => unreachable!("these are reduced"),
        };
        Err(match self.next.token {
            Token::End => self.unclosed(open),
            _ => self.unexpected("')'"),
        })
    }

    fn unclosed(&self, open: Span) -> Box<SyntaxError> {
        let what = match self.word(open) {
            "(" => "this '('".into(),
            name => format!("the '(' of {}", quoted(name)),
        };
        SyntaxError::new(
            SyntaxErrorKind::Incomplete,
            open,
            format!("{what} is not closed"),
        )
        .help("close it with ')'")
    }

    fn node(&mut self, kind: NodeKind, span: Span) {
        self.line.nodes.push(Node { kind, span });
    }

    fn call(&mut self, name: Span, arguments: u16, close: Span) {
        let length = name.end - name.start;
        let kind = NodeKind::Call {
            arguments,
            name: length,
        };
        self.node(kind, name.to(close));
    }

    /// Puts what nests on hold, and takes its token.
    fn open(&mut self, pending: Pending) -> Result<()> {
        if self.depth == self.nesting {
            let message = format!("nested deeper than the limit of {} levels", self.nesting);
            let fault = SyntaxError::new(SyntaxErrorKind::Limit, self.next.span, message);
            return Err(fault.help("name the inner parts in statements of their own: x = ...; ..."));
        }
        self.depth += 1;
        self.pending.push(pending);
        self.advance()?;
        Ok(())
    }

    fn pop(&mut self) -> Option<Pending> {
        let top = self.pending.pop();
        self.depth -= usize::from(!matches!(top, None | Some(Pending::Binary(..))));
        top
    }

    fn replace(&mut self, pending: Pending) {
        *self.pending.last_mut().expect("it was just looked at") = pending;
    }

    /// Applies the operators on hold, the last one first, while `applies` to their
    /// level, up to what is still open.
    fn reduce(&mut self, applies: impl Fn(Level) -> bool) {
        loop {
            match self.pending.last().copied() {
                Some(Pending::Prefix(operator, span)) if applies(Level::PREFIX) => {
                    self.pop();
                    self.node(NodeKind::Prefix(operator), span);
                }
                Some(Pending::Binary(operator, span)) if applies(operator.level()) => {
                    self.pop();
                    self.binary(operator, span);
                }
                _ => return,
            }
        }
    }

    fn binary(&mut self, operator: Binary, span: Span) {
        let of_percent = match operator {
            Binary::Add => Some(Binary::AddPercent),
            Binary::Subtract => Some(Binary::SubtractPercent),
            _ => None,
        };
        let written_out = self.closed != self.line.nodes.len();
        let percent = NodeKind::Postfix(Postfix::Percent);
        let right = self.line.nodes.last_mut().expect("both operands are there");
        match of_percent {
            Some(operator) if right.kind == percent && written_out => {
                *right = Node {
                    kind: NodeKind::Binary(operator),
                    span,
                };
            }
            _ => self.node(NodeKind::Binary(operator), span),
        }
    }

    /// What stands where an operand is expected.
    fn no_operand(&self) -> Box<SyntaxError> {
        let expected = "a number, a name or '('";
        let behind = match self.pending.last() {
            Some(Pending::Prefix(_, span) | Pending::Binary(_, span)) if span.start < span.end => {
                format!(" behind {}", quoted(self.word(*span)))
            }
            _ => String::new(),
        };
        if self.next.token != Token::End {
            return self.unexpected(&format!("{expected}{behind}"));
        }
        let end = self.next.span;
        let message = format!("expected {expected}{behind}, found the end of the line");
        SyntaxError::new(SyntaxErrorKind::Incomplete, end, message)
    }

    /// What stands where an operator is expected.
    fn no_operator(&self) -> Box<SyntaxError> {
        let fault = self.unexpected("an operator");
        let behind_name =
            matches!(self.line.nodes.last(), Some(node) if node.kind == NodeKind::Name);
        fault.help(match self.next.token {
            Token::Number if behind_name => "write name(x) to call a function, * to multiply",
            Token::Number => "write * between two factors",
            _ => "write == to compare; a definition is name = ... or name(x, y) = ...",
        })
    }

    fn unexpected(&self, expected: &str) -> Box<SyntaxError> {
        let found = match self.next.token {
            Token::End => "the end of the line".into(),
            _ => quoted(self.word(self.next.span)),
        };
        let kind = match self.next.token {
            Token::End => SyntaxErrorKind::Incomplete,
            _ => SyntaxErrorKind::Wrong,
        };
        SyntaxError::new(
            kind,
            self.next.span,
            format!("expected {expected}, found {found}"),
        )
    }
}

fn wrong_if(name: Span, how: &str) -> Box<SyntaxError> {
    let message = format!("'if' takes 3 arguments, found {how}");
    SyntaxError::new(SyntaxErrorKind::Arity, name, message).help("write if(condition, then, else)")
}

fn index(at: usize) -> u32 {
    u32::try_from(at).expect("lines are bounded")
}
