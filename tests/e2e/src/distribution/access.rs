//! Lines of a registry's access log.

/// A request that a registry has answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// `GET` and others.
    pub method: String,
    /// Path and query.
    pub path: String,
    /// The status of the answer.
    pub status: u16,
    /// How many bytes the answer's body had.
    pub bytes: u64,
}

impl Access {
    /// Reads a line in the format that Apache calls combined.
    pub(super) fn parse(line: &str) -> Option<Self> {
        let mut quoted = line.split('"');
        let mut request = quoted.nth(1)?.split(' ');
        let mut numbers = quoted.next()?.split_whitespace();
        Some(Self {
            method: request.next()?.to_owned(),
            path: request.next()?.to_owned(),
            status: numbers.next()?.parse().ok()?,
            bytes: numbers.next()?.parse().ok()?,
        })
    }
}
