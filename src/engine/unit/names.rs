//! Names of units, and what is computed from the table once: an index of the names, dimensions and factors.

use std::{cell::RefCell, sync::OnceLock};

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
    fault::Result,
    number::{Number, exact::Exact},
};

/// The index of the table. Each part is computed at its first use.
struct Index {
    /// The names of units without prefixes, in ascending order, with their rows and whether they are
    /// [`SYMBOL`]s, [`WORD`]s or both. Plurals that end in `s` are left out.
    names: Vec<(&'static str, u16, u8)>,
    /// The dimension and the factor of each row.
    definitions: Vec<OnceLock<(Dimension, Scale)>>,
    /// The factor of each prefix.
    prefixes: Vec<OnceLock<Exact>>,
    /// The names of dimensions.
    dimensions: OnceLock<Vec<(Dimension, &'static str)>>,
}

/// A name that takes prefixes of symbols, such as `m`.
const SYMBOL: u8 = 1;

/// A name that takes prefixes of names, such as `metre`.
const WORD: u8 = 2;

static INDEX: OnceLock<Index> = OnceLock::new();

fn index() -> &'static Index {
    INDEX.get_or_init(|| Index {
        names: all_names(),
        definitions: UNITS.iter().map(|_| OnceLock::new()).collect(),
        prefixes: PREFIXES.iter().map(|_| OnceLock::new()).collect(),
        dimensions: OnceLock::new(),
    })
}

/// Returns the names and the symbols of all units, in ascending order, with their rows.
fn all_names() -> Vec<(&'static str, u16, u8)> {
    let mut names = Vec::new();
    for (row, unit) in (0u16..).zip(UNITS) {
        let words = [unit.name, unit.plural]
            .into_iter()
            .chain(unit.aliases.iter().copied());
        let words = words.filter(|word| !word.is_empty());
        names.extend(unit.symbols.iter().map(|symbol| (*symbol, row, SYMBOL)));
        names.extend(words.map(|word| (word, row, WORD)));
    }
    names.sort_unstable();
    // `siemens` is its own plural, and `bit` its own symbol.
    names.dedup_by(|later, earlier| {
        let is_same = later.0 == earlier.0;
        earlier.2 |= if is_same { later.2 } else { 0 };
        is_same
    });
    names
}

/// Calls `compute` with a budget that its small numbers cannot exhaust.
fn unlimited<T>(compute: impl FnOnce(&mut Work<'_>) -> T) -> T {
    let limits = Limits::default();
    compute(&mut Work::new(&limits, u64::MAX, &|| None))
}

/// Returns a number that is known to be rational.
fn exact(number: Result<Number>) -> Exact {
    let number = number.expect("the numbers of the table are short");
    number.exact().expect("they are exact").clone()
}

/// Computes the dimension and the factor of a row.
fn define(row: u16) -> (Dimension, Scale) {
    let unit = &UNITS[usize::from(row)];
    if unit.is_base() {
        let factor = Exact::from(1);
        return (Dimension::of_base(row), Scale { factor, pi: 0 });
    }
    let (pi, factor) = match unit.factor.split_once(' ') {
        Some((pi, factor)) => {
            let power = pi.strip_prefix("pi^");
            (
                power.map_or(1, |power| power.parse().expect("an integer")),
                factor,
            )
        }
        None => (0, unit.factor),
    };
    unlimited(|work| {
        let mut scale = Scale {
            factor: rational(factor, work),
            pi,
        };
        let mut dimension = Dimension::default();
        for (name, exponent) in parts(unit.of) {
            let (part, at) = index().find(name).expect("definitions have known units");
            let (of, known) = definition(part);
            let product = dimension.multiply(of, Exponent::integer(exponent));
            product.expect("exponents are small");
            for by in [&known.factor, prefix(at)] {
                let power =
                    exact(Number::from(by.clone()).power(&i64::from(exponent).into(), work));
                scale.factor = exact(Number::from(scale.factor).mul(&power.into(), work));
            }
            scale.pi += known.pi * i32::from(exponent);
        }
        (dimension, scale)
    })
}

/// Returns the dimension and the factor of a row.
fn definition(row: u16) -> &'static (Dimension, Scale) {
    index().definitions[usize::from(row)].get_or_init(|| define(row))
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
        let unit = exact(Number::from(10).power(&(exponent - places).into(), work));
        exact(Number::from(integer).mul(&unit.into(), work))
    };
    let (above, below) = (decimal(above), decimal(below));
    exact(Number::from(above).div(&below.into(), work))
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
        if let Some((row, _)) = self.whole(name) {
            return Some((row, 0));
        }
        let first = name.bytes().next()?;
        for (prefix, at) in PREFIXES.iter().zip(0u8..).skip(1) {
            let begins = |text: &str| text.bytes().next() == Some(first);
            if !begins(prefix.symbol) && !begins(prefix.name) {
                continue;
            }
            let spellings = [(prefix.symbol, SYMBOL), (prefix.name, WORD)];
            let found = spellings.into_iter().find_map(|(text, kind)| {
                let (row, kinds) = self.whole(name.strip_prefix(text)?)?;
                (kinds & kind > 0).then_some(row)
            });
            let Some(row) = found else { continue };
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

    /// Returns the row of a name without a prefix, and whether it is a symbol or a word.
    fn whole(&self, name: &str) -> Option<(u16, u8)> {
        let find = |name: &str| {
            let found = self
                .names
                .binary_search_by(|(known, ..)| (*known).cmp(name));
            found.ok().map(|at| self.names[at])
        };
        if let Some((_, row, kinds)) = find(name) {
            return Some((row, kinds));
        }
        let singular = name.strip_suffix('s')?;
        let (_, row, _) = find(singular)?;
        let unit = &UNITS[usize::from(row)];
        (unit.plural.is_empty() && unit.name == singular).then_some((row, WORD))
    }
}

/// The row and the prefix of a name, or nothing for a name that is no unit.
type Found = Option<(u16, u8)>;

/// The number of names that each thread remembers. It is a power of two.
const RECENT: usize = 64;

thread_local! {
    /// The last short names that were looked up, as integers, and what was found.
    static FOUND: RefCell<[(u64, Found); RECENT]> = const { RefCell::new([(0, None); RECENT]) };
}

/// Returns the row and the prefix of a name. Lines look up the same few names again and again.
fn lookup(name: &str) -> Found {
    let mut bytes = [0; 8];
    let Some(short) = bytes.get_mut(..name.len()).filter(|_| !name.is_empty()) else {
        return index().find(name);
    };
    short.copy_from_slice(name.as_bytes());
    let key = u64::from_le_bytes(bytes);
    // Multiplicative hashing (Knuth, TAOCP 3, 6.4).
    let slot = (key.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58) as usize;
    FOUND.with_borrow_mut(|recent| {
        let (known, found) = &mut recent[slot];
        if *known != key {
            (*known, *found) = (key, index().find(name));
        }
        *found
    })
}

/// Returns the unit called `name`, with or without a prefix.
pub(in crate::engine) fn find(name: &str) -> Option<Unit> {
    let (row, prefix) = lookup(name)?;
    Some(Unit::new(row, prefix))
}

/// Whether `name` is a unit, with or without a prefix.
pub(in crate::engine) fn is_unit(name: &str) -> bool {
    lookup(name).is_some()
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
    &definition(row).0
}

/// Returns the factor of the unit in a row.
pub(super) fn scale(row: u16) -> &'static Scale {
    &definition(row).1
}

/// Returns the factor of a prefix.
pub(super) fn prefix(at: u8) -> &'static Exact {
    let prefix = &PREFIXES[usize::from(at)];
    index().prefixes[usize::from(at)].get_or_init(|| {
        unlimited(|work| exact(Number::from(prefix.base).power(&prefix.exponent.into(), work)))
    })
}

/// Returns the dimensions that have a name.
pub(super) fn dimensions() -> &'static [(Dimension, &'static str)] {
    index().dimensions.get_or_init(|| {
        let mut dimensions: Vec<(Dimension, &'static str)> = Vec::new();
        for (row, unit) in (0u16..).zip(UNITS) {
            let dimension = dimension(row);
            if !dimensions.iter().any(|(known, _)| known == dimension) {
                dimensions.push((dimension.clone(), unit.measures));
            }
        }
        dimensions
    })
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
