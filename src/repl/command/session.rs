//! The commands for the session: settings, help, and the end of the session.

use super::{
    arguments::{Arguments, Word},
    fault::LineFault,
    help::Topic,
    parse::Command,
    registry::{CommandSpec, Completion, Family, Scope},
};
use crate::{
    repl::settings::{Change, SETTINGS, Setting},
    text::{printable::quoted, suggestion::suggestion},
};

pub(super) static FAMILY: Family = Family {
    title: "Session",
    commands: &[
        CommandSpec::new(&[":set"], "shows or changes settings; --save saves all settings for later sessions", |arguments| set(arguments).map(Command::Set)).operands("[NAME [VALUE]] [--save]").details("':set' lists the settings, and 'help NAME' explains a setting. Settings are saved in the file\ngrpcalc/config.toml in the configuration directory (GRPCALC_CONFIG names another\ndirectory). If that directory has a file init.calc, the prompt runs its lines at the start.").completion(Completion::Settings).scope(Scope::PromptWithOption("--save")),
        CommandSpec::new(&["help", ":help", "?"], "shows an overview, or explains a command, function or constant", help).operands("[NAME]").completion(Completion::Topics),
        CommandSpec::new(&["quit", "exit", ":q", ":quit"], "ends the session", |_| Ok(Command::Quit)),
    ],
};

/// An operation on the settings.
#[derive(Clone, Debug, PartialEq)]
pub enum Set {
    /// Shows all settings.
    Show,
    /// Shows only this setting.
    ShowOne(&'static Setting),
    /// Changes a setting. If the flag is true, also saves all settings for later sessions.
    Change(Change, bool),
    /// Saves all settings for later sessions.
    Keep,
}

fn set(arguments: &mut Arguments<'_>) -> Result<Set, LineFault> {
    let words: Vec<_> = std::iter::from_fn(|| arguments.next()).collect();
    let keep = arguments.has_option();
    match &words[..] {
        [] if keep => Ok(Set::Keep),
        [] => Ok(Set::Show),
        [one] if keep => {
            setting(one)?;
            let help = format!("write :set {} VALUE --save, or :set --save", one.text);
            Err(one.fault("there is no value to save".into(), help))
        }
        [one] => setting(one).map(Set::ShowOne),
        [one, value] => {
            let setting = setting(one)?;
            match Change::new(setting, value.text) {
                Some(change) => Ok(Set::Change(change, keep)),
                None => Err(value.fault(
                    format!("{} cannot be {}", setting.name, quoted(value.text)),
                    format!("use {}", setting.values),
                )),
            }
        }
        [_, _, more, ..] => Err(arguments.takes("a name and a value", more, "remove it")),
    }
}

fn setting(word: &Word<'_>) -> Result<&'static Setting, LineFault> {
    Setting::find(word.text).ok_or_else(|| {
        let names = SETTINGS.iter().map(|setting| setting.name);
        let help = match suggestion(word.text, names) {
            Some(near) => format!("did you mean '{near}'?"),
            None => "':set' lists the settings".into(),
        };
        word.fault(format!("there is no setting {}", quoted(word.text)), help)
    })
}

fn help<'t>(arguments: &mut Arguments<'t>) -> Result<Command<'t>, LineFault> {
    let name = arguments.at_most_one("at most one name")?;
    name.map(|name| topic(&name)).transpose().map(Command::Help)
}

fn topic(name: &Word<'_>) -> Result<Topic, LineFault> {
    Topic::find(name.text).ok_or_else(|| {
        let help = match suggestion(name.text, Topic::all()) {
            Some(near) => format!("did you mean '{near}'?"),
            None => "'help' lists the commands and functions".into(),
        };
        name.fault(format!("there is no help for {}", quoted(name.text)), help)
    })
}
