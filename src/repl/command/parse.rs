//! How a line is read as a command.

use std::ops::Range;

use super::{
    fault::{LINE, LineFault, SYNTAX},
    help::Topic,
    registry::{CommandSpec, Kind, names},
};
use crate::repl::{
    chat::Talk,
    settings::{Change, SETTINGS, Setting},
};
use crate::{
    client::{Method, ReflectionRequest},
    proto::note::TEXT,
    syntax::is_space,
    text::{printable::quoted, suggestion::suggestion},
};

/// What a line asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Command<'t> {
    /// Nothing: a blank line or a comment.
    Nothing,
    /// A typed call.
    Call(Method, [Operand<'t>; 2]),
    /// No command, so a line of the language.
    Evaluate,
    /// Every definition of the worksheet.
    Names,
    /// A new worksheet.
    Clear,
    /// What the server tells of itself.
    Discover(ReflectionRequest),
    /// Something of the chat.
    Talk(Talk<'t>),
    /// Something of the settings.
    Set(Set),
    /// The answers so far, or the one with this number again.
    Answers(Option<usize>),
    /// To write what the worksheet knows to a file.
    Save(&'t str),
    /// To answer the lines of a file.
    Load(&'t str),
    /// To answer the rest of the line, and to show how.
    Explain(Rest<'t>),
    /// To show of each line how it was answered, or not to.
    Trace(bool),
    /// The help for everything, or for one thing.
    Help(Option<Topic>),
    /// To end the session.
    Quit,
}

/// An operand of a typed call.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand<'t> {
    /// As it is.
    Integer(i32),
    /// What the name stands for in the worksheet.
    Name(Word<'t>),
}

/// What is wanted of the settings.
#[derive(Clone, Debug, PartialEq)]
pub enum Set {
    /// To be shown all of them.
    Show,
    /// To be shown this one.
    ShowOne(&'static Setting),
    /// To change one, and perhaps to keep all of them for later sessions.
    Change(Change, bool),
    /// To keep all of them.
    Keep,
}

/// A line within a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rest<'t> {
    /// Its text.
    pub line: &'t str,
    /// Characters in front of it.
    pub column: usize,
}

/// Reads a line as a command, or says what is wrong with it. What is no command is a
/// line of the language.
///
/// Words stand between white space, Unicode's and a byte order mark among it;
/// what follows a `#` is a comment.
pub fn parse(line: &str) -> Result<Command<'_>, LineFault> {
    if line.len() > LINE {
        return Err(LineFault::too_long(line.len()));
    }
    // No command begins like this, but most lines of long scripts do.
    if let Some(b'0'..=b'9' | b'(' | b'-' | b'.') = line.bytes().find(|b| *b != b' ') {
        return Ok(Command::Evaluate);
    }
    let mut words = Words::new(line);
    let Some(name) = words.next() else {
        return Ok(Command::Nothing);
    };
    let Some(entry) = command(&name, &words)? else {
        return Ok(Command::Evaluate);
    };
    match entry.kind {
        Kind::Verb(method) => {
            let [n1, n2] = exactly_two(&name, words)?;
            Ok(Command::Call(method, [operand(n1)?, operand(n2)?]))
        }
        Kind::Names => no_more(&name, "no operands", words).map(|()| Command::Names),
        Kind::Clear => no_more(&name, "no operands", words).map(|()| Command::Clear),
        Kind::Services => no_more(&name, "no operands", words)
            .map(|()| Command::Discover(ReflectionRequest::Services)),
        Kind::Describe => {
            let end = words.end..words.end;
            let Some(symbol) = words.next() else {
                return Err(LineFault {
                    reason: SYNTAX,
                    message: format!("{} takes a name", quoted(name.text)),
                    span: end,
                    help: "':services' lists some".into(),
                });
            };
            no_more(&name, "one name", words)?;
            Ok(Command::Discover(ReflectionRequest::Files(
                symbol.text.into(),
            )))
        }
        Kind::Health => {
            let service = words.next().map_or("", |word| word.text).to_owned();
            no_more(&name, "one name at most", words)?;
            Ok(Command::Discover(ReflectionRequest::Health(service)))
        }
        Kind::Chat => match words.next() {
            None => Ok(Command::Talk(Talk::Join)),
            Some(Word { text: "off", .. }) => {
                no_more(&name, "'off' at most", words).map(|()| Command::Talk(Talk::Leave))
            }
            Some(word) => Err(LineFault {
                reason: SYNTAX,
                message: format!(
                    "{} takes 'off' at most, found {}",
                    quoted(name.text),
                    quoted(word.text)
                ),
                span: word.span,
                help: "':say TEXT' says something".into(),
            }),
        },
        Kind::Say => text(&name, line).map(|text| Command::Talk(Talk::Say(text))),
        Kind::Share => no_more(&name, "no operands", words).map(|()| Command::Talk(Talk::Share)),
        Kind::Take => no_more(&name, "no operands", words).map(|()| Command::Talk(Talk::Take)),
        Kind::Set => set(&name, words).map(Command::Set),
        Kind::Answers => {
            let number = words.next();
            no_more(&name, "one number at most", words)?;
            number
                .map(|number| answer_number(&number))
                .transpose()
                .map(Command::Answers)
        }
        Kind::Save => file(&name, line).map(Command::Save),
        Kind::Load => file(&name, line).map(Command::Load),
        Kind::Explain => rest(&name, line).map(Command::Explain),
        Kind::Trace => {
            let end = words.end..words.end;
            let switch = words.next();
            no_more(&name, "'on' or 'off'", words)?;
            match switch {
                Some(Word { text: "on", .. }) => Ok(Command::Trace(true)),
                Some(Word { text: "off", .. }) => Ok(Command::Trace(false)),
                other => Err(LineFault {
                    reason: SYNTAX,
                    message: format!("{} takes 'on' or 'off'", quoted(name.text)),
                    span: other.map_or(end, |word| word.span),
                    help: "':explain LINE' shows a single call in full".into(),
                }),
            }
        }
        Kind::Help => {
            let topic = words.next();
            no_more(&name, "one name at most", words)?;
            topic
                .map(|topic| find(&topic))
                .transpose()
                .map(Command::Help)
        }
        Kind::Quit => no_more(&name, "no operands", words).map(|()| Command::Quit),
    }
}

/// The command that a line with the first word `name` gives, if it gives one.
fn command(name: &Word<'_>, rest: &Words<'_>) -> Result<Option<&'static CommandSpec>, LineFault> {
    let known = CommandSpec::find(name.text);
    let behind = rest.rest.trim_start_matches(is_space);
    let is_one = name.text.starts_with(':');
    if known.is_some() && (is_one || !behind.starts_with('=')) {
        return Ok(known);
    }
    // No line of the language goes on from a name to a digit.
    let looks_like_one = behind.starts_with(|c: char| c.is_ascii_digit())
        && name.text.chars().all(char::is_alphabetic);
    if !is_one && !looks_like_one {
        return Ok(None);
    }
    let help = match suggestion(name.text, names()) {
        Some(near) => format!("did you mean '{near}'?"),
        None if is_one => "'help' lists the commands".into(),
        None => return Ok(None),
    };
    Err(LineFault {
        reason: SYNTAX,
        message: format!("unknown command {}", quoted(name.text)),
        span: name.span.clone(),
        help,
    })
}

fn find(name: &Word<'_>) -> Result<Topic, LineFault> {
    Topic::find(name.text).ok_or_else(|| LineFault {
        reason: SYNTAX,
        message: format!("there is no help for {}", quoted(name.text)),
        span: name.span.clone(),
        help: match suggestion(name.text, Topic::all()) {
            Some(near) => format!("did you mean '{near}'?"),
            None => "'help' lists what there is".into(),
        },
    })
}

fn exactly_two<'a>(name: &Word<'_>, mut words: Words<'a>) -> Result<[Word<'a>; 2], LineFault> {
    let fault = |found: usize, span| LineFault {
        reason: SYNTAX,
        message: format!("{} takes 2 operands, found {found}", quoted(name.text)),
        span,
        help: format!("write {} A B", name.text),
    };
    let end = words.end..words.end;
    let Some(first) = words.next() else {
        return Err(fault(0, end));
    };
    let Some(second) = words.next() else {
        return Err(fault(1, end));
    };
    match words.next() {
        Some(third) => Err(fault(3 + words.count(), third.span)),
        None => Ok([first, second]),
    }
}

/// All that stands behind the name of a command: in a text, `#` begins no comment.
fn text<'t>(name: &Word<'_>, line: &'t str) -> Result<&'t str, LineFault> {
    let Rest { line: text, column } = behind(name, line);
    let column = |at: usize| column + text[..at].chars().count();
    let fault = |message, span, help: &str| {
        Err(LineFault {
            reason: SYNTAX,
            message,
            span,
            help: help.into(),
        })
    };
    let (from, to) = (column(0), column(text.len()));
    if text.is_empty() {
        let message = format!("{} takes a text", quoted(name.text));
        return fault(message, name.span.end..name.span.end, "write :say TEXT");
    }
    if let Some(at) = text.find(char::is_control) {
        let at = column(at);
        let message = "the text has a control character".into();
        return fault(message, at..at + 1, "leave it out");
    }
    if to - from > TEXT {
        let message = format!(
            "the text has {} characters, more than the limit of {TEXT}",
            to - from
        );
        return fault(message, from + TEXT..to, "say it in several notes");
    }
    Ok(text)
}

/// The text behind `name`, without the white space around it, and the characters in front.
fn behind<'t>(name: &Word<'_>, line: &'t str) -> Rest<'t> {
    let all = line.trim_end_matches(is_space);
    let start = all.find(name.text).map_or(0, |at| at + name.text.len());
    let text = all[start..].trim_start_matches(is_space);
    let column = all[..all.len() - text.len()].chars().count();
    Rest { line: text, column }
}

/// The line behind `:explain`.
fn rest<'t>(name: &Word<'_>, line: &'t str) -> Result<Rest<'t>, LineFault> {
    let rest = behind(name, line);
    explainable(rest.line).map_err(|fault| fault.behind(rest.column))?;
    Ok(rest)
}

/// Reads a line whose answer is to be explained: one that asks a server.
pub fn explainable(line: &str) -> Result<Command<'_>, LineFault> {
    let fault = |message: &str, help: &str| {
        Err(LineFault {
            reason: SYNTAX,
            message: message.into(),
            span: 0..line.chars().count(),
            help: help.into(),
        })
    };
    match parse(line)? {
        Command::Nothing => fault("there is no line to explain", "write :explain add 20 10"),
        command @ (Command::Call(..)
        | Command::Evaluate
        | Command::Names
        | Command::Discover(_)
        | Command::Talk(Talk::Say(_) | Talk::Share | Talk::Take)) => Ok(command),
        Command::Clear
        | Command::Talk(Talk::Join | Talk::Leave)
        | Command::Set(_)
        | Command::Answers(_)
        | Command::Save(_)
        | Command::Load(_)
        | Command::Explain(_)
        | Command::Trace(_)
        | Command::Help(_)
        | Command::Quit => fault(
            "this line makes no call of its own",
            "write an expression, or add 20 10",
        ),
    }
}

/// The name of a file: the rest of the line.
fn file<'t>(name: &Word<'_>, line: &'t str) -> Result<&'t str, LineFault> {
    let Rest { line: text, column } = behind(name, line);
    if text.is_empty() {
        return Err(LineFault {
            reason: SYNTAX,
            message: format!("{} takes the name of a file", quoted(name.text)),
            span: column..column,
            help: format!("write {} sheet.calc", name.text),
        });
    }
    Ok(text)
}

fn answer_number(word: &Word<'_>) -> Result<usize, LineFault> {
    word.text
        .parse()
        .ok()
        .filter(|n| *n > 0)
        .ok_or_else(|| LineFault {
            reason: SYNTAX,
            message: format!("{} is no number of an answer", quoted(word.text)),
            span: word.span.clone(),
            help: "':ans' lists them".into(),
        })
}

/// What `:set` is asked for.
fn set(name: &Word<'_>, words: Words<'_>) -> Result<Set, LineFault> {
    let (mut words, mut keep) = (words.collect::<Vec<_>>(), false);
    words.retain(|word| {
        let is_option = word.text == "--save";
        keep |= is_option;
        !is_option
    });
    let fault = |word: &Word<'_>, message, help| {
        Err(LineFault {
            reason: SYNTAX,
            message,
            span: word.span.clone(),
            help,
        })
    };
    let setting = |word: &Word<'_>| {
        Setting::find(word.text).ok_or_else(|| LineFault {
            reason: SYNTAX,
            message: format!("there is no setting {}", quoted(word.text)),
            span: word.span.clone(),
            help: match suggestion(word.text, SETTINGS.iter().map(|setting| setting.name)) {
                Some(near) => format!("did you mean '{near}'?"),
                None => "':set' lists them".into(),
            },
        })
    };
    match &words[..] {
        [] if keep => Ok(Set::Keep),
        [] => Ok(Set::Show),
        [one] if keep => {
            setting(one)?;
            let help = format!("write :set {} VALUE --save, or :set --save", one.text);
            fault(one, "there is no value to be kept".into(), help)
        }
        [one] => setting(one).map(Set::ShowOne),
        [one, value] => {
            let setting = setting(one)?;
            match Change::new(setting, value.text) {
                Some(change) => Ok(Set::Change(change, keep)),
                None => fault(
                    value,
                    format!("{} cannot be {}", setting.name, quoted(value.text)),
                    format!("it is {}", setting.values),
                ),
            }
        }
        [_, _, more, ..] => fault(
            more,
            format!(
                "{} takes a name and a value, found {}",
                quoted(name.text),
                quoted(more.text)
            ),
            "leave it out".into(),
        ),
    }
}

