//! The line editor, the prompt that people type at, and a bar for long scripts.

mod completion;
mod editor;
mod history;
mod printer;
mod progress;
pub mod prompt;

pub use self::{editor::Editor, history::history_file, progress::Progress};
