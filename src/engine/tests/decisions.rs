//! Tables of decisions: what the digits of a real do not show.

use super::*;

/// Integers that are too long for an exact number are reals.
#[test]
fn long_integers() {
    table(&[
        ("9^9^9", "~4.2812477317574704804e369693099"),
        ("3^700000", "~7.5562055546405837403e333984"),
        ("100000!", "~2.8242294079603478743e456573"),
        ("gamma(100001)", "~2.8242294079603478743e456573"),
        ("1.5e400000", "~1.5e400000"),
        ("2^1000000", "~9.9006562292958982507e301029"),
        ("2^999999 * 2", "~9.9006562292958982507e301029"),
        (
            "2^999999 + 2^999999 to sci",
            "~9.9006562292958982507e301029",
        ),
        ("10^(10^15)", "~1e1000000000000000"),
        ("3^700000 > 2^1000000", "true"),
    ]);
    for line in [
        "3^700000 mod 7",
        "isprime(2^1000001 - 1)",
        "9^9^9 to integer",
    ] {
        assert_eq!(fault(line).reason, Reason::Limit, "{line}");
    }
}

/// Symbolic forms and separation bounds decide what digits cannot.
#[test]
fn decisions() {
    table(&[
        ("pi == pi", "true"),
        ("sin(1) == sin(1)", "true"),
        ("tanh(2)/tanh(2)", "1"),
        ("x = sin(cos(1)); (x + 1)^2 - x^2 - 2x", "1"),
        ("f(t) = asinh(t)^3; f(2) - f(sqrt(4))", "0"),
        ("sqrt(2)^2 == 2", "true"),
        ("sqrt(2)^2", "2"),
        ("sqrt(2)^2 to hex", "0x2"),
        ("floor(ln(exp(3)))", "3"),
        ("(-2)^(ln(8)/ln(2))", "-8"),
        ("ln(6) == ln(2) + ln(3)", "true"),
        ("exp(ln(7)/2)^2", "7"),
        ("e^2 * e^3 == e^5", "true"),
        ("sqrt(2)*sqrt(3) == sqrt(6)", "true"),
        ("2^(1/3) * 4^(1/3)", "2"),
        ("sqrt(pi)^2 == pi", "true"),
        ("sin(pi/6) + cos(pi/3)", "1"),
        ("sin(pi/5)^2 + cos(pi/5)^2", "1"),
        ("cos(pi/7) == sin(5 pi/14)", "true"),
        ("tan(pi/8) == sqrt(2) - 1", "true"),
        ("cosh(1)^2 - sinh(1)^2", "1"),
        ("cosh(6000)^2 - sinh(6000)^2", "1"),
        ("gamma(1/2)^2 == pi", "true"),
        ("gamma(-3/2) == 4 sqrt(pi)/3", "true"),
        ("log1p(1) == ln(2)", "true"),
        ("expm1(ln(3))", "2"),
        ("sqrt(2) + sqrt(3) == sqrt(5 + 2 sqrt(6))", "true"),
        ("sqrt(2) + sqrt(3) - sqrt(5 + 2 sqrt(6))", "0"),
        ("floor(sqrt(5 + 2 sqrt(6)) - sqrt(2) - sqrt(3))", "0"),
        ("sqrt(2) + sqrt(3) < sqrt(5 + 2 sqrt(6)) + 10^-100", "true"),
        ("cbrt(sqrt(5) + 2) - cbrt(sqrt(5) - 2)", "1"),
        ("cos(pi/5) - cos(2 pi/5)", "0.5"),
        ("cos(2 pi/7) + cos(4 pi/7) + cos(6 pi/7) == -1/2", "true"),
        ("1/(1 + sqrt(2)) == sqrt(2) - 1", "true"),
        ("sign(sqrt(2)^2 - 2)", "0"),
        ("factorial(sqrt(9)) + gcd(sqrt(2)^4, 6)", "8"),
        ("sqrt(2)^2 to fraction", "2"),
        ("0^(sqrt(2)^2 - 2)", "1"),
    ]);
    assert_eq!(fault("ln(sqrt(2)^2 - 2)").reason, Reason::Domain);
    assert_eq!(fault("1/(sqrt(2)^2 - 2)").reason, Reason::DivisionByZero);
}

