//! The process of `grpcalc serve`: addresses, sockets, signals.

use std::{
    fs,
    io::Write as _,
    net::TcpStream,
    os::unix::{
        fs::{FileTypeExt as _, PermissionsExt as _},
        net::UnixListener,
    },
    time::{Duration, Instant},
};

use nix::sys::signal::Signal;

use crate::{
    frames::{begin_call, greeted, next_frame},
    harness::{PATIENCE, Serve, ran, run},
};

#[test]
fn addresses_are_printed_in_order_and_all_of_them_serve() {
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
fn a_unix_socket_is_private_and_removed_with_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("calc.sock");
    let address = format!("unix:{}", path.display());

    // The socket of a dead server is replaced.
    drop(UnixListener::bind(&path).unwrap());
    let server = Serve::at(&address);
    let metadata = fs::metadata(&path).unwrap();
    assert!(metadata.file_type().is_socket());
    assert_eq!(metadata.permissions().mode() & 0o777, 0o600);

    // The socket of a running server is not replaced.
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
fn a_socket_taken_over_by_another_server_is_not_removed() {
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
fn a_regular_file_at_the_path_is_not_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes");
    fs::write(&path, "mine").unwrap();
    let (status, _) = Serve::start(&["--listen", &format!("unix:{}", path.display())]).wait();
    assert_eq!(status.code(), Some(3));
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
}

#[test]
fn signals_shut_down_in_good_order_with_peers_that_hang() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let (server, address) = Serve::on_any_port();
        let _silent = TcpStream::connect(&address).unwrap();
        let mut partial = TcpStream::connect(&address).unwrap();
        partial.write_all(b"PRI * HTTP").unwrap();
        assert_eq!(
            run(&["--addr", &address, "add", "1", "2"], ""),
            ran("3\n", "", 0)
        );
        let signalled = Instant::now();
        server.signal(signal);
        let (status, stderr) = server.wait();
        assert_eq!((status.code(), stderr.as_str()), (Some(0), ""));
        assert!(
            signalled.elapsed() < Duration::from_secs(5),
            "the shutdown waited for a peer without calls"
        );
    }
}

/// Connects a peer that has an unfinished call and answers nothing more.
fn frozen_peer(address: &str) -> TcpStream {
    let mut peer = greeted(address);
    begin_call(&mut peer, 1, "/calc.Calculator/Add");
    // When a later call is answered, the first call is under way.
    begin_call(&mut peer, 3, "/nothing/There");
    while next_frame(&mut peer).stream != 3 {}
    peer
}

#[test]
fn a_peer_that_does_not_answer_is_cut_after_the_grace() {
    let mut server = Serve::start(&["--listen", "127.0.0.1:0", "--grace", "300ms"]);
    let address = server.address();
    let _frozen = frozen_peer(&address);
    server.signal(Signal::SIGTERM);
    let (status, stderr) = server.wait();
    assert_eq!(status.code(), Some(0));
    assert_eq!(
        stderr,
        "grpcalc: closed the connections that were still open after 300ms (--grace)\n"
    );
}

#[test]
fn a_shutdown_does_not_wait_for_a_peer_without_calls() {
    let grace = (2 * PATIENCE).as_secs().to_string();
    let mut server = Serve::start(&["--listen", "127.0.0.1:0", "--grace", &grace]);
    let address = server.address();
    let _silent = greeted(&address);
    server.signal(Signal::SIGTERM);
    let (status, stderr) = server.wait();
    assert_eq!((status.code(), stderr.as_str()), (Some(0), ""));
}

#[test]
fn a_second_signal_ends_the_process_at_once() {
    let grace = (3 * PATIENCE).as_secs().to_string();
    let mut server = Serve::start(&["--listen", "127.0.0.1:0", "--grace", &grace]);
    let address = server.address();
    let _frozen = frozen_peer(&address);
    server.signal(Signal::SIGTERM);
    // When connections are refused, the drain has begun.
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
fn listening_beyond_loopback_needs_protection_or_insecure() {
    let (status, stderr) = Serve::start(&["--listen", "0.0.0.0:0"]).wait();
    assert_eq!(status.code(), Some(2));
    assert!(stderr.starts_with("grpcalc: 0.0.0.0:"), "{stderr}");
    assert!(
        stderr.ends_with(
            " is open to the network without encryption (--cert, --key) and without a token \
             (--token-file); use --insecure to listen anyway\n"
        ),
        "{stderr}"
    );
    let arguments = ["--listen", "0.0.0.0:0", "--token", "secret"];
    let (status, stderr) = Serve::start(&arguments).wait();
    assert_eq!(status.code(), Some(2));
    assert!(
        stderr.contains(" without encryption (--cert, --key); ") && !stderr.contains("secret"),
        "{stderr}"
    );

    let arguments = ["--listen", "0.0.0.0:0", "--insecure", "--log-level", "warn"];
    let mut server = Serve::start(&arguments);
    let address = server.address();
    server.signal(Signal::SIGTERM);
    let (_, stderr) = server.wait();
    assert!(
        stderr.contains(&format!("address={address}")) && stderr.contains("open to the network"),
        "{stderr}"
    );
}
