//! Tables and properties of the grammar.

use proptest::prelude::*;

use super::*;

/// Some functions of one argument.
struct SomeFunctions;

impl Functions for SomeFunctions {
    fn takes_one_argument(&self, name: &str) -> bool {
        ["sin", "cos", "asin", "sqrt", "ln", "abs"].contains(&name)
    }

    fn is_unit(&self, name: &str) -> bool {
        matches!(name, "m" | "ft" | "in")
    }
}

fn read(line: &str) -> Result<Line<'_>, Box<SyntaxError>> {
    parse(line, &ParseLimits::default(), &SomeFunctions)
}

fn parsed(line: &str) -> Line<'_> {
    read(line).unwrap_or_else(|error| panic!("{line:?}: {error}"))
}

fn wrong(line: &str) -> SyntaxError {
    match read(line) {
        Ok(line) => panic!("{:?} was read as {line}", line.text),
        Err(error) => *error,
    }
}

/// Lines and their simplest spellings, which show how the operators are grouped.
#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn levels() {
    for (line, plain) in [
        ("1+2*3", "1 + 2*3"),
        ("(1+2)*3", "(1 + 2) * 3"),
        ("1-(2-3)", "1 - (2 - 3)"),
        ("1-2-3", "1 - 2 - 3"),
        ("8/4/2", "8/4/2"),
        ("-2^2", "-(2^2)"),
        ("(-2)^2", "(-2)^2"),
        ("2^-1", "2^-1"),
        ("2^3^2", "2^(3^2)"),
        ("(2^3)^2", "(2^3)^2"),
        ("2**3", "2^3"),
        ("1/2pi", "1/(2*pi)"),
        ("2 pi r", "2*pi*r"),
        ("3(4)", "3*4"),
        ("(1+2)(3+4)", "(1 + 2) * (3 + 4)"),
        ("2sqrt(9)", "2*sqrt(9)"),
        ("2√9", "2*√9"),
        ("√2^2", "√2^2"),
        ("√2 pi", "√2*pi"),
        ("2²³", "2^23"),
        ("x⁻¹", "x^-1"),
        ("2^3²", "2^(3^2)"),
        ("-2²", "-(2^2)"),
        ("5!!!", "multifactorial(5, 3)"),
        ("5! !", "(5!)!"),
        ("5!==120", "5! == 120"),
        ("5!=120", "5 != 120"),
        ("2^3!", "2^3!"),
        ("-5!", "-5!"),
        ("a<b+1", "a < b + 1"),
        ("1<2==true", "1 < 2 == true"),
        ("10%3", "10 mod 3"),
        ("10 % 3", "10 mod 3"),
        ("5% -3", "5% - 3"),
        ("5%", "5%"),
        ("5%*2", "5%*2"),
        ("200-10%+5", "200 * (1 - 10/100) + 5"),
        ("200+(10%)", "200 + (10%)"),
        ("200+-10%", "200 + -10%"),
        ("200+2*10%", "200 + 2*10%"),
        ("a × b ÷ c · d ⋅ e ∕ f − g", "a*b/c*d*e/f - g"),
        ("a ≤ b", "a <= b"),
        ("f(1, g(2), 3)", "f(1, g(2), 3)"),
        ("f()", "f()"),
        ("if(a, b, if(c, d, e))", "if(a, b, if(c, d, e))"),
        ("if (1 < 2, 3, 4) + 1", "if(1 < 2, 3, 4) + 1"),
        ("x = 3", "x = 3"),
        ("f(x, y) = x + y; f(1, 2)", "f(x, y) = x + y; f(1, 2)"),
        ("g() = 3", "g() = 3"),
        ("x == 3", "x == 3"),
        ("f(x) == 3", "f(x) == 3"),
        ("255 to hex", "255 to hex"),
        ("255 -> bin", "255 to bin"),
        ("1/3 to 30 digits to sci", "1/3 to 30 digits to sci"),
        ("1 ; 2 ;", "1; 2"),
        ("(255 to hex) * 2", "(255 to hex) * 2"),
        ("f(1 to hex) in bin", "f(1 to hex) to bin"),
        ("a or b and not c == d", "a or b and not c == d"),
        ("(a or b) and c", "(a or b) and c"),
        ("a < b == c < d", "a < b == c < d"),
        ("1 < x <= 5 < y", "1 < x and x <= 5 and 5 < y"),
        ("a | b xor c & d << e + f", "a | b xor c & d << e + f"),
        ("(a | b) & ~c", "(a | b) & ~c"),
        ("|a - |b||", "abs(a - abs(b))"),
        ("|a| b", "abs(a)*b"),
        ("f(|a|, 2)", "f(abs(a), 2)"),
        ("a // b * c", "floor(a/b)*c"),
        ("50% of x per y", "50%*x/y"),
        ("sqrt 16 + 9", "sqrt(16) + 9"),
        ("sin 2 pi", "sin(2*pi)"),
        ("sin x cos x", "sin(x)*cos(x)"),
        ("sin x f(2)", "sin(x)*f(2)"),
        ("2 sin x / 3", "2*sin(x)/3"),
        ("sin -1 * x", "sin(-1)*x"),
        ("x -1 * y", "x - 1*y"),
        ("sin - 1", "sin - 1"),
        ("ln x^2", "ln(x^2)"),
        ("sin x!", "sin(x!)"),
        ("sin^2 x", "sin(x)^2"),
        ("sin² x + cos^2(x) y", "sin(x)^2 + cos(x)^2*y"),
        ("sqrt sqrt 81", "sqrt(sqrt(81))"),
        ("sqrt √81", "sqrt(√81)"),
        ("abs |x|", "abs(abs(x))"),
        ("-sin x", "-sin(x)"),
        ("f(a\tb\t-c\t- d)", "f(a, b, -c - d)"),
        ("f(a\tto hex)", "f(a to hex)"),
        ("1,234,567.5 + 1 234 + 1'234", "1234567.5 + 1234 + 1234"),
        ("f(1,234)", "f(1, 234)"),
        ("1 2/3 x", "(1 + 2/3) * x"),
        ("1 2/3 != 2½", "(1 + 2/3) != (2 + 1/2)"),
        ("0.(3) + 0.1(6)...", "0.(3)... + 0.1(6)..."),
        ("1.08(250)", "1.08*250"),
        ("16#ff + 1# one", "16#ff + 1"),
        ("２＋ｘ×（３）", "2 + ｘ*3"),
        ("5+5=", "5 + 5"),
        ("-x =", "-x"),
        ("(x) =", "x"),
        ("1; 2 + x =", "1; 2 + x"),
        ("= x", "x"),
        ("5!=", "5!"),
        ("5!= # five", "5!"),
        ("to hex", "ans to hex"),
        ("mod(7, 3) mod 2", "mod(7, 3) mod 2"),
        ("3k M", "3*k*M"),
        ("", ""),
        (" \t\u{3000}# nothing", ""),
        ("\u{feff}1\u{a0}+\u{2009}2", "1 + 2"),
    ] {
        assert_eq!(parsed(line).to_string(), plain, "{line:?}");
    }
}

