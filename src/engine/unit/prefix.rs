//! Prefixes of units: `k` and `kilo` in `km` and `kilometre`.

/// A prefix: a power of ten or of 1024.
#[derive(Debug)]
pub(in crate::engine) struct Prefix {
    /// The prefix of a name, such as `kilo`.
    pub(in crate::engine) name: &'static str,
    /// The prefix of a symbol, such as `k`.
    pub(in crate::engine) symbol: &'static str,
    /// 10 or 1024.
    pub(in crate::engine) base: i64,
    /// The exponent of the base.
    pub(in crate::engine) exponent: i64,
}

/// The prefixes that a unit may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::engine) enum Prefixes {
    None,
    /// The prefixes of the SI, from quecto to quetta.
    Decimal,
    /// The prefixes of the SI and of IEC 80000-13, such as `Ki`.
    DecimalAndBinary,
}

const fn decimal(name: &'static str, symbol: &'static str, exponent: i64) -> Prefix {
    Prefix {
        name,
        symbol,
        base: 10,
        exponent,
    }
}

const fn binary(name: &'static str, symbol: &'static str, exponent: i64) -> Prefix {
    Prefix {
        name,
        symbol,
        base: 1024,
        exponent,
    }
}

/// The prefixes. Units store the index of their prefix. The first one is no prefix.
///
/// Sources: SI Brochure, 9th edition (2019), with resolution 3 of the 27th CGPM (2022); IEC 80000-13:2008.
pub(in crate::engine) static PREFIXES: &[Prefix] = &[
    decimal("", "", 0),
    decimal("quecto", "q", -30),
    decimal("ronto", "r", -27),
    decimal("yocto", "y", -24),
    decimal("zepto", "z", -21),
    decimal("atto", "a", -18),
    decimal("femto", "f", -15),
    decimal("pico", "p", -12),
    decimal("nano", "n", -9),
    decimal("micro", "µ", -6),
    decimal("micro", "μ", -6),
    decimal("micro", "u", -6),
    decimal("milli", "m", -3),
    decimal("centi", "c", -2),
    decimal("deci", "d", -1),
    decimal("deca", "da", 1),
    decimal("deka", "da", 1),
    decimal("hecto", "h", 2),
    decimal("kilo", "k", 3),
    decimal("mega", "M", 6),
    decimal("giga", "G", 9),
    decimal("tera", "T", 12),
    decimal("peta", "P", 15),
    decimal("exa", "E", 18),
    decimal("zetta", "Z", 21),
    decimal("yotta", "Y", 24),
    decimal("ronna", "R", 27),
    decimal("quetta", "Q", 30),
    binary("kibi", "Ki", 1),
    binary("mebi", "Mi", 2),
    binary("gibi", "Gi", 3),
    binary("tebi", "Ti", 4),
    binary("pebi", "Pi", 5),
    binary("exbi", "Ei", 6),
    binary("zebi", "Zi", 7),
    binary("yobi", "Yi", 8),
];

impl Prefix {
    /// Whether both prefixes are the same power.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        (self.base, self.exponent) == (other.base, other.exponent)
    }
}

impl Prefixes {
    /// Whether a unit with these prefixes may have `prefix`.
    pub(super) fn include(self, prefix: &Prefix) -> bool {
        match self {
            Self::None => false,
            Self::Decimal => prefix.base == 10,
            Self::DecimalAndBinary => true,
        }
    }
}
