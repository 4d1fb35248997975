//! `grpcalc serve` as a process.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    os::unix::{
        fs::{FileTypeExt as _, PermissionsExt as _},
        net::UnixListener,
    },
    time::{Duration, Instant},
};

use nix::sys::signal::Signal;

use crate::harness::{PATIENCE, Serve, ran, run};

#[test]
fn addresses_are_told_in_order_and_all_of_them_serve() {
    let folder = tempfile::tempdir().unwrap();
    let socket = format!("unix:{}", folder.path().join("calc.sock").display());
    let mut server = Serve::start(&[
        "--listen",
        "127.0.0.1:0",
        "--listen",
        &socket,
        "--listen",
        "[::1]:0",
    ]);
    let addresses = [server.address(), server.address(), server.address()];
    assert!(addresses[0].starts_with("127.0.0.1:"), "{addresses:?}");
    assert_eq!(addresses[1], socket);
    assert!(addresses[2].starts_with("[::1]:"), "{addresses:?}");
    for address in &addresses {
        assert_eq!(
            run(&["--addr", address, "add", "1", "2"], ""),
            ran("3\n", "", 0)
        );
    }
    server.signal(Signal::SIGTERM);
    let (status, stderr) = server.wait();
    assert_eq!((status.code(), stderr.as_str()), (Some(0), ""));
}

#[test]
fn a_unix_socket_is_its_owners_and_goes_with_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calc.sock");
    let address = format!("unix:{}", path.display());

    // What a dead server left behind is replaced.
    drop(UnixListener::bind(&path).unwrap());
    let server = Serve::at(&address);
    let metadata = fs::metadata(&path).unwrap();
    assert!(metadata.file_type().is_socket());
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);

    // What a living server uses is not.
    let (status, stderr) = Serve::start(&["--listen", &address]).wait();
    assert_eq!(status.code(), Some(3));
    assert!(
        stderr.contains(&format!("cannot listen on {address}: ")),
        "{stderr}"
    );
    assert_eq!(
        run(&["--addr", &address, "add", "1", "2"], ""),
        ran("3\n", "", 0)
    );

    server.signal(Signal::SIGINT);
    assert_eq!(server.wait().0.code(), Some(0));
    assert!(!path.exists());
}

#[test]
fn a_socket_that_another_server_has_taken_over_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calc.sock");
    let address = format!("unix:{}", path.display());
    let mut first = Serve::start(&["--listen", &address]);
    first.address();
    fs::remove_file(&path).unwrap();
    let mut second = Serve::start(&["--listen", &address]);
    second.address();
    first.signal(Signal::SIGTERM);
    assert_eq!(first.wait().0.code(), Some(0));
    assert_eq!(
        run(&["--addr", &address, "add", "1", "2"], ""),
        ran("3\n", "", 0)
    );
}

#[test]
fn a_file_in_the_place_of_a_socket_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes");
    fs::write(&path, "mine").unwrap();
    let (status, _) = Serve::start(&["--listen", &format!("unix:{}", path.display())]).wait();
    assert_eq!(status.code(), Some(3));
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
}

#[test]
fn signals_end_it_in_good_order_whatever_peers_do() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let (server, address) = Serve::on_any_port();
        let _silent = TcpStream::connect(&address).unwrap();
        let mut hesitant = TcpStream::connect(&address).unwrap();
        hesitant.write_all(b"PRI * HTTP").unwrap();
        assert_eq!(
            run(&["--addr", &address, "add", "1", "2"], ""),
            ran("3\n", "", 0)
        );
        let asked = Instant::now();
        server.signal(signal);
        let (status, stderr) = server.wait();
        assert_eq!((status.code(), stderr.as_str()), (Some(0), ""));
        assert!(
            asked.elapsed() < Duration::from_secs(5),
            "none of them was worth the grace"
        );
    }
}

/// A peer that says what every client says at first, and then answers nothing.
fn frozen_peer(address: &str) -> TcpStream {
    let hello = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\x00\x00\x00\x04\x00\x00\x00\x00\x00";
    let mut peer = TcpStream::connect(address).unwrap();
    peer.write_all(hello).unwrap();
    // The server's SETTINGS: from now on it takes the peer for a client.
    peer.read_exact(&mut [0; 9]).unwrap();
    peer
}

#[test]
fn a_peer_that_does_not_answer_is_closed_after_the_grace() {
    let mut server = Serve::start(&["--listen", "127.0.0.1:0", "--grace", "300ms"]);
    let address = server.address();
    let _frozen = frozen_peer(&address);
    server.signal(Signal::SIGTERM);
    let (status, stderr) = server.wait();
    assert_eq!(status.code(), Some(0));
    assert_eq!(
        stderr,
        "grpcalc: closed connections that were open after 300ms\n"
    );
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let grace = (3 * PATIENCE).as_secs().to_string();
    let mut server = Serve::start(&["--listen", "127.0.0.1:0", "--grace", &grace]);
    let address = server.address();
    let _frozen = frozen_peer(&address);
    server.signal(Signal::SIGTERM);
    // It has begun to drain when it no longer takes connections.
    while TcpStream::connect(&address).is_ok() {}
    server.signal(Signal::SIGTERM);
    assert_eq!(server.wait().0.code(), Some(130));
}

#[test]
fn an_address_in_use_is_named() {
    let (_server, address) = Serve::on_any_port();
    let (status, stderr) = Serve::start(&["--listen", &address]).wait();
    assert_eq!(status.code(), Some(3));
    assert!(
        stderr.contains(&format!("cannot listen on {address}: ")),
        "{stderr}"
    );
}

#[test]
fn listening_beyond_loopback_is_said() {
    let mut server = Serve::start(&["--listen", "0.0.0.0:0"]);
    let address = server.address();
    server.signal(Signal::SIGTERM);
    let (_, stderr) = server.wait();
    assert_eq!(
        stderr,
        format!("grpcalc: {address} is open to the network, without encryption\n")
    );
}
