//! Tables and properties of the grammar.

use proptest::prelude::*;

use super::*;

fn parsed(line: &str) -> Line<'_> {
    parse(line, &ParseLimits::default()).unwrap_or_else(|error| panic!("{line:?}: {error}"))
}

fn wrong(line: &str) -> SyntaxError {
    match parse(line, &ParseLimits::default()) {
        Ok(line) => panic!("{:?} was read as {line}", line.text),
        Err(error) => *error,
    }
}

/// Lines and their simplest spellings, which show how the operators are grouped.
#[test]
fn levels() {
    for (line, plain) in [
        ("1+2*3", "1 + 2 * 3"),
        ("(1+2)*3", "(1 + 2) * 3"),
        ("1-(2-3)", "1 - (2 - 3)"),
        ("1-2-3", "1 - 2 - 3"),
        ("8/4/2", "8 / 4 / 2"),
        ("-2^2", "-2^2"),
        ("(-2)^2", "(-2)^2"),
        ("2^-1", "2^-1"),
        ("2^3^2", "2^3^2"),
        ("(2^3)^2", "(2^3)^2"),
        ("2**3", "2^3"),
        ("1/2pi", "1 / 2 (pi)"),
        ("2 pi r", "2 (pi) (r)"),
        ("3(4)", "3 (4)"),
        ("(1+2)(3+4)", "(1 + 2) (3 + 4)"),
        ("2sqrt(9)", "2 (sqrt(9))"),
        ("2√9", "2 (√9)"),
        ("√2^2", "√2^2"),
        ("√2 pi", "(√2) (pi)"),
        ("2²³", "2²³"),
        ("x⁻¹", "x⁻¹"),
        ("2^3²", "2^3²"),
        ("-2²", "-2²"),
        ("5!!!", "5!! !"),
        ("5! !", "5! !"),
        ("5!==120", "5! == 120"),
        ("5!=120", "5 != 120"),
        ("2^3!", "2^3!"),
        ("-5!", "-5!"),
        ("a<b+1", "a < b + 1"),
        ("1<2==true", "1 < 2 == true"),
        ("10%3", "10 mod 3"),
        ("10 % 3", "10 mod 3"),
        ("5 % -3", "5 mod -3"),
        ("5% -3", "5% - 3"),
        ("5%", "5%"),
        ("5%*2", "5% * 2"),
        ("5%(2)", "5 mod 2"),
        ("200-10%+5", "200 - 10% + 5"),
        ("200+(10%)", "200 + (10%)"),
        ("200+-10%", "200 + -10%"),
        ("200+2*10%", "200 + 2 * 10%"),
        ("200 + 10%%", "200 + 10%%"),
        ("a × b ÷ c · d ⋅ e ∕ f − g", "a * b / c * d * e / f - g"),
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
        ("1/3 to 30 digits to sci", "1 / 3 to 30 digits to sci"),
        ("1 ; 2 ;", "1; 2"),
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
        "1.2.3", "1e5.5", "0xg", "0x", "0b102", "0o8", "1__0", "1_", "1_.5", "1._5", "_1 1", "2½",
        "½2", "0xf.5", "1..2", "2 3", "x 3", "(1)2", "3e5e5 2",
    ] {
        assert_eq!(wrong(line).kind, SyntaxErrorKind::Wrong, "{line}");
    }
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn errors_and_their_places() {
    for (line, kind, place, message) in [
        (
            "f(x) = x to hex",
            SyntaxErrorKind::Wrong,
            12..15,
            "the value is not shown, so it cannot be converted",
        ),
        (
            "1 to hex; 2",
            SyntaxErrorKind::Wrong,
            5..8,
            "the value is not shown, so it cannot be converted",
        ),
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
            "1 to hexx",
            SyntaxErrorKind::Wrong,
            5..9,
            "expected a conversion such as 'hex', found 'hexx'",
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
            "(1 to hex)",
            SyntaxErrorKind::Wrong,
            3..5,
            "expected ')', found 'to'",
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
        parse(&line, &limits)
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
    assert!(parse(&longest, &limits).is_ok());
    assert_eq!(
        parse(&(longest + " "), &limits).unwrap_err().kind,
        SyntaxErrorKind::Limit
    );
}

/// A chain of operators can be as long as a line.
#[test]
fn chains() {
    let limits = ParseLimits::default();
    for part in [
        "+1", "^1", "!", "%", "²", "(1)", "-1", "==1", "/1", " mod 1", ";1",
    ] {
        let count = (limits.line - 1) / part.len();
        let line = format!("1{}", part.repeat(count));
        assert!(parse(&line, &limits).is_ok(), "{part}");
    }
    let call = format!("f(1{})", ",1".repeat(30_000));
    assert!(parse(&call, &limits).is_ok());
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
            "+", "-", "*", "/", "^", "mod", "<", "==", "!=", "×", "−", ">=",
        ]);
        prop_oneof![
            (inner.clone(), binary, inner.clone()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
            inner.clone().prop_map(|a| format!("({a})")),
            inner.clone().prop_map(|a| format!("-{a}")),
            inner.clone().prop_map(|a| format!("√{a}")),
            inner.clone().prop_map(|a| format!("({a})!")),
            inner.clone().prop_map(|a| format!("({a})!!")),
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

/// Returns the nodes of a line with their words. The result does not depend on the spelling.
fn meaning(line: &Line<'_>) -> Vec<(NodeKind, String)> {
    let word = |node: &Node| match node.kind {
        NodeKind::Literal | NodeKind::Name | NodeKind::Postfix(Postfix::Superscript) => {
            node.span.of(line.text).to_owned()
        }
        NodeKind::Call { .. } => node.callee(line.text).to_owned(),
        _ => String::new(),
    };
    line.nodes
        .iter()
        .map(|node| (node.kind, word(node)))
        .collect()
}

proptest! {
    #[test]
    fn any_text_parses_or_fails(line in any::<String>()) {
        if let Err(error) = parse(&line, &ParseLimits::default()) {
            let place = error.characters(&line);
            prop_assert!(place.start <= place.end && place.end <= line.chars().count());
        }
    }

    #[test]
    fn any_tokens_parse_or_fail(
        tokens in prop::collection::vec(prop::sample::select(vec![
            "1", "2.5", "x", "f", "(", ")", ",", ";", "+", "-", "*", "/", "%", "^", "!", "!!", "=",
            "==", "!=", "<", "->", "to", "mod", "if", "hex", "²", "√", " ", "digits", "ans", "#", "½",
        ]), 0..30),
    ) {
        let line = tokens.concat();
        if let Err(error) = parse(&line, &ParseLimits::default()) {
            let place = error.characters(&line);
            prop_assert!(place.start <= place.end && place.end <= line.chars().count());
        }
    }

    #[test]
    fn parse_print_parse(line in expression()) {
        let first = parse(&line, &ParseLimits::default());
        prop_assume!(first.is_ok());
        let first = first.unwrap();
        let printed = first.to_string();
        let second = parse(&printed, &ParseLimits::default());
        prop_assert!(second.is_ok(), "{} became {}", line, printed);
        let second = second.unwrap();
        prop_assert_eq!(meaning(&first), meaning(&second), "{} became {}", line, printed);
        prop_assert_eq!(second.to_string(), printed.clone());
    }

    /// A line with an additional `(` before it or `+` after it is incomplete, not wrong.
    #[test]
    fn an_open_parenthesis_is_incomplete(line in expression()) {
        prop_assume!(parse(&line, &ParseLimits::default()).is_ok());
        let open = format!("({line}");
        prop_assert_eq!(parse(&open, &ParseLimits::default()).unwrap_err().kind, SyntaxErrorKind::Incomplete);
        let trailing = format!("{line} +");
        prop_assert_eq!(parse(&trailing, &ParseLimits::default()).unwrap_err().kind, SyntaxErrorKind::Incomplete);
    }
}
