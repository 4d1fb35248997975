//! Lines of a description.

use std::mem;

/// Bytes of a description, without the mark that it goes on.
pub(super) const LIMIT: usize = 64 << 10;

/// Stands for what is beyond the limits.
pub(super) const MORE: &str = "// ...";

/// Lines, indented and bounded.
#[derive(Default)]
pub(super) struct Writer {
    pub(super) text: String,
    pub(super) depth: usize,
    /// Whether an empty line goes in front of the next one, if one comes.
    pub(super) gap: bool,
    pub(super) full: bool,
}

impl Writer {
    pub(super) fn line(&mut self, line: &str) {
        if self.full {
            return;
        }
        let indent = "  ".repeat(self.depth);
        self.full = self.text.len() + indent.len() + line.len() + 2 > LIMIT;
        if mem::take(&mut self.gap) && !self.text.ends_with("{\n") {
            self.text.push('\n');
        }
        let line = if self.full { MORE } else { line };
        self.text.extend([&indent, line, "\n"]);
    }

    /// Closes what the line `opening` opened, within that line if it is the last.
    pub(super) fn close(&mut self, opening: &str) {
        self.gap = false;
        if self.text.ends_with(&format!("{opening}\n")) {
            self.text.pop();
            self.text.push_str("}\n");
        } else {
            self.line("}");
        }
    }
}
