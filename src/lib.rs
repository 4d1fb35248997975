//! An interactive calculator whose every answer is a gRPC call.
//!
//! A line typed at the prompt, piped in or given as arguments becomes a command
//! ([`repl`]), the command a typed stub call ([`client`]), and the call travels
//! over HTTP/2 to a server ([`server`]): one inside this process, over an
//! in-memory pipe, or one anywhere else. The numbers are the [`engine`]'s.
//!
//! Each room uses only rooms above it in this list:
//!
//! - [`address`]: where a server listens
//! - [`code`]: the names of status codes
//! - [`printable`]: text from elsewhere, made fit for a terminal
//! - [`suggestion`]: what was perhaps meant by an unknown name
//! - [`tls`]: certificates and keys from files
//! - [`proto`]: the generated messages, stubs and descriptors
//! - [`syntax`]: the language as text: characters to a tree, with places
//! - [`engine`]: a tree to its value or a fault; knows no gRPC and no I/O
//! - [`server`]: the services over the engine, for any kind of connection
//! - [`client`]: typed calls, and what goes wrong with them in words
//! - [`repl`]: line to command to call to text; scripts
//! - [`terminal`]: the line editor and the prompt
//! - [`cli`]: options to what to do, exit codes

pub mod address;
pub mod cli;
pub mod client;
pub mod code;
pub mod engine;
mod overheard;
pub mod printable;
pub mod proto;
pub mod repl;
pub mod server;
pub mod suggestion;
pub mod syntax;
pub mod terminal;
pub mod tls;
