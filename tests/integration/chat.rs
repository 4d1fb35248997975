//! The chat: the service, the commands at the prompt, and the commands in scripts.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::SocketAddr,
    process::{Child, ChildStderr},
    time::Duration,
};

use grpcalc::proto::{
    grpc::{
        Empty, Note, chat_server_client::ChatServerClient, chat_server_server::ChatServerServer,
    },
    note::{ANNOUNCER, missed},
};
use nix::sys::signal::Signal;
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    time::timeout,
};
use tokio_util::sync::CancellationToken;
use tonic::{
    Code, Request, Status, Streaming,
    transport::{Channel, Endpoint},
};
use tonic_types::StatusExt as _;

use crate::{
    discovery::scrape,
    harness::{
        PATIENCE, Serve, alone, at_terminal, grpcalc, nobody, on_screen, piped, ran, run,
        typed_only,
    },
    prompt::open,
};

type Stub = ChatServerClient<Channel>;

fn serve(options: &[&str]) -> (Serve, String) {
    let mut server = Serve::start(&[&["--listen", "127.0.0.1:0"], options].concat());
    let address = server.address();
    (server, address)
}

fn endpoint(address: &str) -> Endpoint {
    Endpoint::try_from(format!("http://{address}")).unwrap()
}

/// Opens a new connection.
async fn connect(address: &str) -> Stub {
    ChatServerClient::new(endpoint(address).connect().await.unwrap())
}

fn note(name: &str, message: &str) -> Note {
    Note {
        name: name.into(),
        message: message.into(),
    }
}

async fn say(stub: &mut Stub, name: &str, message: &str) -> Result<(), Status> {
    stub.send_note(note(name, message)).await.map(|_| ())
}

async fn listen(stub: &mut Stub) -> Streaming<Note> {
    stub.chat_stream(Empty {}).await.unwrap().into_inner()
}

async fn next(notes: &mut Streaming<Note>) -> Note {
    let note = timeout(PATIENCE, notes.message()).await;
    note.unwrap().unwrap().unwrap()
}

async fn texts(notes: &mut Streaming<Note>, count: usize) -> Vec<String> {
    let mut texts = Vec::new();
    for _ in 0..count {
        texts.push(next(notes).await.message);
    }
    texts
}

#[tokio::test]
async fn subscribers_get_the_history_and_then_each_note_in_the_same_order() {
    let (_server, address) = serve(&[]);
    let mut ada = connect(&address).await;
    for text in ["one", "two", "three"] {
        say(&mut ada, "ada", text).await.unwrap();
    }
    let mut members = Vec::new();
    for _ in 0..5 {
        let mut stub = connect(&address).await;
        let notes = listen(&mut stub).await;
        members.push((stub, notes));
    }
    let saying = members.iter().enumerate().map(|(member, (stub, _))| {
        let mut stub = stub.clone();
        async move {
            for number in 0..20 {
                say(&mut stub, "all", &format!("{member}-{number}"))
                    .await
                    .unwrap();
            }
        }
    });
    futures_util::future::join_all(saying).await;
    let mut received = Vec::new();
    for (_, notes) in &mut members {
        assert_eq!(next(notes).await, note("ada", "one"));
        received.push(texts(notes, 2 + 100).await);
    }
    assert_eq!(received[0][..2], ["two", "three"]);
    assert!(received.iter().all(|it| *it == received[0]));
}

#[tokio::test]
async fn a_slow_subscriber_delays_no_other_and_gets_a_note_about_missing_ones() {
    let (_server, address) = serve(&["--max-notes", "10", "--max-note-burst", "100000"]);
    let mut ada = connect(&address).await;
    // A small window, so that only few notes are in flight to this subscriber.
    let narrow = endpoint(&address).initial_stream_window_size(65_535);
    let mut slow = ChatServerClient::new(narrow.connect().await.unwrap());
    let (mut fast_notes, mut slow_notes) = (listen(&mut ada).await, listen(&mut slow).await);
    let text = |number: u64| format!("{number:>4096}");
    for number in 0..200 {
        say(&mut ada, "ada", &text(number)).await.unwrap();
        assert_eq!(next(&mut fast_notes).await.message, text(number), "at once");
    }
    let mut number = 0;
    let mut gaps = 0;
    while number < 200 {
        let note = next(&mut slow_notes).await;
        if let Some(count) = missed(&note) {
            assert_eq!(note.name, ANNOUNCER);
            (number, gaps) = (number + count, gaps + 1);
        } else {
            assert_eq!(note.message, text(number));
            number += 1;
        }
    }
    assert_eq!(gaps, 1);
    say(&mut ada, "ada", "and on").await.unwrap();
    assert_eq!(next(&mut slow_notes).await.message, "and on");
}

