//! What is printed at the prompt.

pub(super) mod color;
pub(super) mod number;
pub(super) mod pointer;
pub(super) mod progress;

use std::{
    fmt::Display,
    io::{self, IsTerminal as _, Write as _},
    ops::Range,
};

use self::{
    color::{Color, DIM, FAULT, HEADING, is_dumb, styled},
    number::{folded, separated},
    pointer::pointed,
};
use crate::{
    client::{CallError, Note, Reply},
    repl::{FaultView, Outcome, Present, settings::Settings},
};

/// Columns where the terminal does not say how many it has.
const COLUMNS: usize = 80;

/// Where a line came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place<'f> {
    /// It stands right above what is printed.
    Above,
    /// It was typed or pasted, and stands somewhere above.
    Elsewhere,
    /// It stands in a file.
    File {
        /// Of this name.
        name: &'f str,
        /// As this line, from 1.
        number: usize,
        /// Whether only what is wrong is shown.
        silent: bool,
    },
}

/// Standard output, for what was asked for, and standard error, for the rest.
#[derive(Debug)]
pub struct Screen {
    output: Stream,
    errors: Stream,
}

#[derive(Debug)]
struct Stream {
    is_terminal: bool,
    is_colored: bool,
}

impl Screen {
    /// The process's own streams.
    #[must_use]
    pub fn new(color: Color) -> Self {
        Self {
            output: Stream {
                is_terminal: io::stdout().is_terminal(),
                is_colored: color.is_on(&io::stdout()),
            },
            errors: Stream {
                is_terminal: io::stderr().is_terminal(),
                is_colored: color.is_on(&io::stderr()),
            },
        }
    }

    /// Prints what a line came to. The newest answer has this `number`.
    pub(super) fn print(
        &self,
        outcome: &Outcome,
        line: &str,
        place: Place<'_>,
        settings: &Settings,
        number: usize,
    ) -> io::Result<()> {
        outcome.present(&mut LinePrinter {
            screen: self,
            line,
            place,
            settings,
            number,
        })
    }

    /// An answer that can be folded, if it has a number.
    fn print_answer(
        &self,
        reply: &Reply,
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
            .and_then(|number| folded(&text, settings, number));
        let sign = if is_rounded { "≈ " } else { "" };
        match short {
            Some(short) => writeln!(io::stdout(), "{sign}{short}"),
            None => writeln!(
                io::stdout(),
                "{sign}{}",
                separated(&text, settings.separator)
            ),
        }
    }

    /// Prints how a line was answered.
    pub fn print_explanation(&self, text: &str) -> io::Result<()> {
        let mut output = io::stdout().lock();
        for line in text.lines() {
            if self.output.is_colored && !line.starts_with(' ') {
                writeln!(output, "{}", styled(HEADING, line))?;
            } else {
                writeln!(output, "{line}")?;
            }
        }
        Ok(())
    }

    /// What travelled for a line.
    pub(super) fn print_trace(&self, text: &str) {
        for line in text.lines() {
            if self.errors.is_colored {
                print_error(styled(DIM, line));
            } else {
                print_error(line);
            }
        }
    }

    /// Says what is wrong with a line: `whole` in a line, or where the screen is a terminal
    /// with the place shown in it.
    fn fault(
        &self,
        whole: &dyn Display,
        message: &str,
        at: Option<&Range<usize>>,
        help: &str,
        line: &str,
        place: Place<'_>,
    ) {
        let where_ = match place {
            Place::File { name, number, .. } => {
                return print_error(format_args!("{name}:{number}: {whole}"));
            }
            Place::Above => pointer::Line::Above,
            Place::Elsewhere => pointer::Line::Elsewhere,
        };
        let shown = match at {
            Some(at) if self.errors.is_terminal && !is_dumb() => {
                pointed(line, at, columns(), where_)
            }
            _ => String::new(),
        };
        if shown.is_empty() {
            return print_error(whole);
        }
        let colon = if help.is_empty() { "" } else { ": " };
        if self.errors.is_colored {
            let shown = shown.trim_end_matches('\n');
            let (before, carets) = shown
                .rsplit_once('\n')
                .map_or(("", shown), |(before, carets)| (before, carets));
            if !before.is_empty() {
                print_error(before);
            }
            print_error(styled(FAULT, carets));
            print_error(format_args!("{}{colon}{help}", styled(FAULT, message)));
        } else {
            print_error(format_args!("{shown}{message}{colon}{help}"));
        }
    }
}

/// A printer of the outcome of one line.
struct LinePrinter<'s> {
    screen: &'s Screen,
    line: &'s str,
    place: Place<'s>,
    settings: &'s Settings,
    /// The number of the newest answer.
    number: usize,
}

impl LinePrinter<'_> {
    fn is_silent(&self) -> bool {
        matches!(self.place, Place::File { silent: true, .. })
    }
}

impl Present for LinePrinter<'_> {
    fn answer(&mut self, reply: &Reply, is_recalled: bool) -> io::Result<()> {
        let is_definition = matches!(reply, Reply::Answer(answer) if !answer.name.is_empty());
        let is_hidden = !is_recalled && is_definition && matches!(self.place, Place::File { .. });
        if self.is_silent() || is_hidden {
            return Ok(());
        }
        let number = (!is_recalled).then_some(self.number);
        self.screen.print_answer(reply, self.settings, number)
    }

    fn text(&mut self, text: &str) -> io::Result<()> {
        if self.is_silent() {
            return Ok(());
        }
        write!(io::stdout(), "{text}")
    }

    fn note(&mut self, note: &Note) -> io::Result<()> {
        if !self.is_silent() {
            print_error(note);
        }
        Ok(())
    }

    fn explanation(&mut self, text: &str) -> io::Result<()> {
        self.screen.print_explanation(text)
    }

    fn fault(&mut self, fault: &FaultView<'_>) -> io::Result<()> {
        let FaultView {
            whole,
            message,
            span,
            help,
            ..
        } = fault;
        let (line, place) = (self.line, self.place);
        self.screen
            .fault(whole, message, span.as_ref(), help, line, place);
        Ok(())
    }

    fn error(&mut self, error: &CallError) -> io::Result<()> {
        print_error(error);
        Ok(())
    }
}

/// Says something that is no answer. Where standard error takes nothing, the session goes on.
pub(super) fn print_error(text: impl Display) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// How wide the terminal is.
pub(super) fn columns() -> usize {
    terminal_size::terminal_size().map_or(COLUMNS, |(width, _)| width.0.into())
}
