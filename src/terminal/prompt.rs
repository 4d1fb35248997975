//! The session at a terminal: read, call, print, until Ctrl-D.

use std::{
    io::{self, Write as _},
    mem,
};

use futures_util::FutureExt as _;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::editor::{Editor, Input};
use crate::{
    client::Reply,
    repl::{Calls, LOWERED, Outcome, Session, command},
};

/// Asks and answers until the person at the terminal ends the session. No fault
/// ends it, nor does a server that is gone: the next call looks for it again.
pub async fn run(session: &Session<impl Calls>, editor: &mut Editor) -> io::Result<()> {
    // From here on Ctrl-C no longer ends the process: while a line is edited the
    // editor sees it as a key, and while a call is under way it is this signal.
    let mut interrupts = signal(SignalKind::interrupt())?;
    let mut said = false;
    loop {
        match editor.read().await? {
            Input::Interrupt => {}
            Input::End => return Ok(()),
            Input::Line(lines) => {
                for line in lines.lines() {
                    let outcome = tokio::select! {
                        outcome = session.answer(line) => outcome,
                        () = interrupt(&mut interrupts) => {
                            complain("cancelled");
                            break;
                        }
                    };
                    if outcome == Outcome::Quit {
                        return Ok(());
                    }
                    if matches!(outcome, Outcome::Lowered(_)) && !mem::replace(&mut said, true) {
                        complain(LOWERED);
                    }
                    print(&outcome)?;
                }
            }
        }
    }
}

/// The next Ctrl-C, not one that came before anything was under way.
async fn interrupt(interrupts: &mut Signal) {
    while interrupts.recv().now_or_never().is_some() {}
    interrupts.recv().await;
}

fn print(outcome: &Outcome) -> io::Result<()> {
    match outcome {
        Outcome::Silence | Outcome::Quit => Ok(()),
        Outcome::Answer(Reply::Answer(answer)) => match &answer.text {
            Some(text) if answer.rounded => writeln!(io::stdout(), "≈ {text}"),
            Some(text) => writeln!(io::stdout(), "{text}"),
            None => Ok(()),
        },
        Outcome::Answer(reply) | Outcome::Lowered(reply) => writeln!(io::stdout(), "{reply}"),
        Outcome::Help(topic) => write!(io::stdout(), "{}", command::help(*topic)),
        Outcome::Unsendable(fault) => {
            complain(fault);
            Ok(())
        }
        Outcome::Unanswered(error) => {
            complain(error);
            Ok(())
        }
    }
}

/// Says what is wrong. Where standard error takes nothing, the session goes on.
fn complain(text: impl std::fmt::Display) {
    let _ = writeln!(io::stderr(), "{text}");
}
