//! Shortening of long texts.

/// Returns `text` shortened to at most `limit` characters, with `…` in place of the middle part.
///
/// `limit` is at least 3. Two thirds of the other characters are from the beginning of the text,
/// and one third is from the end of the text.
#[must_use]
pub fn elided(text: &str, limit: usize) -> String {
    let length = text.chars().count();
    if length <= limit {
        return text.into();
    }
    let end = limit.saturating_sub(1) / 3;
    let start = limit.saturating_sub(1) - end;
    let first = text.chars().take(start);
    let last = text.chars().skip(length - end);
    first.chain(['…']).chain(last).collect()
}

#[cfg(test)]
mod tests {
    use super::elided;

    #[test]
    fn both_ends_are_kept() {
        for (text, limit, short) in [
            ("12345", 5, "12345"),
            ("123456", 5, "123…6"),
            ("1234567890", 7, "1234…90"),
            ("ééééééé", 4, "éé…é"),
            ("", 4, ""),
        ] {
            assert_eq!(elided(text, limit), short);
        }
    }
}
