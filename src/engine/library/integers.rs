//! Functions of integers.

use std::sync::Arc;

use dashu_base::{BitTest as _, Sign, UnsignedAbs as _};
use dashu_int::{IBig, UBig};

use super::{
    Context, Function, Group,
    signature::{
        Arguments, Domain, INTEGER, NATURAL, NOT_NEGATIVE, Parameter, Refusal, takes, variadic,
    },
};
use crate::engine::{
    budget::work::cost,
    fault::{Fault, Reason, Result},
    number::{
        Number,
        exact::{Exact, integer_within},
        integer::{self, Primality},
        real::Unary,
    },
    value::{Factorization, Presentation, Presented, Truth, Value},
};

use Group::{Bits, Integers};

/// The parameter of `factor`: an integer except 0.
const FACTORED: Parameter =
    INTEGER.within(&[(Domain::NonZero, Refusal::domain("0 has no prime factors"))]);

/// The parameter of `totient`: an integer >= 1.
const FROM_ONE: Parameter = INTEGER.within(&[
    NOT_NEGATIVE,
    (
        Domain::AtLeast(1),
        Refusal::domain("the operand must be positive"),
    ),
]);

/// The refusal of an operand that has no factorial.
const NO_FACTORIAL: Refusal = Refusal::domain("only integers >= 0 have a factorial")
    .help("use gamma(x + 1) for other numbers");

/// The refusal of an operand that has no double factorial.
const NO_DOUBLE_FACTORIAL: Refusal = Refusal::domain("only integers >= 0 have a double factorial");

/// The factorial: the function `factorial` and the operator `!`.
pub(in crate::engine) const FACTORIAL: Function = Function::new(
    Integers,
    &["factorial"],
    "n",
    takes(&[INTEGER
        .within(&[(Domain::AtLeast(0), NO_FACTORIAL)])
        .or_refuse(NO_FACTORIAL)]),
    factorial,
)
.aliases(&["fact"])
.summary("the product of the integers from 1 to n; also written n!")
.domain("an integer >= 0")
.example("factorial(20)", "2432902008176640000");

/// The operator `!!`. It is not in the table, because it has no name as a function.
pub(in crate::engine) const DOUBLE_FACTORIAL: Function = Function::new(
    Integers,
    &["!!"],
    "n",
    takes(&[INTEGER
        .within(&[(Domain::AtLeast(0), NO_DOUBLE_FACTORIAL)])
        .or_refuse(NO_DOUBLE_FACTORIAL)]),
    |x, c| integer::double_factorial(&x.natural(0), c.work).map(Number::from),
);

/// The factorial with every `k`-th factor: the function, and `!!!` and longer operators.
pub(in crate::engine) const MULTIFACTORIAL: Function = Function::new(
    Integers,
    &["multifactorial"],
    "n, k",
    takes(&[
        INTEGER
            .within(&[(Domain::AtLeast(0), NO_FACTORIAL)])
            .or_refuse(NO_FACTORIAL),
        INTEGER.within(&[(
            Domain::AtLeast(1),
            Refusal::domain("the distance of the factors must be positive"),
        )]),
    ]),
    |x, c| integer::multifactorial(&x.natural(0), &x.natural(1), c.work).map(Number::from),
)
.weak()
.summary("the product of n, n - k, n - 2k and so on; also written n!! for k = 2, n!!! for k = 3")
.domain("integers, n >= 0, k >= 1")
.example("multifactorial(10, 3)", "280");

/// The function `band` and the operator `&`.
pub(in crate::engine) const BIT_AND: Function = Function::new(
    Bits,
    &["band"],
    "a, b, ...",
    variadic(&[INTEGER]),
    |x, c| bitwise(x, c, |a, b| a & b),
)
.summary(
    "the bits set in all arguments, also written a & b; negative integers are in two's complement",
)
.domain("integers")
.example("band(12, 10)", "8");

