//! Signatures: the arguments that a function accepts, and the faults for all other arguments.

use dashu_int::{IBig, UBig};

use crate::engine::{
    budget::work::Work,
    fault::{Fault, Reason, Result},
    number::{Number, exact::Exact},
    value::{Presented, Value},
};

/// The kind of value that a parameter requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Any value.
    Any,
    /// True or false.
    Truth,
    /// A number, exact or real.
    Number,
    /// An exact rational number.
    Exact,
    /// An exact integer.
    Integer,
}

/// A set of exact numbers.
#[derive(Clone, Copy, Debug)]
pub(super) enum Domain {
    /// Numbers greater than the bound.
    Above(i64),
    /// Numbers greater than or equal to the bound.
    AtLeast(i64),
    /// Numbers between the bounds, excluding the bounds.
    Between(i64, i64),
    /// Numbers between the bounds, including the bounds.
    Within(i64, i64),
    /// Numbers that are not between the bounds. The bounds are included.
    Outside(i64, i64),
    /// All numbers except 0.
    NonZero,
    /// Integers that fit in `i64`.
    Int64,
}

/// The fault for an argument that is outside the domain of its parameter.
#[derive(Clone, Copy, Debug)]
pub(super) struct Refusal {
    reason: Reason,
    message: &'static str,
    help: &'static str,
}

/// A parameter of a built-in function.
#[derive(Clone, Copy, Debug)]
pub(super) struct Parameter {
    kind: Kind,
    /// The domains, each with the fault for an exact argument outside it. They are tested in this
    /// order.
    ///
    /// A real argument is not tested, because its sign may be expensive or impossible to find.
    domains: &'static [(Domain, Refusal)],
    /// The fault for a number of the wrong kind, or `None` for the default fault.
    wrong_kind: Option<Refusal>,
}

/// The parameters of a built-in function.
#[derive(Clone, Copy, Debug)]
pub(super) struct Signature {
    required: &'static [Parameter],
    /// The parameters after the required parameters. A call can omit them.
    optional: &'static [Parameter],
    /// Whether the last parameter accepts any number of further arguments.
    variadic: bool,
}

/// A parameter for any value.
pub(super) const ANY: Parameter = Parameter::of(Kind::Any);

/// A parameter for true or false.
pub(super) const TRUTH: Parameter = Parameter::of(Kind::Truth);

/// A parameter for any number.
pub(super) const NUMBER: Parameter = Parameter::of(Kind::Number);

/// A parameter for an exact rational number.
pub(super) const EXACT: Parameter = Parameter::of(Kind::Exact);

/// A parameter for an exact integer.
pub(super) const INTEGER: Parameter = Parameter::of(Kind::Integer);

/// A parameter for an exact integer >= 0.
pub(super) const NATURAL: Parameter = INTEGER.within(&[NOT_NEGATIVE]);

/// The domain of numbers >= 0, with the refusal of negative numbers.
pub(super) const NOT_NEGATIVE: (Domain, Refusal) = (
    Domain::AtLeast(0),
    Refusal::domain("the operand must not be negative"),
);

impl Domain {
    /// Whether `q` is in the domain.
    fn contains(self, q: &Exact, work: &mut Work<'_>) -> Result<bool> {
        let mut compare = |bound: i64| q.compare(&bound.into(), work);
        Ok(match self {
            Self::Above(0) => !q.is_zero() && !q.is_negative(),
            Self::AtLeast(0) => !q.is_negative(),
            Self::Above(bound) => compare(bound)?.is_gt(),
            Self::AtLeast(bound) => compare(bound)?.is_ge(),
            Self::Between(low, high) => compare(low)?.is_gt() && compare(high)?.is_lt(),
            Self::Within(low, high) => compare(low)?.is_ge() && compare(high)?.is_le(),
            Self::Outside(low, high) => compare(low)?.is_le() || compare(high)?.is_ge(),
            Self::NonZero => !q.is_zero(),
            Self::Int64 => q.to_i64().is_some(),
        })
    }
}

