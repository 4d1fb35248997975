//! Tests of the log of a worksheet.

use proptest::prelude::*;

use super::*;
use crate::client::Answer;
use crate::engine::{self, Options, Work, Worksheet};

/// Records lines with their answers, and returns the lines of the log. An answer with `~` is
/// rounded. The answer to the definition of a function is empty.
#[track_caller]
fn logged(rows: &[(&str, &str)]) -> Vec<String> {
    let mut log = Log::default();
    for (line, answer) in rows {
        let text = answer.trim_start_matches('~');
        let rounded = answer.starts_with('~');
        let (left, _) = line.split_once('=').unwrap_or_default();
        let (name, _) = left.split_once('(').unwrap_or((left, ""));
        let answer = Answer {
            name: name.trim().into(),
            text: (!text.is_empty()).then(|| text.to_owned()),
            rounded,
            remarks: None,
            exact: match text {
                "" => None,
                "true" => Some(TypedValue::Truth(true)),
                _ if rounded => None,
                _ => Some(
                    text.parse()
                        .map_or(TypedValue::Untyped, TypedValue::Integer),
                ),
            },
        };
        log.record(line, AngleUnit::Unspecified, &answer.borrowed());
    }
    let lines = log.lines().unwrap();
    lines.map(|(line, _)| line.into_owned()).collect()
}

#[test]
fn exact_values_are_kept_as_such() {
    assert_eq!(
        logged(&[
            ("x = 2^10 + y", "1034"),
            ("x = x + 1", "1035"),
            ("x", "1035")
        ]),
        ["x = 1035", "1035"]
    );
    assert_eq!(
        logged(&[("x = 2^90", "1237940039285380274899124224")]),
        ["x = 2^90", "1237940039285380274899124224"]
    );
    assert_eq!(logged(&[("t = 1 < y", "true")]), ["t = true", "true"]);
    assert_eq!(
        logged(&[("x = factor(360)", "2^3 * 3^2 * 5")]),
        ["x = factor(360)", "x"]
    );
}

#[test]
fn what_is_not_exact_is_kept_with_what_it_needs() {
    assert_eq!(
        logged(&[
            ("r = 2", "2"),
            ("x = sqrt(r)", "~1.41"),
            ("r = 3", "3"),
            ("r = 4", "4"),
            ("x", "~1.41"),
        ]),
        ["r = 2", "x = sqrt(r)", "r = 4", "x"]
    );
    assert_eq!(
        logged(&[("x = sqrt(2)", "~1.41"), ("x = sqrt(3)", "~1.73")]),
        ["x = sqrt(3)", "x"]
    );
}

#[test]
fn the_last_answer_is_kept_where_it_is_needed() {
    assert_eq!(
        logged(&[
            ("pi", "~3.14"),
            ("ans + 1", "~4.14"),
            ("x = 2 ans", "~8.28")
        ]),
        ["pi", "ans + 1", "x = 2 ans", "x"]
    );
    assert_eq!(
        logged(&[("7", "7"), ("x = ans pi", "~21.9"), ("y = ans pi", "~69.1")]),
        ["7", "x = ans pi", "x", "y = ans pi", "y"]
    );
    assert_eq!(
        logged(&[("7", "7"), ("ans pi", "~21.9"), ("f(n) = n", "")]),
        ["7", "ans pi", "f(n) = n"]
    );
    assert_eq!(
        logged(&[("7", "7"), ("a = ans; a pi", "~21.9"), ("f(n) = n", "")]),
        ["7", "a = ans; a pi", "f(n) = n"]
    );
    assert_eq!(
        logged(&[("x = pi", "~3.14"), ("x(n) = n", "")]),
        ["x = pi", "x", "x(n) = n"]
    );
}

#[test]
fn functions() {
    assert_eq!(
        logged(&[
            ("f(x) = x", ""),
            ("f(2) pi", "~6.28"),
            ("f(x) = 2 x", ""),
            ("f(x) = 3 x", ""),
        ]),
        ["f(x) = x", "f(2) pi", "f(x) = 3 x"]
    );
    assert_eq!(
        logged(&[("7", "7"), ("f(x) = x", ""), ("f(x) = 2 x", "")]),
        ["f(x) = 2 x", "7"]
    );
}

