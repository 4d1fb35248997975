//! The stream of a worksheet, through the generated stub.

use std::time::Duration;

use grpcalc::{
    proto::{
        grpcalc::v1::{
            Cancel, Names, Options, Preview, Run, WorksheetRequest,
            evaluator_service_client::EvaluatorServiceClient, worksheet_request::Request,
        },
        response::WorksheetResponse,
    },
    server::{self, ServerLimits, Settings},
};
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, timeout},
};
use tokio_stream::wrappers::UnboundedReceiverStream;
use tonic::{Code, Status, Streaming, transport::Channel};
use tonic_types::StatusExt as _;

use crate::{
    evaluate::{HEAVY, stub, stub_of, stub_on},
    harness::PATIENCE,
};

struct Sheet {
    requests: mpsc::UnboundedSender<WorksheetRequest>,
    responses: Streaming<WorksheetResponse>,
}

/// The texts of answers: `name = text`, with a `~` before a rounded text, or `! REASON`.
type Texts = Vec<String>;

impl Sheet {
    async fn open() -> Self {
        Self::of(Settings::default(), std::future::pending()).await
    }

    async fn of(settings: Settings, shutdown: impl Future<Output = ()> + Send + 'static) -> Self {
        Self::on(&mut stub_of(settings, shutdown).await).await
    }

    /// Opens a worksheet on the connection of `stub`.
    async fn on(stub: &mut EvaluatorServiceClient<Channel>) -> Self {
        let (requests, waiting) = mpsc::unbounded_channel();
        let waiting = UnboundedReceiverStream::new(waiting);
        let responses = stub.worksheet(waiting).await.unwrap().into_inner();
        Self {
            requests,
            responses,
        }
    }

    fn send(&self, request: Request) {
        let request = Some(request);
        self.requests.send(WorksheetRequest { request }).unwrap();
    }

    fn run(&self, text: &str) {
        self.run_shown(text, 0);
    }

    /// Sends a `Run` with `digits` as the number of digits of rounded answers.
    fn run_shown(&self, text: &str, digits: u32) {
        self.send(Request::Run(Run {
            text: text.into(),
            options: Some(Options {
                digits,
                ..Options::default()
            }),
        }));
    }

    fn preview(&self, text: &str) {
        self.send(Request::Preview(Preview {
            text: text.into(),
            options: None,
        }));
    }

    /// Receives a response; returns its answers, and whether they are the last of their request.
    async fn response(&mut self) -> Result<(Texts, bool), Status> {
        let message = timeout(PATIENCE, self.responses.message()).await.unwrap();
        let mut answers = message?.unwrap().answers().unwrap();
        let mut texts = Vec::new();
        while let Some(answer) = answers.next_answer() {
            let answer = answer.unwrap();
            texts.push(match (&answer.fault, answer.value) {
                (Some(fault), _) => format!("! {}", fault.reason),
                (None, Some(value)) => {
                    let equals = if answer.name.is_empty() { "" } else { " = " };
                    let about = if value.rounded { "~" } else { "" };
                    format!("{}{equals}{about}{}", answer.name, value.text)
                }
                (None, None) => answer.name.to_owned(),
            });
        }
        Ok((texts, answers.done))
    }

    /// Receives all answers to a request.
    async fn answers(&mut self) -> Texts {
        let mut texts = Vec::new();
        loop {
            let (more, done) = self.response().await.unwrap();
            texts.extend(more);
            if done {
                return texts;
            }
        }
    }

    /// Runs `text` and returns its answers.
    async fn ran(&mut self, text: &str) -> Texts {
        self.run(text);
        self.answers().await
    }

    async fn end(&mut self) -> Status {
        loop {
            if let Err(status) = self.response().await {
                return status;
            }
        }
    }
}

#[tokio::test]
async fn runs_previews_and_names() {
    let mut sheet = Sheet::open().await;
    let lines = "x = 5\n2x\n\n# comment\r\nf(n) = n * x\nf(3); 1/3\n1/0\nans";
    let answers = [
        "x = 5",
        "10",
        "",
        "",
        "f",
        "~0.33333333333333333333",
        "! DIVISION_BY_ZERO",
    ];
    let mut expected: Vec<_> = answers.map(str::to_owned).into();
    expected.push("~0.33333333333333333333".into());
    assert_eq!(sheet.ran(lines).await, expected);
    sheet.preview("x = x + 1");
    assert_eq!(sheet.answers().await, ["x = 6"]);
    assert_eq!(sheet.ran("x + 1").await, ["6"]);
    sheet.send(Request::Names(Names { options: None }));
    assert_eq!(sheet.answers().await, ["f(n) = n * x", "x = 5"]);
    assert_eq!(sheet.ran("").await, [""]);
    assert_eq!(sheet.ran("\n").await, ["", ""]);
    sheet.run_shown("1/3", 3);
    assert_eq!(sheet.answers().await, ["~0.333"]);
}

