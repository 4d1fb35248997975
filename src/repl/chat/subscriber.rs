//! Receives the notes of the chat, and subscribes again when the stream breaks.

use std::{mem, time::Duration};

use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep},
};

use super::{echo::EchoFilter, replay::ReplayFilter};
use crate::repl::calling::calls::{Calls, NoteStream as _};
use crate::{
    client::{CallError, Note},
    net::backoff::{Backoff, BackoffPolicy},
    proto::{cursor::Cursor, note::ANNOUNCER},
};

/// An event of the chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChatEvent {
    /// A note of another user.
    Note(Note),
    /// A message about the chat itself, for example that the connection was lost.
    Notice(String),
}

/// The pauses between the attempts to subscribe again after the stream broke.
const BACKOFF: BackoffPolicy =
    BackoffPolicy::new(Duration::from_millis(100), Duration::from_secs(5));

/// The maximum number of notes that count as the history of the chat. Before the end of the history,
/// the chat is not joined.
const HISTORY: usize = 100_000;

/// Receives the notes of the chat, and sends the new notes to `events`.
pub(super) struct Subscriber<C: Calls> {
    calls: C,
    notes: C::Notes,
    /// The maximum time to wait for a note of the history.
    timeout: Duration,
    /// The time at which the stream began.
    since: Instant,
    /// The pauses between the attempts to subscribe again.
    backoff: Backoff,
    replay: ReplayFilter,
    /// The cursor after the last received note. `None` if the server does not number its notes.
    cursor: Option<Cursor>,
    /// Whether the stream broke and has not been restored yet.
    is_lost: bool,
    /// Whether the server has begun a new history since the stream broke.
    is_reset: bool,
    echoes: EchoFilter,
    /// The channel to which notes and notices are sent.
    events: mpsc::Sender<ChatEvent>,
    /// The channel for the result of joining: the history was delivered, or the server refused.
    joined: Option<oneshot::Sender<Result<(), CallError>>>,
}

/// The subscription has ended, since `events` is closed or the server refused the user.
struct Closed;

impl<C: Calls> Subscriber<C> {
    /// Creates a subscriber that reads `notes`. The subscriber sends the result of
    /// joining to `joined`.
    pub(in crate::repl) fn new(
        calls: &C,
        notes: C::Notes,
        timeout: Duration,
        echoes: &EchoFilter,
        events: &mpsc::Sender<ChatEvent>,
        joined: oneshot::Sender<Result<(), CallError>>,
    ) -> Self {
        Self {
            calls: calls.clone(),
            notes,
            timeout,
            since: Instant::now(),
            backoff: Backoff::new(BACKOFF),
            replay: ReplayFilter::default(),
            cursor: None,
            is_lost: false,
            is_reset: false,
            echoes: echoes.clone(),
            events: events.clone(),
            joined: Some(joined),
        }
    }

    /// Receives notes until the receiver of `events` is closed, or the server refuses the user.
    pub(super) async fn listen(mut self) {
        // The reason has already been reported.
        let _ = self.receive_all().await;
    }

    async fn receive_all(&mut self) -> Result<(), Closed> {
        let (mut in_history, mut notes) = (true, 0);
        loop {
            if in_history && notes == HISTORY {
                in_history = false;
                let new = self.replay.end_history();
                self.deliver_all(new).await?;
                self.notice(format!(
                    "the history of the chat has more than {HISTORY} notes; the others follow as new notes"
                ))
                .await?;
                self.report_joined().await?;
            }
            let received = if in_history {
                self.notes.next_of_history(self.timeout).await
            } else {
                self.notes.next().await.map(Some)
            };
            self.update_cursor();
            notes += usize::from(in_history);
            match received {
                Ok(Some(note)) if self.cursor.is_some() => self.deliver(note).await?,
                Ok(Some(note)) => {
                    let new = self.replay.receive(note);
                    self.deliver_all(new).await?;
                }
                Ok(None) => {
                    in_history = false;
                    let new = self.replay.end_history();
                    self.deliver_all(new).await?;
                    self.report_joined().await?;
                }
                Err(error) => {
                    self.rejoin(error).await?;
                    (in_history, notes) = (true, 0);
                }
            }
        }
    }

    /// Moves the cursor after the last received note, and detects whether the server has begun a
    /// new history.
    fn update_cursor(&mut self) {
        let Some(now) = self.notes.cursor() else {
            return;
        };
        let before = self.cursor.as_ref();
        if before.is_some_and(|before| before.history != now.history) {
            self.is_reset = true;
            self.echoes.forget_older();
        }
        self.cursor = Some(now.clone());
    }

    /// Reports that the history has been delivered. If the stream was broken, also sends a notice
    /// that the user is in the chat again.
    async fn report_joined(&mut self) -> Result<(), Closed> {
        if let Some(joined) = self.joined.take() {
            let _ = joined.send(Ok(()));
        }
        let is_reset = mem::take(&mut self.is_reset);
        if mem::take(&mut self.is_lost) {
            let reset = if is_reset {
                "; the server has lost the earlier notes"
            } else {
                ""
            };
            self.notice(format!("rejoined the chat{reset}")).await?;
        }
        Ok(())
    }

    async fn deliver_all(&mut self, notes: Vec<Note>) -> Result<(), Closed> {
        for note in notes {
            self.deliver(note).await?;
        }
        Ok(())
    }

    async fn deliver(&mut self, note: Note) -> Result<(), Closed> {
        if note.name != ANNOUNCER && self.echoes.remove(&note) {
            return Ok(());
        }
        self.send(ChatEvent::Note(note)).await
    }

    async fn send(&mut self, event: ChatEvent) -> Result<(), Closed> {
        self.events.send(event).await.map_err(|_| Closed)
    }

    async fn notice(&mut self, text: String) -> Result<(), Closed> {
        self.send(ChatEvent::Notice(text)).await
    }

    /// Subscribes again after `error` broke the stream. Retries until the server accepts,
    /// or refuses the user permanently.
    async fn rejoin(&mut self, error: CallError) -> Result<(), Closed> {
        if is_final(&error) {
            return self.give_up(error).await;
        }
        if let Some(joined) = self.joined.take() {
            // The chat was joined. A notice reports that the stream broke.
            let _ = joined.send(Ok(()));
        }
        // The break is reported once, even if the stream breaks again during the history.
        if !mem::replace(&mut self.is_lost, true) {
            self.notice(format!("the chat is lost: {error}; trying to reconnect"))
                .await?;
        }
        self.echoes.mark_break();
        if self.since.elapsed() > BACKOFF.cap {
            self.backoff.reset();
        }
        self.notes = loop {
            sleep(self.backoff.pause()).await;
            match self.calls.subscribe(self.cursor.clone()).await {
                Ok(notes) => break notes,
                Err(error) if is_final(&error) => return self.give_up(error).await,
                Err(_) => {}
            }
        };
        self.since = Instant::now();
        self.replay.rejoin();
        Ok(())
    }

    async fn give_up(&mut self, error: CallError) -> Result<(), Closed> {
        if let Some(joined) = self.joined.take() {
            let _ = joined.send(Err(error));
        } else {
            self.notice(format!("you are no longer in the chat: {error}"))
                .await?;
        }
        Err(Closed)
    }
}

/// Whether `error` means that the server refuses the user permanently, or has no chat.
fn is_final(error: &CallError) -> bool {
    match error {
        CallError::Refused { .. } | CallError::NotGrpc { .. } => !error.is_transient(),
        _ => error.is_unimplemented(),
    }
}
