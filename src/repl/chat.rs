//! Talking with whoever else asks the same server.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep, timeout},
};
use tokio_util::task::AbortOnDropHandle;

use super::{
    Calls, Outcome,
    repeats::Repeats,
    share::{self, Answered, NO_ANSWER},
};
use crate::{
    client::{CallError, Fault, Note, Notes, Reply},
    printable::printable,
    server::note::{ANNOUNCER, NAME},
};

/// What a line wants of the chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Talk<'t> {
    /// To listen from now on.
    Join,
    /// To listen no longer.
    Leave,
    /// To say this.
    Say(&'t str),
    /// To say what the last line came to.
    Share,
    /// To have the last answer that was shared.
    Take,
}

/// What is heard while lines are answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// What somebody else said.
    Note(Note),
    /// What became of the chat itself.
    Notice(String),
}

/// The first pause before a chat that was lost is looked for; each further one is twice as
/// long.
const PAUSE: Duration = Duration::from_millis(100);

/// The longest such pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

/// Notes of our own whose coming back is waited for.
const OWN: usize = 1024;

/// The chat as one user sees it. Copies are the same.
#[derive(Clone, Debug)]
pub(super) struct Chat {
    name: Arc<str>,
    /// How long the history may take to come.
    patience: Duration,
    heard: mpsc::Sender<Heard>,
    own: Own,
    /// Who listens, where somebody does.
    member: Arc<Mutex<Option<AbortOnDropHandle<()>>>>,
}

impl Chat {
    /// A chat that this user has not joined. What is heard goes to `heard`; while that is
    /// full, nothing more is taken from the server.
    pub(super) fn new(name: &str, patience: Duration, heard: mpsc::Sender<Heard>) -> Self {
        Self {
            name: name.into(),
            patience,
            heard,
            own: Own::default(),
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
                *lock(&self.member) = None;
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
        let _ = self.heard.send(Heard::Notice(greeting)).await;
    }

    /// Whether somebody listens.
    fn is_joined(&self) -> bool {
        let member = lock(&self.member);
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
        let member = Member {
            calls: calls.clone(),
            notes,
            patience: self.patience,
            since: Instant::now(),
            pause: PAUSE,
            repeats: Repeats::default(),
            own: self.own.clone(),
            heard: self.heard.clone(),
            joined: Some(told),
        };
        let member = AbortOnDropHandle::new(tokio::spawn(member.listen()));
        // Where this future is dropped, so is the member. A history may be very long.
        let joined = timeout(self.patience, joined).await;
        *lock(&self.member) = Some(member);
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

/// Notes of our own that the server will send to us, too. The user has seen them.
#[derive(Clone, Debug, Default)]
struct Own(Arc<Mutex<VecDeque<Note>>>);

/// A note that is being said. Where it is dropped, nobody knows whether it was, and it is
/// told when it comes.
struct Coming<'o> {
    own: &'o Own,
    note: Note,
    said: bool,
}

impl Own {
    fn expect(&self, note: &Note) -> Coming<'_> {
        let mut notes = lock(&self.0);
        if notes.len() == OWN {
            notes.pop_front();
        }
        notes.push_back(note.clone());
        Coming {
            own: self,
            note: note.clone(),
            said: false,
        }
    }

    /// Whether `note` is one of ours, which is not expected any more then.
    fn takes(&self, note: &Note) -> bool {
        let mut notes = lock(&self.0);
        let found = notes.iter().position(|own| own == note);
        found.and_then(|at| notes.remove(at)).is_some()
    }

    fn forget(&self) {
        lock(&self.0).clear();
    }
}

impl Coming<'_> {
    fn confirm(mut self) {
        self.said = true;
    }
}

impl Drop for Coming<'_> {
    fn drop(&mut self) {
        if !self.said {
            self.own.takes(&self.note);
        }
    }
}

