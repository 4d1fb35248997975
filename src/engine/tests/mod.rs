//! Tables and properties of the language's values.

mod decisions;
mod quantities;
mod readings;

use proptest::prelude::*;

use super::*;

fn evaluated(line: &str, options: Options) -> Result<Answer> {
    let limits = Limits::default();
    let mut work = Work::new(&limits, limits.work, &|| None);
    evaluate(line, options, &mut work)
}

fn rendered(line: &str, options: Options) -> Rendered {
    let answer = evaluated(line, options).unwrap_or_else(|fault| panic!("{line:?}: {fault}"));
    answer
        .value
        .unwrap_or_else(|| panic!("{line:?} has no value"))
}

/// Returns the answer, with a `~` in front if it is rounded.
fn answer(line: &str) -> String {
    let Rendered { text, rounded, .. } = rendered(line, Options::default());
    format!("{}{text}", if rounded { "~" } else { "" })
}

fn fault(line: &str) -> Box<Fault> {
    let options = Options {
        reserved: &["add", "sub"],
        ..Options::default()
    };
    match evaluated(line, options) {
        Ok(answer) => panic!("{line:?} is {answer:?}"),
        Err(fault) => fault,
    }
}

#[track_caller]
fn table(rows: &[(&str, &str)]) {
    for (line, expected) in rows {
        assert_eq!(answer(line), *expected, "{line:?}");
    }
}

#[test]
fn arguments_with_leading_zeros_are_faults() {
    for line in ["max(1,00)", "max(1,000)", "log(100, 010)"] {
        assert_eq!(fault(line).reason, Reason::Syntax, "{line}");
    }
    table(&[("max(1, 0)", "1"), ("max(1, 0.5)", "1")]);
}

/// Operations in pieces are not refused for their length.
#[test]
fn long_numbers_are_rounded() {
    table(&[
        ("2^9999 to 5 digits", "~9.9753e3009"),
        ("1/2^999999", "~2.0200681183960604494e-301030"),
        ("SUM(1, 2)", "3"),
        ("GEOMEAN(2, 8)", "4"),
    ]);
    let thirds = answer("1/3 to 1000 decimals");
    assert_eq!(thirds.len(), "~0.".len() + 1000);
}

