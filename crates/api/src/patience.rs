//! Connections whose far end takes nothing are let go: an answer that nobody reads holds memory all the while.
//!
//! In the connection and not in the streams: only here is it seen whether what was written has been taken.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::serve::Listener;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// How long a caller may take nothing of an answer. It asks again, a stream behind what it had.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// A listener whose connections break after this time without progress in writing.
pub(crate) struct Patient<L> {
    pub(crate) listener: L,
    pub(crate) patience: Duration,
}

/// A connection that breaks when the far end takes nothing of what is written.
pub(crate) struct Connection<S> {
    stream: S,
    patience: Duration,
    /// Runs while something waits to be written.
    give_up: Option<Pin<Box<Sleep>>>,
}

impl<L: Listener> Listener for Patient<L> {
    type Io = Connection<L::Io>;
    type Addr = L::Addr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, from) = self.listener.accept().await;
        (Connection { stream, patience: self.patience, give_up: None }, from)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

impl<S: AsyncWrite + Unpin> Connection<S> {
    fn patiently<T>(
        &mut self,
        context: &mut Context<'_>,
        act: impl FnOnce(Pin<&mut S>, &mut Context<'_>) -> Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        let acted = act(Pin::new(&mut self.stream), context);
        if acted.is_ready() {
            self.give_up = None;
            return acted;
        }
        let patience = self.patience;
        let give_up = self.give_up.get_or_insert_with(|| Box::pin(sleep(patience)));
        ready!(give_up.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Connection<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.patiently(context, |stream, context| stream.poll_write(context, bytes))
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.patiently(context, |stream, context| stream.poll_write_vectored(context, parts))
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.patiently(context, AsyncWrite::poll_flush)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.patiently(context, AsyncWrite::poll_shutdown)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Connection<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    use super::*;

    #[tokio::test]
    async fn a_far_end_that_takes_nothing_breaks_the_connection_and_one_that_reads_does_not() {
        let (near, mut far) = duplex(10);
        let patience = Duration::from_millis(50);
        let mut connection = Connection { stream: near, patience, give_up: None };
        let writing = async {
            for _ in 0..3 {
                connection.write_all(&[7; 100]).await?;
            }
            Ok::<_, io::Error>(())
        };
        let mut taken = [0; 300];
        let reading = far.read_exact(&mut taken);
        let (written, read) = tokio::join!(writing, reading);
        assert!(written.is_ok() && read.is_ok());
        let broken = connection.write_all(&[7; 100]).await;
        assert_eq!(broken.map_err(|why| why.kind()), Err(io::ErrorKind::TimedOut));
    }
}