#[tokio::test]
async fn invalid_notes_are_refused() {
    let (_server, address) = serve(&[]);
    let mut stub = connect(&address).await;
    for (name, text, field, message) in [
        (
            "n".repeat(65),
            String::new(),
            "name",
            "the name has 65 characters, more than the limit of 64",
        ),
        (
            "ada".into(),
            "π".repeat(4097),
            "message",
            "the text has 4097 characters, more than the limit of 4096",
        ),
        (
            "a\x1b[2Jda".into(),
            String::new(),
            "name",
            "the name has a control character",
        ),
        (
            "ada".into(),
            "\x07".into(),
            "message",
            "the text has a control character",
        ),
        (
            " Grpcalc".into(),
            "hello".into(),
            "name",
            "the name 'grpcalc' is reserved for the server",
        ),
    ] {
        let refusal = say(&mut stub, &name, &text).await.unwrap_err();
        assert_eq!(
            (refusal.code(), refusal.message()),
            (Code::InvalidArgument, message)
        );
        let details = refusal.get_error_details();
        let violation = &details.bad_request().unwrap().field_violations[0];
        assert_eq!(violation.field, field);
        assert_eq!(details.error_info().unwrap().reason, "INVALID_NOTE");
    }
    let (name, text) = ("é".repeat(64), "π".repeat(4096));
    say(&mut stub, &name, &text).await.unwrap();
    say(&mut stub, "", "").await.unwrap();
    let mut notes = listen(&mut stub).await;
    assert_eq!(next(&mut notes).await, note(&name, &text));
    assert_eq!(next(&mut notes).await, note("", ""));
}

#[tokio::test]
async fn each_connection_has_a_rate() {
    let (_server, address) = serve(&["--max-note-burst", "3", "--max-note-rate", "1"]);
    let mut ada = connect(&address).await;
    for _ in 0..3 {
        say(&mut ada, "ada", "hello").await.unwrap();
    }
    let refusal = say(&mut ada, "ada", "hello").await.unwrap_err();
    assert_eq!(refusal.code(), Code::ResourceExhausted);
    let details = refusal.get_error_details();
    let wait = details.retry_info().unwrap().retry_delay.unwrap();
    assert!(wait <= Duration::from_secs(1), "{wait:?}");
    assert_eq!(details.error_info().unwrap().metadata["limit"], "note_rate");
    let mut bob = connect(&address).await;
    say(&mut bob, "bob", "hello").await.unwrap();
    tokio::time::sleep(wait).await;
    say(&mut ada, "ada", "hello").await.unwrap();
    // grpcalc's client waits for the retry delay that the server sends.
    let ran_script = run(
        &["--addr", &address, "--name", "eve"],
        ":say a\n:say b\n:say c\n:say d\n",
    );
    assert_eq!(ran_script, ran("", "", 0));
}

#[tokio::test]
async fn a_stream_continues_where_another_broke() {
    let (_server, address) = serve(&["--max-notes", "3"]);
    let mut stub = connect(&address).await;
    for text in ["0", "1", "2", "3"] {
        say(&mut stub, "ada", text).await.unwrap();
    }
    let positions = |response: &tonic::Response<_>| {
        let position = |key| {
            response
                .metadata()
                .get(key)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned()
        };
        (position("grpcalc-from"), position("grpcalc-next"))
    };
    let response = stub.chat_stream(Empty {}).await.unwrap();
    let (from, next_number) = positions(&response);
    let (id, number) = from.split_once('/').unwrap();
    assert_eq!((number, &*next_number), ("1", "4"));
    for (requested, begins, text) in [
        (format!("{id}/3"), "3", "3"),
        (
            format!("{id}/0"),
            "0",
            "1 note is missing here: the history reaches no further back",
        ),
        ("another/3".into(), "1", "1"),
        (format!("{id}/x"), "1", "1"),
        ("nonsense".into(), "1", "1"),
    ] {
        let mut request = Request::new(Empty {});
        request
            .metadata_mut()
            .insert("grpcalc-from", requested.parse().unwrap());
        let response = stub.chat_stream(request).await.unwrap();
        assert_eq!(
            positions(&response).0,
            format!("{id}/{begins}"),
            "{requested}"
        );
        let mut notes = response.into_inner();
        assert_eq!(next(&mut notes).await.message, text, "{requested}");
    }
    // A position beyond the end means the next note.
    let mut request = Request::new(Empty {});
    let future = format!("{id}/{}", u64::MAX);
    request
        .metadata_mut()
        .insert("grpcalc-from", future.parse().unwrap());
    let response = stub.chat_stream(request).await.unwrap();
    assert_eq!(positions(&response).0, format!("{id}/4"));
    say(&mut stub, "ada", "4").await.unwrap();
    assert_eq!(next(&mut response.into_inner()).await.message, "4");
}

