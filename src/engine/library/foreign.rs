//! Names of other calculators and languages, and how they are written here.

/// The names, each with advice for a person who uses it.
static TABLE: &[(&[&str], &str)] = &[
    (&["sqr", "square"], "write x^2"),
    (&["cube"], "write x^3"),
    (&["recip", "inverse", "inv"], "write 1/x"),
    (&["fac"], "write n!, or factorial(n)"),
    (&["pwr", "power"], "write x^y, or pow(x, y)"),
    (&["nthroot", "nroot", "surd"], "write root(x, n)"),
    (&["roundup"], "write ceil(x)"),
    (&["rounddown"], "write floor(x), or trunc(x)"),
    (&["fix"], "write trunc(x), or x to 2 decimals"),
    (&["fpart"], "write frac(x)"),
    (&["ipart"], "write trunc(x)"),
    (
        &["rand", "random", "rnd", "randint", "randi"],
        "random numbers are not supported",
    ),
    (&["div"], "write 7 // 2, or quotient(7, 2)"),
    (
        &["modulo", "remainder", "fmod"],
        "write x mod y, or rem(x, y)",
    ),
    (&["divmod"], "write x // y and x mod y"),
    (&["log_e", "loge", "logn"], "write ln(x)"),
    (&["log_10"], "write log10(x)"),
    (&["log_2"], "write log2(x)"),
    (&["pow10", "exp10", "alog"], "write 10^x"),
    (&["pow2", "exp2"], "write 2^x"),
    (&["arctan2", "atan_2", "angle"], "write atan2(y, x)"),
    (
        &["sind", "sindeg"],
        "write :set angle deg, or sin(radians(x))",
    ),
    (
        &["cosd", "cosdeg"],
        "write :set angle deg, or cos(radians(x))",
    ),
    (
        &["tand", "tandeg"],
        "write :set angle deg, or tan(radians(x))",
    ),
    (&["rad2deg", "todeg", "deg"], "write degrees(x)"),
    (&["deg2rad", "torad", "rad"], "write radians(x)"),
    (&["Pi", "PI"], "write pi"),
    (&["E", "euler", "exp1"], "write e"),
    (&["True", "TRUE"], "write true"),
    (&["False", "FALSE"], "write false"),
    (&["And", "AND"], "write and"),
    (&["Or", "OR"], "write or"),
    (&["Not", "NOT"], "write not"),
    (&["Xor", "XOR"], "write xor"),
    (&["Mod", "MOD"], "write mod"),
    (&["bitand", "bitAnd"], "write a & b, or band(a, b)"),
    (&["bitor", "bitOr"], "write a | b, or bor(a, b)"),
    (&["bitxor", "bitXor"], "write a xor b, or bxor(a, b)"),
    (&["bitnot", "bitNot"], "write ~a, or bnot(a)"),
    (&["lsh", "lshift", "leftshift"], "write a << n"),
    (&["rsh", "rshift", "rightshift"], "write a >> n"),
    (&["popcount", "popcnt"], "write bitcount(a)"),
    (&["total"], "write sum(x, y)"),
    (&["prod"], "write product(x, y)"),
    (&["minimum", "smallest"], "write min(x, y)"),
    (&["maximum", "largest"], "write max(x, y)"),
    (
        &["sd", "stdevs", "std_dev"],
        "write stdev(x, y), or pstdev(x, y)",
    ),
    (&["stdevp", "stddevp"], "write pstdev(x, y)"),
    (&["gcf", "hcf"], "write gcd(a, b)"),
    (
        &["prime", "is_prime", "primeQ", "isPrime"],
        "write isprime(n)",
    ),
    (&["next_prime", "nextPrime"], "write nextprime(n)"),
    (
        &["factorize", "factors", "ifactor", "factorint"],
        "write factor(n)",
    ),
    (&["eulerphi", "euler_phi"], "write totient(n)"),
    (&["modpow", "powerMod", "pow_mod"], "write powmod(a, n, m)"),
    (&["hex"], "write 255 to hex"),
    (&["bin"], "write 255 to bin"),
    (&["oct"], "write 255 to oct"),
    (&["dec"], "write 0xff to dec"),
    (
        &["ifelse", "iif", "cond"],
        "write if(condition, then, else)",
    ),
    (&["last"], "write ans"),
    (
        &["clear", "cls"],
        "write :clear to start a new worksheet, or press Ctrl-L to clear the screen",
    ),
    (&["quit", "exit", "bye"], "write :q, or press Ctrl-D"),
    (
        &["nan", "NaN", "inf", "Inf", "infinity", "Infinity"],
        "it is not a number",
    ),
];

/// Returns advice for a name that other calculators have.
pub(in crate::engine) fn advice(name: &str) -> Option<&'static str> {
    let row = TABLE.iter().find(|(names, _)| names.contains(&name));
    row.map(|(_, advice)| *advice)
}

#[cfg(test)]
mod tests {
    use super::{super::find, *};
    use crate::engine::CONSTANTS;

    #[test]
    fn rows_are_for_unknown_names() {
        for (names, _) in TABLE {
            for name in *names {
                let is_constant = CONSTANTS.iter().any(|(constant, _)| constant == name);
                assert!(find(name).is_none() && !is_constant, "{name}");
            }
        }
    }
}
