//! Functions of integers.

use std::sync::Arc;

use dashu_base::{BitTest as _, Sign, UnsignedAbs as _};
use dashu_int::{IBig, UBig};

use super::{ANY, Context, Function, Group, Value};
use crate::engine::{
    budget::work::cost,
    fault::{Fault, Result},
    number::{
        Number,
        exact::{Exact, integer_within},
        integer::{self, Primality},
    },
    value::{Factors, Truth},
};

use Group::{Bits, Integers};

pub(super) static TABLE: [Function; 20] = [
    Function::new(Integers, &["gcd"], "a, b, ...", (1, ANY), |x, c| {
        folded(x, c, cost::gcd, |a, b| {
            use dashu_base::Gcd as _;
            if a.is_zero() && b.is_zero() {
                UBig::ZERO
            } else {
                a.gcd(b)
            }
        })
    })
    .summary("the greatest common divisor")
    .domain("integers")
    .example("gcd(12, 18)", "6"),
    Function::new(Integers, &["lcm"], "a, b, ...", (1, ANY), |x, c| {
        folded(
            x,
            c,
            |a, b| cost::gcd(a, b) + cost::multiply(a, b),
            |a, b| {
                use dashu_base::Gcd as _;
                if a.is_zero() || b.is_zero() {
                    UBig::ZERO
                } else {
                    a / a.gcd(b) * b
                }
            },
        )
    })
    .summary("the least common multiple")
    .domain("integers")
    .example("lcm(4, 6)", "12"),
    Function::new(Integers, &["comb", "binomial"], "n, k", (2, 2), |x, c| {
        choice(x, c, |n, k, c| integer::combinations(n, k, c.work))
    })
    .summary("in how many ways k of n things can be chosen")
    .domain("integers from 0 up")
    .example("comb(49, 6)", "13983816"),
    Function::new(Integers, &["perm"], "n, k", (2, 2), |x, c| {
        choice(x, c, |n, k, c| integer::permutations(n, k, c.work))
    })
    .summary("in how many ways k of n things can be put in a row")
    .domain("integers from 0 up")
    .example("perm(5, 2)", "20"),
    Function::new(Integers, &["factorial"], "n", (1, 1), |x, c| {
        factorial(x[0].number()?, c)
    })
    .summary("the product of the integers from 1 to n; n! for short")
    .domain("an integer from 0 up")
    .example("factorial(20)", "2432902008176640000"),
    Function::new(Integers, &["fib"], "n", (1, 1), |x, c| {
        natural(integer::fibonacci(&x[0].number()?.natural()?, c.work)?)
    })
    .summary("the n-th Fibonacci number, from fib(0) = 0 and fib(1) = 1")
    .domain("an integer from 0 up")
    .example("fib(90)", "2880067194370816120"),
    Function::new(Integers, &["isprime"], "n", (1, 1), is_prime)
        .summary("whether n is prime; from 3.3e24 on true is only almost certain, and marked so")
        .domain("an integer")
        .example("isprime(2^31 - 1)", "true"),
    Function::new(Integers, &["nextprime"], "n", (1, 1), next_prime)
        .summary("the first prime above n; as certain as isprime")
        .domain("an integer")
        .example("nextprime(100)", "101"),
    Function::new(Integers, &["factor"], "n", (1, 1), factor)
        .summary("n as the product of its primes")
        .domain("an integer but 0")
        .example("factor(360)", "2^3 * 3^2 * 5"),
    Function::new(Integers, &["totient"], "n", (1, 1), totient)
        .summary("how many of 1 to n have no divisor with n in common (Euler)")
        .domain("an integer from 1 up")
        .example("totient(36)", "12"),
    Function::new(Integers, &["powmod"], "a, n, m", (3, 3), power_modulo)
        .summary("a^n mod m, without a^n")
        .domain("integers, n >= 0, m >= 1")
        .example("powmod(3, 1000, 7)", "4"),
    Function::new(Integers, &["isqrt"], "n", (1, 1), |x, c| {
        use dashu_base::SquareRoot as _;
        let n = x[0].number()?.natural()?;
        c.work
            .pay_at_once(cost::divide(n.bit_len()), "a square root")?;
        natural(n.sqrt())
    })
    .summary("the integer part of the square root")
    .domain("an integer from 0 up")
    .example("isqrt(17)", "4"),
    Function::new(Bits, &["band"], "a, b, ...", (1, ANY), |x, c| {
        bitwise(x, c, |a, b| a & b)
    })
    .summary("the bits that all of them have; negative numbers have ones without end")
    .domain("integers")
    .example("band(12, 10)", "8"),
    Function::new(Bits, &["bor"], "a, b, ...", (1, ANY), |x, c| {
        bitwise(x, c, |a, b| a | b)
    })
    .summary("the bits that any of them has")
    .domain("integers")
    .example("bor(12, 10)", "14"),
    Function::new(Bits, &["bxor"], "a, b, ...", (1, ANY), |x, c| {
        bitwise(x, c, |a, b| a ^ b)
    })
    .summary("the bits that an odd number of them has")
    .domain("integers")
    .example("bxor(12, 10)", "6"),
    Function::new(Bits, &["bnot"], "a", (1, 1), |x, _| {
        integral(!x[0].number()?.integer()?)
    })
    .summary("all bits turned round: -a - 1")
    .domain("an integer")
    .example("bnot(12)", "-13"),
    Function::new(Bits, &["shl"], "a, n", (2, 2), |x, c| shift(x, c, false))
        .summary("the bits n places to the left: a 2^n")
        .domain("integers")
        .example("shl(5, 3)", "40"),
    Function::new(Bits, &["shr"], "a, n", (2, 2), |x, c| shift(x, c, true))
        .summary("the bits n places to the right: floor(a/2^n)")
        .domain("integers")
        .example("shr(40, 3)", "5"),
    Function::new(Bits, &["bitcount"], "a", (1, 1), |x, _| {
        Ok(Number::from(UBig::from(x[0].number()?.natural()?.count_ones())).into())
    })
    .summary("how many bits are 1")
    .domain("an integer from 0 up")
    .example("bitcount(255)", "8"),
    Function::new(Bits, &["bitlength"], "a", (1, 1), |x, _| {
        Ok(Number::from(UBig::from(x[0].number()?.natural()?.bit_len())).into())
    })
    .summary("how many bits there are from the first 1 on")
    .domain("an integer from 0 up")
    .example("bitlength(256)", "9"),
];

