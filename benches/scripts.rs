//! The throughput of complete scripts, in lines per second. `cargo bench --bench scripts`.

mod servers;

use std::{fmt::Write as _, io, time::Duration};

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use grpcalc::{
    client::EvaluateOptions,
    repl::script::{self, Format, Output, Rules, ScriptEnd, Side},
};
use tokio::runtime::Builder;

use servers::{embedded, over_loopback};

const LINES: u64 = 100_000;

/// An output that discards all text.
struct Discard;

impl Output for Discard {
    fn write(&mut self, _: Side, _: &[u8]) -> io::Result<()> {
        Ok(())
    }
}

/// Returns a deterministic script with integers, decimals, powers and variables.
fn mixed_script() -> String {
    let mut script = String::new();
    for n in 0..LINES {
        let (a, b) = (n * 7919 % 99_991 + 1, n * 104_729 % 997 + 1);
        let written = match n % 10 {
            0..3 => writeln!(script, "{a} + {b}"),
            3..5 => writeln!(script, "{a} * {b} - {n}"),
            5..7 => writeln!(script, "{b}.{} * 1.5", a % 100),
            7 => writeln!(script, "{} ^ {}", b % 8 + 2, b % 40),
            8 => writeln!(script, "x = {a}"),
            _ => writeln!(script, "x * 2 + 1"),
        };
        written.unwrap();
    }
    script
}

fn scripts(criterion: &mut Criterion) {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let rules = Rules {
        fail_fast: false,
        many: true,
        format: Format::Plain,
        options: EvaluateOptions::default(),
        timeout: Duration::from_secs(60),
    };
    let lines = usize::try_from(LINES).unwrap();
    let scripts = [
        ("20 + 10", "20 + 10\n".repeat(lines)),
        (
            "1.5 * (2 + 3) ^ 2 / 7",
            "1.5 * (2 + 3) ^ 2 / 7\n".repeat(lines),
        ),
        ("mixed", mixed_script()),
        ("add 20 10", "add 20 10\n".repeat(lines)),
    ];
    for (connection, client) in [
        ("embedded", embedded(&runtime)),
        ("loopback", over_loopback(&runtime)),
    ] {
        let mut group = criterion.benchmark_group(connection);
        group
            .throughput(Throughput::Elements(LINES))
            .sample_size(10);
        for (name, script) in &scripts {
            group.bench_function(*name, |bencher| {
                bencher.iter(|| {
                    let run = script::run(script.as_bytes(), Discard, &client, rules, "ada");
                    assert_eq!(runtime.block_on(run).unwrap(), ScriptEnd::Answered);
                });
            });
        }
        group.finish();
    }
}

criterion_group!(benches, scripts);
criterion_main!(benches);
