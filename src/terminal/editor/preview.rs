//! Previews: the answer to a line that is still being typed.
//!
//! For each key, the editor's thread sends a request to the session and waits for the reply, for at
//! most [`REPLY_TIMEOUT`].

use std::{
    cell::RefCell,
    ops::Range,
    sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel},
    time::{Duration, Instant},
};

use tokio::sync::mpsc;

use super::typed_line::TypedLine;
use crate::{
    engine::BuiltInFunctions,
    repl::{LogicalLine, join_continuations},
    syntax::{self, NodeKind, ParseLimits, Prefix},
};

/// The maximum time that the editor waits for a reply after a key.
const REPLY_TIMEOUT: Duration = Duration::from_millis(5);

/// The maximum length of a line that is previewed, in bytes.
const LONGEST: usize = 1024;

/// The maximum number of requests that the session has not received yet.
const PENDING_REQUESTS: usize = 4;

/// A request of the editor to the session while the user types a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditorRequest {
    /// Requests the answer that this line would have.
    Preview(String),
    /// Requests the definitions of the worksheet.
    Names,
}

/// A reply of the session to the editor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditorReply {
    /// A line and its preview.
    Preview(String, Preview),
    /// The left side and the right side of each definition in the worksheet.
    Names(Vec<(String, String)>),
}

/// The answer or the fault that a line would have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Preview {
    /// Neither an answer nor a fault.
    #[default]
    Nothing,
    /// The text of the answer, as the editor shows it.
    Answer(String),
    /// A fault, with the range of the faulty characters if this range is known.
    Fault(Option<Range<usize>>),
}

/// The editor's side of the channels to the session.
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

/// The session's side of the channels to the editor.
#[derive(Debug)]
pub(in crate::terminal) struct ReplySender {
    pub(in crate::terminal) requests: mpsc::Receiver<EditorRequest>,
    pub(in crate::terminal) replies: Sender<EditorReply>,
}

/// Creates the channels between the editor and the session.
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
    /// Returns the answer that the typed line would have, if the session replies in time.
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

    /// Returns the range of faulty characters in `line`, if the latest reply was about this line.
    pub(in crate::terminal) fn fault(&self, line: &str) -> Option<Range<usize>> {
        let latest = self.latest.borrow();
        match &latest.preview {
            Preview::Fault(span) if latest.line == line => span.clone(),
            _ => None,
        }
    }

    /// Returns the definitions of the worksheet.
    ///
    /// If the session does not reply in time, these are the definitions from its previous reply.
    pub(in crate::terminal) fn names(&self) -> Vec<(String, String)> {
        self.request(&EditorRequest::Names, |reply| {
            matches!(reply, EditorReply::Names(_))
        });
        self.latest.borrow().names.clone()
    }

    /// Stores the replies that came too late for the previous key.
    ///
    /// On an empty line, `answer` stores them too, but then discards the preview: the line that was
    /// entered last may have changed the answer.
    fn catch_up(&self) {
        while let Ok(reply) = self.replies.try_recv() {
            self.keep(reply);
        }
    }

    /// Sends a request, and waits for the reply that `is_expected` accepts.
    ///
    /// The wait takes at most [`REPLY_TIMEOUT`].
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

/// Returns the line to preview, if the typed text is one complete line without commands.
///
/// A plain number has no preview, since it is its own answer. The definition of a function has no
/// preview, since it has no answer.
fn previewable(typed: &TypedLine) -> Option<String> {
    let text = &typed.text;
    if text.len() > LONGEST || !typed.is_expression {
        return None;
    }
    let found = join_continuations(text);
    let [LogicalLine { line, .. }] = &found.groups[..] else {
        return None;
    };
    // Spaces at the end do not change the line: the user can type one to see a late preview.
    let line = line.trim_end();
    let parsed = syntax::parse(line, &ParseLimits::DEFAULT, &BuiltInFunctions).ok()?;
    let statement = parsed.statements.last()?;
    let is_plain = |kind| matches!(kind, NodeKind::Literal | NodeKind::Prefix(Prefix::Minus));
    let nodes = parsed.expression(statement);
    let is_number = nodes.iter().all(|node| is_plain(node.kind)) && !parsed.is_converted(statement);
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
        // A late reply is used only for the line that it is about.
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
