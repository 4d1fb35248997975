//! A calculator that remembers.

use std::sync::Arc;

use compact_str::CompactString;
use smallvec::SmallVec;

use super::{
    environment::{Binding, Bindings, unknown},
    fast_path::{FastPath, fast_path},
    statements,
};
use crate::engine::{
    Answer, Options,
    budget::{memory::Memory, work::Work},
    fault::{Fault, Result},
    show::{Rendered, show},
    value::Presented,
};
use crate::syntax::{self, Line};

/// What lines leave behind for later ones: variables, functions, the last answer.
///
/// A line changes it as a whole or, where it has a fault, not at all.
#[derive(Debug, Default)]
pub struct Worksheet {
    pub(super) bindings: Bindings,
    /// Bytes of the names and of what they stand for, but for reals.
    heap_bytes: usize,
    /// What the reals take, since these share their parts.
    reals: Option<Arc<Memory>>,
}

/// What an entry of the map takes beside its name, about.
const ENTRY: usize = 96;

impl Worksheet {
    /// A worksheet whose values count with those of others in `all`.
    #[must_use]
    pub fn sharing(all: &Arc<Memory>) -> Self {
        let mut sheet = Self::default();
        sheet.reals = Some(Arc::new(Memory::within(all)));
        sheet
    }

    /// Evaluates `line`, and remembers what it binds and answers.
    #[inline]
    pub fn run(&mut self, line: &str, options: Options, work: &mut Work<'_>) -> Result<Answer> {
        match self.run_quickly(line, options, work) {
            Some(outcome) => outcome,
            None => self.run_any(line, options, work),
        }
    }

    /// [`Worksheet::run`] of a line that can be evaluated as it is read.
    #[inline]
    fn run_quickly(
        &mut self,
        line: &str,
        options: Options,
        work: &mut Work<'_>,
    ) -> Option<Result<Answer>> {
        let FastPath { name, value } = self.fast_path(line, options, work)?;
        let shown = match show(&value, &[], options, line, work) {
            Ok(shown) => shown,
            Err(fault) => return Some(Err(fault)),
        };
        let holds_nothing = |value: &Presented| value.heap_bytes() == 0;
        if name.is_none() && holds_nothing(&value) && self.bindings.last.iter().all(holds_nothing) {
            self.bindings.last = Some(value);
        } else {
            let bound = name.map(|name| (name, Binding::Value(value.clone())));
            let bound = bound.into_iter().collect();
            if let Err(fault) = self.remember(bound, Some(value), work) {
                return Some(Err(fault));
            }
        }
        Some(Ok(Answer {
            name: name.map(CompactString::from),
            value: Some(shown),
        }))
    }

