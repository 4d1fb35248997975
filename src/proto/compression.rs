//! Compression of messages: the encodings of gRPC, and codecs that work piece by piece.

use std::{fmt, io};

use compression_codecs::{
    DecodeV2, EncodeV2, GzipDecoder, GzipEncoder, ZlibDecoder, ZlibEncoder, ZstdDecoder,
    core::{
        Level,
        util::{PartialBuffer, WriteBuffer},
    },
    flate::params::FlateEncoderParams,
    zstd::params::DParameter,
};

/// The value of the header field `grpc-accept-encoding`: the encodings that can be inflated.
pub const ACCEPTED: &str = "identity,gzip,deflate,zstd";

/// The maximum window of zstd, as a power of two: 4 MiB.
///
/// The decoder allocates the window that a message declares, so a large window would cost memory
/// even for a short message.
const ZSTD_WINDOW_LOG: u32 = 22;

/// An encoding of compressed messages ("Message-Encoding" in the specification gRPC over HTTP2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// `gzip` (RFC 1952).
    Gzip,
    /// `deflate`: the zlib format (RFC 1950).
    Deflate,
    /// `zstd` (RFC 8878).
    Zstd,
}

/// The encoding that a header field names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NamedEncoding {
    /// The field is missing, or names `identity`: no message may be compressed.
    Identity,
    /// A known encoding.
    Known(Encoding),
    /// The encoding is not known. Only uncompressed messages can be read.
    Unknown,
}

impl Encoding {
    /// Returns the name of the encoding in header fields.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Gzip => "gzip",
            Self::Deflate => "deflate",
            Self::Zstd => "zstd",
        }
    }

    fn find(name: &[u8]) -> Option<Self> {
        [Self::Gzip, Self::Deflate, Self::Zstd]
            .into_iter()
            .find(|encoding| name.eq_ignore_ascii_case(encoding.name().as_bytes()))
    }

    /// Returns the number of bytes that a decoder of this encoding needs beside its output.
    #[must_use]
    pub const fn window(self) -> usize {
        match self {
            Self::Gzip | Self::Deflate => 0,
            Self::Zstd => 1 << ZSTD_WINDOW_LOG,
        }
    }
}

impl NamedEncoding {
    /// Returns the encoding that the value of a header field `grpc-encoding` names.
    #[must_use]
    pub fn parse(value: Option<&[u8]>) -> Self {
        let Some(name) = value.map(<[u8]>::trim_ascii) else {
            return Self::Identity;
        };
        if name.is_empty() || name.eq_ignore_ascii_case(b"identity") {
            return Self::Identity;
        }
        Encoding::find(name).map_or(Self::Unknown, Self::Known)
    }
}

/// Whether a list of encodings, the value of `grpc-accept-encoding`, contains `encoding`.
#[must_use]
pub fn accepts(list: &[u8], encoding: Encoding) -> bool {
    let mut names = list.split(|byte| *byte == b',').map(<[u8]>::trim_ascii);
    names.any(|name| Encoding::find(name) == Some(encoding))
}

/// A decoder of one message. Its input and output are given piece by piece.
pub struct Inflater {
    decoder: Box<dyn DecodeV2 + Send + Sync>,
    has_ended: bool,
}

/// The progress of one step of a codec.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// The number of bytes of the input that were read.
    pub read: usize,
    /// The number of bytes that were written to the output.
    pub written: usize,
}

impl fmt::Debug for Inflater {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inflater").finish_non_exhaustive()
    }
}

impl Inflater {
    /// Creates the decoder of a message.
    #[must_use]
    pub fn new(encoding: Encoding) -> Self {
        Self {
            decoder: match encoding {
                Encoding::Gzip => Box::new(GzipDecoder::new()),
                Encoding::Deflate => Box::new(ZlibDecoder::new()),
                Encoding::Zstd => {
                    Box::new(ZstdDecoder::new_with_params(&[DParameter::window_log_max(
                        ZSTD_WINDOW_LOG,
                    )]))
                }
            },
            has_ended: false,
        }
    }

