//! Names that a worksheet never binds, because clients read them as commands.

/// The words that a client reads as a command when a line begins with them.
///
/// The server refuses to bind them, since a line could not begin with such a name.
pub const COMMANDS: [&str; 11] = [
    "add",
    "subtract",
    "substract",
    "sub",
    "multiply",
    "mul",
    "divide",
    "div",
    "help",
    "quit",
    "exit",
];