    #[inline]
    fn fast_path<'t>(
        &self,
        line: &'t str,
        options: Options,
        work: &mut Work<'_>,
    ) -> Option<FastPath<'t>> {
        // What is wrong with the options or the line's length is said in one place.
        let fits = (1..=work.limits.digits).contains(&options.digits)
            && line.len() <= work.limits.syntax.line;
        fits.then(|| fast_path(line, &self.bindings, work))
            .flatten()
    }

    fn run_any(&mut self, line: &str, options: Options, work: &mut Work<'_>) -> Result<Answer> {
        work.memory.clone_from(&self.reals);
        let mut parsed = Line::unread(line);
        let (outcome, value) = self.evaluate(&mut parsed, options, work)?;
        let statements::Outcome {
            value: last,
            binds,
            mut bound,
        } = outcome;
        let name = binds.as_ref().map(|(name, _)| CompactString::from(*name));
        // The last of two definitions counts.
        if let Some((name, _)) = &binds {
            bound.remove(name);
        }
        self.remember(bound.into_iter().chain(binds).collect(), last, work)?;
        self.reals = work.memory.take();
        Ok(Answer { name, value })
    }

    /// What `line` would answer.
    pub fn preview(&self, line: &str, options: Options, work: &mut Work<'_>) -> Result<Answer> {
        if let Some(FastPath { name, value }) = self.fast_path(line, options, work) {
            return Ok(Answer {
                name: name.map(CompactString::from),
                value: Some(show(&value, &[], options, line, work)?),
            });
        }
        work.memory.clone_from(&self.reals);
        let mut parsed = Line::unread(line);
        let (outcome, value) = self.evaluate(&mut parsed, options, work)?;
        let name = outcome.binds.map(|(name, _)| name.into());
        Ok(Answer { name, value })
    }

    fn evaluate<'t>(
        &self,
        line: &mut Line<'t>,
        options: Options,
        work: &mut Work<'_>,
    ) -> Result<(statements::Outcome<'t>, Option<Rendered>)> {
        let Options { digits, .. } = options;
        if !(1..=work.limits.digits).contains(&digits) {
            let limit = work.limits.digits;
            return Err(Fault::limit(format!(
                "{digits} digits are not within the limit of {limit}"
            )));
        }
        let read = syntax::read(line, &work.limits.syntax);
        read.map_err(|error| Fault::syntax(*error, line.text))?;
        let outcome = statements::run(line, &self.bindings, options, work)?;
        let shown = match (&outcome.value, line.statements.last()) {
            (Some(value), Some(statement)) => Some(show(
                value,
                &statement.conversions,
                options,
                line.text,
                work,
            )?),
            _ => None,
        };
        Ok((outcome, shown))
    }

    /// Keeps all of it, or where there is no room for that, nothing.
    fn remember(
        &mut self,
        bound: SmallVec<[(&str, Binding); 1]>,
        last: Option<Presented>,
        work: &Work<'_>,
    ) -> Result<()> {
        let (mut names, mut heap_bytes) = (self.bindings.names.len(), self.heap_bytes);
        let freed = |value: &Option<Presented>| value.as_ref().map_or(0, Presented::heap_bytes);
        if last.is_some() {
            heap_bytes = heap_bytes - freed(&self.bindings.last) + freed(&last);
        }
        for (name, meaning) in &bound {
            heap_bytes += meaning.heap_bytes();
            if let Some(before) = self.bindings.names.get(*name) {
                heap_bytes -= before.heap_bytes();
            } else {
                names += 1;
                heap_bytes += name.len() + ENTRY;
            }
        }
        let limits = work.limits;
        if names > limits.names {
            let message = format!(
                "the worksheet has no room for more than {} names",
                limits.names
            );
            return Err(Fault::limit(message).help(":clear makes a new one"));
        }
        let reals = work.memory.as_ref().or(self.reals.as_ref());
        match reals {
            Some(reals) => reals.reserve(
                heap_bytes,
                heap_bytes.saturating_sub(self.heap_bytes),
                limits,
            )?,
            None => Memory::default().reserve(heap_bytes, 0, limits)?,
        }
        if let Some(all) = reals.and_then(|reals| reals.all()) {
            all.change(self.heap_bytes, heap_bytes);
        }
        self.heap_bytes = heap_bytes;
        for (name, meaning) in bound {
            if let Some(known) = self.bindings.names.get_mut(name) {
                *known = meaning;
            } else {
                self.bindings.names.insert(name.into(), meaning);
            }
        }
        if last.is_some() {
            self.bindings.last = last;
        }
        Ok(())
    }

    /// What is bound, in the order of the alphabet.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.bindings.names.keys().map(|name| &**name)
    }

    /// The definition of `name`: its left side (`x`, `f(x)`) as the answer's name, and
    /// its right side as the value: a variable's, or the body of a function as it was
    /// written.
    pub fn definition(&self, name: &str, options: Options, work: &mut Work<'_>) -> Result<Answer> {
        match self.bindings.get(name) {
            Some(Binding::Value(value)) => {
                work.memory.clone_from(&self.reals);
                Ok(Answer {
                    name: Some(name.into()),
                    value: Some(show(value, &[], options, name, work)?),
                })
            }
            Some(Binding::Function(function)) => {
                let (left, text) = function.sides(name);
                Ok(Answer {
                    name: Some(left.into()),
                    value: Some(Rendered {
                        text: text.into(),
                        rounded: false,
                        typed: None,
                    }),
                })
            }
            None => Err(unknown(name, "name")),
        }
    }
}

