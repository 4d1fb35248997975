//! The response times of the prompt. `cargo bench --bench prompt`.

use std::{
    fs::File,
    io::{Read as _, Write as _},
    process::Command,
    time::{Duration, Instant},
};

use criterion::{Criterion, criterion_group, criterion_main};
use rexpect::process::PtyProcess;

/// A line that runs for more than a second, in steps of at least some milliseconds.
const HEAVY: &str = "f(n) = if(n < 2, n, f(n - 1) + f(n - 2)); f(60)";

/// The program in a pseudo-terminal.
struct Terminal {
    _process: PtyProcess,
    stream: File,
    shown: Vec<u8>,
}

impl Terminal {
    fn open() -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_grpcalc"));
        command
            .env("TERM", "xterm")
            .env("NO_COLOR", "1")
            .env("GRPCALC_CONFIG", "")
            .env("GRPCALC_HISTORY", "")
            .env_remove("GRPCALC_ADDR");
        let process = PtyProcess::new(command).unwrap();
        let stream = process.get_file_handle().unwrap();
        let mut terminal = Self {
            _process: process,
            stream,
            shown: Vec::new(),
        };
        terminal.wait("Ctrl-D ends.");
        terminal.wait("> ");
        terminal
    }

    fn press(&mut self, keys: &str) {
        self.stream.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits until the program prints `text`.
    fn wait(&mut self, text: &str) {
        let text = text.as_bytes();
        loop {
            let found = self.shown.windows(text.len()).position(|it| it == text);
            if let Some(at) = found {
                self.shown.drain(..at + text.len());
                return;
            }
            let mut bytes = [0; 4096];
            let count = self.stream.read(&mut bytes).unwrap();
            self.shown.extend_from_slice(&bytes[..count]);
        }
    }

    /// Measures the time from pressing `key` after `line` to the preview `answer`.
    fn time_to_preview(&mut self, line: &str, key: &str, answer: &str) -> Duration {
        self.press(line);
        self.wait(line.split(' ').next_back().unwrap_or_default());
        let start = Instant::now();
        self.press(key);
        self.wait(answer);
        let elapsed = start.elapsed();
        // Ctrl-U deletes the line.
        self.press("\x15");
        self.wait("> \r");
        elapsed
    }
}

fn prompt(criterion: &mut Criterion) {
    let mut terminal = Terminal::open();
    let mut group = criterion.benchmark_group("key to preview");
    for (line, key, answer) in [
        ("20 + 1", "7", "= 37"),
        ("1/3 + sqrt(2", ")", "≈ 1.7475468957064283821"),
        ("gamma(1/3", ")", "≈ 2.6789385347077476337"),
    ] {
        group.bench_function(format!("{line}{key}"), |bencher| {
            bencher.iter_custom(|count| {
                (0..count)
                    .map(|_| terminal.time_to_preview(line, key, answer))
                    .sum()
            });
        });
    }
    group.finish();
    let mut group = criterion.benchmark_group("Ctrl-C to prompt");
    group.sample_size(10);
    group.bench_function("a heavy line", |bencher| {
        bencher.iter_custom(|count| {
            let stop = |_| {
                terminal.press(&format!("{HEAVY}\r"));
                terminal.wait("\x1b[?2004l");
                std::thread::sleep(Duration::from_millis(150));
                let start = Instant::now();
                terminal.press("\x03");
                terminal.wait("> ");
                start.elapsed()
            };
            (0..count).map(stop).sum()
        });
    });
    group.finish();
}

criterion_group!(benches, prompt);
criterion_main!(benches);
