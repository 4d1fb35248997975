//! A call of `calc.Calculator` and its reply, as values.

use std::fmt;

/// The methods of `calc.Calculator`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// `Add`.
    Add,
    /// `Substract`, as the contract spells it.
    Subtract,
    /// `Multiply`.
    Multiply,
    /// `Divide`.
    Divide,
}

impl Method {
    /// The name on the wire.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Add => "calc.Calculator/Add",
            Self::Subtract => "calc.Calculator/Substract",
            Self::Multiply => "calc.Calculator/Multiply",
            Self::Divide => "calc.Calculator/Divide",
        }
    }
}

/// A method with its operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Call {
    /// What to call.
    pub method: Method,
    /// The first operand.
    pub n1: i32,
    /// The second operand.
    pub n2: i32,
}

/// What a server replied.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reply {
    /// Of `Add`, `Substract` and `Multiply`.
    Integer(i32),
    /// Of `Divide`.
    Float(f32),
}

impl fmt::Display for Reply {
    /// An integer as it is. A float always with a point or an exponent: in full
    /// where it is integral, else the shortest text that reads back to it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Integer(n) => n.fmt(f),
            // The shortest text of 2^31 would be 2147483600.0.
            Self::Float(x) if x.fract() == 0.0 => write!(f, "{:?}", f64::from(x)),
            Self::Float(x) => write!(f, "{x:?}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Reply;

    #[test]
    fn replies_as_text() {
        for (reply, text) in [
            (Reply::Integer(-5), "-5"),
            (Reply::Float(2.0), "2.0"),
            (Reply::Float(0.0), "0.0"),
            (Reply::Float(-2.5), "-2.5"),
            (Reply::Float(10.0 / 3.0), "3.3333333"),
            (Reply::Float(2_147_483_648.0), "2147483648.0"),
            (Reply::Float(1.0 / 2_147_483_648.0), "4.656613e-10"),
            (Reply::Float(f32::NAN), "NaN"),
            (Reply::Float(f32::INFINITY), "inf"),
        ] {
            assert_eq!(reply.to_string(), text);
        }
    }
}
