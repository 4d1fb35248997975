//! What a call costs: one at a time, and a script of them. `cargo bench`.

use std::{hint::black_box, time::Duration};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use grpcalc::{
    client::{Call, Client, Method, Target},
    repl::{
        Session, command,
        script::{self, Rules},
    },
    server::{self, Settings},
};
use tokio::runtime::{Builder, Runtime};

/// A server on a thread of its own, as the program embeds it, and a client.
fn embedded(runtime: &Runtime) -> Client {
    let (dial, connections) = server::in_memory();
    std::thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let settings = Settings::default();
        runtime.block_on(server::run(connections, std::future::pending(), &settings))
    });
    let _guard = runtime.enter();
    Client::lazy(Target::Embedded(dial), Duration::from_secs(60))
}

fn calls(criterion: &mut Criterion) {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let client = embedded(&runtime);
    let call = Call {
        method: Method::Add,
        n1: 20,
        n2: 10,
    };
    criterion.bench_function("one call", |bencher| {
        bencher.iter(|| runtime.block_on(client.ask(black_box(call))).unwrap());
    });

    let script = "add 20 10\n".repeat(10_000);
    let mut group = criterion.benchmark_group("script");
    group.throughput(Throughput::Elements(10_000));
    group.sample_size(20);
    group.bench_function("10,000 calls", |bencher| {
        bencher.iter(|| {
            let (output, errors) = (tokio::io::sink(), tokio::io::sink());
            let session = Session::new(&client, 20);
            let run = script::run(
                script.as_bytes(),
                output,
                errors,
                &session,
                Rules::default(),
            );
            runtime.block_on(run).unwrap()
        });
    });
    group.finish();
}

fn lines(criterion: &mut Criterion) {
    criterion.bench_function("parse a line", |bencher| {
        bencher.iter(|| command::parse(black_box("multiply 123456 -7890")));
    });
}

criterion_group!(benches, calls, lines);
criterion_main!(benches);
