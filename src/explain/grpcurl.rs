//! The same call for another program.

use prost_reflect::{DynamicMessage, SerializeOptions};
use serde_json::Serializer;

use crate::client::Exchange;

/// Where a server would listen that others can reach, for calls to the embedded one.
const ELSEWHERE: &str = "127.0.0.1:50050";

/// Characters of a request that is written out.
const LONGEST: usize = 4000;

/// A command that makes the call of `exchange` with `request`.
pub(super) fn command(exchange: &Exchange, request: Option<&DynamicMessage>) -> Option<String> {
    let mut words = vec!["grpcurl".to_owned()];
    let is_encrypted = exchange.requested(":scheme") == Some("https");
    if !is_encrypted {
        words.push("-plaintext".into());
    }
    if exchange.requested("authorization").is_some() {
        words.push("-H 'authorization: Bearer TOKEN'".into());
    }
    let address = match exchange.server.strip_prefix("unix:") {
        Some(path) => {
            words.push("-unix".into());
            quoted(path)
        }
        None if exchange.server.contains(' ') => ELSEWHERE.into(),
        None => exchange.server.clone(),
    };
    if let Some(json) = request.and_then(json).filter(|json| json != "{}") {
        if json.len() > LONGEST {
            return None;
        }
        words.push(format!("-d {}", quoted(&json)));
    }
    words.push(address);
    words.push(exchange.requested(":path")?.trim_start_matches('/').into());
    Some(words.join(" "))
}

fn json(message: &DynamicMessage) -> Option<String> {
    let mut bytes = Vec::new();
    let options = SerializeOptions::new();
    let written = message.serialize_with_options(&mut Serializer::new(&mut bytes), &options);
    written.ok()?;
    String::from_utf8(bytes).ok()
}

/// A text as one word of a shell.
fn quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-:".contains(c);
    if text.chars().all(is_plain) {
        return text.into();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::pool;

    #[test]
    fn commands() {
        let request = pool::message("calc.AddRequest").unwrap();
        let request = pool::decode(&request, &[0x08, 0x14, 0x10, 0x0a]).unwrap();
        for (server, scheme, token, expected) in [
            (
                "localhost:1",
                "http",
                false,
                r#"grpcurl -plaintext -d '{"n1":20,"n2":10}' localhost:1 calc.Calculator/Add"#,
            ),
            (
                "example.org:1",
                "https",
                true,
                r#"grpcurl -H 'authorization: Bearer TOKEN' -d '{"n1":20,"n2":10}' example.org:1 calc.Calculator/Add"#,
            ),
            (
                "unix:/run/it's",
                "http",
                false,
                r#"grpcurl -plaintext -unix -d '{"n1":20,"n2":10}' '/run/it'\''s' calc.Calculator/Add"#,
            ),
            (
                "the embedded server",
                "http",
                false,
                r#"grpcurl -plaintext -d '{"n1":20,"n2":10}' 127.0.0.1:50050 calc.Calculator/Add"#,
            ),
        ] {
            let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
            let mut exchange = Exchange {
                server: server.into(),
                request: vec![
                    field(":path", "/calc.Calculator/Add"),
                    field(":scheme", scheme),
                ],
                ..Exchange::default()
            };
            if token {
                exchange
                    .request
                    .push(field("authorization", "Bearer secret"));
            }
            assert_eq!(
                command(&exchange, Some(&request)).as_deref(),
                Some(expected)
            );
        }
    }
}
