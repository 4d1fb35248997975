//! Tables and properties of readings: how a line was understood.

use proptest::prelude::*;

use super::*;
use crate::syntax::Reading;

/// Returns the text of the reading of a line and its kinds, or nothing if it has no reading.
fn reading(line: &str) -> (String, Vec<Reading>) {
    let answer = evaluated(line, Options::default());
    let answer = answer.unwrap_or_else(|fault| panic!("{line:?}: {fault}"));
    let reading = answer.remarks.and_then(|remarks| remarks.reading);
    reading.map_or_else(Default::default, |reading| {
        (reading.text, reading.kinds.iter().collect())
    })
}

/// Lines that are read in a way that not everybody expects.
#[test]
fn texts_and_kinds() {
    use Reading::{
        Bars, BaseNumber, Bits, Call, Chain, Columns, DigitGroup, EqualsSign, FloorDivision,
        Logarithm, MixedNumber, Multifactorial, NumberWord, Percent, Power, Product, Recurring,
        Remainder, Statistics, Variable,
    };
    for (line, text, kind) in [
        ("200 + 10%", "200 * (1 + 10/100)", Percent),
        ("200 - 10% + 5", "200 * (1 - 10/100) + 5", Percent),
        ("8 % - 3", "8% - 3", Percent),
        ("50% + 50%", "50% + 50%", Percent),
        ("5% of 200", "5%*200", Percent),
        ("10 % 3", "10 mod 3", Remainder),
        ("10%3", "10 mod 3", Remainder),
        ("1/2 pi", "1/(2*pi)", Product),
        ("6 / 2(1 + 2)", "6/(2 * (1 + 2))", Product),
        ("2e", "2*e", Product),
        ("3e-pi", "3*e - pi", Product),
        ("1.08(250)", "1.08*250", Product),
        ("sqrt 16 + 9", "sqrt(16) + 9", Call),
        ("sin 2 pi", "sin(2*pi)", Call),
        ("sin^2 1", "sin(1)^2", Call),
        ("sin^2 100", "sin(100)^2", Call),
        ("sin^2 1/2", "sin(1)^2/2", Call),
        ("gcd(12; 18)", "gcd(12, 18)", Columns),
        ("1,234,567.89", "1234567.89", DigitGroup),
        ("1 234 567", "1234567", DigitGroup),
        ("1\u{a0}234\u{a0}567", "1234567", DigitGroup),
        ("1'234", "1234", DigitGroup),
        ("max(1,234)", "max(1, 234)", DigitGroup),
        ("0.(3)", "0.(3)...", Recurring),
        ("1 2/3", "(1 + 2/3)", MixedNumber),
        ("1½", "(1 + 1/2)", MixedNumber),
        ("5!!", "multifactorial(5, 2)", Multifactorial),
        ("5!!!", "multifactorial(5, 3)", Multifactorial),
        ("5 + 5 =", "5 + 5", EqualsSign),
        ("=5+5", "5 + 5", EqualsSign),
        ("|-3|", "abs(-3)", Bars),
        ("16#ff", "16#ff", BaseNumber),
        ("1 < 2 <= 5", "1 < 2 and 2 <= 5", Chain),
        ("6 & 3 == 2", "6 & 3 == 2", Bits),
        ("7 // 2", "floor(7/2)", FloorDivision),
        ("50k", "50*1000", NumberWord),
        ("2 million", "2*1000000", NumberWord),
        ("sum(1\t2\t-3)", "sum(1, 2, -3)", Columns),
        ("-2^2", "-(2^2)", Power),
        ("2^3^2", "2^(3^2)", Power),
        ("variance(1, 2)", "pvariance(1, 2)", Statistics),
        ("var(1, 2)", "svariance(1, 2)", Statistics),
        ("std(1, 2)", "sqrt(svariance(1, 2))", Statistics),
        ("pstdev(1, 2)", "sqrt(pvariance(1, 2))", Statistics),
        ("log(100)", "log10(100)", Logarithm),
        ("scale = 5", "scale = 5", Variable),
    ] {
        assert_eq!(reading(line), (text.into(), vec![kind]), "{line}");
    }
    let (text, kinds) = reading("2 million + 10% =");
    assert_eq!(text, "2*1000000 * (1 + 10/100)");
    assert_eq!(kinds, [Percent, EqualsSign, NumberWord]);
}

