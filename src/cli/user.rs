//! The name of the user.

use std::env;

use nix::unistd::{User, getuid};

use crate::proto::note::{NAME, check_name};

/// The name in the chat for a user without a valid name on this machine.
const DEFAULT: &str = "somebody";

/// Returns the user's name in the chat.
///
/// The name comes from the environment (`LOGNAME`, `USER`), else from the user database.
pub(super) fn name() -> String {
    let from_environment = ["LOGNAME", "USER"]
        .into_iter()
        .filter_map(|key| env::var(key).ok());
    let from_system = || Some(User::from_uid(getuid()).ok()??.name);
    let mut names = from_environment
        .map(Some)
        .chain(std::iter::once_with(from_system))
        .flatten();
    let name = names.find_map(|name| {
        let printable = name.chars().filter(|c| !c.is_control());
        let name: String = printable.take(NAME).collect();
        (!name.trim().is_empty() && check_name(&name).is_ok()).then_some(name)
    });
    name.unwrap_or_else(|| DEFAULT.into())
}
