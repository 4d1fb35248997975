//! The session at a terminal: read, call, print, until Ctrl-D.

use std::io::{self, Write as _};

use futures_util::FutureExt as _;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::editor::{Editor, Input};
use crate::{
    client::Reply,
    repl::{Calls, Outcome, Session},
};

/// Asks and answers until the person at the terminal ends the session. No fault
/// ends it, nor does a server that is gone: the next call looks for it again.
pub async fn run(session: &mut Session<impl Calls>, editor: &mut Editor) -> io::Result<()> {
    // From here on Ctrl-C no longer ends the process: while a line is edited the
    // editor sees it as a key, and while a call is under way it is this signal.
    let mut interrupts = signal(SignalKind::interrupt())?;
    loop {
        match editor.read().await? {
            Input::Interrupt => {}
            Input::End => return Ok(()),
            Input::Line(lines) => {
                for line in lines.lines() {
                    let mut notice = |text: &str| complain(text);
                    let answered = tokio::select! {
                        outcome = session.answer(line, &mut notice) => Some(outcome),
                        () = interrupt(&mut interrupts) => None,
                    };
                    let Some(outcome) = answered else {
                        print(&session.interrupt().await)?;
                        break;
                    };
                    if outcome == Outcome::Quit {
                        return Ok(());
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
        Outcome::Answer(Reply::Answer(answer) | Reply::Shared(answer)) => match &answer.text {
            Some(text) if answer.rounded => writeln!(io::stdout(), "≈ {text}"),
            Some(text) => writeln!(io::stdout(), "{text}"),
            None => Ok(()),
        },
        Outcome::Answer(reply) | Outcome::Lowered(reply) => writeln!(io::stdout(), "{reply}"),
        Outcome::Said(note) => {
            complain(note);
            Ok(())
        }
        Outcome::Text(text) => write!(io::stdout(), "{text}"),
        Outcome::Fault(fault) => {
            complain(fault);
            Ok(())
        }
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
