//! The reason that a server gives for the end of a connection.
//!
//! hyper reports the reason only to some of the calls on the connection.

use h2::Reason;

use crate::text::printable::printable;

/// The length of the header of a frame, in bytes (RFC 9113, section 4.1).
const FRAME_HEADER: usize = 9;

/// The type of a GOAWAY frame.
const GOAWAY: u8 = 7;

/// The maximum number of bytes of a GOAWAY frame that are kept.
const MAX_PAYLOAD: usize = 256;

/// Searches the received bytes of a connection for a GOAWAY frame (RFC 9113, section 6.8).
#[derive(Debug, Default)]
pub(super) struct GoawayScanner {
    /// The received part of a frame's header, or of a GOAWAY frame.
    frame: Vec<u8>,
    /// The number of bytes that belong to the payload of another frame.
    skipped: usize,
}

impl GoawayScanner {
    /// Reads the next bytes of the connection. Returns the reason of a GOAWAY frame that reports an
    /// error and ends in these bytes.
    pub(super) fn scan(&mut self, mut bytes: &[u8]) -> Option<String> {
        let mut reason = None;
        while !bytes.is_empty() {
            if self.skipped > 0 {
                let skipped = self.skipped.min(bytes.len());
                self.skipped -= skipped;
                bytes = &bytes[skipped..];
                continue;
            }
            // Most frames arrive as a whole.
            if self.frame.is_empty()
                && let Some(header) = bytes.first_chunk()
                && header[3] != GOAWAY
            {
                self.skipped = FRAME_HEADER + payload_length(header);
                continue;
            }
            let length = match self.frame.first_chunk() {
                None => FRAME_HEADER,
                Some(header) => FRAME_HEADER + payload_length(header).min(MAX_PAYLOAD),
            };
            let (part, rest) = bytes.split_at((length - self.frame.len()).min(bytes.len()));
            self.frame.extend_from_slice(part);
            bytes = rest;
            let Some(header) = self.frame.first_chunk::<FRAME_HEADER>() else {
                continue;
            };
            let payload = payload_length(header);
            if header[3] != GOAWAY {
                self.skipped = payload;
                self.frame.clear();
            } else if self.frame.len() == FRAME_HEADER + payload.min(MAX_PAYLOAD) {
                reason = describe(&self.frame[FRAME_HEADER..]).or(reason);
                self.skipped = payload.saturating_sub(MAX_PAYLOAD);
                self.frame.clear();
            }
        }
        reason
    }
}

fn payload_length(header: &[u8; FRAME_HEADER]) -> usize {
    let [high, middle, low, ..] = *header;
    u32::from_be_bytes([0, high, middle, low]) as usize
}

/// Returns the reason in the payload of a GOAWAY frame; None if the server reports no error.
fn describe(payload: &[u8]) -> Option<String> {
    let (code, debug) = payload.get(4..)?.split_first_chunk()?;
    let reason = Reason::from(u32::from_be_bytes(*code));
    if reason == Reason::NO_ERROR {
        return None;
    }
    let debug = String::from_utf8_lossy(debug);
    let debug = printable(&debug, MAX_PAYLOAD);
    let colon = if debug.is_empty() { "" } else { ": " };
    Some(format!(
        "the server closed the connection with {reason:?}{colon}{debug}"
    ))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn frame(kind: u8, payload: &[u8]) -> Vec<u8> {
        let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
        [&length[1..], &[kind, 0, 0, 0, 0, 0], payload].concat()
    }

    #[test]
    fn a_goaway_is_found_at_any_split() {
        let payload = [&[0, 0, 0, 0, 0, 0, 0, 11][..], b"too_many_pings"].concat();
        let bytes = [
            frame(4, &[0; 6]),
            frame(0, &[7; 40]),
            frame(GOAWAY, &payload),
        ]
        .concat();
        for split in 0..=bytes.len() {
            let mut scanner = GoawayScanner::default();
            let first = scanner.scan(&bytes[..split]);
            let found = scanner.scan(&bytes[split..]).or(first).unwrap();
            let expected =
                "the server closed the connection with ENHANCE_YOUR_CALM: too_many_pings";
            assert_eq!(found, expected, "{split}");
        }
    }

    #[test]
    fn a_goaway_without_an_error_has_no_reason() {
        for payload in [&[0; 8][..], &[], &[0; 3], &[0; 300]] {
            let bytes = frame(GOAWAY, payload);
            assert_eq!(GoawayScanner::default().scan(&bytes), None);
        }
    }

    proptest! {
        #[test]
        fn any_bytes_are_scanned(pieces in prop::collection::vec(
            prop::collection::vec(any::<u8>(), 0..40), 0..10)) {
            let mut scanner = GoawayScanner::default();
            for piece in pieces {
                scanner.scan(&piece);
            }
        }
    }
}
