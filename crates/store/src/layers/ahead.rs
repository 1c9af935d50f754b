//! Decompression ahead of whoever reads: one thread inflates while the other writes files.

use crate::changeset;
use crate::error::{At, Result};
use std::io::{self, Read};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

/// Bytes of a buffer.
const BUFFER: usize = 256 << 10;
/// Buffers that are filled ahead.
const BUFFERS: usize = 4;

type Filled = io::Result<Vec<u8>>;

/// Reads `source` uncompressed, by a thread that is ahead of `work`.
pub(super) fn read<T>(
    source: impl Read + Send,
    work: &mut dyn FnMut(&mut dyn Read) -> Result<T>,
) -> Result<T> {
    let (filled, to_read) = sync_channel(BUFFERS);
    let (emptied, to_fill) = channel();
    std::thread::scope(|scope| {
        std::thread::Builder::new()
            .spawn_scoped(scope, move || fill(source, &filled, &to_fill))
            .at("make", "a thread")?;
        let mut reader = Reader { to_read, emptied, current: Vec::new(), position: 0, ended: false };
        // dropped at the end, it lets the other thread end
        work(&mut reader)
    })
}

fn fill(source: impl Read, filled: &SyncSender<Filled>, to_fill: &Receiver<Vec<u8>>) {
    let mut plain = match changeset::decompress(source) {
        Ok(plain) => plain,
        Err(error) => {
            // a reader that is gone does not want to know
            let _ = filled.send(Err(io::Error::other(error)));
            return;
        }
    };
    loop {
        let mut buffer = to_fill.try_recv().unwrap_or_default();
        buffer.resize(BUFFER, 0);
        let mut length = 0;
        let outcome = loop {
            match plain.read(&mut buffer[length..]) {
                Ok(0) => break Ok(()),
                Ok(read) => length += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => break Err(error),
            }
            if length == BUFFER {
                break Ok(());
            }
        };
        buffer.truncate(length);
        let is_end = length < BUFFER;
        let has_gone = length > 0 && filled.send(Ok(buffer)).is_err();
        match outcome {
            Err(error) => {
                let _ = filled.send(Err(error));
                return;
            }
            Ok(()) if is_end => {
                let _ = filled.send(Ok(Vec::new()));
                return;
            }
            Ok(()) if has_gone => return,
            Ok(()) => {}
        }
    }
}

/// The other end. An empty buffer is the end.
struct Reader {
    to_read: Receiver<Filled>,
    emptied: Sender<Vec<u8>>,
    current: Vec<u8>,
    position: usize,
    ended: bool,
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.position == self.current.len() && !self.ended {
            let next = self.to_read.recv().map_err(|_| io::Error::from(io::ErrorKind::UnexpectedEof))??;
            self.ended = next.is_empty();
            let old = std::mem::replace(&mut self.current, next);
            self.position = 0;
            // the thread may have ended
            let _ = self.emptied.send(old);
        }
        let rest = &self.current[self.position..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.position += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_of_it_arrives_in_order() {
        for size in [0, 1, BUFFER - 1, BUFFER, BUFFER + 1, 5 * BUFFER + 17] {
            let content: Vec<u8> = (0..size).map(|i| (i % 251) as u8).collect();
            let seen = read(content.as_slice(), &mut |plain| {
                let mut seen = Vec::new();
                plain.read_to_end(&mut seen).unwrap();
                Ok(seen)
            });
            assert_eq!(seen.unwrap(), content);
        }
    }

    #[test]
    fn whoever_stops_early_does_not_hang() {
        let endless = io::repeat(7).take(1 << 30);
        read(endless, &mut |plain| Ok(plain.read(&mut [0; 10]).unwrap())).unwrap();
    }

    #[test]
    fn errors_of_the_stream_arrive() {
        let damaged: &[u8] = &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0xff];
        let error =
            read(damaged, &mut |plain| Ok(plain.read_to_end(&mut Vec::new()).map_err(|e| e.kind()))).unwrap();
        assert!(error.is_err());
    }
}
