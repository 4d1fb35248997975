//! Sends lines to a server. The lines come from the arguments, a file, a pipe or a terminal.

use std::{
    fs::Metadata,
    io::{self, IsTerminal as _, Write as _},
    path::Path,
    sync::Arc,
};

use anyhow::{Context as _, bail};
use tokio::{
    io::AsyncRead,
    signal::unix::{SignalKind, signal},
    sync::mpsc,
};

use super::{
    Exit,
    config::Directory,
    embedded,
    options::{AddrOption, LineOptions},
    print_error, user,
};
use crate::explain::{CallSummary, Explanation};
use crate::{
    client::{
        Access, BearerToken, CallError, Client, ClientTls, ClientTlsFiles, EvaluateOptions, Note,
        Proxy, Recorder, Remote, Reply, SystemResolver, Target,
    },
    engine::Limits,
    repl::{
        FaultView, Outcome, Present, Session, SessionConfig,
        script::{self, Output, Rules, Side},
        settings::Settings,
    },
    server::OwnLimits,
    terminal::{self, Editor, Progress, Screen, prompt},
};

/// The hint for new users, shown if no history file exists.
const FIRST_HINT: &str =
    "\nNew here? Try 1/3 + 1/4, then ':explain add 20 10' to see what a call is.";

/// The maximum number of chat events that wait until they are shown.
const CHAT_EVENTS: usize = 16;

/// Answers the lines from the arguments, a file, a pipe or the terminal.
pub(super) async fn answer_lines(options: LineOptions) -> anyhow::Result<Exit> {
    let addresses = match &options.addr[..] {
        _ if !options.listen.is_empty() => Vec::new(),
        [] => AddrOption::from_env()?,
        options => options.iter().flat_map(|addr| addr.0.clone()).collect(),
    };
    if !addresses.is_empty() {
        let access = access(&options, &addresses)?;
        let mut servers = Vec::new();
        for address in addresses {
            servers.extend(address.resolve(&SystemResolver).await);
        }
        return Box::pin(answer(Target::Remote(servers, access), None, &options)).await;
    }
    let server = match embedded::start(&options).await? {
        Ok(server) => server,
        Err(exit) => return Ok(exit),
    };
    for address in &server.addresses {
        print_error(format_args!("listening on {address}"));
    }
    let own = Some(server.own.clone());
    let exit = Box::pin(answer(server.target.clone(), own, &options)).await;
    server.end().await;
    exit
}

/// Sends the lines to `target`, and prints the answers. `own` has the limits of the embedded server for
/// these lines.
async fn answer(
    target: Target,
    own: Option<OwnLimits>,
    options: &LineOptions,
) -> anyhow::Result<Exit> {
    let name = options.name.clone().unwrap_or_else(user::name);
    let rules = Rules {
        fail_fast: options.fail_fast,
        many: true,
        format: options.format.into(),
        options: evaluate_options(options, EvaluateOptions::default()),
        timeout: options.timeout,
    };
    if options.explain {
        return explain(target, options, name).await;
    }
    let lazy = |target| Client::lazy(target, options.timeout);
    if !options.line.is_empty() {
        let line = options.line.join(" ");
        let many = line.contains('\n');
        let rules = Rules { many, ..rules };
        return script(
            line.as_bytes(),
            &lazy(target),
            rules,
            &name,
            StandardStreams::default(),
        )
        .await;
    }
    match options.file.as_deref() {
        Some(path) if path != Path::new("-") => {
            let file = tokio::fs::File::open(path).await;
            let file = file.with_context(|| format!("cannot open {}", path.display()))?;
            let regular = file.metadata().await.ok().filter(Metadata::is_file);
            let shown = regular.filter(|_| io::stderr().is_terminal());
            let progress = shown.map(|file| Progress::new(file.len()));
            let output = StandardStreams { progress };
            script(file, &lazy(target), rules, &name, output).await
        }
        None if io::stdin().is_terminal() => Box::pin(session(target, own, options, name)).await,
        _ => {
            let input = tokio::io::stdin();
            let output = StandardStreams::default();
            script(input, &lazy(target), rules, &name, output).await
        }
    }
}

