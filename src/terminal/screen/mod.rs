//! The output of the prompt: answers, faults, explanations and traces.

pub(super) mod color;
pub(super) mod number;
pub(super) mod pointer;
pub(super) mod progress;
mod wrap;

use std::{
    collections::BTreeSet,
    fmt::Display,
    io::{self, IsTerminal as _, Write as _},
    sync::{Mutex, PoisonError},
};

use self::{
    color::{Color, Palette, is_dumb, styled},
    number::{folded, separated},
    pointer::{SourceLine, pointed},
    wrap::wrapped,
};
use crate::explain::{CallSummary, Explanation};
use crate::{
    client::{CallError, Note, Reading, Reply},
    repl::{
        FaultView, Outcome, Present,
        settings::{Settings, Theme},
    },
};

/// The assumed width of a terminal that does not report its size, in columns.
const COLUMNS: usize = 80;

/// The origin of a line, which decides how its answer and its faults are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LineOrigin<'f> {
    /// The line was typed at the prompt, directly above the output.
    Above,
    /// The line was typed at the prompt, but it is not directly above the output: the user typed
    /// several lines, or there is other output between them.
    Elsewhere,
    /// The line is from a file.
    File {
        /// The file's name.
        name: &'f str,
        /// The line's number, from 1.
        number: usize,
        /// Whether only faults are shown.
        silent: bool,
    },
}

/// Standard output, for answers, and standard error, for everything else.
#[derive(Debug)]
pub struct Screen {
    output: OutputStream,
    errors: OutputStream,
    /// The kinds of readings that were shown.
    shown: Mutex<BTreeSet<i32>>,
}

#[derive(Debug)]
struct OutputStream {
    is_terminal: bool,
    is_colored: bool,
}

impl OutputStream {
    fn new(stream: &impl io::IsTerminal, color: Color) -> Self {
        Self {
            is_terminal: stream.is_terminal(),
            is_colored: color.is_on(stream),
        }
    }

    /// Returns `text` with its lines broken to fit into the terminal, if the stream is one.
    fn fitted(&self, text: String) -> String {
        if self.is_terminal {
            wrapped(&text, columns())
        } else {
            text
        }
    }

    fn palette(&self, theme: Theme) -> Option<&'static Palette> {
        Palette::of(theme).filter(|_| self.is_colored)
    }
}

impl Screen {
    /// Creates a screen of the process's standard streams.
    #[must_use]
    pub fn new(color: Color) -> Self {
        Self {
            output: OutputStream::new(&io::stdout(), color),
            errors: OutputStream::new(&io::stderr(), color),
            shown: Mutex::default(),
        }
    }

    /// Prints the outcome of a line. `number` is the number of the newest answer.
    pub(super) fn print(
        &self,
        outcome: &Outcome,
        line: &str,
        origin: LineOrigin<'_>,
        settings: &Settings,
        number: usize,
    ) -> io::Result<()> {
        outcome.present(&mut LinePrinter {
            screen: self,
            line,
            origin,
            settings,
            number,
        })
    }

    /// Prints an answer. Only an answer with a number is folded, since `:ans` can show it in full.
    fn print_answer(
        &self,
        reply: &Reply,
        line: &str,
        settings: &Settings,
        number: Option<usize>,
    ) -> io::Result<()> {
        let is_worksheets = matches!(reply, Reply::Answer(_) | Reply::Shared(_));
        let text = reply.to_string();
        if is_worksheets && text.is_empty() {
            return Ok(());
        }
        let is_rounded = is_worksheets && reply.is_rounded();
        let short = number
            .filter(|_| self.output.is_terminal && !is_rounded)
            .and_then(|number| folded(&text, reply.exact(), settings, number));
        let source = match reply {
            Reply::Answer(answer) if is_rounded => answer.remarks.as_ref().map(|it| &*it.source),
            _ => None,
        };
        let is_shown =
            |source: &&str| number.is_some() && !source.is_empty() && !is_same(source, line);
        let source = source.filter(is_shown);
        let sign = match source {
            Some(source) => format!("{source} ≈ "),
            None if is_rounded => "≈ ".to_owned(),
            None => String::new(),
        };
        match short {
            Some(short) => writeln!(io::stdout(), "{sign}{short}"),
            None => writeln!(
                io::stdout(),
                "{sign}{}",
                separated(&text, reply.exact(), settings.separator)
            ),
        }
    }

