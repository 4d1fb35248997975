//! The prompt: the line editor, the screen, and the progress bar of scripts.

mod editor;
pub mod prompt;
mod screen;

pub use self::{
    editor::{Editor, history::history_file},
    screen::{Screen, color::Color, print_error, progress::Progress},
};
