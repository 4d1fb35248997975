//! Talking with whoever else asks the same server.

pub(super) mod echo;
pub(super) mod replay;
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
    share::{Answered, NO_ANSWER},
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

/// The chat as one user sees it. Copies are the same.
#[derive(Clone, Debug)]
pub(super) struct Chat {
    name: Arc<str>,
    /// How long the history may take to come.
    patience: Duration,
    heard: mpsc::Sender<ChatEvent>,
    own: EchoFilter,
    /// Who listens, where somebody does.
    member: Arc<Mutex<Option<AbortOnDropHandle<()>>>>,
}

impl Chat {
    /// A chat that this user has not joined. What is heard goes to `heard`; while that is
    /// full, nothing more is taken from the server.
    pub(super) fn new(name: &str, patience: Duration, heard: mpsc::Sender<ChatEvent>) -> Self {
        Self {
            name: name.into(),
            patience,
            heard,
            own: EchoFilter::default(),
            member: Arc::default(),
        }
    }

    /// Does what a line wants, after the line `last` was answered.
    pub(super) async fn talk(
        &self,
        calls: &impl Calls,
        talk: Talk<'_>,
        last: Option<&Answered>,
    ) -> Outcome {
        let outcome = match talk {
            Talk::Join => self.join(calls).await,
            Talk::Leave => {
                *self.member() = None;
                self.own.forget();
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

    /// Tells somebody who has joined by which name others know them, behind what was said
    /// before.
    pub(super) async fn greet(&self) {
        let name = printable(&self.name, NAME);
        let greeting = format!("in the chat as {name}; :say TEXT talks, :chat off leaves");
        // Where nobody hears it, nobody has joined.
        let _ = self.heard.send(ChatEvent::Notice(greeting)).await;
    }

    fn member(&self) -> MutexGuard<'_, Option<AbortOnDropHandle<()>>> {
        self.member.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether somebody listens.
    fn is_joined(&self) -> bool {
        let member = self.member();
        member.as_ref().is_some_and(|member| !member.is_finished())
    }

    /// Listens, and waits until everything is told that was said before.
    async fn join(&self, calls: &impl Calls) -> Result<Outcome, CallError> {
        if self.is_joined() {
            return Ok(Outcome::Silence);
        }
        self.own.forget();
        let notes = calls.listen(None).await?;
        let (told, joined) = oneshot::channel();
        let member = Subscriber::new(calls, notes, self.patience, &self.own, &self.heard, told);
        let member = AbortOnDropHandle::new(tokio::spawn(member.listen()));
        // Where this future is dropped, so is the member. A history may be very long.
        let joined = timeout(self.patience, joined).await;
        *self.member() = Some(member);
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
        let coming = self.is_joined().then(|| self.own.expect(&note));
        calls.say(&note).await?;
        if let Some(coming) = coming {
            coming.confirm();
        }
        Ok(note)
    }

    async fn take(&self, calls: &impl Calls) -> Result<Outcome, CallError> {
        let mut notes = calls.listen(None).await?;
        let reading = async {
            let mut last = None;
            while let Some(note) = notes.next_of_history(self.patience).await? {
                last = share::answer(&note).or(last);
            }
            Ok(last)
        };
        let late = |_| Err(CallError::Deadline(self.patience));
        let last = timeout(self.patience, reading).await.unwrap_or_else(late)?;
        let none = || no_answer("nobody has shared an answer");
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
