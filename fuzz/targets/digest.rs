//! Digests: exactly one form is read, and it is the one that is written and joined to paths (CVE-2024-3727).

#![no_main]

use libfuzzer_sys::fuzz_target;
use oci::{DiffId, Digest};

fuzz_target!(|text: &str| {
    let digits = text.strip_prefix("sha256:").unwrap_or(text);
    let is_good = digits.len() == 64 && digits.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    assert_eq!(Digest::from_hex(digits).is_ok(), is_good, "{digits:?}");
    let read = text.parse::<Digest>();
    assert_eq!(read.is_ok(), is_good && text.starts_with("sha256:"), "{text:?}");
    if let Ok(digest) = read {
        assert_eq!(digest.to_string(), text);
        assert_eq!(digest.hex(), digits);
    }
    // in a document it may be written with escapes, and is no other digest for that
    let json = serde_json::to_string(text).unwrap_or_default();
    assert_eq!(serde_json::from_str::<Digest>(&json).ok(), text.parse().ok());
    for json in [text, &json] {
        if let Ok(DiffId(digest)) = serde_json::from_str(json) {
            assert_eq!(serde_json::to_string(&DiffId(digest)).ok(), Some(format!("\"{digest}\"")));
        }
    }
});
