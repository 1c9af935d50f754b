//! Message headers, acknowledgements and their texts: bytes in, values out.

use super::Error;
use rustix::io::Errno;

/// Length of `struct nlmsghdr` in bytes.
pub const HEADER: usize = 16;

/// Flags of a request (`NLM_F_*`, `linux/netlink.h`).
pub mod flags {
    /// `NLM_F_REQUEST`: every message to the kernel has it.
    pub const REQUEST: u16 = 0x1;
    /// `NLM_F_ACK`: acknowledge success as well.
    pub const ACK: u16 = 0x4;
    /// `NLM_F_DUMP`: all objects.
    pub const DUMP: u16 = 0x300;
    /// `NLM_F_REPLACE`: an existing object is replaced.
    pub const REPLACE: u16 = 0x100;
    /// `NLM_F_EXCL`: an existing object is an error.
    pub const EXCL: u16 = 0x200;
    /// `NLM_F_CREATE`: a missing object is made.
    pub const CREATE: u16 = 0x400;
    /// `NLM_F_APPEND`: put behind the existing ones.
    pub const APPEND: u16 = 0x800;
}

const TYPE_ERROR: u16 = 2;
const TYPE_DONE: u16 = 3;
const FLAG_DUMP_INTERRUPTED: u16 = 0x10;
const FLAG_CAPPED: u16 = 0x100;
const FLAG_EXPLAINED: u16 = 0x200;
const ATTRIBUTE_MESSAGE: u16 = 1;

/// A reply that is no acknowledgement.
#[derive(Debug, Clone, Copy)]
pub struct Reply<'a> {
    /// Position in the batch of the request that it answers.
    pub request: usize,
    /// Message type.
    pub kind: u16,
    /// What follows the header: a family's fixed part, then attributes.
    pub body: &'a [u8],
}

/// What tells that the last request has been answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Acknowledgement,
    Dump,
    Reply,
}

/// What a batch waits for.
#[derive(Debug)]
pub(super) struct Plan {
    /// Sequence number of the last request.
    pub(super) last: u32,
    /// Sequence number of the request whose answer comes last: the last that wants an acknowledgement, else the last.
    awaited: u32,
    pub(super) ending: Ending,
}

/// What the replies have said so far.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    pub(super) finished: bool,
    pub(super) interrupted: bool,
    pub(super) refusal: Option<Error>,
}

/// Writes consecutive sequence numbers into the messages. `None` if they are not whole messages.
pub(super) fn number(requests: &mut [u8], first: u32) -> Option<Plan> {
    let mut sequence = first;
    let mut acknowledged = None;
    let mut rest = requests;
    loop {
        let header = Header::read(rest)?;
        rest.get_mut(8..12)?.copy_from_slice(&sequence.to_ne_bytes());
        let ending = header.ending();
        if ending == Ending::Acknowledgement {
            acknowledged = Some(sequence);
        }
        let next = align(header.length);
        if next >= rest.len() {
            return Some(match acknowledged {
                Some(awaited) => Plan { last: sequence, awaited, ending: Ending::Acknowledgement },
                None => Plan { last: sequence, awaited: sequence, ending },
            });
        }
        rest = &mut rest[next..];
        sequence = sequence.wrapping_add(1);
    }
}

