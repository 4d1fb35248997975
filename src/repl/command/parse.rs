//! Parses a line as a command.

use super::{
    arguments::{Arguments, Head, Words},
    call::Operand,
    chat::Talk,
    fault::{LINE, LineFault},
    help::Topic,
    inspect::Explain,
    registry::{CommandSpec, Scope, names},
    session::Set,
};
use crate::{
    client::{Method, ReflectionRequest},
    engine::BuiltInFunctions,
    syntax::Functions as _,
    text::{printable::quoted, suggestion::suggestion},
};

/// The meaning of a line.
#[derive(Clone, Debug, PartialEq)]
pub enum Command<'t> {
    /// A blank line or a comment.
    Nothing,
    /// A typed call: one RPC of `calc.Calculator`, with two operands.
    Call(Method, [Operand<'t>; 2]),
    /// An expression or statement.
    Evaluate,
    /// Lists the definitions of the worksheet.
    Names,
    /// Removes the definition of this name from the worksheet.
    Forget(&'t str),
    /// Prints this list of units.
    Units(String),
    /// Opens a new worksheet.
    Clear,
    /// Requests the services, the descriptors or the health of the server.
    Discover(ReflectionRequest),
    /// An operation of the chat.
    Talk(Talk<'t>),
    /// An operation on the settings.
    Set(Set),
    /// With a number, makes the answer with this number the last answer again. Without a number,
    /// lists the answers.
    Answers(Option<usize>),
    /// Copies the last answer to the clipboard of the terminal.
    Copy,
    /// Writes the worksheet to this file.
    Save(&'t str),
    /// Answers the lines of this file.
    Load(&'t str),
    /// Answers a line and shows the calls of the line.
    Explain(Explain<'t>),
    /// Turns the trace on or off.
    Trace(bool),
    /// Prints the overview of help, or the help for this topic.
    Help(Option<Topic>),
    /// Ends the session.
    Quit,
}

/// A parsed line: its text, its command, and the row that defines the command.
#[derive(Clone, Debug)]
pub struct ParsedCommand<'t> {
    /// The text of the line.
    pub line: &'t str,
    /// The command of the line.
    pub command: Command<'t>,
    /// The name of the command and the row that defines it. `None` for blank lines, comments,
    /// expressions and statements.
    head: Option<Head<'t>>,
}

impl PartialEq for ParsedCommand<'_> {
    /// Whether both lines have the same text and the same command.
    fn eq(&self, other: &Self) -> bool {
        (self.line, &self.command) == (other.line, &other.command)
    }
}

impl<'t> ParsedCommand<'t> {
    fn without_row(line: &'t str, command: Command<'t>) -> Self {
        Self {
            line,
            command,
            head: None,
        }
    }

    /// Returns the row of the table of commands for this line. `None` if the line is no command.
    fn spec(&self) -> Option<&'static CommandSpec> {
        self.head.as_ref()?.spec
    }

    /// Whether the line is an expression or statement.
    #[must_use]
    pub fn is_expression(&self) -> bool {
        matches!(self.command, Command::Evaluate)
    }

    /// Whether the command makes a call that `:explain` can show.
    pub(in crate::repl) fn makes_call(&self) -> bool {
        self.is_expression() || self.spec().is_some_and(|spec| spec.makes_call)
    }

    /// Returns the line that makes the call: the line after `:explain`, or this line.
    pub(in crate::repl) fn calling_line(&self) -> &'t str {
        match &self.command {
            Command::Explain(explain) => explain.command.line,
            _ => self.line,
        }
    }

    /// Returns the fault of the line in a script. Call this only if the command works at the prompt
    /// only.
    pub(in crate::repl) fn prompt_only(&self) -> LineFault {
        let head = self.head.as_ref().expect("a command has a head");
        let help = match self.spec().map(|spec| spec.scope) {
            Some(Scope::Prompt(help)) => help.into(),
            Some(Scope::PromptWithOption(option)) => format!("leave out {option}"),
            Some(Scope::Everywhere) | None => "remove this line".into(),
        };
        let message = format!("{} works at the prompt only", quoted(head.name.text));
        head.name.fault(message, help)
    }
}

/// Whether a line begins like a number or with a parenthesis, and is not too long. No command
/// begins like this, but most lines of long scripts do.
#[inline]
pub(in crate::repl) fn begins_with_number(line: &str) -> bool {
    let first = line.bytes().find(|b| *b != b' ');
    line.len() <= LINE && matches!(first, Some(b'0'..=b'9' | b'(' | b'-' | b'.'))
}

/// Parses a line. A line that does not begin with a command is an expression or statement.
///
/// Words are separated by Unicode white space or by byte order marks. A `#` begins a comment.
pub fn parse(line: &str) -> Result<ParsedCommand<'_>, LineFault> {
    if line.len() > LINE {
        return Err(LineFault::too_long(line.len()));
    }
    if begins_with_number(line) {
        return Ok(ParsedCommand::without_row(line, Command::Evaluate));
    }
    let Some((head, words)) = Head::split(line) else {
        return Ok(ParsedCommand::without_row(line, Command::Nothing));
    };
    let Some(spec) = head.spec else {
        return match unknown(&head, &words) {
            Some(fault) => Err(fault),
            None => Ok(ParsedCommand::without_row(line, Command::Evaluate)),
        };
    };
    let mut arguments = Arguments::new(line, &head, words, spec.option());
    let command = operands(spec, &mut arguments)?;
    Ok(ParsedCommand {
        line,
        command,
        head: Some(head),
    })
}

/// Reads the operands of the command that `spec` defines. Reports a fault if words are left over.
fn operands<'t>(
    spec: &CommandSpec,
    arguments: &mut Arguments<'t>,
) -> Result<Command<'t>, LineFault> {
    let command = (spec.parse)(arguments)?;
    arguments.no_more(match spec.operands {
        "" => "no operands",
        operands => operands,
    })?;
    Ok(command)
}

