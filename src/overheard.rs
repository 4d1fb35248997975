//! Byte streams of any kind, and somebody who hears what comes on them.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll, ready},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// A socket, a pipe, or either with encryption on it.
pub(crate) trait ByteStream: AsyncRead + AsyncWrite + Send {}
impl<T: AsyncRead + AsyncWrite + Send> ByteStream for T {}

/// A byte stream whatever it is.
pub(crate) type AnyStream = Pin<Box<dyn ByteStream>>;

/// A byte stream of which `hear` is told what each read brings: bytes, none at the end, or
/// an error.
pub(crate) struct Overheard<F> {
    io: AnyStream,
    hear: F,
}

impl<F: FnMut(Result<&[u8], &io::Error>)> Overheard<F> {
    pub(crate) fn new(io: AnyStream, hear: F) -> Self {
        Self { io, hear }
    }
}

impl<F: FnMut(Result<&[u8], &io::Error>) + Unpin> AsyncRead for Overheard<F> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let read = ready!(self.io.as_mut().poll_read(cx, buf));
        (self.hear)(read.as_ref().map(|()| &buf.filled()[before..]));
        Poll::Ready(read)
    }
}

impl<F: Unpin> AsyncWrite for Overheard<F> {
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
