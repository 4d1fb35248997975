//! The session at a terminal: reads a line, answers it and prints the outcome, until Ctrl-D.

use std::io;

use futures_util::FutureExt as _;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{
    editor::{
        Editor, EditorEvent, UserInput,
        preview::{EditorReply, EditorRequest, Preview},
    },
    screen::{
        LineOrigin, Screen,
        number::{fitting, separated},
        print_error,
    },
};
use crate::repl::{
    BackgroundReply, Calls, LoadedFile, LogicalLine, Outcome, Session, join_continuations,
};

/// The maximum length of a preview, in characters.
const PREVIEW: usize = 44;

/// If the worksheet has more names than this, the prompt does not fetch the definitions after a
/// line that adds names.
///
/// Fetching more definitions after each line would take too long.
const PREFETCHED_NAMES: usize = 500;

/// The next step of the session after a line.
enum NextStep {
    /// Answer the next line.
    Continue,
    /// Return to the prompt, because Ctrl-C has discarded the remaining lines.
    Prompt,
    /// End the session.
    Quit,
}

/// Answers the lines of `first`, and then the user's lines until the user ends the session.
///
/// A fault or a lost server does not end the session: the next call connects again. Returns errors
/// of the terminal.
pub async fn run(
    session: &mut Session<impl Calls>,
    editor: &mut Editor,
    screen: &Screen,
    first: Option<LoadedFile>,
) -> io::Result<()> {
    // From here on Ctrl-C does not end the process. It is a key while a line is edited, and this
    // signal while a line runs.
    let mut interrupts = signal(SignalKind::interrupt())?;
    editor.mute();
    if let Some(first) = first {
        load(session, screen, &mut interrupts, first, true).await?;
    }
    let mut names = 0;
    loop {
        if names <= PREFETCHED_NAMES && session.has_new_names() {
            // For Tab. The reply arrives while the user types the next line.
            session.definitions().await;
        }
        let text = match read(session, editor, &mut names).await? {
            UserInput::Interrupt => continue,
            UserInput::InvalidUtf8 => {
                print_error("the input is not UTF-8; the line is discarded");
                continue;
            }
            UserInput::End => return Ok(()),
            UserInput::Line(text) => text,
        };
        // A Ctrl-C from before these lines does not stop them.
        while interrupts.recv().now_or_never().is_some() {}
        let groups = join_continuations(&text).groups;
        let mut origin = if groups.len() == 1 && !text.contains('\n') {
            LineOrigin::Above
        } else {
            LineOrigin::Elsewhere
        };
        for (index, LogicalLine { line, .. }) in groups.iter().enumerate() {
            match answer(session, screen, &mut interrupts, line, origin).await? {
                NextStep::Continue => origin = LineOrigin::Elsewhere,
                NextStep::Prompt => {
                    print_discarded(groups.len() - index - 1);
                    break;
                }
                NextStep::Quit => return Ok(()),
            }
        }
    }
}

/// Reports how many lines are discarded after the line that Ctrl-C stopped.
fn print_discarded(lines: usize) {
    match lines {
        0 => {}
        1 => print_error("the next line is not answered"),
        lines => print_error(format_args!("the next {lines} lines are not answered")),
    }
}

/// Reads a line, and replies to the editor's requests until the line is complete.
///
/// Sets `names` to the number of names that the worksheet defines, if the session reports them.
async fn read(
    session: &mut Session<impl Calls>,
    editor: &mut Editor,
    names: &mut usize,
) -> io::Result<UserInput> {
    editor.prompt(session.settings().theme).await;
    loop {
        let reply = tokio::select! {
            biased;
            event = editor.next() => match event {
                EditorEvent::Input(input) => return input,
                EditorEvent::Request(EditorRequest::Preview(line)) => {
                    if session.preview(line.clone()).await {
                        continue;
                    }
                    EditorReply::Preview(line, Preview::Nothing)
                }
                EditorEvent::Request(EditorRequest::Names) => {
                    if session.definitions().await {
                        continue;
                    }
                    EditorReply::Names(Vec::new())
                }
            },
            reply = session.aside() => {
                session.preview_waiting().await;
                editor_reply(session, reply)
            }
        };
        if let EditorReply::Names(all) = &reply {
            *names = all.len();
        }
        editor.reply(reply);
    }
}