#[expect(
    clippy::unnecessary_wraps,
    reason = "as the functions of the table return it"
)]
fn natural(n: UBig) -> Result<Value> {
    Ok(Number::from(n).into())
}

#[expect(
    clippy::unnecessary_wraps,
    reason = "as the functions of the table return it"
)]
fn integral(n: IBig) -> Result<Value> {
    Ok(Number::from(Exact::from(n)).into())
}

/// The factorial, which is an operator too.
pub(in crate::engine) fn factorial(x: &Number, context: &mut Context<'_, '_>) -> Result<Value> {
    let n = whole(x, "gamma(x + 1) goes on where there is no factorial")?;
    natural(integer::factorial(&n, context.work)?)
}

/// The double factorial, an operator only.
pub(in crate::engine) fn double_factorial(
    x: &Number,
    context: &mut Context<'_, '_>,
) -> Result<Value> {
    let n = whole(x, "double factorials are of integers from 0 up")?;
    natural(integer::double_factorial(&n, context.work)?)
}

fn whole(x: &Number, help: &str) -> Result<UBig> {
    x.natural()
        .map_err(|_| Fault::domain("only integers from 0 up have a factorial").help(help))
}

/// An operation on the sizes of integers, from the first to the last.
fn folded(
    x: &[Value],
    context: &mut Context<'_, '_>,
    cost: fn(usize, usize) -> u64,
    operation: fn(&UBig, &UBig) -> UBig,
) -> Result<Value> {
    let mut result: Option<UBig> = None;
    for value in x {
        let next = value.number()?.integer()?.unsigned_abs();
        result = Some(match result {
            None => next,
            Some(before) => {
                let cost = cost(before.bit_len(), next.bit_len());
                context.work.pay_at_once(cost, "a common divisor")?;
                operation(&before, &next)
            }
        });
    }
    let result = result.unwrap_or_default();
    Ok(Number::from(integer_within(result.into(), context.work)?).into())
}