/// The function `bor` and the operator `|`.
pub(in crate::engine) const BIT_OR: Function =
    Function::new(Bits, &["bor"], "a, b, ...", variadic(&[INTEGER]), |x, c| {
        bitwise(x, c, |a, b| a | b)
    })
    .summary("the bits set in at least one argument; also written a | b")
    .domain("integers")
    .example("bor(12, 10)", "14");

/// The function `bxor` and the operator `xor`.
pub(in crate::engine) const BIT_XOR: Function = Function::new(
    Bits,
    &["bxor"],
    "a, b, ...",
    variadic(&[INTEGER]),
    |x, c| bitwise(x, c, |a, b| a ^ b),
)
.summary("the bits that are 1 in an odd number of the arguments; also written a xor b")
.domain("integers")
.example("bxor(12, 10)", "6");

/// The function `bnot` and the operator `~`.
pub(in crate::engine) const BIT_NOT: Function =
    Function::new(Bits, &["bnot"], "a", takes(&[INTEGER]), |x, _| {
        Ok(Exact::from(!x.integer(0)).into())
    })
    .summary("every bit inverted: -a - 1; also written ~a")
    .domain("an integer")
    .example("bnot(12)", "-13");

/// The function `shl` and the operator `<<`.
pub(in crate::engine) const SHIFT_LEFT: Function = Function::new(
    Bits,
    &["shl"],
    "a, n",
    takes(&[INTEGER, INTEGER]),
    |x, c| shift(x, c, false),
)
.summary("the bits moved n places to the left: a * 2^n; also written a << n")
.domain("integers")
.example("shl(5, 3)", "40");

/// The function `shr` and the operator `>>`.
pub(in crate::engine) const SHIFT_RIGHT: Function = Function::new(
    Bits,
    &["shr"],
    "a, n",
    takes(&[INTEGER, INTEGER]),
    |x, c| shift(x, c, true),
)
.summary("the bits moved n places to the right: floor(a/2^n); also written a >> n")
.domain("integers")
.example("shr(40, 3)", "5");