/// Continuous functions need no decision.
#[test]
fn continuous_functions() {
    table(&[
        ("acos(cos(pi))", "~3.1415926535897932385"),
        ("max(pi, 4 atan(1))", "~3.1415926535897932385"),
        ("x = sin(1)^2 + cos(1)^2; max(x, 1) to 10 digits", "~1"),
        ("x = sin(1)^2 + cos(1)^2; min(x, 1, 2)", "~1"),
        ("x = sin(1)^2 + cos(1)^2; median(x, 1, 1)", "~1"),
        ("x = sin(1)^2 + cos(1)^2; median(5, x, 1, -3)", "~1"),
        ("x = sin(1)^2 + cos(1)^2; clamp(x, 0, 1)", "~1"),
        ("x = sin(1)^2 + cos(1)^2; abs(x - 1)", "~0"),
        ("asin(sin(1)^2 + cos(1)^2)", "~1.5707963267948966192"),
        ("asin(-sin(1)^2 - cos(1)^2)", "~-1.5707963267948966192"),
        ("acos(-sin(1)^2 - cos(1)^2)", "~3.1415926535897932385"),
        ("acos(sin(1)^2 + cos(1)^2)", "~0"),
        ("sqrt(sin(1)^2 + cos(1)^2 - 1)", "~0"),
        ("acosh(sin(1)^2 + cos(1)^2)", "~0"),
    ]);
}

/// A number is shown as 0 only if it is 0, or below 10^-1000 of all that it is made of.
#[test]
fn zeros() {
    table(&[
        ("sin(1)^2 + cos(1)^2 - 1", "~0"),
        ("expm1(1e-5000)", "~1e-5000"),
        ("log1p(1e-5000)", "~1e-5000"),
        ("1e-9999 * pi", "~3.1415926535897932385e-9999"),
    ]);
    for line in [
        "(1 + 1e-4930)^(1e4930)",
        "10^4000 * (sin(1)^2 + cos(1)^2 - 1)",
    ] {
        let found = fault(line);
        assert_eq!(found.reason, Reason::Undecided, "{line}: {found}");
    }
}

#[test]
fn exact_forms() {
    table(&[
        ("1/3 + 1/4 to exact", "7/12"),
        ("2 sqrt(2) to exact", "2*sqrt(2)"),
        ("sqrt(8) * 3 to exact", "6*sqrt(2)"),
        ("pi/3 to exact", "pi/3"),
        ("1/3 + sqrt(2) to exact", "1/3 + sqrt(2)"),
        ("1 - sqrt(2) to exact", "1 - sqrt(2)"),
        ("sqrt(6) to exact", "sqrt(6)"),
        ("2^(1/3) to exact", "2^(1/3)"),
        ("e^2/2 to exact", "e^2/2"),
        ("exp(-1/2) to exact", "1/sqrt(e)"),
        ("ln(12) to exact", "2*ln(2) + ln(3)"),
        ("sin(pi/7) to exact", "sin(pi/7)"),
        ("cos(pi/12) to exact", "sqrt(6)/4 + sqrt(2)/4"),
        ("gamma(11/2) to exact", "945*sqrt(pi)/32"),
        ("sqrt(2)^2 to exact", "2"),
    ]);
    assert_eq!(fault("sin(1) to exact").reason, Reason::Domain);
}

/// Simple lines take the fast path, and the others the machine.
#[test]
fn every_path_has_the_exact_form() {
    let limits = Limits::default();
    let options = Options {
        source: true,
        ..Options::default()
    };
    let mut worksheet = Worksheet::default();
    for (line, source) in [
        ("1/3 + 1/4", Some("7/12")),
        ("(1/3) + 1/4", Some("7/12")),
        ("x = 2/7", Some("2/7")),
        ("x * 3", Some("6/7")),
        ("sqrt(8)", Some("2*sqrt(2)")),
        ("1/4", None),
        ("7", None),
        ("sin(1/5)", None),
    ] {
        let mut work = Work::new(&limits, limits.work, &|| None);
        let found = worksheet.preview(line, options, &mut work).unwrap();
        let answer = worksheet.run(line, options, &mut work).unwrap();
        assert_eq!(found, answer, "{line}");
        let form = answer.remarks.and_then(|remarks| remarks.source);
        assert_eq!(form.as_deref(), source, "{line}");
    }
}
