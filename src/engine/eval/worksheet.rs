//! Worksheets: a line can use the variables of earlier lines.

use std::sync::Arc;

use compact_str::CompactString;
use smallvec::SmallVec;

use super::{
    environment::{Binding, Bindings, CallableNames, unknown},
    fast_path::{FastPath, fast_path},
    reading::reading,
    statements,
};
use crate::engine::{
    Answer, Options, Remarks,
    budget::{memory::Memory, work::Work},
    fault::{Fault, Result},
    number::{Number, exact::Exact},
    show::{Rendered, show, source},
    value::{Presentation, Presented, Value},
};
use crate::syntax::{self, Line, Span};

/// The variables, the functions and the last answer of the lines that have been run.
///
/// A line with a fault changes nothing in the worksheet, even if its first statements have no
/// fault.
///
/// ```
/// use grpcalc::engine::{Limits, Options, Work, Worksheet};
///
/// let mut worksheet = Worksheet::default();
/// let limits = Limits::default();
/// let mut run = |line| {
///     let mut work = Work::new(&limits, limits.work, &|| None);
///     worksheet.run(line, Options::default(), &mut work)
/// };
/// run("side = 5")?;
/// run("area(a) = a^2")?;
/// assert_eq!(run("area(side) / 2")?.value.unwrap().text, "12.5");
/// # Ok::<(), Box<grpcalc::engine::Fault>>(())
/// ```
#[derive(Debug, Default)]
pub struct Worksheet {
    pub(super) bindings: Bindings,
    /// The heap memory of the names and their bindings, in bytes. The memory of reals is not
    /// included.
    heap_bytes: usize,
    /// The counter for the memory of the reals. Reals are counted separately, because they share
    /// operands.
    reals: Option<Arc<Memory>>,
}

/// The outcome of the statements of a line, and the answer of the line.
struct EvaluatedLine<'t> {
    outcome: statements::EvaluatedLine<'t>,
    value: Option<Rendered>,
    remarks: Option<Box<Remarks>>,
}

/// The cost of reading one byte of a line, in nanoseconds.
const READ: u64 = 12;

/// The approximate size of a map entry, in bytes. The text of the name is counted separately.
const ENTRY: usize = 96;

impl Worksheet {
    /// Creates a worksheet. Its memory is also counted in `all`, together with the memory of other
    /// worksheets.
    #[must_use]
    pub fn sharing(all: &Arc<Memory>) -> Self {
        let mut worksheet = Self::default();
        worksheet.reals = Some(Arc::new(Memory::within(all)));
        worksheet
    }

    /// Evaluates `line`, and keeps its definitions and its answer.
    #[inline]
    pub fn run(&mut self, line: &str, options: Options, work: &mut Work<'_>) -> Result<Answer> {
        match self.run_fast(line, options, work) {
            Some(outcome) => outcome,
            None => self.run_slow(line, options, work),
        }
    }

    /// Evaluates `line` on the fast path, and keeps its definition and its answer.
    ///
    /// Returns `None` if the fast path cannot evaluate the line.
    #[inline]
    fn run_fast(
        &mut self,
        line: &str,
        options: Options,
        work: &mut Work<'_>,
    ) -> Option<Result<Answer>> {
        let FastPath { name, value } = self.fast_path(line, options, work)?;
        let answer = match simple_answer(name, &value, options, work) {
            Ok(answer) => answer,
            Err(fault) => return Some(Err(fault)),
        };
        let is_small = |value: &Presented| {
            matches!(
                value,
                Presented {
                    value: Value::Number(Number::Exact(Exact::Small(..))),
                    presentation: Presentation::Automatic,
                }
            )
        };
        if name.is_none() && is_small(&value) && self.bindings.last.iter().all(is_small) {
            self.bindings.last = Some(value);
        } else {
            let bound = name.map(|name| (name, Binding::Value(value.clone())));
            let bound = bound.into_iter().collect();
            if let Err(fault) = self.remember(bound, Some(value), work) {
                return Some(Err(fault));
            }
        }
        Some(Ok(answer))
    }

