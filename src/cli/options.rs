//! The options of the command line.

use std::{
    env::{self, VarError},
    ffi::OsString,
    fs,
    path::PathBuf,
    time::Duration,
};

use anyhow::{Context as _, bail};
use clap::{
    Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum, ValueHint,
    error::ErrorKind,
};

use super::limits::{LimitOptions, OwnLimitOptions};
use crate::{
    client::{Remote, Remotes},
    engine::{is_built_in, library},
    net::address::Address,
    proto::note::{NoteError, check_name},
    repl::script::Format,
    server::tokens,
    terminal::Color,
    text::{
        amount::{duration, positive_duration},
        suggestion::suggestion,
    },
};

/// A calculator: every answer comes from a gRPC call.
///
/// Without options it starts a server inside this process and prompts for lines; with --addr it
/// calls another server. Lines come from the terminal, a pipe, a file or the arguments.
#[derive(Debug, Parser)]
#[command(
    version,
    disable_help_subcommand = true,
    args_conflicts_with_subcommands = true
)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(subcommand)]
    pub(super) mode: Option<ProgramMode>,
    #[command(flatten)]
    pub(super) lines: LineOptions,
}

const EXAMPLES: &str = "\
Examples:
  grpcalc                                 a prompt; `help` lists commands and functions
  grpcalc '1/3*3 + sqrt(2)'               one line, one answer; options go before the line
  grpcalc add 20 10                       a typed call: the line may be written as words
  grpcalc --explain add 20 10             the same call, with its messages and bytes
  printf 'add 20 10\\n' | grpcalc          a script
  grpcalc --listen 127.0.0.1:50050        a prompt that others can connect to, for `:chat`
  grpcalc serve                           a server on 127.0.0.1:50050
  grpcalc --addr 127.0.0.1:50050 add 1 2  a line for that server
  grpcalc completions bash                for `source <(grpcalc completions bash)`

Environment:
  GRPCALC_ADDR, GRPCALC_TOKEN   the defaults of --addr and --token
  GRPCALC_CONFIG                the directory of config.toml and init.calc; empty: no such files
  GRPCALC_HISTORY               the file in which the prompt keeps lines; empty: no history
  NO_COLOR                      if not empty: no colors

Exit codes:
  0  every line answered    1  a line had a fault       2  usage
  3  server not reached or lost, or call refused        130  interrupted
  129, 131, 143  SIGHUP, SIGQUIT or SIGTERM ended the prompt";

#[derive(Debug, Subcommand)]
pub(super) enum ProgramMode {
    /// Serve calculators until SIGINT or SIGTERM.
    Serve(Box<ServeOptions>),
    /// Print a script that makes a shell complete the options.
    Completions {
        /// The shell.
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Args)]
pub(super) struct LineOptions {
    /// The server to call: HOST:PORT, http://HOST:PORT, https://HOST:PORT, unix:PATH, or
    /// `dns:///HOST:PORT` for all addresses of a host. The option may be repeated: calls are spread
    /// over all servers, and a failed call is sent to another server [default: the addresses in the
    /// environment variable `GRPCALC_ADDR`, separated by commas, else a server inside this process]
    #[arg(long, value_name = "ADDR")]
    pub(super) addr: Vec<AddrOption>,

    /// The address on which the server inside this process listens for other programs, for example
    /// for a chat: HOST:PORT (port 0: any free port) or unix:PATH; may be repeated. --cert and
    /// --key encrypt the connections; with --token, other programs must present the token
    #[arg(long, value_name = "ADDR", conflicts_with_all = ["addr", "ca", "domain"], help_heading = TOGETHER)]
    pub(super) listen: Vec<Address>,

    /// Listen on the network even without encryption or a token
    #[arg(long, requires = "listen", help_heading = TOGETHER)]
    pub(super) insecure: bool,

    /// Your name in the chat [default: your name on this machine]
    #[arg(long, value_name = "NAME", value_parser = name, help_heading = TOGETHER)]
    pub(super) name: Option<String>,

    /// The deadline of each call: a number of seconds, or a time such as 500ms, 2s or 1m
    #[arg(long, default_value = "10s", value_name = "TIME", value_parser = positive_duration)]
    pub(super) timeout: Duration,

    /// A file with CA certificates in PEM; one of them must have signed the server's certificate
    /// [default: the CA certificates that the system trusts]. With --ca, --cert or --domain, an
    /// address without a scheme means https
    #[arg(long, value_name = "FILE", help_heading = ENCRYPTION)]
    pub(super) ca: Option<PathBuf>,

    /// The client certificate in PEM, for servers that require a client certificate
    #[arg(long, value_name = "FILE", requires = "key", help_heading = ENCRYPTION)]
    pub(super) cert: Option<PathBuf>,

    /// The private key of the client certificate in PEM
    #[arg(long, value_name = "FILE", requires = "cert", help_heading = ENCRYPTION)]
    pub(super) key: Option<PathBuf>,

    /// The host name in the server's certificate, and in the `:authority` of the calls [default:
    /// the host in the server's address]
    #[arg(long, value_name = "NAME", help_heading = ENCRYPTION)]
    pub(super) domain: Option<String>,

