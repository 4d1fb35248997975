//! The deadline of a call, which the header `grpc-timeout` sets.

use std::time::Duration;

use http::HeaderMap;
use tonic::Status;

use crate::proto::header::TIMEOUT;

/// Returns the caller's timeout, or `None` if the header is missing. Fails with `INTERNAL` if the
/// header is malformed.
///
/// The format is at most eight digits and a unit ("Timeout" in the specification gRPC over HTTP2).
pub(super) fn timeout(headers: &HeaderMap) -> Result<Option<Duration>, Status> {
    let Some(value) = headers.get(&TIMEOUT) else {
        return Ok(None);
    };
    let malformed = || Status::internal("the header grpc-timeout is malformed");
    parse(value.as_bytes()).map(Some).ok_or_else(malformed)
}

fn parse(text: &[u8]) -> Option<Duration> {
    let (unit, digits) = text.split_last()?;
    if digits.is_empty() || digits.len() > 8 || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let count = digits
        .iter()
        .fold(0, |count: u64, digit| 10 * count + u64::from(digit - b'0'));
    Some(match unit {
        b'H' => Duration::from_secs(60 * 60 * count),
        b'M' => Duration::from_secs(60 * count),
        b'S' => Duration::from_secs(count),
        b'm' => Duration::from_millis(count),
        b'u' => Duration::from_micros(count),
        b'n' => Duration::from_nanos(count),
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
            let headers = HeaderMap::from_iter([(TIMEOUT.clone(), value)]);
            let found = timeout(&headers).map(|found| found.unwrap().as_nanos());
            assert_eq!(found.ok(), nanoseconds, "{text:?}");
        }
        assert_eq!(timeout(&HeaderMap::new()).unwrap(), None);
    }
}
