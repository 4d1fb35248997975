//! The limits of a server: fields, defaults and rows.

use std::{num::NonZeroU32, time::Duration};

use super::peer::NoteRate;
use crate::engine::{LimitRow, LimitTable, Unit, limit_field};

/// The limits of a server and of its connections.
///
/// The limits of a calculation are in [`crate::engine::Limits`]. To add a limit, add a field, its
/// default and a row of [`LimitTable::ROWS`]: the option of `serve`, `help limits` and the table
/// in `docs/server.md` are made from the row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServerLimits {
    /// The maximum number of open connections.
    pub connections: usize,
    /// The maximum number of calls under way on one connection.
    pub streams: u32,
    /// The maximum number of calls under way on all connections together.
    pub calls: usize,
    /// The maximum number of open worksheets.
    pub worksheets: usize,
    /// The maximum size of a request message, in bytes.
    pub message: usize,
    /// The maximum number of bytes that the server holds for all calls together.
    ///
    /// This counts long request messages while they arrive, requests that wait in worksheets,
    /// and long answers until they are sent.
    pub requests: usize,
    /// The maximum number of lines with long evaluations that wait for a free core, per core.
    pub waiting: usize,
    /// The number of chat notes that an in-memory history keeps: see
    /// [`super::Settings::with_limits`].
    pub notes: usize,
    /// The maximum rate of chat notes from one connection.
    pub note_rate: NoteRate,
    /// The maximum duration of a call that is not a stream. If the caller's deadline is earlier,
    /// the deadline applies.
    pub call: Duration,
    /// The maximum time that a worksheet may be idle. `None` means no limit.
    pub idle: Option<Duration>,
    /// The maximum time that a connection may have no calls. `None` means no limit.
    ///
    /// The server closes such a connection after one to two times this time.
    pub unused: Option<Duration>,
    /// The maximum time that a peer may take for the handshake: TLS and the HTTP/2 preface.
    pub handshake: Duration,
    /// The maximum time that a peer may be silent before the server sends a PING.
    pub keepalive: Duration,
    /// The maximum time that a peer may take to answer a PING.
    pub keepalive_timeout: Duration,
}

impl ServerLimits {
    /// The limits of a server if the operator sets no limit.
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

/// The allowed amounts of a limit that is a `usize` and must not be zero.
const ANY: std::ops::RangeInclusive<u64> = 1..=usize::MAX as u64;

impl LimitTable for ServerLimits {
    const HEADING: &'static str = "Limits of the server";

    const ROWS: &'static [LimitRow<Self>] = &[
        LimitRow {
            option: "max-connections",
            unit: Unit::Count,
            range: ANY,
            help: "open connections",
            reason: "file descriptors and memory; at the start, the server raises its soft limit \
                     of open files to match",
            effect: "on the next 64 connections, each call fails with `OVERLOADED`; any further \
                     connection is closed",
            field: limit_field!(connections),
        },
        LimitRow {
            option: "max-streams",
            unit: Unit::Count,
            range: 1..=u32::MAX as u64,
            help: "calls under way on one connection",
            reason: "the fair share of each connection",
            effect: "`REFUSED_STREAM`; clients wait and send the call again",
            field: limit_field!(streams),
        },
        LimitRow {
            option: "max-calls",
            unit: Unit::Count,
            range: ANY,
            help: "calls under way on all connections together",
            reason: "memory; health checks and health watches have a separate limit of 1,024 calls",
            effect: "`OVERLOADED`",
            field: limit_field!(calls),
        },
        LimitRow {
            option: "max-worksheets",
            unit: Unit::Count,
            range: ANY,
            help: "open worksheets",
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
            help: "bytes of requests and answers in memory, for all callers together",
            reason: "memory; this counts request messages above 16 KiB while they arrive, requests \
                     that wait in worksheets, and answers above 16 KiB until they are sent",
            effect: "`OVERLOADED`",
            field: limit_field!(requests),
        },
        LimitRow {
            option: "max-waiting",
            unit: Unit::Count,
            range: 0..=u32::MAX as u64,
            help: "lines with long evaluations that wait for a free core, per core",
            reason: "the waiting time of these lines",
            effect: "`OVERLOADED`; in a worksheet, the line gets a fault and the stream continues",
            field: limit_field!(waiting),
        },
        LimitRow {
            option: "max-notes",
            unit: Unit::Count,
            range: ANY,
            help: "chat notes that the server keeps for clients that connect later",
            reason: "memory; a note of the [chat](chat.md) has at most 16 KiB",
            effect: "the oldest note is dropped",
            field: limit_field!(notes),
        },
        LimitRow {
            option: "max-note-rate",
            unit: Unit::Count,
            range: 1..=u32::MAX as u64,
            help: "chat notes accepted from one connection per second",
            reason: "the other members of the chat, against too many notes",
            effect: "`OVERLOADED`; `RetryInfo` has the time until the next note is accepted",
            field: limit_field!(note_rate.per_second),
        },
        LimitRow {
            option: "max-note-burst",
            unit: Unit::Count,
            range: 1..=u32::MAX as u64,
            help: "chat notes accepted from one connection in a burst, after a pause",
            reason: "the other members of the chat, against a sudden burst of notes",
            effect: "the same as for `--max-note-rate`",
            field: limit_field!(note_rate.burst),
        },
        LimitRow {
            option: "max-call-time",
            unit: Unit::Time,
            range: 1..=u64::MAX,
            help: "how long a call that is not a stream may take",
            reason: "memory of calls and health watches whose request message never arrives",
            effect: "`DEADLINE_EXCEEDED`, as after the caller's own deadline",
            field: limit_field!(call),
        },
        LimitRow {
            option: "idle",
            unit: Unit::Time,
            range: 1..=u64::MAX,
            help: "how long a worksheet may be idle before it ends",
            reason: "memory of worksheets whose clients send no requests or read no answers",
            effect: "the worksheet ends with `RESOURCE_EXHAUSTED` and the reason `LIMIT`",
            field: limit_field!(idle),
        },
        LimitRow {
            option: "idle-connection",
            unit: Unit::Time,
            range: 1..=u64::MAX,
            help: "how long a connection may have no calls; the server closes it after this time or \
                   up to twice as long",
            reason: "file descriptors",
            effect: "`GOAWAY`; clients connect again when they need a connection",
            field: limit_field!(unused),
        },
        LimitRow {
            option: "handshake",
            unit: Unit::Time,
            range: 1..=u64::MAX,
            help: "how long a peer may take for the handshake: TLS and the HTTP/2 preface",
            reason: "file descriptors, against peers that connect and then send nothing or send \
                     very slowly",
            effect: "the connection is closed",
            field: limit_field!(handshake),
        },
        LimitRow {
            option: "keepalive",
            unit: Unit::Time,
            range: 1..=u64::MAX,
            help: "how long a peer may be silent before the server sends a PING",
            reason: "file descriptors, against peers that have vanished",
            effect: "the server sends a PING",
            field: limit_field!(keepalive),
        },
        LimitRow {
            option: "keepalive-timeout",
            unit: Unit::Time,
            range: 1..=u64::MAX,
            help: "how long a peer may take to answer a PING",
            reason: "file descriptors, against peers that have vanished",
            effect: "the connection is closed",
            field: limit_field!(keepalive_timeout),
        },
    ];
}
