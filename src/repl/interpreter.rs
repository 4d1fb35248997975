//! Runs each command as operations.
//!
//! [`interpret`] has the only `match` over the commands. An implementation of [`Execute`] runs
//! the operations: the prompt waits for each answer, a script sends the next line meanwhile.

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

    /// Whether the commands come from a prompt. A script refuses commands that work at the prompt
    /// only, so it does not implement their operations.
    const IS_PROMPT: bool;

    /// Returns an outcome that is known without a call.
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

    /// Saves the settings for later sessions.
    async fn save_settings(&mut self) -> Self::Done {
        self.refuse().await
    }

    /// Lists the answers of the session.
    async fn answers(&mut self) -> Self::Done {
        self.refuse().await
    }

    /// Makes the answer with this number, counted from 1, the last answer again.
    async fn recall(&mut self, _number: usize) -> Self::Done {
        self.refuse().await
    }

    /// Writes the worksheet to a file.
    async fn save(&mut self, _path: &str) -> Self::Done {
        self.refuse().await
    }

    /// Reads the lines of a file, to be answered next.
    async fn load(&mut self, _path: &str) -> Self::Done {
        self.refuse().await
    }

    /// Answers a line and describes its call.
    async fn explain(&mut self, _explain: Explain<'_>) -> Self::Done {
        self.refuse().await
    }

    /// Turns the trace on or off.
    async fn trace(&mut self, _on: bool) -> Self::Done {
        self.refuse().await
    }

    /// Returns the fault of an operation that works at the prompt only.
    async fn refuse(&mut self) -> Self::Done {
        let message = "this command works at the prompt only".into();
        self.finish(Outcome::fault("UNSUPPORTED", message, ""))
            .await
    }
}

/// Runs the command of a line, or reports the fault of the line.
pub(super) async fn interpret<E: Execute>(
    executor: &mut E,
    parsed: Result<ParsedCommand<'_>, LineFault>,
) -> E::Done {
    let parsed = match parsed {
        Ok(parsed) => parsed,
        Err(fault) => return executor.finish(Outcome::Unsendable(fault)).await,
    };
    if !E::IS_PROMPT
        && let Some(fault) = parsed.prompt_only()
    {
        return executor.finish(Outcome::Unsendable(fault)).await;
    }
    match parsed.command {
        Command::Nothing => executor.finish(Outcome::Silence).await,
        Command::Evaluate => executor.evaluate(parsed.line).await,
        Command::Call(method, operands) => executor.call(method, operands).await,
        Command::Names => executor.names().await,
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
        Command::Set(Set::Change(change, true)) => {
            executor.change(&change).await;
            executor.save_settings().await
        }
        Command::Set(Set::Keep) => executor.save_settings().await,
        Command::Answers(None) => executor.answers().await,
        Command::Answers(Some(number)) => executor.recall(number).await,
        Command::Save(path) => executor.save(path).await,
        Command::Load(path) => executor.load(path).await,
        Command::Explain(explain) => executor.explain(explain).await,
        Command::Trace(on) => executor.trace(on).await,
        Command::Help(topic) => executor.finish(Outcome::Text(help(topic))).await,
        Command::Quit => executor.quit().await,
    }
}