    /// Evaluates `line` on the fast path, and changes nothing.
    ///
    /// Returns `None` if the fast path cannot evaluate the line.
    #[inline]
    fn fast_path<'t>(
        &self,
        line: &'t str,
        options: Options,
        work: &mut Work<'_>,
    ) -> Option<FastPath<'t>> {
        // The slow path returns the faults of wrong options and of long lines.
        let fits = (1..=work.limits.digits).contains(&options.digits)
            && line.len() <= work.limits.syntax.line;
        fits.then(|| fast_path(line, &self.bindings, work))
            .flatten()
    }

    /// Parses `line`, evaluates it with the machine, and keeps its definitions and its answer.
    fn run_slow(&mut self, line: &str, options: Options, work: &mut Work<'_>) -> Result<Answer> {
        if let Some(name) = forgotten(line) {
            return self.forget(name, line);
        }
        work.memory.clone_from(&self.reals);
        let mut parsed = Line::unread(line);
        let evaluated = self.evaluate(&mut parsed, options, work)?;
        let EvaluatedLine {
            outcome,
            value,
            remarks,
        } = evaluated;
        let statements::EvaluatedLine {
            value: last,
            binds,
            mut bound,
            ..
        } = outcome;
        let name = binds.as_ref().map(|(name, _)| CompactString::from(*name));
        // The last definition of a name counts.
        if let Some((name, _)) = &binds {
            bound.remove(name);
        }
        let last = last.map(|value| value.kept());
        self.remember(bound.into_iter().chain(binds).collect(), last, work)?;
        self.reals = work.memory.take();
        Ok(Answer {
            name,
            value,
            remarks,
        })
    }

    /// Removes the definition of `name`, a part of `line`. Fails if the worksheet does not define the name.
    fn forget(&mut self, name: &str, line: &str) -> Result<Answer> {
        let Some(binding) = self.bindings.names.remove(name) else {
            let command = line.find(FORGET).map_or(0, |start| start + FORGET.len());
            let start = command + line[command..].find(name).unwrap_or(0);
            let span = Span::new(start, start + name.len());
            return Err(unknown(name, "name").at(span, line));
        };
        let before = self.heap_bytes;
        self.heap_bytes -= binding.heap_bytes() + name.len() + ENTRY;
        if let Some(all) = self.reals.as_ref().and_then(|reals| reals.total()) {
            all.change(before, self.heap_bytes);
        }
        Ok(Answer {
            name: Some(name.into()),
            value: None,
            remarks: None,
        })
    }

    /// Returns the answer that `line` would have, and changes nothing.
    pub fn preview(&self, line: &str, options: Options, work: &mut Work<'_>) -> Result<Answer> {
        if let Some(FastPath { name, value }) = self.fast_path(line, options, work) {
            return simple_answer(name, &value, options, work);
        }
        work.memory.clone_from(&self.reals);
        let mut parsed = Line::unread(line);
        let evaluated = self.evaluate(&mut parsed, options, work)?;
        let name = evaluated.outcome.binds.map(|(name, _)| name.into());
        Ok(Answer {
            name,
            value: evaluated.value,
            remarks: evaluated.remarks,
        })
    }

    /// Parses and evaluates `line`, and converts its value to text.
    fn evaluate<'t>(
        &self,
        line: &'t mut Line<'_>,
        options: Options,
        work: &mut Work<'_>,
    ) -> Result<EvaluatedLine<'t>> {
        let Options { digits, .. } = options;
        if !(1..=work.limits.digits).contains(&digits) {
            let limit = work.limits.digits;
            return Err(Fault::limit(format!(
                "the number of digits is {digits}, but must be from 1 to {limit}"
            )));
        }
        let bytes = line.text.len().min(work.limits.syntax.line);
        work.pay(READ * bytes as u64)?;
        let functions = CallableNames(&self.bindings);
        let parsed = syntax::read(line, &work.limits.syntax, &functions);
        parsed.map_err(|error| Fault::syntax(*error, &line.text))?;
        let line = &*line;
        let outcome = statements::run(line, &self.bindings, options, work)?;
        let value = match (&outcome.value, line.statements.last()) {
            (Some(value), Some(statement)) => {
                let shown = show(value, options, work);
                let last = line.expression(statement).last();
                Some(shown.map_err(|fault| match last {
                    Some(node) if line.is_converted(statement) => fault.at(node.span, &line.text),
                    _ => fault,
                })?)
            }
            _ => None,
        };
        let mut readings = line.readings;
        readings.extend(outcome.readings);
        let mut remarks = None;
        if !readings.is_empty() {
            let reading = reading(line, readings, &outcome.bound, &self.bindings);
            remarks.get_or_insert_with(Box::<Remarks>::default).reading = Some(reading);
        }
        if let (Some(shown), Some(value)) = (&value, &outcome.value)
            && let Some(source) = exact_form(value, shown, options, work)?
        {
            remarks.get_or_insert_with(Box::<Remarks>::default).source = Some(source);
        }
        Ok(EvaluatedLine {
            outcome,
            value,
            remarks,
        })
    }

    /// Keeps the definitions and the answer of a line. Keeps nothing if they exceed a limit.
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
        for (name, binding) in &bound {
            heap_bytes += binding.heap_bytes();
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
            return Err(Fault::limit(message).help("use :clear to start a new worksheet"));
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
        if let Some(all) = reals.and_then(|reals| reals.total()) {
            all.change(self.heap_bytes, heap_bytes);
        }
        self.heap_bytes = heap_bytes;
        for (name, binding) in bound {
            if let Some(known) = self.bindings.names.get_mut(name) {
                *known = binding;
            } else {
                self.bindings.names.insert(name.into(), binding);
            }
        }
        if last.is_some() {
            self.bindings.last = last;
        }
        Ok(())
    }

    /// Returns the names that are bound, in alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.bindings.names.keys().map(|name| &**name)
    }

    /// Returns the definition of `name` as an answer.
    ///
    /// The name of the answer is the left side (`x`, `f(x)`). The value of the answer is the right
    /// side: the value of a variable, or the body of a function as it was written.
    pub fn definition(&self, name: &str, options: Options, work: &mut Work<'_>) -> Result<Answer> {
        match self.bindings.get(name) {
            Some(Binding::Value(value)) => {
                work.memory.clone_from(&self.reals);
                Ok(Answer {
                    name: Some(name.into()),
                    value: Some(show(value, options, work)?),
                    remarks: None,
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
                    remarks: None,
                })
            }
            None => Err(unknown(name, "name")),
        }
    }
}