impl Refusal {
    /// Creates a refusal with the reason `DOMAIN` and no help.
    pub(super) const fn domain(message: &'static str) -> Self {
        Self {
            reason: Reason::Domain,
            message,
            help: "",
        }
    }

    /// Creates a refusal with the reason `LIMIT` and no help.
    pub(super) const fn limit(message: &'static str) -> Self {
        Self {
            reason: Reason::Limit,
            ..Self::domain(message)
        }
    }

    /// Returns the same refusal with a hint.
    pub(super) const fn help(mut self, help: &'static str) -> Self {
        self.help = help;
        self
    }

    /// Converts the refusal to a fault.
    fn fault(self) -> Box<Fault> {
        Fault::new(self.reason, self.message).help(self.help)
    }
}

impl Parameter {
    /// Creates a parameter for all values of a kind.
    const fn of(kind: Kind) -> Self {
        Self {
            kind,
            domains: &[],
            wrong_kind: None,
        }
    }

    /// Returns the same parameter with a condition: exact numbers must be in all of `domains`.
    pub(super) const fn within(mut self, domains: &'static [(Domain, Refusal)]) -> Self {
        self.domains = domains;
        self
    }

    /// Returns the same parameter with `refusal` as the fault for numbers of the wrong kind.
    pub(super) const fn or_refuse(mut self, refusal: Refusal) -> Self {
        self.wrong_kind = Some(refusal);
        self
    }

    /// Returns a fault if the parameter does not accept `value`.
    fn check(&self, value: &Presented, work: &mut Work<'_>) -> Result<()> {
        match self.kind {
            Kind::Any => return Ok(()),
            Kind::Truth => return value.value.truth().map(|_| ()),
            Kind::Number | Kind::Exact | Kind::Integer => {}
        }
        let number = value.number()?;
        let exact = number.exact();
        let fits = match self.kind {
            Kind::Exact => exact.is_some(),
            Kind::Integer => exact.is_some_and(Exact::is_integer),
            _ => true,
        };
        if !fits {
            return Err(match self.wrong_kind {
                Some(refusal) => refusal.fault(),
                None if self.kind == Kind::Exact => Fault::domain("the operand must be exact"),
                None => not_an_integer(number),
            });
        }
        let Some(exact) = exact else {
            return Ok(());
        };
        for (domain, refusal) in self.domains {
            if !domain.contains(exact, work)? {
                return Err(refusal.fault());
            }
        }
        Ok(())
    }
}

/// Returns the fault for a number that is not an exact integer.
fn not_an_integer(number: &Number) -> Box<Fault> {
    number
        .integer()
        .expect_err("the caller has found that the number is not an integer")
}

/// Creates a signature with the parameters `required`.
pub(super) const fn takes(required: &'static [Parameter]) -> Signature {
    Signature {
        required,
        optional: &[],
        variadic: false,
    }
}

/// Creates a signature with the parameters `required`.
///
/// The last parameter accepts any number of further arguments.
pub(super) const fn variadic(required: &'static [Parameter]) -> Signature {
    Signature {
        variadic: true,
        ..takes(required)
    }
}

impl Signature {
    /// Returns the same signature with parameters that a call can omit.
    pub(super) const fn optional(mut self, optional: &'static [Parameter]) -> Self {
        self.optional = optional;
        self
    }

    /// Returns the minimum and the maximum number of arguments of a call.
    pub(super) fn arity(&self) -> (usize, usize) {
        let least = self.required.len();
        let most = if self.variadic {
            usize::MAX
        } else {
            least + self.optional.len()
        };
        (least, most)
    }

    /// Whether a call can have `count` arguments.
    pub(super) fn takes_count(&self, count: usize) -> bool {
        let (least, most) = self.arity();
        (least..=most).contains(&count)
    }

    /// Whether a real is the argument of a parameter that requires an exact number.
    pub(super) fn needs_exact(&self, values: &[Presented]) -> bool {
        let mut parameters = self.required.iter().chain(self.optional);
        let mut parameter = None;
        values.iter().any(|value| {
            parameter = parameters.next().or(parameter);
            let is_exact =
                parameter.is_some_and(|it| matches!(it.kind, Kind::Exact | Kind::Integer));
            is_exact && matches!(value.value, Value::Number(Number::Real(_)))
        })
    }

