//! The time to evaluate a line from text to text, compared to fend. `cargo bench --bench engine`.

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use grpcalc::{
    engine::{Limits, Options, Work, evaluate},
    syntax,
};

/// Lines that both calculators evaluate.
const SHARED: [&str; 6] = [
    "20 + 10",
    "1.5 * (2 + 3) ^ 2 / 7",
    "1/3 + 1/7 - 2/21",
    "2^100 - 1",
    "sqrt(2)",
    "sin(1) + cos(1)",
];

/// Lines that only grpcalc evaluates: fend cannot evaluate them, or takes too long.
const GRPCALC_ONLY: [&str; 6] = [
    "exp(pi*sqrt(163)) - 262537412640768744",
    "gamma(1/3)",
    "sin(pi)",
    "2^100000",
    "5000!",
    "f(n) = if(n < 2, 1, n*f(n - 1)); f(100)",
];

fn lines(criterion: &mut Criterion) {
    let limits = Limits::default();
    let options = Options::default();
    let ours = |line: &str| {
        let mut work = Work::new(&limits, limits.work, &|| None);
        evaluate(line, options, &mut work)
            .unwrap()
            .value
            .unwrap()
            .text
    };
    for line in SHARED {
        let mut group = criterion.benchmark_group(line);
        group.bench_function("grpcalc", |bencher| bencher.iter(|| ours(black_box(line))));
        let mut fend = fend_core::Context::new();
        let mut theirs = |line: &str| {
            let result = fend_core::evaluate(line, &mut fend).unwrap();
            result.get_main_result().to_owned()
        };
        group.bench_function("fend", |bencher| bencher.iter(|| theirs(black_box(line))));
        group.finish();
    }
    for line in GRPCALC_ONLY {
        criterion.bench_function(line, |bencher| bencher.iter(|| ours(black_box(line))));
    }
    criterion.bench_function("parse 1.5 * (2 + 3) ^ 2 / 7", |bencher| {
        let limits = syntax::ParseLimits::default();
        bencher.iter(|| {
            syntax::parse(
                black_box("1.5 * (2 + 3) ^ 2 / 7"),
                &limits,
                &syntax::NoFunctions,
            )
            .unwrap()
        });
    });
}

criterion_group!(benches, lines);
criterion_main!(benches);
