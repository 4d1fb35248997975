//! Many lines without a prompt: from a pipe, a file or the arguments.

use std::{fmt, future, io, mem, pin::pin};

use futures_util::{FutureExt as _, Stream, StreamExt as _, stream};
use tokio::{
    io::{AsyncRead, AsyncWrite, AsyncWriteExt as _},
    sync::{
        Semaphore,
        mpsc::{self, UnboundedReceiver, UnboundedSender},
    },
};

use super::{
    Calls, Outcome,
    command::{self, Command},
    reader::{Line, LineReader},
    session::{LOWERED, Session},
};
use crate::client::Reply;

/// Calls that are under way at the same time. More would only wait for the server,
/// which serves 256 of a connection at once.
const IN_FLIGHT: usize = 256;

/// Lines that have been read and whose answers have not been written yet. It bounds
/// the memory where nobody reads the answers for a while.
const AHEAD: usize = 4096;

/// Bytes of answers that are written at once where there is no pause.
const BLOCK: usize = 32 * 1024;

/// How a script is run.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rules {
    /// Print nothing after the first fault.
    pub fail_fast: bool,
    /// Say which line a fault is on. A single line from the arguments needs none.
    pub numbered: bool,
}

/// How a script came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Every line was answered.
    Answered,
    /// Some line had a fault.
    Faulty,
    /// There is no server to answer; no later line was answered either.
    NoServer,
    /// Nobody reads the answers any more.
    Unread,
}

