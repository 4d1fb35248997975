//! Prints the answers of a script, as plain text or as JSON.

use std::{
    fmt::Display,
    io::{self, Write as _},
};

use serde::Serialize;

use super::{
    output::{OutputBuffers, Side},
    pending::InputLine,
};
use crate::explain::{CallSummary, Explanation};
use crate::{
    client::{Answered, CallError, Note, Reply},
    repl::{FaultView, Outcome, Present},
};

/// The format of the output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// Plain text. An answer is a line on standard output, and a fault is a line on standard error.
    #[default]
    Plain,
    /// JSON. Each line of the script produces one object, on a separate line of standard output.
    Json,
}

/// The JSON object for a line of the script. `docs/scripts.md` describes the fields of the object.
#[derive(Debug, Default, Serialize)]
struct JsonLine<'a> {
    line: u64,
    input: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rounded: Option<bool>,
    #[serde(skip_serializing_if = "str::is_empty")]
    unit: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reading: Option<&'a str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    reading_kinds: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<JsonFault<'a>>,
}

#[derive(Debug, Serialize)]
struct JsonFault<'a> {
    reason: &'a str,
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    start: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    end: Option<usize>,
    #[serde(skip_serializing_if = "str::is_empty")]
    help: &'a str,
}

impl Format {
    /// Prints the worksheet's answer to a line. `number` is the number of the line, and `input` is
    /// its text.
    #[inline]
    pub(super) fn answer(
        self,
        number: u64,
        input: &str,
        answer: &Answered<'_>,
        buffer: &mut Vec<u8>,
    ) {
        match self {
            // A definition prints nothing.
            Self::Plain => {
                if let Some(text) = &answer.text
                    && answer.name.is_empty()
                {
                    buffer.extend_from_slice(text.as_bytes());
                    buffer.push(b'\n');
                }
            }
            Self::Json => Self::json(number, input, answer, buffer),
        }
    }

    fn json(number: u64, input: &str, answer: &Answered<'_>, buffer: &mut Vec<u8>) {
        let remarks = answer.remarks.as_ref();
        let reading = remarks.and_then(|remarks| remarks.reading.as_ref());
        write_json(
            buffer,
            &JsonLine {
                line: number,
                input,
                name: &answer.name,
                value: answer.text.as_deref(),
                rounded: answer.text.is_some().then_some(answer.rounded),
                unit: remarks.map_or("", |remarks| &remarks.unit),
                reading: reading.map(|reading| &*reading.text),
                reading_kinds: reading.map_or_else(Vec::new, |it| it.names().collect()),
                ..JsonLine::default()
            },
        );
    }

    /// Prints the outcome of a line. If `many` is true, a fault is printed with the number of the
    /// line.
    pub(super) fn outcome(
        self,
        input: &InputLine,
        many: bool,
        outcome: &Outcome,
        output: &mut OutputBuffers,
    ) {
        let printed = match self {
            Self::Plain => outcome.present(&mut PlainPrinter {
                number: many.then_some(input.number),
                output,
            }),
            Self::Json => outcome.present(&mut JsonPrinter {
                input,
                buffer: output.on(Side::Output),
            }),
        };
        printed.expect("writing to a Vec cannot fail");
    }
}

/// Prints answers to standard output and faults to standard error.
struct PlainPrinter<'p> {
    /// The number of the line. `None` if faults are printed without a number.
    number: Option<u64>,
    output: &'p mut OutputBuffers,
}

impl PlainPrinter<'_> {
    fn print_error(&mut self, error: &dyn Display) -> io::Result<()> {
        let buffer = self.output.on(Side::Errors);
        match self.number {
            Some(number) => writeln!(buffer, "grpcalc: line {number}: {error}"),
            None => writeln!(buffer, "grpcalc: {error}"),
        }
    }
}

