//! A byte stream that reports its reads and writes to an observer.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A socket or a pipe, with or without encryption.
pub trait ByteStream: AsyncRead + AsyncWrite + Send {}
impl<T: AsyncRead + AsyncWrite + Send> ByteStream for T {}

/// A boxed byte stream of any concrete type.
pub type AnyStream = Pin<Box<dyn ByteStream>>;

/// An event on a byte stream.
pub enum IoEvent<'b> {
    /// A read returned these bytes. An empty slice means the end of the stream.
    Read(&'b [u8]),
    /// A read failed.
    Failed(&'b io::Error),
    /// A write is about to start. The peer may answer the written bytes before [`IoEvent::Written`]
    /// is reported.
    Writing,
    /// A write accepted these bytes.
    Written(&'b [u8]),
}

/// A byte stream that reports each event to `observer`.
pub struct Tap<F> {
    io: AnyStream,
    observer: F,
}

impl<F: FnMut(IoEvent<'_>)> Tap<F> {
    /// Creates a tap that reports the events on `io` to `observer`.
    pub fn new(io: AnyStream, observer: F) -> Self {
        Self { io, observer }
    }
}

impl<F: FnMut(IoEvent<'_>) + Unpin> AsyncRead for Tap<F> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = ready!(self.io.as_mut().poll_read(cx, buf));
        (self.observer)(match &read {
            Ok(()) => IoEvent::Read(&buf.filled()[before..]),
            Err(error) => IoEvent::Failed(error),
        });
        Poll::Ready(read)
    }
}

impl<F: FnMut(IoEvent<'_>) + Unpin> AsyncWrite for Tap<F> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        (self.observer)(IoEvent::Writing);
        let written = ready!(self.io.as_mut().poll_write(cx, buf))?;
        (self.observer)(IoEvent::Written(&buf[..written]));
        Poll::Ready(Ok(written))
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
        (self.observer)(IoEvent::Writing);
        let written = ready!(self.io.as_mut().poll_write_vectored(cx, bufs))?;
        let mut left = written;
        for buf in bufs {
            let bytes = &buf[..left.min(buf.len())];
            (self.observer)(IoEvent::Written(bytes));
            left -= bytes.len();
            if left == 0 {
                break;
            }
        }
        Poll::Ready(Ok(written))
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}