/// Converts a reply of the session to a reply for the editor.
fn editor_reply(session: &Session<impl Calls>, reply: BackgroundReply) -> EditorReply {
    match reply {
        BackgroundReply::Preview(line, row) => {
            let preview = match row {
                Ok(answer) => match answer.text {
                    Some(text) => {
                        let sign = if answer.rounded { '≈' } else { '=' };
                        let exact = answer.exact.as_ref();
                        let text = separated(&text, exact, session.settings().separator);
                        Preview::Answer(format!("{sign} {}", fitting(&text, exact, PREVIEW)))
                    }
                    None => Preview::Nothing,
                },
                Err(fault) => Preview::Fault(fault.place),
            };
            EditorReply::Preview(line, preview)
        }
        BackgroundReply::Names(rows) => {
            let rows = rows.into_iter().flatten();
            let names = rows.map(|row| (row.name, row.text.unwrap_or_default()));
            EditorReply::Names(names.collect())
        }
    }
}

/// Answers a line, and prints the outcome.
async fn answer(
    session: &mut Session<impl Calls>,
    screen: &Screen,
    interrupts: &mut Signal,
    line: &str,
    mut origin: LineOrigin<'_>,
) -> io::Result<NextStep> {
    let mut notice = |text: &str| {
        print_error(text);
        if origin == LineOrigin::Above {
            origin = LineOrigin::Elsewhere;
        }
    };
    let answered = tokio::select! {
        // A Ctrl-C between two lines stops this line.
        biased;
        _ = interrupts.recv() => None,
        outcome = session.answer(line, &mut notice) => Some(outcome),
    };
    let next = match &answered {
        None => NextStep::Prompt,
        Some(Outcome::Quit) => return Ok(NextStep::Quit),
        Some(_) => NextStep::Continue,
    };
    let outcome = match (answered, origin) {
        (Some(Outcome::Load(file)), LineOrigin::File { name, number, .. }) => {
            let other = file.name;
            print_error(format_args!(
                "{name}:{number}: {other} is not loaded: a file cannot contain ':load'"
            ));
            return Ok(NextStep::Continue);
        }
        (Some(Outcome::Load(file)), _) => {
            // Boxed, since `load` calls this function recursively.
            return Box::pin(load(session, screen, interrupts, file, false)).await;
        }
        (Some(outcome), _) => outcome,
        (None, _) => session.interrupt().await,
    };
    screen.print(&outcome, line, origin, session.settings(), session.newest())?;
    Ok(next)
}

/// Answers the lines of a file.
///
/// As in a script, the answers to definitions are not shown. If `silent`, only faults are shown.
async fn load(
    session: &mut Session<impl Calls>,
    screen: &Screen,
    interrupts: &mut Signal,
    file: LoadedFile,
    silent: bool,
) -> io::Result<NextStep> {
    let LoadedFile {
        name,
        groups,
        is_saved,
    } = file;
    let before = *session.settings();
    for (index, LogicalLine { number, line }) in groups.iter().enumerate() {
        let origin = LineOrigin::File {
            name: &name,
            number: *number,
            silent,
        };
        match answer(session, screen, interrupts, line, origin).await? {
            NextStep::Continue => {}
            NextStep::Prompt => {
                print_discarded(groups.len() - index - 1);
                break;
            }
            // `quit` in a file ends the file only.
            NextStep::Quit => break,
        }
    }
    if is_saved {
        session.set_settings(before);
    }
    Ok(NextStep::Continue)
}
