//! The reading, the exact form and the unit of an answer.

use super::call::sanitize;
use crate::proto::grpcalc::v1 as proto;

pub use proto::ReadingKind;

/// The reading, the exact form and the unit of an answer. Most answers have none of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Remarks {
    /// How the line was read, if not everybody expects it.
    pub reading: Option<Reading>,
    /// A short expression with exactly the value of a rounded text, made safe for a terminal. Empty if
    /// there is none.
    pub source: String,
    /// The unit of a quantity, made safe for a terminal. Empty for other values.
    pub unit: String,
}

impl Remarks {
    /// Converts the parts of a message. Returns None if there are none.
    pub(super) fn from_proto(
        reading: Option<&proto::Reading>,
        source: &str,
        unit: &str,
    ) -> Option<Box<Self>> {
        if reading.is_none() && source.is_empty() && unit.is_empty() {
            return None;
        }
        Some(Box::new(Self {
            reading: reading.map(Reading::from_proto),
            source: sanitize(source).into_owned(),
            unit: sanitize(unit).into_owned(),
        }))
    }
}

/// How a line was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The line with all its operators and parentheses, made safe for a terminal; empty if it is too
    /// long.
    pub text: String,
    /// The rules by which the line was read: values of `grpcalc.v1.ReadingKind`. A server may send
    /// kinds that this program does not know.
    pub kinds: Vec<i32>,
}

impl Reading {
    /// Converts a message from a server.
    fn from_proto(message: &proto::Reading) -> Self {
        Self {
            text: sanitize(&message.text).into_owned(),
            kinds: message.kinds.clone(),
        }
    }

    /// Returns advice for a reading whose text does not tell what is unusual.
    #[must_use]
    pub fn advice(&self) -> Option<&'static str> {
        let has = |kind: ReadingKind| self.kinds.contains(&kind.into());
        if has(ReadingKind::Variable) {
            return Some("a variable; use :set digits 5, or 'to 5 digits' and 'to hex'");
        }
        has(ReadingKind::Recurring).then_some("the digits recur")
    }

    /// Returns the names of the rules, as in `percent`.
    pub fn names(&self) -> impl Iterator<Item = String> {
        self.kinds
            .iter()
            .map(|kind| match ReadingKind::try_from(*kind) {
                Ok(kind) => {
                    let name = kind.as_str_name();
                    name.trim_start_matches("READING_KIND_")
                        .to_ascii_lowercase()
                }
                Err(_) => kind.to_string(),
            })
    }
}
