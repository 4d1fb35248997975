use std::{
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::io::AsyncRead;
use tokio_util::io::StreamReader;

use super::*;
use crate::{
    client::{
        AngleUnit, CallError, Client, NumberBase, Reply, Request, Requests, Responses, Target,
        WorksheetRequest,
    },
    server::{self, Settings},
};

const RULES: Rules = Rules {
    fail_fast: false,
    many: true,
    format: Format::Plain,
    options: EvaluateOptions {
        digits: Some(20),
        source: false,
        angle: AngleUnit::Unspecified,
        base: NumberBase::Unspecified,
    },
    timeout: Duration::from_secs(20),
};

fn embedded() -> Client {
    let (dial, connections) = server::in_memory();
    tokio::spawn(async move {
        let settings = Settings::default();
        server::run(connections, std::future::pending(), settings).await
    });
    Client::lazy(Target::Embedded(dial, None), RULES.timeout)
}

/// An output that keeps the text of both streams in memory.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<[Vec<u8>; 2]>>);

impl Output for Kept {
    fn write(&mut self, side: Side, text: &[u8]) -> io::Result<()> {
        self.0.lock().unwrap()[side as usize].extend_from_slice(text);
        Ok(())
    }
}

impl Kept {
    fn texts(&self) -> [String; 2] {
        let kept = self.0.lock().unwrap().clone();
        kept.map(|bytes| String::from_utf8(bytes).unwrap())
    }
}

/// Runs a script. Returns its standard output, its standard error and how it ended.
async fn run_all(
    input: impl AsyncRead + Unpin,
    rules: Rules,
) -> (String, String, Result<ScriptEnd, ScriptError>) {
    let kept = Kept::default();
    let end = run(input, kept.clone(), &embedded(), rules, "ada").await;
    let [output, errors] = kept.texts();
    (output, errors, end)
}

#[track_caller]
fn assert_prints(
    (output, errors, end): (String, String, Result<ScriptEnd, ScriptError>),
    printed: &str,
    faults: &str,
    expected: ScriptEnd,
) {
    assert_eq!((output.as_str(), errors.as_str()), (printed, faults));
    assert_eq!(end.unwrap(), expected);
}

#[tokio::test]
async fn rules() {
    let script = b"add 1 2\nadd\n3 + 4";
    let fault = "'add' takes 2 operands, found 0 (column 4): write add A B\n";
    let numbered = format!("grpcalc: line 2: {fault}");
    assert_prints(
        run_all(&script[..], RULES).await,
        "3\n7\n",
        &numbered,
        ScriptEnd::Faulty,
    );
    let fast = Rules {
        fail_fast: true,
        ..RULES
    };
    assert_prints(
        run_all(&script[..], fast).await,
        "3\n",
        &numbered,
        ScriptEnd::Faulty,
    );
    let alone = Rules {
        many: false,
        ..RULES
    };
    let plain = "grpcalc: division by zero (column 2)\n";
    assert_prints(
        run_all(&b"1/0"[..], alone).await,
        "",
        plain,
        ScriptEnd::Faulty,
    );
    assert_prints(
        run_all(&b"# 1"[..], RULES).await,
        "",
        "",
        ScriptEnd::Answered,
    );
}

#[tokio::test]
async fn both_kinds_of_lines_share_the_last_answer_and_the_names() {
    let script = "\
x = 20
add x 10
ans + 1
add ans _
1/0
ans
divide ans 4
ans
add x y
add x half
half = 1/2
add x half
big = 2^31
add big 1
:vars
:clear
x
add ans 1
multiply 6 7
1/0
ans
";
    let faults = "\
grpcalc: line 5: division by zero (column 2)
grpcalc: line 9: unknown name 'y' (column 7): operands are integers from -2147483648 to 2147483647, or names of integers
grpcalc: line 10: unknown name 'half' (column 7): operands are integers from -2147483648 to 2147483647, or names of integers
grpcalc: line 12: 'half' is 0.5, not an integer (column 7): operands are integers from -2147483648 to 2147483647, or names of integers
grpcalc: line 14: 'big' is 2147483648, which does not fit int32 (column 5): operands are integers from -2147483648 to 2147483647, or names of integers
grpcalc: line 17: unknown name 'x' (column 1)
grpcalc: line 18: there is no last answer (column 5): operands are integers from -2147483648 to 2147483647, or names of integers
grpcalc: line 20: division by zero (column 2)
";
    let answers = "30\n31\n62\n62\n15.5\n15.5\nbig = 2147483648\nhalf = 0.5\nx = 20\n42\n42\n";
    assert_prints(
        run_all(script.as_bytes(), RULES).await,
        answers,
        faults,
        ScriptEnd::Faulty,
    );
}

#[tokio::test]
async fn rows_of_json() {
    let script =
        "x = 1/3\n2x\nadd 1 2\n# c\n\n1/0\nadd x\n:vars\nmultipy 1 2\ndivide 1 3\nquit\n1\n";
    let rows = r##"{"line":1,"input":"x = 1/3","name":"x","value":"0.33333333333333333333","rounded":true}
{"line":2,"input":"2x","value":"0.66666666666666666667","rounded":true}
{"line":3,"input":"add 1 2","value":"3","rounded":false}
{"line":4,"input":"# c"}
{"line":5,"input":""}
{"line":6,"input":"1/0","fault":{"reason":"DIVISION_BY_ZERO","message":"division by zero","start":1,"end":2}}
{"line":7,"input":"add x","fault":{"reason":"SYNTAX","message":"'add' takes 2 operands, found 1","start":5,"end":5,"help":"write add A B"}}
{"line":8,"input":":vars","text":"x ≈ 0.33333333333333333333\n"}
{"line":9,"input":"multipy 1 2","fault":{"reason":"SYNTAX","message":"unknown command 'multipy'","start":0,"end":7,"help":"did you mean 'multiply'?"}}
{"line":10,"input":"divide 1 3","value":"0.33333334","rounded":true}
{"line":11,"input":"quit"}
"##;
    let json = Rules {
        format: Format::Json,
        ..RULES
    };
    assert_prints(
        run_all(script.as_bytes(), json).await,
        rows,
        "",
        ScriptEnd::Faulty,
    );
}

#[tokio::test]
async fn answers_before_an_input_error_are_printed() {
    let broken = io::Error::other("the disk is gone");
    let chunks = [Ok(&b"add 1 2\n3 + 4\nadd 3"[..]), Err(broken)];
    let input = StreamReader::new(tokio_stream::iter(chunks));
    let (output, errors, end) = run_all(input, RULES).await;
    assert_eq!((output.as_str(), errors.as_str()), ("3\n7\n", ""));
    assert!(matches!(end, Err(ScriptError::Read(_))), "{end:?}");
}

/// Returns an endless script of typed calls and expressions, and a counter of the bytes read.
fn endless() -> (impl AsyncRead + Unpin, Arc<AtomicUsize>) {
    let read = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&read);
    let chunks = std::iter::repeat_with(move || {
        let chunk = &b"add 1 2\n20 + 10\n2^10000\n"[..];
        counter.fetch_add(chunk.len(), Ordering::Relaxed);
        Ok::<_, io::Error>(chunk)
    });
    (StreamReader::new(tokio_stream::iter(chunks)), read)
}

