//! Tells how a stream is compressed, by its first bytes, and reads it uncompressed in bounded memory.

use super::error::Error;
use std::fmt;
use std::io::{self, BufReader, Cursor, ErrorKind, Read};

/// How a stream is compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compression {
    /// Not at all, or in a way that is not known here.
    None,
    /// RFC 1952; several members follow each other as one.
    Gzip,
    /// RFC 8878; several frames follow each other as one, skippable frames are skipped.
    Zstd,
    /// bzip2; several streams follow each other as one.
    Bzip2,
    /// The .xz file format; several streams follow each other as one.
    Xz,
}

/// The largest zstd window that is accepted, as its binary logarithm: 128 MiB, the most that `zstd --long`
/// makes by itself. RFC 8878 recommends 8 MiB, which all usual levels stay below, and so do we then.
const ZSTD_WINDOW_LOG: u32 = 27;

/// The most memory for reading .xz, in KiB: level 9, the highest, needs 65 MiB.
const XZ_MEMORY: u32 = 68 << 10;

/// Bytes read at once from the compressed stream.
const BUFFER: usize = 64 << 10;

impl Compression {
    /// How many bytes tell one from the other.
    const MAGIC: usize = 6;

    /// Tells the compression by the first bytes of a stream (six are enough).
    #[must_use]
    pub fn detect(start: &[u8]) -> Self {
        match start {
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0x28, 0xb5, 0x2f, 0xfd, ..] | [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..] => Self::Zstd,
            [b'B', b'Z', b'h', b'1'..=b'9', ..] => Self::Bzip2,
            [0xfd, b'7', b'z', b'X', b'Z', 0, ..] => Self::Xz,
            _ => Self::None,
        }
    }
}

/// A stream without its compression.
pub struct Decompressed<'r> {
    compression: Compression,
    reader: Box<dyn Read + 'r>,
    /// Decoders are in no defined state after an error.
    broken: bool,
}

impl Decompressed<'_> {
    /// How the stream was compressed.
    #[must_use]
    pub fn compression(&self) -> Compression {
        self.compression
    }
}

impl fmt::Debug for Decompressed<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Decompressed").field("compression", &self.compression).finish_non_exhaustive()
    }
}

/// Reads the first bytes of a stream and gives the whole of it uncompressed.
///
/// Memory stays below 1 MiB for gzip, 4 MiB for bzip2, 10 MiB for zstd as it is usually made (at most 128 MiB
/// and a bit for a frame that asks for it), 68 MiB for xz. A stream that needs more is an error when it is
/// read.
///
/// # Errors [`Error::Io`] if the first bytes cannot be read, or the decoder cannot be made. What is wrong
/// with the stream is told when reading it.
pub fn decompress<'r>(mut reader: impl Read + 'r) -> Result<Decompressed<'r>, Error> {
    let mut start = Vec::with_capacity(Compression::MAGIC);
    let peeked = reader.by_ref().take(Compression::MAGIC as u64).read_to_end(&mut start);
    peeked.map_err(|source| Error::stream("read the first bytes of", source))?;
    let compression = Compression::detect(&start);
    let whole = BufReader::with_capacity(BUFFER, Cursor::new(start).chain(reader));
    let reader: Box<dyn Read + 'r> = match compression {
        Compression::None => Box::new(whole),
        Compression::Gzip => Box::new(flate2::bufread::MultiGzDecoder::new(whole)),
        Compression::Zstd => {
            let decoder = zstd::Decoder::with_buffer(whole).and_then(|mut decoder| {
                decoder.window_log_max(ZSTD_WINDOW_LOG)?;
                Ok(decoder)
            });
            Box::new(decoder.map_err(|source| Error::stream("prepare to decompress", source))?)
        }
        Compression::Bzip2 => Box::new(bzip2::bufread::MultiBzDecoder::new(whole)),
        Compression::Xz => Box::new(lzma_rust2::XzReader::new_mem_limit(whole, true, XZ_MEMORY)),
    };
    Ok(Decompressed { compression, reader, broken: false })
}

impl Read for Decompressed<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.broken {
            return Err(io::Error::new(ErrorKind::InvalidData, "the compressed stream is damaged"));
        }
        self.reader.read(buffer).map_err(|error| {
            self.broken = error.kind() != ErrorKind::Interrupted;
            explain(self.compression, error)
        })
    }
}

/// Decoders report too large a window in words of their own.
fn explain(compression: Compression, error: io::Error) -> io::Error {
    let too_large = match compression {
        Compression::Zstd => error.to_string().contains("too much memory"),
        Compression::Xz => error.kind() == ErrorKind::OutOfMemory,
        _ => false,
    };
    match compression {
        Compression::Zstd if too_large => io::Error::new(
            ErrorKind::InvalidData,
            "the zstd stream needs a window of more than 128 MiB; compress it again without --long or --ultra",
        ),
        Compression::Xz if too_large => io::Error::new(
            ErrorKind::InvalidData,
            "the xz stream needs a dictionary of more than 64 MiB; compress it again with level 9 or less",
        ),
        _ => error,
    }
}