#[tokio::test(flavor = "multi_thread")]
async fn subscribers_leave_and_a_shutdown_ends_the_others() {
    let mut server = Serve::start(&["--listen", "127.0.0.1:0", "--metrics", "127.0.0.1:0"]);
    let (address, metrics) = (server.address(), server.address());
    let mut stub = connect(&address).await;
    let mut stays = listen(&mut stub).await;
    let leaves = listen(&mut stub).await;
    let other = connect(&address).await.chat_stream(Empty {}).await.unwrap();
    let members = |count| {
        let line = format!("grpcalc_chat_members {count}\n");
        for _ in 0..1000 {
            if scrape(&metrics).contains(&line) {
                return;
            }
            std::thread::sleep(Duration::from_millis(5));
        }
        panic!("{line} in {}", scrape(&metrics));
    };
    members(3);
    drop((leaves, other));
    members(1);
    say(&mut stub, "ada", "hello").await.unwrap();
    assert!(scrape(&metrics).contains("grpcalc_notes_total 1\n"));
    assert_eq!(next(&mut stays).await.message, "hello");
    server.signal(Signal::SIGTERM);
    let end = timeout(PATIENCE, stays.message())
        .await
        .unwrap()
        .unwrap_err();
    assert_eq!(end.code(), Code::Unavailable);
    let (status, stderr) = server.wait();
    assert_eq!((status.code(), &*stderr), (Some(0), ""));
}

#[test]
fn a_note_arrives_above_a_line_that_is_half_typed() {
    let (_server, address) = serve(&[]);
    let prompt = |name| {
        let mut command = grpcalc();
        command.args(["--addr", &address, "--name", name]);
        let mut terminal = open(command);
        terminal.exp_string("> ").unwrap();
        terminal.send_line(":chat").unwrap();
        let greeting = format!("joined the chat as {name}; :say TEXT sends a note");
        terminal.exp_string(&greeting).unwrap();
        terminal.exp_string("> ").unwrap();
        terminal
    };
    let (mut ada, mut bob) = (prompt("ada"), prompt("bob"));
    bob.send("40 + ").unwrap();
    bob.flush().unwrap();
    bob.exp_string("40 + ").unwrap();
    ada.send_line(":say hello bob").unwrap();
    bob.exp_string("[ada] hello bob\r\n").unwrap();
    bob.exp_string("> 40 + ").unwrap();
    bob.send_line("2").unwrap();
    bob.exp_string("\n42\r\n").unwrap();
    bob.exp_string("> ").unwrap();
    bob.send_line(":share").unwrap();
    // The note that `:share` sent is shown only once.
    bob.exp_string("\n[bob] 40 + 2 = 42\r\n").unwrap();
    ada.exp_string("[bob] 40 + 2 = 42\r\n").unwrap();
    ada.send_line(":take").unwrap();
    ada.exp_string("\n42\r\n").unwrap();
    ada.send_line("ans / 5").unwrap();
    ada.exp_string("\n8.4\r\n").unwrap();
    bob.send_line("sqrt(2)").unwrap();
    bob.exp_string(&on_screen("\n≈ 1.4142135623730950488\r\n"))
        .unwrap();
    bob.send_line(":share").unwrap();
    bob.exp_string("\n[bob] sqrt(2)").unwrap();
    ada.exp_string(&on_screen("[bob] sqrt(2) ≈ 1.4142135623730950488\r\n"))
        .unwrap();
    ada.send_line(":take").unwrap();
    ada.exp_string(&on_screen("\n≈ 1.4142135623730950488\r\n"))
        .unwrap();
    ada.send_line(":say done").unwrap();
    let before = bob.exp_string("[ada] done").unwrap();
    assert!(!before.contains("[bob]"), "{before}");
    ada.send_line(":chat off").unwrap();
    ada.send_line("1 + 1").unwrap();
    let before = ada.exp_string("\n2\r\n").unwrap();
    assert!(
        !before.contains("[ada]"),
        "own notes are not echoed: {before}"
    );
    bob.send_line(":say anybody?").unwrap();
    bob.send_line("1 + 1").unwrap();
    bob.exp_string("\n2\r\n").unwrap();
    ada.send_line("3 + 3").unwrap();
    let before = ada.exp_string("\n6\r\n").unwrap();
    assert!(!before.contains("anybody"), "{before}");
}