impl Present for PlainPrinter<'_> {
    fn answer(&mut self, reply: &Reply, is_recalled: bool) -> io::Result<()> {
        let buffer = self.output.on(Side::Output);
        match reply {
            Reply::Answer(answer) if !is_recalled => {
                Format::Plain.answer(0, "", &answer.borrowed(), buffer);
                Ok(())
            }
            reply => writeln!(buffer, "{reply}"),
        }
    }

    fn text(&mut self, text: &str) -> io::Result<()> {
        write!(self.output.on(Side::Output), "{text}")
    }

    fn note(&mut self, _: &Note) -> io::Result<()> {
        Ok(())
    }

    fn explanation(&mut self, explanation: &Explanation) -> io::Result<()> {
        self.text(&explanation.to_string())
    }

    fn trace(&mut self, calls: &[CallSummary]) -> io::Result<()> {
        let buffer = self.output.on(Side::Errors);
        calls.iter().try_for_each(|call| writeln!(buffer, "{call}"))
    }

    fn fault(&mut self, fault: &FaultView<'_>) -> io::Result<()> {
        self.print_error(fault.whole)
    }

    fn error(&mut self, error: &CallError) -> io::Result<()> {
        self.print_error(error)
    }
}

/// Prints the outcome of each line as a JSON object.
struct JsonPrinter<'p> {
    input: &'p InputLine,
    buffer: &'p mut Vec<u8>,
}

/// Returns an object that has only the number and the text of the line.
fn blank(input: &InputLine) -> JsonLine<'_> {
    JsonLine {
        line: input.number,
        input: input.text.as_deref().unwrap_or_default(),
        ..JsonLine::default()
    }
}

impl Present for JsonPrinter<'_> {
    fn silence(&mut self) -> io::Result<()> {
        write_json(self.buffer, &blank(self.input));
        Ok(())
    }

    fn answer(&mut self, reply: &Reply, is_recalled: bool) -> io::Result<()> {
        let blank = blank(self.input);
        if let Reply::Answer(answer) = reply
            && !is_recalled
        {
            Format::Json.answer(blank.line, blank.input, &answer.borrowed(), self.buffer);
            return Ok(());
        }
        let line = JsonLine {
            value: Some(&reply.to_string()),
            rounded: Some(reply.is_rounded()),
            ..blank
        };
        write_json(self.buffer, &line);
        Ok(())
    }

    fn text(&mut self, text: &str) -> io::Result<()> {
        let line = JsonLine {
            text: Some(text),
            ..blank(self.input)
        };
        write_json(self.buffer, &line);
        Ok(())
    }

    fn note(&mut self, note: &Note) -> io::Result<()> {
        self.text(&note.text)
    }

    fn explanation(&mut self, _: &Explanation) -> io::Result<()> {
        Ok(())
    }

    fn trace(&mut self, _: &[CallSummary]) -> io::Result<()> {
        Ok(())
    }

    fn fault(&mut self, fault: &FaultView<'_>) -> io::Result<()> {
        let line = JsonLine {
            fault: Some(JsonFault {
                reason: fault.reason.unwrap_or("UNKNOWN"),
                message: fault.message,
                start: fault.span.as_ref().map(|span| span.start),
                end: fault.span.as_ref().map(|span| span.end),
                help: fault.help,
            }),
            ..blank(self.input)
        };
        write_json(self.buffer, &line);
        Ok(())
    }

    fn error(&mut self, error: &CallError) -> io::Result<()> {
        let message = error.to_string();
        let line = JsonLine {
            fault: Some(JsonFault {
                reason: if error.is_fatal() {
                    "UNAVAILABLE"
                } else {
                    "DEADLINE_EXCEEDED"
                },
                message: &message,
                start: None,
                end: None,
                help: "",
            }),
            ..blank(self.input)
        };
        write_json(self.buffer, &line);
        Ok(())
    }
}

fn write_json(buffer: &mut Vec<u8>, line: &JsonLine<'_>) {
    serde_json::to_writer(&mut *buffer, line).expect("writing to a Vec cannot fail");
    buffer.push(b'\n');
}