/// While its output is not read, the script reads no more lines, but typed calls in flight still
/// get their replies.
#[tokio::test]
async fn unread_answers_cost_neither_memory_nor_replies() {
    /// Blocks until the flag is set.
    struct Stopped(Arc<AtomicBool>, Kept);
    impl Output for Stopped {
        fn write(&mut self, side: Side, text: &[u8]) -> io::Result<()> {
            while !self.0.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(1));
            }
            if self.1.0.lock().unwrap()[0].len() > 10_000_000 {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            self.1.write(side, text)
        }
    }
    let (go, kept) = (Arc::new(AtomicBool::new(false)), Kept::default());
    let (input, read) = endless();
    let output = Stopped(Arc::clone(&go), kept.clone());
    let client = embedded();
    let rules = Rules {
        timeout: Duration::from_millis(500),
        ..RULES
    };
    let running = run(input, output, &client, rules, "ada");
    let watching = async {
        // Ends when no more lines are read for twice the deadline.
        let mut before = 0;
        loop {
            tokio::time::sleep(2 * rules.timeout).await;
            let now = read.load(Ordering::Relaxed);
            if now == before {
                break;
            }
            before = now;
        }
        assert!(before < 2_000_000, "{before}");
        go.store(true, Ordering::Relaxed);
    };
    let (end, ()) = tokio::join!(running, watching);
    assert_eq!(end.unwrap(), ScriptEnd::Unread);
    let [output, errors] = kept.texts();
    assert_eq!(errors, "");
    let mut lines = output.lines();
    while let (Some(first), Some(second), Some(third)) = (lines.next(), lines.next(), lines.next())
    {
        assert_eq!((first, second), ("3", "30"));
        assert!(third.starts_with("199506311688075838488374216268"));
    }
}

