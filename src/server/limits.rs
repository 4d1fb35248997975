//! The limits of a server: fields, default values, and a row for each limit.

use std::{num::NonZeroU32, time::Duration};

use super::peer::NoteRate;
use crate::engine::limits::{LimitRow, LimitTable, LimitUnit, limit_field};

/// The limits of a server and of its connections.
///
/// The limits of a calculation are in [`crate::engine::Limits`]. To add a limit, add a field, its
/// default and a row, and list the row in [`LimitTable::ROWS`]. The option of `serve`, `help
/// limits`, the table in `docs/server.md` and the statuses of refused calls are made from the row.
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
    /// The maximum number of lines that wait for a free core, per core.
    ///
    /// Only lines with long evaluations wait for a core.
    pub waiting: usize,
    /// The maximum number of chat notes that the server keeps in memory.
    ///
    /// Not used if [`super::Settings::history`] is set.
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
    /// The server closes such a connection after this time, or up to twice as long.
    pub unused: Option<Duration>,
    /// The age at which the server closes a connection. `None` means at no age.
    ///
    /// The server chooses the age of each connection up to 10 percent shorter or longer.
    pub age: Option<Duration>,
    /// The maximum time that calls may take to end after [`ServerLimits::age`]. `None` means no
    /// limit.
    pub age_grace: Option<Duration>,
    /// The maximum time that a peer may take for the handshake: TLS and the HTTP/2 preface.
    pub handshake: Duration,
    /// The maximum time that a peer may be silent before the server sends a PING.
    pub keepalive: Duration,
    /// The maximum time that a peer may take to answer a PING.
    pub keepalive_timeout: Duration,
}

impl ServerLimits {
    /// The default limits.
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
        age: None,
        age_grace: None,
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

/// The allowed values of a limit that has the type `usize` and must not be zero.
const ANY: std::ops::RangeInclusive<u64> = 1..=usize::MAX as u64;

/// One row per limit. The functions that refuse a call get the words for the status and the name
/// for the metrics from a row.
impl ServerLimits {
    pub(super) const CONNECTIONS: LimitRow<Self> = LimitRow {
        option: "max-connections",
        unit: LimitUnit::Count,
        range: ANY,
        help: "open connections",
        noun: None,
        reason: "file descriptors and memory; at the start, the server raises its soft limit \
                 of open files to match",
        effect: "on the next 64 connections, each call fails with `OVERLOADED`; any further \
                 connection is closed",
        field: limit_field!(connections),
    };

    const STREAMS: LimitRow<Self> = LimitRow {
        option: "max-streams",
        unit: LimitUnit::Count,
        range: 1..=u32::MAX as u64,
        help: "calls under way on one connection",
        noun: None,
        reason: "the fair share of each connection",
        effect: "`REFUSED_STREAM`; clients wait and send the call again",
        field: limit_field!(streams),
    };

    pub(super) const CALLS: LimitRow<Self> = LimitRow {
        option: "max-calls",
        unit: LimitUnit::Count,
        range: ANY,
        help: "calls under way on all connections together",
        noun: Some("calls under way"),
        reason: "memory; health checks and health watches have a separate limit of 1,024 calls",
        effect: "`OVERLOADED`",
        field: limit_field!(calls),
    };

    pub(super) const WORKSHEETS: LimitRow<Self> = LimitRow {
        option: "max-worksheets",
        unit: LimitUnit::Count,
        range: ANY,
        help: "open worksheets",
        noun: None,
        reason: "memory",
        effect: "`OVERLOADED`",
        field: limit_field!(worksheets),
    };

    const MESSAGE: LimitRow<Self> = LimitRow {
        option: "max-message",
        unit: LimitUnit::Bytes,
        range: ANY,
        help: "bytes of a request message, inflated if it is compressed",
        noun: None,
        reason: "memory",
        effect: "`RESOURCE_EXHAUSTED` with the reason `LIMIT`, before the message is read",
        field: limit_field!(message),
    };

    pub(super) const REQUESTS: LimitRow<Self> = LimitRow {
        option: "max-requests",
        unit: LimitUnit::Bytes,
        range: ANY,
        help: "bytes of requests and answers in memory, for all callers together",
        noun: Some("bytes of requests and answers in memory"),
        reason: "memory; this counts request messages above 16 KiB while they arrive, requests \
                 that wait in worksheets, and answers above 16 KiB until they are sent",
        effect: "`OVERLOADED`",
        field: limit_field!(requests),
    };

    pub(super) const WAITING: LimitRow<Self> = LimitRow {
        option: "max-waiting",
        unit: LimitUnit::Count,
        range: 0..=u32::MAX as u64,
        help: "lines that wait for a free core, per core; only long evaluations wait",
        noun: Some("lines that wait for a free core"),
        reason: "the waiting time of these lines",
        effect: "`OVERLOADED`; in a worksheet, the line gets a fault and the stream continues",
        field: limit_field!(waiting),
    };

    const NOTES: LimitRow<Self> = LimitRow {
        option: "max-notes",
        unit: LimitUnit::Count,
        range: ANY,
        help: "chat notes that the server keeps for clients that connect later",
        noun: None,
        reason: "memory; a note of the [chat](chat.md) has at most 16 KiB",
        effect: "the oldest note is dropped",
        field: limit_field!(notes),
    };