#[test]
fn control_characters_in_notes_are_escaped() {
    let notes = vec![note("e\x1b]0;x\x07ve", "\x1b[2J\u{202e}1\r\n2")];
    let address = other::start(notes);
    let shown = "[e\\u{1b}]0;x\\u{7}ve] \\u{1b}[2J\\u{202e}1\\r\\n2";
    let mut command = grpcalc();
    command.args(["--addr", &address]);
    let mut terminal = open(command);
    terminal.exp_string("> ").unwrap();
    terminal.send_line(":chat").unwrap();
    terminal.exp_string(&on_screen(shown)).unwrap();
    let output = run(&["--addr", &address, "--format", "json"], ":chat\n");
    assert_eq!(
        output,
        ran(
            "{\"line\":1,\"input\":\":chat\"}\n",
            &format!("{shown}\n"),
            0
        )
    );
}

#[test]
fn an_endless_history_delays_nothing() {
    let address = alone(ChatServerServer::new(other::Endless));
    let (no_answer, full) = (
        "grpcalc: line 1: no answer within 300ms (DEADLINE_EXCEEDED)\n",
        "grpcalc: line 2: full (RESOURCE_EXHAUSTED)\n",
    );
    let options = ["--addr", &address, "--timeout", "300ms"];
    let taken = run(&options, ":take\n:say hello\n");
    assert_eq!(taken, ran("", &(no_answer.to_owned() + full), 1));
    let output = run(&options, ":chat\nhelp quit\n");
    assert!(output.stdout.starts_with("quit|exit"), "{output:?}");
    assert!(
        output.stderr.starts_with("[eve] x = 1\n[eve]"),
        "{output:?}"
    );
}

#[test]
fn a_dumb_terminal_shows_the_chat_too() {
    let (_server, address) = serve(&[]);
    let mut command = grpcalc();
    command.args(["--addr", &address]);
    let mut terminal = {
        let mut terminal = at_terminal({
            command.env("TERM", "dumb");
            command
        });
        terminal.exp_string("Ctrl-D ends.").unwrap();
        terminal
    };
    assert_eq!(
        run(&["--addr", &address, "--name", "ada", ":say hello"], ""),
        ran("", "", 0)
    );
    terminal.send_line(":chat").unwrap();
    terminal.exp_string("[ada] hello").unwrap();
}

