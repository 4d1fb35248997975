//! The commands for the chat.

use super::{
    arguments::{Arguments, Rest, Word},
    fault::LineFault,
    parse::Command,
    registry::{CommandSpec, Completion, Family},
};
use crate::{proto::note::TEXT, text::printable::quoted};

pub(super) static FAMILY: Family = Family {
    title: "Chat",
    commands: &[
        CommandSpec::new(
            &[":chat"],
            "joins the chat of the server and shows the notes of others; :chat off leaves",
            chat,
        )
        .operands("[off]")
        .completion(Completion::Words(&["off"])),
        CommandSpec::new(&[":say"], "sends a note to the chat", |arguments| {
            text(arguments).map(|text| Command::Talk(Talk::Say(text)))
        })
        .operands("TEXT")
        .makes_call(),
        CommandSpec::new(
            &[":share"],
            "shares the last line and its answer in the chat",
            |_| Ok(Command::Talk(Talk::Share)),
        )
        .makes_call(),
        CommandSpec::new(
            &[":take"],
            "sets ans to the last answer that was shared in the chat",
            |_| Ok(Command::Talk(Talk::Take)),
        )
        .makes_call(),
    ],
};

/// An operation of the chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Talk<'t> {
    /// Subscribes to the notes.
    Join,
    /// Ends the subscription.
    Leave,
    /// Sends this text as a note.
    Say(&'t str),
    /// Sends the last line and its answer as a note.
    Share,
    /// Takes the newest answer that was shared in the chat. It becomes the last answer of the
    /// session.
    Take,
}

fn chat<'t>(arguments: &mut Arguments<'t>) -> Result<Command<'t>, LineFault> {
    let takes = "'off' or no operand";
    match arguments.next() {
        None => Ok(Command::Talk(Talk::Join)),
        Some(Word { text: "off", .. }) => {
            arguments.no_more(takes)?;
            Ok(Command::Talk(Talk::Leave))
        }
        Some(word) => Err(arguments.takes(takes, &word, "':say TEXT' sends a note")),
    }
}

/// Reads the text of a note: the rest of the line. A `#` in the text does not begin a comment.
fn text<'t>(arguments: &mut Arguments<'t>) -> Result<&'t str, LineFault> {
    let Rest { text, column } = arguments.rest();
    let column = |at: usize| column + text[..at].chars().count();
    let fault = |message, span, help: &str| {
        let place = Word { text: "", span };
        Err(place.fault(message, help))
    };
    let (from, to) = (column(0), column(text.len()));
    if text.is_empty() {
        let name = &arguments.name;
        let message = format!("{} takes a text", quoted(name.text));
        return fault(message, name.span.end..name.span.end, "write :say TEXT");
    }
    if let Some(at) = text.find(char::is_control) {
        let at = column(at);
        let message = "the text has a control character".into();
        return fault(message, at..at + 1, "remove it");
    }
    if to - from > TEXT {
        let message = format!(
            "the text has {} characters, more than the limit of {TEXT}",
            to - from
        );
        return fault(message, from + TEXT..to, "split it into several notes");
    }
    Ok(text)
}
