//! Connects to the first of several addresses that accepts (RFC 8305, "Happy Eyeballs").
//!
//! The connector of hyper-util tries the addresses of a family one after another, so an address
//! that does not answer would delay the next one by many seconds.

use std::{io, net::SocketAddr, time::Duration};

use futures_util::{StreamExt as _, stream::FuturesUnordered};
use tokio::time::sleep;

/// The time after which the next address is tried too (RFC 8305, section 5).
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// Returns the first connection that `connect` makes to one of `addresses`.
///
/// If an attempt fails, or takes longer than 250 ms, the next address is tried. Returns the last
/// error if all attempts fail. The families of the addresses alternate.
pub(super) async fn connect<T, F: Future<Output = io::Result<T>>>(
    addresses: Vec<SocketAddr>,
    connect: impl Fn(SocketAddr) -> F,
) -> io::Result<T> {
    let mut untried = interleaved(addresses).into_iter();
    let mut attempts = FuturesUnordered::new();
    let mut last_error = None;
    loop {
        if let Some(address) = untried.next() {
            attempts.push(connect(address));
        }
        tokio::select! {
            biased;
            attempt = attempts.next() => match attempt {
                Some(Ok(connection)) => return Ok(connection),
                Some(Err(error)) => last_error = Some(error),
                None => break,
            },
            () = sleep(ATTEMPT_DELAY), if untried.len() > 0 => {}
        }
    }
    Err(last_error.unwrap_or_else(|| io::ErrorKind::AddrNotAvailable.into()))
}

/// Returns the addresses with alternating families, beginning with the family of the first (RFC
/// 8305, section 4).
fn interleaved(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let is_first_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (preferred, other): (Vec<_>, Vec<_>) = addresses
        .into_iter()
        .partition(|address| address.is_ipv6() == is_first_v6);
    let mut ordered = Vec::with_capacity(preferred.len() + other.len());
    let (mut preferred, mut other) = (preferred.into_iter(), other.into_iter());
    loop {
        match (preferred.next(), other.next()) {
            (None, None) => return ordered,
            (first, second) => ordered.extend(first.into_iter().chain(second)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use tokio::time::Instant;

    use super::*;

    fn addresses(texts: &[&str]) -> Vec<SocketAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn families_alternate() {
        for (given, expected) in [
            (
                &["[::1]:1", "[::2]:1", "10.0.0.1:1", "10.0.0.2:1"][..],
                &["[::1]:1", "10.0.0.1:1", "[::2]:1", "10.0.0.2:1"][..],
            ),
            (
                &["10.0.0.1:1", "10.0.0.2:1", "[::1]:1"],
                &["10.0.0.1:1", "[::1]:1", "10.0.0.2:1"],
            ),
            (&[], &[]),
        ] {
            assert_eq!(interleaved(addresses(given)), addresses(expected));
        }
    }

    /// Connects to four addresses, of which the first hangs and the second refuses.
    async fn attempt(good: &[u16]) -> io::Result<u16> {
        let all = addresses(&["[::1]:1", "10.0.0.1:2", "[::1]:3", "10.0.0.1:4"]);
        connect(all, |address| async move {
            match address.port() {
                1 => pending().await,
                port if good.contains(&port) => Ok(port),
                _ => Err(io::ErrorKind::ConnectionRefused.into()),
            }
        })
        .await
    }

    #[tokio::test(start_paused = true)]
    async fn an_address_that_hangs_delays_the_next_by_a_quarter_of_a_second() {
        let start = Instant::now();
        assert_eq!(attempt(&[3, 4]).await.unwrap(), 3);
        assert_eq!(start.elapsed(), ATTEMPT_DELAY);
        assert_eq!(attempt(&[4]).await.unwrap(), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn the_last_error_is_returned_if_all_fail() {
        let all = addresses(&["10.0.0.1:2", "10.0.0.1:3"]);
        let refuse = |_| async { Err::<u16, _>(io::ErrorKind::ConnectionRefused.into()) };
        let error = connect(all, refuse).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        let none = connect(Vec::new(), refuse).await.unwrap_err();
        assert_eq!(none.kind(), io::ErrorKind::AddrNotAvailable);
    }
}
