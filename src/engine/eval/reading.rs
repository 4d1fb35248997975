//! Tells how a line was read.

use std::collections::BTreeMap;

use super::environment::{Binding, Bindings};
use crate::{
    engine::library::{self, Constant},
    syntax::{Line, Readings, Rewriting},
};

/// The longest text of a reading, in bytes. A longer line has only the kinds of its readings.
const LONGEST: usize = 4096;

/// How a line was read, if it was read in a way that not everybody expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineReading {
    /// The line with all its operators and parentheses. It has the same value as the line. Empty if
    /// it is longer than 4 KiB.
    pub text: String,
    /// The rules by which the line was read.
    pub kinds: Readings,
}

/// Returns how `line` was read.
#[cold]
pub(super) fn reading(
    line: &Line<'_>,
    kinds: Readings,
    bound: &BTreeMap<&str, Binding>,
    worksheet: &Bindings,
) -> LineReading {
    let names = Meanings { bound, worksheet };
    let text = if line.text.len() > LONGEST {
        String::new()
    } else {
        line.spelled(&names)
    };
    let text = if text.len() > LONGEST {
        String::new()
    } else {
        text
    };
    LineReading { text, kinds }
}

/// The meanings of the names in a line.
struct Meanings<'s> {
    bound: &'s BTreeMap<&'s str, Binding>,
    worksheet: &'s Bindings,
}

impl Meanings<'_> {
    fn is_bound(&self, name: &str) -> bool {
        self.bound.contains_key(name) || self.worksheet.get(name).is_some()
    }
}

impl Rewriting for Meanings<'_> {
    fn call(&self, name: &str, arguments: usize) -> Option<(&'static str, &'static str)> {
        if self.is_bound(name) {
            return None;
        }
        let reading = library::find(name)?.reading(arguments)?;
        Some((reading.before, reading.behind))
    }

    fn name(&self, name: &str) -> Option<&'static str> {
        if self.is_bound(name) {
            return None;
        }
        Constant::find(name)?.word()
    }

    fn magnitude(&self, name: &str) -> Option<&'static str> {
        (!self.is_bound(name)).then(|| library::magnitude(name))
    }
}