fn no_more(name: &Word<'_>, takes: &str, mut words: Words<'_>) -> Result<(), LineFault> {
    match words.next() {
        None => Ok(()),
        Some(word) => Err(LineFault {
            reason: SYNTAX,
            message: format!(
                "{} takes {takes}, found {}",
                quoted(name.text),
                quoted(word.text)
            ),
            span: word.span,
            help: "leave it out".into(),
        }),
    }
}

fn operand(word: Word<'_>) -> Result<Operand<'_>, LineFault> {
    if let Ok(n) = word.text.parse() {
        return Ok(Operand::Integer(n));
    }
    let is_name = word
        .text
        .starts_with(|c: char| c.is_alphabetic() || c == '_')
        && word.text.chars().all(|c| c.is_alphanumeric() || c == '_');
    if is_name {
        return Ok(Operand::Name(word));
    }
    let digits = word.text.strip_prefix(['-', '+']).unwrap_or(word.text);
    let integer = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    Err(word.no_operand(if integer {
        "does not fit int32"
    } else {
        "is not an integer"
    }))
}

/// A word and its place in the line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word<'a> {
    /// The word.
    pub text: &'a str,
    /// Its place in the line, in characters from 0, half-open.
    pub span: Range<usize>,
}

impl Word<'_> {
    /// It is `wrong` as an operand.
    pub(in crate::repl) fn no_operand(&self, wrong: &str) -> LineFault {
        LineFault {
            reason: SYNTAX,
            message: format!("{} {wrong}", quoted(self.text)),
            span: self.span.clone(),
            help: format!(
                "operands are integers from {} to {}, or names of such",
                i32::MIN,
                i32::MAX
            ),
        }
    }
}