    /// The token for servers that require a token; it is sent to other machines only on an
    /// encrypted connection [default: the environment variable `GRPCALC_TOKEN`]
    #[arg(long, value_name = "TOKEN", help_heading = ENCRYPTION, conflicts_with = "token_file")]
    pub(super) token: Option<String>,

    /// A file with the token. The token is the first line that is neither blank nor a comment (`#`)
    #[arg(long, value_name = "FILE", help_heading = ENCRYPTION)]
    pub(super) token_file: Option<PathBuf>,

    /// The number of significant digits of a rounded answer, from 1 to 1000000; a server may allow
    /// fewer [default: 20, and finite decimals in full; at the prompt, the number saved by
    /// `:set digits N --save`]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(super) digits: Option<u32>,

    /// When to use colors at the prompt. With auto, the environment variable `NO_COLOR` turns
    /// colors off
    #[arg(long, default_value = "auto", value_name = "WHEN")]
    pub(super) color: ColorOption,

    #[command(flatten)]
    pub(super) limits: OwnLimitOptions,

    /// Show how the line was answered: messages, bytes, headers, status, and a grpcurl command for
    /// the same call
    #[arg(long, requires = "line", conflicts_with_all = ["file", "format", "fail_fast"])]
    pub(super) explain: bool,

    /// Read the lines from a file; - means standard input
    #[arg(short, long, value_name = "FILE", conflicts_with = "line")]
    pub(super) file: Option<PathBuf>,

    /// How to print the answers: as text, or as a JSON object for each line
    #[arg(long, default_value = "plain", value_name = "FORMAT")]
    pub(super) format: FormatOption,

    /// Print nothing after the first fault
    #[arg(long)]
    pub(super) fail_fast: bool,

    /// One line to answer. Several arguments are joined into one line
    #[arg(
        trailing_var_arg = true,
        allow_hyphen_values = true,
        value_name = "LINE",
        value_hint = ValueHint::Other
    )]
    pub(super) line: Vec<String>,
}

impl LineOptions {
    /// Returns the token that the client presents, or that the embedded server requires.
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
    /// The address to listen on: HOST:PORT (port 0: any free port) or unix:PATH; may be repeated
    #[arg(long, default_value = "127.0.0.1:50050", value_name = "ADDR")]
    pub(super) listen: Vec<Address>,

    /// The maximum time that a shutdown waits for running calls and for peers that do not answer
    #[arg(long, default_value = "10s", value_name = "TIME", value_parser = duration)]
    pub(super) grace: Duration,

    /// The answers to compress, if they are longer than 1 KiB
    #[arg(long, default_value = "asked", value_name = "WHICH")]
    pub(super) compression: CompressionMode,

    /// A file with the certificate of the server, in PEM, followed by the intermediate
    /// certificates. The file is read again on SIGHUP. Connections on Unix sockets are not
    /// encrypted
    #[arg(long, value_name = "FILE", requires = "key", help_heading = ACCESS)]
    pub(super) cert: Option<PathBuf>,

    /// The private key of the certificate, in PEM
    #[arg(long, value_name = "FILE", requires = "cert", help_heading = ACCESS)]
    pub(super) key: Option<PathBuf>,

    /// A file with CA certificates in PEM. The server accepts only clients with a certificate that
    /// one of these CAs has signed (mutual TLS)
    #[arg(long, value_name = "FILE", requires = "cert", help_heading = ACCESS)]
    pub(super) client_ca: Option<PathBuf>,

    /// Accept only calls with this token (`authorization: Bearer TOKEN`). Health checks need no
    /// token. The option may be repeated to accept several tokens [default: the environment
    /// variable `GRPCALC_TOKEN`]
    #[arg(long, value_name = "TOKEN", help_heading = ACCESS)]
    pub(super) token: Vec<String>,

    /// A file with one token on each line. Each token is accepted like one given with --token. The
    /// file is read again on SIGHUP
    #[arg(long, value_name = "FILE", help_heading = ACCESS)]
    pub(super) token_file: Option<PathBuf>,

    /// Listen on the network even without encryption or a token
    #[arg(long, help_heading = ACCESS)]
    pub(super) insecure: bool,

    /// The address that serves metrics for Prometheus: HOST:PORT. The URL is
    /// http://HOST:PORT/metrics
    #[arg(long, value_name = "ADDR", help_heading = OBSERVATION)]
    pub(super) metrics: Option<Address>,

    /// The format of the log, on standard error
    #[arg(long, default_value = "plain", value_name = "FORMAT", help_heading = OBSERVATION)]
    pub(super) log: FormatOption,

    /// The level of the log: this level and the more severe levels are logged
    #[arg(long, default_value = "info", value_name = "LEVEL", help_heading = OBSERVATION)]
    pub(super) log_level: LogLevel,

    #[command(flatten)]
    pub(super) limits: LimitOptions,
}

/// The environment variable that holds a token.
const TOKEN: &str = "GRPCALC_TOKEN";

