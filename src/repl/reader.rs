//! Lines from a pipe or a file.

use std::io;

use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};

use super::fault::{LINE, LineFault};

/// Bytes that are read at once.
const CHUNK: usize = 64 * 1024;

/// A line and its number, from 1. What cannot be a line of text is a fault of that
/// line only.
#[derive(Debug, PartialEq)]
pub(super) struct Line {
    pub(super) number: u64,
    pub(super) text: Result<String, LineFault>,
}

/// Cuts bytes into lines. A line ends with LF or CRLF; the last one may end with
/// the input. Memory stays within a chunk and the longest line allowed.
#[derive(Debug)]
pub(super) struct LineReader<R> {
    input: BufReader<R>,
    number: u64,
}

impl<R: AsyncRead + Unpin> LineReader<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input: BufReader::with_capacity(CHUNK, input),
            number: 0,
        }
    }

    /// The next line, as soon as it is there, or `None` at the end of the input.
    pub(super) async fn next(&mut self) -> io::Result<Option<Line>> {
        // The line's first bytes, up to one more than allowed (and its CR).
        let mut line = Vec::new();
        let mut length = 0;
        loop {
            let chunk = self.input.fill_buf().await?;
            let end = memchr::memchr(b'\n', chunk);
            let part = &chunk[..end.unwrap_or(chunk.len())];
            let room = LINE + 2 - line.len();
            line.extend_from_slice(&part[..part.len().min(room)]);
            length += part.len();
            let consumed = part.len() + usize::from(end.is_some());
            self.input.consume(consumed);
            if end.is_none() && consumed > 0 {
                continue;
            }
            if end.is_none() && length == 0 {
                return Ok(None);
            }
            self.number += 1;
            return Ok(Some(Line {
                number: self.number,
                text: text(line, length),
            }));
        }
    }
}

/// The text of a line of `length` bytes, of which `bytes` are the first.
fn text(mut bytes: Vec<u8>, length: usize) -> Result<String, LineFault> {
    if bytes.last() == Some(&b'\r') {
        bytes.pop();
    }
    if bytes.len() > LINE {
        return Err(LineFault::too_long(length));
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let column = String::from_utf8_lossy(&error.as_bytes()[..valid])
            .chars()
            .count();
        LineFault {
            message: format!("the byte 0x{:02x} is not UTF-8", error.as_bytes()[valid]),
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

    /// The lines of input that arrives in `chunks`.
    fn lines(chunks: &[&[u8]]) -> Vec<Line> {
        let stream = tokio_stream::iter(chunks.iter().map(|chunk| Ok::<_, io::Error>(*chunk)));
        let mut reader = LineReader::new(StreamReader::new(stream));
        let all = async {
            let mut lines = Vec::new();
            while let Some(line) = reader.next().await.unwrap() {
                lines.push(line);
            }
            lines
        };
        futures_util::FutureExt::now_or_never(pin!(all)).expect("nothing to wait for")
    }

    fn texts(chunks: &[&[u8]]) -> Vec<String> {
        let fault = |line: Line| line.text.unwrap_or_else(|fault| format!("! {fault}"));
        lines(chunks).into_iter().map(fault).collect()
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
    fn bytes_that_are_no_text_are_a_fault_of_their_line() {
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
        let numbers: Vec<_> = found.iter().map(|line| line.number).collect();
        assert_eq!(numbers, [1, 2, 3, 4]);
        assert_eq!(found[0].text.as_ref(), Ok(&longest));
        assert_eq!(found[1].text.as_ref(), Ok(&longest));
        assert_eq!(
            found[2].text.as_ref().unwrap_err().message,
            "the line has 65537 bytes, more than the limit of 65536"
        );
        assert_eq!(found[3].text.as_deref(), Ok("z"));
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