    pub(super) const NOTE_RATE: LimitRow<Self> = LimitRow {
        option: "max-note-rate",
        unit: LimitUnit::Count,
        range: 1..=u32::MAX as u64,
        help: "chat notes accepted from one connection per second",
        noun: Some("notes per second from one connection"),
        reason: "the other members of the chat, against too many notes",
        effect: "`OVERLOADED`; `RetryInfo` has the time until the next note is accepted",
        field: limit_field!(note_rate.per_second),
    };

    const NOTE_BURST: LimitRow<Self> = LimitRow {
        option: "max-note-burst",
        unit: LimitUnit::Count,
        range: 1..=u32::MAX as u64,
        help: "chat notes accepted from one connection in a burst, after a pause",
        noun: None,
        reason: "the other members of the chat, against a sudden burst of notes",
        effect: "the same as for `--max-note-rate`",
        field: limit_field!(note_rate.burst),
    };

    const CALL_TIME: LimitRow<Self> = LimitRow {
        option: "max-call-time",
        unit: LimitUnit::Time,
        range: 1..=u64::MAX,
        help: "how long a call that is not a stream may take",
        noun: None,
        reason: "memory, against calls and health watches whose request never arrives",
        effect: "`DEADLINE_EXCEEDED`, as after the caller's own deadline",
        field: limit_field!(call),
    };

    pub(super) const IDLE: LimitRow<Self> = LimitRow {
        option: "idle",
        unit: LimitUnit::Time,
        range: 1..=u64::MAX,
        help: "how long a worksheet may be idle before it ends",
        noun: None,
        reason: "memory, against clients that send no requests or read no answers",
        effect: "the worksheet ends with `RESOURCE_EXHAUSTED` and the reason `LIMIT`",
        field: limit_field!(idle),
    };

    const IDLE_CONNECTION: LimitRow<Self> = LimitRow {
        option: "idle-connection",
        unit: LimitUnit::Time,
        range: 1..=u64::MAX,
        help: "how long a connection may have no calls; the server closes it after this time or \
               up to twice as long",
        noun: None,
        reason: "file descriptors",
        effect: "`GOAWAY`; clients connect again when they need a connection",
        field: limit_field!(unused),
    };

    const AGE: LimitRow<Self> = LimitRow {
        option: "max-connection-age",
        unit: LimitUnit::Time,
        range: 1..=u64::MAX,
        help: "how old a connection may become, up to 10 percent more or less",
        noun: None,
        reason: "the balance between servers: a load balancer distributes connections, not calls",
        effect: "`GOAWAY`; calls under way end, and clients connect again for further calls",
        field: limit_field!(age),
    };

    pub(super) const AGE_GRACE: LimitRow<Self> = LimitRow {
        option: "max-connection-age-grace",
        unit: LimitUnit::Time,
        range: 1..=u64::MAX,
        help: "how long calls may take to end on a connection that has reached its maximum age",
        noun: None,
        reason: "the balance between servers, against streams that do not end",
        effect: "the connection is closed; the client of grpcalc restores its worksheet",
        field: limit_field!(age_grace),
    };

    pub(super) const HANDSHAKE: LimitRow<Self> = LimitRow {
        option: "handshake",
        unit: LimitUnit::Time,
        range: 1..=u64::MAX,
        help: "how long a peer may take for the handshake: TLS and the HTTP/2 preface",
        noun: None,
        reason: "file descriptors, against peers that connect and then send nothing or send \
                 very slowly",
        effect: "the connection is closed",
        field: limit_field!(handshake),
    };

    const KEEPALIVE: LimitRow<Self> = LimitRow {
        option: "keepalive",
        unit: LimitUnit::Time,
        range: 1..=u64::MAX,
        help: "how long a peer may be silent before the server sends a PING",
        noun: None,
        reason: "file descriptors, against peers that have vanished",
        effect: "the server sends a PING",
        field: limit_field!(keepalive),
    };

    pub(super) const KEEPALIVE_TIMEOUT: LimitRow<Self> = LimitRow {
        option: "keepalive-timeout",
        unit: LimitUnit::Time,
        range: 1..=u64::MAX,
        help: "how long a peer may take to answer a PING",
        noun: None,
        reason: "file descriptors, against peers that have vanished",
        effect: "the connection is closed",
        field: limit_field!(keepalive_timeout),
    };
}

impl LimitTable for ServerLimits {
    const HEADING: &'static str = "Limits of the server";

    const ROWS: &'static [LimitRow<Self>] = &[
        Self::CONNECTIONS,
        Self::STREAMS,
        Self::CALLS,
        Self::WORKSHEETS,
        Self::MESSAGE,
        Self::REQUESTS,
        Self::WAITING,
        Self::NOTES,
        Self::NOTE_RATE,
        Self::NOTE_BURST,
        Self::CALL_TIME,
        Self::IDLE,
        Self::IDLE_CONNECTION,
        Self::AGE,
        Self::AGE_GRACE,
        Self::HANDSHAKE,
        Self::KEEPALIVE,
        Self::KEEPALIVE_TIMEOUT,
    ];
}
