//! How the answers of a script are printed.

use std::{
    fmt::{self, Display},
    io::Write as _,
};

use serde::Serialize;

use super::{
    output::{OutputBuffers, Side},
    pending::Input,
};
use crate::{
    client::{Answered, CallError, Fault, Note, Reply},
    repl::Outcome,
};

/// How to print.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// An answer on a line of the output; what is wrong among the errors.
    #[default]
    Plain,
    /// For each line of the script an object on a line of the output.
    Json,
}

/// A line of the script as JSON. `docs/scripts.md` describes it.
#[derive(Debug, Default, Serialize)]
struct Row<'a> {
    line: u64,
    input: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rounded: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    fault: Option<FaultRow<'a>>,
}

#[derive(Debug, Serialize)]
struct FaultRow<'a> {
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
    /// Prints the answer of the worksheet to line `number`, of which the text is
    /// `input`.
    #[inline]
    pub(super) fn answer(
        self,
        number: u64,
        input: &str,
        answer: &Answered<'_>,
        page: &mut Vec<u8>,
    ) {
        match self {
            // A definition has nothing to say.
            Self::Plain => {
                if let Some(text) = &answer.text
                    && answer.name.is_empty()
                {
                    page.extend_from_slice(text.as_bytes());
                    page.push(b'\n');
                }
            }
            Self::Json => row(
                page,
                &Row {
                    line: number,
                    input,
                    name: &answer.name,
                    value: answer.text.as_deref(),
                    rounded: answer.text.is_some().then_some(answer.rounded),
                    ..Row::default()
                },
            ),
        }
    }

    /// Prints what a line came to that is no answer of the worksheet.
    pub(super) fn outcome(
        self,
        input: &Input,
        many: bool,
        outcome: &Outcome,
        pages: &mut OutputBuffers,
    ) {
        if self == Self::Json {
            return json(input, outcome, pages.on(Side::Output));
        }
        let wrong: &dyn Display = match outcome {
            Outcome::Silence | Outcome::Said(_) | Outcome::Load(_) | Outcome::Quit => return,
            Outcome::Answer(Reply::Answer(answer)) => {
                return self.answer(0, "", &answer.borrowed(), pages.on(Side::Output));
            }
            Outcome::Answer(reply) | Outcome::Lowered(reply) | Outcome::Recalled(reply) => {
                return print(pages.on(Side::Output), format_args!("{reply}\n"));
            }
            Outcome::Text(text) => {
                return print(pages.on(Side::Output), format_args!("{text}"));
            }
            Outcome::Explained(outcome, explanation) => {
                self.outcome(input, many, outcome, pages);
                return print(pages.on(Side::Output), format_args!("{explanation}"));
            }
            Outcome::Fault(fault) => fault,
            Outcome::Unsendable(fault) => fault,
            Outcome::Unanswered(error) => error,
        };
        let page = pages.on(Side::Errors);
        if many {
            print(
                page,
                format_args!("grpcalc: line {}: {wrong}\n", input.number),
            );
        } else {
            print(page, format_args!("grpcalc: {wrong}\n"));
        }
    }
}

fn json(input: &Input, outcome: &Outcome, page: &mut Vec<u8>) {
    let blank = Row {
        line: input.number,
        input: input.text.as_deref().unwrap_or_default(),
        ..Row::default()
    };
    let fault = |fault| Row {
        fault: Some(fault),
        ..blank
    };
    match outcome {
        Outcome::Silence | Outcome::Load(_) | Outcome::Quit => row(page, &blank),
        Outcome::Answer(Reply::Answer(answer)) => {
            Format::Json.answer(blank.line, blank.input, &answer.borrowed(), page);
        }
        Outcome::Answer(reply) | Outcome::Lowered(reply) | Outcome::Recalled(reply) => row(
            page,
            &Row {
                value: Some(&reply.to_string()),
                rounded: Some(reply.is_rounded()),
                ..blank
            },
        ),
        Outcome::Said(Note { text, .. }) | Outcome::Text(text) => row(
            page,
            &Row {
                text: Some(text),
                ..blank
            },
        ),
        Outcome::Explained(outcome, _) => json(input, outcome, page),
        Outcome::Fault(found) => row(page, &fault(FaultRow::new(found))),
        Outcome::Unsendable(found) => row(
            page,
            &fault(FaultRow {
                reason: found.reason,
                message: &found.message,
                start: Some(found.span.start),
                end: Some(found.span.end),
                help: &found.help,
            }),
        ),
        Outcome::Unanswered(CallError::Fault { fault: found, .. }) => {
            row(page, &fault(FaultRow::new(found)));
        }
        Outcome::Unanswered(error) => row(
            page,
            &fault(FaultRow {
                reason: if error.is_fatal() {
                    "UNAVAILABLE"
                } else {
                    "DEADLINE_EXCEEDED"
                },
                message: &error.to_string(),
                start: None,
                end: None,
                help: "",
            }),
        ),
    }
}

impl<'a> FaultRow<'a> {
    fn new(fault: &'a Fault) -> Self {
        let place = fault.place.as_ref();
        Self {
            reason: fault.reason.as_deref().unwrap_or("UNKNOWN"),
            message: &fault.message,
            start: place.map(|place| place.start),
            end: place.map(|place| place.end),
            help: &fault.help,
        }
    }
}

fn row(page: &mut Vec<u8>, row: &Row<'_>) {
    serde_json::to_writer(&mut *page, row).expect("a Vec takes everything");
    page.push(b'\n');
}

fn print(page: &mut Vec<u8>, text: fmt::Arguments<'_>) {
    page.write_fmt(text).expect("a Vec takes everything");
}