#[tokio::test]
async fn a_closed_output_ends_an_endless_script() {
    struct Closed;
    impl Output for Closed {
        fn write(&mut self, _: Side, _: &[u8]) -> io::Result<()> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    }
    let end = run(endless().0, Closed, &embedded(), RULES, "ada").await;
    assert_eq!(end.unwrap(), ScriptEnd::Unread);
}

/// A server that never answers.
#[derive(Clone)]
struct Silent;

impl Calls for Silent {
    type WorksheetSender = Requests;
    type WorksheetReceiver = Responses;
    type Notes = crate::client::Notes;

    async fn call(&self, _: Request) -> Result<Reply, CallError> {
        std::future::pending().await
    }

    async fn worksheet(&self, _: WorksheetRequest) -> Result<(Requests, Responses), CallError> {
        Err(CallError::no_worksheet())
    }

    fn server(&self) -> String {
        "nobody".into()
    }
}

#[tokio::test]
async fn a_worksheet_that_cannot_be_opened_ends_the_script() {
    let kept = Kept::default();
    let end = run(
        &b":x\n\n1 + 1\n2\n"[..],
        kept.clone(),
        &Silent,
        RULES,
        "ada",
    )
    .await;
    assert_eq!(end.unwrap(), ScriptEnd::NoServer);
    let [output, errors] = kept.texts();
    assert_eq!(output, "");
    assert_eq!(
        errors,
        "\
grpcalc: line 1: unknown command ':x' (column 1): 'help' lists the commands
grpcalc: line 3: cannot reach the worksheet: no worksheet is open
grpcalc: that line and all later lines were not answered
"
    );
}

/// An output whose writes are slow.
struct Slow(Kept);

impl Output for Slow {
    fn write(&mut self, side: Side, text: &[u8]) -> io::Result<()> {
        std::thread::sleep(Duration::from_millis(1));
        self.0.write(side, text)
    }
}

#[tokio::test]
async fn the_history_of_the_chat_is_printed_though_the_script_ends() {
    const NOTES: usize = 30;
    let client = embedded();
    let all = |line: fn(usize) -> String| (0..NOTES).map(line).collect::<Vec<_>>().concat();
    let said = all(|n| format!(":say {n}\n"));
    let end = run(said.as_bytes(), Kept::default(), &client, RULES, "ada").await;
    assert_eq!(end.unwrap(), ScriptEnd::Answered);
    for _ in 0..20 {
        let kept = Kept::default();
        let output = Slow(kept.clone());
        let end = run(&b":chat\n"[..], output, &client, RULES, "bob").await;
        assert_eq!(end.unwrap(), ScriptEnd::Answered);
        let heard = all(|n| format!("[ada] {n}\n"));
        assert_eq!(kept.texts(), [String::new(), heard]);
    }
}

#[tokio::test]
async fn a_fake_plays_a_script() {
    let kept = Kept::default();
    let script = "x = 5\nx + 1\nadd x 1\nans + 1\n:vars\n:save it\n:clear\nx\n";
    let server = crate::repl::fake::FakeServer::default();
    let end = run(script.as_bytes(), kept.clone(), &server, RULES, "ada").await;
    assert_eq!(end.unwrap(), ScriptEnd::Faulty);
    let faults = "\
grpcalc: line 6: ':save' works at the prompt only (column 1): remove this line
grpcalc: line 8: unknown name 'x'
";
    assert_eq!(kept.texts(), ["6\n6\n7\nx = 5\n", faults]);
}
