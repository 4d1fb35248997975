//! Functions of several numbers, and the choice with `if`.

use super::{
    Context, Function, Group,
    elementary::root_of,
    function::Units,
    signature::{ANY, Arguments, NOT_NEGATIVE, NUMBER, TRUTH, takes, variadic},
};
use crate::{
    engine::{
        budget::work::Work,
        fault::{Fault, Reason, Result},
        number::Number,
    },
    syntax::Reading,
};

use Group::Several;

pub(super) static TABLE: &[Function] = &[
    Function::new(
        Several,
        &["min"],
        "x, y, ...",
        variadic(&[NUMBER]),
        |x, c| extreme(x, c.work, Number::lesser),
    )
    .units(Units::All)
    .summary("the smallest argument")
    .example("min(3, 1, 2)", "1"),
    Function::new(
        Several,
        &["max"],
        "x, y, ...",
        variadic(&[NUMBER]),
        |x, c| extreme(x, c.work, Number::greater),
    )
    .units(Units::All)
    .summary("the largest argument")
    .example("max(3, 1, 2)", "3"),
    Function::new(
        Several,
        &["sum"],
        "x, y, ...",
        variadic(&[NUMBER]),
        |x, c| sum(x, c.work),
    )
    .units(Units::All)
    .summary("the sum of all arguments")
    .example("sum(1, 2, 3)", "6"),
    Function::new(
        Several,
        &["product"],
        "x, y, ...",
        variadic(&[NUMBER]),
        |x, c| product(x, c.work),
    )
    .summary("the product of all arguments")
    .example("product(2, 3, 4)", "24"),
    Function::new(
        Several,
        &["geomean"],
        "x, y, ...",
        variadic(&[NUMBER.within(&[NOT_NEGATIVE])]),
        |x, c| {
            let degree = Number::from(1).div(&count(x), c.work)?;
            product(x, c.work)?.power(&degree, c.work)
        },
    )
    .weak()
    .summary("the geometric mean: the n-th root of the product of n numbers")
    .domain("for numbers >= 0")
    .example("geomean(2, 8)", "4"),
    Function::new(
        Several,
        &["mean"],
        "x, y, ...",
        variadic(&[NUMBER]),
        |x, c| mean(x, c.work),
    )
    .aliases(&["avg", "average"])
    .units(Units::All)
    .summary("the arithmetic mean")
    .example("mean(1, 2, 6)", "3"),
    Function::new(
        Several,
        &["median"],
        "x, y, ...",
        variadic(&[NUMBER]),
        median,
    )
    .units(Units::All)
    .summary("the middle value, or the mean of the two middle values")
    .example("median(1, 9, 2)", "2"),
    Function::new(
        Several,
        &["variance"],
        "x, y, ...",
        variadic(&[NUMBER]),
        variance,
    )
    .aliases(&["pvariance"])
    .read_as(Reading::Statistics, "pvariance", "")
    .summary("the variance of a population: the mean of the squared distances from the mean")
    .example("variance(1, 2, 6)", "4.6666666666666666667"),
    Function::new(
        Several,
        &["svariance"],
        "x, y, ...",
        variadic(&[NUMBER, NUMBER]),
        |x, c| sample_variance(x, c.work),
    )
    .weak()
    .aliases(&["var"])
    .read_as(Reading::Statistics, "svariance", "")
    .summary("the variance of a sample: like variance, but divided by the number of values less 1")
    .example("svariance(1, 2, 6)", "7"),
    Function::new(
        Several,
        &["pstdev"],
        "x, y, ...",
        variadic(&[NUMBER]),
        |x, c| root_of(&variance(x, c)?, 2, c.work),
    )
    .weak()
    .read_as(Reading::Statistics, "sqrt(pvariance", ")")
    .units(Units::All)
    .summary("the standard deviation of a population: the square root of the variance")
    .example("pstdev(2, 4, 4, 4, 5, 5, 7, 9)", "2"),
    Function::new(
        Several,
        &["stdev"],
        "x, y, ...",
        variadic(&[NUMBER, NUMBER]),
        |x, c| root_of(&sample_variance(x, c.work)?, 2, c.work),
    )
    .weak()
    .aliases(&["std", "stddev"])
    .read_as(Reading::Statistics, "sqrt(svariance", ")")
    .units(Units::All)
    .summary("the standard deviation of a sample: the square root of svariance")
    .example("stdev(1, 2, 3)", "1"),
    // This row is for help and completion. The parser turns a call of `if` into jumps, because only
    // one branch is evaluated.
    Function::new(
        Several,
        &["if"],
        "condition, then, else",
        takes(&[TRUTH, ANY, ANY]),
        |_, _| {
            Err(Fault::new(
                Reason::Syntax,
                "'if' cannot be called as a function",
            ))
        },
    )
    .summary("one of two values; the other is not evaluated")
    .domain("a condition that is true or false")
    .example("if(2 > 1, 10, 1/0)", "10"),
];

