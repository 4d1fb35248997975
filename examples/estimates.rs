//! Searches for lines that take longer than their estimated work.
//!
//!     cargo run --release --example estimates --no-default-features -- 100000 [SEED]
//!
//! Random lines of the language are evaluated with 1 ms of work. For each line, the best time of
//! several is divided by the estimate. Estimates below 20 µs count as 20 µs. Prints the worst lines,
//! and fails if the worst ratio is above 3.

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use grpcalc::{
    engine::{Limits, Options, Work, Worksheet, library},
    syntax::FORMS,
};

/// The highest ratio of time to estimate.
const BOUND: f64 = 3.0;

/// The lowest estimate, in nanoseconds. It covers the reading of a short line.
const FLOOR: u64 = 20_000;

/// A generator of random lines.
struct Generator {
    state: u64,
    names: Vec<&'static str>,
}

impl Generator {
    /// Returns a number below `end`: the generator of Lehmer, with 64 bits.
    fn below(&mut self, end: usize) -> usize {
        self.state = self
            .state
            .wrapping_mul(0xda94_2042_e4dd_58b5)
            .wrapping_add(1);
        usize::try_from(self.state >> 33).unwrap_or_default() % end
    }

    fn of<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        texts[self.below(texts.len())]
    }

    fn number(&mut self) -> String {
        let digits = [1, 1, 1, 2, 3, 5, 9, 20, 60, 200, 1000][self.below(11)];
        let digits: String = (0..digits)
            .map(|_| char::from(b'0' + u8::try_from(self.below(10)).unwrap_or_default()))
            .collect();
        match self.below(9) {
            0 => format!("{digits}.{}", self.below(100_000)),
            1 => format!("{digits}e{}", self.below(400)),
            2 => format!("{digits}e-{}", self.below(400)),
            3 => format!("(1/{digits}1)"),
            4 => format!("0.{}{digits}", "0".repeat(self.below(30))),
            _ => digits,
        }
    }

    fn expression(&mut self, depth: usize) -> String {
        if depth == 0 {
            return match self.below(8) {
                0 => self.of(&["pi", "e", "x", "y", "ans"]).into(),
                _ => self.number(),
            };
        }
        match self.below(12) {
            0..3 => {
                let operator = self.of(&["+", "-", "*", "/", "^", "mod", "<", "=="]);
                let (left, right) = (self.expression(depth - 1), self.expression(depth - 1));
                format!("({left}) {operator} ({right})")
            }
            3 => format!("({})!", self.expression(depth - 1)),
            4 => format!("-({})", self.expression(depth - 1)),
            5 => {
                let terms = 1 + self.below(200);
                let (term, operator) = (self.expression(0), self.of(&["+", "*", "-", "/"]));
                vec![term; terms].join(operator)
            }
            6 => {
                let (condition, one) = (self.expression(depth - 1), self.expression(depth - 1));
                format!("if({condition} < 1, {one}, {})", self.expression(depth - 1))
            }
            _ => {
                let index = self.below(self.names.len());
                let name = self.names[index];
                let count = 1 + self.below(3);
                let arguments: Vec<_> = (0..count).map(|_| self.expression(depth - 1)).collect();
                format!("{name}({})", arguments.join(", "))
            }
        }
    }

    fn line(&mut self) -> String {
        let depth = self.below(4);
        match self.below(16) {
            0 => format!("x = {}", self.expression(depth)),
            1 => format!("y = {}; x + y", self.expression(depth)),
            2 => {
                let parameters = 1 + self.below(300);
                let names: Vec<_> = (0..parameters).map(|n| format!("p{n}")).collect();
                let body = names.join(" + ");
                format!("g({}) = {body}", names.join(", "))
            }
            3 => {
                let calls = 1 + self.below(60);
                let body = self.expression(depth);
                format!("f(n) = if(n < 1, {body}, f(n - 1) + 1); f({calls})")
            }
            4 => "h(t) = t;".repeat(1 + self.below(1000)) + "h(1)",
            5 => format!("{}x{}", "(".repeat(self.below(250)), self.number()),
            6 => format!(
                "{} to {} digits",
                self.expression(depth),
                1 + self.below(1000)
            ),
            9 => {
                let same = self.expression(depth);
                format!("{same} {} {same} + 1e-300", self.of(&["<", "==", "-"]))
            }
            10 => {
                let name = self.of(&["squareroot", "unknown_name", "z"]);
                format!("{name}{}", self.below(1000))
            }
            11 => {
                let name = "n".repeat(1 + self.below(2000));
                format!(
                    "{name} = 1; {}",
                    vec![name.as_str(); 1 + self.below(10)].join("+")
                )
            }
            12 => {
                let conversions = 1 + self.below(50);
                format!(
                    "{}{}",
                    self.expression(depth),
                    " to dec to hex".repeat(conversions)
                )
            }
            7 | 8 => {
                let forms: Vec<_> = FORMS.iter().flat_map(|form| form.names).collect();
                let form = forms[self.below(forms.len())];
                format!("{} to {form}", self.expression(depth))
            }
            _ => self.expression(depth),
        }
    }
}

