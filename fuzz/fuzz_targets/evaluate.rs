//! Fuzzes the engine: no input may make it panic, hang or exceed its limits.
//!
//!     cargo +nightly fuzz run evaluate -- -dict=fuzz/language.dict -max_len=256
//!
//! The input is the lines of a worksheet. The limits are about a hundredth of a server's, so that a
//! line at the limit takes milliseconds. The text of an exact answer is evaluated again and must
//! give the same value. A line must have the same answer with and without the fast path.

#![no_main]

use grpcalc::engine::{Answer, Fault, Limits, Options, Reason, Work, Worksheet, evaluate};
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
    let (mut worksheet, mut slow_worksheet) = (Worksheet::default(), Worksheet::default());
    for line in text.split('\n') {
        let outcome = worksheet.run(line, options, &mut work());
        // The fast path does not take lines with a comment.
        let slow_outcome = slow_worksheet.run(&format!("{line}#"), options, &mut work());
        // The paths pay for different steps, so a line near a limit may exceed it on one of them.
        let found = [answer_or_reason(&outcome), answer_or_reason(&slow_outcome)];
        // The worksheets then differ, so the lines behind it cannot be compared.
        if found.contains(&Err(Reason::Limit)) && found[0] != found[1] {
            break;
        }
        assert_eq!(found[0], found[1], "{line:?}");
        match outcome {
            Ok(Answer { value: Some(shown), .. }) if !shown.rounded => {
                // Evaluating the text may exceed a limit, as for a long fraction.
                if let Ok(again) = evaluate(&shown.text, options, &mut work()) {
                    let again = again.value.expect("the text of a value has a value");
                    // A long fraction is shown as a rounded decimal, unless its form is asked for.
                    let fraction = || {
                        let line = format!("{} to fraction", shown.text);
                        let found = evaluate(&line, options, &mut work());
                        found.is_ok_and(|found| found.value.is_some_and(|it| it.text == shown.text))
                    };
                    let same = again.text == shown.text || again.typed == shown.typed || fraction();
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
    for name in worksheet.names() {
        // The definition may need more work than the limit.
        let _ = worksheet.definition(name, options, &mut work());
    }
});

/// Returns the parts of an outcome that the fast path must not change.
fn answer_or_reason(outcome: &Result<Answer, Box<Fault>>) -> Result<&Answer, Reason> {
    outcome.as_ref().map_err(|fault| fault.reason)
}
