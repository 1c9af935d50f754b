//! What of HTTP/2 has left: the frames that were written and flushed, stream by stream.

use std::collections::BTreeMap;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::sync::Notify;

/// The length of a frame's head, and the types of frames that count (RFC 9113, 4.1 and 6).
const HEAD: usize = 9;
const DATA: u8 = 0;
const HEADERS: u8 = 1;

/// What carries a connection.
pub(super) trait Carrier: AsyncRead + AsyncWrite + Unpin {}
impl<T: AsyncRead + AsyncWrite + Unpin> Carrier for T {}

/// Bytes of bodies by stream, of streams whose answers have begun.
type Sent = BTreeMap<u32, u64>;

/// What has left of all streams of a connection.
#[derive(Debug, Default)]
pub(super) struct Tally {
    sent: Mutex<Sent>,
    news: Notify,
}

impl Tally {
    /// Waits until the head of a stream's answer has left, and so many bytes of its body.
    pub(super) async fn reached(&self, stream: u32, bytes: u64) {
        loop {
            let news = self.news.notified();
            let sent = self.sent.lock().unwrap_or_else(PoisonError::into_inner).get(&stream).copied();
            if sent.is_some_and(|sent| sent >= bytes) {
                return;
            }
            news.await;
        }
    }

    fn update(&self, sent: &Sent) {
        self.sent.lock().unwrap_or_else(PoisonError::into_inner).clone_from(sent);
        self.news.notify_waiters();
    }
}

/// A carrier that counts what is written.
#[derive(Debug)]
pub(super) struct Tap<S> {
    carrier: S,
    head: Vec<u8>,
    /// How much is to come of the frame whose head is complete.
    rest: usize,
    written: Sent,
    tally: Arc<Tally>,
}

impl<S> Tap<S> {
    /// One that tells this tally.
    pub(super) fn new(carrier: S, tally: Arc<Tally>) -> Self {
        Self { carrier, head: Vec::with_capacity(HEAD), rest: 0, written: Sent::new(), tally }
    }

    fn count(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            if self.head.len() < HEAD {
                let (head, after) = bytes.split_at(bytes.len().min(HEAD - self.head.len()));
                self.head.extend_from_slice(head);
                bytes = after;
                if let [a, b, c, ..] = self.head[..] {
                    self.rest = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
                }
            } else {
                let (content, after) = bytes.split_at(bytes.len().min(self.rest));
                self.rest -= content.len();
                bytes = after;
                self.count_content(content.len() as u64);
            }
            if self.head.len() == HEAD && self.rest == 0 {
                self.head.clear();
            }
        }
    }

    /// The server pads nothing, so that all of a frame of data is the body's.
    fn count_content(&mut self, bytes: u64) {
        let [.., kind, _, a, b, c, d] = self.head[..] else { return };
        let stream = u32::from_be_bytes([a & 0x7f, b, c, d]);
        match kind {
            DATA => *self.written.entry(stream).or_default() += bytes,
            HEADERS => drop(self.written.entry(stream).or_default()),
            _ => {}
        }
    }
}

impl<S: Carrier> AsyncRead for Tap<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.carrier).poll_read(context, buffer)
    }
}

impl<S: Carrier> AsyncWrite for Tap<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let written = ready!(Pin::new(&mut self.carrier).poll_write(context, bytes))?;
        self.count(&bytes[..written]);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(Pin::new(&mut self.carrier).poll_flush(context))?;
        self.tally.update(&self.written);
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.carrier).poll_shutdown(context)
    }
}
