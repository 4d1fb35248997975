//! Names of units, and what is computed from the table once: an index of the names, dimensions and factors.

use std::{collections::HashMap, sync::OnceLock};

use super::{
    dimension::Dimension,
    exponent::Exponent,
    prefix::PREFIXES,
    product::{Scale, Unit},
    table::{UNITS, UnitRow},
};
use crate::engine::{
    Limits,
    budget::work::Work,
    number::{Number, exact::Exact},
};

/// What is computed from the table once.
struct Index {
    /// The row of each name without a prefix, and whether the name is a symbol.
    rows: HashMap<&'static str, (u16, bool)>,
    /// The plurals that rows do not have themselves.
    plurals: HashMap<String, u16>,
    /// The dimension and the factor of each row.
    definitions: Vec<(Dimension, Scale)>,
    /// The names of dimensions.
    dimensions: Vec<(Dimension, &'static str)>,
}

static INDEX: OnceLock<Index> = OnceLock::new();

fn index() -> &'static Index {
    INDEX.get_or_init(|| {
        let mut rows = HashMap::new();
        let mut plurals = HashMap::new();
        for (row, unit) in (0u16..).zip(UNITS) {
            for symbol in unit.symbols {
                rows.insert(*symbol, (row, true));
            }
            let names = [&unit.name, &unit.plural].into_iter().chain(unit.aliases);
            for name in names.filter(|name| !name.is_empty()) {
                rows.entry(*name).or_insert((row, false));
            }
            if unit.plural.is_empty() {
                plurals.insert(format!("{}s", unit.name), row);
            }
        }
        let definitions: Vec<Option<_>> = UNITS.iter().map(|_| None).collect();
        let mut index = Index {
            rows,
            plurals,
            definitions: Vec::new(),
            dimensions: Vec::new(),
        };
        let definitions = define_all(&index, definitions);
        for (unit, (dimension, _)) in UNITS.iter().zip(&definitions) {
            if !index.dimensions.iter().any(|(known, _)| known == dimension) {
                index.dimensions.push((dimension.clone(), unit.measures));
            }
        }
        index.definitions = definitions;
        index
    })
}

/// Computes the dimension and the factor of each row. A row may be defined by rows behind it.
fn define_all(
    index: &Index,
    mut definitions: Vec<Option<(Dimension, Scale)>>,
) -> Vec<(Dimension, Scale)> {
    // Each round defines the rows whose definition has defined units only.
    while definitions.iter().any(Option::is_none) {
        for row in 0..UNITS.len() {
            if definitions[row].is_none() {
                definitions[row] = define(row, index, &definitions);
            }
        }
    }
    definitions.into_iter().flatten().collect()
}

/// Computes the dimension and the factor of a row, or returns `None` if it needs an undefined row.
fn define(
    row: usize,
    index: &Index,
    definitions: &[Option<(Dimension, Scale)>],
) -> Option<(Dimension, Scale)> {
    let unit = &UNITS[row];
    if unit.is_base() {
        let row = u16::try_from(row).expect("the table is short");
        let one = Exact::from(1);
        return Some((Dimension::of_base(row), Scale { factor: one, pi: 0 }));
    }
    let limits = Limits::default();
    let work = &mut Work::new(&limits, u64::MAX, &|| None);
    let (pi, factor) = match unit.factor.split_once(' ') {
        Some((pi, factor)) => (
            pi.strip_prefix("pi^")
                .map_or(1, |power| power.parse().expect("an integer")),
            factor,
        ),
        None => (0, unit.factor),
    };
    let mut scale = Scale {
        factor: rational(factor, work),
        pi,
    };
    let mut dimension = Dimension::default();
    for (name, exponent) in parts(unit.of) {
        let (part, prefix) = index.find(name).expect("definitions have known units");
        let (of, known) = definitions[usize::from(part)].as_ref()?;
        dimension
            .multiply(of, Exponent::integer(exponent))
            .expect("exponents are small");
        let prefix = &PREFIXES[usize::from(prefix)];
        let times = |factor: &Exact, by: Number, work: &mut Work<'_>| {
            let power = by.power(&i64::from(exponent).into(), work);
            let product = Number::from(factor.clone()).mul(&power.expect("exact"), work);
            product
                .expect("factors are short")
                .exact()
                .expect("they are exact")
                .clone()
        };
        scale.factor = times(&scale.factor, known.factor.clone().into(), work);
        let prefix = Number::from(prefix.base).power(&prefix.exponent.into(), work);
        scale.factor = times(&scale.factor, prefix.expect("exact"), work);
        scale.pi += known.pi * i32::from(exponent);
    }
    Some((dimension, scale))
}

/// Returns the value of a decimal such as `1.5e-3`, or of a fraction of decimals.
fn rational(text: &str, work: &mut Work<'_>) -> Exact {
    let (above, below) = text.split_once('/').unwrap_or((text, "1"));
    let mut decimal = |text: &str| {
        let (digits, exponent) = text.split_once('e').unwrap_or((text, "0"));
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let integer: i64 = format!("{whole}{fraction}").parse().expect("digits");
        let exponent: i64 = exponent.parse().expect("digits");
        let places = i64::try_from(fraction.len()).expect("short");
        let unit = Number::from(10)
            .power(&(exponent - places).into(), work)
            .expect("exact");
        Number::from(integer).mul(&unit, work).expect("exact")
    };
    let (above, below) = (decimal(above), decimal(below));
    let ratio = above.div(&below, work).expect("it is not zero");
    ratio.exact().expect("it is exact").clone()
}

