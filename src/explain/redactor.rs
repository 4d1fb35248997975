//! Removes the token of the client from explanations.

use crate::client::Exchange;

/// The minimum length, in bytes, of a token that is removed. A shorter token may also occur in a
/// text by chance.
const MIN_SECRET: usize = 4;

/// Removes from texts the tokens that the client sent in `authorization` headers.
pub(super) struct Redactor<'e> {
    tokens: Vec<&'e str>,
}

impl<'e> Redactor<'e> {
    /// Creates a redactor for the tokens in the request headers of `exchanges`.
    pub(super) fn new(exchanges: &'e [Exchange]) -> Self {
        let tokens = exchanges.iter().filter_map(|exchange| {
            let value = exchange.request_header("authorization")?;
            let token = value.strip_prefix("Bearer ").unwrap_or(value);
            (token.len() >= MIN_SECRET).then_some(token)
        });
        let mut tokens: Vec<_> = tokens.collect();
        tokens.dedup();
        Self { tokens }
    }

    /// Returns `text` with "(secret)" in place of each token.
    pub(super) fn text(&self, text: &str) -> String {
        let redact = |text: String, token: &&str| text.replace(token, "(secret)");
        self.tokens.iter().fold(text.to_owned(), redact)
    }

    /// Returns `lines` with "(secret)" in place of each token.
    pub(super) fn lines(&self, lines: &[String]) -> Vec<String> {
        lines.iter().map(|line| self.text(line)).collect()
    }
}
