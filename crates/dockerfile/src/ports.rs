//! The ports of `EXPOSE`, once variables are replaced.

use std::ops::RangeInclusive;

/// One or more neighbouring ports of one protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ports {
    /// The port numbers, lowest first.
    pub range: RangeInclusive<u16>,
    /// `tcp`, `udp` or `sctp`.
    pub protocol: &'static str,
}

/// The text names no ports.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no port such as 80, 53/udp or 8000-8010")]
pub struct PortError(
    /// The text.
    pub String,
);

impl Ports {
    /// Reads `80`, `53/udp` or `8000-8010/tcp`; the protocol's case does not matter. Of a published form
    /// (`127.0.0.1:8080:80`) only the container's port counts.
    ///
    /// # Errors
    /// The text has another form, or a number is outside 0 to 65535, or the range runs backwards.
    pub fn parse(text: &str) -> Result<Self, PortError> {
        Self::read(text).ok_or_else(|| PortError(text.chars().take(40).collect()))
    }

    fn read(text: &str) -> Option<Self> {
        let (numbers, protocol) = text.split_once('/').unwrap_or((text, ""));
        let protocol = match protocol.to_ascii_lowercase().as_str() {
            "" | "tcp" => "tcp",
            "udp" => "udp",
            "sctp" => "sctp",
            _ => return None,
        };
        let numbers = numbers.rsplit(':').next()?;
        let (first, last) = numbers.split_once('-').unwrap_or((numbers, numbers));
        let range = number(first)?..=number(last)?;
        (!range.is_empty()).then_some(Self { range, protocol })
    }

    /// The names that an image's configuration has for them: `80/tcp`.
    pub fn names(&self) -> impl Iterator<Item = String> {
        let protocol = self.protocol;
        self.range.clone().map(move |port| format!("{port}/{protocol}"))
    }
}

/// Digits only: `+80` is no port.
fn number(text: &str) -> Option<u16> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_and_ranges() {
        for (text, expected) in [
            ("80", "80/tcp"),
            ("53/UDP", "53/udp"),
            ("80/", "80/tcp"),
            ("65534-65535/sctp", "65534/sctp 65535/sctp"),
            ("127.0.0.1:8080:80", "80/tcp"),
            ("", "error"),
            ("http", "error"),
            ("65536", "error"),
            ("+80", "error"),
            ("9-8", "error"),
            ("1-2-3", "error"),
            ("80/icmp", "error"),
        ] {
            let names = Ports::parse(text).map(|ports| ports.names().collect::<Vec<_>>().join(" "));
            assert_eq!(names.unwrap_or_else(|_| "error".into()), expected, "{text}");
        }
    }
}