#[test]
fn chat_commands_of_a_script_run_in_order() {
    let (_server, address) = serve(&[]);
    let script = "\
:say one # not a comment
2 * 21
:share
:say two
add 3 4
# a comment
:share
:take
ans * 2
add ans 1
sqrt(2)
:share
:take
f(x) = x
:share
1 +
:share
1 + 1
:health
:vars
:share
:clear
:share
";
    let said = run(&["--addr", &address, "--name", "ada"], script);
    let root = "1.4142135623730950488";
    let faults = "\
grpcalc: line 15: there is no answer to share
grpcalc: line 16: expected a value, found the end of the line (column 4): write what it is
grpcalc: line 17: there is no answer to share
grpcalc: line 23: there is no answer to share
";
    let printed = format!("42\n7\n7\n14\n15\n{root}\n{root}\n2\nSERVING\nf(x) = x\n");
    assert_eq!(said.stdout, printed);
    let ours = said
        .stderr
        .lines()
        .zip(faults.lines())
        .filter(|(found, _)| !found.contains("line 16"));
    assert!(
        ours.clone().count() == 3 && ours.into_iter().all(|(found, fault)| found == fault),
        "{said:?}"
    );
    assert_eq!(said.code, 1);
    let output = run(
        &["--addr", &address, "--name", "bob"],
        ":chat\n:say three\n1 + 1\n:chat off\n",
    );
    let notes = format!(
        "[ada] one # not a comment\n[ada] 2 * 21 = 42\n[ada] two\n[ada] add 3 4 = 7\n[ada] sqrt(2) ≈ {root}\n[ada] 1 + 1 = 2\n"
    );
    assert_eq!(output, ran("2\n", &notes, 0));
    let rows = run(
        &["--addr", &address, "--format", "json"],
        ":take\n1 + 1\n:share\n",
    );
    let taken = "{\"line\":1,\"input\":\":take\",\"value\":\"2\",\"rounded\":false}\n";
    let shared = "{\"line\":3,\"input\":\":share\",\"text\":\"1 + 1 = 2\"}\n";
    assert!(rows.stdout.starts_with(taken), "{rows:?}");
    assert!(rows.stdout.ends_with(shared), "{rows:?}");
}

#[test]
fn a_missing_answer_or_chat_is_a_fault() {
    let nothing = "grpcalc: no answer has been shared\n";
    assert_eq!(run(&[":take"], ""), ran("", nothing, 1));
    let long = format!("1{}", "0".repeat(5000));
    let too_long = run(&[], format!("{long}\n:share\n"));
    assert!(
        too_long
            .stderr
            .starts_with("grpcalc: line 2: the answer (5001 characters) does not fit into a note"),
        "{too_long:?}"
    );
    let address = typed_only();
    for line in [":chat", ":say hello", ":take"] {
        let none = "grpcalc: this server has no chat\n";
        assert_eq!(run(&["--addr", &address, line], ""), ran("", none, 1));
    }
    let address = nobody();
    let lost = run(&["--addr", &address], ":say hello\n1 + 1\n");
    assert_eq!((lost.stdout.as_str(), lost.code), ("", 3));
}

/// A process of grpcalc that joined the chat in a script, and prints notes to standard error.
struct Listener {
    child: Child,
    notes: BufReader<ChildStderr>,
}

impl Listener {
    fn open(address: &str) -> Self {
        let mut child = piped(&["--addr", address, "--name", "listener"]);
        let script = b":chat\nhelp quit\n";
        child.stdin.as_mut().unwrap().write_all(script).unwrap();
        // The answer to `help` comes after the history.
        let mut stdout = BufReader::new(child.stdout.as_mut().unwrap());
        stdout.read_line(&mut String::new()).unwrap();
        let notes = BufReader::new(child.stderr.take().unwrap());
        Self { child, notes }
    }

    fn next(&mut self) -> String {
        let mut line = String::new();
        self.notes.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    #[track_caller]
    fn prints(&mut self, lines: &[&str]) {
        for line in lines {
            assert_eq!(self.next(), *line);
        }
    }

    /// Ends the script, and returns the remaining output.
    fn close(mut self) -> String {
        drop(self.child.stdin.take());
        let mut rest = String::new();
        self.notes.read_to_string(&mut rest).unwrap();
        assert!(self.child.wait().unwrap().success());
        rest
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts a TCP proxy to `address`; returns the proxy's address and a token.
///
/// Cancelling the token cuts all connections that were made before.
async fn proxy(address: &str) -> (String, CancellationToken) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (proxy, address) = (listener.local_addr().unwrap(), address.to_owned());
    let cut = CancellationToken::new();
    let once = cut.clone();
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let (address, once) = (address.clone(), once.clone());
            let first = !once.is_cancelled();
            tokio::spawn(async move {
                let mut far = TcpStream::connect(address.parse::<SocketAddr>().unwrap())
                    .await
                    .unwrap();
                let copying = copy_bidirectional(&mut near, &mut far);
                tokio::select! {
                    _ = copying => {}
                    () = once.cancelled(), if first => {}
                }
            });
        }
    });
    (proxy.to_string(), cut)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_stream_is_restored_and_each_note_shown_once() {
    let (_server, ours) = serve(&[]);
    let other = other::start(Vec::new());
    for address in [ours, other] {
        let (proxy, cut) = proxy(&address).await;
        let mut ada = connect(&address).await;
        say(&mut ada, "ada", "one").await.unwrap();
        let mut listener = Listener::open(&proxy);
        listener.prints(&["[ada] one"]);
        say(&mut ada, "ada", "two").await.unwrap();
        listener.prints(&["[ada] two"]);
        cut.cancel();
        say(&mut ada, "ada", "three").await.unwrap();
        let lost = listener.next();
        assert!(
            lost.starts_with("grpcalc: the chat is lost: lost the connection to"),
            "{lost}"
        );
        let mut printed = [listener.next(), listener.next()];
        printed.sort();
        assert_eq!(printed, ["[ada] three", "grpcalc: rejoined the chat"]);
        say(&mut ada, "ada", "four").await.unwrap();
        listener.prints(&["[ada] four"]);
        assert_eq!(listener.close(), "");
    }
}