/// The first word of a line that removes a definition.
const FORGET: &str = ":forget";

/// Returns the name in the line `:forget NAME`.
#[must_use]
pub fn forgotten(line: &str) -> Option<&str> {
    if !line.trim_start().starts_with(':') {
        return None;
    }
    let code = line.split('#').next().unwrap_or(line).trim();
    let name = code.strip_prefix(FORGET)?;
    name.starts_with(char::is_whitespace)
        .then(|| name.trim_start())
}

/// Returns the answer with a value that the fast path has computed.
#[inline]
fn simple_answer(
    name: Option<&str>,
    value: &Presented,
    options: Options,
    work: &mut Work<'_>,
) -> Result<Answer> {
    let rendered = show(value, options, work)?;
    let source = exact_form(value, &rendered, options, work)?;
    Ok(Answer {
        name: name.map(CompactString::from),
        value: Some(rendered),
        remarks: source.map(Remarks::of_source),
    })
}

/// Returns a short expression with exactly the value of a rounded answer, if the caller asks for it and
/// there is one.
#[inline]
fn exact_form(
    value: &Presented,
    shown: &Rendered,
    options: Options,
    work: &mut Work<'_>,
) -> Result<Option<String>> {
    if options.source && shown.rounded {
        return source(value, work);
    }
    Ok(None)
}

