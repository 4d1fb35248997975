//! Creates the output of `help` from the tables of commands, functions, settings and limits.

use std::fmt::Write as _;

use super::{
    limits::{LIMITS, Limit},
    operators::{OPERATORS, Operator},
    registry::{CommandSpec, FAMILIES, names},
};
use crate::engine::{
    self,
    library::{self, Function, Group},
    units::{self, UnitRow},
};
use crate::repl::settings::{SETTINGS, Setting};
use crate::syntax::FORMS;

/// A topic of help.
#[derive(Clone, Debug)]
pub enum Topic {
    /// A command.
    Command(&'static CommandSpec),
    /// A function of the language.
    Function(&'static Function),
    /// The name and the meaning of a constant.
    Constant(&'static str, &'static str),
    /// The name and the meaning of an output form, such as `hex` in `255 to hex`.
    Conversion(&'static str, &'static str),
    /// A unit, and the name that was asked for.
    Unit(&'static UnitRow, String),
    /// An operator or a sign.
    Operator(&'static Operator),
    /// A setting.
    Setting(&'static Setting),
    /// A limit of servers.
    Limit(&'static Limit),
    /// The list of all limits.
    Limits,
}

/// The name of the last answer, and the meaning of this name.
pub const ANS: (&str, &str) = ("ans", "the last answer");

/// Returns the name and the description of each output form that has a single word as its name.
fn forms() -> impl Iterator<Item = (&'static str, &'static str)> {
    let words = FORMS.iter().filter(|form| form.is_word());
    words.map(|form| (form.names[0], form.summary))
}

/// The name of the topic that lists all limits.
const ALL_LIMITS: &str = "limits";

impl PartialEq for Topic {
    /// Whether both topics have the same name.
    fn eq(&self, other: &Self) -> bool {
        self.name() == other.name()
    }
}

impl Topic {
    fn name(&self) -> &'static str {
        match self {
            Self::Command(spec) => spec.names[0],
            Self::Function(function) => function.names[0],
            Self::Constant(name, _) | Self::Conversion(name, _) => name,
            Self::Unit(row, _) => row.name,
            Self::Operator(operator) => operator.names[0],
            Self::Setting(setting) => setting.name,
            Self::Limit(limit) => limit.name,
            Self::Limits => ALL_LIMITS,
        }
    }

    /// Returns the topic with this name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        let command = CommandSpec::find(name).map(Self::Command);
        let constant = || {
            let mut constants = engine::CONSTANTS.iter().chain(&[ANS]);
            constants
                .find(|(known, _)| *known == name)
                .map(|(name, what)| Self::Constant(name, what))
        };
        let form = || {
            let found = forms().find(|(known, _)| *known == name);
            found.map(|(name, what)| Self::Conversion(name, what))
        };
        command
            .or_else(|| library::find(name).map(Self::Function))
            .or_else(constant)
            .or_else(form)
            .or_else(|| units::row(name).map(|row| Self::Unit(row, name.to_owned())))
            .or_else(|| Operator::find(name).map(Self::Operator))
            .or_else(|| Setting::find(name).map(Self::Setting))
            .or_else(|| Limit::find(name).map(Self::Limit))
            .or_else(|| (name == ALL_LIMITS).then_some(Self::Limits))
    }

    /// Returns a description of the topic, in one line.
    #[must_use]
    pub fn summary(&self) -> &'static str {
        match self {
            Self::Command(spec) => spec.summary,
            Self::Function(function) => function.summary,
            Self::Constant(_, what) | Self::Conversion(_, what) => what,
            Self::Unit(row, _) => row.measures,
            Self::Operator(operator) => operator.summary,
            Self::Setting(setting) => setting.summary,
            Self::Limit(limit) => limit.what,
            Self::Limits => "the limits of servers",
        }
    }

    /// Returns the name of every topic.
    pub fn all() -> impl Iterator<Item = &'static str> {
        let settings = SETTINGS.iter().map(|setting| setting.name);
        let limits = LIMITS.iter().map(|limit| limit.name);
        let operators = OPERATORS.iter().flat_map(|operator| operator.names);
        let is_word = |name: &&str| name.bytes().all(|byte| byte.is_ascii_lowercase());
        names()
            .chain(words())
            .chain(operators.copied().filter(is_word))
            .chain([ANS.0])
            .chain(forms().map(|(name, _)| name))
            .chain(settings)
            .chain(limits)
            .chain([ALL_LIMITS])
    }
}

/// Returns the names of all functions and constants of the language.
pub fn words() -> impl Iterator<Item = &'static str> {
    let functions = library::all().flat_map(|function| function.names.iter().copied());
    functions.chain(engine::CONSTANTS.iter().map(|(name, _)| *name))
}

/// Returns the output of `help` for a topic, or the overview if there is no topic.
#[must_use]
pub fn help(topic: Option<Topic>) -> String {
    let mut text = String::new();
    let mut line = |line: &str| writeln!(text, "{line}").expect("writing to a String cannot fail");
    match topic {
        Some(Topic::Command(spec)) => {
            line(format!("{} {}", spec.names.join("|"), spec.operands).trim_end());
            line(&format!("  {}", spec.summary));
            if let Some((example, printed)) = spec.example {
                line(&format!("  {example} prints {printed}"));
            }
            for detail in spec.details.lines() {
                line(&format!("  {detail}"));
            }
        }
        Some(Topic::Function(function)) => {
            let [name, others @ ..] = function.names else {
                unreachable!("every function has a name")
            };
            line(&function.usage());
            line(&format!("  {}", function.summary));
            if !function.domain.is_empty() {
                line(&format!("  for {}", function.domain));
            }
            if !others.is_empty() {
                line(&format!("  {name} is also called {}", others.join(", ")));
            }
            let (example, printed) = function.example;
            line(&format!("  {example} prints {printed}"));
        }
        Some(Topic::Constant(name, what)) => {
            line(name);
            line(&format!("  {what}"));
        }
        Some(Topic::Conversion(name, what)) => {
            line(&format!("VALUE to {name}"));
            line(&format!("  {what}"));
        }
        Some(Topic::Unit(row, name)) => {
            line(&name);
            line(&format!("  {}", units::describe(&name).unwrap_or_default()));
            line(format!("  measures {} {}", row.measures, row.prefix_text()).trim_end());
            let others: Vec<_> = row.names().collect();
            line(&format!("  {} is written {}", row.name, others.join(", ")));
            line(&format!("  source: {}", row.source));
        }
        Some(Topic::Operator(operator)) => {
            line(operator.usage);
            line(&format!("  {}", operator.summary));
            if operator.names.len() > 1 {
                line(&format!("  all of its signs: {}", operator.names.join(" ")));
            }
            let (example, printed) = operator.example;
            line(&format!("  {example} prints {printed}"));
        }
        Some(Topic::Setting(setting)) => {
            line(&format!(":set {} VALUE", setting.name));
            line(&format!("  {}: {}", setting.summary, setting.values));
        }
        Some(Topic::Limit(limit)) => {
            line(limit.name);
            line(&format!("  {}", limit.what));
            line(&format!(
                "  {} by default; 'serve --{}' changes it",
                limit.value, limit.name
            ));
        }
        Some(Topic::Limits) => {
            for limit in LIMITS.iter() {
                line(&format!(
                    "{:<19} {:>9}  {}",
                    limit.name, limit.value, limit.what
                ));
            }
            line("Each limit is an option of 'serve'; the embedded server has these values.");
        }
        None => overview(&mut line),
    }
    text
}

/// Writes the overview, which fits on one screen.
fn overview(line: &mut impl FnMut(&str)) {
    line("An expression is evaluated: 1/3 + 2^10, sqrt(2) to 50 digits, 5 ft 10 in to cm;");
    line("x = 3, then 2x; f(n) = n!, then f(5); ans is the last answer, # a comment.");
    let usage = |spec: &CommandSpec, is_last: bool| {
        let [name, others @ ..] = spec.names else {
            unreachable!("every command has a name")
        };
        let others = match others {
            [] => String::new(),
            others => format!(" ({})", others.join(", ")),
        };
        // All typed calls have the same operands, which are shown after the last call.
        let operands = if spec.is_call() && !is_last {
            ""
        } else {
            spec.operands
        };
        format!("{name}{others} {operands}").trim_end().to_owned()
    };
    for family in FAMILIES {
        let last = family.commands.len() - 1;
        let commands = family.commands.iter().enumerate();
        let usages: Vec<_> = commands
            .map(|(index, spec)| usage(spec, index == last))
            .collect();
        let usages: Vec<_> = usages.iter().map(|usage| format!("{usage} ")).collect();
        let usages: Vec<_> = usages.iter().map(String::as_str).collect();
        for (index, usages) in wrapped(&usages, 66).into_iter().enumerate() {
            let title = if index == 0 { family.title } else { "" };
            line(format!("{title:<12} {usages}").trim_end());
        }
    }
    for group in Group::ALL {
        let functions = library::all().filter(|function| function.group == group);
        let names: Vec<_> = functions.map(|function| function.names[0]).collect();
        let title = group.title().split([',', ' ']).next().unwrap_or_default();
        for (index, names) in wrapped(&names, 65).into_iter().enumerate() {
            line(&format!(
                "{:<12} {names}",
                if index == 0 { title } else { "" }
            ));
        }
    }
    let constants: Vec<_> = engine::CONSTANTS.iter().map(|(name, _)| *name).collect();
    line(&format!("Constants    {}", constants.join(" ")));
    line("'help NAME' explains a name, a unit or a sign; 'help limits' lists the limits.");
}

/// Returns the output of `:units`: what units measure, or the units that measure `what`. Returns None if none
/// does.
#[must_use]
pub fn list_units(what: &str) -> Option<String> {
    let mut kinds: Vec<(&str, Vec<&UnitRow>)> = Vec::new();
    for row in units::UNITS {
        match kinds.iter_mut().find(|(kind, _)| *kind == row.measures) {
            Some((_, rows)) => rows.push(row),
            None => kinds.push((row.measures, vec![row])),
        }
    }
    let mut text = String::new();
    if what.is_empty() {
        for (kind, rows) in kinds {
            let names: Vec<_> = rows.iter().filter_map(|row| row.names().next()).collect();
            writeln!(text, "{kind:<22} {}", names.join(" "))
                .expect("writing to a String cannot fail");
        }
        return Some(text);
    }
    let unit = units::row(what).map(|row| row.measures);
    let (_, rows) = kinds
        .iter()
        .find(|(kind, _)| *kind == what || unit == Some(*kind))?;
    for row in rows {
        let names: Vec<_> = row.names().collect();
        writeln!(text, "{:<32} {}", names.join(", "), row.definition())
            .expect("writing to a String cannot fail");
    }
    Some(text)
}

/// Wraps words into lines of at most `width` characters.
fn wrapped(words: &[&str], width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push((*word).to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the first name of the topic is a word of `text`.
    fn find_first(name: &str, text: &str) -> bool {
        let first = Topic::find(name).unwrap().name();
        text.split_whitespace().any(|word| word == first)
    }

    #[test]
    fn every_topic_has_help() {
        for name in Topic::all() {
            let text = help(Topic::find(name));
            assert!(text.lines().count() > 1, "{name}: {text}");
            assert!(!Topic::find(name).unwrap().summary().is_empty(), "{name}");
        }
    }

    #[test]
    fn help_names_every_command() {
        let text = help(None);
        assert!(names().all(|name| text.contains(name)), "{text}");
        assert!(words().all(|name| find_first(name, &text)), "{text}");
        // The overview and the prompt fit on one screen.
        assert!(text.lines().count() < 24, "{text}");
        assert!(text.lines().all(|line| line.chars().count() < 80), "{text}");
        assert_eq!(
            help(Topic::find("subtract")),
            "subtract|substract|sub A B\n  A - B, by calc.Calculator/Substract\n  subtract 20 10 prints 10\n"
        );
    }
}