    /// Tests `values` from left to right, and returns them as arguments.
    ///
    /// Returns a fault for the first value that its parameter does not accept. The caller has
    /// tested the number of values.
    pub(super) fn accept<'v>(
        &self,
        values: &'v [Presented],
        work: &mut Work<'_>,
    ) -> Result<Arguments<'v>> {
        let mut parameters = self.required.iter().chain(self.optional);
        let mut parameter = None;
        for value in values {
            // The last parameter accepts all further arguments.
            parameter = parameters.next().or(parameter);
            if let Some(parameter) = parameter {
                parameter.check(value, work)?;
            }
        }
        Ok(Arguments { values })
    }
}

/// The arguments of a call. The signature of the function has tested them.
///
/// The methods panic if a function body requests another kind of argument than its signature
/// requires. Such a panic is an error in the table.
#[derive(Clone, Copy)]
pub(super) struct Arguments<'v> {
    values: &'v [Presented],
}

/// The message of the panic if a function body requests the wrong kind of argument.
const WRONG_KIND: &str = "the body requests the kind of argument that the signature requires";

impl<'v> Arguments<'v> {
    /// Returns the number of arguments.
    pub(super) fn len(self) -> usize {
        self.values.len()
    }

    /// Returns the argument at `index` as a number.
    pub(super) fn number(self, index: usize) -> &'v Number {
        self.values[index].number().expect(WRONG_KIND)
    }

    /// Returns all arguments as numbers.
    pub(super) fn numbers(self) -> impl Iterator<Item = &'v Number> {
        self.values
            .iter()
            .map(|value| value.number().expect(WRONG_KIND))
    }

    /// Returns the argument at `index` as an exact number.
    pub(super) fn exact(self, index: usize) -> &'v Exact {
        self.number(index).exact().expect(WRONG_KIND)
    }

    /// Returns the argument at `index` as an integer.
    pub(super) fn integer(self, index: usize) -> IBig {
        self.exact(index).to_integer().expect(WRONG_KIND)
    }

    /// Returns all arguments as integers.
    pub(super) fn integers(self) -> impl Iterator<Item = IBig> {
        (0..self.len()).map(move |index| self.integer(index))
    }

    /// Returns the argument at `index` as an integer that is not negative.
    pub(super) fn natural(self, index: usize) -> UBig {
        self.integer(index).try_into().expect(WRONG_KIND)
    }

    /// Returns the argument at `index` as an integer of 64 bits.
    pub(super) fn int64(self, index: usize) -> i64 {
        self.exact(index).to_i64().expect(WRONG_KIND)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{
        AngleUnit, Limits,
        library::{Context, Function, Group},
        number::real::Unary,
    };

    /// A row whose body panics on every argument that its signature should reject.
    static STRICT: Function = Function::new(
        Group::Numbers,
        &["strict"],
        "x, n, m, ...",
        takes(&[NUMBER.within(&[(Domain::Above(0), Refusal::domain("x is not positive"))])])
            .optional(&[NATURAL, EXACT]),
        |x, _| {
            assert!((1..=3).contains(&x.len()));
            if x.len() > 1 {
                let _: (UBig, IBig) = (x.natural(1), x.integer(1));
            }
            if x.len() > 2 {
                let _: &Exact = x.exact(2);
            }
            Ok(x.number(0).clone())
        },
    );

    fn call(function: &Function, values: &[Presented]) -> Result<Presented> {
        let limits = Limits::default();
        let mut work = Work::new(&limits, limits.work, &|| None);
        let angle = AngleUnit::default();
        function.call(
            values,
            &mut Context {
                work: &mut work,
                angle,
            },
        )
    }

    fn real() -> Presented {
        let limits = Limits::default();
        let mut work = Work::new(&limits, limits.work, &|| None);
        let two = Number::from(2);
        two.unary(Unary::SquareRoot, &mut work).unwrap().into()
    }

    fn number(n: i64) -> Presented {
        Number::from(n).into()
    }

    #[test]
    fn a_signature_refuses_what_the_body_does_not_take() {
        let half: Presented = Number::from(Exact::ratio(1, 2)).into();
        for (values, reason, message) in [
            (
                vec![],
                Reason::Arity,
                "'strict' takes 1 to 3 arguments, found 0",
            ),
            (
                vec![number(1), number(1), number(1), number(1)],
                Reason::Arity,
                "'strict' takes 1 to 3 arguments, found 4",
            ),
            (
                vec![true.into()],
                Reason::Type,
                "'true' is used where a number is expected",
            ),
            (vec![number(0)], Reason::Domain, "x is not positive"),
            (
                vec![number(1), half.clone()],
                Reason::Domain,
                "the operand must be an integer",
            ),
            (
                vec![number(1), real()],
                Reason::Domain,
                "the operand must be an exact integer",
            ),
            (
                vec![number(1), number(-1)],
                Reason::Domain,
                "the operand must not be negative",
            ),
            (
                vec![number(1), number(1), real()],
                Reason::Domain,
                "the operand must be exact",
            ),
        ] {
            let fault = call(&STRICT, &values).unwrap_err();
            assert_eq!((fault.reason, fault.message.as_str()), (reason, message));
        }
        for values in [
            vec![real()],
            vec![half.clone(), number(0)],
            vec![half.clone(), number(3), half],
        ] {
            assert!(call(&STRICT, &values).is_ok(), "{values:?}");
        }
    }

    /// A body that reads a natural number where the signature takes any integer is an error in the
    /// table.
    #[test]
    #[should_panic(expected = "the body requests the kind of argument that the signature requires")]
    fn a_body_must_not_take_less_than_its_signature() {
        static WRONG: Function = Function::new(
            Group::Integers,
            &["wrong"],
            "n",
            takes(&[INTEGER]),
            |x, _| Ok(x.natural(0).into()),
        );
        assert!(call(&WRONG, &[number(5)]).is_ok());
        let _ = call(&WRONG, &[number(-5)]);
    }

    #[test]
    fn variadic_parameters_and_truths() {
        static CHOICE: Function = Function::new(
            Group::Several,
            &["choice"],
            "condition, n, ...",
            variadic(&[TRUTH, INTEGER]),
            |x, _| Ok(Exact::from(x.integer(x.len() - 1)).into()),
        );
        assert!(call(&CHOICE, &[true.into(), number(1), number(2)]).is_ok());
        for values in [
            vec![number(1), number(1)],
            vec![true.into(), number(1), real()],
            vec![true.into()],
        ] {
            assert!(call(&CHOICE, &values).is_err(), "{values:?}");
        }
    }

    #[test]
    fn edges_of_domains() {
        let limits = Limits::default();
        let mut work = Work::new(&limits, limits.work, &|| None);
        let mut contains = |domain: Domain, n: i64, d: i64| {
            let q = Exact::ratio(n, d);
            domain.contains(&q, &mut work).unwrap()
        };
        for (domain, inside, outside) in [
            (Domain::Above(0), (1, 9), (0, 1)),
            (Domain::Above(-1), (-8, 9), (-1, 1)),
            (Domain::AtLeast(0), (0, 1), (-1, 9)),
            (Domain::AtLeast(1), (1, 1), (8, 9)),
            (Domain::Between(-1, 1), (-8, 9), (-1, 1)),
            (Domain::Between(-1, 1), (8, 9), (1, 1)),
            (Domain::Within(-1, 1), (-1, 1), (-10, 9)),
            (Domain::Within(-1, 1), (1, 1), (10, 9)),
            (Domain::Outside(-1, 1), (1, 1), (8, 9)),
            (Domain::NonZero, (1, 9), (0, 1)),
            (Domain::Int64, (i64::MAX, 1), (1, 2)),
        ] {
            assert!(
                contains(domain, inside.0, inside.1),
                "{domain:?} {inside:?}"
            );
            assert!(
                !contains(domain, outside.0, outside.1),
                "{domain:?} {outside:?}"
            );
        }
    }
}
