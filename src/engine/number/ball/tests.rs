//! Properties of balls: results with few bits must agree with results with many bits.

use proptest::prelude::*;

use super::*;

fn rational(numerator: i64, denominator: u32, precision: usize) -> Ball {
    let limits = Limits::default();
    let work = Work::new(&limits, 0, &|| None);
    Ball::rational(&numerator.into(), &denominator.into(), precision, &work).unwrap()
}

/// A number of any size: `numerator / denominator * 2^shift`.
#[derive(Clone, Copy, Debug)]
struct Any {
    numerator: i64,
    denominator: u32,
    shift: i64,
}

impl Any {
    fn at(self, precision: usize) -> Ball {
        rational(self.numerator, self.denominator, precision).shifted(self.shift)
    }
}

fn any_number() -> impl Strategy<Value = Any> {
    (any::<i64>(), 1..u32::MAX, -200i64..40).prop_map(|(numerator, denominator, shift)| Any {
        numerator,
        denominator,
        shift: shift - 60,
    })
}

type Function = fn(&Ball, usize, &mut Work<'_>) -> Result<Ball>;

const FUNCTIONS: [(&str, Function); 16] = [
    ("exp", |x, p, w| x.exp(p, w.limits)),
    ("ln", |x, p, _| x.clone().absolute().ln(p)),
    ("sin", |x, p, w| Ok(x.sin_cos(p, w.limits)?.0)),
    ("cos", |x, p, w| Ok(x.sin_cos(p, w.limits)?.1)),
    ("atan", |x, p, _| x.atan(p)),
    ("asin", |x, p, _| x.asin(p)),
    ("acos", |x, p, _| x.acos(p)),
    ("sinh", |x, p, w| x.sinh(p, w.limits)),
    ("cosh", |x, p, w| x.cosh(p, w.limits)),
    ("tanh", |x, p, w| x.tanh(p, w.limits)),
    ("asinh", |x, p, _| x.asinh(p)),
    ("acosh", |x, p, _| {
        x.clone().absolute().add(&Ball::one(), p).acosh(p)
    }),
    ("atanh", |x, p, _| x.atanh(p)),
    ("gamma", |x, p, w| x.gamma(p, w)),
    ("sqrt", |x, p, _| x.clone().absolute().square_root(p)),
    ("power", |x, p, w| x.power(7, p, w.limits, w)),
];

/// Checks that two balls of the same value agree: one from few bits, one from many bits.
///
/// The balls must overlap. If `many` is much narrower than `few`, `few` must contain `many`. By
/// chance, as near zero, `few` may be the narrower ball.
fn agree(name: &str, few: &Ball, many: &Ball) -> std::result::Result<(), TestCaseError> {
    prop_assert!(few.overlaps(many), "{name}: {few:?} and {many:?}");
    let narrower = many.radius.shifted(2) < few.radius;
    prop_assert!(
        !narrower || few.contains(many),
        "{name}: {few:?} does not contain {many:?}"
    );
    Ok(())
}

proptest! {
    #[test]
    fn functions_at_two_precisions_agree(x in any_number(), precision in 30usize..400) {
        let limits = Limits::default();
        let mut work = Work::new(&limits, u64::MAX, &|| None);
        for (name, function) in FUNCTIONS {
            // Both calls get the same number; the second call gets it with more precision.
            let few = function(&x.at(precision), precision, &mut work);
            let many = function(&x.at(4 * precision), 2 * precision, &mut work);
            if let (Ok(few), Ok(many)) = (few, many) {
                agree(name, &few, &many)?;
            }
        }
    }

    #[test]
    fn arithmetic_at_two_precisions_agrees(x in any_number(), y in any_number(), precision in 20usize..300) {
        type Operation = fn(&Ball, &Ball, usize) -> Result<Ball>;
        let operations: [(&str, Operation); 4] = [
            ("add", |x, y, p| Ok(x.add(y, p))),
            ("sub", |x, y, p| Ok(x.sub(y, p))),
            ("mul", |x, y, p| Ok(x.mul(y, p))),
            ("div", |x, y, p| x.div(y, p)),
        ];
        for (name, operation) in operations {
            let few = operation(&x.at(precision), &y.at(precision), precision);
            let many = operation(&x.at(4 * precision), &y.at(4 * precision), 2 * precision);
            if let (Ok(few), Ok(many)) = (few, many) {
                agree(name, &few, &many)?;
            }
        }
    }

    /// The image of a wide ball must overlap the image of each number in it.
    #[test]
    fn images_of_wide_balls_overlap_those_of_their_numbers(x in -2000i64..2000, width in 1i64..40, part in -100i64..=100) {
        let limits = Limits::default();
        let mut work = Work::new(&limits, u64::MAX, &|| None);
        let center = rational(x, 100, 100);
        let wide = center.clone().widened(Radius::power_of_two(-width));
        let inside = center.add(&rational(part, 100, 100).shifted(-width), 300);
        for (name, function) in FUNCTIONS {
            let wide_image = function(&wide, 60, &mut work);
            let inside_image = function(&inside, 200, &mut work);
            if let (Ok(wide_image), Ok(inside_image)) = (wide_image, inside_image) {
                prop_assert!(wide_image.overlaps(&inside_image), "{name} of {x}/100 ± 2^-{width}");
            }
        }
    }

    #[test]
    fn radii_are_upper_bounds(a in 1u64.., b in 1u64.., e in -50i64..50, f in -50i64..50) {
        use dashu_int::UBig;
        let exact = |n: u64, exponent: i64| UBig::from(n) << usize::try_from(exponent + 400).unwrap();
        let bound = |radius: Radius| exact(radius.mantissa(), radius.exponent());
        let (left, right) = (Radius::new(a, e), Radius::new(b, f));
        prop_assert!(bound(left) >= exact(a, e));
        prop_assert!(bound(left.add(right)) >= exact(a, e) + exact(b, f));
        prop_assert!(bound(left.mul(right)) << 400usize >= exact(a, e) * exact(b, f));
        // Divisors and minuends are lower bounds.
        let lower = Radius::lower_bound(&IBig::from(b), f);
        prop_assert!(bound(lower) <= exact(b, f));
        prop_assert!(bound(left.div(lower)) * exact(b, f) >= exact(a, e) << 400usize);
        if let Some(rest) = lower.sub(left) {
            prop_assert!(bound(rest) + exact(a, e) <= exact(b, f));
        }
        prop_assert_eq!(left < right, bound(left) < bound(right));
    }
}

#[test]
fn exact_results_have_no_radius() {
    let limits = Limits::default();
    let exact = |n: i64| Ball::exact(n.into());
    assert!(exact(3).add(&exact(4), 50).is_exact());
    assert!(exact(3).mul(&exact(4), 50).is_exact());
    assert!(exact(12).div(&exact(4), 50).unwrap().is_exact());
    assert!(exact(16).square_root(50).unwrap().is_exact());
    let work = Work::new(&limits, 0, &|| None);
    assert!(exact(3).power(20, 50, &limits, &work).unwrap().is_exact());
    assert!(!exact(1).div(&exact(3), 50).unwrap().is_exact());
    assert!(!exact(2).square_root(50).unwrap().is_exact());
}

#[test]
fn operations_on_balls_that_are_too_wide_are_imprecise() {
    let around_zero = Ball::zero().widened(Radius::power_of_two(-10));
    assert!(around_zero.sign().is_none());
    assert!(matches!(
        Ball::one().div(&around_zero, 50),
        Err(BallError::Imprecise)
    ));
    assert!(matches!(around_zero.ln(50), Err(BallError::Imprecise)));
    assert!(matches!(
        around_zero.square_root(50),
        Err(BallError::Imprecise)
    ));
    assert!(matches!(
        Ball::one().negated().ln(50),
        Err(BallError::Fault(_))
    ));
    // The approximations near zero need a small radius too.
    let limits = Limits::default();
    let wide = Ball::zero().widened(Radius::power_of_two(1));
    assert!(matches!(wide.sinh(50, &limits), Err(BallError::Imprecise)));
    assert!(matches!(wide.tanh(50, &limits), Err(BallError::Imprecise)));
    assert!(matches!(wide.asinh(50), Err(BallError::Imprecise)));
    let around_one = Ball::one().widened(Radius::power_of_two(-10));
    assert!(matches!(around_one.asin(50), Err(BallError::Imprecise)));
}