/// Reads one datagram's messages into `outcome` and `replies`; what answers other sequence numbers (an earlier, abandoned exchange) is skipped.
pub(super) fn read(
    mut packet: &[u8],
    first: u32,
    plan: &Plan,
    outcome: &mut Outcome,
    replies: &mut impl FnMut(Reply<'_>),
) {
    while let Some(header) = Header::read(packet) {
        let body = &packet[HEADER..header.length];
        let request = header.sequence.wrapping_sub(first);
        if request <= plan.last.wrapping_sub(first) {
            let awaited = header.sequence == plan.awaited;
            outcome.interrupted |= header.flags & FLAG_DUMP_INTERRUPTED != 0;
            match header.kind {
                TYPE_ERROR | TYPE_DONE => {
                    outcome.finished |= awaited;
                    if let (None, Some(refusal)) = (&outcome.refusal, refusal(&header, body, request)) {
                        outcome.refusal = Some(refusal);
                    }
                }
                kind => {
                    outcome.finished |= awaited && plan.ending == Ending::Reply;
                    replies(Reply { request: request as usize, kind, body });
                }
            }
        }
        packet = packet.get(align(header.length)..).unwrap_or_default();
    }
}

/// The error of an `NLMSG_ERROR` or `NLMSG_DONE`; `None` if it says success.
fn refusal(header: &Header, body: &[u8], request: u32) -> Option<Error> {
    let code = i32::from_ne_bytes(body.get(..4)?.try_into().ok()?);
    if code >= 0 {
        return None;
    }
    let number = Some(code.unsigned_abs()).filter(|number| *number < 4096).unwrap_or(libc::EIO as u32);
    let explanation = (header.flags & FLAG_EXPLAINED != 0).then(|| explanation(header, body)).flatten();
    Some(Error {
        request: Some(request as usize),
        errno: Errno::from_raw_os_error(number as i32),
        explanation,
    })
}

/// The text of an extended acknowledgement. It follows the error code and the echoed request (only its header, if capped).
fn explanation(header: &Header, body: &[u8]) -> Option<String> {
    let start = match header.kind {
        TYPE_DONE => 4,
        _ if header.flags & FLAG_CAPPED != 0 => 4 + HEADER,
        _ => 4 + align(u32::from_ne_bytes(body.get(4..8)?.try_into().ok()?) as usize),
    };
    let mut rest = body.get(start..)?;
    loop {
        let length = usize::from(u16::from_ne_bytes(rest.get(..2)?.try_into().ok()?));
        let kind = u16::from_ne_bytes(rest.get(2..4)?.try_into().ok()?) & 0x3fff;
        let value = rest.get(4..length)?;
        if kind == ATTRIBUTE_MESSAGE {
            let text = value.split(|&byte| byte == 0).next()?;
            return Some(String::from_utf8_lossy(text).into_owned());
        }
        rest = rest.get(align(length)..)?;
    }
}

/// `struct nlmsghdr` without the port.
struct Header {
    length: usize,
    kind: u16,
    flags: u16,
    sequence: u32,
}

impl Header {
    /// Reads a header; `None` unless the whole message is there.
    fn read(bytes: &[u8]) -> Option<Self> {
        let length = u32::from_ne_bytes(bytes.get(..4)?.try_into().ok()?) as usize;
        let header = Self {
            length,
            kind: u16::from_ne_bytes(bytes.get(4..6)?.try_into().ok()?),
            flags: u16::from_ne_bytes(bytes.get(6..8)?.try_into().ok()?),
            sequence: u32::from_ne_bytes(bytes.get(8..12)?.try_into().ok()?),
        };
        (length >= HEADER && length <= bytes.len()).then_some(header)
    }

    fn ending(&self) -> Ending {
        if self.flags & flags::DUMP == flags::DUMP && self.flags & flags::CREATE == 0 {
            Ending::Dump
        } else if self.flags & flags::ACK != 0 {
            Ending::Acknowledgement
        } else {
            Ending::Reply
        }
    }
}

const fn align(length: usize) -> usize {
    length.next_multiple_of(4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(kind: u16, flags: u16, sequence: u32, body: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(((HEADER + body.len()) as u32).to_ne_bytes());
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(flags.to_ne_bytes());
        bytes.extend(sequence.to_ne_bytes());
        bytes.extend([0; 4]);
        bytes.extend(body);
        bytes.resize(align(bytes.len()), 0);
        bytes
    }

    #[test]
    fn requests_are_numbered_one_after_another() {
        let mut batch = message(16, flags::REQUEST, 0, b"abcde");
        batch.extend(message(17, flags::REQUEST | flags::ACK, 0, b""));
        let plan = number(&mut batch, u32::MAX).unwrap();
        assert_eq!((plan.last, plan.ending), (0, Ending::Acknowledgement));
        assert_eq!(batch[8..12], u32::MAX.to_ne_bytes());
        batch.extend(message(17, flags::REQUEST, 0, b""));
        let plan = number(&mut batch, 5).unwrap();
        assert_eq!((plan.last, plan.awaited, plan.ending), (7, 6, Ending::Acknowledgement));
    }

    #[test]
    fn truncated_requests_are_refused() {
        let whole = message(16, flags::REQUEST, 0, b"abcd");
        for length in 0..whole.len() {
            assert!(number(&mut whole[..length].to_vec(), 1).is_none(), "{length} bytes");
        }
    }

    #[test]
    fn the_kernels_words_are_found_behind_a_capped_request() {
        let mut body = (-17_i32).to_ne_bytes().to_vec();
        body.extend([0; HEADER]);
        body.extend([9, 0, 1, 0]);
        body.extend(b"busy\0\0\0\0");
        let packet = message(TYPE_ERROR, FLAG_CAPPED | FLAG_EXPLAINED, 7, &body);
        let plan = Plan { last: 7, awaited: 7, ending: Ending::Acknowledgement };
        let mut outcome = Outcome::default();
        read(&packet, 7, &plan, &mut outcome, &mut |_| unreachable!("an error is no reply"));
        let refusal = outcome.refusal.unwrap();
        assert!(outcome.finished);
        assert_eq!(refusal.errno, Errno::EXIST);
        assert_eq!(refusal.explanation.as_deref(), Some("busy"));
        assert_eq!(refusal.to_string(), "File exists (os error 17): busy");
    }

    #[test]
    fn truncated_and_foreign_packets_do_nothing() {
        let whole = message(TYPE_ERROR, FLAG_EXPLAINED, 9, &[0xff; 30]);
        let plan = Plan { last: 3, awaited: 3, ending: Ending::Acknowledgement };
        for length in 0..=whole.len() {
            let mut outcome = Outcome::default();
            read(&whole[..length], 3, &plan, &mut outcome, &mut |_| ());
            assert!(!outcome.finished && outcome.refusal.is_none());
        }
    }
}
