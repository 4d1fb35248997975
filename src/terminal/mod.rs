//! The line editor, the prompt that people type at, and a bar for long scripts.

mod editor;
pub mod prompt;
mod screen;

pub use self::{
    editor::{Editor, history::history_file},
    screen::{Screen, color::Color, progress::Progress},
};
