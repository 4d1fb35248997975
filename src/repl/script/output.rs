//! Output and errors, in the order in which they came to be, and the thread that writes
//! them.

use std::io;

use tokio::sync::mpsc;

/// Bytes of text that are written at once where there is no pause.
const FULL: usize = 64 * 1024;

/// Where text goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// What was asked for.
    Output,
    /// What went wrong.
    Errors,
}

/// Who takes the text of a script, on a thread of its own.
pub trait Output: Send + 'static {
    /// Takes all of `text`, and shows it at once.
    fn write(&mut self, side: Side, text: &[u8]) -> io::Result<()>;

    /// So many bytes of the input are answered, and the answers written.
    fn answered(&mut self, bytes: u64) {
        let _ = bytes;
    }
}

/// Text in its order.
#[derive(Debug, Default)]
pub(super) struct OutputBuffer {
    text: Vec<u8>,
    /// Where the side changes: up to here the text is for that one.
    cuts: Vec<(usize, Side)>,
    /// Bytes of the input that it answers, with all before it, if it answers any.
    answered: Option<u64>,
}

impl OutputBuffer {
    /// A text that belongs to no line, for the errors.
    pub(super) fn aside(text: String) -> Self {
        Self {
            cuts: vec![(text.len(), Side::Errors)],
            text: text.into(),
            answered: None,
        }
    }
}

/// Fills pages and has them written.
#[derive(Debug)]
pub(super) struct OutputBuffers {
    page: OutputBuffer,
    side: Side,
    /// Bytes of the input that are answered up to here.
    answered: u64,
    /// What the last page said of the bytes that are answered.
    told: u64,
    sender: mpsc::Sender<OutputBuffer>,
}

/// Nobody takes pages any more.
#[derive(Debug)]
pub(super) struct Unread;

impl OutputBuffers {
    pub(super) fn new(sender: mpsc::Sender<OutputBuffer>) -> Self {
        Self {
            page: OutputBuffer::default(),
            side: Side::Output,
            answered: 0,
            told: 0,
            sender,
        }
    }

    /// Where text for `side` goes.
    pub(super) fn on(&mut self, side: Side) -> &mut Vec<u8> {
        if self.side != side {
            self.page.cuts.push((self.page.text.len(), self.side));
            self.side = side;
        }
        &mut self.page.text
    }

    /// Bytes of the input that are answered up to here.
    pub(super) fn answered(&self) -> u64 {
        self.answered
    }

    pub(super) fn set_answered(&mut self, bytes: u64) {
        self.answered = bytes;
    }

    pub(super) fn is_full(&self) -> bool {
        self.page.text.len() >= FULL
    }

    /// Hands the page over to be written, and waits where too many wait for that.
    pub(super) async fn flush(&mut self) -> Result<(), Unread> {
        // Lines that print nothing have come far too.
        let far = self.answered.saturating_sub(self.told) >= FULL as u64;
        if self.page.text.is_empty() && !far {
            return Ok(());
        }
        self.told = self.answered;
        self.page.answered = Some(self.answered);
        self.page.cuts.push((self.page.text.len(), self.side));
        let next = OutputBuffer {
            text: Vec::with_capacity(self.page.text.len().min(2 * FULL)),
            ..OutputBuffer::default()
        };
        let full = std::mem::replace(&mut self.page, next);
        self.sender.send(full).await.map_err(|_| Unread)
    }
}

/// Writes pages as they come, until there are no more or the output takes no more.
pub(super) fn write_all(
    mut pages: mpsc::Receiver<OutputBuffer>,
    mut output: impl Output,
) -> io::Result<()> {
    while let Some(page) = pages.blocking_recv() {
        let mut from = 0;
        for (to, side) in page.cuts {
            let written = output.write(side, &page.text[from..to]);
            // Where errors cannot be told there is nobody to tell that to.
            if side == Side::Output {
                written?;
            }
            from = to;
        }
        if let Some(bytes) = page.answered {
            output.answered(bytes);
        }
    }
    Ok(())
}
