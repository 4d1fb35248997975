//! Reads lines from a pipe or a file.

use std::{io, mem};

use tokio::io::{AsyncRead, AsyncReadExt as _};

use crate::repl::command::fault::{LINE, LineFault, SYNTAX};

/// The maximum number of bytes that one read takes from the input.
const CHUNK: usize = 64 * 1024;

/// A line and its number, counted from 1. The text is a fault if the line is too long or is not
/// UTF-8.
#[derive(Debug, PartialEq)]
pub(in crate::repl) struct NumberedLine<'b> {
    pub(in crate::repl) number: u64,
    pub(in crate::repl) text: Result<&'b str, LineFault>,
}

/// Splits the bytes of an input into lines. A line ends with LF or CRLF, or at the end of the
/// input. The reader keeps at most one chunk and one line of the maximum length in memory.
#[derive(Debug)]
pub(in crate::repl) struct LineReader<R> {
    input: R,
    buffer: Vec<u8>,
    /// The position in the buffer where the next line begins.
    start: usize,
    /// The number of bytes after `start` that were searched for the end of a line, without success.
    searched: usize,
    /// The number of dropped bytes of the next line. Bytes are dropped if the line is too long.
    dropped: usize,
    /// The number of lines that were returned so far.
    number: u64,
    /// Whether the input has ended.
    ended: bool,
    /// The number of bytes of input in the lines returned so far, including the ends of the lines.
    taken: u64,
}

impl<R: AsyncRead + Unpin> LineReader<R> {
    pub(in crate::repl) fn new(input: R) -> Self {
        Self {
            input,
            buffer: Vec::new(),
            start: 0,
            searched: 0,
            dropped: 0,
            number: 0,
            ended: false,
            taken: 0,
        }
    }

    /// Returns the number of bytes of input in the lines returned so far, including the ends of the
    /// lines.
    pub(in crate::repl) fn taken(&self) -> u64 {
        self.taken
    }

    /// Returns the next line, if it has been read completely.
    #[inline]
    pub(in crate::repl) fn line(&mut self) -> Option<NumberedLine<'_>> {
        let rest = &self.buffer[self.start..];
        let found = memchr::memchr(b'\n', &rest[self.searched..]);
        let length = match found {
            Some(end) => self.searched + end,
            None if self.ended && (!rest.is_empty() || self.dropped > 0) => rest.len(),
            None => {
                self.searched = rest.len();
                return None;
            }
        };
        let (begin, dropped) = (self.start, mem::take(&mut self.dropped));
        let consumed = length + usize::from(found.is_some());
        self.start += consumed;
        self.searched = 0;
        self.number += 1;
        self.taken += (dropped + consumed) as u64;
        Some(NumberedLine {
            number: self.number,
            text: text(&self.buffer[begin..begin + length], dropped),
        })
    }

    /// Reads more bytes of the input. Returns false if the input had already ended.
    pub(in crate::repl) async fn fill(&mut self) -> io::Result<bool> {
        if self.ended {
            return Ok(false);
        }
        // The remaining bytes are the beginning of a line, and usually few.
        self.buffer.drain(..self.start);
        self.start = 0;
        if self.buffer.len() > LINE + 1 {
            // The last byte may be a CR.
            let all_but_one = self.buffer.len() - 1;
            self.dropped += all_but_one;
            self.buffer.drain(..all_but_one);
            self.searched = 1;
        }
        self.buffer.reserve(CHUNK);
        let mut chunk = (&mut self.input).take(CHUNK as u64);
        self.ended = chunk.read_buf(&mut self.buffer).await? == 0;
        Ok(true)
    }
}

/// Returns the text of a line, or a fault if the line is too long or is not UTF-8. `bytes` are the
/// last bytes of the line, and `dropped` is the number of dropped bytes before them.
fn text(bytes: &[u8], dropped: usize) -> Result<&str, LineFault> {
    let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
    if dropped + bytes.len() > LINE {
        return Err(LineFault::too_long(dropped + bytes.len()));
    }
    str::from_utf8(bytes).map_err(|error| {
        let (valid, rest) = bytes.split_at(error.valid_up_to());
        let column = String::from_utf8_lossy(valid).chars().count();
        LineFault {
            reason: SYNTAX,
            message: format!("the byte 0x{:02x} is not UTF-8", rest[0]),
            span: column..column + 1,
            help: "write the line in UTF-8".into(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::pin::pin;
    use tokio_util::io::StreamReader;

    /// Returns the lines of an input that arrives in `chunks`.
    fn lines(chunks: &[&[u8]]) -> Vec<(u64, Result<String, LineFault>)> {
        let stream = tokio_stream::iter(chunks.iter().map(|chunk| Ok::<_, io::Error>(*chunk)));
        let mut reader = LineReader::new(StreamReader::new(stream));
        let all = async {
            let mut lines = Vec::new();
            while reader.fill().await.unwrap() {
                while let Some(NumberedLine { number, text }) = reader.line() {
                    lines.push((number, text.map(str::to_owned)));
                }
            }
            let length: usize = chunks.iter().map(|chunk| chunk.len()).sum();
            assert_eq!(reader.taken(), length as u64);
            lines
        };
        futures_util::FutureExt::now_or_never(pin!(all)).expect("nothing to wait for")
    }

    fn texts(chunks: &[&[u8]]) -> Vec<String> {
        let texts = lines(chunks).into_iter().map(|(_, text)| text);
        texts
            .map(|text| text.unwrap_or_else(|fault| format!("! {fault}")))
            .collect()
    }

    #[test]
    fn ends_of_lines() {
        assert_eq!(texts(&[b""]), [""; 0]);
        assert_eq!(texts(&[b"\n"]), [""]);
        assert_eq!(texts(&[b"a\nb\n"]), ["a", "b"]);
        assert_eq!(texts(&[b"a\r\nb"]), ["a", "b"]);
        assert_eq!(texts(&[b"a\n\nb\r"]), ["a", "", "b"]);
        assert_eq!(texts(&[b"ad", b"d 1", b" 2\r", b"\nx"]), ["add 1 2", "x"]);
    }

    #[test]
    fn invalid_utf8_is_a_fault_of_its_line() {
        assert_eq!(
            texts(&[b"one\n\xc3\xa9 \xff\xfe\nthree\n"]),
            [
                "one",
                "! the byte 0xff is not UTF-8 (column 3): write the line in UTF-8",
                "three"
            ]
        );
    }

    #[test]
    fn a_line_at_the_limit_and_one_beyond() {
        let longest = "x".repeat(LINE);
        let input = format!("{longest}\r\n{longest}\n{longest}y\nz\n");
        let found = lines(&[input.as_bytes()]);
        let numbers: Vec<_> = found.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, [1, 2, 3, 4]);
        assert_eq!(found[0].1.as_ref(), Ok(&longest));
        assert_eq!(found[1].1.as_ref(), Ok(&longest));
        assert_eq!(
            found[2].1.as_ref().unwrap_err().message,
            "the line has 65537 bytes, more than the limit of 65536"
        );
        assert_eq!(found[3].1.as_deref(), Ok("z"));
    }

    proptest! {
        #[test]
        fn lines_do_not_depend_on_chunks(
            input in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'\r'), any::<u8>()], 0..200),
            cut in 0..200usize,
        ) {
            let (front, back) = input.split_at(cut.min(input.len()));
            // An empty chunk would be the end of the input.
            let chunks: Vec<&[u8]> = [front, back].into_iter().filter(|c| !c.is_empty()).collect();
            prop_assert_eq!(lines(&chunks), lines(&[&input]));
        }
    }
}