pub(super) static TABLE: &[Function] = &[
    Function::new(
        Integers,
        &["gcd"],
        "a, b, ...",
        variadic(&[INTEGER]),
        |x, c| {
            folded(x, c, cost::gcd, |a, b| {
                use dashu_base::Gcd as _;
                if a.is_zero() && b.is_zero() {
                    UBig::ZERO
                } else {
                    a.gcd(b)
                }
            })
        },
    )
    .summary("the greatest common divisor")
    .domain("integers")
    .example("gcd(12, 18)", "6"),
    Function::new(
        Integers,
        &["lcm"],
        "a, b, ...",
        variadic(&[INTEGER]),
        |x, c| {
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
        },
    )
    .summary("the least common multiple")
    .domain("integers")
    .example("lcm(4, 6)", "12"),
    Function::new(
        Integers,
        &["comb", "binomial"],
        "n, k",
        takes(&[NATURAL, NATURAL]),
        |x, c| choices(x, c, |n, k, c| integer::combinations(n, k, c.work)),
    )
    .aliases(&["nCr", "ncr", "binom", "choose"])
    .summary("the number of ways to choose k of n things")
    .domain("integers >= 0")
    .example("comb(49, 6)", "13983816"),
    Function::new(
        Integers,
        &["perm"],
        "n, k",
        takes(&[NATURAL, NATURAL]),
        |x, c| choices(x, c, |n, k, c| integer::permutations(n, k, c.work)),
    )
    .aliases(&["nPr", "npr", "permutations"])
    .summary("the number of ways to put k of n things in a row")
    .domain("integers >= 0")
    .example("perm(5, 2)", "20"),
    FACTORIAL,
    MULTIFACTORIAL,
    Function::new(Integers, &["fib"], "n", takes(&[NATURAL]), |x, c| {
        integer::fibonacci(&x.natural(0), c.work).map(Number::from)
    })
    .aliases(&["fibonacci"])
    .summary("the n-th Fibonacci number, from fib(0) = 0 and fib(1) = 1")
    .domain("an integer >= 0")
    .example("fib(90)", "2880067194370816120"),
    Function::presented(Integers, &["isprime"], "n", takes(&[INTEGER]), is_prime)
        .summary(
            "whether n is prime; for n >= 3.3e24, 'true' is almost certain and marked as rounded",
        )
        .domain("an integer")
        .example("isprime(2^31 - 1)", "true"),
    Function::new(Integers, &["nextprime"], "n", takes(&[INTEGER]), next_prime)
        .summary("the smallest prime greater than n, as certain as when isprime answers true")
        .domain("an integer")
        .example("nextprime(100)", "101"),
    Function::presented(Integers, &["factor"], "n", takes(&[FACTORED]), factor)
        .summary("n as the product of its primes")
        .domain("an integer except 0")
        .example("factor(360)", "2^3 * 3^2 * 5"),
    Function::new(Integers, &["totient"], "n", takes(&[FROM_ONE]), totient)
        .summary("the number of integers from 1 to n whose gcd with n is 1 (Euler)")
        .domain("an integer >= 1")
        .example("totient(36)", "12"),
    Function::new(
        Integers,
        &["powmod"],
        "a, n, m",
        takes(&[INTEGER, NATURAL, NATURAL]),
        power_modulo,
    )
    .summary("a^n mod m, without computing a^n")
    .domain("integers, n >= 0, m >= 1")
    .example("powmod(3, 1000, 7)", "4"),
    Function::new(Integers, &["isqrt"], "n", takes(&[NATURAL]), |x, c| {
        use dashu_base::SquareRoot as _;
        let n = x.natural(0);
        c.work
            .pay_at_once(cost::divide(n.bit_len()), "the square root")?;
        Ok(n.sqrt().into())
    })
    .summary("the integer part of the square root")
    .domain("an integer >= 0")
    .example("isqrt(17)", "4"),
    BIT_AND,
    BIT_OR,
    BIT_XOR,
    BIT_NOT,
    SHIFT_LEFT,
    SHIFT_RIGHT,
    Function::new(Bits, &["bitcount"], "a", takes(&[NATURAL]), |x, _| {
        Ok(UBig::from(x.natural(0).count_ones()).into())
    })
    .summary("the number of bits that are 1")
    .domain("an integer >= 0")
    .example("bitcount(255)", "8"),
    Function::new(Bits, &["bitlength"], "a", takes(&[NATURAL]), |x, _| {
        Ok(UBig::from(x.natural(0).bit_len()).into())
    })
    .summary("the number of binary digits, without leading zeros")
    .domain("an integer >= 0")
    .example("bitlength(256)", "9"),
];

/// Returns the factorial. If it is too long for an integer, it is a real.
fn factorial(x: Arguments<'_>, context: &mut Context<'_, '_>) -> Result<Number> {
    let n = x.natural(0);
    match integer::factorial(&n, context.work) {
        Ok(factorial) => Ok(factorial.into()),
        Err(fault) if fault.reason == Reason::Limit && !context.work.is_spent() => {
            Number::from(n + UBig::ONE).unary(Unary::Gamma, context.work)
        }
        Err(fault) => Err(fault),
    }
}

/// Combines the absolute values of all arguments with `operation`, from the first to the last.
fn folded(
    x: Arguments<'_>,
    context: &mut Context<'_, '_>,
    cost: fn(usize, usize) -> u64,
    operation: fn(&UBig, &UBig) -> UBig,
) -> Result<Number> {
    let mut result = x.integer(0).unsigned_abs();
    for next in x.integers().skip(1) {
        let next = next.unsigned_abs();
        let cost = cost(result.bit_len(), next.bit_len());
        context.work.pay_at_once(cost, "the gcd")?;
        result = operation(&result, &next);
    }
    Ok(integer_within(result.into(), context.work)?.into())
}

/// Calls `count` with the arguments `n` and `k`. Returns 0 if `k` is greater than `n`.
fn choices(
    x: Arguments<'_>,
    context: &mut Context<'_, '_>,
    count: fn(&UBig, &UBig, &mut Context<'_, '_>) -> Result<UBig>,
) -> Result<Number> {
    let (n, k) = (x.natural(0), x.natural(1));
    if k > n {
        return Ok(0.into());
    }
    count(&n, &k, context).map(Number::from)
}

