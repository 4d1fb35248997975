//! The forms of addresses, names with several addresses, proxies, and authorities.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    path::Path,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use futures_util::{FutureExt as _, future::BoxFuture};
use grpcalc::client::{Access, Call, Client, Method, Remote, Resolver, Target};

use crate::{
    fake_server::{self, Reply},
    frames::message,
    harness::{PATIENCE, Serve, grpcalc, ran, run},
};

/// A resolver whose addresses a test can change.
#[derive(Clone, Debug)]
struct Names(Arc<Mutex<Vec<SocketAddr>>>);

impl Resolver for Names {
    fn resolve<'r>(
        &'r self,
        _: &'r str,
        _: u16,
    ) -> BoxFuture<'r, std::io::Result<Vec<SocketAddr>>> {
        let addresses = self.0.lock().unwrap().clone();
        async move { Ok(addresses) }.boxed()
    }
}

/// A server that counts the calls of `Add`.
fn counting() -> (SocketAddr, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&count);
    let address = fake_server::start(move |_| {
        counted.fetch_add(1, Ordering::Relaxed);
        Reply::grpc(&[message(&[8, 30])], 0)
    });
    (address.parse().unwrap(), count)
}

async fn client(address: &str, names: &Names) -> Client {
    let server: Remote = address.parse().unwrap();
    let access = Access {
        resolver: Some(Arc::new(names.clone())),
        ..Access::default()
    };
    let servers = server.resolve(names).await;
    Client::lazy(Target::Remote(servers, access), PATIENCE)
}

