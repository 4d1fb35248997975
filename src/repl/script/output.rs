//! Writes standard output and standard error on a separate thread, in the order in which the text
//! was added.

use std::io;

use tokio::sync::mpsc;

/// A buffer is written when it has at least this many bytes. If the script pauses, a smaller buffer
/// is written too.
const FULL: usize = 64 * 1024;

/// The stream to which a text is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Standard output, for answers.
    Output,
    /// Standard error, for faults and notices.
    Errors,
}

/// The destination of a script's text. Its methods run on a separate thread.
pub trait Output: Send + 'static {
    /// Writes all of `text`, and flushes it.
    fn write(&mut self, side: Side, text: &[u8]) -> io::Result<()>;

    /// Is called after the answers to the first `bytes` bytes of the input are written.
    fn answered(&mut self, bytes: u64) {
        let _ = bytes;
    }
}

/// A buffer of text for standard output and standard error, in the order in which the text was
/// added.
#[derive(Debug, Default)]
pub(super) struct OutputBuffer {
    text: Vec<u8>,
    /// For each part of the text, the position where the part ends, and the stream of the part.
    cuts: Vec<(usize, Side)>,
    /// The number of bytes of the input that are answered once this buffer is written. `None` if
    /// the buffer answers no line.
    answered: Option<u64>,
}

impl OutputBuffer {
    /// Returns a buffer with a notice for standard error. The notice does not answer a line.
    pub(super) fn notice(text: String) -> Self {
        Self {
            cuts: vec![(text.len(), Side::Errors)],
            text: text.into(),
            answered: None,
        }
    }
}

/// Fills buffers and sends them to the thread that writes them.
#[derive(Debug)]
pub(super) struct OutputBuffers {
    buffer: OutputBuffer,
    /// The stream of the text that was added last.
    side: Side,
    /// The number of bytes of the input that are answered so far.
    answered: u64,
    /// The value of `answered` when the last buffer was sent.
    reported: u64,
    sender: mpsc::Sender<OutputBuffer>,
}

/// An error: the thread that writes buffers has ended, so no more text can be written.
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

    /// Returns the buffer, so that the caller can append text for the stream `side`.
    #[inline]
    pub(super) fn on(&mut self, side: Side) -> &mut Vec<u8> {
        if self.side != side {
            self.buffer.cuts.push((self.buffer.text.len(), self.side));
            self.side = side;
        }
        &mut self.buffer.text
    }

    /// Returns the number of bytes of the input that are answered so far.
    pub(super) fn answered(&self) -> u64 {
        self.answered
    }

    /// Sets the number of bytes of the input that are answered so far.
    pub(super) fn set_answered(&mut self, bytes: u64) {
        self.answered = bytes;
    }

    /// Whether the buffer is full and should be written.
    pub(super) fn is_full(&self) -> bool {
        self.buffer.text.len() >= FULL
    }

    /// Sends the buffer to the thread that writes buffers. Waits while too many buffers are queued.
    pub(super) async fn flush(&mut self) -> Result<(), Unread> {
        // Lines that print nothing count as progress, too.
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

/// Writes buffers as they arrive. Ends when no more buffers arrive, or when a write to standard
/// output fails.
pub(super) fn write_all(
    mut buffers: mpsc::Receiver<OutputBuffer>,
    mut output: impl Output,
) -> io::Result<()> {
    while let Some(buffer) = buffers.blocking_recv() {
        let mut from = 0;
        for (to, side) in buffer.cuts {
            let written = output.write(side, &buffer.text[from..to]);
            // A failed write to standard error cannot be reported anywhere.
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
