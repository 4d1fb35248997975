//! Functions of several numbers.

use super::{ANY, Context, Function, Group, Value};
use crate::engine::{
    budget::work::Work,
    fault::{Fault, Reason, Result},
    number::Number,
};

use Group::Several;

pub(super) static TABLE: [Function; 8] = [
    Function::new(Several, &["min"], "x, y, ...", (1, ANY), |x, c| {
        Ok(extreme(x, c.work, std::cmp::Ordering::is_lt)?
            .clone()
            .into())
    })
    .summary("the least")
    .example("min(3, 1, 2)", "1"),
    Function::new(Several, &["max"], "x, y, ...", (1, ANY), |x, c| {
        Ok(extreme(x, c.work, std::cmp::Ordering::is_gt)?
            .clone()
            .into())
    })
    .summary("the greatest")
    .example("max(3, 1, 2)", "3"),
    Function::new(Several, &["sum"], "x, y, ...", (1, ANY), |x, c| {
        Ok(sum(x, c.work)?.into())
    })
    .summary("all of them added up")
    .example("sum(1, 2, 3)", "6"),
    Function::new(Several, &["product"], "x, y, ...", (1, ANY), |x, c| {
        let mut product = Number::from(1);
        for factor in x {
            product = product.mul(factor.number()?, c.work)?;
        }
        Ok(product.into())
    })
    .summary("all of them multiplied")
    .example("product(2, 3, 4)", "24"),
    Function::new(Several, &["mean"], "x, y, ...", (1, ANY), |x, c| {
        Ok(mean(x, c.work)?.into())
    })
    .summary("the arithmetic mean")
    .example("mean(1, 2, 6)", "3"),
    Function::new(Several, &["median"], "x, y, ...", (1, ANY), median)
        .summary("the one in the middle, or the mean of the two that are")
        .example("median(1, 9, 2)", "2"),
    Function::new(Several, &["variance"], "x, y, ...", (1, ANY), variance)
        .summary("the mean square of the distances from the mean")
        .example("variance(1, 2, 6)", "4.6666666666666666667"),
    // The evaluator never calls it: only one of its branches has a value.
    Function::new(Several, &["if"], "condition, then, else", (3, 3), |_, _| {
        Err(Fault::new(Reason::Syntax, "'if' stands alone"))
    })
    .summary("one of two values; the other is not computed")
    .domain("the condition true or false")
    .example("if(2 > 1, 10, 1/0)", "10"),
];

fn extreme<'x>(
    x: &'x [Value],
    work: &mut Work<'_>,
    beats: fn(std::cmp::Ordering) -> bool,
) -> Result<&'x Number> {
    let mut best = x[0].number()?;
    for value in &x[1..] {
        let next = value.number()?;
        if beats(next.compare(best, work)?) {
            best = next;
        }
    }
    Ok(best)
}

fn sum(x: &[Value], work: &mut Work<'_>) -> Result<Number> {
    let mut sum = Number::from(0);
    for summand in x {
        sum = sum.add(summand.number()?, work)?;
    }
    Ok(sum)
}

fn count(x: &[Value]) -> Number {
    Number::from(i64::try_from(x.len()).expect("lines are bounded"))
}

fn mean(x: &[Value], work: &mut Work<'_>) -> Result<Number> {
    sum(x, work)?.div(&count(x), work)
}

fn median(x: &[Value], context: &mut Context<'_, '_>) -> Result<Value> {
    let work = &mut *context.work;
    // By insertion, since a comparison that cannot be decided has to end the sorting.
    let mut sorted: Vec<&Number> = Vec::with_capacity(x.len());
    for value in x {
        let number = value.number()?;
        let (mut low, mut high) = (0, sorted.len());
        while low < high {
            let middle = low.midpoint(high);
            if sorted[middle].compare(number, work)?.is_gt() {
                high = middle;
            } else {
                low = middle + 1;
            }
        }
        work.pay((sorted.len() - low) as u64 / 8)?;
        sorted.insert(low, number);
    }
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        return Ok(sorted[middle].clone().into());
    }
    let sum = sorted[middle - 1].add(sorted[middle], work)?;
    Ok(sum.div(&2.into(), work)?.into())
}

fn variance(x: &[Value], context: &mut Context<'_, '_>) -> Result<Value> {
    let work = &mut *context.work;
    let mean = mean(x, work)?;
    let mut sum = Number::from(0);
    for value in x {
        let distance = value.number()?.sub(&mean, work)?;
        sum = sum.add(&distance.mul(&distance, work)?, work)?;
    }
    Ok(sum.div(&count(x), work)?.into())
}
