//! Writes forms in the calculator's language, as in `2*sqrt(2)` or `pi/3`.

use dashu_int::{IBig, UBig};

use super::{Form, Monomial};
use crate::engine::number::exact::Exact;

/// The longest text of a form, in bytes. A longer form is of no use to people.
const LONGEST: usize = 24;

impl Form {
    /// Returns the form as text that evaluates to the same value. Returns `None` if the text is too
    /// long.
    pub(in crate::engine) fn text(&self) -> Option<String> {
        let mut text = String::new();
        let mut terms: Vec<_> = self.terms.iter().collect();
        // A positive term comes first, and among those a rational number.
        terms.sort_by_key(|(factor, monomial)| (factor.is_negative(), !monomial.is_one()));
        for (factor, monomial) in terms {
            let (numerator, denominator) = factor.bits();
            if !monomial.is_positive() {
                // The text would repeat the expression.
                return None;
            }
            if numerator.max(denominator) > 4 * LONGEST {
                return None;
            }
            let sign = match (text.is_empty(), factor.is_negative()) {
                (true, false) => "",
                (true, true) => "-",
                (false, false) => " + ",
                (false, true) => " - ",
            };
            text.push_str(sign);
            term(&factor.absolute(), monomial, &mut text);
            if text.len() > LONGEST {
                return None;
            }
        }
        if text.is_empty() {
            text.push('0');
        }
        Some(text)
    }
}

/// Writes `factor * monomial`. The factor is positive.
fn term(factor: &Exact, monomial: &Monomial, text: &mut String) {
    let mut numerator = Vec::new();
    let mut denominator = Vec::new();
    if factor.numerator() != IBig::ONE {
        numerator.push(factor.numerator().to_string());
    }
    if !factor.is_integer() {
        denominator.push(factor.denominator().to_string());
    }
    factors(monomial, &mut numerator, &mut denominator);
    if numerator.is_empty() {
        numerator.push("1".to_owned());
    }
    text.push_str(&numerator.join("*"));
    match &denominator[..] {
        [] => {}
        [one] => text.extend(["/", one]),
        many => text.extend(["/(", &many.join("*"), ")"]),
    }
}

/// Adds the factors of a product to those of a numerator and of a denominator.
fn factors(monomial: &Monomial, numerator: &mut Vec<String>, denominator: &mut Vec<String>) {
    let Monomial {
        pi,
        e,
        roots,
        logs,
        sine,
        ..
    } = monomial;
    for (name, exponent) in [("pi", pi), ("e", e)] {
        if exponent.is_negative() {
            denominator.push(named_power(name, &exponent.absolute()));
        } else if !exponent.is_zero() {
            numerator.push(named_power(name, exponent));
        }
    }
    // Square roots are joined: sqrt(6) and not sqrt(2)*sqrt(3).
    let is_square_root = |(_, exponent): &&(UBig, Exact)| *exponent == Exact::ratio(1, 2);
    let squares: Vec<_> = roots.iter().filter(is_square_root).collect();
    if !squares.is_empty() {
        let radicand = squares
            .iter()
            .fold(UBig::ONE, |product, (base, _)| product * base);
        numerator.push(format!("sqrt({radicand})"));
    }
    for (base, exponent) in roots.iter().filter(|root| !is_square_root(root)) {
        numerator.push(format!("{base}^({})", plain(exponent)));
    }
    for (base, count) in logs {
        let power = match count.unsigned_abs() {
            1 => format!("ln({base})"),
            count => format!("ln({base})^{count}"),
        };
        if *count < 0 {
            denominator.push(power);
        } else {
            numerator.push(power);
        }
    }
    if let Some(q) = sine {
        numerator.push(
            match (q.numerator().to_string().as_str(), q.denominator()) {
                ("1", d) => format!("sin(pi/{d})"),
                (n, d) => format!("sin({n}*pi/{d})"),
            },
        );
    }
}

/// Writes the power of a constant. The exponent is positive.
fn named_power(name: &str, exponent: &Exact) -> String {
    match exponent {
        Exact::Small(1, 1) => name.to_owned(),
        Exact::Small(1, 2) => format!("sqrt({name})"),
        _ if exponent.is_integer() => format!("{name}^{}", plain(exponent)),
        _ => format!("{name}^({})", plain(exponent)),
    }
}

/// Writes a rational number.
fn plain(q: &Exact) -> String {
    if q.is_integer() {
        return q.numerator().to_string();
    }
    format!("{}/{}", q.numerator(), q.denominator())
}
