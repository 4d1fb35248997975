//! Byte streams of any kind, and somebody who hears what comes on them.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A socket, a pipe, or either with encryption on it.
pub trait ByteStream: AsyncRead + AsyncWrite + Send {}
impl<T: AsyncRead + AsyncWrite + Send> ByteStream for T {}

/// A byte stream whatever it is.
pub type AnyStream = Pin<Box<dyn ByteStream>>;

/// What happens on a byte stream.
pub enum IoEvent<'b> {
    /// A read brought this; nothing at the end.
    Read(&'b [u8]),
    /// A read failed.
    Failed(&'b io::Error),
    /// A write begins: what it takes may be answered before it returns.
    Writing,
    /// This was written.
    Written(&'b [u8]),
}

/// A byte stream of which `hear` is told what happens.
pub struct Tap<F> {
    io: AnyStream,
    hear: F,
}

impl<F: FnMut(IoEvent<'_>)> Tap<F> {
    /// Wraps `io`.
    pub fn new(io: AnyStream, hear: F) -> Self {
        Self { io, hear }
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
        (self.hear)(match &read {
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
        (self.hear)(IoEvent::Writing);
        let written = ready!(self.io.as_mut().poll_write(cx, buf))?;
        (self.hear)(IoEvent::Written(&buf[..written]));
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
        (self.hear)(IoEvent::Writing);
        let written = ready!(self.io.as_mut().poll_write_vectored(cx, bufs))?;
        let mut left = written;
        for buf in bufs {
            let bytes = &buf[..left.min(buf.len())];
            (self.hear)(IoEvent::Written(bytes));
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
