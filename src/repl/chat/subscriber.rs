//! Somebody who listens to the chat, also where its stream breaks.

use std::{mem, time::Duration};

use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep},
};

use super::{echo::EchoFilter, replay::ReplayFilter};
use crate::repl::calling::calls::{Calls, NoteStream as _};
use crate::{
    client::{CallError, Note},
    proto::{cursor::Cursor, note::ANNOUNCER},
};

/// What is heard while lines are answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChatEvent {
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
pub(in crate::repl) struct Subscriber<C: Calls> {
    calls: C,
    notes: C::Notes,
    patience: Duration,
    /// Since when it listens, and how long to wait before it is tried again.
    since: Instant,
    pause: Duration,
    repeats: ReplayFilter,
    /// The place of the next note, where the server tells of places.
    place: Option<Cursor>,
    /// Whether the chat was lost, and whether it has another history since.
    lost: bool,
    forgotten: bool,
    own: EchoFilter,
    heard: mpsc::Sender<ChatEvent>,
    /// Who waits for the history to be told.
    joined: Option<oneshot::Sender<Result<(), CallError>>>,
}

/// Nobody wants to hear any more.
struct Gone;

impl<C: Calls> Subscriber<C> {
    /// Somebody who listens to `notes`, and tells `joined` when the history is over.
    pub(in crate::repl) fn new(
        calls: &C,
        notes: C::Notes,
        patience: Duration,
        own: &EchoFilter,
        heard: &mpsc::Sender<ChatEvent>,
        joined: oneshot::Sender<Result<(), CallError>>,
    ) -> Self {
        Self {
            calls: calls.clone(),
            notes,
            patience,
            since: Instant::now(),
            pause: PAUSE,
            repeats: ReplayFilter::default(),
            place: None,
            lost: false,
            forgotten: false,
            own: own.clone(),
            heard: heard.clone(),
            joined: Some(joined),
        }
    }

    /// Listens until nobody wants to hear any more, or the server has no chat for us.
    pub(in crate::repl) async fn listen(mut self) {
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
            self.look_at_place();
            match came {
                Ok(Some(note)) if self.place.is_some() => self.hear(note).await?,
                Ok(Some(note)) => {
                    let new = self.repeats.hear(note);
                    self.hear_some(new).await?;
                }
                Ok(None) => {
                    of_history = false;
                    let new = self.repeats.history_is_over();
                    self.hear_some(new).await?;
                    self.arrive().await?;
                }
                Err(error) => {
                    self.rejoin(error).await?;
                    of_history = true;
                }
            }
        }
    }

    /// Keeps the place behind the last note, and sees whether it is in another history than
    /// before.
    fn look_at_place(&mut self) {
        let Some(now) = self.notes.cursor() else {
            return;
        };
        if self
            .place
            .as_ref()
            .is_some_and(|place| place.history != now.history)
        {
            self.forgotten = true;
            self.own.forget_older();
        }
        self.place = Some(now.clone());
    }

    /// All that was said before is told.
    async fn arrive(&mut self) -> Result<(), Gone> {
        if let Some(joined) = self.joined.take() {
            let _ = joined.send(Ok(()));
        }
        let forgotten = mem::take(&mut self.forgotten);
        if mem::take(&mut self.lost) {
            let forgot = if forgotten {
                "; the server has forgotten what was said before"
            } else {
                ""
            };
            self.notice(format!("in the chat again{forgot}")).await?;
        }
        Ok(())
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
        self.tell(ChatEvent::Note(note)).await
    }

    async fn tell(&mut self, heard: ChatEvent) -> Result<(), Gone> {
        self.heard.send(heard).await.map_err(|_| Gone)
    }

    async fn notice(&mut self, text: String) -> Result<(), Gone> {
        self.tell(ChatEvent::Notice(text)).await
    }

    /// Looks for the chat, which was lost by `error`, until it is there again.
    async fn rejoin(&mut self, error: CallError) -> Result<(), Gone> {
        if is_final(&error) {
            return self.give_up(error).await;
        }
        if let Some(joined) = self.joined.take() {
            // It was there, and is looked for from here on.
            let _ = joined.send(Ok(()));
        }
        // Told once, also where it is lost again before it is there.
        if !mem::replace(&mut self.lost, true) {
            self.notice(format!("the chat is lost: {error}; looking for it again"))
                .await?;
        }
        self.own.breaks();
        if self.since.elapsed() > LONGEST_PAUSE {
            self.pause = PAUSE;
        }
        self.notes = loop {
            sleep(self.pause).await;
            self.pause = (2 * self.pause).min(LONGEST_PAUSE);
            match self.calls.listen(self.place.clone()).await {
                Ok(notes) => break notes,
                Err(error) if is_final(&error) => return self.give_up(error).await,
                Err(_) => {}
            }
        };
        self.since = Instant::now();
        self.repeats.rejoin();
        Ok(())
    }

    async fn give_up(&mut self, error: CallError) -> Result<(), Gone> {
        if let Some(joined) = self.joined.take() {
            let _ = joined.send(Err(error));
        } else {
            self.notice(format!("out of the chat: {error}")).await?;
        }
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
