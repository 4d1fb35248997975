//! The answered lines of a script that a new worksheet needs.

use crate::{
    client::{AngleUnit, Answer, Answered, TypedValue, WorksheetRequest},
    repl::session::replay_log::{Log, mentions_last},
};

/// The maximum length, in bytes, of an answer that is kept without its line.
const SHORT: usize = 64;

/// The answered lines of a worksheet that restore its definitions and its last answer.
///
/// Most lines of long scripts define nothing, and their exact answers can be written as lines. The
/// log does not parse these lines: of such a line, only the text of the answer is kept, until the
/// next answer replaces it. In the same way, of lines with rounded answers only the last is kept.
#[derive(Default)]
pub(super) struct AnsweredLines {
    log: Log,
    last: LastAnswered,
    /// The text of the last exact answer, or the line of the last rounded answer.
    last_text: String,
    /// The request that is being answered.
    request: Request,
    /// Whether no request is under way.
    is_idle: bool,
}

/// The last answer, if it is not in the log.
#[derive(Clone, Copy, Default, PartialEq)]
enum LastAnswered {
    #[default]
    InLog,
    /// An exact answer, whose text can be evaluated.
    Exact,
    /// A rounded answer of a line with this unit of angles.
    Rounded(AngleUnit),
}

/// The lines of the request that is being answered.
#[derive(Default)]
struct Request {
    /// The lines, joined by `\n`.
    text: String,
    angle: AngleUnit,
    /// Whether a line may have several statements, whose names the answer does not tell.
    has_statements: bool,
    /// The number of answers.
    answers: u32,
    /// The number of a line, counted from 0, and its position in the text.
    line: (u32, usize),
}

impl AnsweredLines {
    /// Begins the answers to a request. None means that no request is under way.
    pub(super) fn begin(&mut self, request: Option<WorksheetRequest>) {
        self.is_idle = request.is_none();
        self.request = match request {
            Some(WorksheetRequest::Run { text, options, .. }) => Request {
                has_statements: text.contains(';'),
                text,
                angle: options.angle,
                ..Request::default()
            },
            // The answers to other requests change nothing.
            _ => Request::default(),
        };
    }

    /// Whether no request is under way.
    pub(super) fn is_idle(&self) -> bool {
        self.is_idle
    }

    /// Returns the number of answers to the current request.
    pub(super) fn answers(&self) -> u32 {
        self.request.answers
    }

    /// Counts the fault of a line, which changes nothing.
    #[inline]
    pub(super) fn record_fault(&mut self) {
        self.request.answers += 1;
    }

    /// Records the answer to the next line of the current request.
    #[inline]
    pub(super) fn record(&mut self, answer: &Answered<'_>) {
        self.request.answers += 1;
        if answer.name.is_empty()
            && !self.request.has_statements
            && let Some(text) = answer.text.as_deref()
            && is_plain(text, answer.exact.as_ref())
            && !self.request.text.is_empty()
        {
            self.last = LastAnswered::Exact;
            self.last_text.clear();
            self.last_text.push_str(text);
            return;
        }
        self.record_line(answer);
    }

    fn record_line(&mut self, answer: &Answered<'_>) {
        let index = self.request.answers - 1;
        let angle = self.request.angle;
        let Some(line) = self.request.line(index) else {
            return;
        };
        let is_plain = answer.name.is_empty() && !line.contains(['=', ';']);
        if is_plain && answer.text.is_none() {
            return;
        }
        if is_plain && answer.rounded && !mentions_last(line) {
            self.last = LastAnswered::Rounded(angle);
            self.last_text.clear();
            self.last_text.push_str(line);
            return;
        }
        let line = line.to_owned();
        self.settle();
        self.log.record(&line, angle, &answer.clone().into_owned());
    }

    /// Records the last answer in the log.
    fn settle(&mut self) {
        let (exact, angle) = match std::mem::take(&mut self.last) {
            LastAnswered::InLog => return,
            LastAnswered::Exact => (Some(TypedValue::Truth(true)), AngleUnit::Unspecified),
            LastAnswered::Rounded(angle) => (None, angle),
        };
        let answer = Answer {
            name: String::new(),
            text: Some(self.last_text.clone()),
            rounded: exact.is_none(),
            // The type of an exact value only says that its text can be evaluated.
            exact,
        };
        self.log.record(&self.last_text, angle, &answer);
    }

    /// Returns the lines that restore the worksheet, each with its unit of angles, or None if there
    /// are too many.
    pub(super) fn lines(&mut self) -> Option<Vec<(&str, AngleUnit)>> {
        self.settle();
        self.log.lines().map(Iterator::collect)
    }

    /// Returns the part of `request`, the current request, that is not answered.
    pub(super) fn rest(&mut self, request: WorksheetRequest) -> WorksheetRequest {
        let answers = self.request.answers;
        match request {
            WorksheetRequest::Run { lines, options, .. } => WorksheetRequest::Run {
                text: self.request.rest(answers).to_owned(),
                lines: lines.saturating_sub(answers),
                options,
            },
            request => request,
        }
    }
}

impl Request {
    /// Returns the text from the line `index` on, counted from 0.
    fn rest(&mut self, index: u32) -> &str {
        let (line, mut start) = self.line;
        if line > index {
            (self.line, start) = ((0, 0), 0);
        }
        for _ in self.line.0..index {
            let rest = self.text.get(start..).unwrap_or_default();
            let newline = rest.find('\n');
            start = newline.map_or(self.text.len(), |newline| start + newline + 1);
        }
        self.line = (index, start);
        self.text.get(start..).unwrap_or_default()
    }

    /// Returns the line `index`, counted from 0. Returns None if the request has no lines.
    fn line(&mut self, index: u32) -> Option<&str> {
        if self.text.is_empty() {
            return None;
        }
        self.rest(index).split('\n').next()
    }
}

/// Whether a line with the text of an exact answer has the same answer. Long texts do not count.
#[inline]
fn is_plain(text: &str, exact: Option<&TypedValue<&str>>) -> bool {
    let is_simple = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'/' | b'.');
    matches!(
        exact,
        Some(TypedValue::Integer(_) | TypedValue::Fraction { .. } | TypedValue::Truth(_))
    ) && text.len() <= SHORT
        && text.bytes().all(is_simple)
}
