//! A buffer of indented lines with a maximum length.

use std::mem;

/// The maximum length of a description, in bytes. The line that marks an omission is not counted.
pub(super) const MAX_LENGTH: usize = 64 << 10;

/// The line that marks an omission.
pub(super) const OMISSION: &str = "// ...";

/// Writes indented lines until the text has its maximum length.
#[derive(Default)]
pub(super) struct Writer {
    pub(super) text: String,
    /// The number of levels of indentation.
    pub(super) depth: usize,
    /// Whether an empty line is written before the next line.
    pub(super) needs_gap: bool,
    /// Whether the text has reached its maximum length, so that further lines are omitted.
    pub(super) is_full: bool,
}

impl Writer {
    /// Writes a line.
    pub(super) fn line(&mut self, line: &str) {
        if self.is_full {
            return;
        }
        let indent = "  ".repeat(self.depth);
        self.is_full = self.text.len() + indent.len() + line.len() + 2 > MAX_LENGTH;
        if mem::take(&mut self.needs_gap) && !self.text.ends_with("{\n") {
            self.text.push('\n');
        }
        let line = if self.is_full { OMISSION } else { line };
        self.text.extend([&indent, line, "\n"]);
    }

    /// Writes the brace that closes a block. `opening` is the line that opened the block.
    ///
    /// If the block is empty, the brace is written at the end of that line.
    pub(super) fn close(&mut self, opening: &str) {
        self.needs_gap = false;
        if self.text.ends_with(&format!("{opening}\n")) {
            self.text.pop();
            self.text.push_str("}\n");
        } else {
            self.line("}");
        }
    }
}
