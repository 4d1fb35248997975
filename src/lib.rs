//! An interactive calculator whose every answer is a gRPC call.
//!
//! A line typed at the prompt, read from a script or given as arguments is parsed to a
//! command (`repl`) and sent as a typed call (`client`) over HTTP/2 to a server (`server`):
//! one in this process, over an in-memory pipe, or one at an address. The server's
//! answers come from the [`engine`].
//!
//! A room (top-level module) imports only rooms above it in this list. `ARCHITECTURE.md`
//! in the repository walks through them.
//!
//! | room | feature | contents |
//! |---|---|---|
//! | [`text`] | | elided and printable text, spelling suggestions |
//! | `net` | `client`, `server` | addresses, TLS files, byte streams |
//! | `proto` | `proto` | the generated messages, and the constants both ends agree on |
//! | [`syntax`] | | the language as text: characters to a parsed line |
//! | `schema` | `program` | descriptors: decoding messages with them, describing them |
//! | [`engine`] | | a parsed line to its value or a fault; no gRPC, no async, no I/O |
//! | `server` | `server` | the services over the engine, for any kind of connection |
//! | `client` | `client` | typed calls, and their errors in words |
//! | `explain` | `program` | a call as it travelled, as data and as text |
//! | `repl` | `program` | a line to a command, to calls, to text; scripts |
//! | `terminal` | `program` | the line editor and the prompt |
//! | `cli` | `program` | command-line options, exit codes |
//!
//! The default feature, `program`, brings all of it. Without default features the crate is
//! the engine and what it parses with:
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
