//! The line editor, the prompt that people type at, and a bar for long scripts.

mod color;
mod completion;
mod editor;
mod highlight;
mod history;
mod mode;
mod number;
mod pointer;
mod preview;
mod printer;
mod progress;
pub mod prompt;
mod screen;

pub use self::{
    color::Color, editor::Editor, history::history_file, progress::Progress, screen::Screen,
};
