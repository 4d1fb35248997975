//! Length-prefixed messages: the frame of gRPC around each message of a call.

use bytes::Bytes;

/// The length of the prefix in front of each message, in bytes.
pub const PREFIX_BYTES: usize = 5;

/// The prefix of a message ("gRPC over HTTP2", "Length-Prefixed-Message").
///
/// On the wire, the prefix is a byte that is 0 or 1 (the Compressed-Flag), followed by the length
/// of the message as a 32-bit big-endian integer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Prefix {
    /// Whether the message is compressed. A flag above 1 is not valid, but counts as compressed.
    pub is_compressed: bool,
    /// The length of the message on the wire, in bytes, without the prefix.
    pub length: usize,
}

impl Prefix {
    /// Decodes a prefix.
    #[inline]
    #[must_use]
    pub const fn decode(bytes: [u8; PREFIX_BYTES]) -> Self {
        let [flag, length @ ..] = bytes;
        Self {
            is_compressed: flag != 0,
            length: u32::from_be_bytes(length) as usize,
        }
    }

    /// Returns the prefix of an uncompressed message of `length` bytes, which must fit in 32 bits.
    #[must_use]
    pub fn encode(length: usize) -> Bytes {
        Self::encode_flagged(0, length)
    }

    /// Returns the prefix of a compressed message of `length` bytes, which must fit in 32 bits.
    #[must_use]
    pub fn encode_compressed(length: usize) -> Bytes {
        Self::encode_flagged(1, length)
    }

    fn encode_flagged(flag: u8, length: usize) -> Bytes {
        let mut prefix = [flag; PREFIX_BYTES];
        let length = u32::try_from(length).unwrap_or(u32::MAX);
        prefix[1..].copy_from_slice(&length.to_be_bytes());
        Bytes::copy_from_slice(&prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_are_decoded() {
        for (bytes, is_compressed, length) in [
            ([0, 0, 0, 0, 0], false, 0),
            ([0, 0, 0, 0, 4], false, 4),
            ([1, 0, 1, 2, 3], true, 0x01_0203),
            ([0, 0xff, 0xff, 0xff, 0xff], false, 0xffff_ffff),
        ] {
            let prefix = Prefix {
                is_compressed,
                length,
            };
            assert_eq!(Prefix::decode(bytes), prefix);
        }
    }
}