/// Returns the units of a definition such as `kg m/s^2` or `W/(m^2 Hz)`, with their exponents.
fn parts(of: &'static str) -> impl Iterator<Item = (&'static str, i16)> {
    let (above, below) = of.split_once('/').unwrap_or((of, ""));
    let signed = |text: &'static str, sign: i16| {
        let words = text.trim_matches(['(', ')']).split_whitespace();
        words.map(move |word| match word.split_once('^') {
            Some((name, exponent)) => (name, sign * exponent.parse::<i16>().expect("an integer")),
            None => (word, sign),
        })
    };
    signed(above, 1).chain(signed(below, -1))
}

impl Index {
    /// Returns the row and the prefix of a name.
    fn find(&self, name: &str) -> Option<(u16, u8)> {
        // Behind `°`, the evaluator reads these signs as minutes and seconds of arc.
        let name = match name {
            "'" | "′" | "’" => "ft",
            "\"" | "″" | "”" => "in",
            _ => name,
        };
        // A whole name wins over a prefix and a name: `min` is a minute, not a milli-inch.
        if let Some(row) = self.whole(name) {
            return Some((row, 0));
        }
        for (prefix, at) in PREFIXES.iter().zip(0u8..).skip(1) {
            let by_symbol = name.strip_prefix(prefix.symbol).and_then(|rest| {
                let (row, is_symbol) = *self.rows.get(rest)?;
                is_symbol.then_some(row)
            });
            let by_name = || {
                let rest = name.strip_prefix(prefix.name)?;
                self.whole(rest)
                    .filter(|_| self.rows.get(rest).is_none_or(|(_, is_symbol)| !is_symbol))
            };
            let Some(row) = by_symbol.or_else(by_name) else {
                continue;
            };
            if UNITS[usize::from(row)].prefixes.include(prefix) {
                // Prefixes with several spellings, such as `µ` and `u`, are one prefix.
                let first = PREFIXES
                    .iter()
                    .zip(0u8..)
                    .find(|(it, _)| it.is_same(prefix));
                return Some((row, first.map_or(at, |(_, at)| at)));
            }
        }
        None
    }

    /// Returns the row of a name without a prefix.
    fn whole(&self, name: &str) -> Option<u16> {
        let row = self.rows.get(name).map(|(row, _)| row);
        row.or_else(|| self.plurals.get(name)).copied()
    }
}

/// Returns the unit called `name`, with or without a prefix.
pub(in crate::engine) fn find(name: &str) -> Option<Unit> {
    let (row, prefix) = index().find(name)?;
    Some(Unit::new(row, prefix))
}

/// Returns the row of the unit called `name`, with or without a prefix.
#[must_use]
pub fn row(name: &str) -> Option<&'static UnitRow> {
    let (row, _) = index().find(name)?;
    Some(&UNITS[usize::from(row)])
}

/// Returns the description of the unit called `name`, with or without a prefix: its full name and its definition,
/// as in `kilometre: 1000 metre`.
#[must_use]
pub fn describe(name: &str) -> Option<String> {
    let (row, prefix) = index().find(name)?;
    let (unit, prefix) = (&UNITS[usize::from(row)], &PREFIXES[usize::from(prefix)]);
    Some(match (prefix.base, prefix.exponent) {
        (_, 0) => format!("{}: {}", unit.name, unit.definition()),
        (base, 1) => format!("{}{}: {base} {}", prefix.name, unit.name, unit.name),
        (base, power) => format!("{}{}: {base}^{power} {}", prefix.name, unit.name, unit.name),
    })
}

/// Returns the dimension of the unit in a row.
pub(super) fn dimension(row: u16) -> &'static Dimension {
    &index().definitions[usize::from(row)].0
}

/// Returns the factor of the unit in a row.
pub(super) fn scale(row: u16) -> &'static Scale {
    &index().definitions[usize::from(row)].1
}

/// Returns the dimensions that have a name.
pub(super) fn dimensions() -> &'static [(Dimension, &'static str)] {
    &index().dimensions
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn names_are_unique() {
        let mut seen = HashSet::new();
        for unit in UNITS {
            let names = [unit.name, unit.plural].into_iter();
            let names = names
                .chain(unit.symbols.iter().copied())
                .chain(unit.aliases.iter().copied());
            let names: HashSet<_> = names.filter(|name| !name.is_empty()).collect();
            for name in names {
                assert!(seen.insert(name), "{name}");
            }
        }
    }

    #[test]
    fn every_row_is_defined() {
        for unit in UNITS {
            let found = find(unit.name).unwrap();
            assert_eq!(found.factors()[0].row().name, unit.name);
            assert!(
                !unit.measures.is_empty() && !unit.source.is_empty(),
                "{}",
                unit.name
            );
        }
    }

    #[test]
    fn prefixes_and_plurals() {
        let rows = [
            ("km", "km"),
            ("kilometres", "km"),
            ("kilometers", "km"),
            ("µs", "µs"),
            ("us", "µs"),
            ("min", "min"),
            ("Mibit", "Mibit"),
            ("KiB", "KiB"),
            ("megabytes", "MB"),
            ("feet", "ft"),
            ("hours", "h"),
            ("kWh", "kWh"),
            ("dam", "dam"),
            ("mm", "mm"),
            ("ms", "ms"),
            ("cd", "cd"),
            ("Pa", "Pa"),
            ("hPa", "hPa"),
            ("mmol", "mmol"),
        ];
        for (name, shown) in rows {
            assert_eq!(
                find(name).map(|unit| unit.to_string()).as_deref(),
                Some(shown),
                "{name}"
            );
        }
        for name in ["kmin", "kin", "x", "kkm", "kilom", "kmetre", "", "k", "Mft"] {
            assert_eq!(find(name), None, "{name}");
        }
    }
}
