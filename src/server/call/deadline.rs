//! The deadline of a call, which the header `grpc-timeout` sets.

use std::time::Duration;

use http::HeaderMap;

use crate::proto::header::TIMEOUT;

/// Returns the caller's timeout. Returns `None` if the header is missing or malformed.
///
/// The format is at most eight digits and a unit ("Timeout" in the specification gRPC over HTTP2).
pub(super) fn timeout(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(TIMEOUT)?.to_str().ok()?;
    let unit = text.chars().next_back()?;
    let digits = &text[..text.len() - unit.len_utf8()];
    if digits.is_empty() || digits.len() > 8 || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    Some(match unit {
        'H' => Duration::from_secs(60 * 60 * count),
        'M' => Duration::from_secs(60 * count),
        'S' => Duration::from_secs(count),
        'm' => Duration::from_millis(count),
        'u' => Duration::from_micros(count),
        'n' => Duration::from_nanos(count),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn timeouts_are_parsed() {
        for (text, nanoseconds) in [
            ("1n", Some(1)),
            ("20u", Some(20_000)),
            ("300m", Some(300_000_000)),
            ("0m", Some(0)),
            ("4S", Some(4_000_000_000)),
            ("1M", Some(60_000_000_000)),
            ("99999999H", Some(99_999_999 * 3600 * 1_000_000_000)),
            ("123456789n", None),
            ("10", None),
            ("S", None),
            ("+1S", None),
            ("-1S", None),
            ("1.5S", None),
            ("1s", None),
            ("1 S", None),
            ("", None),
            ("1é", None),
        ] {
            let value = HeaderValue::from_bytes(text.as_bytes()).unwrap();
            let headers = HeaderMap::from_iter([(TIMEOUT.parse().unwrap(), value)]);
            let found = timeout(&headers).map(|found| found.as_nanos());
            assert_eq!(found, nanoseconds, "{text:?}");
        }
        assert_eq!(timeout(&HeaderMap::new()), None);
    }
}
