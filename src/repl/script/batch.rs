//! Lines of a script that were read but not sent yet.

use super::pending::{Extent, InputLine, Pending};
use crate::repl::Calls;

/// Lines to send to the worksheet, and the pending answers of these lines and of other lines.
pub(super) struct Batch<C: Calls> {
    /// The lines for the worksheet, joined by `\n`.
    pub(super) text: String,
    /// The number of lines in `text`.
    pub(super) lines: u32,
    /// The pending answers, in the order of the script.
    pub(super) items: Vec<Pending<C>>,
}

impl<C: Calls> Default for Batch<C> {
    fn default() -> Self {
        Self {
            text: String::new(),
            lines: 0,
            items: Vec::new(),
        }
    }
}

impl<C: Calls> Batch<C> {
    /// Adds a line for the worksheet. If `is_shown`, also keeps the text of the line, to print it
    /// with the answer.
    #[inline]
    pub(super) fn push(&mut self, number: u64, line: &str, is_shown: bool) {
        self.append(line);
        let bytes = line.len() as u64 + 1;
        if let Some(Pending::Lines(input, extent)) = self.items.last_mut()
            && input.number + extent.lines == number
        {
            extent.lines += 1;
            extent.bytes += bytes;
            if let Some(text) = &mut input.text {
                text.push('\n');
                text.push_str(line);
            }
            return;
        }
        let text = is_shown.then(|| line.to_owned());
        let extent = Extent { lines: 1, bytes };
        self.items
            .push(Pending::Lines(InputLine { number, text }, extent));
    }

    /// Adds a line for the worksheet whose answer is not printed.
    pub(super) fn push_hidden(&mut self, line: &str) {
        self.append(line);
        self.items.push(Pending::Hidden);
    }

    #[inline]
    fn append(&mut self, line: &str) {
        if self.lines > 0 {
            self.text.push('\n');
        }
        self.text.push_str(line);
        self.lines += 1;
    }

    /// Returns the line number of the last line for the worksheet, if there is such a line.
    pub(super) fn last_line(&self) -> Option<u64> {
        self.items.iter().rev().find_map(|item| match item {
            Pending::Lines(input, extent) => Some(input.number + extent.lines - 1),
            _ => None,
        })
    }
}
