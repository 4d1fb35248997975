//! What can prevent the start of the program: an environment that is too small, or a panic.

use std::{
    backtrace::{Backtrace, BacktraceStatus},
    fmt::Display,
    panic::{self, AssertUnwindSafe},
    thread,
    time::{Duration, SystemTime},
};

use rlimit::Resource;

use super::{Exit, print_error};

/// The minimum number of files that the process must be allowed to open.
const FILES: u64 = 16;

/// The minimum address space of the process, in MiB. A smaller one ends the process without a
/// message: the system library cannot report it.
const ADDRESS_SPACE: u64 = 64;

/// The minimum size of the stack, in KiB.
const STACK: u64 = 512;

/// The first second of the year 10000. The dates of HTTP end before it (RFC 9110, section 5.6.7).
const YEAR_10000: Duration = Duration::from_secs(253_402_300_800);

/// Runs the program if its environment suffices. Reports a panic in one sentence.
pub(super) fn guarded(run: impl FnOnce() -> Exit) -> Exit {
    if let Some(lack) = lack() {
        print_error(format_args!("{lack}"));
        return Exit::Usage;
    }
    panic::set_hook(Box::new(|panic| {
        let thread = thread::current();
        let name = thread.name().unwrap_or("?");
        let payload = panic.payload();
        let text = payload.downcast_ref::<String>().map(String::as_str);
        let text = text
            .or_else(|| payload.downcast_ref().copied())
            .unwrap_or("a panic");
        let place = panic.location().map(panic::Location::to_string);
        let place = place.unwrap_or_default();
        print_error(format_args!("the thread '{name}' failed: {text} ({place})"));
        // Empty unless RUST_BACKTRACE asks for it.
        let backtrace = Backtrace::capture();
        if backtrace.status() == BacktraceStatus::Captured {
            print_error(format_args!("{backtrace}"));
        }
    }));
    // The hook has reported the panic.
    panic::catch_unwind(AssertUnwindSafe(run)).unwrap_or(Exit::Usage)
}

/// Returns what the environment lacks.
fn lack() -> Option<String> {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    if !now.is_ok_and(|now| now < YEAR_10000) {
        let text = "the clock shows a time before 1970 or after 9999; set the clock";
        return Some(text.into());
    }
    let below = |resource: Resource, least: u64, unit: u64| {
        let (limit, _) = resource.get().ok()?;
        (limit / unit < least).then(|| (limit / unit).to_string())
    };
    let lack = |what: &str, limit: &dyn Display, least: u64| {
        format!("{what} is limited to {limit}, but the program needs {least}; see 'ulimit -a'")
    };
    if let Some(files) = below(Resource::NOFILE, FILES, 1) {
        return Some(lack("the number of open files", &files, FILES));
    }
    if let Some(size) = below(Resource::AS, ADDRESS_SPACE, 1 << 20) {
        return Some(lack("the memory in MiB", &size, ADDRESS_SPACE));
    }
    let size = below(Resource::STACK, STACK, 1 << 10)?;
    Some(lack("the stack in KiB", &size, STACK))
}
