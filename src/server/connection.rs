//! One peer's byte stream, as the HTTP/2 layer sees it.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};
use tonic::transport::server::Connected;

/// The length of what every HTTP/2 client says first (RFC 9113, section 3.4).
const PREFACE: usize = 24;

/// A byte stream that ends when the server drains before its peer has said who
/// it is.
///
/// hyper cannot shut a connection down before its HTTP/2 preface has arrived
/// (hyper issue 4170): without this, one peer that connects and says nothing
/// would hold up every shutdown for the whole grace.
pub(super) struct Connection {
    io: Pin<Box<dyn ByteStream>>,
    silence: Option<Silence>,
}

trait ByteStream: AsyncRead + AsyncWrite + Send {}
impl<T: AsyncRead + AsyncWrite + Send> ByteStream for T {}

/// What is watched until the preface has arrived.
struct Silence {
    heard: usize,
    draining: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl Connection {
    pub(super) fn new(
        io: impl AsyncRead + AsyncWrite + Send + 'static,
        draining: &CancellationToken,
    ) -> Self {
        Self {
            io: Box::pin(io),
            silence: Some(Silence {
                heard: 0,
                draining: Box::pin(draining.clone().cancelled_owned()),
            }),
        }
    }
}

impl Connected for Connection {
    type ConnectInfo = ();
    fn connect_info(&self) {}
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let before = buf.filled().len();
        let polled = this.io.as_mut().poll_read(cx, buf);
        if let Some(silence) = &mut this.silence {
            silence.heard += buf.filled().len() - before;
            if silence.heard >= PREFACE {
                this.silence = None;
            } else if polled.is_pending() && silence.draining.as_mut().poll(cx).is_ready() {
                return Poll::Ready(Ok(())); // nothing read: the end of the stream
            }
        }
        polled
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.io.as_mut().poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io.as_mut().poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.io.as_mut().poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.io.as_mut().poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}