/// Returns the smallest or the largest argument. `choose` returns one of two numbers.
fn extreme(
    x: Arguments<'_>,
    work: &mut Work<'_>,
    choose: fn(&Number, &Number, &mut Work<'_>) -> Result<Number>,
) -> Result<Number> {
    let mut best = x.number(0).clone();
    for next in x.numbers().skip(1) {
        best = choose(&best, next, work)?;
    }
    Ok(best)
}

/// Returns the sum of the arguments.
fn sum(x: Arguments<'_>, work: &mut Work<'_>) -> Result<Number> {
    let mut sum = Number::from(0);
    for summand in x.numbers() {
        sum = sum.add(summand, work)?;
    }
    Ok(sum)
}

/// Returns the number of arguments.
fn count(x: Arguments<'_>) -> Number {
    Number::from(i64::try_from(x.len()).expect("lines are bounded"))
}

/// Returns the arithmetic mean of the arguments.
fn product(x: Arguments<'_>, work: &mut Work<'_>) -> Result<Number> {
    let mut product = Number::from(1);
    for factor in x.numbers() {
        product = product.mul(factor, work)?;
    }
    Ok(product)
}

fn mean(x: Arguments<'_>, work: &mut Work<'_>) -> Result<Number> {
    sum(x, work)?.div(&count(x), work)
}

fn median(x: Arguments<'_>, context: &mut Context<'_, '_>) -> Result<Number> {
    let work = &mut *context.work;
    let sorted = match sorted(x, work) {
        Ok(sorted) => sorted,
        Err(fault) if fault.reason == Reason::Undecided => sorted_without_decisions(x, work)?,
        Err(fault) => return Err(fault),
    };
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        return Ok(sorted[middle].clone());
    }
    let sum = sorted[middle - 1].add(&sorted[middle], work)?;
    sum.div(&2.into(), work)
}

/// Returns the arguments in ascending order. Fails if an order cannot be decided.
fn sorted(x: Arguments<'_>, work: &mut Work<'_>) -> Result<Vec<Number>> {
    // Insertion sort, because a fault of a comparison has to stop the sorting.
    let mut sorted: Vec<Number> = Vec::with_capacity(x.len());
    for number in x.numbers() {
        let (mut low, mut high) = (0, sorted.len());
        while low < high {
            let middle = low.midpoint(high);
            if sorted[middle].compare(number, work)?.is_gt() {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        work.pay((sorted.len() - low) as u64 / 4)?;
        sorted.insert(low, number.clone());
    }
    Ok(sorted)
}

/// Returns the arguments in ascending order. Two numbers whose order cannot be decided become the
/// lesser and the greater of both.
fn sorted_without_decisions(x: Arguments<'_>, work: &mut Work<'_>) -> Result<Vec<Number>> {
    let mut sorted: Vec<Number> = x.numbers().cloned().collect();
    for end in (1..sorted.len()).rev() {
        for at in 0..end {
            work.pay(100)?;
            let lesser = sorted[at].lesser(&sorted[at + 1], work)?;
            let greater = sorted[at].greater(&sorted[at + 1], work)?;
            (sorted[at], sorted[at + 1]) = (lesser, greater);
        }
    }
    Ok(sorted)
}

fn variance(x: Arguments<'_>, context: &mut Context<'_, '_>) -> Result<Number> {
    let work = &mut *context.work;
    squared_distances(x, work)?.div(&count(x), work)
}

/// Returns the variance of a sample of at least two values.
fn sample_variance(x: Arguments<'_>, work: &mut Work<'_>) -> Result<Number> {
    let count = count(x).sub(&1.into(), work)?;
    squared_distances(x, work)?.div(&count, work)
}

/// Returns the sum of the squared distances from the mean.
fn squared_distances(x: Arguments<'_>, work: &mut Work<'_>) -> Result<Number> {
    let mean = mean(x, work)?;
    let mut sum = Number::from(0);
    for number in x.numbers() {
        let distance = number.sub(&mean, work)?;
        sum = sum.add(&distance.mul(&distance, work)?, work)?;
    }
    Ok(sum)
}
