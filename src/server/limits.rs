//! The limits of a server: fields, defaults and rows.

use std::{num::NonZeroU32, time::Duration};

use super::peer::NoteRate;
use crate::engine::{LimitRow, LimitTable, Unit, limit_field};

/// The limits of a server as a whole and of its connections.
///
/// Those of a calculation are [`crate::engine::Limits`]. A new limit is a field, its default
/// and a row of [`LimitTable::ROWS`]: the option of `serve`, `help limits` and the table in
/// `docs/server.md` are made from the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerLimits {
    /// Open connections.
    pub connections: usize,
    /// Calls under way on one connection.
    pub streams: u32,
    /// Calls under way on all connections together.
    pub calls: usize,
    /// Open worksheets.
    pub worksheets: usize,
    /// Bytes of a request message.
    pub message: usize,
    /// Bytes of all calls together: long messages from when they begin to arrive, requests
    /// that wait in worksheets, and long answers until they are sent.
    pub requests: usize,
    /// Heavy lines that wait, for each core.
    pub waiting: usize,
    /// Chat notes that an in-memory history keeps: see [`super::Settings::with_limits`].
    pub notes: usize,
    /// Chat notes accepted from one connection.
    pub note_rate: NoteRate,
    /// The longest time for a call that is not a stream. A caller's deadline counts if it is
    /// shorter.
    pub call: Duration,
    /// How long a worksheet may be idle; `None` is without limit.
    pub idle: Option<Duration>,
    /// How long a connection may have no calls; `None` is without limit. It is closed after
    /// one to two times this.
    pub unused: Option<Duration>,
    /// How long a peer may take for the handshake: TLS and the HTTP/2 preface.
    pub handshake: Duration,
    /// How long a peer may be silent before it is sent a PING.
    pub keepalive: Duration,
    /// How long a peer may take to answer a PING.
    pub keepalive_timeout: Duration,
}

impl ServerLimits {
    /// The limits of a server whose operator sets none.
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

/// The amounts of a `usize` that may not be zero.
const ANY: std::ops::RangeInclusive<u64> = 1..=usize::MAX as u64;

impl LimitTable for ServerLimits {
    const HEADING: &'static str = "Limits of the server";

    const ROWS: &'static [LimitRow<Self>] = &[
        LimitRow {
            option: "max-connections",
            unit: Unit::Count,
            range: ANY,
            help: "connections that are open",
            reason: "file descriptors and memory; the soft limit of open files is raised to it at \
                     the start",
            effect: "64 more may connect, and each of their calls is `OVERLOADED`; any further \
                     connection is closed",
            field: limit_field!(connections),
        },
        LimitRow {
            option: "max-streams",
            unit: Unit::Count,
            range: 1..=u32::MAX as u64,
            help: "calls under way on one connection",
            reason: "the share of one connection",
            effect: "`REFUSED_STREAM`: clients wait and send the call again",
            field: limit_field!(streams),
        },
        LimitRow {
            option: "max-calls",
            unit: Unit::Count,
            range: ANY,
            help: "calls under way on all connections together",
            reason: "memory; health checks and watches have a limit of their own, 1,024",
            effect: "`OVERLOADED`",
            field: limit_field!(calls),
        },
        LimitRow {
            option: "max-worksheets",
            unit: Unit::Count,
            range: ANY,
            help: "worksheets that are open",
            reason: "memory",
            effect: "`OVERLOADED`",
            field: limit_field!(worksheets),
        },
        LimitRow {
            option: "max-message",
            unit: Unit::Bytes,
            range: ANY,
            help: "bytes of a request message",
            reason: "memory",
            effect: "`OUT_OF_RANGE`, before the message is read",
            field: limit_field!(message),
        },
        LimitRow {
            option: "max-requests",
            unit: Unit::Bytes,
            range: ANY,
            help: "bytes of all callers' requests that are arriving or waiting",
            reason: "memory: messages above 16 KiB from when they begin to arrive, requests that \
                     wait in worksheets, and answers above 16 KiB until they are sent",
            effect: "`OVERLOADED`",
            field: limit_field!(requests),
        },
        LimitRow {
            option: "max-waiting",
            unit: Unit::Count,
            range: 0..=u32::MAX as u64,
            help: "heavy lines that wait, for each core",
            reason: "the time that a heavy line waits",
            effect: "`OVERLOADED`; in a worksheet a fault, and the stream goes on",
            field: limit_field!(waiting),
        },
        LimitRow {
            option: "max-notes",
            unit: Unit::Count,
            range: ANY,
            help: "chat notes kept for clients that connect later",
            reason: "memory: a note of the [chat](chat.md) has at most 16 KiB",
            effect: "the oldest is dropped",
            field: limit_field!(notes),
        },
        LimitRow {
            option: "max-note-rate",
            unit: Unit::Count,
            range: 1..=u32::MAX as u64,
            help: "chat notes accepted from one connection per second",
            reason: "the other members of the chat, in the long run",
            effect: "`OVERLOADED`; `RetryInfo` says when the next note will be accepted",
            field: limit_field!(note_rate.per_second),
        },
        LimitRow {
            option: "max-note-burst",
            unit: Unit::Count,
            range: 1..=u32::MAX as u64,
            help: "chat notes accepted from one connection at once, after a pause",
            reason: "the other members of the chat, at once",
            effect: "as for `--max-note-rate`",
            field: limit_field!(note_rate.burst),
        },
        LimitRow {
            option: "max-call-time",
            unit: Unit::Time,
            range: 1..=u64::MAX,
            help: "the longest time for a call that is not a stream",
            reason: "memory of calls and watches whose message never arrives",
            effect: "`DEADLINE_EXCEEDED`, as for the caller's own deadline",
            field: limit_field!(call),
        },
        LimitRow {
            option: "idle",
            unit: Unit::Time,
            range: 1..=u64::MAX,
            help: "how long a worksheet may be idle before it ends",
            reason: "memory of worksheets without requests, or whose answers are not read",
            effect: "`RESOURCE_EXHAUSTED` with the reason `LIMIT`",
            field: limit_field!(idle),
        },
        LimitRow {
            option: "idle-connection",
            unit: Unit::Time,
            range: 1..=u64::MAX,
            help: "how long a connection may have no calls; it is closed after one to two times this",
            reason: "file descriptors",
            effect: "`GOAWAY`; clients connect again when they need to",
            field: limit_field!(unused),
        },
        LimitRow {
            option: "handshake",
            unit: Unit::Time,
            range: 1..=u64::MAX,
            help: "how long a peer may take for the handshake: TLS and the HTTP/2 preface",
            reason: "file descriptors, from peers that connect and send nothing, or send it byte by \
                     byte",
            effect: "the connection is closed",
            field: limit_field!(handshake),
        },
        LimitRow {
            option: "keepalive",
            unit: Unit::Time,
            range: 1..=u64::MAX,
            help: "how long a peer may be silent before the server sends a PING",
            reason: "file descriptors, from peers that have vanished",
            effect: "`PING`",
            field: limit_field!(keepalive),
        },
        LimitRow {
            option: "keepalive-timeout",
            unit: Unit::Time,
            range: 1..=u64::MAX,
            help: "how long a peer may take to answer a PING",
            reason: "file descriptors, from peers that have vanished",
            effect: "the connection is closed",
            field: limit_field!(keepalive_timeout),
        },
    ];
}