/// Returns the fault of an unknown command. Returns `None` if the line may be an expression or
/// statement. `head` is the first word of the line, and `rest` has the other words.
fn unknown(head: &Head<'_>, rest: &Words<'_>) -> Option<LineFault> {
    let (name, has_colon) = (&head.name, head.has_colon());
    // No expression or statement has a name, white space and then a digit, except the call of a
    // function without parentheses.
    let looks_like_call = rest.ahead().starts_with(|c: char| c.is_ascii_digit())
        && name.text.chars().all(char::is_alphabetic)
        && !BuiltInFunctions.takes_one_argument(name.text);
    if !has_colon && !looks_like_call {
        return None;
    }
    let help = match suggestion(name.text, names()) {
        Some(near) => format!("did you mean '{near}'?"),
        None if has_colon => "'help' lists the commands".into(),
        None => return None,
    };
    Some(name.fault(format!("unknown command {}", quoted(name.text)), help))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repl::command::{Word, call as calls};
    use proptest::prelude::*;

    fn call(method: Method, n1: i32, n2: i32) -> Command<'static> {
        Command::Call(method, [n1, n2].map(Operand::Integer))
    }

    #[test]
    fn commands() {
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
            (" :forget x # it", Command::Forget("x")),
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
            ("help mul", Command::Help(Topic::find("multiply"))),
            ("help sqrt", Command::Help(Topic::find("sqrt"))),
            ("help π", Command::Help(Topic::find("π"))),
            ("20 + 10", Command::Evaluate),
            ("frobnicate", Command::Evaluate),
            ("x to 5 digits", Command::Evaluate),
            ("x2 = 3", Command::Evaluate),
            ("quit", Command::Quit),
            ("exit # for today", Command::Quit),
        ] {
            let found = parse(line).map(|parsed| parsed.command);
            assert_eq!(found, Ok(command), "{line:?}");
        }
    }

    #[test]
    fn faults_of_commands() {
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
                "':clear' takes no operands, found 'x' (column 8): remove it",
            ),
            (
                ":chat on",
                "':chat' takes 'off' or no operand, found 'on' (column 7): ':say TEXT' sends a note",
            ),
            (
                " :say é\ta",
                "the text has a control character (column 8): remove it",
            ),
            (":say   ", "':say' takes a text (column 5): write :say TEXT"),
            (
                ":share it",
                "':share' takes no operands, found 'it' (column 8): remove it",
            ),
            (
                "add 1.5 x",
                "'1.5' is not an integer (column 5): operands are integers from -2147483648 to 2147483647, or names of integers",
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
                "there is no help for 'everything' (column 6): 'help' lists the commands and functions",
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
                "'½' is not an integer (column 5): operands are integers from -2147483648 to 2147483647, or names of integers",
            ),
            (
                "add ½ é",
                "'½' is not an integer (column 5): operands are integers from -2147483648 to 2147483647, or names of integers",
            ),
            (
                "mul 1 -2147483649",
                "'-2147483649' does not fit int32 (column 7): operands are integers from -2147483648 to 2147483647, or names of integers",
            ),
            (
                "mul 1 -",
                "'-' is not an integer (column 7): operands are integers from -2147483648 to 2147483647, or names of integers",
            ),
            (
                "quit now",
                "'quit' takes no operands, found 'now' (column 6): remove it",
            ),
            (
                "help add sub",
                "'help' takes at most one name, found 'sub' (column 10): remove it",
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
    fn the_engine_knows_the_names_of_commands() {
        let words = names().filter(|name| name.starts_with(char::is_alphabetic));
        assert!(words.eq(crate::proto::reserved::COMMANDS));
    }

    #[test]
    fn lines_within_lines() {
        let parsed = parse(" :explain add 1 2").unwrap();
        assert_eq!(parsed.calling_line(), "add 1 2");
        let Command::Explain(explain) = parsed.command else {
            panic!("not :explain");
        };
        assert_eq!(
            (explain.command.command, explain.column),
            (call(Method::Add, 1, 2), 10)
        );
        let nested = ":explain ".repeat(7_000) + "1";
        let fault = parse(&nested).unwrap_err().to_string();
        assert!(
            fault.starts_with("this line makes no call that can be shown (column 10)"),
            "{fault}"
        );
    }

    #[test]
    fn scripts_name_the_command_that_they_refuse() {
        for line in [":ans#note", "\u{feff} :ans"] {
            let fault = parse(line).unwrap().prompt_only();
            assert_eq!(fault.message, "':ans' works at the prompt only");
            let start = line.chars().position(|c| c == ':').unwrap();
            assert_eq!(fault.span, start..start + 4);
        }
    }

    #[test]
    fn words_that_a_row_leaves_unread_are_a_fault() {
        const PING: CommandSpec = CommandSpec::new(&[":ping"], "", |arguments| {
            arguments.next();
            Ok(Command::Nothing)
        });
        for (spec, line, fault) in [
            (PING, ":ping x # y", None),
            (
                PING,
                ":ping x y",
                Some("':ping' takes no operands, found 'y'"),
            ),
            (
                PING.operands("NAME"),
                ":ping x y",
                Some("':ping' takes NAME, found 'y'"),
            ),
        ] {
            let (head, words) = Head::split(line).unwrap();
            let mut arguments = Arguments::new(line, &head, words, None);
            let found = operands(&spec, &mut arguments).err();
            let message = found.as_ref().map(|fault| &*fault.message);
            assert_eq!(message, fault, "{line:?}");
        }
    }

    #[test]
    fn a_long_word_is_elided_in_its_fault() {
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
        fn every_typed_call_is_parsed(entry in 0..4usize, name in 0..3usize, n1: i32, n2: i32) {
            use Method::{Add, Divide, Multiply, Subtract};
            let names = calls::FAMILY.commands[entry].names;
            let line = format!("{} {n1} {n2}", names[name % names.len()]);
            let method = [Add, Subtract, Multiply, Divide][entry];
            let found = parse(&line).map(|parsed| parsed.command);
            prop_assert_eq!(found, Ok(call(method, n1, n2)));
        }
    }
}
