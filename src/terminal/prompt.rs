//! The session at a terminal: read, call, print, until Ctrl-D.

use std::io;

use futures_util::FutureExt as _;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{
    editor::{
        Editor, Event, Input,
        preview::{EditorReply, EditorRequest, Preview},
    },
    screen::{LineOrigin, Screen, number::fitting, print_error},
};
use crate::repl::{
    BackgroundReply, Calls, LoadedFile, LogicalLine, Outcome, Session, join_continuations,
};

/// Characters of an answer that is shown while a line is typed.
const PREVIEW: usize = 44;

/// Names of a worksheet that are asked for whenever there are new ones. More take a while.
const MANY: usize = 500;

/// Whether the session goes on.
enum Flow {
    On,
    /// What was to be answered is given up.
    Interrupted,
    End,
}

/// Asks and answers until the person at the terminal ends the session. No fault
/// ends it, nor does a server that is gone: the next call looks for it again. The lines of
/// `first` are answered before.
pub async fn run(
    session: &mut Session<impl Calls>,
    editor: &mut Editor,
    screen: &Screen,
    first: Option<LoadedFile>,
) -> io::Result<()> {
    // From here on Ctrl-C no longer ends the process: while a line is edited the
    // editor sees it as a key, and while a call is under way it is this signal.
    let mut interrupts = signal(SignalKind::interrupt())?;
    editor.mute();
    if let Some(first) = first {
        load(session, screen, &mut interrupts, first, true).await?;
    }
    let mut names = 0;
    loop {
        if names <= MANY && session.has_new_names() {
            // They come while the next line is typed, for Tab.
            session.definitions().await;
        }
        let text = match read(session, editor, &mut names).await? {
            Input::Interrupt => continue,
            Input::Garbled => {
                print_error(
                    "that was no text (UTF-8); it is thrown away with all that came with it",
                );
                continue;
            }
            Input::End => return Ok(()),
            Input::Line(text) => text,
        };
        // What was pressed before anything was under way is none of these lines' business.
        while interrupts.recv().now_or_never().is_some() {}
        let groups = join_continuations(&text).groups;
        let mut place = if groups.len() == 1 && !text.contains('\n') {
            LineOrigin::Above
        } else {
            LineOrigin::Elsewhere
        };
        for (index, LogicalLine { line, .. }) in groups.iter().enumerate() {
            match answer(session, screen, &mut interrupts, line, place).await? {
                Flow::On => place = LineOrigin::Elsewhere,
                Flow::Interrupted => {
                    say_left(groups.len() - index - 1);
                    break;
                }
                Flow::End => return Ok(()),
            }
        }
    }
}

/// So many lines are given up with the one that was stopped.
fn say_left(lines: usize) {
    match lines {
        0 => {}
        1 => print_error("the line behind it is not answered"),
        lines => print_error(format_args!("the {lines} lines behind it are not answered")),
    }
}

/// Waits for a line, and answers on the side what the editor wants to know meanwhile. So many
/// `names` are known.
async fn read(
    session: &mut Session<impl Calls>,
    editor: &mut Editor,
    names: &mut usize,
) -> io::Result<Input> {
    editor.ask(session.settings().theme).await;
    loop {
        let told = tokio::select! {
            biased;
            event = editor.next() => match event {
                Event::Input(input) => return input,
                Event::EditorRequest(EditorRequest::Preview(line)) => {
                    if session.preview(line.clone()).await {
                        continue;
                    }
                    EditorReply::Preview(line, Preview::Nothing)
                }
                Event::EditorRequest(EditorRequest::Names) => {
                    if session.definitions().await {
                        continue;
                    }
                    EditorReply::Names(Vec::new())
                }
            },
            aside = session.aside() => {
                session.preview_waiting().await;
                told(session, aside)
            }
        };
        if let EditorReply::Names(all) = &told {
            *names = all.len();
        }
        editor.tell(told);
    }
}

/// What to tell the editor.
fn told(session: &Session<impl Calls>, aside: BackgroundReply) -> EditorReply {
    match aside {
        BackgroundReply::Preview(line, row) => {
            let preview = match row {
                Ok(answer) => match answer.text {
                    Some(text) => {
                        let sign = if answer.rounded { '≈' } else { '=' };
                        let text =
                            super::screen::number::separated(&text, session.settings().separator);
                        Preview::Answer(format!("{sign} {}", fitting(&text, PREVIEW)))
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

/// Answers a line, and prints what it came to.
async fn answer(
    session: &mut Session<impl Calls>,
    screen: &Screen,
    interrupts: &mut Signal,
    line: &str,
    mut place: LineOrigin<'_>,
) -> io::Result<Flow> {
    let mut notice = |text: &str| {
        print_error(text);
        if place == LineOrigin::Above {
            place = LineOrigin::Elsewhere;
        }
    };
    let answered = tokio::select! {
        // One that came between two lines counts.
        biased;
        _ = interrupts.recv() => None,
        outcome = session.answer(line, &mut notice) => Some(outcome),
    };
    let flow = match &answered {
        None => Flow::Interrupted,
        Some(Outcome::Quit) => return Ok(Flow::End),
        Some(_) => Flow::On,
    };
    let outcome = match (answered, place) {
        (Some(Outcome::Load(sheaf)), LineOrigin::File { name, number, .. }) => {
            let other = sheaf.name;
            print_error(format_args!(
                "{name}:{number}: {other} is not loaded: ':load' cannot stand in a file"
            ));
            return Ok(Flow::On);
        }
        (Some(Outcome::Load(sheaf)), _) => {
            // Boxed, since it answers lines in its turn.
            return Box::pin(load(session, screen, interrupts, sheaf, false)).await;
        }
        (Some(outcome), _) => outcome,
        (None, _) => session.interrupt().await,
    };
    screen.print(&outcome, line, place, session.settings(), session.newest())?;
    if let Some(trace) = session.take_trace() {
        screen.print_trace(&trace, session.settings().theme);
    }
    Ok(flow)
}

/// Answers the lines of a file. Definitions are not shown, as in a script; where it is
/// `silent`, only what is wrong is.
async fn load(
    session: &mut Session<impl Calls>,
    screen: &Screen,
    interrupts: &mut Signal,
    sheaf: LoadedFile,
    silent: bool,
) -> io::Result<Flow> {
    let LoadedFile {
        name,
        groups,
        is_saved,
    } = sheaf;
    let before = *session.settings();
    for (index, LogicalLine { number, line }) in groups.iter().enumerate() {
        let place = LineOrigin::File {
            name: &name,
            number: *number,
            silent,
        };
        match answer(session, screen, interrupts, line, place).await? {
            Flow::On => {}
            Flow::Interrupted => {
                say_left(groups.len() - index - 1);
                break;
            }
            // What ends a file need not end the session.
            Flow::End => break,
        }
    }
    if is_saved {
        session.set_settings(before);
    }
    Ok(Flow::On)
}