    /// Prints how a line was read, unless readings of the same kinds were shown before.
    fn print_reading(&self, reading: &Reading, theme: Theme) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let before = shown.len();
        shown.extend(&reading.kinds);
        if shown.len() == before || reading.text.is_empty() {
            return;
        }
        drop(shown);
        let text = match reading.advice() {
            Some(advice) => format!("(read as {}: {advice})", reading.text),
            None => format!("(read as {})", reading.text),
        };
        match self.errors.palette(theme) {
            Some(palette) => print_error(styled(palette.dim, self.errors.fitted(text))),
            None => print_error(text),
        }
    }

    /// Prints the explanation of a call, in the default theme.
    pub fn print_explanation(&self, text: &str) -> io::Result<()> {
        write_explanation(text, self.output.palette(Settings::default().theme))
    }

    /// Prints a fault. On a terminal, carets mark the faulty part. Elsewhere it is one line.
    fn print_fault(&self, fault: &FaultView<'_>, line: &str, origin: LineOrigin<'_>, theme: Theme) {
        let FaultView {
            whole,
            message,
            span,
            help,
            ..
        } = fault;
        let source = match origin {
            LineOrigin::File { name, number, .. } => {
                return print_error(format_args!("{name}:{number}: {whole}"));
            }
            LineOrigin::Above => SourceLine::Above,
            LineOrigin::Elsewhere => SourceLine::Repeated,
        };
        let shown = match span {
            Some(span) if self.errors.is_terminal && !is_dumb() => {
                pointed(line, span, columns(), source)
            }
            _ => String::new(),
        };
        if shown.is_empty() {
            return print_error(whole);
        }
        let colon = if help.is_empty() { "" } else { ": " };
        if let Some(palette) = self.errors.palette(theme) {
            let shown = shown.trim_end_matches('\n');
            let (before, carets) = shown.rsplit_once('\n').unwrap_or(("", shown));
            if !before.is_empty() {
                print_error(before);
            }
            print_error(styled(palette.fault, carets));
            // A break replaces a space, so the message has the same length as before.
            let text = self.errors.fitted(format!("{message}{colon}{help}"));
            let (message, help) = text.split_at_checked(message.len()).unwrap_or((&text, ""));
            print_error(format_args!("{}{help}", styled(palette.fault, message)));
        } else {
            print_error(format_args!("{shown}{message}{colon}{help}"));
        }
    }
}

/// Whether an exact form is what the user typed, apart from spaces.
fn is_same(source: &str, line: &str) -> bool {
    let words = |text: &str| text.split_whitespace().collect::<String>();
    let value = line.rsplit('=').next().unwrap_or(line);
    words(source) == words(value)
}

/// Prints the outcome of one line.
struct LinePrinter<'s> {
    screen: &'s Screen,
    line: &'s str,
    origin: LineOrigin<'s>,
    settings: &'s Settings,
    /// The number of the newest answer.
    number: usize,
}

impl LinePrinter<'_> {
    fn is_silent(&self) -> bool {
        matches!(self.origin, LineOrigin::File { silent: true, .. })
    }
}

impl Present for LinePrinter<'_> {
    fn answer(&mut self, reply: &Reply, is_recalled: bool) -> io::Result<()> {
        let is_definition = matches!(reply, Reply::Answer(answer) if !answer.name.is_empty());
        let is_hidden =
            !is_recalled && is_definition && matches!(self.origin, LineOrigin::File { .. });
        if self.is_silent() || is_hidden {
            return Ok(());
        }
        let number = (!is_recalled).then_some(self.number);
        let screen = self.screen;
        screen.print_answer(reply, self.line, self.settings, number)?;
        if let Reply::Answer(answer) = reply
            && let Some(remarks) = &answer.remarks
            && let Some(reading) = &remarks.reading
            && !is_recalled
        {
            self.screen.print_reading(reading, self.settings.theme);
        }
        Ok(())
    }

    fn text(&mut self, text: &str) -> io::Result<()> {
        if self.is_silent() {
            return Ok(());
        }
        let text = self.screen.output.fitted(text.to_owned());
        write!(io::stdout(), "{text}")
    }

    fn note(&mut self, note: &Note) -> io::Result<()> {
        if !self.is_silent() {
            print_error(note);
        }
        Ok(())
    }

    fn explanation(&mut self, explanation: &Explanation) -> io::Result<()> {
        write_explanation(
            &explanation.to_string(),
            self.screen.output.palette(self.settings.theme),
        )
    }

    fn trace(&mut self, calls: &[CallSummary]) -> io::Result<()> {
        let palette = self.screen.errors.palette(self.settings.theme);
        for call in calls {
            match palette {
                Some(palette) => print_error(styled(palette.dim, call)),
                None => print_error(call),
            }
        }
        Ok(())
    }

    fn fault(&mut self, fault: &FaultView<'_>) -> io::Result<()> {
        let theme = self.settings.theme;
        self.screen
            .print_fault(fault, self.line, self.origin, theme);
        Ok(())
    }

    fn error(&mut self, error: &CallError) -> io::Result<()> {
        print_error(error);
        Ok(())
    }
}

fn write_explanation(text: &str, palette: Option<&Palette>) -> io::Result<()> {
    let mut output = io::stdout().lock();
    for line in text.lines() {
        match palette {
            Some(palette) if !line.starts_with(' ') => {
                writeln!(output, "{}", styled(palette.heading, line))?;
            }
            _ => writeln!(output, "{line}")?,
        }
    }
    Ok(())
}

/// Prints a line to standard error, broken to fit into the terminal unless it is styled. Errors in writing are
/// ignored, so that the session continues.
pub fn print_error(text: impl Display) {
    let mut text = text.to_string();
    if io::stderr().is_terminal() && !text.contains('\x1b') {
        text = wrapped(&text, columns());
    }
    let _ = writeln!(io::stderr(), "{text}");
}

/// Returns the terminal's width in columns.
pub(super) fn columns() -> usize {
    terminal_size::terminal_size().map_or(COLUMNS, |(width, _)| width.0.into())
}