impl Drop for Worksheet {
    fn drop(&mut self) {
        if let Some(all) = self.reals.as_ref().and_then(|reals| reals.all()) {
            all.change(self.heap_bytes, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Limits;

    /// Lines one after the other, each with its answer: the value, a `~` in front where
    /// it is rounded, or `! REASON`.
    #[track_caller]
    fn sheet_with(limits: &Limits, rows: &[(&str, &str)]) -> Worksheet {
        let mut sheet = Worksheet::default();
        let options = Options {
            reserved: &["add"],
            ..Options::default()
        };
        for (line, expected) in rows {
            let mut work = Work::new(limits, limits.work, &|| None);
            let found = match sheet.run(line, options, &mut work) {
                Ok(Answer { value: None, .. }) => String::new(),
                Ok(Answer {
                    value: Some(shown), ..
                }) => format!("{}{}", if shown.rounded { "~" } else { "" }, shown.text),
                Err(fault) => format!("! {}", fault.reason.as_str()),
            };
            assert_eq!(found, *expected, "{line}");
        }
        sheet
    }

    #[track_caller]
    fn sheet(rows: &[(&str, &str)]) -> Worksheet {
        sheet_with(&Limits::default(), rows)
    }

    fn definitions(sheet: &Worksheet) -> Vec<String> {
        let limits = Limits::default();
        let definition = |name| {
            let mut work = Work::new(&limits, limits.work, &|| None);
            let Answer { name, value } = sheet
                .definition(name, Options::default(), &mut work)
                .unwrap();
            format!("{} = {}", name.unwrap(), value.unwrap().text)
        };
        sheet.names().map(definition).collect()
    }

    #[test]
    fn names_live_from_line_to_line() {
        let sheet = sheet(&[
            ("x = 5", "5"),
            ("x + 1", "6"),
            ("x = x + 1", "6"),
            ("x", "6"),
            ("f(n) = if(n < 2, 1, n*f(n - 1))", ""),
            ("f(20)", "2432902008176640000"),
            ("g(y) = x + y", ""),
            ("g(1)", "7"),
            ("x = 100", "100"),
            ("g(1)", "101"),
            ("h(x) = x^2", ""),
            ("h(3)", "9"),
            ("x", "100"),
            ("f = 3", "3"),
            ("f(2)", "! TYPE"),
            ("f(n) = n", ""),
            ("f(2)", "2"),
            ("a = 1; b = a + 1; a = b * 10; a + b", "22"),
            ("a", "20"),
            ("y", "! UNKNOWN_NAME"),
            ("pi = 3", "! RESERVED_NAME"),
            ("ans = 3", "! RESERVED_NAME"),
            ("add = 3", "! RESERVED_NAME"),
            ("add = 3", "! RESERVED_NAME"),
            ("p(x) = ( x + 1 ) * 2 # twice", ""),
        ]);
        assert_eq!(
            definitions(&sheet),
            [
                "a = 20",
                "b = 2",
                "f(n) = n",
                "g(y) = x + y",
                "h(x) = x^2",
                "p(x) = ( x + 1 ) * 2",
                "x = 100"
            ]
        );
    }

    #[test]
    fn the_last_answer() {
        sheet(&[
            ("ans", "! UNKNOWN_NAME"),
            ("20 + 10", "30"),
            ("ans * 2", "60"),
            ("_ + ans", "120"),
            ("1/0", "! DIVISION_BY_ZERO"),
            ("ans", "120"),
            ("# nothing", ""),
            ("f(x) = x", ""),
            ("ans", "120"),
            ("x = 7", "7"),
            ("ans", "7"),
            ("1 < 2", "true"),
            ("if(ans, 3, 4)", "3"),
            ("g(x) = ans", "! SYNTAX"),
            ("ans + 0.5; ans * 2", "6"),
        ]);
    }

    #[test]
    fn a_line_is_atomic() {
        let sheet = sheet(&[
            ("x = 1", "1"),
            ("x = 2; y = 3; 1/0", "! DIVISION_BY_ZERO"),
            ("x", "1"),
            ("y", "! UNKNOWN_NAME"),
            ("x = 5; 1/3 to hex", "! DOMAIN"),
            ("x", "1"),
        ]);
        assert_eq!(definitions(&sheet), ["x = 1"]);
    }

    #[test]
    fn stored_reals_stay_refinable() {
        sheet(&[
            ("x = 10^30*pi", "~3.1415926535897932385e30"),
            ("sin(x)", "~0"),
            ("y = exp(pi*sqrt(163))", "~262537412640768744"),
            ("y - 262537412640768744", "~-7.4992740280181431112e-13"),
            ("z = 10^30", "1000000000000000000000000000000"),
            ("z = z + pi", "~1e30"),
            (
                "ans - 10^30 to 30 digits",
                "~3.14159265358979323846264338328",
            ),
        ]);
    }

    #[test]
    fn a_preview_changes_nothing() {
        let mut sheet = sheet(&[("x = 1", "1")]);
        let limits = Limits::default();
        let mut work = Work::new(&limits, limits.preview, &|| None);
        let previewed = sheet.preview("x = x + 1", Options::default(), &mut work);
        assert_eq!(previewed.unwrap().value.unwrap().text, "2");
        let mut work = Work::new(&limits, limits.work, &|| None);
        let after = sheet.run("x + ans", Options::default(), &mut work);
        assert_eq!(after.unwrap().value.unwrap().text, "2");
    }

    #[test]
    fn its_limits() {
        let few = Limits {
            names: 2,
            ..Limits::default()
        };
        sheet_with(
            &few,
            &[
                ("x = 1; y = 2", "2"),
                ("z = 3", "! LIMIT"),
                ("x = 3; z = 3", "! LIMIT"),
                ("y = 5", "5"),
                ("x + y", "6"),
            ],
        );
        let little = Limits {
            heap_bytes: 100_000,
            ..Limits::default()
        };
        let sheet = sheet_with(
            &little,
            &[
                ("x = 2^400000 mod 10^100000; 1", "1"),
                ("y = x + 1; 1", "1"),
                ("z = x + 2; 1", "! LIMIT"),
                ("y = 0", "0"),
                ("z = x + 2; 1", "1"),
            ],
        );
        assert_eq!(sheet.names().collect::<Vec<_>>(), ["x", "y", "z"]);
    }

    /// Reals share their parts, so a thousand variables that build on each other take
    /// no more than a thousand operations do; and what is forgotten takes nothing.
    #[test]
    fn the_memory_of_reals() {
        let mut sheet = Worksheet::default();
        let limits = Limits::default();
        let mut run = |line: &str| {
            let mut work = Work::new(&limits, limits.work, &|| None);
            sheet.run(line, Options::default(), &mut work).unwrap();
            sheet.reals.as_ref().map_or(0, |memory| memory.bytes())
        };
        run("x0 = pi");
        let mut bytes = 0;
        for n in 1..900 {
            bytes = run(&format!("x{n} = x{} + sqrt({n} + 1/2)", n - 1));
        }
        assert!((300_000..500_000).contains(&bytes), "{bytes}");
        for n in 0..900 {
            bytes = run(&format!("x{n} = 0"));
        }
        assert_eq!(bytes, 0);
    }
}
