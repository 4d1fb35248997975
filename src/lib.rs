//! An interactive calculator whose every answer is a gRPC call.
//!
//! A line typed at the prompt, piped in or given as arguments becomes a command
//! ([`repl`]), the command a typed stub call ([`client`]), and the call travels
//! over HTTP/2 to a server ([`server`]): one inside this process, over an
//! in-memory pipe, or one anywhere else. The numbers are the [`engine`]'s.
//!
//! Each room uses only rooms above it in this list:
//!
//! - [`text`]: text made fit for people
//! - [`net`]: byte streams, addresses, certificates
//! - [`proto`]: the contract: messages, and every constant that both ends must agree on
//! - [`syntax`]: the language as text: characters to a tree, with places
//! - `schema`: descriptors, our own or reflected by a server
//! - [`engine`]: a tree to its value or a fault; knows no gRPC and no I/O
//! - [`server`]: the services over the engine, for any kind of connection
//! - [`client`]: typed calls, and what goes wrong with them in words
//! - [`explain`]: a call as data, then as text
//! - [`repl`]: line to command to call to text; scripts
//! - [`terminal`]: the line editor and the prompt
//! - [`cli`]: options to what to do, exit codes

pub mod cli;
pub mod client;
pub mod engine;
pub mod explain;
pub mod net;
pub mod proto;
pub mod repl;
mod schema;
pub mod server;
pub mod syntax;
pub mod terminal;
pub mod text;
