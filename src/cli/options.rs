//! What can be written on the command line.

use std::{
    env::{self, VarError},
    ffi::OsString,
    fs,
    path::PathBuf,
    time::Duration,
};

use anyhow::{Context as _, bail};
use clap::{
    Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum, error::ErrorKind,
};

use super::{
    limits::LimitOptions,
    value_parser::{duration, positive_duration},
};
use crate::{
    client::Remote,
    net::address::Address,
    proto::note::{NoteError, check_name},
    repl::script::Format,
    server::tokens,
    terminal::Color,
};

/// A calculator whose every answer is a gRPC call.
///
/// Alone it starts a server inside this process and asks for lines; with --addr it
/// asks another server. Lines come from the terminal, from a pipe, from a file or
/// from the arguments.
#[derive(Debug, Parser)]
#[command(
    version,
    disable_help_subcommand = true,
    args_conflicts_with_subcommands = true
)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) mode: Option<Mode>,
    #[command(flatten)]
    pub(super) lines: LineOptions,
}

const EXAMPLES: &str = "\
Examples:
  grpcalc                                 a prompt; `help` lists commands and functions
  grpcalc '1/3*3 + sqrt(2)'               one line, one answer; options go before the line
  grpcalc add 20 10                       a typed call: the line may be written as words
  grpcalc --explain add 20 10             the same, and what travels for it
  printf 'add 20 10\\n' | grpcalc          a script
  grpcalc --listen 127.0.0.1:50050        a prompt that lets others in, to chat with `:chat`
  grpcalc serve                           a server on 127.0.0.1:50050
  grpcalc --addr 127.0.0.1:50050 add 1 2  a line for that server
  grpcalc completions bash                for `source <(grpcalc completions bash)`

Environment:
  GRPCALC_ADDR, GRPCALC_TOKEN   as --addr and --token
  GRPCALC_CONFIG                the directory of config.toml and init.calc, for the prompt; empty: none
  GRPCALC_HISTORY               the file in which the prompt keeps lines; empty: none
  NO_COLOR                      no colors

Exit codes:
  0  every line answered    1  some line had a fault    2  usage
  3  server not reached, lost or refusing               130  interrupted
  129, 131, 143  the prompt was ended by SIGHUP, SIGQUIT, SIGTERM";

#[derive(Debug, Subcommand)]
pub(super) enum Mode {
    /// Serve calculators until SIGINT or SIGTERM.
    Serve(Box<ServeOptions>),
    /// Print a script that makes a shell complete our options.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Args)]
pub(super) struct LineOptions {
    /// The server to ask: HOST:PORT, http://HOST:PORT, https://HOST:PORT or unix:PATH; may be
    /// repeated: calls are spread over all, and made again elsewhere where one fails [default: what
    /// the environment variable `GRPCALC_ADDR` says, separated by commas, else a server inside this
    /// process]
    #[arg(long, value_name = "ADDR")]
    pub(super) addr: Vec<Server>,

    /// Where others can reach the server inside this process, for a chat say: HOST:PORT (port 0:
    /// any free one) or unix:PATH; may be repeated. With --cert and --key its connections are
    /// encrypted, with --token others have to present that
    #[arg(long, value_name = "ADDR", conflicts_with_all = ["addr", "ca", "domain"], help_heading = TOGETHER)]
    pub(super) listen: Vec<Address>,

    /// Listen beyond this machine even without encryption and without a token
    #[arg(long, requires = "listen", help_heading = TOGETHER)]
    pub(super) insecure: bool,

    /// What others call you in the chat [default: your name on this machine]
    #[arg(long, value_name = "NAME", value_parser = name, help_heading = TOGETHER)]
    pub(super) name: Option<String>,

    /// The deadline of each call: seconds, or with a unit as in 500ms, 2s, 1m
    #[arg(long, default_value = "10s", value_name = "TIME", value_parser = positive_duration)]
    pub(super) timeout: Duration,

    /// Trust servers whose certificate one of these has signed, in PEM [default: those that the
    /// system trusts]. Any option of encryption asks for it where an address has no scheme
    #[arg(long, value_name = "FILE", help_heading = ENCRYPTION)]
    pub(super) ca: Option<PathBuf>,

    /// Our certificate, for servers that ask for one, in PEM
    #[arg(long, value_name = "FILE", requires = "key", help_heading = ENCRYPTION)]
    pub(super) cert: Option<PathBuf>,

    /// The private key of our certificate, in PEM
    #[arg(long, value_name = "FILE", requires = "cert", help_heading = ENCRYPTION)]
    pub(super) key: Option<PathBuf>,

    /// The name that the server's certificate is for [default: the host of its address]
    #[arg(long, value_name = "NAME", help_heading = ENCRYPTION)]
    pub(super) domain: Option<String>,

    /// What to present to servers that ask for a token; beyond this machine only where the
    /// connection is encrypted [default: what the environment variable `GRPCALC_TOKEN` says]
    #[arg(long, value_name = "TOKEN", help_heading = ENCRYPTION, conflicts_with = "token_file")]
    pub(super) token: Option<String>,

