//! What the kernel asks a file system in user space (linux/fuse.h, version 7.31), as far as one file needs it.
//!
//! Numbers are in the machine's own byte order.

/// The largest piece that is read or written at once.
pub(super) const PIECE: u32 = 128 << 10;
/// What a request may take: a piece and what comes before it.
pub(super) const ROOM: usize = 2 * PIECE as usize;

const HEADER: usize = 40;
const WRITE_HEADER: usize = HEADER + 40;
const VERSION: (u32, u32) = (7, 31);
/// `FUSE_ASYNC_READ`, `FUSE_BIG_WRITES`, `FUSE_MAX_PAGES`.
const FLAGS: u32 = 1 | 1 << 5 | 1 << 22;
const REGULAR: u32 = 0o100_600;
const PAGE: u32 = 4096;
/// `ENOSYS`: the kernel does not ask this again.
const UNKNOWN: i32 = -38;
/// `EIO`.
const BROKEN: i32 = -5;
/// How long the kernel may believe what it knows of the file: nobody else changes it.
const VALID: u64 = 1 << 32;

/// A request for the one file.
#[derive(Debug, PartialEq)]
pub(super) enum Request<'a> {
    Initialise,
    Attributes,
    Open,
    Read {
        offset: u64,
        size: usize,
    },
    Write {
        offset: u64,
        data: &'a [u8],
    },
    /// Make durable.
    Flush,
    /// How much room there is.
    Room,
    /// Asks for nothing, and wants to hear that this was done.
    Nothing,
    /// Wants no answer.
    Silent,
    Unknown,
}

/// Reads a request: its number and what it asks for.
pub(super) fn parse(bytes: &[u8]) -> Option<(u64, Request<'_>)> {
    let unique = long(bytes, 8)?;
    let request = match word(bytes, 4)? {
        26 => Request::Initialise,
        3 | 4 => Request::Attributes,
        14 => Request::Open,
        15 => Request::Read { offset: long(bytes, HEADER + 8)?, size: word(bytes, HEADER + 16)? as usize },
        16 => {
            let size = word(bytes, HEADER + 16)? as usize;
            let data = bytes.get(WRITE_HEADER..WRITE_HEADER + size)?;
            Request::Write { offset: long(bytes, HEADER + 8)?, data }
        }
        20 => Request::Flush,
        17 => Request::Room,
        // close, release, the end
        25 | 18 | 38 => Request::Nothing,
        // forget, interrupt
        2 | 42 | 36 => Request::Silent,
        _ => Request::Unknown,
    };
    Some((unique, request))
}

/// An answer: what belongs to the request, or that it did not work.
pub(super) fn answer(unique: u64, content: Result<&[u8], i32>) -> Vec<u8> {
    let (error, content) = content.map_or_else(|error| (error, &[][..]), |content| (0, content));
    let length = 16 + content.len();
    let mut bytes = Vec::with_capacity(length);
    bytes.extend((length as u32).to_ne_bytes());
    bytes.extend(error.to_ne_bytes());
    bytes.extend(unique.to_ne_bytes());
    bytes.extend(content);
    bytes
}

/// What is known without the file's content; an error if the request cannot be served.
pub(super) fn fixed(request: &Request<'_>, size: u64) -> Result<Vec<u8>, i32> {
    match request {
        Request::Initialise => Ok(initialisation()),
        Request::Attributes => Ok(attributes(size)),
        Request::Open => Ok(vec![0; 16]),
        Request::Room => {
            let mut bytes = vec![0; 80];
            bytes[40..44].copy_from_slice(&PAGE.to_ne_bytes());
            Ok(bytes)
        }
        Request::Nothing => Ok(Vec::new()),
        Request::Unknown => Err(UNKNOWN),
        _ => Err(BROKEN),
    }
}

fn initialisation() -> Vec<u8> {
    let words = [VERSION.0, VERSION.1, PIECE, FLAGS, 12 | 9 << 16, PIECE, 1, PIECE / PAGE];
    let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_ne_bytes()).collect();
    bytes.resize(64, 0);
    bytes
}

fn attributes(size: u64) -> Vec<u8> {
    let longs = [VALID, 0, 1, size, size.div_ceil(512), 0, 0, 0];
    let words = [0, 0, 0, REGULAR, 1, 0, 0, 0, PAGE, 0];
    let longs = longs.iter().flat_map(|long| long.to_ne_bytes());
    longs.chain(words.iter().flat_map(|word: &u32| word.to_ne_bytes())).collect()
}

/// What is answered when the file under the disk fails.
pub(super) fn broken() -> i32 {
    BROKEN
}

fn word(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_ne_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

fn long(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_ne_bytes(bytes.get(at..at + 8)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(operation: u32, length: usize) -> Vec<u8> {
        let mut bytes = vec![0; HEADER + length];
        bytes[4..8].copy_from_slice(&operation.to_ne_bytes());
        bytes[8..16].copy_from_slice(&7_u64.to_ne_bytes());
        bytes
    }

    #[test]
    fn a_write_is_read_with_its_data() {
        let mut bytes = header(16, 40);
        bytes[HEADER + 8..HEADER + 16].copy_from_slice(&4096_u64.to_ne_bytes());
        bytes[HEADER + 16..HEADER + 20].copy_from_slice(&3_u32.to_ne_bytes());
        assert_eq!(parse(&bytes), None, "its data is missing");
        bytes.extend(b"abc");
        assert_eq!(parse(&bytes), Some((7, Request::Write { offset: 4096, data: b"abc" })));
        assert_eq!(parse(&header(99, 0)), Some((7, Request::Unknown)));
        assert_eq!(parse(&[0; 5]), None);
    }

    #[test]
    fn answers_have_the_sizes_that_the_kernel_wants() {
        assert_eq!(fixed(&Request::Initialise, 0).unwrap().len(), 64);
        assert_eq!(fixed(&Request::Attributes, 1 << 20).unwrap().len(), 16 + 88);
        assert_eq!(answer(7, Err(UNKNOWN)).len(), 16);
        assert_eq!(&answer(7, Ok(b"abc"))[..4], &19_u32.to_ne_bytes());
    }
}
