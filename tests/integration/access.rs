//! Access to a server: TLS, client certificates, tokens.

use std::{
    fs,
    net::TcpStream,
    path::{Path, PathBuf},
};

use nix::sys::signal::Signal;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use tempfile::TempDir;

use crate::{
    frames::{begin_call, greeted, next_frame},
    harness::{Ran, Serve, grpcalc, ran, run},
};

/// A certificate authority, with the files that it signs.
struct Authority {
    folder: TempDir,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        // Each authority needs a name of its own.
        let name = folder.path().to_str().unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let issuer = CertifiedIssuer::self_signed(params, key).unwrap();
        fs::write(folder.path().join("ca.pem"), issuer.pem()).unwrap();
        Self { folder, issuer }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn ca(&self) -> String {
        text(&self.path("ca.pem"))
    }

    /// Signs a certificate for `name`; returns the paths of the certificate and its key.
    fn sign(&self, name: &str) -> [String; 2] {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let [cert, private] = ["cert", "key"].map(|kind| self.path(&format!("{name}.{kind}.pem")));
        fs::write(&cert, certificate.pem()).unwrap();
        fs::write(&private, key.serialize_pem()).unwrap();
        [text(&cert), text(&private)]
    }
}

fn text(path: &Path) -> String {
    path.to_str().unwrap().to_owned()
}

fn serve(arguments: &[&str]) -> (Serve, String) {
    let mut server = Serve::start(&[&["--listen", "127.0.0.1:0"], arguments].concat());
    let address = server.address();
    (server, address)
}

/// Runs `add 1 2` with these options.
fn add(options: &[&str]) -> Ran {
    run(&[options, &["add", "1", "2"]].concat(), "")
}

#[track_caller]
fn refused(found: &Ran, words: &str) {
    assert_eq!((found.stdout.as_str(), found.code), ("", 3), "{found:?}");
    assert!(found.stderr.contains(words), "{found:?}");
}

#[test]
fn clients_that_trust_the_authority_connect_with_tls() {
    let authority = Authority::new();
    let [cert, key] = authority.sign("localhost");
    let (_server, address) = serve(&["--cert", &cert, "--key", &key]);
    let port = address.rsplit(':').next().unwrap();
    let (encrypted, by_number) = (
        format!("https://localhost:{port}"),
        format!("https://{address}"),
    );
    let ca = authority.ca();
    let options: [&[&str]; 3] = [
        &["--addr", &encrypted, "--ca", &ca],
        &["--addr", &format!("localhost:{port}"), "--ca", &ca],
        &["--addr", &by_number, "--ca", &ca, "--domain", "localhost"],
    ];
    for options in options {
        assert_eq!(add(options), ran("3\n", "", 0), "{options:?}");
    }
    let script = run(
        &["--addr", &encrypted, "--ca", &ca],
        "x = 3\nx^2\nadd x 1\n",
    );
    assert_eq!(script, ran("9\n4\n", "", 0));

    let other = Authority::new();
    refused(
        &add(&["--addr", &encrypted, "--ca", &other.ca()]),
        "--ca names one to trust",
    );
    refused(
        &add(&["--addr", &by_number, "--ca", &ca]),
        "--domain sets the name to expect",
    );
    refused(
        &add(&["--addr", &format!("http://{address}")]),
        "try https://",
    );
}

#[test]
fn a_server_without_tls_is_recognised() {
    let (_server, address) = Serve::on_any_port();
    let authority = Authority::new();
    let address = format!("https://{address}");
    refused(
        &add(&["--addr", &address, "--ca", &authority.ca()]),
        "does not speak TLS",
    );
}