/// Returns the token and the TLS configuration for connections to `addresses`.
fn access(options: &LineOptions, addresses: &[Remote]) -> anyhow::Result<Access> {
    let LineOptions {
        ca,
        cert,
        key,
        domain,
        ..
    } = options;
    let is_meant = ca.is_some() || cert.is_some() || domain.is_some();
    if let Some(name) = domain
        && name.parse::<http::uri::Authority>().is_err()
    {
        bail!("{name:?} is not a valid server name");
    }
    let tls = addresses
        .iter()
        .any(|server| server.is_encrypted(is_meant))
        .then(|| {
            ClientTls::new(&ClientTlsFiles {
                ca: ca.clone(),
                identity: cert.clone().zip(key.clone()),
                domain: domain.clone(),
            })
        });
    let token: Option<BearerToken> = options.token()?.map(|token| token.parse()).transpose()?;
    let exposed = |server: &&Remote| !server.is_encrypted(is_meant) && !server.is_local();
    if token.is_some()
        && let Some(server) = addresses.iter().find(exposed)
    {
        bail!("a token is not sent to {server} without encryption; write https://{server}");
    }
    Ok(Access {
        tls: tls.transpose()?.map(Arc::new),
        encrypt_by_default: is_meant,
        token,
        authority: domain.clone(),
        resolver: None,
        proxy: Proxy::from_env(),
    })
}

/// Runs the lines of `input` as a script.
async fn script(
    input: impl AsyncRead + Unpin,
    client: &Client,
    rules: Rules,
    name: &str,
    output: impl Output,
) -> anyhow::Result<Exit> {
    let mut interrupts = signal(SignalKind::interrupt()).context("cannot watch for Ctrl-C")?;
    tokio::select! {
        end = script::run(input, output, client, rules, name) => Ok(match end? {
            script::ScriptEnd::Answered | script::ScriptEnd::Unread => Exit::Success,
            script::ScriptEnd::Faulty => Exit::Fault,
            script::ScriptEnd::NoServer => Exit::NoServer,
        }),
        _ = interrupts.recv() => Ok(Exit::Interrupted),
    }
}

/// Standard output and standard error.
#[derive(Default)]
struct StandardStreams {
    progress: Option<Progress>,
}

impl Output for StandardStreams {
    fn write(&mut self, side: Side, text: &[u8]) -> io::Result<()> {
        let write = || match side {
            Side::Output => {
                // The text is already a full buffer.
                let mut output = io::stdout().lock();
                output.write_all(text)?;
                output.flush()
            }
            Side::Errors => io::stderr().write_all(text),
        };
        match &self.progress {
            // The bar and the text are on the same terminal.
            Some(progress) if side == Side::Errors || io::stdout().is_terminal() => {
                progress.aside(write)
            }
            _ => write(),
        }
    }

    fn answered(&mut self, bytes: u64) {
        if let Some(progress) = &self.progress {
            progress.reach(bytes);
        }
    }
}

/// Returns `defaults` with the evaluation options that the command line sets.
fn evaluate_options(options: &LineOptions, defaults: EvaluateOptions) -> EvaluateOptions {
    EvaluateOptions {
        digits: options.digits.or(defaults.digits),
        ..defaults
    }
}

/// Connects a client that records its traffic. If that fails, prints the error and returns the exit
/// code.
async fn connect_recorded(target: Target, options: &LineOptions) -> Result<Client, Exit> {
    let client = Client::connect(target, options.timeout, Some(&Recorder::default())).await;
    client.map_err(|error| {
        print_error(format_args!("{error}"));
        Exit::NoServer
    })
}

/// Answers the line given with `--explain`, and prints the answer and the explanation of the call.
async fn explain(target: Target, options: &LineOptions, name: String) -> anyhow::Result<Exit> {
    let client = match connect_recorded(target, options).await {
        Ok(client) => client,
        Err(exit) => return Ok(exit),
    };
    let (chat, _) = mpsc::channel(CHAT_EVENTS);
    let settings = Settings::default();
    let config = SessionConfig {
        name,
        timeout: options.timeout,
        settings: Settings {
            options: evaluate_options(options, EvaluateOptions::default()),
            ..settings
        },
        own: None,
        file: None,
    };
    let mut session = Session::new(client, config, chat).alone();
    let line = options.line.join(" ");
    let mut notice = |text: &str| print_error(format_args!("{text}"));
    let mut interrupts = signal(SignalKind::interrupt()).context("cannot watch for Ctrl-C")?;
    let outcome = tokio::select! {
        outcome = session.explain(&line, &mut notice) => outcome,
        _ = interrupts.recv() => return Ok(Exit::Interrupted),
    };
    let (outcome, explanation) = match outcome {
        Outcome::Explained(outcome, explanation) => (*outcome, explanation.to_string()),
        outcome => (outcome, String::new()),
    };
    let exit = match &outcome {
        Outcome::Unanswered(error) if error.is_fatal() => Exit::NoServer,
        outcome if outcome.is_fault() => Exit::Fault,
        _ => Exit::Success,
    };
    let screen = Screen::new(options.color.into());
    let printed = outcome.present(&mut ExplainPrinter);
    let printed = printed.and_then(|()| screen.print_explanation(&explanation));
    match printed.and_then(|()| io::stdout().flush()) {
        // A closed pipe is not an error: the reader has ended.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Exit::Success),
        written => written.context("cannot write the answer").map(|()| exit),
    }
}

