//! The limits of servers, for `help limits`.

use std::sync::LazyLock;

use crate::{
    engine::{self, limits::LimitTable},
    server::ServerLimits,
};

/// A limit, as `help` shows it.
#[derive(Debug)]
pub struct Limit {
    /// The option of `grpcalc serve`, without the dashes.
    pub name: &'static str,
    /// The default value, as it is written on the command line.
    pub value: String,
    /// The limited quantity, in one line.
    pub what: &'static str,
}

impl Limit {
    /// Returns the limit with this name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        LIMITS.iter().find(|limit| limit.name == name)
    }
}

/// All limits of servers and of calculations, in the order of `grpcalc serve --help`.
pub static LIMITS: LazyLock<Vec<Limit>> = LazyLock::new(|| {
    let mut limits = Vec::new();
    add::<ServerLimits>(&mut limits);
    add::<engine::Limits>(&mut limits);
    limits
});

fn add<T: LimitTable>(limits: &mut Vec<Limit>) {
    limits.extend(T::ROWS.iter().map(|row| Limit {
        name: row.option,
        value: row.default_text(),
        what: row.help,
    }));
}
