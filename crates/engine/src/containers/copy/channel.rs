//! A pipe between two threads of this process: no descriptor, no signal when the reader is gone.

use std::io::{self, ErrorKind, Read, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// Pieces under way at most. The tar writer writes 128 KiB at a time.
const PIECES: usize = 8;

/// The end that is written to.
#[derive(Debug)]
pub(super) struct Sender(SyncSender<Vec<u8>>);

/// The end that is read from.
#[derive(Debug)]
pub(super) struct Reader {
    pieces: Receiver<Vec<u8>>,
    piece: Vec<u8>,
    read: usize,
}

/// Makes a pipe. A reader that goes breaks it; a writer that goes ends it.
pub(super) fn channel() -> (Sender, Reader) {
    let (sender, pieces) = sync_channel(PIECES);
    (Sender(sender), Reader { pieces, piece: Vec::new(), read: 0 })
}

impl Write for Sender {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.send(bytes.to_vec()).map_err(|_| io::Error::from(ErrorKind::BrokenPipe))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.read == self.piece.len() {
            let Ok(piece) = self.pieces.recv() else { return Ok(0) };
            self.piece = piece;
            self.read = 0;
        }
        let count = buffer.len().min(self.piece.len() - self.read);
        buffer[..count].copy_from_slice(&self.piece[self.read..self.read + count]);
        self.read += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_arrives_and_a_reader_that_goes_breaks_it() {
        let (mut sender, mut reader) = channel();
        let sent: Vec<u8> = (0..200_000_u32).map(|number| number as u8).collect();
        let received = std::thread::scope(|scope| {
            let sent = &sent;
            scope.spawn(move || sent.chunks(7001).try_for_each(|piece| sender.write_all(piece)).unwrap());
            let mut received = Vec::new();
            reader.read_to_end(&mut received).unwrap();
            received
        });
        assert_eq!(received, sent);
        let (mut sender, reader) = channel();
        drop(reader);
        assert_eq!(sender.write(b"x").unwrap_err().kind(), ErrorKind::BrokenPipe);
    }
}
