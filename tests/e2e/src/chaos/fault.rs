//! What goes wrong, and for which requests.

use crate::http::Head;
use std::time::Duration;

/// A rule. The first one that matches a request is applied to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The method; `*` for any.
    pub method: String,
    /// What path and query have in them.
    pub path_contains: String,
    /// How many requests that match are left alone first.
    pub skip: u32,
    /// How often it is applied; for ever if nothing is said.
    pub times: Option<u32>,
    /// What is done.
    pub kind: FaultKind,
    /// How often it was applied.
    pub hits: u32,
}

impl Fault {
    /// A rule that is applied for ever.
    #[must_use]
    pub fn new(method: &str, path_contains: &str, kind: FaultKind) -> Self {
        let (method, path_contains) = (method.to_owned(), path_contains.to_owned());
        Self { method, path_contains, skip: 0, times: None, kind, hits: 0 }
    }

    /// Only so many times.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// Only after so many requests that match.
    #[must_use]
    pub fn after(mut self, requests: u32) -> Self {
        self.skip = requests;
        self
    }

    fn matches(&self, head: &Head) -> bool {
        let has_range = !self.kind.is_about_ranges() || head.header("range").is_some();
        let is_method = self.method == "*" || self.method == head.method;
        has_range && is_method && head.target.contains(&self.path_contains) && self.times != Some(0)
    }
}

/// Something that goes wrong. Offsets and lengths are those of the answer's body, as it would have been sent.
///
/// What `Status`, `Redirect` and `Challenge` answer is not done; with the others it is, even if nobody hears of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    /// The connection is closed after so many bytes of the body. The head says the true length.
    CutAfter(u64),
    /// The connection is reset after so many bytes of the body.
    ResetAfter(u64),
    /// The connection is closed instead of an answer.
    HangUp,
    /// The connection is reset after so many bytes of the request's body. What came of a `PATCH` is kept.
    CutUploadAfter(u64),
    /// Another answer: status, headers, body.
    Status(u16, Vec<(String, String)>, Vec<u8>),
    /// A header of the answer is added or replaced.
    Header(String, String),
    /// Nothing is sent for so long between head and body, or before the head if there is no body.
    Stall(Duration),
    /// The body comes in pieces of so many bytes, with a pause after each.
    Slow {
        /// Bytes of a piece.
        bytes: usize,
        /// The pause.
        every: Duration,
    },
    /// A bit of the byte at this offset is another.
    Corrupt(u64),
    /// The body ends early, and the head says so.
    Truncate(u64),
    /// The head says a greater length than the body has, after which the connection is closed.
    WrongLength,
    /// The client is sent to another address: `http://HOST`, to which path and query are added, or all of an address with its path.
    Redirect {
        /// The other address.
        to: String,
        /// 301, 302, 303, 307 or 308.
        status: u16,
    },
    /// 401 with this `WWW-Authenticate`.
    Challenge(String),
    /// A request for a range is answered with 200 and everything; other requests do not match.
    IgnoreRange,
    /// A request for a range is answered with 206 and everything, from the first byte, which `Content-Range` admits; other requests do not match.
    WrongRange,
    /// 200, this body, its true length, and the headers that there would have been.
    Body(Vec<u8>),
    /// A body of zeros that never ends, in chunks.
    Endless,
    /// HTTP/2: GOAWAY after so many bytes of the body, and the connection is closed. Like [`FaultKind::CutAfter`] in HTTP/1.1.
    GoAwayAfter(u64),
    /// HTTP/2: GOAWAY after so many bytes of the body, which goes on; nothing new is taken on this connection. In HTTP/1.1 the connection is closed after the body.
    DrainAfter(u64),
    /// HTTP/2: the stream is reset after so many bytes of the body. Like [`FaultKind::ResetAfter`] in HTTP/1.1.
    ResetStreamAfter(u64),
}

impl FaultKind {
    fn is_about_ranges(&self) -> bool {
        matches!(self, Self::IgnoreRange | Self::WrongRange)
    }

    /// Whether the registry does not hear of the request at all.
    pub(super) fn is_in_its_place(&self) -> bool {
        matches!(self, Self::Status(..) | Self::Redirect { .. } | Self::Challenge(_))
    }

    /// How much of a request's body is read.
    pub(super) fn most_upload(&self) -> u64 {
        if let Self::CutUploadAfter(most) = self { *most } else { u64::MAX }
    }

    /// What the registry is asked instead.
    pub(super) fn rewrite(&self, mut head: Head) -> Head {
        if self.is_about_ranges() {
            head.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("range"));
        }
        head
    }
}

/// Takes the first rule that matches, once.
pub(super) fn choose(faults: &mut [Fault], head: &Head) -> Option<FaultKind> {
    for fault in faults.iter_mut().filter(|fault| fault.matches(head)) {
        if fault.skip > 0 {
            fault.skip -= 1;
            continue;
        }
        fault.times = fault.times.map(|times| times - 1);
        fault.hits += 1;
        return Some(fault.kind.clone());
    }
    None
}
