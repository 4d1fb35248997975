//! What servers refuse, for whoever asks for help.

/// A limit as its user meets it.
#[derive(Debug)]
pub struct Limit {
    /// What it is called: the option of `serve` without its dashes.
    pub name: &'static str,
    /// Where it is unless the operator says otherwise.
    pub value: &'static str,
    /// What is limited, in a line.
    pub what: &'static str,
}

impl Limit {
    /// The limit of this name.
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        LIMITS.iter().find(|limit| limit.name == name)
    }

    const fn new(name: &'static str, value: &'static str, what: &'static str) -> Self {
        Self { name, value, what }
    }
}

/// Every limit of a server and of a calculation.
pub const LIMITS: [Limit; 31] = [
    Limit::new("max-connections", "4096", "connections that are open"),
    Limit::new("max-streams", "256", "calls under way on one connection"),
    Limit::new(
        "max-calls",
        "65536",
        "calls under way on all connections together",
    ),
    Limit::new("max-worksheets", "10000", "worksheets that are open"),
    Limit::new("max-message", "4MiB", "bytes of a request message"),
    Limit::new(
        "max-requests",
        "256MiB",
        "bytes of the requests of all callers that are arriving or wait for their turn",
    ),
    Limit::new("max-waiting", "64", "heavy lines that wait for each core"),
    Limit::new(
        "max-notes",
        "1000",
        "notes of the chat that are kept for who comes later",
    ),
    Limit::new(
        "max-note-rate",
        "50",
        "notes that are taken on one connection in a second",
    ),
    Limit::new(
        "max-note-burst",
        "512",
        "notes that are taken on one connection at once, after a silence",
    ),
    Limit::new(
        "max-call-time",
        "1m",
        "the longest time for a call that is no stream",
    ),
    Limit::new(
        "idle",
        "1h",
        "how long a worksheet may be idle before it ends",
    ),
    Limit::new(
        "idle-connection",
        "1h",
        "how long a connection may have no calls before it is closed: between once and twice this",
    ),
    Limit::new(
        "handshake",
        "10s",
        "how long a peer may take to begin to speak, TLS included",
    ),
    Limit::new(
        "keepalive",
        "1m",
        "how long nothing may be heard of a peer before it is asked for a sign of life",
    ),
    Limit::new(
        "keepalive-timeout",
        "20s",
        "how long a peer may take to give a sign of life",
    ),
    Limit::new("max-line", "64KiB", "bytes of a line"),
    Limit::new(
        "max-nesting",
        "256",
        "brackets, calls and signs within each other",
    ),
    Limit::new(
        "max-result",
        "1000000",
        "bits of the numerator and of the denominator of an exact result",
    ),
    Limit::new(
        "max-digits",
        "1000",
        "significant digits that can be asked for",
    ),
    Limit::new("max-precision", "16384", "bits of working precision"),
    Limit::new(
        "max-exponent",
        "16777216",
        "the exponent to base 2 of a real, on either side of zero",
    ),
    Limit::new(
        "max-angle",
        "16384",
        "the exponent to base 2 of a trigonometric function's argument",
    ),
    Limit::new(
        "max-work",
        "1s",
        "work for a line, as estimated; by the clock it may take twice as long",
    ),
    Limit::new(
        "max-operation",
        "100ms",
        "work for one operation, which cannot be interrupted",
    ),
    Limit::new("max-preview", "50ms", "work for the preview of a line"),
    Limit::new("max-names", "10000", "names that a worksheet remembers"),
    Limit::new(
        "max-values",
        "16MiB",
        "bytes of the values of a line, and of those that a worksheet remembers",
    ),
    Limit::new(
        "max-all-values",
        "256MiB",
        "bytes of the values that all worksheets remember",
    ),
    Limit::new(
        "max-depth",
        "1000",
        "operations between a real and the exact numbers that make it, before it is frozen at four times the digits",
    ),
    Limit::new(
        "max-function-depth",
        "128",
        "calls of user functions within each other",
    ),
];
