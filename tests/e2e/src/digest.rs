//! Digests as registries write them.

use sha2::{Digest as _, Sha256, Sha512};
use std::fmt::Write as _;

/// The digest of some bytes, `sha256:…`.
#[must_use]
pub fn sha256(bytes: &[u8]) -> String {
    format!("sha256:{}", hex(&Sha256::digest(bytes)))
}

/// Whether some bytes have this digest, SHA-256 or SHA-512.
pub(crate) fn has_digest(bytes: &[u8], digest: &str) -> bool {
    digest == sha256(bytes) || digest == format!("sha512:{}", hex(&Sha512::digest(bytes)))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