const TOGETHER: &str = "Together with others";
const ENCRYPTION: &str = "Protected servers";
const ACCESS: &str = "Access";
const OBSERVATION: &str = "Observation";

/// Returns `text` if it is a valid name in the chat.
fn name(text: &str) -> Result<String, NoteError> {
    check_name(text).map(|()| text.to_owned())
}

/// Returns the token in the environment variable; `None` if the variable is unset or empty.
pub(super) fn token_of_environment() -> anyhow::Result<Option<String>> {
    match env::var(TOKEN) {
        Ok(token) if token.is_empty() => Ok(None),
        Ok(token) => Ok(Some(token)),
        Err(VarError::NotPresent) => Ok(None),
        Err(VarError::NotUnicode(_)) => bail!("the token in {TOKEN} is not valid UTF-8"),
    }
}

/// The value of `--compression`: which answers a server compresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum CompressionMode {
    /// Answers to calls that name gzip or deflate (grpc-encoding), in this encoding
    Asked,
    /// Answers to all callers that accept gzip (grpc-accept-encoding)
    Gzip,
    /// None
    #[value(aliases = ["off", "identity", "no"])]
    None,
}

/// The value of `--log-level`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum LogLevel {
    Off,
    Error,
    Warn,
    Info,
    Debug,
}

/// The value of `--format`, for answers, or of `--log`, for the log.
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

/// The value of `--color`.
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

/// The value of `--addr`. An empty text means the server inside this process.
#[derive(Clone, Debug)]
pub(super) struct AddrOption(pub(super) Vec<Remote>);

impl AddrOption {
    /// Returns the servers whose addresses are in the environment variable `GRPCALC_ADDR`.
    ///
    /// clap does not read this variable. The variable is for clients, so a wrong value must not
    /// make `serve` fail.
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

impl std::str::FromStr for AddrOption {
    type Err = <Remotes as std::str::FromStr>::Err;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "" => Ok(Self(Vec::new())),
            _ => text.parse().map(|Remotes(servers)| Self(servers)),
        }
    }
}

impl Arguments {
    /// Parses `arguments`, which begin with the program's name.
    ///
    /// The error includes the exit code. A request for the help or the version is an error too.
    pub(super) fn read(arguments: &[OsString]) -> Result<Self, clap::Error> {
        let mut command = Self::command();
        let matches = command.try_get_matches_from_mut(arguments)?;
        let options = Self::from_arg_matches(&matches)?;
        // All arguments after `--` belong to the line.
        let is_literal = arguments.iter().any(|argument| argument == "--");
        let line = &options.lines.line;
        match misplaced_option(&command, line).or_else(|| misspelt_command(&command, line)) {
            Some(message) if !is_literal => Err(command.error(ErrorKind::UnknownArgument, message)),
            _ => Ok(options),
        }
    }
}

/// Returns an error message if the line contains an option or a subcommand.
///
/// The first word must not be a long option or a subcommand. A subcommand becomes the first word if
/// it is written after an option. The other words must not be options of the program.
fn misplaced_option(command: &clap::Command, line: &[String]) -> Option<String> {
    let is_subcommand = |word: &str| command.find_subcommand(word).is_some();
    let is_option = |word: &str| {
        let name = word.split('=').next().unwrap_or(word);
        command.get_arguments().any(|option| {
            let long = option.get_long().map(|long| format!("--{long}"));
            let short = option.get_short().map(|short| format!("-{short}"));
            [long, short]
                .into_iter()
                .flatten()
                .any(|option| option == name)
        })
    };
    let is_long = |word: &str| {
        let name = word.strip_prefix("--");
        name.is_some_and(|name| name.starts_with(|c: char| c.is_ascii_alphabetic()))
    };
    match line {
        [first, ..] if is_subcommand(first) => Some(format!(
            "write the command '{first}' first, and its options after it"
        )),
        [first, ..] if is_long(first) => {
            let known: Vec<_> = command
                .get_arguments()
                .filter_map(clap::Arg::get_long)
                .collect();
            let name = first.split('=').next().unwrap_or(first);
            let near = suggestion(name.trim_start_matches('-'), known.into_iter());
            let near = near.map_or(String::new(), |near| format!("; did you mean '--{near}'?"));
            Some(format!("unknown option '{first}'{near}"))
        }
        [_, rest @ ..] => {
            let option = rest
                .iter()
                .find(|word| word.starts_with('-') && is_option(word))?;
            Some(format!("write the option '{option}' before the line"))
        }
        [] => None,
    }
}

/// Returns an error message if the line begins with an unknown name that is similar to a subcommand.
fn misspelt_command(command: &clap::Command, line: &[String]) -> Option<String> {
    let first = line.first()?;
    let is_name = first.bytes().all(|byte| byte.is_ascii_lowercase());
    if !is_name || library::find(first).is_some() || is_built_in(first) {
        return None;
    }
    let commands = command.get_subcommands().map(clap::Command::get_name);
    let near = suggestion(first, commands.filter(|name| *name != "help"))?;
    Some(format!("unknown command '{first}'; did you mean '{near}'?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_of_the_options_is_valid() {
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