    /// A file with the token in its first line that is neither blank nor a comment (`#`)
    #[arg(long, value_name = "FILE", help_heading = ENCRYPTION)]
    pub(super) token_file: Option<PathBuf>,

    /// Significant digits of an answer that is rounded, from 1 to 1000 [default: 20, or at the prompt
    /// what `:set digits N --save` has kept]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub(super) digits: Option<u32>,

    /// Whether to use colors at the prompt; auto also heeds the environment variable `NO_COLOR`
    #[arg(long, default_value = "auto", value_name = "WHEN")]
    pub(super) color: ColorOption,

    /// Show how the line was answered: messages, bytes, headers, status, and the same call with
    /// grpcurl
    #[arg(long, requires = "line", conflicts_with_all = ["file", "format", "fail_fast"])]
    pub(super) explain: bool,

    /// Read the lines from a file; - is standard input
    #[arg(short, long, value_name = "FILE", conflicts_with = "line")]
    pub(super) file: Option<PathBuf>,

    /// How to print the answers: as text, or for each line a JSON object
    #[arg(long, default_value = "plain", value_name = "FORMAT")]
    pub(super) format: FormatOption,

    /// Print nothing after the first fault
    #[arg(long)]
    pub(super) fail_fast: bool,

    /// One line to answer; its words may stand apart
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "LINE"
    )]
    pub(super) line: Vec<String>,
}

impl LineOptions {
    /// The token that is presented, or has to be where this is the server.
    pub(super) fn token(&self) -> anyhow::Result<Option<String>> {
        match (&self.token, &self.token_file) {
            (Some(token), _) => Ok(Some(token.clone())),
            (None, Some(file)) => {
                let text = fs::read_to_string(file);
                let text = text.with_context(|| format!("cannot read {}", file.display()))?;
                let token = tokens(&text).next();
                let token =
                    token.with_context(|| format!("there is no token in {}", file.display()))?;
                Ok(Some(token.to_owned()))
            }
            (None, None) => token_of_environment(),
        }
    }
}

#[derive(Debug, Args)]
pub(super) struct ServeOptions {
    /// Where to listen: HOST:PORT (port 0: any free one) or unix:PATH; may be repeated
    #[arg(long, default_value = "127.0.0.1:50050", value_name = "ADDR")]
    pub(super) listen: Vec<Address>,

    /// How long a shutdown waits for calls that are running and for peers that do not answer
    #[arg(long, default_value = "10s", value_name = "TIME", value_parser = duration)]
    pub(super) grace: Duration,

    /// The certificate that connections are encrypted with, in PEM, with those between it and a
    /// root behind it; read again on SIGHUP. Unix sockets are not encrypted
    #[arg(long, value_name = "FILE", requires = "key", help_heading = ACCESS)]
    pub(super) cert: Option<PathBuf>,

    /// The private key of the certificate, in PEM
    #[arg(long, value_name = "FILE", requires = "cert", help_heading = ACCESS)]
    pub(super) key: Option<PathBuf>,

    /// Let only clients connect whose certificate one of these has signed (mutual TLS)
    #[arg(long, value_name = "FILE", requires = "cert", help_heading = ACCESS)]
    pub(super) client_ca: Option<PathBuf>,

    /// Answer only callers that present this token (`authorization: Bearer TOKEN`), health checks
    /// apart; may be repeated [default: what the environment variable `GRPCALC_TOKEN` says]
    #[arg(long, value_name = "TOKEN", help_heading = ACCESS)]
    pub(super) token: Vec<String>,

    /// As --token, with a token on each line of a file; read again on SIGHUP
    #[arg(long, value_name = "FILE", help_heading = ACCESS)]
    pub(super) token_file: Option<PathBuf>,

    /// Listen beyond this machine even without encryption and without a token
    #[arg(long, help_heading = ACCESS)]
    pub(super) insecure: bool,

    /// Where to offer metrics for Prometheus: HOST:PORT, by HTTP at /metrics
    #[arg(long, value_name = "ADDR", help_heading = OBSERVATION)]
    pub(super) metrics: Option<Address>,

    /// How to write the log, on standard error
    #[arg(long, default_value = "plain", value_name = "FORMAT", help_heading = OBSERVATION)]
    pub(super) log: FormatOption,

    /// What to write: from this level on
    #[arg(long, default_value = "info", value_name = "LEVEL", help_heading = OBSERVATION)]
    pub(super) log_level: LogLevel,

    #[command(flatten)]
    pub(super) limits: LimitOptions,
}

/// The environment variable that holds a token.
const TOKEN: &str = "GRPCALC_TOKEN";

const TOGETHER: &str = "Together with others";
const ENCRYPTION: &str = "Servers that are protected";
const ACCESS: &str = "Access";
const OBSERVATION: &str = "Observation";

/// A name that a server takes.
fn name(text: &str) -> Result<String, NoteError> {
    check_name(text).map(|()| text.to_owned())
}

