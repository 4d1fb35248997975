//! Who uses the program.

use std::env;

use nix::unistd::{User, getuid};

use crate::proto::note::{NAME, check_name};

/// The name of who has none that others could be told.
const NOBODY: &str = "somebody";

/// What to call the user in the chat: what the environment says, as for other programs, else
/// what the system knows.
pub(super) fn name() -> String {
    let said = ["LOGNAME", "USER"]
        .into_iter()
        .filter_map(|key| env::var(key).ok());
    let known = || Some(User::from_uid(getuid()).ok()??.name);
    let mut names = said.map(Some).chain(std::iter::once_with(known)).flatten();
    let name = names.find_map(|name| {
        let shown = name.chars().filter(|c| !c.is_control());
        let shown: String = shown.take(NAME).collect();
        (!shown.trim().is_empty() && check_name(&shown).is_ok()).then_some(shown)
    });
    name.unwrap_or_else(|| NOBODY.into())
}