/// Why a script could not go on. The server has no part in it.
#[derive(Debug, thiserror::Error)]
pub enum ScriptError {
    /// The lines.
    #[error("cannot read the script")]
    Read(#[source] io::Error),
    /// The answers.
    #[error("cannot write the answers")]
    Write(#[source] io::Error),
}

/// Answers the lines of `input` in their order, on `output` what was asked for and
/// on `errors` what went wrong.
///
/// A call is sent as soon as its line has been read, whether or not earlier ones
/// have been answered; answers are written as soon as there is nothing to do but
/// wait. Memory does not depend on the number of lines.
pub async fn run(
    input: impl AsyncRead + Unpin,
    output: impl AsyncWrite + Unpin,
    errors: impl AsyncWrite + Unpin,
    session: &Session<impl Calls>,
    rules: Rules,
) -> Result<End, ScriptError> {
    let credit = Semaphore::new(AHEAD);
    // What waits in it is bounded by the credit.
    let (pages, queue) = mpsc::unbounded_channel();
    // Writing is a future beside answering, so that a reader who stops reading does
    // not stop us from seeing our replies before their deadlines.
    let mut answering = pin!(answer_all(outcomes(input, session, &credit), pages, rules));
    let mut writing = pin!(write_all(queue, output, errors, &credit));
    let (end, written) = tokio::select! {
        end = &mut answering => (end, writing.await),
        written = &mut writing => (Ok(End::Unread), written),
    };
    match written {
        Ok(()) => end,
        // Whoever closed the pipe has seen enough: `grpcalc -f long.calc | head -1`.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(End::Unread),
        Err(error) => Err(ScriptError::Write(error)),
    }
}

/// A line's number, and what became of it.
type Numbered = io::Result<(u64, Outcome)>;

/// What becomes of the lines of `input`, in their order, up to the end or `quit`.
/// Each line takes one credit.
fn outcomes(
    input: impl AsyncRead + Unpin,
    session: &Session<impl Calls>,
    credit: &Semaphore,
) -> impl Stream<Item = Numbered> {
    let lines = stream::try_unfold(LineReader::new(input), async |mut reader| {
        credit.acquire().await.expect("never closed").forget();
        Ok(reader.next().await?.map(|line| (line, reader)))
    });
    let parsed = lines.map(|line: io::Result<Line>| {
        line.map(|line| match line.text {
            Ok(text) => (line.number, command::parse(&text), text),
            Err(fault) => (line.number, Err(fault), String::new()),
        })
    });
    // What stands behind a `quit` is sent to nobody.
    let until_quit = parsed.scan(false, |quit, line| {
        let goes_on = !*quit;
        *quit = matches!(line, Ok((_, Ok(Command::Quit), _)));
        future::ready(goes_on.then_some(line))
    });
    until_quit
        .map(|line| async {
            let (number, command, text) = line?;
            Ok((number, session.carry_out(&text, command).await))
        })
        .buffered(IN_FLIGHT)
}

/// Puts what became of the lines on pages, until the end or what ends it earlier.
async fn answer_all(
    outcomes: impl Stream<Item = Numbered>,
    pages: UnboundedSender<Page>,
    rules: Rules,
) -> Result<End, ScriptError> {
    let mut outcomes = pin!(outcomes);
    let mut page = Paginator::new(pages);
    let mut end = End::Answered;
    let mut said = false;
    loop {
        let next = if let Some(next) = outcomes.next().now_or_never() {
            next
        } else {
            page.turn();
            outcomes.next().await
        };
        let Some(next) = next else {
            return Ok(end);
        };
        let (number, outcome) = next.map_err(ScriptError::Read)?;
        page.next_line();
        let fault: &dyn fmt::Display = match &outcome {
            Outcome::Silence => continue,
            // A definition has nothing to say.
            Outcome::Answer(Reply::Answer(answer))
                if answer.text.is_none() || !answer.name.is_empty() =>
            {
                continue;
            }
            Outcome::Answer(reply) => {
                page.print(Side::Output, format_args!("{reply}\n"));
                continue;
            }
            Outcome::Lowered(reply) => {
                if !mem::replace(&mut said, true) {
                    page.print(Side::Errors, format_args!("grpcalc: {LOWERED}\n"));
                }
                page.print(Side::Output, format_args!("{reply}\n"));
                continue;
            }
            Outcome::Help(topic) => {
                page.print(Side::Output, format_args!("{}", command::help(*topic)));
                continue;
            }
            Outcome::Quit => return Ok(end),
            Outcome::Unsendable(fault) => fault,
            Outcome::Unanswered(error) => error,
        };
        end = End::Faulty;
        if rules.numbered {
            let text = format_args!("grpcalc: line {number}: {fault}\n");
            page.print(Side::Errors, text);
        } else {
            page.print(Side::Errors, format_args!("grpcalc: {fault}\n"));
        }
        if matches!(&outcome, Outcome::Unanswered(error) if error.is_fatal()) {
            if rules.numbered {
                let text = "grpcalc: neither that line nor any after it was answered\n";
                page.print(Side::Errors, format_args!("{text}"));
            }
            return Ok(End::NoServer);
        }
        if rules.fail_fast {
            return Ok(end);
        }
    }
}

/// Text for one of the two sides.
#[derive(Debug)]
struct Page {
    side: Side,
    text: Vec<u8>,
    /// The lines that it tells about, whose credit it gives back.
    lines: usize,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Side {
    Output,
    Errors,
}

/// Output and errors in the order in which they came to be, on as few pages as that
/// allows.
struct Paginator {
    page: Page,
    pages: UnboundedSender<Page>,
}

impl Paginator {
    fn new(pages: UnboundedSender<Page>) -> Self {
        let page = Page {
            side: Side::Output,
            text: Vec::new(),
            lines: 0,
        };
        Self { page, pages }
    }

    /// Begins what there is to say about another line.
    fn next_line(&mut self) {
        if self.page.text.len() >= BLOCK {
            self.turn();
        }
        self.page.lines += 1;
    }

    fn print(&mut self, side: Side, text: fmt::Arguments<'_>) {
        if self.page.side != side {
            self.turn();
            self.page.side = side;
        }
        io::Write::write_fmt(&mut self.page.text, text).expect("a Vec takes everything");
    }

    /// Hands the page over to be written.
    fn turn(&mut self) {
        if self.page.lines > 0 || !self.page.text.is_empty() {
            let blank = Page {
                text: Vec::with_capacity(self.page.text.len()),
                lines: 0,
                ..self.page
            };
            // Where nobody takes it, writing has failed and says so.
            let _ = self.pages.send(mem::replace(&mut self.page, blank));
        }
    }
}

impl Drop for Paginator {
    fn drop(&mut self) {
        self.turn();
    }
}

/// Writes the pages as they come, and gives back the credit of their lines.
async fn write_all(
    mut pages: UnboundedReceiver<Page>,
    mut output: impl AsyncWrite + Unpin,
    mut errors: impl AsyncWrite + Unpin,
    credit: &Semaphore,
) -> io::Result<()> {
    while let Some(Page { side, text, lines }) = pages.recv().await {
        match side {
            Side::Output => {
                output.write_all(&text).await?;
                output.flush().await?;
            }
            // Where errors cannot be told there is nobody to tell that to.
            Side::Errors => {
                let _ = errors.write_all(&text).await;
                let _ = errors.flush().await;
            }
        }
        credit.add_permits(lines);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::{
        pin::Pin,
        sync::atomic::{AtomicUsize, Ordering},
        task::{Context, Poll},
        time::Duration,
    };

    use tokio::{
        io::{AsyncReadExt as _, duplex},
        time::{sleep, timeout},
    };
    use tokio_util::io::StreamReader;

    use super::*;
    use crate::client::{CallError, Question};

    const STEP: Duration = Duration::from_millis(10);

    /// Adds, in two steps, within a deadline of ten.
    #[derive(Default)]
    struct Adder {
        calls: AtomicUsize,
    }

    impl Calls for Adder {
        async fn ask(&self, question: Question) -> Result<Reply, CallError> {
            let Question::Call(call) = question else {
                panic!("not a typed call");
            };
            let deadline = 10 * STEP;
            self.calls.fetch_add(1, Ordering::Relaxed);
            let steps = async {
                sleep(STEP).await;
                sleep(STEP).await;
                Reply::Integer(call.n1 + call.n2)
            };
            timeout(deadline, steps)
                .await
                .map_err(|_| CallError::Deadline(deadline))
        }
    }

    fn session() -> Session<Adder> {
        Session::new(Adder::default(), 20)
    }

    /// What a script prints on both sides, and its end.
    async fn run_all(input: impl AsyncRead + Unpin, rules: Rules) -> (String, String, String) {
        let (mut output, mut errors) = (Vec::new(), Vec::new());
        let end = run(input, &mut output, &mut errors, &session(), rules).await;
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (text(output), text(errors), format!("{end:?}"))
    }

    fn printed(output: &str, errors: &str, end: &str) -> (String, String, String) {
        (output.into(), errors.into(), end.into())
    }

    #[tokio::test(start_paused = true)]
    async fn rules() {
        let script = b"add 1 2\nadd\nadd 3 4";
        let fault = "'add' takes 2 operands, found 0 (column 4): write add A B\n";
        let mut rules = Rules::default();
        let plain = format!("grpcalc: {fault}");
        assert_eq!(
            run_all(&script[..], rules).await,
            printed("3\n7\n", &plain, "Ok(Faulty)")
        );
        rules.numbered = true;
        let numbered = format!("grpcalc: line 2: {fault}");
        assert_eq!(
            run_all(&script[..], rules).await,
            printed("3\n7\n", &numbered, "Ok(Faulty)")
        );
        rules.fail_fast = true;
        assert_eq!(
            run_all(&script[..], rules).await,
            printed("3\n", &numbered, "Ok(Faulty)")
        );
        assert_eq!(
            run_all(&b"# 1"[..], rules).await,
            printed("", "", "Ok(Answered)")
        );
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_answered_before_the_input_broke_is_printed() {
        let broken = io::Error::other("the disk is gone");
        let input = StreamReader::new(stream::iter([Ok(&b"add 1 2\nadd 3"[..]), Err(broken)]));
        let (output, errors, end) = run_all(input, Rules::default()).await;
        assert_eq!((output.as_str(), errors.as_str()), ("3\n", ""));
        assert!(end.starts_with("Err(Read("), "{end}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_reader_that_pauses_costs_no_reply() {
        let (output, mut reader) = duplex(64);
        let script = "add 1 2\n".repeat(10_000);
        let mut errors = Vec::new();
        let session = session();
        let running = run(
            script.as_bytes(),
            output,
            &mut errors,
            &session,
            Rules::default(),
        );
        let reading = async {
            let mut text = String::new();
            let mut chunk = [0; 1024];
            loop {
                match reader.read(&mut chunk).await.unwrap() {
                    0 => return text,
                    n => text.push_str(str::from_utf8(&chunk[..n]).unwrap()),
                }
                // Ten times the deadline of a call.
                sleep(Duration::from_secs(1)).await;
            }
        };
        let (end, text) = tokio::join!(running, reading);
        assert!(matches!(end, Ok(End::Answered)), "{end:?}");
        assert_eq!(text, "3\n".repeat(10_000));
        assert_eq!(errors, b"");
    }

    #[tokio::test(start_paused = true)]
    async fn lines_are_read_no_further_ahead_than_the_credit() {
        struct Stopped;
        impl AsyncWrite for Stopped {
            fn poll_write(
                self: Pin<&mut Self>,
                _: &mut Context<'_>,
                _: &[u8],
            ) -> Poll<io::Result<usize>> {
                Poll::Pending
            }
            fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Pending
            }
            fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
                Poll::Pending
            }
        }
        let endless = stream::repeat_with(|| Ok::<_, io::Error>(&b"add 1 2\n"[..]));
        let input = StreamReader::new(endless);
        let calls = Adder::default();
        let session = Session::new(&calls, 20);
        let mut errors = Vec::new();
        let running = run(input, Stopped, &mut errors, &session, Rules::default());
        let stopped = timeout(Duration::from_secs(3600), running).await;
        assert!(stopped.is_err());
        assert_eq!(calls.calls.into_inner(), AHEAD);
    }

    #[tokio::test(start_paused = true)]
    async fn a_closed_output_ends_an_endless_script() {
        let endless = stream::repeat_with(|| Ok::<_, io::Error>(&b"add 1 2\n"[..]));
        let (output, reader) = duplex(64);
        drop(reader);
        let input = StreamReader::new(endless);
        let mut errors = Vec::new();
        let end = run(input, output, &mut errors, &session(), Rules::default()).await;
        assert!(matches!(end, Ok(End::Unread)), "{end:?}");
    }
}
