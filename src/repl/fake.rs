//! A fake server for tests without a network. It has worksheets and a chat, and implements
//! [`Calls`].

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use tokio::sync::mpsc;

use super::calling::calls::{Calls, LineResult, NoteStream, WorksheetReceiver, WorksheetSender};
use crate::{
    client::{
        Answer, Call, CallError, Fault, Method, Note, ReflectionRequest, ReflectionResponse, Reply,
        Request, TypedValue, WorksheetEvent, WorksheetRequest,
    },
    proto::cursor::Cursor,
};

/// A fake server. Clones share its state.
#[derive(Clone, Default)]
pub(super) struct FakeServer(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// How many times `break_streams` was called. A stream that was opened at a lower count is
    /// broken.
    generation: usize,
    /// The number of worksheets that were opened.
    worksheets: usize,
    /// The number of worksheets that the server refuses next, as if it had none.
    refusals: usize,
    /// Every note of the chat.
    notes: Vec<Note>,
    /// The open subscriptions.
    subscribers: Vec<mpsc::UnboundedSender<Note>>,
}

impl FakeServer {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    /// Breaks every open stream. New streams can be opened.
    pub(super) fn break_streams(&self) {
        let mut state = self.state();
        state.generation += 1;
        state.subscribers.clear();
    }

    /// Makes the server refuse this number of worksheets, as if it had none.
    pub(super) fn refuse_worksheets(&self, refusals: usize) {
        self.state().refusals = refusals;
    }

    /// Returns the number of worksheets that were opened.
    pub(super) fn worksheets(&self) -> usize {
        self.state().worksheets
    }

    /// Returns the notes of the chat, each as `NAME: TEXT`.
    pub(super) fn notes(&self) -> Vec<String> {
        let state = self.state();
        let notes = state.notes.iter();
        notes
            .map(|it| format!("{}: {}", it.name, it.text))
            .collect()
    }

    /// Adds a note to the chat, as if another user had sent it.
    pub(super) fn receive(&self, name: &str, text: &str) {
        let note = Note {
            name: name.into(),
            text: text.into(),
        };
        let mut state = self.state();
        state.notes.push(note.clone());
        let subscribers = &mut state.subscribers;
        subscribers.retain(|subscriber| subscriber.send(note.clone()).is_ok());
    }
}

fn lost() -> CallError {
    CallError::Lost {
        server: "a fake".into(),
        cause: "it was broken".into(),
    }
}

impl Calls for FakeServer {
    type WorksheetSender = FakeSender;
    type WorksheetReceiver = FakeReceiver;
    type Notes = FakeNotes;

    async fn call(&self, request: Request) -> Result<Reply, CallError> {
        match request {
            Request::Call(Call {
                method: Method::Add,
                n1,
                n2,
            }) => Ok(Reply::Integer(n1 + n2)),
            Request::Evaluate(_) => Err(CallError::unimplemented()),
            request @ Request::Call(_) => panic!("the fake server does not support {request:?}"),
        }
    }

    async fn worksheet(
        &self,
        first: WorksheetRequest,
    ) -> Result<(FakeSender, FakeReceiver), CallError> {
        let (sender, requests) = mpsc::unbounded_channel();
        let sender = FakeSender(sender);
        sender.send(first).await;
        let mut state = self.state();
        if let Some(refusals) = state.refusals.checked_sub(1) {
            state.refusals = refusals;
            return Err(CallError::unimplemented());
        }
        state.worksheets += 1;
        let receiver = FakeReceiver {
            server: self.clone(),
            generation: state.generation,
            requests,
            events: VecDeque::new(),
            names: BTreeMap::new(),
        };
        Ok((sender, receiver))
    }

    async fn reflect(&self, _: ReflectionRequest) -> Result<ReflectionResponse, CallError> {
        Ok(ReflectionResponse::Services(vec!["a.Fake".into()]))
    }

    async fn subscribe(&self, from: Option<Cursor>) -> Result<FakeNotes, CallError> {
        let (sender, live) = mpsc::unbounded_channel();
        let mut state = self.state();
        state.subscribers.push(sender);
        let number = from.map_or(0, |from| from.number);
        let before = usize::try_from(number).unwrap();
        Ok(FakeNotes {
            history: state.notes[before..].iter().cloned().collect(),
            live,
            cursor: Cursor {
                history: "fake".into(),
                number,
            },
        })
    }

    async fn send_note(&self, note: &Note) -> Result<(), CallError> {
        self.receive(&note.name, &note.text);
        Ok(())
    }

    fn server(&self) -> String {
        "a fake".into()
    }

