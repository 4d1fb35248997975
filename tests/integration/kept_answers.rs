//! The examples of an earlier version of the documents have the answers that they had.

use grpcalc::engine::{AngleUnit, Limits, Options, Work, Worksheet};

/// Returns the answer to a line: its text, `! REASON`, or nothing for a definition.
fn answer(worksheet: &mut Worksheet, line: &str, options: Options) -> Option<String> {
    let limits = Limits::default();
    let mut work = Work::new(&limits, limits.work, &|| None);
    match worksheet.run(line, options, &mut work) {
        Ok(answer) => answer.value.map(|value| value.text.into()),
        Err(fault) => Some(format!("! {}", fault.reason.as_str())),
    }
}

/// Returns the options that a heading such as `docs/language.md: 50 digits` names.
fn options(heading: &str) -> Options {
    let mut options = Options::default();
    let Some((_, named)) = heading.split_once(": ") else {
        return options;
    };
    if named == "degrees" {
        options.angle = AngleUnit::Degree;
    } else if let Some(digits) = named.strip_suffix(" digits") {
        options.digits = digits.parse().unwrap();
        options.in_full = false;
    }
    options
}

#[test]
fn earlier_examples_keep_their_answers() {
    let mut count = 0;
    let table = include_str!("../kept_answers.txt");
    for group in table.split("\n# ").skip(1) {
        let (heading, lines) = group.split_once('\n').unwrap();
        let options = options(heading);
        let mut worksheet = Worksheet::default();
        let lines = format!("\n{}", lines.trim_end());
        for example in lines.split("\n> ").skip(1) {
            let (line, expected) = example.split_once('\n').unwrap_or((example, ""));
            let found = answer(&mut worksheet, line, options).unwrap_or_default();
            // The text behind a fault tells why it changed.
            let expected = expected.split(" (").next().unwrap_or_default();
            assert_eq!(found, expected, "{heading}: {line}");
            count += 1;
        }
    }
    assert!(count > 130, "only {count} examples were found");
}
