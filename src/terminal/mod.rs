//! The line editor, and the prompt that people type at.

mod completion;
mod editor;
mod history;
pub mod prompt;

pub use self::{editor::Editor, history::history_file};
