//! The answer to a line that is still being typed.

use std::{
    cell::RefCell,
    ops::Range,
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    time::{Duration, Instant},
};

use tokio::sync::mpsc;

use crate::{
    repl::{LogicalLine, command, join_continuations},
    syntax::{self, NodeKind, ParseLimits, Prefix},
};

/// How long a key waits for what the server says.
const PATIENCE: Duration = Duration::from_millis(5);

/// Bytes of the longest line that is previewed.
const LONGEST: usize = 1024;

/// Questions that wait for the session.
const WAITING: usize = 4;

/// What the editor wants to know of the session while a line is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditorRequest {
    /// What this line would answer.
    Preview(String),
    /// What is defined.
    Names,
}

/// What the session tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditorReply {
    /// Of a line.
    Preview(String, Preview),
    /// The definitions: names as they are written on the left, and what they are.
    Names(Vec<(String, String)>),
}

/// What a line would answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Preview {
    /// Nothing that would be shown.
    #[default]
    Nothing,
    /// This text.
    Answer(String),
    /// A fault, at this place in characters.
    Fault(Option<Range<usize>>),
}

/// The editor's end.
pub(in crate::terminal) struct Previews {
    wanted: mpsc::Sender<EditorRequest>,
    told: Receiver<EditorReply>,
    known: RefCell<Known>,
}

/// What was told last.
#[derive(Default)]
struct Known {
    line: String,
    preview: Preview,
    names: Vec<(String, String)>,
}

/// The session's end.
#[derive(Debug)]
pub(in crate::terminal) struct ReplySender {
    pub(in crate::terminal) wanted: mpsc::Receiver<EditorRequest>,
    pub(in crate::terminal) told: Sender<EditorReply>,
}

/// Both ends.
pub(in crate::terminal) fn previews() -> (Previews, ReplySender) {
    let ((want, wanted), (tell, told)) = (mpsc::channel(WAITING), channel());
    let previews = Previews {
        wanted: want,
        told,
        known: RefCell::default(),
    };
    let teller = ReplySender { wanted, told: tell };
    (previews, teller)
}

impl Previews {
    /// What `line` would answer, if the session says so soon enough.
    pub(in crate::terminal) fn answer(&self, line: &str) -> Option<String> {
        self.catch_up();
        let Some(line) = previewable(line) else {
            self.known.borrow_mut().preview = Preview::Nothing;
            return None;
        };
        self.ask(
            &EditorRequest::Preview(line.clone()),
            |told| matches!(told, EditorReply::Preview(of, _) if *of == line),
        );
        let known = self.known.borrow();
        match &known.preview {
            Preview::Answer(text) if known.line == line => Some(text.clone()),
            _ => None,
        }
    }

    /// Where the line would have a fault, as far as is known.
    pub(in crate::terminal) fn fault(&self, line: &str) -> Option<Range<usize>> {
        let known = self.known.borrow();
        match &known.preview {
            Preview::Fault(place) if known.line == line => place.clone(),
            _ => None,
        }
    }

    /// The definitions, or those that were known before where the session takes too long.
    pub(in crate::terminal) fn names(&self) -> Vec<(String, String)> {
        self.ask(&EditorRequest::Names, |told| {
            matches!(told, EditorReply::Names(_))
        });
        self.known.borrow().names.clone()
    }

    /// Learns what was told too late for the key before. An empty line does so, too: what was
    /// told before another was answered says nothing of those behind it.
    fn catch_up(&self) {
        while let Ok(told) = self.told.try_recv() {
            self.learn(told);
        }
    }

    /// Asks, and waits a little for what `is_meant`.
    fn ask(&self, wanted: &EditorRequest, is_meant: impl Fn(&EditorReply) -> bool) {
        let end = Instant::now() + PATIENCE;
        self.catch_up();
        if self.wanted.try_send(wanted.clone()).is_err() {
            return;
        }
        loop {
            match self
                .told
                .recv_timeout(end.saturating_duration_since(Instant::now()))
            {
                Ok(told) => {
                    let is_meant = is_meant(&told);
                    self.learn(told);
                    if is_meant {
                        return;
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn learn(&self, told: EditorReply) {
        let mut known = self.known.borrow_mut();
        match told {
            EditorReply::Preview(line, preview) => (known.line, known.preview) = (line, preview),
            EditorReply::Names(names) => known.names = names,
        }
    }
}

/// The line to be previewed, if `text` is a whole line of the language that is worth it: no
/// plain number, which is its own answer, and no function's definition, which has none.
fn previewable(text: &str) -> Option<String> {
    if text.len() > LONGEST || !command::parse(text).is_ok_and(|parsed| parsed.is_expression()) {
        return None;
    }
    let found = join_continuations(text);
    let [LogicalLine { line, .. }] = &found.groups[..] else {
        return None;
    };
    // A space behind it makes no other line of it, but is a key that shows what came late.
    let line = line.trim_end();
    let parsed = syntax::parse(line, &ParseLimits::DEFAULT).ok()?;
    let statement = parsed.statements.last()?;
    let is_plain = |kind| matches!(kind, NodeKind::Literal | NodeKind::Prefix(Prefix::Minus));
    let nodes = parsed.expression(statement);
    let is_number = nodes.iter().all(|node| is_plain(node.kind)) && statement.forms.is_empty();
    let is_worth_it = !statement.is_function() && !is_number;
    is_worth_it.then(|| line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_previewed() {
        for (text, line) in [
            ("1 + 1", Some("1 + 1")),
            ("x", Some("x")),
            (" x  ", Some(" x")),
            ("x = 2 pi", Some("x = 2 pi")),
            ("255 to hex", Some("255 to hex")),
            ("(1 +\n2)", Some("(1 + 2)")),
            ("", None),
            ("# 1 + 1", None),
            ("12", None),
            ("-1.5", None),
            ("x = 5", None),
            ("1 +", None),
            ("(1 + 1", None),
            ("1\n2", None),
            ("f(x) = 2x", None),
            ("add 1 2", None),
            (":vars", None),
            ("help", None),
        ] {
            assert_eq!(previewable(text).as_deref(), line, "{text:?}");
        }
    }

    #[test]
    fn a_key_waits_for_nobody() {
        let (previews, mut teller) = previews();
        let start = Instant::now();
        assert_eq!(previews.answer("1 + 1"), None);
        assert!(start.elapsed() >= PATIENCE);
        assert_eq!(
            teller.wanted.blocking_recv(),
            Some(EditorRequest::Preview("1 + 1".into()))
        );
        // It comes late, and counts for that line only.
        let told = EditorReply::Preview("1 + 1".into(), Preview::Answer("2".into()));
        teller.told.send(told).unwrap();
        let told = EditorReply::Preview("1 + 12".into(), Preview::Fault(Some(0..1)));
        teller.told.send(told).unwrap();
        assert_eq!(previews.answer("1 + 12"), None);
        assert_eq!(previews.fault("1 + 12"), Some(0..1));
        // It has come, but another line was answered since then.
        let told = EditorReply::Preview("x".into(), Preview::Answer("5".into()));
        teller.told.send(told).unwrap();
        assert_eq!(previews.answer(""), None);
        assert_eq!(previews.answer("x"), None);
        drop(teller);
        // Nobody is there any more.
        assert_eq!(previews.answer("1 + 1"), None);
        assert_eq!(previews.fault("1 + 1"), None);
    }
}
