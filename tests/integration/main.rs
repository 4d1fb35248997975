//! Tests of client and server over an in-memory pipe, and of the built program with
//! arguments, pipes, signals and a pseudo-terminal.

mod abuse;
mod access;
mod arguments;
mod calls;
mod chat;
mod compression;
mod discovery;
mod documents;
mod environment;
mod evaluate;
mod fake_server;
mod foreign_answers;
mod frames;
mod history;
mod kept_answers;
mod late_writes;
mod limits;
mod names;
mod prompt;
mod scenes;
mod screen;
mod script;
mod serve;
mod session;
mod several;
mod simulation;
mod worksheet;

mod harness;