#[test]
fn percent_of_a_sum() {
    let operators = |line: &str| -> Vec<Binary> {
        let binary = |node: &Node| match node.kind {
            NodeKind::Binary(operator) => Some(operator),
            _ => None,
        };
        parsed(line).nodes.iter().filter_map(binary).collect()
    };
    assert_eq!(operators("a + b%"), [Binary::AddPercent]);
    assert_eq!(operators("a - (b)%"), [Binary::SubtractPercent]);
    for line in ["a + (b%)", "a + -b%", "a + 2 b%", "a + b% * 1", "a * b%"] {
        assert!(!operators(line).contains(&Binary::AddPercent), "{line}");
    }
}

#[test]
fn literals() {
    for line in [
        "1_000_000",
        "1.5e-3",
        ".5",
        "5.",
        "½",
        "0xff",
        "0XfF",
        "0b101",
        "0o17",
        "1e5",
        "1E+5",
        "1e−3",
        "0.1_5",
        "2½",
        "1 ½",
        "1 2/3",
        "0xf.5",
        "0x1.8p-3",
        "36#zz.z",
        "1,234,567.89",
        "1 234 567",
        "1\u{202f}234",
        "1'234",
        "0.(3)",
        "12.1(6)...",
        "1e–3",
    ] {
        let line = parsed(line);
        assert_eq!(line.nodes.len(), 1, "{}", line.text);
        assert_eq!(line.nodes[0].kind, NodeKind::Literal);
    }
    for (line, count) in [
        ("2pi", 3),
        ("2e", 3),
        ("2e+1x", 3),
        ("5.e", 3),
        ("1e5pi", 3),
    ] {
        assert_eq!(parsed(line).nodes.len(), count, "{line}");
    }
    for line in [
        "1.2.3",
        "1e5.5",
        "0xg",
        "0x",
        "0b102",
        "0o8",
        "1__0",
        "1_",
        "1_.5",
        "1._5",
        "_1 1",
        "½2",
        "1..2",
        "1...3",
        "2 3",
        "x 3",
        "(1)2",
        "3e5e5 2",
        "3e-.5",
        "2e-",
        "3e.5",
        "3,14",
        "0,5",
        "1,2345",
        "1234,567",
        "1,234,5",
        "1.5,2",
        "1'23",
        "1'2345",
        "1 2/3/4",
        "1 2/3^2",
        "1 2/3!",
        "1 3/2",
        "1 2/ 3",
        "2#2",
        "0x1.g",
        "f(1,000)",
        "f(1,234, 5)",
        "f(1 234)",
        "1\u{200b}2",
        "a\u{ad}b",
        "8% 9",
        "15% x",
        "50%(2)",
        "5%%",
        "5 % -3",
        "5 % +3",
        "9%√4",
    ] {
        assert_eq!(wrong(line).kind, SyntaxErrorKind::Wrong, "{line}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn errors_and_their_places() {
    for (line, kind, place, message) in [
        (
            "if()",
            SyntaxErrorKind::Arity,
            0..2,
            "'if' takes 3 arguments, found none",
        ),
        (
            "1 +",
            SyntaxErrorKind::Incomplete,
            3..3,
            "expected a number, a name or '(' after '+', found the end of the line",
        ),
        (
            "(1 + 2",
            SyntaxErrorKind::Incomplete,
            0..1,
            "this '(' is not closed",
        ),
        (
            "sqrt(",
            SyntaxErrorKind::Incomplete,
            5..5,
            "expected a number, a name or '(', found the end of the line",
        ),
        (
            "f(1, 2",
            SyntaxErrorKind::Incomplete,
            0..1,
            "the '(' of 'f' is not closed",
        ),
        (
            "x =",
            SyntaxErrorKind::Incomplete,
            3..3,
            "expected a number, a name or '(', found the end of the line",
        ),
        (
            "1 to",
            SyntaxErrorKind::Incomplete,
            4..4,
            "expected a conversion such as 'hex', found the end of the line",
        ),
        (
            "if(",
            SyntaxErrorKind::Incomplete,
            3..3,
            "expected a number, a name or '(', found the end of the line",
        ),
        (
            "1 + * 2",
            SyntaxErrorKind::Wrong,
            4..5,
            "expected a number, a name or '(' after '+', found '*'",
        ),
        (
            "1)",
            SyntaxErrorKind::Wrong,
            1..2,
            "this ')' has no matching '('",
        ),
        (
            "()",
            SyntaxErrorKind::Wrong,
            1..2,
            "expected a number, a name or '(', found ')'",
        ),
        (
            "f(1,)",
            SyntaxErrorKind::Wrong,
            4..5,
            "expected a number, a name or '(', found ')'",
        ),
        (
            "1, 2",
            SyntaxErrorKind::Wrong,
            1..2,
            "the comma is outside of a function call",
        ),
        (
            "é $",
            SyntaxErrorKind::Wrong,
            2..3,
            "unexpected character '$'",
        ),
        (
            "1 2",
            SyntaxErrorKind::Wrong,
            2..3,
            "expected an operator, found '2'",
        ),
        (
            "1 = 2",
            SyntaxErrorKind::Wrong,
            2..3,
            "expected an operator, found '='",
        ),
        (
            "x = y = 2",
            SyntaxErrorKind::Wrong,
            6..7,
            "expected an operator, found '='",
        ),
        (
            "f(2) = 2",
            SyntaxErrorKind::Wrong,
            5..6,
            "expected an operator, found '='",
        ),
        (
            "f(x, x) = 2",
            SyntaxErrorKind::Wrong,
            5..6,
            "two parameters are called 'x'",
        ),
        (
            "f(x y) = 2",
            SyntaxErrorKind::Wrong,
            4..5,
            "expected ',', found 'y'",
        ),
        (
            "f(x,) = 2",
            SyntaxErrorKind::Wrong,
            4..5,
            "expected a parameter's name, found ')'",
        ),
        (
            "f(x) = ans",
            SyntaxErrorKind::Wrong,
            7..10,
            "'ans' cannot be used in a function",
        ),
        (
            "to = 2",
            SyntaxErrorKind::Reserved,
            0..2,
            "'to' cannot be redefined",
        ),
        (
            "f(if) = 2",
            SyntaxErrorKind::Reserved,
            2..4,
            "'if' cannot be redefined",
        ),
        (
            "if(1, 2)",
            SyntaxErrorKind::Arity,
            0..2,
            "'if' takes 3 arguments, found fewer",
        ),
        (
            "if(1, 2, 3, 4)",
            SyntaxErrorKind::Arity,
            0..2,
            "'if' takes 3 arguments, found more",
        ),
        (
            "(1; 2)",
            SyntaxErrorKind::Wrong,
            2..3,
            "expected ')', found ';'",
        ),
        (
            ";",
            SyntaxErrorKind::Wrong,
            0..1,
            "expected a number, a name or '(', found ';'",
        ),
        (
            "1 to +",
            SyntaxErrorKind::Wrong,
            5..6,
            "expected a conversion such as 'hex', found '+'",
        ),
        (
            "1 to 0 digits",
            SyntaxErrorKind::Wrong,
            5..6,
            "'0' is not a valid count of digits",
        ),
        (
            "1 to hex 2",
            SyntaxErrorKind::Wrong,
            9..10,
            "expected the end of the statement, found '2'",
        ),
        (
            "(1 to hex + 1)",
            SyntaxErrorKind::Wrong,
            10..11,
            "expected ')', found '+'",
        ),
        (
            "|1 + 2",
            SyntaxErrorKind::Incomplete,
            0..1,
            "this '|' is not closed",
        ),
        (
            "(|1)",
            SyntaxErrorKind::Wrong,
            1..2,
            "this '|' is not closed",
        ),
        (
            "1 || 2",
            SyntaxErrorKind::Wrong,
            2..4,
            "expected an operator, found '||'",
        ),
        (
            "x += 1",
            SyntaxErrorKind::Wrong,
            3..4,
            "expected a number, a name or '(' after '+', found '='",
        ),
        (
            "2^sin 1",
            SyntaxErrorKind::Wrong,
            2..5,
            "the call of 'sin' in an exponent needs parentheses",
        ),
        (
            "sin^-1 x",
            SyntaxErrorKind::Wrong,
            0..5,
            "this exponent could mean the inverse function or a quotient",
        ),
        (
            "１２ $",
            SyntaxErrorKind::Wrong,
            3..4,
            "unexpected character '$'",
        ),
        (
            "in = 2",
            SyntaxErrorKind::Reserved,
            0..2,
            "'in' cannot be redefined",
        ),
        ("2⁻", SyntaxErrorKind::Wrong, 1..2, "'⁻' is not an integer"),
        (
            "2³⁻¹",
            SyntaxErrorKind::Wrong,
            1..4,
            "'³⁻¹' is not an integer",
        ),
    ] {
        let error = wrong(line);
        assert_eq!(
            (error.kind, error.characters(line), error.message.as_str()),
            (kind, place, message),
            "{line:?}"
        );
    }
}

#[test]
fn limits() {
    let limits = ParseLimits::default();
    let nested = |depth: usize, open: &str, close: &str| {
        let line = format!("{}1{}", open.repeat(depth), close.repeat(depth));
        parse(&line, &limits, &SomeFunctions)
            .map(|_| ())
            .map_err(|error| error.kind)
    };
    for (open, close) in [
        ("(", ")"),
        ("-", ""),
        ("f(", ")"),
        ("√", ""),
        ("if(true,1,", ")"),
    ] {
        assert_eq!(nested(limits.nesting, open, close), Ok(()), "{open}");
        assert_eq!(
            nested(limits.nesting + 1, open, close),
            Err(SyntaxErrorKind::Limit),
            "{open}"
        );
        assert_eq!(
            nested(5_000, open, close),
            Err(SyntaxErrorKind::Limit),
            "{open}"
        );
    }
    let longest = format!("1{}", " ".repeat(limits.line - 1));
    assert!(parse(&longest, &limits, &SomeFunctions).is_ok());
    assert_eq!(
        parse(&(longest + " "), &limits, &SomeFunctions)
            .unwrap_err()
            .kind,
        SyntaxErrorKind::Limit
    );
}

/// A chain of operators can be as long as a line.
#[test]
fn chains() {
    let limits = ParseLimits::default();
    for part in [
        "+1", "^1", "! ", "²", "(1)", "-1", "==1", "<1", "/1", " mod 1", ";1", " and 1", " xor 1",
    ] {
        let count = (limits.line - 1) / part.len();
        let line = format!("1{}", part.repeat(count));
        assert!(parse(&line, &limits, &SomeFunctions).is_ok(), "{part}");
    }
    let call = format!("f(1{})", ",1".repeat(30_000));
    assert!(parse(&call, &limits, &SomeFunctions).is_ok());
}

fn expression() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        "[0-9]{1,3}",
        "[0-9]{1,2}\\.[0-9]{1,2}",
        Just("½".to_owned()),
        "[xyz]",
        Just("pi".to_owned()),
    ];
    leaf.prop_recursive(6, 40, 3, |inner| {
        let binary = prop::sample::select(vec![
            "+", "-", "*", "/", "^", "mod", "<", "==", "!=", "×", "−", ">=", "//", "|", "&", "xor",
            "<<", "and", "or", "of",
        ]);
        prop_oneof![
            (inner.clone(), binary, inner.clone()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
            inner.clone().prop_map(|a| format!("({a})")),
            inner.clone().prop_map(|a| format!("-{a}")),
            inner.clone().prop_map(|a| format!("√{a}")),
            inner.clone().prop_map(|a| format!("not {a}")),
            inner.clone().prop_map(|a| format!("sin {a}")),
            inner.clone().prop_map(|a| format!("|{a}|")),
            inner.clone().prop_map(|a| format!("({a} to hex)")),
            inner.clone().prop_map(|a| format!("({a})!")),
            inner.clone().prop_map(|a| format!("({a})!!!")),
            inner.clone().prop_map(|a| format!("({a})²")),
            inner.clone().prop_map(|a| format!("({a})%")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a})({b})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) + ({b})%")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("f({a}, {b})")),
            (inner.clone(), inner.clone(), inner)
                .prop_map(|(a, b, c)| format!("if({a}, {b}, {c})")),
        ]
    })
}

