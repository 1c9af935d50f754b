//! Image documents that name each other. No fuzzer finds a digest, so the text has a sign where one stands.
//!
//! ```text
//! {"rootfs": {"type": "layers", "diff_ids": ["@d0"]}}
//! %%
//! {"schemaVersion": 2, "config": {"digest": "@d1", "size": @s1, ...}, ...}
//! ```
//!
//! `@dN` is the digest of part N, `@hN` its digits, `@sN` its size. Part 0 is a layer that is always there, part 1 the
//! first in the text; a part can only name those before it.

use crate::tar;
use oci::Digest;
use oci::image::{Configuration, Index, Manifest};
use serde_json::Value;

/// The parts of an input with all signs replaced, the layer first.
#[must_use]
pub fn parts(text: &str) -> Vec<Vec<u8>> {
    let mut parts = vec![layer()];
    for part in text.split("%%\n").take(9) {
        let part = parts.iter().enumerate().fold(part.to_owned(), |part, (number, named)| {
            // most texts have none
            if !part.contains('@') {
                return part;
            }
            let digest = Digest::of(named);
            part.replace(&format!("@d{number}"), &digest.to_string())
                .replace(&format!("@h{number}"), &digest.hex())
                .replace(&format!("@s{number}"), &named.len().to_string())
        });
        parts.push(part.into_bytes());
    }
    parts
}

/// An archive of all parts as blobs, the last one as `index.json` or `manifest.json`.
#[must_use]
pub fn archive(parts: &[Vec<u8>], list: &str) -> Vec<u8> {
    let blob =
        |part: &Vec<u8>| tar::entry(b'0', &format!("blobs/sha256/{}", Digest::of(part).hex()), "", part);
    let mut entries: Vec<Vec<u8>> = parts.iter().map(blob).collect();
    entries.extend(parts.last().map(|last| tar::entry(b'0', list, "", last)));
    tar::archive(&entries)
}

/// The layer that every archive has.
#[must_use]
pub fn layer() -> Vec<u8> {
    tar::archive(&[tar::entry(b'0', "hello", "", b"hello\n")])
}

/// A document is written as it was read, whatever kind it is.
///
/// # Panics
/// If it is not.
pub fn is_written_as_read(text: &[u8]) {
    let value: Option<Value> = serde_json::from_slice(text).ok();
    // the last digit of a fraction may change between binary and decimal
    if value.is_some_and(|value| !has_fraction(&value)) {
        compare::<Manifest>(text);
        compare::<Index>(text);
        compare::<Configuration>(text);
    }
}

fn has_fraction(value: &Value) -> bool {
    match value {
        Value::Number(number) => number.is_f64(),
        Value::Array(values) => values.iter().any(has_fraction),
        Value::Object(values) => values.values().any(has_fraction),
        _ => false,
    }
}

fn compare<T>(text: &[u8])
where
    T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug,
{
    let Ok(document) = serde_json::from_slice::<T>(text) else { return };
    let written = serde_json::to_vec(&document).expect("what was read can be written");
    let again: T = serde_json::from_slice(&written).expect("what was written can be read");
    assert_eq!(document, again);
    assert_eq!(written, serde_json::to_vec(&again).expect("it can be written again"));
}