fn choice(
    x: &[Value],
    context: &mut Context<'_, '_>,
    count: fn(&UBig, &UBig, &mut Context<'_, '_>) -> Result<UBig>,
) -> Result<Value> {
    let (n, k) = (x[0].number()?.natural()?, x[1].number()?.natural()?);
    natural(if k > n {
        UBig::ZERO
    } else {
        count(&n, &k, context)?
    })
}

fn is_prime(x: &[Value], context: &mut Context<'_, '_>) -> Result<Value> {
    let n = x[0].number()?.integer()?;
    let known = match n.sign() {
        Sign::Negative => Primality::Composite,
        Sign::Positive => integer::primality(&n.unsigned_abs(), context.work)?,
    };
    Ok(Value::Truth(Truth {
        value: known != Primality::Composite,
        certain: known != Primality::Probable,
    }))
}

fn next_prime(x: &[Value], context: &mut Context<'_, '_>) -> Result<Value> {
    let n = x[0].number()?.integer()?;
    if n < IBig::from(2) {
        return natural(UBig::from(2u8));
    }
    let mut n = n.unsigned_abs() + UBig::ONE;
    n.set_bit(0);
    while integer::primality(&n, context.work)? == Primality::Composite {
        n += 2u8;
    }
    natural(n)
}

fn factor(x: &[Value], context: &mut Context<'_, '_>) -> Result<Value> {
    let n = x[0].number()?.integer()?;
    if n.is_zero() {
        return Err(Fault::domain("0 is no product of primes"));
    }
    let (sign, size) = n.into_parts();
    let (primes, certain) = integer::factor(&size, context.work)?;
    Ok(Value::Factors(Arc::new(Factors {
        number: Number::from(Exact::from(IBig::from_parts(sign, size))),
        negative: sign == Sign::Negative,
        primes,
        certain,
    })))
}

fn totient(x: &[Value], context: &mut Context<'_, '_>) -> Result<Value> {
    let n = x[0].number()?.natural()?;
    if n.is_zero() {
        return Err(Fault::domain("there is nothing from 1 to 0"));
    }
    let (primes, _) = integer::factor(&n, context.work)?;
    let fewer = |count: UBig, (prime, _): (UBig, u32)| count / &prime * (prime - UBig::ONE);
    natural(primes.into_iter().fold(n, fewer))
}

fn power_modulo(x: &[Value], context: &mut Context<'_, '_>) -> Result<Value> {
    let (base, exponent) = (x[0].number()?.integer()?, x[1].number()?.natural()?);
    let modulus = x[2].number()?.natural()?;
    if modulus.is_zero() {
        return Err(Fault::division_by_zero());
    }
    natural(integer::power_modulo(
        &base,
        &exponent,
        &modulus,
        context.work,
    )?)
}

fn bitwise(
    x: &[Value],
    context: &mut Context<'_, '_>,
    operation: fn(IBig, IBig) -> IBig,
) -> Result<Value> {
    let mut result: Option<IBig> = None;
    for value in x {
        let next = value.number()?.integer()?;
        context.work.pay(cost::linear(next.bit_len()))?;
        result = Some(match result {
            None => next,
            Some(before) => operation(before, next),
        });
    }
    integral(result.unwrap_or_default())
}

fn shift(x: &[Value], context: &mut Context<'_, '_>, right: bool) -> Result<Value> {
    let (n, count) = (x[0].number()?.integer()?, x[1].number()?.integer()?);
    if n.is_zero() {
        return integral(n);
    }
    let right = right != (count.sign() == Sign::Negative);
    let limit = context.work.limits.result;
    let count = usize::try_from(&count.unsigned_abs()).unwrap_or(usize::MAX);
    if right {
        // Beyond the last bit only the sign is left.
        let most = n.bit_len() + 1;
        return integral(n >> count.min(most));
    }
    if n.bit_len().saturating_add(count) > limit {
        return Err(Fault::too_long(limit));
    }
    integral(n << count)
}
