//! The help of the operators and signs of the language.

/// The help of an operator.
#[derive(Debug)]
pub struct Operator {
    /// The signs and words that mean this operator. Each of them is a topic of help.
    pub names: &'static [&'static str],
    /// How the operator is written.
    pub usage: &'static str,
    /// The meaning of the operator, in one line.
    pub summary: &'static str,
    /// An example line, and the output of that line.
    pub example: (&'static str, &'static str),
}

const fn operator(
    names: &'static [&'static str],
    usage: &'static str,
    summary: &'static str,
    example: (&'static str, &'static str),
) -> Operator {
    Operator {
        names,
        usage,
        summary,
        example,
    }
}

/// The operators, the loosest first.
pub static OPERATORS: &[Operator] = &[
    operator(
        &["="],
        "NAME = VALUE, NAME(X, Y) = VALUE",
        "binds a name; an = at the end of a line is ignored",
        ("r = 3; 2r", "6"),
    ),
    operator(
        &["to", "as", "in", "->", "→"],
        "VALUE to FORM",
        "shows a value in a form, such as hex, fraction or 30 digits",
        ("255 to hex", "0xff"),
    ),
    operator(
        &["or"],
        "A or B",
        "true if A or B is true; B is evaluated only if A is false",
        ("1 > 2 or 2 > 1", "true"),
    ),
    operator(
        &["and"],
        "A and B",
        "true if A and B are true; B is evaluated only if A is true",
        ("1 < 2 and 2 < 1", "false"),
    ),
    operator(
        &["not"],
        "not A",
        "true if A is false",
        ("not 1 == 2", "true"),
    ),
    operator(
        &["==", "!=", "≠"],
        "A == B, A != B",
        "compares two values",
        ("0.1 + 0.2 == 0.3", "true"),
    ),
    operator(
        &["<", "<=", ">", ">=", "≤", "≥"],
        "A < B <= C",
        "compares numbers; comparisons form chains",
        ("1 < 3 <= 3", "true"),
    ),
    operator(
        &["|"],
        "A | B, |A|",
        "A or B, bit by bit; around a value its absolute value",
        ("|2 - 5| + (4 | 1)", "8"),
    ),
    operator(
        &["xor"],
        "A xor B",
        "the bits that differ in A and B",
        ("6 xor 3", "5"),
    ),
    operator(
        &["&"],
        "A & B",
        "the bits that A and B share",
        ("6 & 3", "2"),
    ),
    operator(
        &["<<", ">>"],
        "A << N, A >> N",
        "moves the bits of an integer",
        ("1 << 10", "1024"),
    ),
    operator(&["~"], "~A", "inverts all bits of an integer", ("~5", "-6")),
    operator(
        &["+", "-", "−"],
        "A + B, A - B, A + P%",
        "adds, subtracts; a percentage behind it is a part of A",
        ("200 - 10%", "180"),
    ),
    operator(
        &["*", "×", "·", "of"],
        "A * B, 2 pi, 5% of 200",
        "multiplies; so do operands side by side, which bind tighter than /",
        ("5% of 200", "10"),
    ),
    operator(&["/", "÷", "per"], "A / B", "divides", ("1/3 + 1/6", "0.5")),
    operator(
        &["//"],
        "A // B",
        "divides and rounds down",
        ("17 // 5", "3"),
    ),
    operator(
        &["%"],
        "A%, A % B",
        "percent; a remainder between operands with alike blanks, as in 17 % 5",
        ("17 % 5", "2"),
    ),
    operator(
        &["^", "**", "²", "⁻¹"],
        "A ^ B",
        "raises to a power, from the right",
        ("2^3^2", "512"),
    ),
    operator(
        &["√", "∛", "∜"],
        "√A",
        "the square, cube or fourth root",
        ("√16 + ∛27", "7"),
    ),
    operator(
        &["!", "!!", "!!!"],
        "N!, N!!, N!!!",
        "multiplies the integers up to N: all, every second, every third",
        ("5! + 5!!", "135"),
    ),
    operator(
        &[";"],
        "A; B",
        "separates statements; the last one gives the answer",
        ("x = 3; x^2", "9"),
    ),
];

impl Operator {
    /// Returns the operator with this sign or word.
    pub(super) fn find(name: &str) -> Option<&'static Self> {
        OPERATORS.iter().find(|row| row.names.contains(&name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{Limits, Options, Work, Worksheet};

    #[test]
    fn examples_print_what_they_say() {
        for row in OPERATORS {
            let (line, printed) = row.example;
            let limits = Limits::default();
            let mut work = Work::new(&limits, limits.work, &|| None);
            let answer = Worksheet::default().run(line, Options::default(), &mut work);
            let value = answer.unwrap().value.unwrap();
            assert_eq!(value.text, printed, "{line}");
        }
    }
}