/// Prints the outcome of the line given with `--explain`.
struct ExplainPrinter;

impl Present for ExplainPrinter {
    fn answer(&mut self, reply: &Reply, _: bool) -> io::Result<()> {
        match reply.to_string() {
            text if text.is_empty() => Ok(()),
            text => writeln!(io::stdout(), "{text}"),
        }
    }

    fn text(&mut self, text: &str) -> io::Result<()> {
        write!(io::stdout(), "{text}")
    }

    fn note(&mut self, _: &Note) -> io::Result<()> {
        Ok(())
    }

    fn explanation(&mut self, _: &Explanation) -> io::Result<()> {
        Ok(())
    }

    fn trace(&mut self, _: &[CallSummary]) -> io::Result<()> {
        Ok(())
    }

    fn fault(&mut self, fault: &FaultView<'_>) -> io::Result<()> {
        print_error(format_args!("{}", fault.whole));
        Ok(())
    }

    fn error(&mut self, error: &CallError) -> io::Result<()> {
        print_error(format_args!("{error}"));
        Ok(())
    }
}

/// Runs a session at the prompt.
async fn session(
    target: Target,
    own: Option<OwnLimits>,
    options: &LineOptions,
    name: String,
) -> anyhow::Result<Exit> {
    let client = match connect_recorded(target, options).await {
        Ok(client) => client,
        Err(exit) => return Ok(exit),
    };
    let history = terminal::history_file().unwrap_or_else(|error| {
        print_error(format_args!("no history is kept: {error}"));
        None
    });
    let is_new = history.as_ref().is_some_and(|file| !file.exists());
    let (chat, chat_events) = mpsc::channel(CHAT_EVENTS);
    let color = options.color.into();
    let watch = |kind| signal(kind).context("cannot watch for signals");
    let mut hung_up = watch(SignalKind::hangup())?;
    let mut quit = watch(SignalKind::quit())?;
    let mut terminated = watch(SignalKind::terminate())?;
    let mut editor =
        Editor::start(history, color, chat_events).context("cannot start the line editor")?;
    terminal::print_error(format_args!(
        "grpcalc {}, using {}. 'help' lists commands, Ctrl-D ends.{}",
        env!("CARGO_PKG_VERSION"),
        client.server(),
        if is_new { FIRST_HINT } else { "" }
    ));
    let directory = Directory::find();
    let mut settings = Settings::default();
    if let Some(directory) = &directory {
        directory.apply(&mut settings);
    }
    settings.options = evaluate_options(options, settings.options);
    let limits = options.limits.0;
    // Only an option for the work overrides the file.
    if limits.work == Limits::of_a_person().work {
        settings.limits = Limits {
            work: settings.limits.work,
            ..limits
        };
    } else {
        settings.limits = limits;
    }
    let config = SessionConfig {
        name,
        timeout: options.timeout,
        own,
        settings,
        file: directory.as_ref().map(Directory::settings_file),
    };
    let init = directory.as_ref().and_then(Directory::init);
    let mut session = Session::new(client, config, chat);
    let screen = Screen::new(color);
    let end = tokio::select! {
        end = prompt::run(&mut session, &mut editor, &screen, init) => Ok(end),
        _ = hung_up.recv() => Err(Exit::HungUp),
        _ = quit.recv() => Err(Exit::Quit),
        _ = terminated.recv() => Err(Exit::Terminated),
    };
    let end = match end {
        Ok(end) => end,
        Err(exit) => {
            editor.detach();
            return Ok(exit);
        }
    };
    editor.close();
    match end {
        // A closed pipe is not an error: the reader has ended.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(Exit::Success),
        end => end
            .context("cannot read a line or write an answer")
            .map(|()| Exit::Success),
    }
}