/// Evaluates `line` in a worksheet with some names. Returns the time, and the estimate in
/// nanoseconds.
fn measure(line: &str, digits: u32, limits: &Limits) -> (Duration, u64) {
    let mut worksheet = Worksheet::default();
    for setup in ["x = 1/7", "y = sqrt(2)", "unknown_nome1 = 1"] {
        let mut work = Work::new(limits, limits.work, &|| None);
        let _ = worksheet.run(setup, Options::default(), &mut work);
    }
    let options = Options {
        digits,
        ..Options::default()
    };
    let mut work = Work::new(limits, limits.work, &|| None);
    let begun = Instant::now();
    let _ = worksheet.run(line, options, &mut work);
    (begun.elapsed(), work.done())
}

#[expect(clippy::cast_precision_loss, reason = "a ratio for people")]
fn ratio(line: &str, digits: u32, limits: &Limits, times: usize) -> (f64, u64) {
    let measured = (0..times).map(|_| measure(line, digits, limits));
    let best = measured.min().unwrap_or_default();
    let (time, estimate) = (best.0.as_nanos() as f64, best.1);
    (time / estimate.max(FLOOR) as f64, estimate)
}

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let mut number = |default: u64| {
        let given = arguments.next().and_then(|text| text.parse().ok());
        given.unwrap_or(default)
    };
    let (count, seed) = (number(10_000), number(1));
    let mut generator = Generator {
        state: seed.wrapping_mul(2).wrapping_add(1),
        names: library::all()
            .flat_map(|function| function.names.iter().copied())
            .collect(),
    };
    let limits = Limits {
        work: 1_000_000,
        ..Limits::default()
    };
    let mut worst: Vec<(f64, u64, String)> = Vec::new();
    for _ in 0..count {
        let line = generator.line();
        let digits = [20, 20, 20, 50, 300, 1000][generator.below(6)];
        let (quick, _) = ratio(&line, digits, &limits, 1);
        let least = if worst.len() < 10 { 0.0 } else { worst[9].0 };
        if quick <= least {
            continue;
        }
        // A slow run may only be an interruption by the system.
        let (ratio, estimate) = ratio(&line, digits, &limits, 9);
        worst.push((ratio, estimate, line));
        worst.sort_by(|one, other| other.0.total_cmp(&one.0));
        worst.truncate(10);
    }
    for (ratio, estimate, line) in &worst {
        let shown: String = line.chars().take(100).collect();
        println!("{ratio:5.2}  {:6} µs  {shown}", estimate / 1000);
    }
    let highest = worst.first().map_or(0.0, |(ratio, ..)| *ratio);
    println!("{count} lines: the worst ratio of time to estimate is {highest:.2}");
    if highest > BOUND {
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
