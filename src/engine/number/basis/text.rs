//! Writes forms in the calculator's language, as in `2*sqrt(2)` or `pi/3`.

use std::fmt::Write as _;

use dashu_int::UBig;

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
    let factors = factors(monomial);
    let numerator = factor.numerator().to_string();
    if factors.is_empty() {
        text.push_str(&numerator);
    } else {
        if numerator != "1" {
            text.extend([&numerator, "*"]);
        }
        text.push_str(&factors.join("*"));
    }
    if !factor.is_integer() {
        text.extend(["/", &factor.denominator().to_string()]);
    }
}

/// Writes the factors of a product.
fn factors(monomial: &Monomial) -> Vec<String> {
    let Monomial {
        pi,
        e,
        roots,
        logs,
        sine,
        ..
    } = monomial;
    let mut factors = Vec::new();
    factors.extend(named_power("pi", pi));
    factors.extend(named_power("e", e));
    // Square roots are joined: sqrt(6) and not sqrt(2)*sqrt(3).
    let is_square_root = |(_, exponent): &&(UBig, Exact)| *exponent == Exact::ratio(1, 2);
    let squares: Vec<_> = roots.iter().filter(is_square_root).collect();
    if !squares.is_empty() {
        let radicand = squares
            .iter()
            .fold(UBig::ONE, |product, (base, _)| product * base);
        factors.push(format!("sqrt({radicand})"));
    }
    for (base, exponent) in roots.iter().filter(|root| !is_square_root(root)) {
        factors.push(format!("{base}^({})", plain(exponent)));
    }
    for (base, count) in logs {
        let mut factor = format!("ln({base})");
        if *count != 1 {
            write!(factor, "^{count}").expect("writing to a String cannot fail");
        }
        factors.push(factor);
    }
    if let Some(q) = sine {
        factors.push(
            match (q.numerator().to_string().as_str(), q.denominator()) {
                ("1", d) => format!("sin(pi/{d})"),
                (n, d) => format!("sin({n}*pi/{d})"),
            },
        );
    }
    factors
}

/// Writes the power of a constant, if its exponent is not 0.
fn named_power(name: &str, exponent: &Exact) -> Option<String> {
    if exponent.is_zero() {
        return None;
    }
    Some(match exponent {
        Exact::Small(1, 1) => name.to_owned(),
        Exact::Small(1, 2) => format!("sqrt({name})"),
        Exact::Small(_, 1) | Exact::Big(_) if !exponent.is_negative() && exponent.is_integer() => {
            format!("{name}^{}", plain(exponent))
        }
        _ => format!("{name}^({})", plain(exponent)),
    })
}

/// Writes a rational number.
fn plain(q: &Exact) -> String {
    if q.is_integer() {
        return q.numerator().to_string();
    }
    format!("{}/{}", q.numerator(), q.denominator())
}
