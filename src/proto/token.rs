//! Bearer tokens, as metadata can carry them.

/// Whether a header can hold `token`.
#[must_use]
pub fn is_token(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic())
}