/// Lines that everybody reads alike.
#[test]
fn lines_without_a_reading() {
    for line in [
        "20 + 10",
        "2 pi",
        "2(3)",
        "5!",
        "5%",
        "x = 1; -x^2",
        "2^-1",
        "log(8, 2)",
        "1 < 2",
        "6 & 3",
        "0.1(6)...",
        "１＋２",
        "million = 3; 2 million",
        "k = 2; 3k",
        "f(x) = variance(x, 1); f(2)",
        "255 to hex",
        "# nothing",
    ] {
        assert_eq!(reading(line), Default::default(), "{line}");
    }
}

#[test]
fn a_long_line_has_only_the_kinds_of_its_readings() {
    let line = format!("10%3{}", " + 1".repeat(5000));
    assert_eq!(reading(&line), (String::new(), vec![Reading::Remainder]));
    // The text of a reading can be longer than the line.
    let line = format!("{}1{}", "if(0 < ".repeat(100), " < 9, 2, 3)".repeat(100));
    assert!(reading(&line).0.len() <= 4096);
}

fn line() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        4 => "[0-9]{1,2}",
        1 => prop::sample::select(vec![
            "1,234", "1 234", "1'234", "0.(3)", "1.2(3)...", "1 2/3", "2½", "½", "16#ff", "0x1.8",
            "5%", "10 %", "3k", "2 dozen", "pi", "e", "2e", "true", "false", "x",
        ]).prop_map(str::to_owned),
    ];
    leaf.prop_recursive(5, 30, 3, |inner| {
        let binary = prop::sample::select(vec![
            " + ", "-", "*", " / ", "^", " % ", " mod ", " < ", " <= ", " == ", " != ", "//", " | ",
            " & ", " xor ", " << ", " and ", " or ", " of ", " per ", " ", "+", " - ",
        ]);
        prop_oneof![
            4 => (inner.clone(), binary, inner.clone()).prop_map(|(a, op, b)| format!("{a}{op}{b}")),
            1 => inner.clone().prop_map(|a| format!("({a})")),
            1 => inner.clone().prop_map(|a| format!("-{a}")),
            1 => inner.clone().prop_map(|a| format!("√{a}")),
            1 => inner.clone().prop_map(|a| format!("not {a}")),
            1 => inner.clone().prop_map(|a| format!("sqrt {a}")),
            1 => inner.clone().prop_map(|a| format!("sin^2 {a}")),
            1 => inner.clone().prop_map(|a| format!("|{a}|")),
            1 => inner.clone().prop_map(|a| format!("({a}%)")),
            1 => inner.clone().prop_map(|a| format!("{a}%")),
            1 => inner.clone().prop_map(|a| format!("{a}!!!")),
            1 => inner.clone().prop_map(|a| format!("{a}²")),
            1 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("max({a},{b})")),
            1 => (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("std({a}\t{b})")),
            1 => (inner.clone(), inner.clone(), inner)
                .prop_map(|(a, b, c)| format!("if({a}, {b}, {c})")),
        ]
    })
}

proptest! {
    /// The text of a reading has the value of the line.
    #[test]
    fn a_reading_has_the_value_of_the_line(line in line()) {
        let line = format!("x = 7; {line}");
        let limits = Limits { work: 20_000_000, ..Limits::default() };
        let run = |line: &str| {
            let mut work = Work::new(&limits, limits.work, &|| None);
            evaluate(line, Options::default(), &mut work)
        };
        if let Ok(answer) = run(&line)
            && let Some(reading) = answer.remarks.and_then(|remarks| remarks.reading)
            && !reading.text.is_empty()
        {
            let again = run(&reading.text);
            prop_assert!(again.is_ok(), "{}: {}: {:?}", line, reading.text, again);
            prop_assert_eq!(again.unwrap().value, answer.value, "{}: {}", line, reading.text);
        }
    }
}