#[test]
fn exact_numbers() {
    table(&[
        ("20 + 10", "30"),
        ("0.1 + 0.2", "0.3"),
        ("1/3*3", "1"),
        ("1/3 + 1/6", "0.5"),
        ("9223372036854775807 + 1", "9223372036854775808"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("-9223372036854775808 - 1", "-9223372036854775809"),
        ("-9223372036854775808 * -1", "9223372036854775808"),
        ("-9223372036854775808 / -1", "9223372036854775808"),
        ("-(-9223372036854775808)", "9223372036854775808"),
        ("-9223372036854775807 - 1", "-9223372036854775808"),
        ("(-4611686018427387904)*2 + 1", "-9223372036854775807"),
        ("3037000500^2", "9223372037000250000"),
        ("2^100 - 2^100 + 1", "1"),
        ("(2/3)^-2", "2.25"),
        ("2^-1", "0.5"),
        ("0^0", "1"),
        ("(-1)^(10^30)", "1"),
        ("(-1)^(10^30 + 1)", "-1"),
        ("7 mod 3", "1"),
        ("-7 mod 3", "2"),
        ("7 mod -3", "-2"),
        ("5.5 mod 2", "1.5"),
        ("17 % 5", "2"),
        ("1e3", "1000"),
        ("1_000.5", "1000.5"),
        ("0xff + 0b11 + 0o17", "273"),
        ("½ + ⅓ to fraction", "5/6"),
        ("20!/18!", "380"),
        ("5!!", "15"),
        ("6!!", "48"),
        ("0!! + 1!!", "2"),
        ("3!!!", "3"),
        ("(3!)!", "720"),
    ]);
}

#[test]
fn levels_of_operators() {
    table(&[
        ("-2^2", "-4"),
        ("2^3^2", "512"),
        ("2^-2^2", "0.0625"),
        ("1/2(4)", "0.125"),
        ("2 + 3 * 4 ^ 2", "50"),
        ("2√9", "6"),
        ("√9 + 16", "19"),
        ("-3!", "-6"),
        ("2²³", "8388608"),
        ("2^3²", "512"),
        ("4⁻¹", "0.25"),
        ("6 / 2(1 + 2)", "1"),
        ("1 < 2", "true"),
        ("1 + 1 == 2", "true"),
        ("(1 < 2) == (2 > 3)", "false"),
        ("true != false", "true"),
    ]);
}

#[test]
fn percent() {
    table(&[
        ("5%", "0.05"),
        ("200 + 10%", "220"),
        ("200 - 10%", "180"),
        ("200 - 10% + 5", "185"),
        ("200 + (10%)", "200.1"),
        ("200 * 10%", "20"),
        ("100 + 50% * 2", "101"),
        ("5 % 3", "2"),
        ("5%3", "2"),
        ("5% - 3", "-2.95"),
        ("5% -3", "-2.95"),
        ("8 % - 3", "-2.92"),
        ("100 + 8 % + 5", "113"),
        ("12 % + 7 %", "0.19"),
        ("50% + 50%", "1"),
        ("10% + 5% + 3%", "0.18"),
        ("(10% + 5%) - 3%", "0.12"),
        ("-(5%) + 3%", "-0.02"),
        ("200 + 5% + 3%", "216.3"),
        ("p = 10%; p + 5%", "0.105"),
        ("5% of 200", "10"),
        ("2 + 5% of 200", "12"),
        ("25% of 60 + 20", "35"),
    ]);
}

#[test]
fn functions_with_rational_values() {
    table(&[
        ("sqrt(16)", "4"),
        ("sqrt(2.25)", "1.5"),
        ("8^(1/3)", "2"),
        ("(27/8)^(2/3)", "2.25"),
        ("4^-0.5", "0.5"),
        ("cbrt(-27)", "-3"),
        ("root(1024, 10)", "2"),
        ("root(8, -3)", "0.5"),
        ("root(2^3000, 3000)", "2"),
        ("root(1, -9223372036854775808)", "1"),
        ("ln(1) + exp(0) + cos(0) + sin(0)", "2"),
        ("log2(1024)", "10"),
        ("log2(1/8)", "-3"),
        ("log(1000)", "3"),
        ("log(8, 4)", "1.5"),
        ("log(4/9, 8/27)", "~0.66666666666666666667"),
        ("log(4/9, 8/27) to fraction", "2/3"),
        ("log(10^5000)", "5000"),
        ("gamma(5)", "24"),
        ("gcd(-12, 18)", "6"),
        ("lcm(4, 6, 10)", "60"),
        ("comb(5, 6)", "0"),
        (
            "comb(10^30, 2)",
            "499999999999999999999999999999500000000000000000000000000000",
        ),
        ("round(2.5) + round(-2.5)", "0"),
        ("round(2.345, 2)", "2.35"),
        ("round(12345, -2)", "12300"),
        ("floor(-1.5)", "-2"),
        ("ceil(-1.5)", "-1"),
        ("trunc(-1.5)", "-1"),
        ("frac(-1.5)", "-0.5"),
        ("floor(pi)", "3"),
        ("round(-pi)", "-3"),
        ("floor(10^30*pi)", "3141592653589793238462643383279"),
        ("sign(-pi)", "-1"),
        ("max(pi, 22/7, 3)", "~3.1428571428571428571"),
        ("median(1, 9, 2, 4)", "3"),
        ("factor(-360)", "-2^3 * 3^2 * 5"),
        ("factor(360) + 1", "361"),
        ("factor(1)", "1"),
        ("factor(1000000007 * 998244353)", "998244353 * 1000000007"),
        ("isprime(2^61 - 1)", "true"),
        ("isprime(2^127 - 1)", "~true"),
        ("isprime(3215031751)", "false"),
        ("isprime((2^61 - 1) * (2^31 - 1))", "false"),
        ("nextprime(10^18)", "1000000000000000003"),
        ("powmod(2, 10^100, 97)", "61"),
        ("bxor(-1, 5)", "-6"),
        ("shr(-5, 1)", "-3"),
        ("shr(5, 10^30)", "0"),
        ("if(1 < 2, 10, 1/0)", "10"),
        ("if(1 > 2, 1/0, if(true, 3, 4))", "3"),
        ("cbrt(204405946028593^3)", "204405946028593"),
        ("log((1 + 1e-15)^7, 1 + 1e-15)", "7"),
        ("powmod(7, 0, 1)", "0"),
        ("factor(2^99999)", "2^99999"),
        ("comb(200000, 100000) mod 10^20", "81267602718784350784"),
        (
            "3^6000 mod 2^5000 == 3^6000 - 2^5000 * quotient(3^6000, 2^5000)",
            "true",
        ),
    ]);
}

/// Digits compared with those of mpmath.
#[test]
fn reals() {
    table(&[
        ("sqrt(2)", "~1.4142135623730950488"),
        ("pi", "~3.1415926535897932385"),
        ("e", "~2.7182818284590452354"),
        (
            "exp(pi*sqrt(163)) - 262537412640768744",
            "~-7.4992740280181431112e-13",
        ),
        ("sin(10^30)", "~-0.09011690191213805803"),
        ("1 - cos(10^-20)", "~5e-41"),
        ("(1 + 10^-30)^(10^30)", "~2.7182818284590452354"),
        ("ln(1 + 10^-50)*10^50", "~1"),
        ("gamma(1/3)", "~2.6789385347077476337"),
        ("gamma(-1.5)", "~2.3632718012073547031"),
        ("tan(10^20)", "~-0.84460246301988425418"),
        ("asin(1) * 2 - pi", "0"),
        ("acos(-1)", "~3.1415926535897932385"),
        ("atan2(-1, -1)", "~-2.3561944901923449288"),
        ("tanh(10^9)", "~1"),
        ("1.0001^1000000", "~2.6747109931421401729e43"),
        ("2^-1000001", "~5.0501702959901511235e-301031"),
        ("sin(pi)", "0"),
        ("sqrt(2)^2 - 2", "0"),
        ("pi*10^25", "~3.1415926535897932385e25"),
        ("1/3", "~0.33333333333333333333"),
        ("-2/3", "~-0.66666666666666666667"),
        ("0*pi", "0"),
        ("x = pi; x - x", "0"),
    ]);
}

#[test]
fn text() {
    table(&[
        ("1e-7", "0.0000001"),
        ("1e-8", "1e-8"),
        ("1.5e-30", "1.5e-30"),
        ("-1.5e-30", "-1.5e-30"),
        ("2^70", "1180591620717411303424"),
        ("10^30/7", "~1.4285714285714285714e29"),
        ("123456789012345678901/10", "12345678901234567890.1"),
        ("99999999999999999999.9", "99999999999999999999.9"),
        ("1e20 + 1/2", "100000000000000000000.5"),
        (
            "2^-80",
            "8.2718061255302767487140869206996285356581211090087890625e-25",
        ),
        ("2^-100", "~7.8886090522101180541e-31"),
        ("99999999999999999999.9 to 20 digits", "~1e20"),
        ("255 to hex", "0xff"),
        ("-255 to bin", "-0b11111111"),
        ("8 to oct", "0o10"),
        ("0.75 to fraction", "3/4"),
        ("-0.75 -> fraction", "-3/4"),
        ("7 to fraction", "7"),
        ("1/3 to 5 digits", "~0.33333"),
        ("2/3 to 1 digit", "~0.7"),
        ("0.067 to 1 digit", "~0.07"),
        ("100 to 2 digits", "100"),
        ("10^25 to sci", "1e25"),
        ("9.99 to 2 digits", "~10"),
        ("123456 to 3 digits", "~1.23e5"),
        ("123456 to sci", "1.23456e5"),
        ("0 to sci", "0e0"),
        ("pi to sci to 3 digits", "~3.14e0"),
        ("true", "true"),
    ]);
}

#[test]
fn forms() {
    table(&[
        ("255 in hex", "0xff"),
        ("255 as hexadecimal", "0xff"),
        ("(255 to hex) * 2", "510"),
        ("f(x) = x to hex; f(255)", "0xff"),
        ("x = 255 to hex; x", "255"),
        ("1/2 to hex", "0x0.8"),
        ("-10.625 to bin", "-0b1010.101"),
        ("1/3 to hex", "~0x0.55555555555555555"),
        ("pi to oct to 10 digits", "~0o3.11037552421"),
        ("123 to base 7", "7#234"),
        ("-1/9 to base 3", "-3#0.01"),
        ("10 to base 10", "10"),
        ("16 to base 16", "16#10"),
        ("200 to hex8", "0xc8"),
        ("5 to bin8", "0b00000101"),
        ("-1 to hex16", "~0xffff"),
        ("2^64 - 1 to hex64", "0xffffffffffffffff"),
        ("-2^63 to hex64", "~0x8000000000000000"),
        ("2^70 to integer", "1180591620717411303424"),
        ("7/12 to exact", "7/12"),
        ("-5/3 to mixed", "-1 2/3"),
        ("1/3 to mixed", "1/3"),
        ("1234/1000 to mixed", "1 + 117/500"),
        ("7 to mixed", "7"),
        ("12345.678 to eng", "12.345678e3"),
        ("0.00012 to eng", "120e-6"),
        ("1/3 to eng to 4 digits", "~333.3e-3"),
        ("0.125 to percent", "12.5%"),
        ("1/3 to percent to 2 dp", "~33.33%"),
        ("59.7 to 2 dp", "59.70"),
        ("1/3 to 3 decimals", "~0.333"),
        ("-0.001 to 2 decimals", "~0.00"),
        ("-2.345 to 2 decimal places", "~-2.35"),
        ("7 to 0 decimals", "7"),
        ("pi to 5 significant figures", "~3.1416"),
        ("10^30*pi to 3 dp", "~3141592653589793238462643383279.503"),
        ("1994 to roman", "~MCMXCIV"),
        ("0x1.8p1 + 2#0.1", "3.5"),
    ]);
    for (line, message) in [
        ("256 to hex8", "the integer does not fit 8 bits"),
        ("-129 to bin8", "the integer does not fit 8 bits"),
        ("2^64 to hex64", "the integer does not fit 64 bits"),
        (
            "4000 to roman",
            "only integers from 1 to 3999 have roman numerals",
        ),
        ("1.5 to integer", "the operand must be an integer"),
        (
            "pi to fraction",
            "only an exact number can be shown as a fraction",
        ),
        (
            "10^2000/3 to hex",
            "the number is too large or too near zero to be shown in this base",
        ),
    ] {
        let found = fault(line);
        assert_eq!(
            (found.reason, found.message.as_str()),
            (Reason::Domain, message),
            "{line}"
        );
        let start = line.find(" to ").unwrap() + 4;
        assert_eq!(found.span, Some(start..line.len()), "{line}");
    }
}

/// Truth values, comparisons and the operators on bits.
#[test]
fn logic_and_bits() {
    table(&[
        ("not 1 > 2 and 2 > 1", "true"),
        ("false or 1 == 1", "true"),
        ("false and 1/0 == 1", "false"),
        ("true or 1/0 == 1", "true"),
        ("not (true and false) or false", "true"),
        ("1 < 2 <= 2 < 3", "true"),
        ("1 < 3 < 2", "false"),
        ("3 > 2 == 1 < 2", "true"),
        ("x = 3; 1 < x and x < 5", "true"),
        (
            "f(a, b) = a > 0 and b > 0 or a == b; if(f(-1, -1), 1, 2)",
            "1",
        ),
        ("isprime(2^127 - 1) and true", "~true"),
        ("not isprime(2^127 - 1)", "~false"),
        ("6 & 3 | 8 xor 1", "11"),
        ("1 << 4 + 1", "32"),
        ("-1 >> 1", "-1"),
        ("~5 & 0xff", "250"),
        ("1 | 2 == 3", "true"),
        ("-7 // 2", "-4"),
        ("|-5| + |2 - 4|", "7"),
        ("5!!! + 10!!!!", "130"),
        ("multifactorial(100, 99)", "100"),
    ]);
}

/// Names and aliases of other calculators, which a line can bind.
#[test]
fn weak_names() {
    table(&[
        ("avg(1, 2, 6)", "3"),
        ("nCr(5, 2) + ncr(5, 2) + binom(5, 2) + choose(5, 2)", "40"),
        ("nPr(5, 2)", "20"),
        ("int(-2.5) + sgn(-3) + fact(3)", "3"),
        ("lg(100) + lb(8)", "5"),
        ("mod(-7, 3)", "2"),
        ("rem(-7, 3)", "-1"),
        ("idiv(-7, 3)", "-2"),
        ("fibonacci(10)", "55"),
        ("pvariance(1, 2, 6) to fraction", "14/3"),
        ("svariance(1, 2, 6) + var(1, 2, 6)", "14"),
        ("pstdev(2, 4, 4, 4, 5, 5, 7, 9)", "2"),
        ("stdev(1, 2, 3) + std(1, 2, 3)", "2"),
        ("avg = 3; avg * 2", "6"),
        ("std(x) = x^2; std(3)", "9"),
        ("lg = 7; 2 lg", "14"),
        ("million = 3; 2 million", "6"),
        ("k = 5; 2k", "10"),
        ("2k + 1.5M", "1502000"),
        ("3 dozen", "36"),
        ("f(million) = million + 1; f(2)", "3"),
        ("acot(2) - atan(1/2)", "0"),
        ("asec(2) - acos(1/2)", "0"),
        ("acsc(-2) + asin(1/2)", "0"),
        ("coth(2) * tanh(2)", "1"),
        ("asech(1/2) - acosh(2)", "0"),
        ("acoth(-3) + atanh(1/3)", "0"),
    ]);
    for line in ["sqrt = 1", "pi = 3", "acot = 3; asin = 3"] {
        assert_eq!(fault(line).reason, Reason::ReservedName, "{line}");
    }
    assert_eq!(fault("asec(1/2)").reason, Reason::Domain);
    assert_eq!(fault("acoth(1/2)").reason, Reason::Domain);
}

/// Names and branches keep the presentation of a factored integer; operations drop it.
#[test]
fn factored_integers() {
    table(&[
        ("x = factor(360); x", "2^3 * 3^2 * 5"),
        ("f(n) = factor(n); f(12)", "2^2 * 3"),
        ("f(n) = n; f(factor(12))", "2^2 * 3"),
        ("if(true, factor(12), 0)", "2^2 * 3"),
        ("+factor(12)", "12"),
        ("max(factor(12), 1)", "12"),
        ("factor(12) to hex", "0xc"),
        ("factor(12) to 1 digit", "~1e1"),
        ("factor(12) == 12", "true"),
        ("factor(12)!", "479001600"),
    ]);
    let hexadecimal = Options {
        base: Base::Hexadecimal,
        ..Options::default()
    };
    assert_eq!(rendered("factor(12)", hexadecimal).text, "2^2 * 3");
    assert_eq!(rendered("factor(12) + 0", hexadecimal).text, "0xc");
}

#[test]
fn names() {
    table(&[
        ("x = 3; x^2", "9"),
        ("x = 3; x = x + 1; 2x", "8"),
        ("f(x) = x^2; f(3) + f(4)", "25"),
        (
            "f(n) = if(n < 2, 1, n f(n - 1)); f(20)",
            "2432902008176640000",
        ),
        ("a = 2; f(x) = a x; a = 3; f(5)", "15"),
        ("a = 2; f(a) = a + 1; f(10)", "11"),
        ("f(pi) = pi + 1; f(1)", "2"),
        ("f() = 7; f()", "7"),
        ("x = 10^30*pi; sin(x)", "0"),
    ]);
    let last = evaluated("x = 255 to hex", Options::default()).unwrap();
    assert_eq!(last.name.as_deref(), Some("x"));
    assert_eq!(last.value.unwrap().text, "0xff");
    let function = evaluated("f(x) = 1/0", Options::default()).unwrap();
    assert_eq!(
        (function.name.as_deref(), function.value),
        (Some("f"), None)
    );
    assert_eq!(
        evaluated("# nothing", Options::default()),
        Ok(Answer::default())
    );
}

/// The caller decides which words are commands.
#[test]
fn reserved_words() {
    table(&[
        ("add = 3", "3"),
        ("sub(x) = x; sub(2)", "2"),
        ("f(add) = add; f(1)", "1"),
    ]);
    for line in ["add = 3", "sub(x) = x", "f(add) = add"] {
        assert_eq!(fault(line).reason, Reason::ReservedName, "{line}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn faults() {
    use Reason::{
        Arity, DivisionByZero, Domain, Limit, ReservedName, Syntax, Type, Undecided, UnknownName,
    };
    for (line, reason, place, message) in [
        (
            "f(sin) = 1",
            ReservedName,
            2..5,
            "'sin' cannot be redefined: it is a function",
        ),
        (
            "1 +",
            Syntax,
            3..3,
            "expected a number, a name or '(' after '+', found the end of the line",
        ),
        ("sqr(3)", UnknownName, 0..6, "unknown function 'sqr'"),
        ("2 + fo", UnknownName, 4..6, "unknown name 'fo'"),
        ("ans", UnknownName, 0..3, "there is no last answer"),
        (
            "sqrt(1, 2)",
            Arity,
            0..10,
            "'sqrt' takes 1 argument, found 2",
        ),
        ("sqrt()", Arity, 0..6, "'sqrt' takes 1 argument, found 0"),
        (
            "f(x) = x; f(1, 2)",
            Arity,
            10..17,
            "'f' takes 1 argument, found 2",
        ),
        (
            "if(1, 2)",
            Arity,
            0..2,
            "'if' takes 3 arguments, found fewer",
        ),
        (
            "pi = 3",
            ReservedName,
            0..2,
            "'pi' cannot be redefined: it is a constant",
        ),
        (
            "sqrt = 3",
            ReservedName,
            0..4,
            "'sqrt' cannot be redefined: it is a function",
        ),
        (
            "add = 3",
            ReservedName,
            0..3,
            "'add' cannot be redefined: it is a command",
        ),
        ("true = 3", ReservedName, 0..4, "'true' cannot be redefined"),
        ("é = 1; 1/0", DivisionByZero, 8..9, "division by zero"),
        ("0^-1", DivisionByZero, 1..2, "division by zero"),
        ("5 mod 0", DivisionByZero, 2..5, "division by zero"),
        (
            "f(x) = 1/x; f(0)",
            DivisionByZero,
            12..16,
            "division by zero (at '/' in a function)",
        ),
        (
            "sqrt(-1)",
            Domain,
            0..8,
            "an even root of a negative number is not real",
        ),
        (
            "(-8)^(1/3)",
            Domain,
            4..5,
            "a fractional power of a negative number is not real",
        ),
        (
            "ln(0)",
            Domain,
            0..5,
            "only positive numbers have a logarithm",
        ),
        ("asin(2)", Domain, 0..7, "a sine is always from -1 to 1"),
        ("2.5!", Domain, 3..4, "only integers >= 0 have a factorial"),
        (
            "gamma(-2)",
            Domain,
            0..9,
            "the gamma function has no value at 0 and at negative integers",
        ),
        (
            "gcd(1.5, 2)",
            Domain,
            0..11,
            "the operand must be an integer",
        ),
        (
            "true + 1",
            Type,
            5..6,
            "'true' is used where a number is expected",
        ),
        (
            "if(1, 2, 3)",
            Type,
            0..2,
            "a number is used where true or false is expected",
        ),
        ("pi(3)", Type, 0..5, "'pi' is a value, not a function"),
        ("x = 1; x(3)", Type, 7..11, "'x' is a value, not a function"),
        ("2 sqrt", Type, 2..6, "'sqrt' is a function"),
        (
            "sin(1)^2 + cos(1)^2 == 1",
            Undecided,
            20..22,
            "cannot decide which of the two numbers is greater",
        ),
        (
            "1/(sin(1)^2 + cos(1)^2 - 1)",
            Undecided,
            1..2,
            "cannot decide whether the divisor is zero",
        ),
        (
            "floor(sin(1)^2 + cos(1)^2)",
            Undecided,
            0..26,
            "cannot decide on which side of an integer the number lies",
        ),
        ("1/sin(pi)", DivisionByZero, 1..2, "division by zero"),
        (
            "tan(pi/2)",
            Domain,
            0..9,
            "the tangent has no value where the cosine is 0",
        ),
        (
            "atanh(sin(pi/2) ^ 1.0)",
            Domain,
            0..22,
            "only numbers between -1 and 1 are hyperbolic tangents",
        ),
        (
            "gcd(9^9^9, 3)",
            Limit,
            0..13,
            "the integer is so long that only its first digits are known",
        ),
        (
            "10^10^10!",
            Limit,
            2..3,
            "the result is beyond the limit of 2^2305843009213693951 or closer to 0 than 2^-2305843009213693951",
        ),
        (
            "f(x) = f(x + 1); f(0)",
            Limit,
            17..21,
            "function calls are nested deeper than the limit of 128 levels (at 'f(x + 1)' in a function)",
        ),
        (
            "1 to 1001 digits",
            Limit,
            5..16,
            "1001 digits are more than the limit of 1000",
        ),
    ] {
        let found = fault(line);
        assert_eq!(
            (found.reason, found.span, found.message.as_str()),
            (reason, Some(place), message),
            "{line:?}"
        );
    }
    assert_eq!(fault("sqt(3)").help, "did you mean 'sqrt'?");
    for (line, help) in [
        ("sqr(3)", "write x^2"),
        ("fac(3)", "write n!, or factorial(n)"),
        ("hex(255)", "write 255 to hex"),
        ("x += 1", "write x = x + ..., with the name on both sides"),
        ("let x = 1", "write x = 1, without 'let'"),
        ("x := 1", "write name = value to define"),
        ("c ? a : b", "write if(condition, then, else)"),
        ("5 div 2", "write 7 // 2, or quotient(7, 2)"),
        ("5 nCr 2", "write nCr(5, 2)"),
        ("true && false", "write and"),
        ("if(1 => 2, 3, 4)", "write >= for 'at least'"),
    ] {
        assert_eq!(fault(line).help, help, "{line}");
    }
    assert_eq!(fault("pi(3)").help, "write pi * (...) to multiply");
}

/// A line that crosses a limit gets a fault that names the limit and its value.
#[test]
fn limits() {
    for (line, message) in [
        ("shl(1, 1000000)", "longer than the limit of 1000000 bits"),
        ("fib(10^7)", "longer than the limit of 1000000 bits"),
        (
            "comb(10^7, 5*10^6)",
            "longer than the limit of 1000000 bits",
        ),
        (
            "lcm(2^600000, 3^300000)",
            "limit of 50 ms for one operation",
        ),
        ("exp(10^19)", "beyond the limit of 2^2305843009213693951"),
        ("exp(-10^19)", "closer to 0 than 2^-2305843009213693951"),
        (
            "1e-9999999999999999999",
            "closer to 0 than 2^-2305843009213693951",
        ),
        (
            "gamma(10^7 + 0.5)",
            "beyond the limit of 2^2305843009213693951",
        ),
        ("sin(2^16384)", "the angle is beyond the limit of 2^16384"),
        (
            "floor(exp(20000))",
            "longer than the limit of 16384 bits for real numbers",
        ),
        (
            "powmod(3, 2^999999, 7^999)",
            "more work than the limit of 1000 ms",
        ),
    ] {
        let found = fault(line);
        assert_eq!(found.reason, Reason::Limit, "{line}: {found}");
        assert!(found.message.contains(message), "{line}: {found}");
    }
    let little = Limits {
        work: 20_000_000,
        ..Limits::default()
    };
    for line in [
        "factor((2^89 - 1)*(2^107 - 1))",
        "f(n) = if(n < 2, n, f(n - 1) + f(n - 2)); f(60)",
    ] {
        let mut work = Work::new(&little, little.work, &|| None);
        let found = evaluate(line, Options::default(), &mut work).unwrap_err();
        assert!(
            found
                .message
                .contains("needs more work than the limit of 20 ms"),
            "{found}"
        );
        assert!(work.is_spent());
    }
    let many = format!("max({})", vec!["shl(1, 999999)"; 200].join(", "));
    assert!(
        fault(&many)
            .message
            .contains("more than the limit of 16 MiB")
    );
    // Lines just within the limits have answers.
    for line in [
        "2^999999",
        "sin(2^16000)",
        "exp(10^7)",
        "5000!",
        "1.0001^1000000",
    ] {
        answer(line);
    }
}

/// Balls of numbers that are tiny, or huge, or perhaps zero.
#[test]
fn exponents_stay_within_their_type() {
    for line in [
        "1e-9999999999999999999",
        "(pi/pi*4)^9223372036854775807",
        "pi^(10^300000)",
        "1.5^(10^19000)",
    ] {
        assert_eq!(fault(line).reason, Reason::Limit, "{line}");
    }
    for line in [
        "f(x) = f(log2(x + 1)%^480); f(tau)",
        "x = sin(1)^2 + cos(1)^2 - 1; 1/x^999^2",
    ] {
        let reason = fault(line).reason;
        assert!(
            matches!(reason, Reason::Undecided | Reason::Limit),
            "{line}"
        );
    }
    table(&[
        (
            "x = sin(1)^2 + cos(1)^2 - 1; (((x^999)^9999)^99999)^999999 + 1",
            "~1",
        ),
        ("0.5^(9*10^17) + 1", "~1"),
        ("2^(2^60)", "~5.854927860171261767e347063955532709820"),
        ("1/2^(2^60)", "~1.7079629738952054728e-347063955532709821"),
        ("cos(1/2^(2^60))", "~1"),
        ("floor(1/2^(2^60) + 5.5)", "5"),
        ("1/2^(2^60) == 0", "false"),
        ("2^(2^60) - 2^(2^60)", "0"),
        ("atan(10^5000)", "~1.5707963267948966192"),
        ("sinh(-9000)", "~-2.2351523665827213204e3908"),
        ("asinh(10^5000)", "~11513.618612150788365"),
        ("acosh(1 + 1e-4000)", "~1.4142135623730950488e-2000"),
    ]);
}

#[test]
fn operands_below_the_domain_of_acosh() {
    for line in ["acosh(1/2)", "acosh(0)", "acosh(-5)", "acosh(sin(1))"] {
        let fault = fault(line);
        assert_eq!(fault.reason, Reason::Domain, "{line}");
        assert_eq!(
            fault.message, "acosh needs a number that is at least 1",
            "{line}"
        );
    }
}

#[test]
fn more_digits() {
    let options = |digits| Options {
        digits,
        in_full: false,
        ..Options::default()
    };
    for (line, digits, text) in [
        (
            "pi",
            50,
            "3.1415926535897932384626433832795028841971693993751",
        ),
        ("1/7", 30, "0.142857142857142857142857142857"),
        ("1/4", 1, "0.3"),
        ("123.456", 3, "123"),
        ("1234.56", 3, "1.23e3"),
        ("123456", 3, "123456"),
        ("2^0.5 + 10^20", 30, "100000000000000000001.414213562"),
        ("1e30/7", 3, "1.43e29"),
    ] {
        assert_eq!(rendered(line, options(digits)).text, text, "{line}");
    }
    assert_eq!(rendered("pi", options(1000)).text.len(), 1001);
    for digits in [0, 1001] {
        assert_eq!(
            evaluated("pi", options(digits)).unwrap_err().reason,
            Reason::Limit
        );
    }
}

#[test]
fn degrees() {
    let degrees = Options {
        angle: AngleUnit::Degree,
        ..Options::default()
    };
    for (line, text, rounded) in [
        ("sin(30)", "0.5", false),
        ("cos(-240)", "-0.5", false),
        ("tan(45)", "1", false),
        ("tan(135)", "-1", false),
        ("sin(45)", "0.7071067811865475244", true),
        ("asin(1/2)", "30", false),
        ("acos(-1/2)", "120", false),
        ("atan(1)", "45", false),
        ("atan2(1, -1)", "135", false),
    ] {
        let found = rendered(line, degrees);
        assert_eq!(
            (found.text.as_str(), found.rounded),
            (text, rounded),
            "{line}"
        );
    }
    assert_eq!(
        evaluated("tan(90)", degrees).unwrap_err().reason,
        Reason::Domain
    );
}

#[test]
fn typed_values() {
    let typed = |line| rendered(line, Options::default()).typed;
    assert_eq!(typed("2^62"), Some(ExactValue::Integer(1 << 62)));
    assert_eq!(typed("-2^63"), Some(ExactValue::Integer(i64::MIN)));
    assert_eq!(typed("2^63"), None);
    assert_eq!(typed("0xff to hex"), Some(ExactValue::Integer(255)));
    assert_eq!(typed("-1/3"), Some(ExactValue::Ratio(-1, 3)));
    let long = (1.into(), dashu_int::UBig::from(3u8).pow(100));
    assert_eq!(typed("1/3^100"), Some(ExactValue::Fraction(Box::new(long))));
    assert_eq!(typed("1 < 2"), Some(ExactValue::Truth(true)));
    assert_eq!(typed("factor(60)"), Some(ExactValue::Integer(60)));
    assert_eq!(typed("pi"), None);
    assert_eq!(typed("1/3^10000"), None);
    assert_eq!(typed("10^5000"), None);
}

/// The examples of the table have the answers that it gives.
#[test]
fn examples_of_functions() {
    for function in library::all() {
        let (line, expected) = function.example;
        assert_eq!(
            rendered(line, Options::default()).text,
            expected,
            "{}",
            function.names[0]
        );
        assert!(line.contains(function.names[0]) && !function.summary.is_empty());
        for name in function.all_names() {
            assert!(
                std::ptr::eq(library::find(name).unwrap(), function),
                "{name}"
            );
        }
    }
}

#[test]
fn an_interrupt_ends_the_work() {
    let limits = Limits::default();
    for (interruption, reason) in [
        (Interruption::Cancelled, Reason::Cancelled),
        (Interruption::OutOfTime, Reason::Limit),
    ] {
        let interrupted = || Some(interruption);
        let mut work = Work::new(&limits, limits.work, &interrupted);
        let line = "f(n) = if(n < 2, n, f(n - 1) + f(n - 2)); f(40)";
        let fault = evaluate(line, Options::default(), &mut work).unwrap_err();
        assert_eq!(fault.reason, reason);
        assert!(!work.is_spent());
    }
}

fn rational() -> impl Strategy<Value = String> {
    prop_oneof![
        (-1000i64..1000).prop_map(|n| format!("({n})")),
        any::<i64>().prop_map(|n| format!("({n})")),
        (any::<i32>(), 1i32..1000).prop_map(|(n, d)| format!("({n}/{d})")),
        ("-?[0-9]{1,40}", "[0-9]{1,30}").prop_map(|(a, b)| format!("({a}.{b})")),
        (any::<i64>(), any::<i64>(), 1..40u32).prop_map(|(a, b, n)| format!("({a}*{b}/7^{n})")),
    ]
}

proptest! {
    #[test]
    fn any_line_has_an_answer_or_a_fault(line in "[-+*/^%!()a-z0-9., =<>;²√½|&~#'\t×－１]{0,40}") {
        let limits = Limits { work: 20_000_000, ..Limits::default() };
        let mut work = Work::new(&limits, limits.work, &|| None);
        if let Err(fault) = evaluate(&line, Options::default(), &mut work) {
            let span = fault.span.unwrap_or(0..0);
            prop_assert!(span.start <= span.end && span.end <= line.chars().count());
        }
    }

    #[test]
    fn field_laws(a in rational(), b in rational(), c in rational()) {
        for law in [
            format!("{a} + {b} == {b} + {a}"),
            format!("{a} * {b} == {b} * {a}"),
            format!("({a} + {b}) + {c} == {a} + ({b} + {c})"),
            format!("({a} * {b}) * {c} == {a} * ({b} * {c})"),
            format!("{a} * ({b} + {c}) == {a} * {b} + {a} * {c}"),
            format!("{a} - {a} == 0"),
            format!("{a} + 0 == {a}"),
            format!("if({a} == 0, true, {a} / {a} == 1)"),
            format!("if({b} == 0, true, {a} / {b} * {b} == {a})"),
            format!("if({b} == 0, true, quotient({a}, {b}) * {b} + {a} mod {b} == {a})"),
            format!("({a})² == {a} * {a}"),
            format!("{a} < {b} == (0 < {b} - {a})"),
        ] {
            prop_assert_eq!(answer(&law), "true", "{}", law);
        }
    }

    /// An exact text reads back to the same value, in every setting.
    #[test]
    fn exact_text_reads_back(a in rational(), digits in 1..100u32, in_full: bool, base in 0..4usize, form in prop::sample::select(vec![
        "", " to fraction", " to sci", " to mixed", " to hex", " to base 7", " to eng", " to percent",
        " to 3 dp", " to integer", " to hex64", " to exact", " to 30 digits", " to roman",
    ])) {
        let base = [Base::Decimal, Base::Hexadecimal, Base::Octal, Base::Binary][base];
        let options = Options { digits, in_full, base, ..Options::default() };
        let Ok(found) = evaluated(&format!("{a}{form}"), options) else {
            // The value has no such form.
            return Ok(());
        };
        let found = found.value.unwrap();
        if !found.rounded {
            let equal = format!("{} == {a}", found.text);
            prop_assert_eq!(answer(&equal), "true", "{}", equal);
        }
    }

    /// The short exact form of a number is the same number.
    #[test]
    fn exact_forms_read_back(a in 1..60u32, b in -40i32..40, c in 1..12u32, d in 1..12u32, line in prop::sample::select(vec![
        "sqrt(A) * B/C", "B + A*sqrt(D)/C", "pi*B/A + D", "e^(B/C)", "ln(A) * B/C", "sin(B pi/D)", "cbrt(A)/C", "pi^2/A",
        "1/sqrt(A) + 1/sqrt(D)", "ln(A)/ln(C + 1)", "(1 + sqrt(A))/(C + sqrt(D))", "exp(A)/pi", "atan(1)*B", "cos(pi/D)^C", "B/C",
        "sqrt(A)^3/(C*pi)", "log2(A)", "A^(1/C)",
    ])) {
        let number = |name, value: String| (name, format!("({value})"));
        let numbers = [number("A", a.to_string()), number("B", b.to_string()), number("C", c.to_string()), number("D", d.to_string())];
        let line = numbers.iter().fold(line.to_owned(), |line, (name, value)| line.replace(name, value));
        let options = Options { source: true, ..Options::default() };
        if let Ok(answer) = evaluated(&line, options)
            && let Some(source) = answer.remarks.and_then(|remarks| remarks.source)
        {
            let equal = format!("{source} == {line}");
            prop_assert_eq!(self::answer(&equal), "true", "{}", equal);
        }
    }

    /// The text of a rounded fraction is off by at most half a unit of the last digit.
    #[test]
    fn rounded_text_is_near(a in rational(), digits in 1..40u32) {
        let options = Options { digits, in_full: false, ..Options::default() };
        let found = rendered(&a, options).text;
        let off = format!("abs({found} - {a}) <= abs({a}) * 10^(1 - {digits})/2");
        prop_assert_eq!(answer(&off), "true", "{}", off);
    }
}