#[tokio::test]
async fn a_new_worksheet_has_no_names() {
    let mut sheet = Sheet::open().await;
    sheet.send(Request::Names(Names { options: None }));
    assert_eq!(sheet.answers().await, Texts::new());
    // A preview is one line, even with a line break in it.
    sheet.preview("1 +\n1");
    assert_eq!(sheet.answers().await, ["2"]);
}

/// Sends many requests together. When the requests end, the responses end too.
#[tokio::test]
async fn requests_are_answered_in_order() {
    let mut sheet = Sheet::open().await;
    sheet.run("x = 0");
    for _ in 0..2_000 {
        sheet.run("x = x + 1");
    }
    for n in 0..=2_000 {
        assert_eq!(sheet.answers().await, [format!("x = {n}")]);
    }
    let Sheet {
        requests,
        mut responses,
    } = sheet;
    drop(requests);
    assert_eq!(responses.message().await.unwrap(), None);
}

/// Only the last response to a long run is marked as done.
#[tokio::test]
async fn a_long_run_has_several_responses() {
    let mut sheet = Sheet::open().await;
    let lines: Vec<_> = (0..50_000).map(|n| format!("{n} + 1")).collect();
    sheet.run(&lines.join("\n"));
    let (mut count, mut responses) = (0, 0);
    loop {
        let (texts, done) = sheet.response().await.unwrap();
        responses += 1;
        for text in texts {
            count += 1;
            assert_eq!(text, count.to_string());
        }
        if done {
            break;
        }
    }
    assert_eq!(count, 50_000);
    assert!(responses > 5, "{responses}");
}

/// Answers are sent before a later heavy line ends, and the lines after that line are answered.
#[tokio::test]
async fn answers_do_not_wait_for_a_heavy_line() {
    let mut sheet = Sheet::open().await;
    sheet.run(&format!("x = 1\n{HEAVY}\nx + 1"));
    let start = Instant::now();
    let (texts, done) = sheet.response().await.unwrap();
    assert_eq!((texts, done), (vec!["x = 1".into()], false));
    assert!(start.elapsed() < Duration::from_millis(500));
    let (mut texts, mut done) = (Vec::new(), false);
    while !done {
        let (more, last) = sheet.response().await.unwrap();
        texts.extend(more);
        done = last;
    }
    assert_eq!(texts, ["! LIMIT", "2"]);
}

#[tokio::test]
async fn a_cancel_interrupts_the_running_line_and_no_other() {
    let mut sheet = Sheet::open().await;
    // A Cancel has no effect if no line runs.
    sheet.send(Request::Cancel(Cancel::default()));
    assert_eq!(sheet.ran("x = 7").await, ["x = 7"]);
    let start = Instant::now();
    sheet.run(&format!("x + 1\n{HEAVY}\nx"));
    sheet.run("x + 2");
    assert_eq!(sheet.response().await.unwrap(), (vec!["8".into()], false));
    sheet.send(Request::Cancel(Cancel::default()));
    assert_eq!(sheet.answers().await, ["! CANCELLED", "7"]);
    assert_eq!(sheet.answers().await, ["9"]);
    assert!(
        start.elapsed() < Duration::from_millis(800),
        "{:?}",
        start.elapsed()
    );
}

/// A Cancel with the number of an answer interrupts no other line, even if it comes early or late.
#[tokio::test]
async fn a_cancel_interrupts_the_line_with_its_number() {
    let mut sheet = Sheet::open().await;
    let cancel = |answer| Request::Cancel(Cancel { answer });
    assert_eq!(sheet.ran("1\n2").await, ["1", "2"]);
    sheet.preview("3");
    assert_eq!(sheet.answers().await, ["3"]);
    // The heavy line has the fourth answer of the stream.
    sheet.run(&format!("{HEAVY}\n5\n6"));
    for late in 1..4 {
        sheet.send(cancel(late));
    }
    sheet.send(cancel(4));
    assert_eq!(sheet.answers().await, ["! CANCELLED", "5", "6"]);
    sheet.send(cancel(6));
    sheet.send(cancel(8));
    assert_eq!(sheet.ran("7\n8\n9").await, ["7", "! CANCELLED", "9"]);
    // A late Cancel does not stop the next line, which runs until its limit.
    sheet.send(cancel(9));
    assert_eq!(sheet.ran(HEAVY).await, ["! LIMIT"]);
}

