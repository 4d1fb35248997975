//! The tokens that the server accepts from callers.

use std::{
    fmt, fs, io,
    path::PathBuf,
    sync::{PoisonError, RwLock},
};

use http::{HeaderMap, header::AUTHORIZATION};
use subtle::ConstantTimeEq as _;

use crate::proto::bearer_token::{is_token, presented};

/// The bearer tokens (RFC 6750, section 2.1) that the server accepts.
///
/// The tokens are never logged or printed.
#[derive(Default)]
pub struct Tokens {
    fixed: Vec<String>,
    file: Option<PathBuf>,
    current: RwLock<Vec<String>>,
}

/// An error in the configured tokens.
#[derive(Debug, thiserror::Error)]
pub enum TokensError {
    /// The token file cannot be read.
    #[error("cannot read the token file {}: {error}", file.display())]
    File {
        /// The token file.
        file: PathBuf,
        /// The cause.
        error: io::Error,
    },
    /// A token is empty or has characters that a header does not allow.
    #[error("a token is one or more visible ASCII characters")]
    Unfit,
    /// The token file contains no token.
    #[error("there is no token in {}", .0.display())]
    None(PathBuf),
}

impl Tokens {
    /// Creates a set of the `fixed` tokens and the tokens in `file`.
    ///
    /// Each line of the file is a token. Blank lines and lines that begin with `#` are skipped.
    pub fn new(fixed: Vec<String>, file: Option<PathBuf>) -> Result<Self, TokensError> {
        let tokens = Self {
            fixed,
            file,
            current: RwLock::default(),
        };
        tokens.reload()?;
        Ok(tokens)
    }

    /// Reads the token file again. After an error, the tokens are unchanged.
    pub fn reload(&self) -> Result<(), TokensError> {
        let mut tokens = self.fixed.clone();
        if let Some(file) = &self.file {
            let text = fs::read_to_string(file).map_err(|error| TokensError::File {
                file: file.clone(),
                error,
            })?;
            let before = tokens.len();
            tokens.extend(self::tokens(&text).map(Into::into));
            if tokens.len() == before {
                return Err(TokensError::None(file.clone()));
            }
        }
        if !tokens.iter().all(|token| is_token(token)) {
            return Err(TokensError::Unfit);
        }
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = tokens;
        Ok(())
    }

    /// Whether a call with these headers presents one of the tokens.
    ///
    /// The comparison takes constant time: the duration depends only on the lengths of the tokens.
    pub(in crate::server) fn admit(&self, headers: &HeaderMap) -> bool {
        let value = headers.get(AUTHORIZATION);
        let value = value.and_then(|value| value.to_str().ok());
        let Some(token) = value.and_then(presented) else {
            return false;
        };
        let current = self.current.read().unwrap_or_else(PoisonError::into_inner);
        let mut known = subtle::Choice::from(0);
        for valid in &*current {
            known |= valid.as_bytes().ct_eq(token.as_bytes());
        }
        known.into()
    }
}

/// Returns the tokens in `text`, the content of a token file. Each line is a token.
///
/// Blank lines and lines that begin with `#` are skipped.
pub fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().map(str::trim);
    lines.filter(|line| !line.is_empty() && !line.starts_with('#'))
}

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tokens").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn header(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_str(value).unwrap())])
    }

    #[test]
    fn a_caller_with_a_token_is_admitted() {
        let tokens = Tokens::new(vec!["secret".into(), "other".into()], None).unwrap();
        for (value, admitted) in [
            ("Bearer secret", true),
            ("bearer other", true),
            ("Bearer Secret", false),
            ("Bearer secre", false),
            ("Bearer secrets", false),
            ("Bearer  secret", false),
            ("Bearer ", false),
            ("Basic secret", false),
            ("secret", false),
            ("", false),
        ] {
            assert_eq!(tokens.admit(&header(value)), admitted, "{value:?}");
        }
        assert!(!tokens.admit(&HeaderMap::new()));
    }

    #[test]
    fn a_file_is_read_again() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "# ours\n\n one \ntwo").unwrap();
        let tokens = Tokens::new(Vec::new(), Some(file.path().into())).unwrap();
        let admitted = |token: &str| tokens.admit(&header(&format!("Bearer {token}")));
        assert!(admitted("one") && admitted("two") && !admitted("# ours"));
        fs::write(file.path(), "three").unwrap();
        tokens.reload().unwrap();
        assert!(admitted("three") && !admitted("one"));
        for wrong in ["", "# nothing", "two words"] {
            fs::write(file.path(), wrong).unwrap();
            tokens.reload().unwrap_err();
            assert!(admitted("three"), "the tokens stay as they were");
        }
        assert!(!format!("{tokens:?}").contains("three"));
    }
}
