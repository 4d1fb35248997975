//! Sessions and recordings within the test process, without a terminal.

use std::{
    pin::pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use grpcalc::{
    client::{Call, CallEnd, Client, Method, Recorder, Reply, Role, Target},
    repl::{BackgroundReply, Outcome, Session, SessionConfig, settings::Settings},
    server::{self, Settings as ServerSettings},
};
use tokio::{sync::mpsc, time::timeout};

use crate::harness::{Event, PATIENCE, Stuck};

fn target() -> Target {
    let (dial, connections) = server::in_memory();
    tokio::spawn(async move {
        let settings = ServerSettings::default();
        server::run(connections, std::future::pending(), settings).await
    });
    Target::Embedded(dial, None)
}

async fn recorded() -> (Client, Recorder) {
    let recorder = Recorder::default();
    let client = Client::connect(target(), PATIENCE, Some(&recorder)).await;
    (client.unwrap(), recorder)
}

async fn session() -> Session<Client> {
    let (client, _) = recorded().await;
    let profile = SessionConfig {
        own: None,
        name: "ada".into(),
        timeout: PATIENCE,
        settings: Settings::default(),
        file: None,
    };
    Session::new(client, profile, mpsc::channel(1).0)
}

async fn answer(session: &mut Session<Client>, line: &str) -> String {
    let outcome = session.answer(line, &mut |_| ()).await;
    match &outcome {
        Outcome::Explained(_, explanation) => explanation.to_string(),
        Outcome::Fault(fault) => format!("! {fault}"),
        outcome => outcome.reply().map(ToString::to_string).unwrap_or_default(),
    }
}

/// Waits a short time for the next background reply.
async fn background_reply(session: &mut Session<Client>) -> Option<(String, Option<String>)> {
    let reply = timeout(Duration::from_millis(200), session.aside()).await;
    match reply.ok()? {
        BackgroundReply::Preview(line, row) => Some((line, row.ok()?.text)),
        BackgroundReply::Names(rows) => Some((format!("{} names", rows.len()), None)),
    }
}

#[tokio::test]
async fn the_newest_preview_is_never_lost_and_none_outlives_a_line() {
    let mut session = session().await;
    for first in [true, false] {
        // More previews than may be in flight.
        for number in 1..=9 {
            assert!(session.preview(format!("{number} + 0")).await, "{number}");
        }
        loop {
            let (line, answer) = background_reply(&mut session).await.expect("the newest");
            session.preview_waiting().await;
            if line == "9 + 0" {
                assert_eq!(answer.as_deref(), Some("9"));
                break;
            }
        }
        assert_eq!(background_reply(&mut session).await, None, "{first}");
        answer(&mut session, "x = 1").await;
    }
    assert!(session.preview("sin(30)".into()).await);
    answer(&mut session, ":set angle deg").await;
    assert_eq!(background_reply(&mut session).await, None);
}

#[tokio::test]
async fn previews_change_nothing_and_may_be_abandoned() {
    let mut session = session().await;
    assert!(session.preview("2 + 2".into()).await);
    let reply = background_reply(&mut session).await.unwrap();
    assert_eq!(reply, ("2 + 2".into(), Some("4".into())));
    // The last line, `x * 2`, abandons the three previews in the loop.
    assert_eq!(answer(&mut session, "x = 5").await, "5");
    for line in ["x + 1", "5000!", "x + 2"] {
        assert!(session.preview(line.into()).await);
    }
    assert_eq!(answer(&mut session, "x * 2").await, "10");
    assert_eq!(background_reply(&mut session).await, None);
    assert!(session.definitions().await);
    assert_eq!(
        background_reply(&mut session).await,
        Some(("1 names".into(), None))
    );
    assert_eq!(answer(&mut session, "ans").await, "10");
}

#[tokio::test]
async fn a_traced_line_has_its_outcome_and_its_calls() {
    let mut session = session().await;
    answer(&mut session, ":trace on").await;
    let outcome = session.answer("add 20 10", &mut |_| ()).await;
    assert_eq!(outcome.reply(), Some(&Reply::Integer(30)));
    let Outcome::Traced(outcome, calls) = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(*outcome, Outcome::Answer(Reply::Integer(30)));
    let [call] = &calls[..] else {
        panic!("{calls:?}");
    };
    assert_eq!(call.path.as_deref(), Some("/calc.Calculator/Add"));
    assert_eq!((call.sent, call.received), (9, 7));
    assert_eq!(session.newest(), 1);
    for line in ["help", ":ans 1"] {
        let outcome = session.answer(line, &mut |_| ()).await;
        assert!(!matches!(outcome, Outcome::Traced(..)), "{outcome:?}");
    }
    assert_eq!(
        session.answer("quit", &mut |_| ()).await,
        Outcome::Quit,
        "the prompt sees the end"
    );
    answer(&mut session, ":trace off").await;
    let outcome = session.answer("add 20 10", &mut |_| ()).await;
    assert_eq!(outcome, Outcome::Answer(Reply::Integer(30)));
}

#[tokio::test]
async fn a_preview_knows_the_reply_of_a_typed_call() {
    let mut session = session().await;
    assert_eq!(answer(&mut session, "1").await, "1");
    assert_eq!(answer(&mut session, "add 20 10").await, "30");
    assert!(session.preview("ans * 2".into()).await);
    let reply = background_reply(&mut session).await.unwrap();
    assert_eq!(reply, ("ans * 2".into(), Some("60".into())));
    assert_eq!(answer(&mut session, "ans / 4").await, "7.5");
}

#[tokio::test]
async fn an_interrupted_line_leaves_the_worksheet_unchanged() {
    let mut session = session().await;
    assert_eq!(answer(&mut session, "x = 5").await, "5");
    for _ in 0..3 {
        {
            let mut notice = |_: &str| ();
            let heavy = session.answer(crate::evaluate::HEAVY, &mut notice);
            assert!(
                timeout(Duration::from_millis(30), pin!(heavy))
                    .await
                    .is_err()
            );
        }
        let outcome = session.interrupt().await;
        assert!(matches!(outcome, Outcome::Fault(fault) if fault.is_cancelled()));
        assert_eq!(answer(&mut session, "x + 1").await, "6");
    }
    // No line is running now.
    let outcome = session.interrupt().await;
    assert!(matches!(outcome, Outcome::Fault(fault) if fault.is_cancelled()));
}

#[tokio::test]
async fn explain_shows_the_line_and_no_preview() {
    let mut session = session().await;
    assert_eq!(answer(&mut session, "x = 5").await, "5");
    for _ in 0..3 {
        assert!(session.preview("x + 5000!".into()).await);
    }
    let text = answer(&mut session, ":explain x + 1").await;
    assert_eq!(text.matches("the message, ").count(), 2, "{text}");
    assert!(
        text.contains("text: \"x + 1\"") && text.contains("text: \"6\""),
        "{text}"
    );
}

#[tokio::test]
async fn a_recording_has_the_bytes_of_its_calls_and_no_others() {
    let (client, recorder) = recorded().await;
    let add = |n1, n2| Call {
        method: Method::Add,
        n1,
        n2,
    };
    client.call(add(1, 1)).await.unwrap();
    recorder.start();
    assert_eq!(client.call(add(20, 10)).await, Ok(Reply::Integer(30)));
    client.call(add(i32::MAX, 1)).await.unwrap_err();
    let exchanges = recorder.stop();
    client.call(add(2, 2)).await.unwrap();
    let [added, failed] = &exchanges[..] else {
        panic!("{exchanges:?}");
    };
    assert_eq!(added.request_header(":path"), Some("/calc.Calculator/Add"));
    assert_eq!(added.sent.bytes, [0, 0, 0, 0, 4, 0x08, 0x14, 0x10, 0x0a]);
    assert_eq!(added.received.bytes, [0, 0, 0, 0, 2, 0x08, 0x1e]);
    assert_eq!(added.trailer("grpc-status"), Some("0"));
    assert!(
        !added.is_trailers_only && added.opened_before.is_none() && added.end == CallEnd::Ended
    );
    assert!(added.to_first_byte.unwrap() <= added.to_last_byte.unwrap());
    assert_eq!(failed.trailer("grpc-status"), Some("11"));
    assert!(failed.is_trailers_only && failed.received.length == 0);
    assert!(failed.stream > added.stream);
    // A second recording is empty.
    recorder.start();
    assert_eq!(recorder.stop(), []);
}

/// A recording keeps the beginning of a long answer, and the length of the answer.
#[tokio::test]
async fn a_recording_is_bounded() {
    let mut session = session().await;
    let text = answer(&mut session, ":explain 2^900000").await;
    assert!(text.contains("(too long to show its fields)"), "{text}");
    // The length is that of the 270,928 digits and the fields around them.
    assert!(text.contains("DATA, 2709"), "{text}");
    assert!(text.len() < 10_000);
}

// One thread: the connection records what it wrote before this task can look.
#[tokio::test]
async fn an_abandoned_call_is_reset_by_the_client() {
    let stuck = Stuck::start();
    let target = Target::open(vec![stuck.address.parse().unwrap()]);
    let stuck = Arc::new(Mutex::new(stuck));
    let next = async || {
        let stuck = Arc::clone(&stuck);
        let next = move || stuck.lock().unwrap().next();
        tokio::task::spawn_blocking(next).await.unwrap()
    };
    let recorder = Recorder::default();
    let client = Client::connect(target, PATIENCE, Some(&recorder)).await;
    let client = client.unwrap();
    recorder.start();
    let call = Call {
        method: Method::Add,
        n1: 1,
        n2: 2,
    };
    let asking = tokio::spawn(async move { client.call(call).await });
    assert_eq!(next().await, Event::Arrived);
    asking.abort();
    assert_eq!(next().await, Event::Dropped);
    let exchanges = recorder.stop();
    let [exchange] = &exchanges[..] else {
        panic!("{exchanges:?}");
    };
    // CANCEL (RFC 9113, section 7).
    assert_eq!(exchange.end, CallEnd::Reset(Role::Client, 8));
    assert_eq!(
        (&exchange.response_headers, &exchange.trailers),
        (&None, &None)
    );
}
