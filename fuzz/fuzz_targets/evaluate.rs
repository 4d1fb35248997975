//! Evaluates arbitrary bytes as lines: no line makes the engine panic, hang or grow.
//!
//!     cargo +nightly fuzz run evaluate -- -dict=fuzz/language.dict -max_len=256
//!
//! The bytes are lines of a worksheet. Its limits are a hundredth of a server's, so that a
//! line at the limit takes milliseconds. What is exact is read back, and must give the same
//! text; a line must answer the same whichever way it goes through the engine.

#![no_main]

use grpcalc::engine::{Answer, Fault, Limits, Options, Work, Worksheet, evaluate};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let limits = Limits {
        result: 10_000,
        precision: 1024,
        work: 5_000_000,
        operation: 1_000_000,
        heap_bytes: 1 << 18,
        names: 20,
        ..Limits::default()
    };
    let work = || Work::new(&limits, limits.work, &|| None);
    let options = Options::default();
    let (mut sheet, mut other) = (Worksheet::default(), Worksheet::default());
    for line in text.split('\n') {
        let found = sheet.run(line, options, &mut work());
        // A comment keeps the line off the fast path.
        let again = other.run(&format!("{line}#"), options, &mut work());
        assert_eq!(kind(&found), kind(&again), "{line:?}");
        match found {
            Ok(Answer { value: Some(shown), .. }) if !shown.rounded => {
                // Reading the text may exceed a limit, as with a long fraction.
                if let Ok(again) = evaluate(&shown.text, options, &mut work()) {
                    let again = again.value.expect("a text of a value has a value");
                    let same = again.text == shown.text || again.typed == shown.typed;
                    assert!(same, "{line:?} shows {:?}, which shows {:?}", shown.text, again.text);
                }
            }
            Ok(_) => {}
            Err(fault) => {
                assert!(!fault.message.is_empty());
                let span = fault.span.unwrap_or(0..0);
                assert!(span.start <= span.end && span.end <= line.chars().count(), "{line:?}");
            }
        }
    }
    for name in sheet.names() {
        // This may exceed the budget.
        let _ = sheet.definition(name, options, &mut work());
    }
});

/// Returns the part of an outcome that must be the same on both paths.
fn kind(outcome: &Result<Answer, Box<Fault>>) -> Result<&Answer, grpcalc::engine::Reason> {
    outcome.as_ref().map_err(|fault| fault.reason)
}