/// The words of a line up to its comment.
#[derive(Debug)]
struct Words<'a> {
    rest: &'a str,
    /// Characters in front of `rest`.
    column: usize,
    /// Characters up to the end of the last word.
    end: usize,
}

impl<'a> Words<'a> {
    fn new(line: &'a str) -> Self {
        let code = line.split('#').next().unwrap_or(line);
        Self {
            rest: code,
            column: 0,
            end: code.trim_end_matches(is_space).chars().count(),
        }
    }
}

impl<'a> Iterator for Words<'a> {
    type Item = Word<'a>;

    fn next(&mut self) -> Option<Word<'a>> {
        let word = self.rest.trim_start_matches(is_space);
        let spaces = &self.rest[..self.rest.len() - word.len()];
        let text = &word[..word.find(is_space).unwrap_or(word.len())];
        let start = self.column + spaces.chars().count();
        self.column = start + text.chars().count();
        self.rest = &word[text.len()..];
        (!text.is_empty()).then_some(Word {
            text,
            span: start..self.column,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repl::command::registry::TABLE;
    use proptest::prelude::*;

    fn call(method: Method, n1: i32, n2: i32) -> Command<'static> {
        Command::Call(method, [n1, n2].map(Operand::Integer))
    }

    #[test]
    fn lines_that_are_commands() {
        use Method::{Add, Divide, Multiply, Subtract};
        for (line, command) in [
            ("", Command::Nothing),
            (" \t\r", Command::Nothing),
            ("# add 1 2", Command::Nothing),
            ("add 20 10", call(Add, 20, 10)),
            ("subtract 20 10", call(Subtract, 20, 10)),
            ("substract 20 10", call(Subtract, 20, 10)),
            ("sub 20 10", call(Subtract, 20, 10)),
            ("multiply 20 10", call(Multiply, 20, 10)),
            ("mul 20 10", call(Multiply, 20, 10)),
            ("divide 20 10", call(Divide, 20, 10)),
            ("div 20 10", call(Divide, 20, 10)),
            ("  add\t-5   +5  ", call(Add, -5, 5)),
            ("add 1 2# three", call(Add, 1, 2)),
            ("\u{feff}add\u{a0}1\u{3000}2\r", call(Add, 1, 2)),
            ("add -2147483648 2147483647", call(Add, i32::MIN, i32::MAX)),
            ("add 007 -0", call(Add, 7, 0)),
            (
                "add x_1 é",
                Command::Call(
                    Add,
                    [("x_1", 4..7), ("é", 8..9)]
                        .map(|(text, span)| Operand::Name(Word { text, span })),
                ),
            ),
            ("add = 3", Command::Evaluate),
            ("  (1 + 2)", Command::Evaluate),
            (":vars", Command::Names),
            (" :clear # all", Command::Clear),
            (":chat", Command::Talk(Talk::Join)),
            (":chat off # now", Command::Talk(Talk::Leave)),
            (
                " :say  1 # 2 :say \r",
                Command::Talk(Talk::Say("1 # 2 :say")),
            ),
            (":say = 3", Command::Talk(Talk::Say("= 3"))),
            (":share", Command::Talk(Talk::Share)),
            (":take", Command::Talk(Talk::Take)),
            ("help", Command::Help(None)),
            ("help mul", Command::Help(Some(Topic::Command(&TABLE[2])))),
            ("help sqrt", Command::Help(Topic::find("sqrt"))),
            ("help π", Command::Help(Topic::find("π"))),
            ("20 + 10", Command::Evaluate),
            ("frobnicate", Command::Evaluate),
            ("x to 5 digits", Command::Evaluate),
            ("x2 = 3", Command::Evaluate),
            ("quit", Command::Quit),
            ("exit # for today", Command::Quit),
        ] {
            assert_eq!(parse(line), Ok(command), "{line:?}");
        }
    }

    #[test]
    fn lines_that_are_none() {
        for (line, fault) in [
            (
                "multipy 2 3",
                "unknown command 'multipy' (column 1): did you mean 'multiply'?",
            ),
            (
                "  ad 2 3",
                "unknown command 'ad' (column 3): did you mean 'add'?",
            ),
            (
                "ADD 2 3",
                "unknown command 'ADD' (column 1): did you mean 'add'?",
            ),
            (
                ":var",
                "unknown command ':var' (column 1): did you mean ':vars'?",
            ),
            (
                ":clear x",
                "':clear' takes no operands, found 'x' (column 8): leave it out",
            ),
            (
                ":chat on",
                "':chat' takes 'off' at most, found 'on' (column 7): ':say TEXT' says something",
            ),
            (
                " :say é\ta",
                "the text has a control character (column 8): leave it out",
            ),
            (":say   ", "':say' takes a text (column 5): write :say TEXT"),
            (
                ":share it",
                "':share' takes no operands, found 'it' (column 8): leave it out",
            ),
            (
                "add 1.5 x",
                "'1.5' is not an integer (column 5): operands are integers from -2147483648 to 2147483647, or names of such",
            ),
            (
                ":frobnicate",
                "unknown command ':frobnicate' (column 1): 'help' lists the commands",
            ),
            (
                "help sbu",
                "there is no help for 'sbu' (column 6): did you mean 'sub'?",
            ),
            (
                "help everything",
                "there is no help for 'everything' (column 6): 'help' lists what there is",
            ),
            (
                "add",
                "'add' takes 2 operands, found 0 (column 4): write add A B",
            ),
            (
                "add 1 # 2",
                "'add' takes 2 operands, found 1 (column 6): write add A B",
            ),
            (
                "sub 1 2 3 4",
                "'sub' takes 2 operands, found 4 (column 9): write sub A B",
            ),
            (
                "add ½ 1",
                "'½' is not an integer (column 5): operands are integers from -2147483648 to 2147483647, or names of such",
            ),
            (
                "add ½ é",
                "'½' is not an integer (column 5): operands are integers from -2147483648 to 2147483647, or names of such",
            ),
            (
                "mul 1 -2147483649",
                "'-2147483649' does not fit int32 (column 7): operands are integers from -2147483648 to 2147483647, or names of such",
            ),
            (
                "mul 1 -",
                "'-' is not an integer (column 7): operands are integers from -2147483648 to 2147483647, or names of such",
            ),
            (
                "quit now",
                "'quit' takes no operands, found 'now' (column 6): leave it out",
            ),
            (
                "help add sub",
                "'help' takes one name at most, found 'sub' (column 10): leave it out",
            ),
            (
                ":\x1b[2J",
                "unknown command ':\\u{1b}[2J' (column 1): 'help' lists the commands",
            ),
        ] {
            assert_eq!(parse(line).unwrap_err().to_string(), fault, "{line:?}");
        }
    }

    #[test]
    fn the_engine_knows_which_names_are_ours() {
        let words = names().filter(|name| !name.starts_with(':'));
        assert!(words.eq(crate::proto::reserved::COMMANDS));
    }

    #[test]
    fn a_long_word_is_quoted_in_part() {
        let fault = parse(&format!(":{}", "x".repeat(60_000))).unwrap_err();
        assert!(fault.message.len() < 100, "{fault}");
        assert_eq!(fault.span, 0..60_001);
        let fault = parse(&format!(":say  {}", "é".repeat(5000))).unwrap_err();
        assert_eq!(fault.span, 4102..5006);
        assert!(fault.message.starts_with("the text has 5000 characters"));
        let fault = parse(&"x".repeat(LINE + 1)).unwrap_err();
        assert!(
            fault.message.starts_with("the line has 65537 bytes"),
            "{fault}"
        );
    }

    proptest! {
        #[test]
        fn no_line_is_too_strange(line in any::<String>()) {
            if let Err(fault) = parse(&line) {
                prop_assert!(fault.span.start <= fault.span.end);
                prop_assert!(fault.span.end <= line.chars().count());
            }
        }

        #[test]
        fn every_verb_line_is_its_call(entry in 0..4usize, name in 0..3usize, n1: i32, n2: i32) {
            let entry = &TABLE[entry];
            let name = entry.names[name % entry.names.len()];
            let Kind::Verb(method) = entry.kind else { unreachable!() };
            let line = format!("{name} {n1} {n2}");
            prop_assert_eq!(parse(&line), Ok(call(method, n1, n2)));
        }
    }
}
