//! The chat with other users of the same server: joins it, sends notes, and shares answers.

mod echo;
mod replay;
pub(super) mod share;
pub(super) mod subscriber;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{mpsc, oneshot},
    time::timeout,
};
use tokio_util::task::AbortOnDropHandle;

use self::{
    echo::EchoFilter,
    share::{AnsweredLine, NO_ANSWER},
    subscriber::{ChatEvent, Subscriber},
};
use super::{
    Outcome,
    calling::calls::{Calls, NoteStream as _},
    command::Talk,
};
use crate::{
    client::{CallError, Fault, Note, Reply},
    proto::note::NAME,
    text::printable::printable,
};

/// A user's connection to the chat. Clones share the subscription.
#[derive(Clone, Debug)]
pub(super) struct ChatSession {
    /// The user's name in the chat.
    name: Arc<str>,
    /// The maximum time to wait for the history.
    timeout: Duration,
    /// The channel to which notes and notices are sent.
    events: mpsc::Sender<ChatEvent>,
    echoes: EchoFilter,
    /// The task that receives notes; `None` if the user has not joined.
    subscription: Arc<Mutex<Option<AbortOnDropHandle<()>>>>,
}

impl ChatSession {
    /// Creates a chat that the user has not joined yet.
    ///
    /// Notes are sent to `events`. While that channel is full, no more notes are read from the
    /// server.
    pub(super) fn new(name: &str, timeout: Duration, events: mpsc::Sender<ChatEvent>) -> Self {
        Self {
            name: name.into(),
            timeout,
            events,
            echoes: EchoFilter::default(),
            subscription: Arc::default(),
        }
    }

    /// Runs a command of the chat. `last` is the last line and its answer, which `:share` sends.
    pub(super) async fn talk(
        &self,
        calls: &impl Calls,
        talk: Talk<'_>,
        last: Option<&AnsweredLine>,
    ) -> Outcome {
        let outcome = match talk {
            Talk::Join => self.join(calls).await,
            Talk::Leave => {
                *self.subscription() = None;
                self.echoes.clear();
                Ok(Outcome::Silence)
            }
            Talk::Say(text) => self.say(calls, text).await.map(|_| Outcome::Silence),
            Talk::Share => match last.map(share::shared) {
                None => Ok(no_answer("there is no answer to share")),
                Some(Err(fault)) => Ok(Outcome::Unsendable(fault)),
                Some(Ok(text)) => self.say(calls, &text).await.map(Outcome::Said),
            },
            Talk::Take => self.take(calls).await,
        };
        match outcome {
            Ok(outcome) => outcome,
            Err(error) if error.is_unimplemented() => Outcome::Fault(Fault {
                reason: Some("UNIMPLEMENTED".into()),
                message: "this server has no chat".into(),
                ..Fault::default()
            }),
            Err(error) => Outcome::Unanswered(error),
        }
    }

    /// Sends a notice to `events` that the user has joined the chat. The notice contains the user's
    /// name. Call this after the history was delivered.
    pub(super) async fn greet(&self) {
        let name = printable(&self.name, NAME);
        let greeting =
            format!("joined the chat as {name}; :say TEXT sends a note, :chat off leaves");
        // The receiver is dropped only when the session ends.
        let _ = self.events.send(ChatEvent::Notice(greeting)).await;
    }

    fn subscription(&self) -> MutexGuard<'_, Option<AbortOnDropHandle<()>>> {
        let subscription = self.subscription.lock();
        subscription.unwrap_or_else(PoisonError::into_inner)
    }

    fn is_joined(&self) -> bool {
        let subscription = self.subscription();
        subscription
            .as_ref()
            .is_some_and(|task| !task.is_finished())
    }

    /// Subscribes to the chat, and waits until the history has been delivered.
    async fn join(&self, calls: &impl Calls) -> Result<Outcome, CallError> {
        if self.is_joined() {
            return Ok(Outcome::Silence);
        }
        self.echoes.clear();
        let notes = calls.subscribe(None).await?;
        let (sender, joined) = oneshot::channel();
        let subscriber = Subscriber::new(
            calls,
            notes,
            self.timeout,
            &self.echoes,
            &self.events,
            sender,
        );
        // If this future is dropped, the task is aborted.
        let task = AbortOnDropHandle::new(tokio::spawn(subscriber.listen()));
        // The rest of a slow history is delivered later.
        let joined = timeout(self.timeout, joined).await;
        *self.subscription() = Some(task);
        match joined {
            Ok(Ok(Err(error))) => Err(error),
            _ => Ok(Outcome::Silence),
        }
    }

    async fn say(&self, calls: &impl Calls, text: &str) -> Result<Note, CallError> {
        let note = Note {
            name: self.name.to_string(),
            text: text.into(),
        };
        let echo = self.is_joined().then(|| self.echoes.expect(&note));
        calls.send_note(&note).await?;
        if let Some(echo) = echo {
            echo.confirm();
        }
        Ok(note)
    }

    async fn take(&self, calls: &impl Calls) -> Result<Outcome, CallError> {
        let mut notes = calls.subscribe(None).await?;
        let reading = async {
            let mut last = None;
            while let Some(note) = notes.next_of_history(self.timeout).await? {
                last = share::answer(&note).or(last);
            }
            Ok(last)
        };
        let late = |_| Err(CallError::Deadline(self.timeout));
        let last = timeout(self.timeout, reading).await.unwrap_or_else(late)?;
        let none = || no_answer("no answer has been shared");
        Ok(last.map_or_else(none, |answer| Outcome::Answer(Reply::Shared(answer))))
    }
}

fn no_answer(message: &str) -> Outcome {
    Outcome::Fault(Fault {
        reason: Some(NO_ANSWER.into()),
        message: message.into(),
        ..Fault::default()
    })
}
