//! Output and errors in their common order, and the thread that writes them.

use std::io;

use tokio::sync::mpsc;

/// Bytes of text that are written at once, unless there is a pause.
const FULL: usize = 64 * 1024;

/// The stream of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// The answers.
    Output,
    /// Faults and notices.
    Errors,
}

/// The destination of a script's text. Runs on a thread of its own.
pub trait Output: Send + 'static {
    /// Writes all of `text`, and flushes it.
    fn write(&mut self, side: Side, text: &[u8]) -> io::Result<()>;

    /// Reports that the answers to this many bytes of the input are written.
    fn answered(&mut self, bytes: u64) {
        let _ = bytes;
    }
}

/// A buffer of text for both streams, in their common order.
#[derive(Debug, Default)]
pub(super) struct OutputBuffer {
    text: Vec<u8>,
    /// The ends of the runs of text for one stream.
    cuts: Vec<(usize, Side)>,
    /// Bytes of the input that are answered with this buffer; `None` for asynchronous text.
    answered: Option<u64>,
}

impl OutputBuffer {
    /// A buffer with a text for the errors that belongs to no line.
    pub(super) fn notice(text: String) -> Self {
        Self {
            cuts: vec![(text.len(), Side::Errors)],
            text: text.into(),
            answered: None,
        }
    }
}

/// Fills buffers and hands them to the writer.
#[derive(Debug)]
pub(super) struct OutputBuffers {
    buffer: OutputBuffer,
    side: Side,
    /// Bytes of the input that are answered up to here.
    answered: u64,
    /// Bytes of the input that were answered with the last buffer.
    reported: u64,
    sender: mpsc::Sender<OutputBuffer>,
}

/// The error of a writer that has ended.
#[derive(Debug)]
pub(super) struct Unread;

impl OutputBuffers {
    pub(super) fn new(sender: mpsc::Sender<OutputBuffer>) -> Self {
        Self {
            buffer: OutputBuffer::default(),
            side: Side::Output,
            answered: 0,
            reported: 0,
            sender,
        }
    }

    /// Returns the buffer, to append text for `side`.
    pub(super) fn on(&mut self, side: Side) -> &mut Vec<u8> {
        if self.side != side {
            self.buffer.cuts.push((self.buffer.text.len(), self.side));
            self.side = side;
        }
        &mut self.buffer.text
    }

    /// Returns the bytes of the input that are answered up to here.
    pub(super) fn answered(&self) -> u64 {
        self.answered
    }

    /// Sets the bytes of the input that are answered up to here.
    pub(super) fn set_answered(&mut self, bytes: u64) {
        self.answered = bytes;
    }

    /// Whether the buffer should be written now.
    pub(super) fn is_full(&self) -> bool {
        self.buffer.text.len() >= FULL
    }

    /// Hands the buffer to the writer, waiting while too many are in its queue.
    pub(super) async fn flush(&mut self) -> Result<(), Unread> {
        // Lines that print nothing are progress, too.
        let is_far = self.answered.saturating_sub(self.reported) >= FULL as u64;
        if self.buffer.text.is_empty() && !is_far {
            return Ok(());
        }
        self.reported = self.answered;
        self.buffer.answered = Some(self.answered);
        self.buffer.cuts.push((self.buffer.text.len(), self.side));
        let next = OutputBuffer {
            text: Vec::with_capacity(self.buffer.text.len().min(2 * FULL)),
            ..OutputBuffer::default()
        };
        let full = std::mem::replace(&mut self.buffer, next);
        self.sender.send(full).await.map_err(|_| Unread)
    }
}

/// Writes buffers as they come, until there are no more or the output fails.
pub(super) fn write_all(
    mut buffers: mpsc::Receiver<OutputBuffer>,
    mut output: impl Output,
) -> io::Result<()> {
    while let Some(buffer) = buffers.blocking_recv() {
        let mut from = 0;
        for (to, side) in buffer.cuts {
            let written = output.write(side, &buffer.text[from..to]);
            // A failure to write errors cannot be reported anywhere.
            if side == Side::Output {
                written?;
            }
            from = to;
        }
        if let Some(bytes) = buffer.answered {
            output.answered(bytes);
        }
    }
    Ok(())
}
