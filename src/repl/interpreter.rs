//! Runs commands. Each command consists of one or more operations.
//!
//! [`interpret`] and [`interpret_at_prompt`] choose the operations. The implementations of
//! [`Execute`] run the operations: the prompt waits for each answer, but a script sends the next
//! lines before the answer arrives.

use super::{
    Outcome,
    command::{Command, Explain, Operand, ParsedCommand, Set, Talk, fault::LineFault, help::help},
    settings::{Change, SETTINGS, Settings},
};
use crate::client::{Method, ReflectionRequest};

/// The operations that commands consist of.
pub(super) trait Execute {
    /// The result of an operation.
    type Done;

    /// Ends a line with an outcome that is known without a call.
    async fn finish(&mut self, outcome: Outcome) -> Self::Done;

    /// Evaluates an expression or statement.
    async fn evaluate(&mut self, line: &str) -> Self::Done;

    /// Makes a typed call.
    async fn call(&mut self, method: Method, operands: [Operand<'_>; 2]) -> Self::Done;

    /// Lists the definitions of the worksheet.
    async fn names(&mut self) -> Self::Done;

    /// Opens a new worksheet.
    async fn clear(&mut self) -> Self::Done;

    /// Requests the services, the descriptors or the health of the server.
    async fn reflect(&mut self, request: ReflectionRequest) -> Self::Done;

    /// Performs an operation of the chat.
    async fn talk(&mut self, talk: Talk<'_>) -> Self::Done;

    /// Returns the settings that apply to this line.
    fn settings(&self) -> &Settings;

    /// Changes a setting for all later lines.
    async fn change(&mut self, change: &Change) -> Self::Done;

    /// Ends the session.
    async fn quit(&mut self) -> Self::Done;
}

/// The operations that work at the prompt, but not in scripts.
pub(super) trait PromptOnly: Execute {
    /// Changes a setting if one is given, and saves the settings for later sessions.
    async fn save_settings(&mut self, change: Option<&Change>) -> Self::Done;

    /// Lists the answers of the session.
    async fn answers(&mut self) -> Self::Done;

    /// Makes the answer with this number, counted from 1, the last answer again.
    async fn recall(&mut self, number: usize) -> Self::Done;

    /// Copies the last answer to the clipboard of the terminal.
    async fn copy(&mut self) -> Self::Done;

    /// Writes the worksheet to a file.
    async fn save(&mut self, path: &str) -> Self::Done;

    /// Reads the lines of a file. The prompt answers these lines next.
    async fn load(&mut self, path: &str) -> Self::Done;

    /// Answers a line and describes its call.
    async fn explain(&mut self, explain: Explain<'_>) -> Self::Done;

    /// Turns the trace on or off.
    async fn trace(&mut self, on: bool) -> Self::Done;
}

/// Runs the command of a line at the prompt, or reports the fault of the line.
pub(super) async fn interpret_at_prompt<E: PromptOnly>(
    executor: &mut E,
    parsed: Result<ParsedCommand<'_>, LineFault>,
) -> E::Done {
    let Ok(parsed) = parsed else {
        return interpret(executor, parsed).await;
    };
    match parsed.command {
        Command::Set(Set::Change(change, true)) => executor.save_settings(Some(&change)).await,
        Command::Set(Set::Keep) => executor.save_settings(None).await,
        Command::Answers(None) => executor.answers().await,
        Command::Answers(Some(number)) => executor.recall(number).await,
        Command::Copy => executor.copy().await,
        Command::Save(path) => executor.save(path).await,
        Command::Load(path) => executor.load(path).await,
        Command::Explain(explain) => executor.explain(explain).await,
        Command::Trace(on) => executor.trace(on).await,
        _ => interpret(executor, Ok(parsed)).await,
    }
}

/// Runs the command of a line, or reports the fault of the line. Refuses commands that work at the
/// prompt only.
pub(super) async fn interpret<E: Execute>(
    executor: &mut E,
    parsed: Result<ParsedCommand<'_>, LineFault>,
) -> E::Done {
    let parsed = match parsed {
        Ok(parsed) => parsed,
        Err(fault) => return executor.finish(Outcome::Unsendable(fault)).await,
    };
    match parsed.command {
        Command::Nothing => executor.finish(Outcome::Silence).await,
        // The worksheet has the names, so the server runs the line.
        Command::Evaluate | Command::Forget(_) => executor.evaluate(parsed.line).await,
        Command::Call(method, operands) => executor.call(method, operands).await,
        Command::Names => executor.names().await,
        Command::Units(text) => executor.finish(Outcome::Text(text)).await,
        Command::Clear => executor.clear().await,
        Command::Discover(request) => executor.reflect(request).await,
        Command::Talk(talk) => executor.talk(talk).await,
        Command::Set(Set::Show) => {
            let table = executor.settings().table(&SETTINGS);
            executor.finish(Outcome::Text(table)).await
        }
        Command::Set(Set::ShowOne(setting)) => {
            let table = executor.settings().table([setting]);
            executor.finish(Outcome::Text(table)).await
        }
        Command::Set(Set::Change(change, false)) => executor.change(&change).await,
        Command::Help(topic) => executor.finish(Outcome::Text(help(topic))).await,
        Command::Quit => executor.quit().await,
        Command::Set(Set::Change(_, true) | Set::Keep)
        | Command::Answers(_)
        | Command::Copy
        | Command::Save(_)
        | Command::Load(_)
        | Command::Explain(_)
        | Command::Trace(_) => {
            let fault = parsed.prompt_only();
            executor.finish(Outcome::Unsendable(fault)).await
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repl::command::{parse, registry};

    /// A script that runs nothing. It returns the outcomes that are known without a call.
    struct Script(Settings);

    impl Execute for Script {
        type Done = Option<Outcome>;

        async fn finish(&mut self, outcome: Outcome) -> Self::Done {
            Some(outcome)
        }

        async fn evaluate(&mut self, _: &str) -> Self::Done {
            None
        }

        async fn call(&mut self, _: Method, _: [Operand<'_>; 2]) -> Self::Done {
            None
        }

        async fn names(&mut self) -> Self::Done {
            None
        }

        async fn clear(&mut self) -> Self::Done {
            None
        }

        async fn reflect(&mut self, _: ReflectionRequest) -> Self::Done {
            None
        }

        async fn talk(&mut self, _: Talk<'_>) -> Self::Done {
            None
        }

        fn settings(&self) -> &Settings {
            &self.0
        }

        async fn change(&mut self, _: &Change) -> Self::Done {
            None
        }

        async fn quit(&mut self) -> Self::Done {
            None
        }
    }

    /// Interprets a line of a script. If the script refuses the line, returns the advice.
    async fn advice(line: &str) -> Option<String> {
        let parsed = parse(line).unwrap();
        match interpret(&mut Script(Settings::default()), Ok(parsed)).await {
            Some(Outcome::Unsendable(fault)) => Some(fault.help),
            _ => None,
        }
    }

    #[tokio::test]
    async fn rows_say_what_scripts_refuse() {
        for (line, help) in [
            (":ans", Some("remove this line")),
            (":set angle deg --save", Some("leave out --save")),
            (":set --save", Some("leave out --save")),
            (
                ":explain 1",
                Some("in a shell, write grpcalc --explain LINE"),
            ),
            (":set angle deg", None),
            (":vars", None),
            ("1 + 1", None),
        ] {
            assert_eq!(advice(line).await.as_deref(), help, "{line:?}");
        }
    }

    #[tokio::test]
    async fn scripts_refuse_the_commands_whose_rows_say_so() {
        for spec in registry::all() {
            let operands = match spec.operands {
                "A B" => "1 2",
                "on|off" => "on",
                "LINE" | "TEXT" | "NAME" | "FILE" => "x",
                _ => "",
            };
            let line = format!("{} {operands}", spec.names[0]);
            let help = match spec.scope {
                registry::Scope::Prompt(help) => Some(help),
                _ => None,
            };
            assert_eq!(advice(&line).await.as_deref(), help, "{line:?}");
            if let Some(option) = spec.option() {
                let line = format!("{line} {option}");
                assert!(advice(&line).await.is_some(), "{line:?}");
            }
        }
    }
}
