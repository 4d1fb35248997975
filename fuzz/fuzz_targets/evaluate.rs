//! From bytes to an answer: no line makes the engine panic, hang or grow.
//!
//!     cargo +nightly fuzz run evaluate -- -dict=fuzz/language.dict -max_len=256
//!
//! The limits are a hundredth of a server's, so that a line at the limit takes
//! milliseconds; what is exact is read back, and must give the same text.

#![no_main]

use grpcalc::engine::{Limits, Options, Work, evaluate};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(line) = std::str::from_utf8(bytes) else {
        return;
    };
    let limits = Limits {
        result: 10_000,
        precision: 1024,
        work: 5_000_000,
        operation: 1_000_000,
        held: 1 << 18,
        ..Limits::default()
    };
    let answer = |line: &str| {
        let mut work = Work::new(&limits, limits.work, &|| None);
        evaluate(line, Options::default(), &mut work)
    };
    match answer(line) {
        Ok(found) => {
            let Some(shown) = found.value else { return };
            if !shown.rounded {
                // Reading it back may cross a limit, as a fraction that is long.
                if let Ok(again) = answer(&shown.text) {
                    let again = again.value.expect("a text of a value has a value");
                    let same = again.text == shown.text || again.typed == shown.typed;
                    assert!(same, "{line:?} shows {:?}, which shows {:?}", shown.text, again.text);
                }
            }
        }
        Err(fault) => {
            assert!(!fault.message.is_empty());
            let span = fault.span.unwrap_or(0..0);
            assert!(span.start <= span.end && span.end <= line.chars().count(), "{line:?}");
        }
    }
});