/// A Cancel is read even if all requests that grpcalc's client may send are queued before it.
#[tokio::test]
async fn a_cancel_is_read_behind_many_requests() {
    let mut sheet = Sheet::open().await;
    for rest in [vec![260; 999], vec![37_437; 7]] {
        sheet.run(HEAVY);
        for length in &rest {
            sheet.run(&format!("1 #{}", "y".repeat(length - 3)));
        }
        sheet.send(Request::Cancel(Cancel::default()));
        assert_eq!(sheet.answers().await, ["! CANCELLED"]);
        for _ in rest {
            assert_eq!(sheet.answers().await, ["1"]);
        }
    }
}

#[tokio::test]
async fn any_request_interrupts_a_preview() {
    let mut sheet = Sheet::open().await;
    let start = Instant::now();
    for _ in 0..100 {
        sheet.preview(HEAVY);
    }
    sheet.run("1 + 1");
    for _ in 0..100 {
        let answers = sheet.answers().await;
        assert!(
            answers == ["! CANCELLED"] || answers == ["! LIMIT"],
            "{answers:?}"
        );
    }
    assert_eq!(sheet.answers().await, ["2"]);
    // Without another request, the preview runs until its limit of 50 ms.
    sheet.preview(HEAVY);
    assert_eq!(sheet.answers().await, ["! LIMIT"]);
    assert!(
        start.elapsed() < Duration::from_secs(3),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test]
async fn lines_over_a_limit_are_refused_and_the_stream_goes_on() {
    let mut sheet = Sheet::open().await;
    let long = format!("1{}", "+1".repeat(40_000));
    assert_eq!(
        sheet.ran(&format!("x = 1\n{long}\nx")).await,
        ["x = 1", "! LIMIT", "1"]
    );
    let names: Vec<_> = (0..10_001).map(|n| format!("y{n} = {n}")).collect();
    let answers = sheet.ran(&names.join("\n")).await;
    assert_eq!(answers[9_998], "y9998 = 9998");
    assert_eq!(answers[9_999..], ["! LIMIT", "! LIMIT"]);
    assert_eq!(sheet.ran("y5000 = 3").await, ["y5000 = 3"]);
    // Sixteen megabytes of values.
    let values: Vec<_> = (0..200)
        .map(|n| format!("y{n} = 2^999000 + {n}; 0"))
        .collect();
    let answers = sheet.ran(&values.join("\n")).await;
    assert_eq!(answers[100], "0");
    assert_eq!(answers[199], "! LIMIT");
    assert_eq!(sheet.ran("y0 mod 1000; y0 = 1").await, ["y0 = 1"]);
    sheet
        .requests
        .send(WorksheetRequest { request: None })
        .unwrap();
    assert_eq!(sheet.answers().await, ["! SYNTAX"]);
    sheet.run_shown("pi", 1001);
    assert_eq!(sheet.answers().await, ["! LIMIT"]);
}

/// A worksheet whose answers are not read ends, as an idle worksheet does.
#[tokio::test]
async fn an_unread_worksheet_ends_after_its_limit() {
    let settings = Settings {
        limits: ServerLimits {
            idle: Some(Duration::from_millis(300)),
            worksheets: 1,
            ..ServerLimits::DEFAULT
        },
        ..Settings::default()
    };
    let mut stub = stub_of(settings, std::future::pending()).await;
    let sheet = Sheet::on(&mut stub).await;
    // More than a flow-control window.
    sheet.run(&["10^200000"].repeat(100).join("\n"));
    // After its end, another worksheet can be opened.
    while stub.worksheet(tokio_stream::empty()).await.is_err() {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    drop(sheet);
}

#[tokio::test]
async fn worksheets_share_a_memory_limit() {
    let mut settings = Settings::default();
    settings.engine.total_heap_bytes = 1 << 20;
    let mut stub = stub_of(settings, std::future::pending()).await;
    let mut one = Sheet::on(&mut stub).await;
    let mut other = Sheet::on(&mut stub).await;
    let fill = "a = 2^900000; b = 2a; c = 2a; d = 2a; e1 = 2a; 1";
    assert_eq!(one.ran(fill).await, ["1"]);
    assert_eq!(other.ran("x = pi; y = 2; 1").await, ["1"]);
    assert_eq!(other.ran(fill).await, ["! LIMIT"]);
    assert_eq!(other.ran("x + y to 3 digits").await, ["~5.14"]);
    // Memory that one worksheet releases is available to other worksheets.
    assert_eq!(one.ran("a=0; b=0; c=0; d=0; e1=0").await, ["e1 = 0"]);
    assert_eq!(other.ran(fill).await, ["1"]);
    drop(other);
    // The worksheet's memory is released a short time later.
    while one.ran(fill).await != ["1"] {}
}

#[tokio::test]
async fn a_preview_has_a_limit_of_its_own() {
    let mut settings = Settings::default();
    settings.engine.preview = 20_000;
    let mut sheet = Sheet::of(settings, std::future::pending()).await;
    let line = "2^100000 mod 7 + 3^100000 mod 7";
    assert_eq!(sheet.ran(line).await, ["6"]);
    sheet.send(Request::Preview(Preview {
        text: line.into(),
        options: None,
    }));
    assert_eq!(sheet.answers().await, ["! LIMIT"]);
    assert_eq!(sheet.ran("1").await, ["1"]);
}

#[tokio::test]
async fn an_idle_worksheet_ends_after_its_limit() {
    let idle = Some(Duration::from_millis(300));
    let settings = Settings {
        limits: ServerLimits {
            idle,
            ..ServerLimits::DEFAULT
        },
        ..Settings::default()
    };
    let mut sheet = Sheet::of(settings, std::future::pending()).await;
    // A worksheet that computes is not idle.
    assert_eq!(sheet.ran(HEAVY).await, ["! LIMIT"]);
    assert_eq!(sheet.ran("1").await, ["1"]);
    let start = Instant::now();
    let status = sheet.end().await;
    assert!(start.elapsed() >= Duration::from_millis(250));
    assert_eq!(
        (status.code(), status.message()),
        (
            Code::ResourceExhausted,
            "the worksheet was idle for longer than the limit of 300ms"
        )
    );
    assert_eq!(status.get_details_error_info().unwrap().reason, "LIMIT");
}

#[tokio::test]
async fn a_shutdown_lets_the_running_line_finish_and_ends_the_stream() {
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = async move {
        let _ = stopped.await;
    };
    let mut sheet = Sheet::of(Settings::default(), shutdown).await;
    sheet.run(&format!("1\n{HEAVY}\n2\n3"));
    assert_eq!(sheet.response().await.unwrap(), (vec!["1".into()], false));
    stop.send(()).unwrap();
    let (texts, _) = sheet.response().await.unwrap();
    assert_eq!(texts[0], "! LIMIT");
    let status = sheet.end().await;
    assert_eq!(
        (status.code(), status.message()),
        (Code::Unavailable, "the server is shutting down")
    );
}

#[tokio::test]
async fn a_shutdown_does_not_wait_for_every_heavy_line() {
    let (stop, stopped) = oneshot::channel::<()>();
    let shutdown = async move {
        let _ = stopped.await;
    };
    let mut sheet = Sheet::of(Settings::default(), shutdown).await;
    sheet.run(&format!("1\n{}", vec![HEAVY; 20].join("\n")));
    assert_eq!(sheet.response().await.unwrap(), (vec!["1".into()], false));
    let start = Instant::now();
    stop.send(()).unwrap();
    assert_eq!(sheet.end().await.code(), Code::Unavailable);
    assert!(start.elapsed() < Duration::from_secs(5));
}

/// No response is much longer than a single long answer.
#[tokio::test]
async fn long_answers_have_responses_of_their_own() {
    let mut sheet = Sheet::open().await;
    sheet.run(&["2^400000"; 50].join("\n"));
    let mut count = 0;
    loop {
        let (texts, done) = sheet.response().await.unwrap();
        assert!(texts.iter().map(String::len).sum::<usize>() < 300_000);
        count += texts.len();
        if done {
            break;
        }
    }
    assert_eq!(count, 50);
}

/// A client that does not read its answers blocks no thread.
#[tokio::test]
async fn a_client_that_does_not_read_does_not_delay_others() {
    let (dial, connections) = server::in_memory();
    tokio::spawn(async move {
        server::run(connections, std::future::pending(), Settings::default()).await
    });
    let mut stub = stub_on(dial.clone()).await;
    let mut silent = Vec::new();
    for _ in 0..8 {
        let sheet = Sheet::on(&mut stub).await;
        // More than a flow-control window, with heavy lines in between.
        sheet.run(&["10^200000", "2^300000 mod 7"].repeat(100).join("\n"));
        silent.push(sheet);
    }
    let mut sheet = Sheet::on(&mut stub_on(dial).await).await;
    for _ in 0..20 {
        assert_eq!(sheet.ran("10^200000; 7").await, ["7"]);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// All of the worksheets share a connection.
#[tokio::test]
async fn worksheets_are_independent() {
    let mut stub = stub().await;
    let mut sheets = Vec::new();
    for n in 0..100 {
        let sheet = Sheet::on(&mut stub).await;
        sheet.run(&format!("x = {n}"));
        sheets.push(sheet);
    }
    for (n, sheet) in sheets.iter_mut().enumerate() {
        assert_eq!(sheet.answers().await, [format!("x = {n}")]);
        assert_eq!(sheet.ran("x").await, [n.to_string()]);
    }
}
