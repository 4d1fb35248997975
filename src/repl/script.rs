//! Many lines without a prompt: from a pipe, a file or the arguments.

use std::{fmt, future, io, pin::pin};

use futures_util::{FutureExt as _, Stream, StreamExt as _, stream};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};

use super::{
    Calls, Outcome,
    command::{self, Command},
    reader::{Line, LineReader},
    session::carry_out,
};

/// Calls that are under way at the same time. More would only wait for the server,
/// which serves 256 of a connection at once.
const IN_FLIGHT: usize = 256;

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
    calls: &impl Calls,
    rules: Rules,
) -> Result<End, ScriptError> {
    let mut screen = Screen {
        output,
        errors,
        pending: Vec::new(),
        side: Side::Output,
    };
    let end = print_all(outcomes(input, calls), &mut screen, rules).await;
    match (end, screen.flush().await) {
        // Whoever closed the pipe has seen enough: `grpcalc -f long.calc | head -1`.
        (Err(ScriptError::Write(error)), _) | (Ok(_), Err(error))
            if error.kind() == io::ErrorKind::BrokenPipe =>
        {
            Ok(End::Unread)
        }
        (Ok(_), Err(error)) => Err(ScriptError::Write(error)),
        (end, _) => end,
    }
}

/// A line's number, and what became of it.
type Numbered = io::Result<(u64, Outcome)>;

/// What becomes of the lines of `input`, in their order, up to the end or `quit`.
fn outcomes(input: impl AsyncRead + Unpin, calls: &impl Calls) -> impl Stream<Item = Numbered> {
    let lines = stream::try_unfold(LineReader::new(input), async |mut reader| {
        Ok(reader.next().await?.map(|line| (line, reader)))
    });
    let parsed = lines.map(|line: io::Result<Line>| {
        line.map(|line| {
            let command = line.text.and_then(|text| command::parse(&text));
            (line.number, command)
        })
    });
    // What stands behind a `quit` is sent to nobody.
    let until_quit = parsed.scan(false, |quit, line| {
        let goes_on = !*quit;
        *quit = matches!(line, Ok((_, Ok(Command::Quit))));
        future::ready(goes_on.then_some(line))
    });
    until_quit
        .map(|line| async {
            let (number, command) = line?;
            Ok((number, carry_out(calls, command).await))
        })
        .buffered(IN_FLIGHT)
}

async fn print_all<O: AsyncWrite + Unpin, E: AsyncWrite + Unpin>(
    outcomes: impl Stream<Item = Numbered>,
    screen: &mut Screen<O, E>,
    rules: Rules,
) -> Result<End, ScriptError> {
    let mut outcomes = pin!(outcomes);
    let mut end = End::Answered;
    loop {
        let next = if let Some(next) = outcomes.next().now_or_never() {
            next
        } else {
            screen.flush().await.map_err(ScriptError::Write)?;
            outcomes.next().await
        };
        let Some(next) = next else {
            return Ok(end);
        };
        let (number, outcome) = next.map_err(ScriptError::Read)?;
        let fault: &dyn fmt::Display = match &outcome {
            Outcome::Silence => continue,
            Outcome::Answer(reply) => {
                screen.print(format_args!("{reply}\n")).await?;
                continue;
            }
            Outcome::Help(topic) => {
                screen
                    .print(format_args!("{}", command::help(*topic)))
                    .await?;
                continue;
            }
            Outcome::Quit => return Ok(end),
            Outcome::Unsendable(fault) => fault,
            Outcome::Unanswered(error) => error,
        };
        if rules.numbered {
            screen
                .complain(format_args!("grpcalc: line {number}: {fault}\n"))
                .await?;
        } else {
            screen.complain(format_args!("grpcalc: {fault}\n")).await?;
        }
        end = End::Faulty;
        if matches!(&outcome, Outcome::Unanswered(error) if error.is_fatal()) {
            if rules.numbered {
                let text = "grpcalc: neither that line nor any after it was answered\n";
                screen.complain(format_args!("{text}")).await?;
            }
            return Ok(End::NoServer);
        }
        if rules.fail_fast {
            return Ok(end);
        }
    }
}

/// Output and errors in the order in which they came to be, in as few writes as
/// that allows.
struct Screen<O, E> {
    output: O,
    errors: E,
    pending: Vec<u8>,
    /// Where `pending` belongs.
    side: Side,
}

#[derive(Clone, Copy, PartialEq)]
enum Side {
    Output,
    Errors,
}

impl<O: AsyncWrite + Unpin, E: AsyncWrite + Unpin> Screen<O, E> {
    async fn print(&mut self, text: fmt::Arguments<'_>) -> Result<(), ScriptError> {
        self.write(Side::Output, text).await
    }

    async fn complain(&mut self, text: fmt::Arguments<'_>) -> Result<(), ScriptError> {
        self.write(Side::Errors, text).await
    }

    async fn write(&mut self, side: Side, text: fmt::Arguments<'_>) -> Result<(), ScriptError> {
        if self.side != side || self.pending.len() >= BLOCK {
            self.flush().await.map_err(ScriptError::Write)?;
            self.side = side;
        }
        io::Write::write_fmt(&mut self.pending, text).map_err(ScriptError::Write)
    }

    async fn flush(&mut self) -> io::Result<()> {
        if self.pending.is_empty() {
            return Ok(());
        }
        match self.side {
            Side::Output => {
                self.output.write_all(&self.pending).await?;
                self.output.flush().await?;
            }
            // Where errors cannot be told there is nobody to tell that to.
            Side::Errors => {
                let _ = self.errors.write_all(&self.pending).await;
                let _ = self.errors.flush().await;
            }
        }
        self.pending.clear();
        Ok(())
    }
}