fn lock<T>(shared: &Mutex<T>) -> MutexGuard<'_, T> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Somebody who listens.
struct Member<C> {
    calls: C,
    notes: Notes,
    patience: Duration,
    /// Since when it listens, and how long to wait before it is tried again.
    since: Instant,
    pause: Duration,
    repeats: Repeats,
    own: Own,
    heard: mpsc::Sender<Heard>,
    /// Who waits for the history to be told.
    joined: Option<oneshot::Sender<Result<(), CallError>>>,
}

/// Nobody wants to hear any more.
struct Gone;

impl<C: Calls> Member<C> {
    /// Listens until nobody wants to hear any more, or the server has no chat for us.
    async fn listen(mut self) {
        // What is over then needs no word.
        let _ = self.hear_all().await;
    }

    async fn hear_all(&mut self) -> Result<(), Gone> {
        let mut of_history = true;
        loop {
            let came = if of_history {
                self.notes.next_of_history(self.patience).await
            } else {
                self.notes.next().await.map(Some)
            };
            match came {
                Ok(Some(note)) if self.notes.bookmark().is_some() => self.hear(note).await?,
                Ok(Some(note)) => {
                    let new = self.repeats.hear(note);
                    self.hear_some(new).await?;
                }
                Ok(None) => {
                    of_history = false;
                    let new = self.repeats.history_is_over();
                    self.hear_some(new).await?;
                    if let Some(joined) = self.joined.take() {
                        let _ = joined.send(Ok(()));
                    }
                }
                Err(error) => {
                    self.rejoin(error).await?;
                    of_history = true;
                }
            }
        }
    }

    async fn hear_some(&mut self, notes: Vec<Note>) -> Result<(), Gone> {
        for note in notes {
            self.hear(note).await?;
        }
        Ok(())
    }

    async fn hear(&mut self, note: Note) -> Result<(), Gone> {
        if note.name != ANNOUNCER && self.own.takes(&note) {
            return Ok(());
        }
        self.tell(Heard::Note(note)).await
    }

    async fn tell(&mut self, heard: Heard) -> Result<(), Gone> {
        self.heard.send(heard).await.map_err(|_| Gone)
    }

    async fn notice(&mut self, text: String) -> Result<(), Gone> {
        self.tell(Heard::Notice(text)).await
    }

    /// Looks for the chat, which was lost by `error`, until it is there again.
    async fn rejoin(&mut self, error: CallError) -> Result<(), Gone> {
        if let Some(joined) = self.joined.take() {
            // Who waits for that knows what to do.
            let _ = joined.send(Err(error));
            return Err(Gone);
        }
        if is_final(&error) {
            return self.give_up(error).await;
        }
        self.notice(format!("the chat is lost: {error}; looking for it again"))
            .await?;
        let place = self.notes.bookmark().cloned();
        if self.since.elapsed() > LONGEST_PAUSE {
            self.pause = PAUSE;
        }
        self.notes = loop {
            sleep(self.pause).await;
            self.pause = (2 * self.pause).min(LONGEST_PAUSE);
            match self.calls.listen(place.clone()).await {
                Ok(notes) => break notes,
                Err(error) if is_final(&error) => return self.give_up(error).await,
                Err(_) => {}
            }
        };
        self.since = Instant::now();
        let late = self.repeats.rejoin();
        self.hear_some(late).await?;
        let now = self.notes.bookmark();
        if place.is_some_and(|place| now.is_some_and(|now| now.history != place.history)) {
            self.own.forget();
            let forgot = "in the chat again; the server has forgotten what was said before";
            return self.notice(forgot.into()).await;
        }
        self.notice("in the chat again".into()).await
    }

    async fn give_up(&mut self, error: CallError) -> Result<(), Gone> {
        self.notice(format!("out of the chat: {error}")).await?;
        Err(Gone)
    }
}

/// Whether a server that says this has no chat for us, now or later.
fn is_final(error: &CallError) -> bool {
    match error {
        CallError::Refused { .. } => !error.may_pass(),
        _ => error.is_unimplemented(),
    }
}
