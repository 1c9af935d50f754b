//! `WWW-Authenticate`: what is read of a header is read again from what it says, and no more of it than is there.

#![no_main]

use libfuzzer_sys::fuzz_target;
use registry::challenge::{Challenge, parse};

fuzz_target!(|header: &str| {
    let challenges = parse(header);
    let length: usize = challenges.iter().map(size).sum();
    assert!(length <= header.len(), "{header:?} becomes {challenges:?}");
    let shown: Vec<String> = challenges.iter().map(show).collect();
    assert_eq!(parse(&shown.join(", ")), challenges, "{header:?} is shown as {shown:?}");
});

/// Bytes of names and values.
fn size(challenge: &Challenge) -> usize {
    let parameters = challenge.parameters.iter().map(|(name, value)| name.len() + value.len());
    challenge.scheme.len() + parameters.sum::<usize>()
}

/// A challenge as RFC 9110 writes it, every value quoted.
fn show(challenge: &Challenge) -> String {
    let quoted = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"");
    let parameters =
        challenge.parameters.iter().map(|(name, value)| format!("{name}=\"{}\"", quoted(value)));
    format!("{} {}", challenge.scheme, parameters.collect::<Vec<_>>().join(", "))
}
