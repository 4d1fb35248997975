//! Evaluates lines with the engine alone: no server, no async runtime.
//!
//!     cargo run --example evaluate --no-default-features -- 'x = 1/3' 'x + 1/6' 'sqrt(2)'

use grpcalc::engine::{Fault, Limits, Options, Work, Worksheet};

fn main() -> Result<(), Box<Fault>> {
    let limits = Limits::default();
    let options = Options {
        digits: 30,
        ..Options::default()
    };
    // A worksheet remembers variables, functions and `ans` from line to line.
    // `engine::evaluate` evaluates one line without a worksheet.
    let mut worksheet = Worksheet::default();
    for line in std::env::args().skip(1) {
        // Each line has a budget of estimated work. A caller that wants to stop a line
        // earlier returns a reason from the closure.
        let mut work = Work::new(&limits, limits.work, &|| None);
        let answer = worksheet.run(&line, options, &mut work)?;
        if let Some(value) = answer.value {
            let mark = if value.rounded { "≈ " } else { "" };
            println!("{mark}{}", value.text);
        }
    }
    Ok(())
}
