//! Previews: the answer to a line that is still being typed.
//!
//! The editor's thread sends requests and waits at most [`REPLY_TIMEOUT`] for the session's reply.

use std::{
    cell::RefCell,
    ops::Range,
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    time::{Duration, Instant},
};

use tokio::sync::mpsc;

use super::typed_line::TypedLine;
use crate::{
    repl::{LogicalLine, join_continuations},
    syntax::{self, NodeKind, ParseLimits, Prefix},
};

/// The longest time that a key waits for a reply.
const REPLY_TIMEOUT: Duration = Duration::from_millis(5);

/// The longest line that is previewed, in bytes.
const LONGEST: usize = 1024;

/// The most requests that wait for the session.
const PENDING_REQUESTS: usize = 4;

/// A request of the editor to the session, while a line is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditorRequest {
    /// The answer that this line would have.
    Preview(String),
    /// The definitions of the worksheet.
    Names,
}

/// A reply of the session to the editor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditorReply {
    /// The preview of a line.
    Preview(String, Preview),
    /// The definitions: the left-hand side of each, and its value or body.
    Names(Vec<(String, String)>),
}

/// The answer that a line would have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Preview {
    /// No answer to show.
    #[default]
    Nothing,
    /// The text to show.
    Answer(String),
    /// A fault, with the faulty part of the line in characters.
    Fault(Option<Range<usize>>),
}

/// The editor's end of the channels.
pub(in crate::terminal) struct Previews {
    requests: mpsc::Sender<EditorRequest>,
    replies: Receiver<EditorReply>,
    latest: RefCell<LatestReplies>,
}

/// The latest reply of each kind.
#[derive(Default)]
struct LatestReplies {
    line: String,
    preview: Preview,
    names: Vec<(String, String)>,
}

/// The session's end of the channels.
#[derive(Debug)]
pub(in crate::terminal) struct ReplySender {
    pub(in crate::terminal) requests: mpsc::Receiver<EditorRequest>,
    pub(in crate::terminal) replies: Sender<EditorReply>,
}

/// Creates the channels between editor and session.
pub(in crate::terminal) fn previews() -> (Previews, ReplySender) {
    let (request_sender, requests) = mpsc::channel(PENDING_REQUESTS);
    let (reply_sender, replies) = channel();
    let previews = Previews {
        requests: request_sender,
        replies,
        latest: RefCell::default(),
    };
    let sender = ReplySender {
        requests,
        replies: reply_sender,
    };
    (previews, sender)
}

impl Previews {
    /// Returns the answer that `typed` would have, if the reply comes in time.
    pub(in crate::terminal) fn answer(&self, typed: &TypedLine) -> Option<String> {
        self.catch_up();
        let Some(line) = previewable(typed) else {
            self.latest.borrow_mut().preview = Preview::Nothing;
            return None;
        };
        self.request(
            &EditorRequest::Preview(line.clone()),
            |reply| matches!(reply, EditorReply::Preview(of, _) if *of == line),
        );
        let latest = self.latest.borrow();
        match &latest.preview {
            Preview::Answer(text) if latest.line == line => Some(text.clone()),
            _ => None,
        }
    }

    /// Returns the faulty part of `line`, in characters, if the latest reply was about this line.
    pub(in crate::terminal) fn fault(&self, line: &str) -> Option<Range<usize>> {
        let latest = self.latest.borrow();
        match &latest.preview {
            Preview::Fault(span) if latest.line == line => span.clone(),
            _ => None,
        }
    }

    /// Returns the definitions; the former ones if the reply does not come in time.
    pub(in crate::terminal) fn names(&self) -> Vec<(String, String)> {
        self.request(&EditorRequest::Names, |reply| {
            matches!(reply, EditorReply::Names(_))
        });
        self.latest.borrow().names.clone()
    }

    /// Takes the replies that came too late for the key before.
    ///
    /// An empty line does so too: a reply from before another line was answered no longer holds.
    fn catch_up(&self) {
        while let Ok(reply) = self.replies.try_recv() {
            self.keep(reply);
        }
    }

    /// Sends a request, and waits for the reply that `is_expected`, at most [`REPLY_TIMEOUT`].
    fn request(&self, request: &EditorRequest, is_expected: impl Fn(&EditorReply) -> bool) {
        let end = Instant::now() + REPLY_TIMEOUT;
        self.catch_up();
        if self.requests.try_send(request.clone()).is_err() {
            return;
        }
        loop {
            let left = end.saturating_duration_since(Instant::now());
            match self.replies.recv_timeout(left) {
                Ok(reply) => {
                    let is_expected = is_expected(&reply);
                    self.keep(reply);
                    if is_expected {
                        return;
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn keep(&self, reply: EditorReply) {
        let mut latest = self.latest.borrow_mut();
        match reply {
            EditorReply::Preview(line, preview) => (latest.line, latest.preview) = (line, preview),
            EditorReply::Names(names) => latest.names = names,
        }
    }
}

/// Returns the line to preview, if `typed` is one complete line of the language.
///
/// Plain numbers and definitions of functions have no preview: a number is its own answer, and a
/// definition has none.
fn previewable(typed: &TypedLine) -> Option<String> {
    let text = &typed.text;
    if text.len() > LONGEST || !typed.is_expression {
        return None;
    }
    let found = join_continuations(text);
    let [LogicalLine { line, .. }] = &found.groups[..] else {
        return None;
    };
    // Spaces at the end do not change the line. A space is a key that shows a late preview.
    let line = line.trim_end();
    let parsed = syntax::parse(line, &ParseLimits::DEFAULT).ok()?;
    let statement = parsed.statements.last()?;
    let is_plain = |kind| matches!(kind, NodeKind::Literal | NodeKind::Prefix(Prefix::Minus));
    let nodes = parsed.expression(statement);
    let is_number =
        nodes.iter().all(|node| is_plain(node.kind)) && statement.conversions.is_empty();
    let is_worth_it = !statement.is_function() && !is_number;
    is_worth_it.then(|| line.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_lines_have_a_preview() {
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
            let found = previewable(&TypedLine::new(text));
            assert_eq!(found.as_deref(), line, "{text:?}");
        }
    }

    #[test]
    fn a_key_waits_only_for_the_timeout() {
        let (previews, mut sender) = previews();
        let answer = |line: &str| previews.answer(&TypedLine::new(line));
        let start = Instant::now();
        assert_eq!(answer("1 + 1"), None);
        assert!(start.elapsed() >= REPLY_TIMEOUT);
        assert_eq!(
            sender.requests.blocking_recv(),
            Some(EditorRequest::Preview("1 + 1".into()))
        );
        // A late reply counts only for its own line.
        let reply = EditorReply::Preview("1 + 1".into(), Preview::Answer("2".into()));
        sender.replies.send(reply).unwrap();
        let reply = EditorReply::Preview("1 + 12".into(), Preview::Fault(Some(0..1)));
        sender.replies.send(reply).unwrap();
        assert_eq!(answer("1 + 12"), None);
        assert_eq!(previews.fault("1 + 12"), Some(0..1));
        // An empty line discards replies from before the last answer.
        let reply = EditorReply::Preview("x".into(), Preview::Answer("5".into()));
        sender.replies.send(reply).unwrap();
        assert_eq!(answer(""), None);
        assert_eq!(answer("x"), None);
        // Without a session there are no replies.
        drop(sender);
        assert_eq!(answer("1 + 1"), None);
        assert_eq!(previews.fault("1 + 1"), None);
    }
}
