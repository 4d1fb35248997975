//! An interactive calculator that gets every answer by a gRPC call.
//!
//! A line comes from the prompt, from a script or from arguments. The line is parsed to a
//! command (`repl`). The command is sent as a typed call (`client`) over HTTP/2 to a server
//! (`server`). The server is either in this process, at the other end of an in-memory pipe, or
//! at an address. The [`engine`] computes the server's answers.
//!
//! A room is a top-level module. A room imports only the rooms above it in this table.
//! `ARCHITECTURE.md` in the repository describes the rooms.
//!
//! | room | feature | contents |
//! |---|---|---|
//! | [`text`] | | elided and printable text, spelling suggestions |
//! | `net` | `client`, `server` | addresses, TLS files, byte streams |
//! | `proto` | `proto` | the generated messages, and the constants that client and server share |
//! | [`syntax`] | | parses the characters of a line of the language |
//! | `schema` | `program` | descriptors of services and messages; decodes messages with them |
//! | [`engine`] | | evaluates a parsed line to a value or a fault; no gRPC, no async, no I/O |
//! | `server` | `server` | the gRPC services that use the engine, for any kind of connection |
//! | `client` | `client` | typed calls, and error messages for failed calls |
//! | `explain` | `program` | the record of a call, step by step, as data and as text |
//! | `repl` | `program` | converts lines to calls, and replies to printed text; runs scripts |
//! | `terminal` | `program` | the line editor and the prompt |
//! | `cli` | `program` | command-line options, exit codes |
//!
//! The default feature, `program`, enables all rooms. Without default features, the crate has
//! only the rooms `text`, `syntax` and `engine`:
//!
//! ```
//! use grpcalc::engine::{Limits, Options, Work, evaluate};
//!
//! let limits = Limits::default();
//! let mut work = Work::new(&limits, limits.work, &|| None);
//! let answer = evaluate("1/3 + 1/6", Options::default(), &mut work)?;
//! assert_eq!(answer.value.unwrap().text, "0.5");
//! # Ok::<(), Box<grpcalc::engine::Fault>>(())
//! ```

pub mod engine;
pub mod syntax;
pub mod text;

#[cfg(any(feature = "client", feature = "server"))]
pub mod net;
#[cfg(feature = "proto")]
pub mod proto;

#[cfg(feature = "client")]
pub mod client;
#[cfg(feature = "server")]
pub mod server;

#[cfg(feature = "program")]
pub mod cli;
#[cfg(feature = "program")]
pub mod explain;
#[cfg(feature = "program")]
pub mod repl;
#[cfg(feature = "program")]
mod schema;
#[cfg(feature = "program")]
pub mod terminal;