    /// Reads from `input` and writes to `output`, until the input is read or the output is full.
    ///
    /// Fails if the input is not valid, or continues after the end of the compressed data.
    pub fn inflate(&mut self, input: &[u8], output: &mut [u8]) -> io::Result<Progress> {
        if input.is_empty() || output.is_empty() {
            return Ok(Progress {
                read: 0,
                written: 0,
            });
        }
        if self.has_ended {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "there are bytes after the end of the compressed data",
            ));
        }
        self.step(input, output)
    }

    /// Writes the rest of the output after the last byte of the input was read.
    ///
    /// If nothing is written, the output is complete. Fails if the compressed data is truncated.
    pub fn finish(&mut self, output: &mut [u8]) -> io::Result<usize> {
        if self.has_ended {
            return Ok(0);
        }
        let written = self.step(&[], output).map(|progress| progress.written);
        match written {
            // The decoders report input that ends too early with different errors.
            Ok(0) | Err(_) if !self.has_ended => Err(io::Error::new(
                io::ErrorKind::UnexpectedEof,
                "the compressed data is truncated",
            )),
            written => written,
        }
    }

    fn step(&mut self, input: &[u8], output: &mut [u8]) -> io::Result<Progress> {
        let (mut input, mut output) = (
            PartialBuffer::new(input),
            WriteBuffer::new_initialized(output),
        );
        self.has_ended = self.decoder.decode(&mut input, &mut output)?;
        Ok(Progress {
            read: input.written_len(),
            written: output.written_len(),
        })
    }
}

/// Inflates a complete message. Returns None if it cannot be inflated, or has more than `limit` bytes.
#[must_use]
pub fn inflate(encoding: Encoding, mut compressed: &[u8], limit: usize) -> Option<Vec<u8>> {
    let (mut inflater, mut message) = (Inflater::new(encoding), vec![0; limit + 1]);
    let mut length = 0;
    while !compressed.is_empty() && length <= limit {
        let step = inflater
            .inflate(compressed, &mut message[length..])
            .ok()
            .filter(|step| step.read + step.written > 0)?;
        compressed = &compressed[step.read..];
        length += step.written;
    }
    while length <= limit {
        match inflater.finish(&mut message[length..]).ok()? {
            0 => {
                message.truncate(length);
                return Some(message);
            }
            written => length += written,
        }
    }
    None
}

/// An encoder of one message. Its input and output are given piece by piece.
pub struct Deflater(Box<dyn EncodeV2 + Send + Sync>);

impl fmt::Debug for Deflater {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Deflater").finish_non_exhaustive()
    }
}

impl Deflater {
    /// Creates the encoder of a message. `zstd` is only read, so its messages are encoded as gzip.
    #[must_use]
    pub fn new(encoding: Encoding) -> Self {
        let level = FlateEncoderParams::from(Level::Fastest);
        Self(match encoding {
            Encoding::Gzip | Encoding::Zstd => Box::new(GzipEncoder::new(level)),
            Encoding::Deflate => Box::new(ZlibEncoder::new(level)),
        })
    }

    /// Reads from `input` and writes to `output`, until the input is read or the output is full.
    pub fn deflate(&mut self, input: &[u8], output: &mut [u8]) -> io::Result<Progress> {
        let (mut input, mut output) = (
            PartialBuffer::new(input),
            WriteBuffer::new_initialized(output),
        );
        self.0.encode(&mut input, &mut output)?;
        Ok(Progress {
            read: input.written_len(),
            written: output.written_len(),
        })
    }