/// Tests whether the argument is prime.
fn is_prime(x: Arguments<'_>, context: &mut Context<'_, '_>) -> Result<Presented> {
    let n = x.integer(0);
    let primality = match n.sign() {
        Sign::Negative => Primality::Composite,
        Sign::Positive => integer::primality(&n.unsigned_abs(), context.work)?,
    };
    Ok(Value::Truth(Truth {
        value: primality != Primality::Composite,
        certain: primality != Primality::Probable,
    })
    .into())
}

/// Returns the smallest prime greater than the argument.
fn next_prime(x: Arguments<'_>, context: &mut Context<'_, '_>) -> Result<Number> {
    let n = x.integer(0);
    if n < IBig::from(2) {
        return Ok(2.into());
    }
    let mut n = n.unsigned_abs() + UBig::ONE;
    n.set_bit(0);
    while integer::primality(&n, context.work)? == Primality::Composite {
        n += 2u8;
    }
    Ok(n.into())
}

/// Returns the argument. Its presentation is the product of its prime factors.
fn factor(x: Arguments<'_>, context: &mut Context<'_, '_>) -> Result<Presented> {
    let (sign, size) = x.integer(0).into_parts();
    let (primes, certain) = integer::factor(&size, context.work)?;
    let factorization = Factorization {
        negative: sign == Sign::Negative,
        primes,
        certain,
    };
    Ok(Presented {
        value: Number::from(Exact::from(IBig::from_parts(sign, size))).into(),
        presentation: Presentation::Factored(Arc::new(factorization)),
    })
}

/// Returns Euler's totient of the argument.
fn totient(x: Arguments<'_>, context: &mut Context<'_, '_>) -> Result<Number> {
    let n = x.natural(0);
    let (primes, _) = integer::factor(&n, context.work)?;
    let fewer = |count: UBig, (prime, _): (UBig, u32)| count / &prime * (prime - UBig::ONE);
    Ok(primes.into_iter().fold(n, fewer).into())
}

/// Returns `a^n mod m` for the arguments `a`, `n` and `m`.
fn power_modulo(x: Arguments<'_>, context: &mut Context<'_, '_>) -> Result<Number> {
    let (base, exponent, modulus) = (x.integer(0), x.natural(1), x.natural(2));
    if modulus.is_zero() {
        return Err(Fault::division_by_zero());
    }
    integer::power_modulo(&base, &exponent, &modulus, context.work).map(Number::from)
}

/// Combines the bits of all arguments with `operation`, from the first to the last.
fn bitwise(
    x: Arguments<'_>,
    context: &mut Context<'_, '_>,
    operation: fn(IBig, IBig) -> IBig,
) -> Result<Number> {
    let mut result: Option<IBig> = None;
    for next in x.integers() {
        context.work.pay(cost::linear(next.bit_len()))?;
        result = Some(match result {
            None => next,
            Some(before) => operation(before, next),
        });
    }
    Ok(Exact::from(result.unwrap_or_default()).into())
}

/// Shifts the bits of the first argument to the right if `right` is true, otherwise to the left.
///
/// The second argument is the number of places. A negative number reverses the direction.
fn shift(x: Arguments<'_>, context: &mut Context<'_, '_>, right: bool) -> Result<Number> {
    let (n, count) = (x.integer(0), x.integer(1));
    if n.is_zero() {
        return Ok(0.into());
    }
    let right = right != (count.sign() == Sign::Negative);
    let limit = context.work.limits.result;
    let count = usize::try_from(&count.unsigned_abs()).unwrap_or(usize::MAX);
    if right {
        // A shift past the last bit leaves only the sign.
        let most = n.bit_len() + 1;
        return Ok(Exact::from(n >> count.min(most)).into());
    }
    if n.bit_len().saturating_add(count) > limit {
        return Err(Fault::too_long(limit));
    }
    Ok(Exact::from(n << count).into())
}
