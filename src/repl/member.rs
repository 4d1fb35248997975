//! Somebody who listens to the chat, also where its stream breaks.

use std::time::Duration;

use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep},
};

use super::{Calls, own::Own, repeats::Repeats};
use crate::{
    client::{CallError, Note, Notes},
    server::note::ANNOUNCER,
};

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

/// Somebody who listens.
pub(super) struct Member<C> {
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
    /// Somebody who listens to `notes`, and tells `joined` when the history is over.
    pub(super) fn new(
        calls: &C,
        notes: Notes,
        patience: Duration,
        own: &Own,
        heard: &mpsc::Sender<Heard>,
        joined: oneshot::Sender<Result<(), CallError>>,
    ) -> Self {
        Self {
            calls: calls.clone(),
            notes,
            patience,
            since: Instant::now(),
            pause: PAUSE,
            repeats: Repeats::default(),
            own: own.clone(),
            heard: heard.clone(),
            joined: Some(joined),
        }
    }

    /// Listens until nobody wants to hear any more, or the server has no chat for us.
    pub(super) async fn listen(mut self) {
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