    /// Writes the rest of the output. Returns the number of bytes, and whether they are the last.
    pub fn finish(&mut self, output: &mut [u8]) -> io::Result<(usize, bool)> {
        let mut output = WriteBuffer::new_initialized(output);
        let has_ended = self.0.finish(&mut output)?;
        Ok((output.written_len(), has_ended))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BLOCK: usize = 1000;

    fn deflate(encoding: Encoding, text: &[u8]) -> Vec<u8> {
        let (mut deflater, mut block) = (Deflater::new(encoding), [0; BLOCK]);
        let (mut rest, mut compressed) = (text, Vec::new());
        while !rest.is_empty() {
            let step = deflater.deflate(rest, &mut block).unwrap();
            rest = &rest[step.read..];
            compressed.extend_from_slice(&block[..step.written]);
        }
        loop {
            let (written, has_ended) = deflater.finish(&mut block).unwrap();
            compressed.extend_from_slice(&block[..written]);
            if has_ended {
                return compressed;
            }
        }
    }

    /// Inflates pieces of `compressed` that end at the positions `ends`.
    fn inflate(encoding: Encoding, compressed: &[u8], ends: &[usize]) -> io::Result<Vec<u8>> {
        let (mut inflater, mut block) = (Inflater::new(encoding), [0; BLOCK]);
        let (mut text, mut start) = (Vec::new(), 0);
        for &end in ends.iter().chain([&compressed.len()]) {
            let mut piece = &compressed[start..end];
            start = end;
            while !piece.is_empty() {
                let step = inflater.inflate(piece, &mut block)?;
                piece = &piece[step.read..];
                text.extend_from_slice(&block[..step.written]);
            }
        }
        loop {
            match inflater.finish(&mut block)? {
                0 => return Ok(text),
                written => text.extend_from_slice(&block[..written]),
            }
        }
    }

    /// The text "abc" in each encoding, from gzip 1.12, zlib 1.3 and zstd 1.5.
    const ABC: [(Encoding, &[u8]); 3] = [
        (
            Encoding::Gzip,
            b"\x1f\x8b\x08\0\0\0\0\0\x02\xffKLJ\x06\0\xc2A$5\x03\0\0\0",
        ),
        (Encoding::Deflate, b"x\x9cKLJ\x06\0\x02M\x01'"),
        (Encoding::Zstd, b"\x28\xb5\x2f\xfd\x20\x03\x19\0\0abc"),
    ];

    #[test]
    fn messages_of_other_programs_are_inflated_at_any_split() {
        for (encoding, compressed) in ABC {
            for end in 0..=compressed.len() {
                let text = inflate(encoding, compressed, &[end]).unwrap();
                assert_eq!(text, b"abc", "{encoding:?} {end}");
            }
        }
    }

    #[test]
    fn truncated_changed_and_prolonged_data_is_refused() {
        for (encoding, compressed) in ABC {
            for end in 0..compressed.len() {
                inflate(encoding, &compressed[..end], &[]).unwrap_err();
            }
            let mut longer = compressed.to_vec();
            longer.push(0);
            inflate(encoding, &longer, &[]).unwrap_err();
            let mut changed = compressed.to_vec();
            changed[0] ^= 0x40;
            inflate(encoding, &changed, &[]).unwrap_err();
        }
        // A wrong checksum.
        for (encoding, compressed) in &ABC[..2] {
            let mut changed = compressed.to_vec();
            let at = changed.len() - 5;
            changed[at] ^= 1;
            let result = inflate(*encoding, &changed, &[]);
            assert!(*encoding == Encoding::Deflate || result.is_err());
            *changed.last_mut().unwrap() ^= 1;
            inflate(*encoding, &changed, &[]).unwrap_err();
        }
    }

    #[test]
    fn a_large_zstd_window_is_refused() {
        // A frame header (RFC 8878, section 3.1.1.1) that declares a window of 8 MiB and 1 GiB.
        for exponent in [13_u8, 20] {
            let header = [0x28, 0xb5, 0x2f, 0xfd, 0x00, exponent << 3, 0x01, 0, 0];
            inflate(Encoding::Zstd, &header, &[]).unwrap_err();
        }
    }

    #[test]
    fn header_fields_are_parsed() {
        for (value, expected) in [
            (None, NamedEncoding::Identity),
            (Some("identity"), NamedEncoding::Identity),
            (Some(""), NamedEncoding::Identity),
            (Some("gzip"), NamedEncoding::Known(Encoding::Gzip)),
            (Some("GZip"), NamedEncoding::Known(Encoding::Gzip)),
            (Some("deflate"), NamedEncoding::Known(Encoding::Deflate)),
            (Some("zstd"), NamedEncoding::Known(Encoding::Zstd)),
            (Some("br"), NamedEncoding::Unknown),
            (Some("gzip, br"), NamedEncoding::Unknown),
        ] {
            let value = value.map(str::as_bytes);
            assert_eq!(NamedEncoding::parse(value), expected, "{value:?}");
        }
        for (list, expected) in [
            ("identity, deflate, gzip", true),
            ("gzip", true),
            ("identity,GZIP", true),
            ("identity", false),
            ("xgzip", false),
            ("", false),
        ] {
            assert_eq!(accepts(list.as_bytes(), Encoding::Gzip), expected, "{list}");
        }
    }

    proptest! {
        #[test]
        fn inflating_restores_the_text(
            seed in prop::collection::vec(any::<u8>(), 0..200),
            repeats in 1_usize..200,
            mut ends in prop::collection::vec(any::<prop::sample::Index>(), 0..20),
        ) {
            let text = seed.repeat(repeats);
            for encoding in [Encoding::Gzip, Encoding::Deflate] {
                let compressed = deflate(encoding, &text);
                let mut ends: Vec<_> = ends.iter_mut().map(|at| at.index(compressed.len())).collect();
                ends.sort_unstable();
                prop_assert_eq!(&inflate(encoding, &compressed, &ends).unwrap(), &text);
            }
        }

        #[test]
        fn any_bytes_are_inflated_or_refused(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            at in 0..3_usize,
            keep in 0..12_usize,
        ) {
            let (encoding, valid) = ABC[at];
            let mut input = valid[..keep.min(valid.len())].to_vec();
            input.extend(bytes);
            let _ = inflate(encoding, &input, &[]);
        }
    }
}