/// Chat servers that have no cursors, and send the complete history to each subscriber.
mod other {
    use std::sync::{Arc, Mutex};

    use futures_util::stream::{BoxStream, StreamExt as _, unfold};
    use grpcalc::proto::grpc::{
        Empty, Note,
        chat_server_server::{ChatServer, ChatServerServer},
    };
    use tokio::sync::watch;
    use tonic::{Request, Response, Status};

    use crate::harness::alone;

    /// A server whose streams stay open.
    struct Other(Arc<watch::Sender<Vec<Note>>>);

    /// A server whose streams end after the history.
    #[derive(Clone, Default)]
    pub(super) struct Brief(Arc<Mutex<Vec<Note>>>);

    #[tonic::async_trait]
    impl ChatServer for Brief {
        type ChatStreamStream = BoxStream<'static, Result<Note, Status>>;

        async fn chat_stream(
            &self,
            _: Request<Empty>,
        ) -> Result<Response<Self::ChatStreamStream>, Status> {
            let notes = self.0.lock().unwrap().clone();
            let notes = futures_util::stream::iter(notes).map(Ok);
            Ok(Response::new(notes.boxed()))
        }

        async fn send_note(&self, note: Request<Note>) -> Result<Response<Empty>, Status> {
            self.0.lock().unwrap().push(note.into_inner());
            Ok(Response::new(Empty {}))
        }
    }

    /// A server whose history never ends.
    pub(super) struct Endless;

    #[tonic::async_trait]
    impl ChatServer for Endless {
        type ChatStreamStream = BoxStream<'static, Result<Note, Status>>;

        async fn chat_stream(
            &self,
            _: Request<Empty>,
        ) -> Result<Response<Self::ChatStreamStream>, Status> {
            let note = Note {
                name: "eve".into(),
                message: "x = 1".into(),
            };
            let notes = futures_util::stream::repeat(note).map(Ok);
            Ok(Response::new(notes.boxed()))
        }

        async fn send_note(&self, _: Request<Note>) -> Result<Response<Empty>, Status> {
            Err(Status::resource_exhausted("full"))
        }
    }

    #[tonic::async_trait]
    impl ChatServer for Other {
        type ChatStreamStream = BoxStream<'static, Result<Note, Status>>;

        async fn chat_stream(
            &self,
            _: Request<Empty>,
        ) -> Result<Response<Self::ChatStreamStream>, Status> {
            let notes = unfold((self.0.subscribe(), 0), |(mut notes, at)| async move {
                let all = notes.wait_for(|all| all.len() > at).await.ok()?;
                let note = all[at].clone();
                drop(all);
                Some((Ok(note), (notes, at + 1)))
            });
            Ok(Response::new(notes.boxed()))
        }

        async fn send_note(&self, note: Request<Note>) -> Result<Response<Empty>, Status> {
            self.0.send_modify(|notes| notes.push(note.into_inner()));
            Ok(Response::new(Empty {}))
        }
    }

