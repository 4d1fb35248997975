//! Times and sizes as users write them: `500ms`, `64KiB`.

use std::time::Duration;

/// The maximum time that an option accepts: a year.
const MAX_DURATION: Duration = Duration::from_secs(365 * 24 * 60 * 60);

/// Parses a time: a number of seconds, or a text such as `500ms`, `2s`, `1m` or `1h`.
pub fn duration(text: &str) -> Result<Duration, String> {
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match &text[number.len()..] {
        "ms" => 1e-3,
        "" | "s" => 1.0,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err("unknown unit; use ms, s, m or h".into()),
    };
    let count: f64 = number
        .parse()
        .map_err(|_| "write a number of seconds, or a time such as 500ms, 2s or 1m")?;
    match Duration::try_from_secs_f64(count * unit) {
        Ok(duration) if duration <= MAX_DURATION => Ok(duration),
        _ => Err("must be at most a year, and not negative".into()),
    }
}

/// Parses a time above zero.
pub fn positive_duration(text: &str) -> Result<Duration, String> {
    match duration(text)? {
        Duration::ZERO => Err("must be more than zero".into()),
        duration => Ok(duration),
    }
}

/// Parses a size: a number of bytes, or a text such as `64KiB`, `4MiB` or `1GiB`.
pub fn bytes(text: &str) -> Result<usize, String> {
    let number = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit: usize = match &text[number.len()..] {
        "" => 1,
        "KiB" => 1 << 10,
        "MiB" => 1 << 20,
        "GiB" => 1 << 30,
        _ => return Err("unknown unit; use KiB, MiB or GiB".into()),
    };
    let count: usize = number
        .parse()
        .map_err(|_| "write a number of bytes, or a size such as 64KiB, 4MiB or 1GiB")?;
    match count.checked_mul(unit) {
        Some(bytes @ 1..=MAX_SIZE) => Ok(bytes),
        _ => Err("must be at least 1 byte and at most 1024GiB".into()),
    }
}

/// The maximum size that an option accepts, in bytes.
const MAX_SIZE: usize = 1 << 40;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_parsed() {
        for (text, expected) in [
            ("1", Some(1)),
            ("64KiB", Some(65_536)),
            ("4MiB", Some(4_194_304)),
            ("2GiB", Some(2_147_483_648)),
            ("0", None),
            ("2000GiB", None),
            ("99999999999999999999", None),
            ("1.5MiB", None),
            ("-1", None),
            ("4MB", None),
            ("", None),
            ("KiB", None),
        ] {
            assert_eq!(bytes(text).ok(), expected, "{text:?}");
        }
    }

    #[test]
    fn durations_are_parsed() {
        for (text, milliseconds) in [
            ("10", Some(10_000)),
            ("0.5", Some(500)),
            ("500ms", Some(500)),
            ("2s", Some(2_000)),
            ("1m", Some(60_000)),
            ("1.5h", Some(5_400_000)),
            ("0", Some(0)),
            ("-1", None),
            ("nan", None),
            ("inf", None),
            ("1e300", None),
            ("9000h", None),
            ("2 weeks", None),
            ("", None),
            ("s", None),
        ] {
            let expected = milliseconds.map(Duration::from_millis);
            assert_eq!(duration(text).ok(), expected, "{text:?}");
        }
        assert!(positive_duration("0.0ms").is_err());
    }
}