#[test]
fn with_a_client_ca_clients_need_a_certificate() {
    let (servers, clients) = (Authority::new(), Authority::new());
    let [cert, key] = servers.sign("localhost");
    let client_ca = clients.ca();
    let (server, address) = serve(&["--cert", &cert, "--key", &key, "--client-ca", &client_ca]);
    let address = format!("https://localhost:{}", address.rsplit(':').next().unwrap());
    let ca = servers.ca();
    let trusting = ["--addr", &address, "--ca", &ca];
    let [ours, our_key] = clients.sign("friend");
    let with =
        |cert: &str, key: &str| add(&[&trusting[..], &["--cert", cert, "--key", key]].concat());
    assert_eq!(with(&ours, &our_key), ran("3\n", "", 0));
    refused(
        &add(&trusting),
        "it asks for a certificate; --cert and --key present one",
    );
    let [theirs, their_key] = servers.sign("stranger");
    refused(&with(&theirs, &their_key), "certificate");
    server.signal(Signal::SIGTERM);
    assert_eq!(server.wait().0.code(), Some(0));
}

#[test]
fn sighup_reads_certificates_and_tokens_again() {
    let (old, new) = (Authority::new(), Authority::new());
    let [cert, key] = old.sign("localhost");
    let tokens = old.path("tokens");
    fs::write(&tokens, "old\n").unwrap();
    let (server, address) = serve(&[
        "--cert",
        &cert,
        "--key",
        &key,
        "--token-file",
        &text(&tokens),
        "--log-level",
        "info",
    ]);
    let address = format!("https://localhost:{}", address.rsplit(':').next().unwrap());
    let ask = |authority: &Authority, token: &str| {
        add(&[
            "--addr",
            &address,
            "--ca",
            &authority.ca(),
            "--token",
            token,
        ])
    };
    assert_eq!(ask(&old, "old"), ran("3\n", "", 0));
    refused(&ask(&old, "new"), "UNAUTHENTICATED");

    let [renewed, renewed_key] = new.sign("localhost");
    fs::copy(renewed, &cert).unwrap();
    fs::copy(renewed_key, &key).unwrap();
    fs::write(&tokens, "new\n").unwrap();
    server.signal(Signal::SIGHUP);
    // The signal is handled a little later.
    while ask(&new, "new").code != 0 {}
    refused(&ask(&old, "new"), "--ca names one to trust");
    refused(&ask(&new, "old"), "UNAUTHENTICATED");

    // Invalid files change nothing.
    fs::write(&tokens, "").unwrap();
    fs::write(&cert, "nonsense").unwrap();
    server.signal(Signal::SIGHUP);
    assert_eq!(ask(&new, "new"), ran("3\n", "", 0));
    server.signal(Signal::SIGTERM);
    let (status, log) = server.wait();
    assert_eq!(status.code(), Some(0));
    assert!(
        log.contains("certificates read again") && log.contains("tokens read again"),
        "{log}"
    );
}

#[test]
fn all_calls_but_health_need_a_token() {
    let (server, address) = serve(&[
        "--token",
        "secret",
        "--token",
        "other",
        "--log-level",
        "debug",
    ]);
    let ask = |options: &[&str]| add(&[&["--addr", &address], options].concat());
    assert_eq!(ask(&["--token", "secret"]), ran("3\n", "", 0));
    assert_eq!(ask(&["--token", "other"]), ran("3\n", "", 0));
    refused(
        &ask(&["--token", "wrong"]),
        "refuses: this server requires a token",
    );
    refused(&ask(&[]), "(UNAUTHENTICATED)");
    let of_environment = grpcalc()
        .args(["--addr", &address, "1 + 1"])
        .env("GRPCALC_TOKEN", "secret")
        .output();
    assert_eq!(Ran::from(of_environment.unwrap()), ran("2\n", "", 0));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("token");
    fs::write(&file, "secret\n").unwrap();
    assert_eq!(ask(&["--token-file", &text(&file)]), ran("3\n", "", 0));

    let discover = |line| run(&["--addr", &address, line], "");
    assert_eq!(discover(":health"), ran("SERVING\n", "", 0));
    refused(&discover(":services"), "UNAUTHENTICATED");
    refused(&discover("1 + 1"), "UNAUTHENTICATED");
    refused(&run(&["--addr", &address], "x = 1\n"), "UNAUTHENTICATED");

    server.signal(Signal::SIGTERM);
    let (_, log) = server.wait();
    assert!(
        log.contains("call refused") && log.contains("UNAUTHENTICATED"),
        "{log}"
    );
    assert!(!log.contains("secret") && !log.contains("wrong"), "{log}");
}