async fn add(client: &Client) {
    let call = Call {
        method: Method::Add,
        n1: 20,
        n2: 10,
    };
    assert_eq!(client.call(call).await.unwrap().to_string(), "30");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_addresses_of_a_dns_name_are_balanced() {
    let servers: Vec<_> = (0..3).map(|_| counting()).collect();
    let addresses = servers.iter().map(|(address, _)| *address).collect();
    let names = Names(Arc::new(Mutex::new(addresses)));
    let balanced = client("dns:///calc.example:1", &names).await;
    for _ in 0..30 {
        add(&balanced).await;
    }
    for (address, count) in &servers {
        assert_eq!(count.load(Ordering::Relaxed), 10, "{address}");
    }
    let single = client("calc.example:1", &names).await;
    for _ in 0..30 {
        add(&single).await;
    }
    assert_eq!(servers[0].1.load(Ordering::Relaxed), 40);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_is_resolved_again_when_its_server_moves() {
    let (old, address) = Serve::on_any_port();
    let names = Names(Arc::new(Mutex::new(vec![address.parse().unwrap()])));
    for address in ["dns:///calc.example:1", "calc.example:1"] {
        let moving = client(address, &names).await;
        add(&moving).await;
        let (new, _) = counting();
        *names.0.lock().unwrap() = vec![new];
        if address.starts_with("dns") {
            old.signal(nix::sys::signal::Signal::SIGKILL);
        }
        add(&client(address, &names).await).await;
        add(&moving).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_refuses_is_skipped() {
    let (good, _) = counting();
    let dead = TcpListener::bind("127.0.0.1:0").unwrap();
    let refusing = dead.local_addr().unwrap();
    drop(dead);
    let names = Names(Arc::new(Mutex::new(vec![refusing, good])));
    add(&client("calc.example:1", &names).await).await;
    add(&client("dns:///calc.example:1", &names).await).await;
}

#[test]
fn addresses_in_all_forms_reach_a_server() {
    let (_server, address) = Serve::on_any_port();
    let port = address.rsplit_once(':').unwrap().1;
    for form in [
        format!("dns:///localhost:{port}"),
        format!("dns:localhost:{port}"),
        format!("DNS:///127.0.0.1:{port}"),
        format!("ipv4:127.0.0.1:{port}"),
        format!("ipv4:127.0.0.1:{port},127.0.0.1:{port}"),
        format!("HTTP://localhost:{port}/"),
        format!("localhost:{port}"),
    ] {
        let ended = run(&["--addr", &form], "20 + 10\nadd 1 2\n");
        assert_eq!(ended, ran("30\n3\n", "", 0), "{form}");
    }
}

#[test]
fn the_domain_is_the_authority() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&seen);
    let address = fake_server::start(move |request| {
        log.lock()
            .unwrap()
            .push(request.uri().authority().unwrap().to_string());
        Reply::grpc(&[message(&[8, 30])], 0)
    });
    let plain = format!("http://{address}");
    for (arguments, authority) in [
        (vec!["--addr", &plain], address.as_str()),
        (
            vec!["--addr", &plain, "--domain", "calc.example"],
            "calc.example",
        ),
        (
            vec!["--addr", &plain, "--domain", "calc.example:1"],
            "calc.example:1",
        ),
    ] {
        assert_eq!(run(&arguments, "add 20 10\n"), ran("30\n", "", 0));
        assert_eq!(seen.lock().unwrap().pop().unwrap(), authority);
    }
    let ended = run(&["--addr", &plain, "--domain", "a b"], "add 20 10\n");
    assert_eq!(ended.code, 2, "{ended:?}");
}

/// A proxy that connects each `CONNECT` to `target`. Returns its address and the request heads.
fn proxy(target: String, answer: &'static str) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let heads = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&heads);
    thread::spawn(move || {
        for client in listener.incoming() {
            let (client, target, log) = (client.unwrap(), target.clone(), Arc::clone(&log));
            thread::spawn(move || {
                let mut reader = BufReader::new(client.try_clone().unwrap());
                let mut head = String::new();
                while !head.ends_with("\r\n\r\n") {
                    if reader.read_line(&mut head).unwrap() == 0 {
                        return;
                    }
                }
                log.lock().unwrap().push(head);
                (&client).write_all(answer.as_bytes()).unwrap();
                if answer.contains(" 200 ") {
                    relay(&client, reader, &TcpStream::connect(target).unwrap());
                }
            });
        }
    });
    (address, heads)
}

fn relay(client: &TcpStream, mut reader: BufReader<TcpStream>, server: &TcpStream) {
    let mut to_server = server.try_clone().unwrap();
    thread::spawn(move || {
        let _ = std::io::copy(&mut reader, &mut to_server);
        let _ = to_server.shutdown(Shutdown::Write);
    });
    let (mut from, mut to) = (server, client);
    let _ = std::io::copy(&mut from, &mut to);
    let _ = client.shutdown(Shutdown::Both);
}

fn with_environment(address: &str, variables: &[(&str, &str)]) -> crate::harness::Ran {
    let mut command = grpcalc();
    for (name, value) in variables {
        command.env(name, value);
    }
    let arguments = ["--addr", address, "--timeout", "5s", "add 20 10"];
    command.args(arguments).output().unwrap().into()
}

#[test]
fn servers_are_reached_through_a_proxy() {
    let (_server, address) = Serve::on_any_port();
    let (proxy_address, heads) = proxy(address.clone(), "HTTP/1.1 200 OK\r\n\r\n");
    let url = format!("http://user:pass%20word@{proxy_address}");
    // The proxy resolves the name.
    let ended = with_environment("calc.example:50050", &[("https_proxy", &url)]);
    assert_eq!(ended, ran("30\n", "", 0));
    let head = heads.lock().unwrap().pop().unwrap();
    assert!(
        head.starts_with("CONNECT calc.example:50050 HTTP/1.1\r\n"),
        "{head}"
    );
    assert!(
        head.to_ascii_lowercase()
            .contains("proxy-authorization: basic dxnlcjpwyxnzihdvcmq="),
        "{head}"
    );
    let ended = with_environment(&address, &[("HTTPS_PROXY", &url)]);
    assert_eq!(ended, ran("30\n", "", 0));
    assert_eq!(heads.lock().unwrap().len(), 1);
    let exceptions = [("https_proxy", url.as_str()), ("no_proxy", "127.0.0.1")];
    assert_eq!(with_environment(&address, &exceptions), ran("30\n", "", 0));
    assert_eq!(heads.lock().unwrap().len(), 1);
}

#[test]
fn a_proxy_that_fails_is_named() {
    for answer in [
        "HTTP/1.1 403 Forbidden\r\n\r\n",
        "HTTP/1.1 407 Proxy Authentication Required\r\n\r\n",
        "nonsense\r\n\r\n",
        "",
    ] {
        let (address, _) = proxy(String::new(), answer);
        let url = format!("http://{address}");
        let ended = with_environment("calc.example:50050", &[("https_proxy", &url)]);
        assert_eq!(ended.code, 3, "{ended:?}");
        assert!(ended.stderr.contains(&address), "{ended:?}");
    }
}

/// Writes a certificate of `localhost` and its key; returns their paths.
fn self_signed(folder: &Path, name: &str, is_ca: bool) -> (String, String) {
    let mut parameters = rcgen::CertificateParams::new(vec!["localhost".into()]).unwrap();
    if is_ca {
        parameters.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    }
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = parameters.self_signed(&key).unwrap();
    let paths = ["crt", "key"].map(|kind| folder.join(format!("{name}.{kind}")));
    std::fs::write(&paths[0], certificate.pem()).unwrap();
    std::fs::write(&paths[1], key.serialize_pem()).unwrap();
    let [certificate, key] = paths.map(|path| path.display().to_string());
    (certificate, key)
}

#[test]
fn a_self_signed_certificate_that_is_the_ca_file_is_trusted() {
    let folder = tempfile::tempdir().unwrap();
    let (other, _) = self_signed(folder.path(), "other", true);
    for is_ca in [true, false] {
        let (certificate, key) = self_signed(folder.path(), "own", is_ca);
        let options = [
            "--listen",
            "127.0.0.1:0",
            "--cert",
            &certificate,
            "--key",
            &key,
        ];
        let mut server = Serve::start(&options);
        let address = server.address();
        let port = address.rsplit_once(':').unwrap().1;
        let named = format!("localhost:{port}");
        let ended = run(&["--addr", &named, "--ca", &certificate], "add 20 10\n");
        assert_eq!(ended, ran("30\n", "", 0), "CA: {is_ca}");
        for (address, ca, words) in [
            (&address, &certificate, "not for this host name"),
            (&named, &other, "--ca"),
        ] {
            let ended = run(&["--addr", address, "--ca", ca], "add 20 10\n");
            assert_eq!(ended.code, 3, "{ended:?}");
            assert!(ended.stderr.contains(words), "{ended:?}");
        }
    }
}

#[test]
fn the_wrong_part_of_an_address_is_named() {
    for (address, words) in [
        ("localhost", "no port"),
        ("localhost:", "no port"),
        (":50050", "no host"),
        ("host:99999", "the port is not a number"),
        ("host:http", "the port is not a number"),
        ("[::1]", "no port"),
        ("::1:50050", "in brackets"),
        ("http://host", "no port"),
        ("https://host:443/x", "a path"),
        ("unix:", "no path"),
        ("user@host:1", "a user name"),
        ("ü.example:1", "the host"),
        ("host:1:2", "the host"),
        ("ftp://host:1", "unknown scheme"),
        ("dns://8.8.8.8/host:1", "a name server"),
        ("ipv4:localhost:1", "not an IP address"),
    ] {
        let ended = run(&["--addr", address], "add 20 10\n");
        assert_eq!(ended.code, 2, "{address}: {ended:?}");
        assert!(ended.stderr.contains(words), "{address}: {ended:?}");
    }
}

/// Connections end at about their age, and no call is lost.
#[test]
fn connections_age() {
    let mut server = Serve::start(&[
        "--listen",
        "127.0.0.1:0",
        "--max-connection-age",
        "200ms",
        "--max-connection-age-grace",
        "300ms",
    ]);
    let address = server.address();
    let lines: String = (0..3_000)
        .flat_map(|n| [format!("add {n} 1\n"), "x = x + 1\n".into()])
        .collect();
    let script = format!("x = 0\n{lines}x\n");
    let mut child = grpcalc()
        .args(["--addr", &address])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let writing = thread::spawn(move || {
        for part in script.as_bytes().chunks(script.len() / 10) {
            input.write_all(part).unwrap();
            input.flush().unwrap();
            // Longer than the age of a connection in all.
            thread::sleep(Duration::from_millis(150));
        }
    });
    let ended: crate::harness::Ran = child.wait_with_output().unwrap().into();
    writing.join().unwrap();
    assert_eq!((ended.stderr.as_str(), ended.code), ("", 0));
    assert!(ended.stdout.ends_with("\n3000\n"));
    assert_eq!(ended.stdout.lines().count(), 3_001);
}
