//! The grpcurl command that makes a call again.

use prost_reflect::{DynamicMessage, SerializeOptions};
use serde_json::Serializer;

use crate::{
    client::{Destination, Exchange, ServerAddress},
    net::address::Address,
};

/// The default address of `grpcalc serve`. The command has this address if the call was answered by
/// an embedded server that does not listen.
const SERVE_ADDRESS: &str = "127.0.0.1:50050";

/// The maximum length of the JSON of a request in a command, in bytes.
const MAX_REQUEST: usize = 4000;

/// Returns the grpcurl command that calls the method of `exchange` with `request`.
///
/// Returns None if the request is too long for a command, or if the method is unknown.
pub(super) fn command(exchange: &Exchange, request: Option<&DynamicMessage>) -> Option<String> {
    let mut words = vec!["grpcurl".to_owned()];
    let server = match &exchange.destination {
        Destination::Embedded { listens_at } => listens_at.first(),
        Destination::Remote(server) => Some(server),
    };
    words.extend(tls_options(server));
    if exchange.request_header("authorization").is_some() {
        words.push("-H 'authorization: Bearer TOKEN'".into());
    }
    let address = match server.map(|server| &server.address) {
        Some(Address::Unix(path)) => {
            words.push("-unix".into());
            path.to_string_lossy().into_owned()
        }
        Some(address) => address.to_string(),
        None => SERVE_ADDRESS.into(),
    };
    if let Some(authority) = authority(exchange, server) {
        words.push(format!("-authority {}", shell_quoted(authority)));
    }
    let address = shell_quoted(&address);
    if let Some(json) = request.and_then(json).filter(|json| json != "{}") {
        if json.len() > MAX_REQUEST {
            return None;
        }
        words.push(format!("-d {}", shell_quoted(&json)));
    }
    words.push(address);
    let path = exchange.request_header(":path")?;
    words.push(path.trim_start_matches('/').into());
    Some(words.join(" "))
}

/// Returns the `:authority` of the call, if it is not the one that grpcurl sends by default.
///
/// By default, grpcurl sends the address. For a socket, it sends the escaped path, which not every
/// server accepts.
fn authority<'e>(exchange: &'e Exchange, server: Option<&'e ServerAddress>) -> Option<&'e str> {
    let server = server?;
    let tls = server.tls.as_ref();
    if let Some(domain) = tls.and_then(|tls| tls.domain.as_deref()) {
        return Some(domain);
    }
    let sent = match &exchange.destination {
        // The call went through the pipe, not to this address.
        Destination::Embedded { .. } => None,
        Destination::Remote(_) => exchange.request_header(":authority"),
    };
    match server.address {
        Address::Unix(_) => Some(sent.unwrap_or("localhost")),
        Address::Tcp { .. } => sent.filter(|sent| *sent != server.address.to_string()),
    }
}

/// Returns the TLS options of grpcurl for a connection to `server`.
fn tls_options(server: Option<&ServerAddress>) -> Vec<String> {
    let Some(tls) = server.and_then(|server| server.tls.as_ref()) else {
        return vec!["-plaintext".into()];
    };
    let identity = tls.identity.as_ref();
    let (cert, key) = identity.map(|(cert, key)| (cert, key)).unzip();
    let files = [("-cacert", tls.ca.as_ref()), ("-cert", cert), ("-key", key)];
    let files = files
        .into_iter()
        .filter_map(|(option, file)| Some((option, file?.to_string_lossy())));
    files
        .map(|(option, value)| format!("{option} {}", shell_quoted(&value)))
        .collect()
}

fn json(message: &DynamicMessage) -> Option<String> {
    let mut bytes = Vec::new();
    let options = SerializeOptions::new();
    let written = message.serialize_with_options(&mut Serializer::new(&mut bytes), &options);
    written.ok()?;
    String::from_utf8(bytes).ok()
}

/// Returns `text` as one word of a shell command.
fn shell_quoted(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "/._-:".contains(c);
    if text.chars().all(is_plain) {
        return text.into();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{client::ClientTlsFiles, schema::pool};

    fn server(address: &str, tls: Option<ClientTlsFiles>) -> ServerAddress {
        ServerAddress {
            address: address.parse().unwrap(),
            tls,
        }
    }

    /// Returns the command for `add 20 10`.
    fn add(destination: Destination, has_token: bool) -> String {
        let request = pool::message("calc.AddRequest").unwrap();
        let request = pool::decode(&request, &[0x08, 0x14, 0x10, 0x0a]).unwrap();
        let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let mut request_headers = vec![header(":path", "/calc.Calculator/Add")];
        if has_token {
            request_headers.push(header("authorization", "Bearer secret"));
        }
        let exchange = Exchange {
            destination,
            request_headers,
            ..Exchange::default()
        };
        command(&exchange, Some(&request)).unwrap()
    }

    #[test]
    fn a_command_has_the_address_and_the_token() {
        for (address, has_token, expected) in [
            (
                "localhost:1",
                false,
                r#"grpcurl -plaintext -d '{"n1":20,"n2":10}' localhost:1 calc.Calculator/Add"#,
            ),
            (
                "[::1]:1",
                false,
                r#"grpcurl -plaintext -d '{"n1":20,"n2":10}' '[::1]:1' calc.Calculator/Add"#,
            ),
            (
                "localhost:1",
                true,
                r#"grpcurl -plaintext -H 'authorization: Bearer TOKEN' -d '{"n1":20,"n2":10}' localhost:1 calc.Calculator/Add"#,
            ),
            (
                "unix:/run/it's",
                false,
                r#"grpcurl -plaintext -unix -authority localhost -d '{"n1":20,"n2":10}' '/run/it'\''s' calc.Calculator/Add"#,
            ),
            (
                "unix:/tmp/a b.sock",
                false,
                r#"grpcurl -plaintext -unix -authority localhost -d '{"n1":20,"n2":10}' '/tmp/a b.sock' calc.Calculator/Add"#,
            ),
        ] {
            let server = server(address, None);
            let remote = add(Destination::Remote(server.clone()), has_token);
            assert_eq!(remote, expected);
            let listens_at = vec![server];
            let embedded = add(Destination::Embedded { listens_at }, has_token);
            assert_eq!(embedded, expected);
        }
        let exchange = Exchange {
            destination: Destination::Remote(server("localhost:1", None)),
            request_headers: vec![
                (":authority".into(), "calc.test".into()),
                (":path".into(), "/calc.Calculator/Add".into()),
            ],
            ..Exchange::default()
        };
        assert_eq!(
            command(&exchange, None).unwrap(),
            "grpcurl -plaintext -authority calc.test localhost:1 calc.Calculator/Add"
        );
        assert_eq!(
            add(Destination::default(), false),
            r#"grpcurl -plaintext -d '{"n1":20,"n2":10}' 127.0.0.1:50050 calc.Calculator/Add"#
        );
    }

    #[test]
    fn a_command_has_the_options_for_tls() {
        let all = ClientTlsFiles {
            ca: Some("our ca.pem".into()),
            identity: Some(("c.pem".into(), "k.pem".into())),
            domain: Some("calc".into()),
        };
        for (tls, options) in [
            (ClientTlsFiles::default(), ""),
            (
                all,
                "-cacert 'our ca.pem' -cert c.pem -key k.pem -authority calc ",
            ),
        ] {
            let server = server("example.org:1", Some(tls));
            assert_eq!(
                add(Destination::Remote(server), false),
                format!(
                    r#"grpcurl {options}-d '{{"n1":20,"n2":10}}' example.org:1 calc.Calculator/Add"#
                )
            );
        }
    }
}
