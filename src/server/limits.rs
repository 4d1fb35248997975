//! What peers may ask of a server.

use std::{num::NonZeroU32, time::Duration};

use super::transport::peer::NoteRate;

/// The limits of a server as a whole and of its connections; those of a calculation are
/// [`crate::engine::Limits`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerLimits {
    /// Connections that are open.
    pub connections: usize,
    /// Calls under way on one connection.
    pub streams: u32,
    /// Calls under way on all connections together.
    pub calls: usize,
    /// Worksheets that are open.
    pub worksheets: usize,
    /// Bytes of a request message.
    pub message: usize,
    /// Bytes of all calls together: of long messages from when they begin to arrive, of
    /// requests that wait in worksheets, and of long answers until they are sent.
    pub requests: usize,
    /// Heavy lines that wait for each core.
    pub waiting: usize,
    /// Notes of the chat that are kept.
    pub notes: usize,
    /// Notes that are taken on one connection.
    pub note_rate: NoteRate,
    /// The longest time that a call may take that is no stream. A caller's own deadline
    /// counts where it is shorter.
    pub call: Duration,
    /// How long a worksheet may be idle; None for ever.
    pub idle: Option<Duration>,
    /// How long a connection may have no calls before it is closed: at least this long, at
    /// most twice; None for ever.
    pub unused: Option<Duration>,
    /// How long a peer may take to begin to speak HTTP/2, TLS included.
    pub handshake: Duration,
    /// How long nothing may be heard of a peer before it is asked for a sign of life.
    pub keepalive: Duration,
    /// How long it may take to give it.
    pub keepalive_timeout: Duration,
}

impl ServerLimits {
    /// What our servers allow unless their operator says otherwise.
    pub const DEFAULT: Self = Self {
        connections: 4096,
        streams: 256,
        calls: 65_536,
        worksheets: 10_000,
        message: 4 << 20,
        requests: 256 << 20,
        waiting: 64,
        notes: 1000,
        note_rate: NoteRate {
            burst: NonZeroU32::new(512).unwrap(),
            per_second: NonZeroU32::new(50).unwrap(),
        },
        call: Duration::from_secs(60),
        idle: Some(Duration::from_secs(60 * 60)),
        unused: Some(Duration::from_secs(60 * 60)),
        handshake: Duration::from_secs(10),
        keepalive: Duration::from_secs(60),
        keepalive_timeout: Duration::from_secs(20),
    };
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