impl Drop for Worksheet {
    fn drop(&mut self) {
        if let Some(all) = self.reals.as_ref().and_then(|reals| reals.total()) {
            all.change(self.heap_bytes, 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Limits;

    /// Runs lines one after the other, and compares each answer with the expected answer: the
    /// value, with a `~` before a rounded value, or `! REASON`.
    #[track_caller]
    fn run_lines_within(limits: &Limits, rows: &[(&str, &str)]) -> Worksheet {
        let mut worksheet = Worksheet::default();
        let options = Options {
            reserved: &["add"],
            ..Options::default()
        };
        for (line, expected) in rows {
            let mut work = Work::new(limits, limits.work, &|| None);
            let found = match worksheet.run(line, options, &mut work) {
                Ok(Answer { value: None, .. }) => String::new(),
                Ok(Answer {
                    value: Some(value), ..
                }) => format!("{}{}", if value.rounded { "~" } else { "" }, value.text),
                Err(fault) => format!("! {}", fault.reason.as_str()),
            };
            assert_eq!(found, *expected, "{line}");
        }
        worksheet
    }

    #[track_caller]
    fn worksheet(rows: &[(&str, &str)]) -> Worksheet {
        run_lines_within(&Limits::default(), rows)
    }

    fn definitions(worksheet: &Worksheet) -> Vec<String> {
        let limits = Limits::default();
        let definition = |name| {
            let mut work = Work::new(&limits, limits.work, &|| None);
            let Answer { name, value, .. } = worksheet
                .definition(name, Options::default(), &mut work)
                .unwrap();
            format!("{} = {}", name.unwrap(), value.unwrap().text)
        };
        worksheet.names().map(definition).collect()
    }

    #[test]
    fn functions_of_one_line_keep_their_own_text() {
        let sheet = worksheet(&[
            ("a = 1; f(x) = x; g(y, z) = if(y < 1, f(z) + a, y!)", ""),
            ("g(0, 6) + g(3, 0)", "13"),
            ("f(x) = 2 x", ""),
            ("g(0, 6)", "13"),
        ]);
        assert_eq!(
            definitions(&sheet),
            ["a = 1", "f(x) = 2 x", "g(y, z) = if(y < 1, f(z) + a, y!)"]
        );
        let many = "h(t) = t;".repeat(5000) + "i(t) = t";
        let sheet = worksheet(&[(&many, "")]);
        assert!(sheet.heap_bytes < 2000, "{}", sheet.heap_bytes);
    }

    #[test]
    fn a_function_has_at_most_255_parameters() {
        let names = |count: u32| (0..count).map(|n| format!("p{n}")).collect::<Vec<_>>();
        let line = |count| format!("f({}) = p0 + p{}", names(count).join(", "), count - 1);
        let call = format!("f({})", vec!["1"; 255].join(", "));
        worksheet(&[(&line(255), ""), (&call, "2"), (&line(256), "! LIMIT")]);
        // The reading of a long list takes time in proportion to its length.
        worksheet(&[(&line(9000), "! LIMIT")]);
    }

    #[test]
    fn names_live_from_line_to_line() {
        let worksheet = worksheet(&[
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
            definitions(&worksheet),
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
        worksheet(&[
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
        let worksheet = worksheet(&[
            ("x = 1", "1"),
            ("x = 2; y = 3; 1/0", "! DIVISION_BY_ZERO"),
            ("x", "1"),
            ("y", "! UNKNOWN_NAME"),
            ("x = 5; 5000 to roman", "! DOMAIN"),
            ("x", "1"),
        ]);
        assert_eq!(definitions(&worksheet), ["x = 1"]);
    }

    #[test]
    fn stored_reals_stay_refinable() {
        worksheet(&[
            ("x = 10^30*pi", "~3.1415926535897932385e30"),
            ("sin(x)", "0"),
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
        let mut worksheet = worksheet(&[("x = 1", "1")]);
        let limits = Limits::default();
        let mut work = Work::new(&limits, limits.preview, &|| None);
        let previewed = worksheet.preview("x = x + 1", Options::default(), &mut work);
        assert_eq!(previewed.unwrap().value.unwrap().text, "2");
        let mut work = Work::new(&limits, limits.work, &|| None);
        let after = worksheet.run("x + ans", Options::default(), &mut work);
        assert_eq!(after.unwrap().value.unwrap().text, "2");
    }

    #[test]
    fn its_limits() {
        let few = Limits {
            names: 2,
            ..Limits::default()
        };
        run_lines_within(
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
        let worksheet = run_lines_within(
            &little,
            &[
                ("x = 2^400000 mod 10^100000; 1", "1"),
                ("y = x + 1; 1", "1"),
                ("z = x + 2; 1", "! LIMIT"),
                ("y = 0", "0"),
                ("z = x + 2; 1", "1"),
            ],
        );
        assert_eq!(worksheet.names().collect::<Vec<_>>(), ["x", "y", "z"]);
    }

    /// Reals share their parts, so variables that build on each other take as much memory as their
    /// operations. A value that has been replaced takes no memory.
    #[test]
    fn the_memory_of_reals() {
        let mut worksheet = Worksheet::default();
        let limits = Limits::default();
        let mut run = |line: &str| {
            let mut work = Work::new(&limits, limits.work, &|| None);
            worksheet.run(line, Options::default(), &mut work).unwrap();
            worksheet.reals.as_ref().map_or(0, |memory| memory.bytes())
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
