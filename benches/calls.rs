//! The time of a unary call, and of parsing a line into a command. `cargo bench --bench calls`.

mod servers;

use std::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};
use grpcalc::{
    client::{Call, Method},
    repl::command,
};
use tokio::runtime::Builder;

use servers::embedded;

fn calls(criterion: &mut Criterion) {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let client = embedded(&runtime);
    let call = Call {
        method: Method::Add,
        n1: 20,
        n2: 10,
    };
    criterion.bench_function("one call", |bencher| {
        bencher.iter(|| runtime.block_on(client.call(black_box(call))).unwrap());
    });
    for line in ["multiply 123456 -7890", "20 + 10", "x = 5"] {
        criterion.bench_function(&format!("parse {line}"), |bencher| {
            bencher.iter(|| command::parse(black_box(line)).is_ok());
        });
    }
}

criterion_group!(benches, calls);
criterion_main!(benches);
