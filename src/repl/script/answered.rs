//! The answered lines of a script that a new worksheet needs.

use std::{borrow::Cow, sync::Arc};

use crate::{
    client::{AngleUnit, Answered, WorksheetRequest},
    repl::session::replay_log::Log,
    syntax,
};

/// The answered lines of a worksheet that restore its definitions and its last answer.
#[derive(Default)]
pub(super) struct AnsweredLines {
    log: Log,
    /// The request that is being answered.
    request: Request,
    /// Whether no request is under way.
    is_idle: bool,
}

/// The lines of the request that is being answered.
#[derive(Default)]
struct Request {
    /// The request, if it has lines.
    run: Option<Arc<WorksheetRequest>>,
    angle: AngleUnit,
    /// Whether each line has one statement, so that its answer tells which name it defines.
    has_single_statements: bool,
    /// The number of answers.
    answers: u32,
    /// The number of a line, counted from 0, and its position in the text.
    line: (u32, usize),
}

impl AnsweredLines {
    /// Begins the answers to a request. None means that no request is under way.
    pub(super) fn begin(&mut self, request: Option<Arc<WorksheetRequest>>) {
        self.is_idle = request.is_none();
        self.request = match request.as_deref() {
            Some(WorksheetRequest::Run { text, options, .. }) => Request {
                has_single_statements: memchr::memchr(b';', text.as_bytes()).is_none(),
                angle: options.angle,
                run: request,
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
    ///
    /// Returns false if the answer cannot belong to the line.
    #[inline]
    #[must_use]
    pub(super) fn record(&mut self, answer: &Answered<'_>) -> bool {
        self.request.answers += 1;
        self.request.has_single_statements && self.log.record_exact(answer)
            || self.record_line(answer)
    }

    fn record_line(&mut self, answer: &Answered<'_>) -> bool {
        let (index, angle) = (self.request.answers - 1, self.request.angle);
        let Some(line) = self.request.line(index) else {
            return true;
        };
        if answer.name.is_empty() && answer.text.is_none() {
            return !syntax::has_statements(line);
        }
        self.log.record(line, angle, answer);
        true
    }

    /// Returns the lines that restore the worksheet, each with its unit of angles, or None if there
    /// are too many.
    pub(super) fn lines(&self) -> Option<Vec<(Cow<'_, str>, AngleUnit)>> {
        self.log.lines().map(Iterator::collect)
    }

    /// Returns the part of `request`, the current request, that is not answered.
    pub(super) fn rest(&mut self, request: &WorksheetRequest) -> WorksheetRequest {
        let answers = self.request.answers;
        match request {
            WorksheetRequest::Run { lines, options, .. } => WorksheetRequest::Run {
                text: self.request.rest(answers).to_owned(),
                lines: lines.saturating_sub(answers),
                options: *options,
            },
            request => request.clone(),
        }
    }
}

impl Request {
    /// Returns the lines, joined by `\n`.
    fn text(&self) -> &str {
        match self.run.as_deref() {
            Some(WorksheetRequest::Run { text, .. }) => text,
            _ => "",
        }
    }

    /// Returns the text from the line `index` on, counted from 0.
    fn rest(&mut self, index: u32) -> &str {
        let (line, mut start) = self.line;
        if line > index {
            (self.line, start) = ((0, 0), 0);
        }
        for _ in self.line.0..index {
            let text = self.text();
            let rest = text.as_bytes().get(start..).unwrap_or_default();
            let newline = memchr::memchr(b'\n', rest);
            start = newline.map_or(text.len(), |newline| start + newline + 1);
        }
        self.line = (index, start);
        self.text().get(start..).unwrap_or_default()
    }

    /// Returns the line `index`, counted from 0. Returns None if the request has no lines.
    fn line(&mut self, index: u32) -> Option<&str> {
        if self.text().is_empty() {
            return None;
        }
        let rest = self.rest(index);
        let end = memchr::memchr(b'\n', rest.as_bytes());
        rest.get(..end.unwrap_or(rest.len()))
    }
}
