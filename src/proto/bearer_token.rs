//! Bearer tokens in the header `authorization` (RFC 6750, section 2.1).

/// The authentication scheme, followed by a space.
const SCHEME: &str = "Bearer ";

/// Whether `token` can be sent in a header: it is one or more visible ASCII characters.
#[must_use]
pub fn is_token(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|b| b.is_ascii_graphic())
}

/// Returns the value of the header `authorization` for `token`.
#[must_use]
pub fn authorization(token: &str) -> String {
    format!("{SCHEME}{token}")
}

/// Returns the token in a value of the header `authorization`, if the scheme is `Bearer`.
///
/// The case of the scheme is ignored (RFC 9110, section 11.1).
#[must_use]
pub fn presented(authorization: &str) -> Option<&str> {
    let (scheme, token) = authorization.split_at_checked(SCHEME.len())?;
    scheme.eq_ignore_ascii_case(SCHEME).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_from_the_header_that_presents_it() {
        assert_eq!(presented(&authorization("secret")), Some("secret"));
        for (value, token) in [
            ("bearer secret", Some("secret")),
            ("Bearer  secret", Some(" secret")),
            ("Bearer ", Some("")),
            ("Bearer", None),
            ("Basic secret", None),
            ("Bearérs", None),
            ("", None),
        ] {
            assert_eq!(presented(value), token, "{value:?}");
        }
    }
}