#[test]
fn a_log_that_overflows_says_so() {
    let mut log = Log::default();
    let answer = Answer {
        name: "x".into(),
        text: Some("1.5".into()),
        rounded: true,
        ..Answer::default()
    };
    for n in 0..LINES {
        assert!(log.lines().is_some(), "{n}");
        log.record("x = x + pi", AngleUnit::Unspecified, &answer.borrowed());
    }
    assert!(log.lines().is_none());
}

/// Runs a line in a worksheet.
fn run(sheet: &mut Worksheet, line: &str) -> Option<Answer> {
    let limits = engine::Limits::default();
    let mut work = Work::new(&limits, limits.work, &|| None);
    let found = sheet.run(line, Options::default(), &mut work).ok()?;
    let rounded = found.value.as_ref().is_some_and(|shown| shown.rounded);
    Some(Answer {
        name: found.name.map(Into::into).unwrap_or_default(),
        rounded,
        exact: found.value.as_ref().and_then(typed),
        text: found.value.map(|shown| shown.text.into()),
        remarks: None,
    })
}

/// Returns the value of a rendered answer in the type that a client uses.
fn typed(shown: &engine::Rendered) -> Option<TypedValue> {
    Some(match &shown.typed {
        Some(engine::ExactValue::Integer(n)) => TypedValue::Integer(*n),
        Some(engine::ExactValue::Truth(truth)) => TypedValue::Truth(*truth),
        Some(engine::ExactValue::Ratio(n, d)) => TypedValue::Fraction {
            numerator: n.to_string(),
            denominator: d.to_string(),
        },
        Some(engine::ExactValue::Quantity(_)) => TypedValue::Untyped,
        Some(engine::ExactValue::Fraction(parts)) => TypedValue::Fraction {
            numerator: parts.0.to_string(),
            denominator: parts.1.to_string(),
        },
        None if shown.rounded => return None,
        None => TypedValue::of_text(&shown.text),
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// A worksheet that runs the lines of the log equals the original worksheet.
    #[test]
    fn the_log_restores_a_worksheet(program in proptest::collection::vec(
        prop_oneof![
            "(x|y) = [1-9]",
            "(x|y) = (x|y|ans) [-+*] (x|y|ans|pi|[1-9])",
            "(x|y) = (sqrt\\(2\\)|f\\(x\\)|f\\(ans\\) \\* pi)",
            "(x|y|ans|f\\(y\\)|[1-9]) ?[-+*] ?(x|y|ans|pi|[1-9])",
            "(f|x)\\(n\\) = n (x|y|[1-9])",
            "(x|y) = [1-9]; (x|y) = (x|y) pi; (x|y|ans) \\+ 1",
            "(x|y) = ans; f\\(n\\) = n \\+ (x|y)",
            "(x|y) = (x|y|ans) to 3 digits",
            ":forget (x|y|f)",
            "x = y < 3|y = factor\\(12\\)|x = 1/3|ans to hex",
        ],
        1..25,
    )) {
        let (mut sheet, mut log) = (Worksheet::default(), Log::default());
        for line in &program {
            if let Some(answer) = run(&mut sheet, line) {
                log.record(line, AngleUnit::Unspecified, &answer.borrowed());
            }
        }
        let mut again = Worksheet::default();
        for (line, _) in log.lines().unwrap() {
            prop_assert!(run(&mut again, &line).is_some(), "{program:?} {line}");
        }
        for line in ["ans", "x", "y", "f(2)", "x(2)", "x - y"] {
            let (mut before, mut after) = (run(&mut sheet, line), run(&mut again, line));
            // A factored number is restored as a plain number.
            for answer in [&mut before, &mut after].into_iter().flatten() {
                answer.text = answer.text.take().map(|text| text.replace("2^2 * 3", "12"));
            }
            prop_assert_eq!(before, after, "{:?} {:?}", program, log);
        }
    }
}