    fn connections(&self) -> usize {
        self.state().generation
    }
}

#[derive(Clone)]
pub(super) struct FakeSender(mpsc::UnboundedSender<WorksheetRequest>);

impl WorksheetSender for FakeSender {
    async fn send(&self, request: WorksheetRequest) {
        let _ = self.0.send(request);
    }

    async fn cancel(&self, _: u64) {}
}

/// A worksheet that supports integers, names and sums.
pub(super) struct FakeReceiver {
    server: FakeServer,
    generation: usize,
    requests: mpsc::UnboundedReceiver<WorksheetRequest>,
    /// The events that arrive next. Each event is an answer, or `None` at the end of a request.
    events: VecDeque<Option<LineResult>>,
    names: BTreeMap<String, i64>,
}

impl FakeReceiver {
    fn run(&mut self, line: &str) -> LineResult {
        let (name, sum) = line.split_once('=').unwrap_or(("", line));
        let value = self.sum(sum)?;
        let name = name.trim().to_owned();
        if !name.is_empty() {
            self.names.insert(name.clone(), value);
        }
        self.names.insert("ans".into(), value);
        Ok(answer(name, value))
    }

    fn sum(&self, sum: &str) -> Result<i64, Box<Fault>> {
        sum.split('+').map(|term| self.term(term.trim())).sum()
    }

    fn term(&self, term: &str) -> Result<i64, Box<Fault>> {
        let known = term.parse().ok().or_else(|| self.names.get(term).copied());
        known.ok_or_else(|| {
            Box::new(Fault {
                message: format!("unknown name '{term}'"),
                ..Fault::default()
            })
        })
    }
}

fn answer(name: String, value: i64) -> Answer {
    Answer {
        name,
        text: Some(value.to_string()),
        exact: Some(TypedValue::Integer(value)),
        ..Answer::default()
    }
}

impl WorksheetReceiver for FakeReceiver {
    fn is_ready(&self) -> bool {
        !self.events.is_empty()
    }

    fn due(&self) -> Option<u64> {
        None
    }

    async fn wait(&mut self) -> Result<(), CallError> {
        let request = self.requests.recv().await;
        if self.generation != self.server.state().generation {
            return Err(lost());
        }
        match request.ok_or_else(lost)? {
            WorksheetRequest::Run { text, .. } => {
                for line in text.split('\n') {
                    let result = self.run(line);
                    self.events.push_back(Some(result));
                }
            }
            WorksheetRequest::Preview { text, .. } => {
                let result = self.sum(&text).map(|value| answer(String::new(), value));
                self.events.push_back(Some(result));
            }
            WorksheetRequest::Names { .. } => {
                let names = self.names.iter().filter(|(name, _)| *name != "ans");
                let results = names.map(|(name, value)| Some(Ok(answer(name.clone(), *value))));
                self.events.extend(results);
            }
        }
        self.events.push_back(None);
        Ok(())
    }

    fn take(&mut self) -> Option<Result<WorksheetEvent<'_>, CallError>> {
        Some(Ok(match self.events.pop_front()? {
            None => WorksheetEvent::Done,
            Some(Err(fault)) => WorksheetEvent::Answer(Err(fault)),
            Some(Ok(answer)) => WorksheetEvent::Answer(Ok(crate::client::Answered {
                name: answer.name.into(),
                text: answer.text.map(Into::into),
                rounded: answer.rounded,
                exact: match answer.exact {
                    Some(TypedValue::Integer(n)) => Some(TypedValue::Integer(n)),
                    _ => None,
                },
                remarks: answer.remarks,
            })),
        }))
    }

    fn silent(&self, _: Duration) -> CallError {
        lost()
    }

    fn protocol_error(&self) -> CallError {
        lost()
    }
}

pub(super) struct FakeNotes {
    /// Notes that were sent before the subscription began.
    history: VecDeque<Note>,
    live: mpsc::UnboundedReceiver<Note>,
    cursor: Cursor,
}

impl NoteStream for FakeNotes {
    fn cursor(&self) -> Option<&Cursor> {
        Some(&self.cursor)
    }

    async fn next(&mut self) -> Result<Note, CallError> {
        let note = match self.history.pop_front() {
            Some(note) => note,
            None => self.live.recv().await.ok_or_else(lost)?,
        };
        self.cursor.number += 1;
        Ok(note)
    }

    async fn next_of_history(&mut self, _: Duration) -> Result<Option<Note>, CallError> {
        if self.history.is_empty() {
            return Ok(None);
        }
        self.next().await.map(Some)
    }
}
