//! One layer: its bytes are hashed and kept by one thread, while another unpacks them.

use super::{LayerState, Progress, PullEvent};
use crate::error::{At, Error, Result};
use crate::layer;
use oci::image::Descriptor;
use oci::{DiffId, Digest};
use registry::hosts::Route;
use registry::{Bytes, Client, Download, Stop};
use std::io::{self, Read};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use store::downloads::Partial;
use store::layers::{self, Durability, Received};
use store::leases::Lease;
use store::{Store, blobs};

/// Pieces that wait to be unpacked; a piece is what the transport reads at once, up to 400 KiB.
const PIECES: usize = 8;

/// Bytes between two tellings of how far a layer is.
const STEP: u64 = 512 << 10;

/// Where layers come from.
pub(super) struct Fetch<'a> {
    pub(super) store: &'a Store,
    pub(super) client: &'a Client,
    pub(super) route: &'a Route,
    /// The endpoint that is asked first.
    pub(super) endpoint: usize,
    pub(super) lease: &'a Lease,
    pub(super) progress: Progress<'a>,
}

/// Whether the store has a layer, and the bytes that a manifest names it by.
pub(super) fn has(store: &Store, blob: &Descriptor, layer: &DiffId) -> bool {
    // an uncompressed blob has to be there too, though the store could write it: a push would take its manifest for one of ours, and compress it
    layers::exists(store, layer) && blobs::exists(store, &blob.digest)
}

impl Fetch<'_> {
    /// Brings a layer, unless it is there. Nobody wants it any more when `stop` is set.
    pub(super) fn layer(&self, blob: &Descriptor, expected: &DiffId, stop: &Stop) -> Result<()> {
        let store = self.store;
        self.lease.hold([blob.digest, expected.0])?;
        if has(self.store, blob, expected) {
            self.tell(blob, LayerState::Exists);
            return Ok(());
        }
        self.tell(blob, LayerState::Waiting);
        let _claim = layers::claim(store, expected)?;
        if has(self.store, blob, expected) {
            self.tell(blob, LayerState::Exists);
            return Ok(());
        }
        let is_unpacked = layers::exists(store, expected);
        match Partial::begin(store, &blob.digest, blob.size)? {
            Some(partial) => self.download(partial, blob, expected, stop)?,
            // its bytes are here
            None if is_unpacked => layer::verify(store, &blob.digest, expected)?,
            None => layer::unpack(store, &blob.digest, expected, Durability::Later)?,
        }
        self.tell(blob, LayerState::Complete);
        Ok(())
    }

    fn tell(&self, blob: &Descriptor, state: LayerState) {
        (self.progress)(PullEvent::Layer { blob: blob.digest, state });
    }

    /// Downloads the rest of a blob and unpacks all of it, until its digest is right or nobody is left to ask.
    fn download(
        &self,
        mut partial: Partial,
        blob: &Descriptor,
        expected: &DiffId,
        stop: &Stop,
    ) -> Result<()> {
        let store = self.store;
        let begin = |offset| {
            let download = self.client.blob(self.route, &blob.digest, blob.size, offset, self.endpoint);
            download.stopped_by(stop)
        };
        let mut resumed = partial.found() > 0;
        let mut download = begin(partial.found());
        let received = loop {
            let arriving = Arriving { fetch: self, blob, stop };
            let received = arriving.once(&mut partial, &mut download)?;
            let Err(store::Error::DigestMismatch { expected, found }) = partial.verify() else {
                break received;
            };
            partial.clear()?;
            if resumed {
                // what an earlier attempt has left may be what is wrong
                resumed = false;
                download = begin(0);
                continue;
            }
            let (what, host) = (format!("blob {}", blob.digest), download.host().to_owned());
            if !download.reject(0) {
                return Err(registry::Error::DigestMismatch { what, host, expected, found }.into());
            }
        };
        self.tell(blob, LayerState::Arrived);
        // the bytes are right: what is wrong with the tar from here on is wrong for everybody
        let received = received.map_err(|error| layer::refused(expected, error))?;
        layer::matches(received.layer(), expected)?;
        partial.finish(store)?;
        if !layers::exists(store, expected) {
            received.place(store, Durability::Later)?;
        }
        Ok(())
    }
}

/// A blob whose bytes arrive and are unpacked.
struct Arriving<'a> {
    fetch: &'a Fetch<'a>,
    blob: &'a Descriptor,
    stop: &'a Stop,
}

impl Arriving<'_> {
    /// Reads a blob to its end. The outcome of unpacking it is apart from that of reading it: a stream that cannot be unpacked may be damaged on its
    /// way, which its digest tells when all of it is here.
    fn once(&self, partial: &mut Partial, download: &mut Download<'_>) -> Result<store::Result<Received>> {
        let store = self.fetch.store;
        let digest = self.blob.digest;
        let (sender, receiver) = sync_channel(PIECES);
        std::thread::scope(|scope| {
            let unpacking = move || unpack(store, receiver, digest);
            let unpacking =
                std::thread::Builder::new().spawn_scoped(scope, unpacking).at("make", "a thread")?;
            let read = self.read(partial, download, &sender);
            if read.is_ok() {
                // it may have ended early
                let _ = sender.send(None);
            }
            drop(sender);
            let unpacked = unpacking.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            read.map(|()| unpacked)
        })
    }

    fn read(
        &self,
        partial: &mut Partial,
        download: &mut Download<'_>,
        sender: &SyncSender<Option<Bytes>>,
    ) -> Result<()> {
        let (mut told, mut here) = (0, 0);
        let mut pass = |bytes: Bytes| {
            here += bytes.len() as u64;
            if here - told >= STEP {
                told = here;
                self.fetch.tell(self.blob, LayerState::Arriving(here));
            }
            // whoever unpacks may have found that it is no layer
            let _ = sender.send(Some(bytes));
        };
        partial.replay(&mut |bytes| pass(Bytes::copy_from_slice(bytes)))?;
        while let Some(bytes) = download.chunk()? {
            if self.stop.is_set() {
                return Err(Error::Canceled);
            }
            partial.append(&bytes)?;
            pass(bytes);
        }
        Ok(())
    }
}

fn unpack(store: &Store, receiver: Receiver<Option<Bytes>>, blob: Digest) -> store::Result<Received> {
    layers::receive(store, Pieces { receiver, current: Bytes::new(), ended: false }, Some(blob))
}

/// What has arrived, as a stream. A sender that is gone without having said that it is the end has failed.
struct Pieces {
    receiver: Receiver<Option<Bytes>>,
    current: Bytes,
    ended: bool,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.current.is_empty() && !self.ended {
            match self.receiver.recv() {
                Ok(Some(bytes)) => self.current = bytes,
                Ok(None) => self.ended = true,
                Err(_) => return Err(io::Error::new(io::ErrorKind::UnexpectedEof, "the download has ended")),
            }
        }
        let count = self.current.len().min(buffer.len());
        buffer[..count].copy_from_slice(&self.current.split_to(count));
        Ok(count)
    }
}
