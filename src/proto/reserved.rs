//! Names that a line of a worksheet cannot define, because clients read them as commands.

/// The words that make a line a command if the line begins with them.
///
/// The server refuses to define a variable or function with such a name. Clients would read a line
/// that begins with the name as a command.
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