#[test]
fn a_token_is_not_sent_to_other_machines_in_plain_text() {
    for address in ["example.org:1", "http://10.0.0.1:1"] {
        let found = add(&["--addr", address, "--token", "secret"]);
        assert_eq!(found.code, 2);
        assert!(
            found.stderr.contains("is not sent") && found.stderr.contains("https://"),
            "{found:?}"
        );
        assert!(!found.stderr.contains("secret"), "{found:?}");
    }
    let found = add(&["--addr", "localhost:1", "--token", "two words"]);
    assert_eq!((found.code, found.stdout.as_str()), (2, ""));
    assert!(!found.stderr.contains("two words"), "{found:?}");
}

#[test]
fn invalid_files_are_named() {
    let authority = Authority::new();
    let [cert, key] = authority.sign("localhost");
    let [_, other] = authority.sign("other");
    let nothing = text(&authority.path("nothing"));
    let empty = authority.path("empty");
    fs::write(&empty, "").unwrap();
    let empty = text(&empty);
    for (arguments, words) in [
        (vec!["--cert", &nothing, "--key", &key], &nothing),
        (vec!["--cert", &empty, "--key", &key], &empty),
        (vec!["--cert", &cert, "--key", &cert], &cert),
        (vec!["--cert", &cert, "--key", &other], &other),
        (
            vec!["--cert", &cert, "--key", &key, "--client-ca", &empty],
            &empty,
        ),
        (vec!["--token-file", &empty], &empty),
        (vec!["--token-file", &nothing], &nothing),
    ] {
        let (status, stderr) = Serve::start(&arguments).wait();
        assert_eq!(status.code(), Some(2), "{arguments:?}: {stderr}");
        assert!(stderr.contains(words), "{arguments:?}: {stderr}");
    }
    let (status, stderr) = Serve::start(&["--cert", &cert]).wait();
    assert_eq!(status.code(), Some(2));
    assert!(stderr.contains("--key"), "{stderr}");
}

#[test]
fn a_shutdown_does_not_wait_for_a_tls_handshake() {
    let authority = Authority::new();
    let [cert, key] = authority.sign("localhost");
    let (server, address) = serve(&[
        "--cert",
        &cert,
        "--key",
        &key,
        "--handshake",
        "1m",
        "--grace",
        "1m",
    ]);
    let _silent = TcpStream::connect(&address).unwrap();
    // It has been accepted once a later connection is served.
    let encrypted = format!("https://localhost:{}", address.rsplit(':').next().unwrap());
    assert_eq!(
        add(&["--addr", &encrypted, "--ca", &authority.ca()]),
        ran("3\n", "", 0)
    );
    server.signal(Signal::SIGTERM);
    let (status, stderr) = server.wait();
    assert_eq!((status.code(), stderr.as_str()), (Some(0), ""));
}

#[test]
fn health_calls_are_answered_at_the_limit_of_calls() {
    let (_server, address) = serve(&["--max-calls", "1"]);
    let mut peer = greeted(&address);
    begin_call(&mut peer, 1, "/calc.Calculator/Add");
    // The first call is under way once a later one is refused.
    begin_call(&mut peer, 3, "/calc.Calculator/Add");
    while next_frame(&mut peer).stream != 3 {}
    assert_eq!(
        run(&["--addr", &address, ":health"], ""),
        ran("SERVING\n", "", 0)
    );
    let refused = run(
        &["--addr", &address, "--timeout", "1s", "add", "1", "2"],
        "",
    );
    assert_eq!(refused.code, 1, "{refused:?}");
    assert!(
        refused.stderr.contains("the limit of 1 calls under way"),
        "{refused:?}"
    );
}
