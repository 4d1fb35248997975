use std::time::Duration;

use tokio::sync::mpsc;

use super::*;
use crate::{client::Note, repl::fake::FakeServer};

fn session(server: &FakeServer) -> (Session<FakeServer>, mpsc::Receiver<ChatEvent>) {
    let (sender, events) = mpsc::channel(16);
    let config = SessionConfig {
        name: "ada".into(),
        timeout: Duration::from_secs(5),
        settings: Settings::default(),
        own: None,
        file: None,
    };
    (Session::new(server.clone(), config, sender), events)
}

/// Answers a line. Returns its answer, text or fault, and the notices that preceded it.
async fn answer(session: &mut Session<FakeServer>, line: &str) -> (String, Vec<String>) {
    let mut notices = Vec::new();
    let outcome = session
        .answer(line, &mut |notice| notices.push(notice.to_owned()))
        .await;
    let text = match &outcome {
        Outcome::Text(text) => text.clone(),
        Outcome::Fault(fault) => format!("! {fault}"),
        outcome => outcome.reply().map(ToString::to_string).unwrap_or_default(),
    };
    (text, notices)
}

#[tokio::test]
async fn a_fake_plays_a_worksheet_and_a_new_one_when_the_stream_breaks() {
    let server = FakeServer::default();
    let (mut session, _events) = session(&server);
    let silent = |text: &str| (text.to_owned(), Vec::new());
    assert!(session.preview("2 + 3".into()).await);
    let BackgroundReply::Preview(line, Ok(preview)) = session.aside().await else {
        panic!("no preview");
    };
    assert_eq!((&*line, preview.text.as_deref()), ("2 + 3", Some("5")));
    assert_eq!(answer(&mut session, "x = 5").await, silent("5"));
    assert_eq!(
        answer(&mut session, "y").await,
        silent("! unknown name 'y'")
    );
    assert_eq!(answer(&mut session, "add x 20").await, silent("25"));
    assert_eq!(answer(&mut session, "ans + 1").await, silent("26"));
    assert!(session.definitions().await);
    let BackgroundReply::Names(names) = session.aside().await else {
        panic!("no names");
    };
    assert_eq!(names.len(), 1);
    assert_eq!(answer(&mut session, ":vars").await, silent("x = 5\n"));
    server.break_streams();
    assert_eq!(
        answer(&mut session, "x + ans").await,
        (
            "31".to_owned(),
            ["connected to a fake again, and the worksheet is restored",]
                .map(str::to_owned)
                .to_vec()
        )
    );
    assert_eq!(server.worksheets(), 2);
    assert_eq!(answer(&mut session, ":clear").await, silent(""));
    assert_eq!(
        answer(&mut session, "x").await,
        silent("! unknown name 'x'")
    );
    assert_eq!(answer(&mut session, ":services").await, silent("a.Fake\n"));
}

/// A gateway may lack a route for a moment.
#[tokio::test(start_paused = true)]
async fn a_worksheet_comes_back_from_a_server_that_had_none_for_a_moment() {
    let server = FakeServer::default();
    let (mut session, _events) = session(&server);
    answer(&mut session, "x = 5").await;
    server.break_streams();
    server.refuse_worksheets(3);
    let (text, notices) = answer(&mut session, "x + 1").await;
    assert_eq!(text, "6");
    assert_eq!(
        notices.last().unwrap(),
        "connected to a fake again, and the worksheet is restored"
    );
}

#[tokio::test(start_paused = true)]
async fn a_worksheet_is_kept_while_the_server_has_none() {
    let server = FakeServer::default();
    let (mut session, _events) = session(&server);
    answer(&mut session, "x = 5").await;
    server.break_streams();
    server.refuse_worksheets(1_000_000);
    let (text, notices) = answer(&mut session, "1 + 1").await;
    assert_eq!(text, "2");
    assert!(
        notices
            .iter()
            .any(|it| it.contains("the worksheet is kept"))
    );
    assert!(notices.iter().any(|it| it == LOWERED), "{notices:?}");
    let (text, notices) = answer(&mut session, "2 + 2").await;
    assert_eq!((text.as_str(), notices.len()), ("4", 0), "{notices:?}");
    server.refuse_worksheets(0);
    assert_eq!(answer(&mut session, "x + ans").await.0, "9");
}

#[tokio::test]
async fn what_a_server_can_do_is_learned_for_each_connection() {
    let server = FakeServer::default();
    let (mut session, _events) = session(&server);
    server.refuse_worksheets(1);
    let (text, notices) = answer(&mut session, "1 + 1").await;
    assert_eq!((text.as_str(), notices), ("2", vec![LOWERED.to_owned()]));
    answer(&mut session, "1 + 1").await;
    assert_eq!(server.worksheets(), 0);
    // A new connection.
    server.break_streams();
    assert_eq!(answer(&mut session, "x = 3").await.0, "3");
    assert_eq!(server.worksheets(), 1);
}

#[tokio::test]
async fn clear_forgets_what_the_server_can_do() {
    let server = FakeServer::default();
    let (mut session, _events) = session(&server);
    server.refuse_worksheets(1);
    answer(&mut session, "1 + 1").await;
    answer(&mut session, ":clear").await;
    assert_eq!(answer(&mut session, "x = 3").await.0, "3");
}

#[tokio::test]
async fn a_fake_plays_a_chat_that_is_joined_again_when_the_stream_breaks() {
    let server = FakeServer::default();
    let (mut session, mut events) = session(&server);
    let note = |name: &str, text: &str| {
        ChatEvent::Note(Note {
            name: name.into(),
            text: text.into(),
        })
    };
    let notice = |text: &str| ChatEvent::Notice(text.into());
    server.receive("bob", "first");
    answer(&mut session, ":chat").await;
    assert_eq!(events.recv().await, Some(note("bob", "first")));
    let greeting = "joined the chat as ada; :say TEXT sends a note, :chat off leaves";
    assert_eq!(events.recv().await, Some(notice(greeting)));
    answer(&mut session, ":say hello").await;
    server.receive("bob", "second");
    assert_eq!(events.recv().await, Some(note("bob", "second")));
    server.break_streams();
    let lost =
        "the chat is lost: lost the connection to a fake: it was broken; trying to reconnect";
    assert_eq!(events.recv().await, Some(notice(lost)));
    server.receive("bob", "third");
    assert_eq!(events.recv().await, Some(note("bob", "third")));
    assert_eq!(events.recv().await, Some(notice("rejoined the chat")));
    answer(&mut session, "x = 5").await;
    answer(&mut session, ":share").await;
    assert_eq!(
        server.notes(),
        [
            "bob: first",
            "ada: hello",
            "bob: second",
            "bob: third",
            "ada: x = 5 = 5"
        ]
    );
    let (taken, _) = answer(&mut session, ":take").await;
    assert_eq!(taken, "5");
}
