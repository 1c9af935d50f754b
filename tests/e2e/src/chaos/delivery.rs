//! How an answer is sent, which faults change.

use super::fault::FaultKind;
use crate::http::{Head, Reply};
use std::time::Duration;

/// An answer, and how it is sent.
#[derive(Debug)]
pub(super) struct Delivery {
    pub(super) reply: Reply,
    pub(super) length: Length,
    pub(super) stall: Option<Duration>,
    /// Bytes of a piece, and the pause after it.
    pub(super) pace: Option<(usize, Duration)>,
    pub(super) end: End,
}

/// What the head says about the length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Length {
    True,
    /// More than there is.
    More,
    /// Nothing: it comes in chunks.
    Unknown,
}

/// How the body ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Whole,
    /// Whole, and the connection is closed.
    Last,
    Never,
    NotBegun,
    Cut(u64),
    Reset(u64),
    GoAway(u64),
    Drain(u64),
    ResetStream(u64),
}

impl End {
    /// After how many bytes of the body something happens.
    pub(super) fn at(self) -> Option<u64> {
        match self {
            Self::Cut(at) | Self::Reset(at) | Self::GoAway(at) | Self::Drain(at) | Self::ResetStream(at) => {
                Some(at)
            }
            Self::Whole | Self::Last | Self::Never | Self::NotBegun => None,
        }
    }
}

impl Delivery {
    /// Without a fault.
    pub(super) fn honest(reply: Reply) -> Self {
        Self { reply, length: Length::True, stall: None, pace: None, end: End::Whole }
    }

    /// With a fault.
    pub(super) fn with(kind: FaultKind, head: &Head, reply: Reply) -> Self {
        let mut delivery = Self::honest(reply);
        match kind {
            FaultKind::CutAfter(at) => delivery.end = End::Cut(at),
            FaultKind::ResetAfter(at) => delivery.end = End::Reset(at),
            FaultKind::GoAwayAfter(at) => delivery.end = End::GoAway(at),
            FaultKind::DrainAfter(at) => delivery.end = End::Drain(at),
            FaultKind::ResetStreamAfter(at) => delivery.end = End::ResetStream(at),
            FaultKind::HangUp => delivery.end = End::NotBegun,
            FaultKind::Stall(time) => delivery.stall = Some(time),
            FaultKind::Slow { bytes, every } => delivery.pace = Some((bytes.max(1), every)),
            FaultKind::WrongLength => (delivery.length, delivery.end) = (Length::More, End::Last),
            FaultKind::Endless => (delivery.length, delivery.end) = (Length::Unknown, End::Never),
            FaultKind::CutUploadAfter(_) | FaultKind::IgnoreRange => {}
            other => delivery.reply = changed(other, head, delivery.reply),
        }
        delivery
    }
}

/// Another answer, sent as usual.
fn changed(kind: FaultKind, head: &Head, mut reply: Reply) -> Reply {
    let length = reply.body.len();
    match kind {
        FaultKind::Status(status, headers, body) => Reply { status, headers, body },
        FaultKind::Header(name, value) => reply.header(&name, value),
        FaultKind::Corrupt(at) => {
            let byte = usize::try_from(at).ok().and_then(|at| reply.body.get_mut(at));
            *byte.unwrap_or_else(|| panic!("there is no byte {at} of {length} to corrupt")) ^= 1;
            reply
        }
        FaultKind::Truncate(most) => {
            reply.body.truncate(usize::try_from(most).unwrap_or(usize::MAX));
            reply
        }
        FaultKind::Redirect { to, status } => {
            let has_path = to.split_once("://").is_some_and(|(_, rest)| rest.contains('/'));
            let location = if has_path { to } else { format!("{to}{}", head.target) };
            Reply::new(status).header("Location", location)
        }
        FaultKind::Challenge(challenge) => super::guard::refusal().header("WWW-Authenticate", challenge),
        FaultKind::WrongRange => {
            reply.status = 206;
            reply.header("Content-Range", format!("bytes 0-{}/{length}", length.saturating_sub(1)))
        }
        FaultKind::Body(body) => {
            reply.status = 200;
            reply.body(body)
        }
        _ => reply,
    }
}