    /// Starts a server with these notes as its history, and returns the server's address.
    pub(super) fn start(notes: Vec<Note>) -> String {
        let other = Other(Arc::new(watch::Sender::new(notes)));
        alone(ChatServerServer::new(other))
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_ends_is_opened_again_each_time() {
    let address = alone(ChatServerServer::new(other::Brief::default()));
    let mut ada = connect(&address).await;
    say(&mut ada, "ada", "one").await.unwrap();
    let mut listener = Listener::open(&address);
    listener.prints(&["[ada] one"]);
    let lost = listener.next();
    assert!(
        lost.contains("the server ended the chat; trying to reconnect"),
        "{lost}"
    );
    for text in ["two", "one", "three"] {
        say(&mut ada, "ada", text).await.unwrap();
        listener.prints(&[&format!("[ada] {text}")]);
    }
}

#[test]
fn a_restarted_server_has_a_new_history() {
    let (server, address) = serve(&[]);
    let say = |text: &str| {
        let output = run(&["--addr", &address, "--name", "ada", text], "");
        assert_eq!(output, ran("", "", 0));
    };
    say(":say one");
    let mut listener = Listener::open(&address);
    listener.prints(&["[ada] one"]);
    server.kill();
    let lost = listener.next();
    assert!(lost.starts_with("grpcalc: the chat is lost: "), "{lost}");
    let _server = Serve::at(&address);
    listener.prints(&["grpcalc: rejoined the chat; the server has lost the earlier notes"]);
    say(":say one");
    listener.prints(&["[ada] one"]);
}

#[test]
fn a_prompt_can_be_the_server() {
    let mut command = grpcalc();
    command.args(["--listen", "127.0.0.1:0", "--name", "ada"]);
    let mut ada = at_terminal(command);
    ada.exp_string("grpcalc: listening on ").unwrap();
    let address = ada.read_line().unwrap();
    ada.exp_string("> ").unwrap();
    ada.send_line(":chat").unwrap();
    let mut bob = Listener::open(address.trim());
    ada.send_line(":say hello").unwrap();
    bob.prints(&["[ada] hello"]);
    let said = run(
        &["--addr", address.trim(), "--name", "bob", ":say goodbye"],
        "",
    );
    assert_eq!(said, ran("", "", 0));
    ada.exp_string("[bob] goodbye\r\n").unwrap();
    bob.prints(&["[bob] goodbye"]);
    assert_eq!(run(&["--addr", address.trim(), "2 + 3"], "").stdout, "5\n");
    ada.send_line("quit").unwrap();
    ada.exp_eof().unwrap();
    let lost = bob.next();
    assert!(lost.contains("the server is shutting down"), "{lost}");
}

#[test]
fn a_prompt_that_is_the_server_can_require_a_token() {
    let mut server = piped(&["--listen", "127.0.0.1:0", "--token", "secret"]);
    let mut stderr = BufReader::new(server.stderr.take().unwrap());
    let mut line = String::new();
    stderr.read_line(&mut line).unwrap();
    let address = line.trim().strip_prefix("grpcalc: listening on ").unwrap();
    let mut stdin = server.stdin.take().unwrap();
    stdin.write_all(b"20 + 10\n").unwrap();
    let mut stdout = BufReader::new(server.stdout.take().unwrap());
    let mut answer = String::new();
    stdout.read_line(&mut answer).unwrap();
    assert_eq!(answer, "30\n", "the script needs no token");
    let stranger = run(&["--addr", address, "1 + 1"], "");
    assert_eq!((stranger.stdout.as_str(), stranger.code), ("", 3));
    let friend = run(&["--addr", address, "--token", "secret", "1 + 1"], "");
    assert_eq!(friend, ran("2\n", "", 0));
    drop(stdin);
    assert!(server.wait().unwrap().success());
}

#[test]
fn a_script_does_not_start_if_it_cannot_listen() {
    let open = run(&["--listen", "0.0.0.0:0"], "1 + 1\n");
    assert_eq!((open.stdout.as_str(), open.code), ("", 2));
    assert!(
        open.stderr.contains("is open to the network without"),
        "{open:?}"
    );
    let (_server, address) = serve(&[]);
    let taken = run(&["--listen", &address], "1 + 1\n");
    assert_eq!((taken.stdout.as_str(), taken.code), ("", 3));
    assert!(
        taken
            .stderr
            .starts_with(&format!("grpcalc: cannot listen on {address}: ")),
        "{taken:?}"
    );
    assert_eq!(
        run(&["--listen", "127.0.0.1:0", "--addr", &address], "").code,
        2
    );
}