proptest! {
    #[test]
    fn any_text_parses_or_fails(line in any::<String>()) {
        if let Err(error) = read(&line) {
            let place = error.characters(&line);
            prop_assert!(place.start <= place.end && place.end <= line.chars().count());
        }
    }

    #[test]
    fn any_tokens_parse_or_fail(
        tokens in prop::collection::vec(prop::sample::select(vec![
            "1", "2.5", "x", "f", "(", ")", ",", ";", "+", "-", "*", "/", "%", "^", "!", "!!", "=",
            "==", "!=", "<", "->", "to", "mod", "if", "hex", "²", "√", " ", "digits", "ans", "#", "½",
            "|", "||", "&", "//", "and", "not", "sin", "\t", "'", "１", "\u{200b}", "...", "0.(3)", "e-",
            "16", "of", "k", "base",
        ]), 0..30),
    ) {
        let line = tokens.concat();
        if let Err(error) = read(&line) {
            let place = error.characters(&line);
            prop_assert!(place.start <= place.end && place.end <= line.chars().count());
        }
    }

    #[test]
    fn parse_print_parse(line in expression()) {
        let first = read(&line);
        prop_assume!(first.is_ok());
        let first = first.unwrap();
        let printed = first.to_string();
        let second = read(&printed);
        prop_assert!(second.is_ok(), "{} became {}", line, printed);
        // The text of a line is its own text. Tests of the engine compare the values.
        prop_assert_eq!(second.unwrap().to_string(), printed);
    }

    /// A line with an additional `(` before it or `+` after it is incomplete, not wrong.
    #[test]
    fn an_open_parenthesis_is_incomplete(line in expression()) {
        prop_assume!(read(&line).is_ok());
        let open = format!("({line}");
        prop_assert_eq!(read(&open).unwrap_err().kind, SyntaxErrorKind::Incomplete);
        let trailing = format!("{line} +");
        prop_assert_eq!(read(&trailing).unwrap_err().kind, SyntaxErrorKind::Incomplete);
    }
}

#[test]
fn nodes_are_small() {
    assert_eq!(size_of::<NodeKind>(), 8);
    assert_eq!(size_of::<Node>(), 16);
}