/// The token that the environment holds, if it does.
pub(super) fn token_of_environment() -> anyhow::Result<Option<String>> {
    match env::var(TOKEN) {
        Ok(token) if token.is_empty() => Ok(None),
        Ok(token) => Ok(Some(token)),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => bail!("the token in {TOKEN} is no text"),
    }
}

/// The levels by their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LogLevel {
    Off,
    Error,
    Warn,
    Info,
    Debug,
}

/// The formats by their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum FormatOption {
    Plain,
    Json,
}

impl From<FormatOption> for Format {
    fn from(option: FormatOption) -> Self {
        match option {
            FormatOption::Plain => Self::Plain,
            FormatOption::Json => Self::Json,
        }
    }
}

/// When to use colors, by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum ColorOption {
    Auto,
    Always,
    Never,
}

impl From<ColorOption> for Color {
    fn from(option: ColorOption) -> Self {
        match option {
            ColorOption::Auto => Self::Auto,
            ColorOption::Always => Self::Always,
            ColorOption::Never => Self::Never,
        }
    }
}

/// A server to ask, where an empty text (an environment variable set to nothing) is
/// the one inside this process.
#[derive(Clone, Debug)]
pub(super) struct Server(pub(super) Option<Remote>);

impl Server {
    /// The servers that the environment names. Not clap's affair, since `serve` must
    /// not mind what only its clients need.
    pub(super) fn from_env() -> anyhow::Result<Vec<Remote>> {
        const VARIABLE: &str = "GRPCALC_ADDR";
        let text = env::var_os(VARIABLE).unwrap_or_default();
        let text = text.to_string_lossy();
        let addresses = text.split(',').map(str::trim);
        let addresses = addresses.filter(|address| !address.is_empty());
        addresses
            .map(|address| {
                let parsed = address.parse();
                parsed.with_context(|| format!("the address {address:?} in {VARIABLE}"))
            })
            .collect()
    }
}

impl std::str::FromStr for Server {
    type Err = <Remote as std::str::FromStr>::Err;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "" => Ok(Self(None)),
            _ => text.parse().map(|address| Self(Some(address))),
        }
    }
}

impl Arguments {
    /// The options that `arguments` (the program's name first) make, or clap's error
    /// with its own exit code.
    pub(super) fn read(arguments: &[OsString]) -> Result<Self, clap::Error> {
        let mut command = Self::command();
        let matches = command.try_get_matches_from_mut(arguments)?;
        let options = Self::from_arg_matches(&matches)?;
        // `--` in front of the line says that it is meant as it is.
        let meant = arguments.iter().any(|argument| argument == "--");
        match misreading(&command, &options.lines.line) {
            Some(message) if !meant => Err(command.error(ErrorKind::UnknownArgument, message)),
            _ => Ok(options),
        }
    }
}

/// What was taken for a part of the line and hardly meant so: one of our options
/// behind the line's first word, any long one that is this first word, or `serve`
/// behind an option.
fn misreading(command: &clap::Command, line: &[String]) -> Option<String> {
    let is_mode = |word: &str| command.find_subcommand(word).is_some();
    let is_ours = |word: &str| {
        let name = word.split('=').next().unwrap_or(word);
        command.get_arguments().any(|option| {
            let long = option.get_long().map(|long| format!("--{long}"));
            let short = option.get_short().map(|short| format!("-{short}"));
            [long, short].into_iter().flatten().any(|own| own == name)
        })
    };
    let is_long = |word: &str| {
        let name = word.strip_prefix("--");
        name.is_some_and(|name| name.starts_with(|c: char| c.is_ascii_alphabetic()))
    };
    match line {
        [first, ..] if is_mode(first) => {
            Some(format!("'{first}' comes first, its options behind it"))
        }
        [first, ..] if is_long(first) => Some(format!("unknown option '{first}'")),
        [_, rest @ ..] => {
            let option = rest
                .iter()
                .find(|word| word.starts_with('-') && is_ours(word))?;
            Some(format!(
                "the option '{option}' stands behind the line; options go before it"
            ))
        }
        [] => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_is_sound() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_line_is_taken_as_it_is() {
        for (arguments, line) in [
            (&["add", "20", "10"][..], &["add", "20", "10"][..]),
            (&["add", "-5", "5"], &["add", "-5", "5"]),
            (&["-5", "+", "3"], &["-5", "+", "3"]),
            (&["-(3+4)"], &["-(3+4)"]),
            (&["--", "-f", "x"], &["-f", "x"]),
            (&["--fail-fast", "add", "1", "2"], &["add", "1", "2"]),
            (&["help", "add"], &["help", "add"]),
            (&[], &[]),
        ] {
            let all: Vec<_> = ["grpcalc"]
                .iter()
                .chain(arguments)
                .map(OsString::from)
                .collect();
            let options = Arguments::read(&all).unwrap();
            assert_eq!(options.lines.line, line);
        }
    }
}
