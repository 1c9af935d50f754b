//! Signed tokens (RFC 7519) with ES256, by OpenSSL.

use crate::base64::encode_for_urls;
use crate::certificates::Certificates;
use serde_json::{Map, Value, json};
use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// How many bytes each of the two numbers of a signature has (RFC 7518, 3.4).
const NUMBER: usize = 32;

/// A key, and the certificate that a registry knows it by.
#[derive(Debug)]
pub(super) struct Signer {
    key: PathBuf,
    certificate: String,
    count: AtomicU64,
}

impl Signer {
    /// One with the key of the server's certificate.
    pub(super) fn new(certificates: &Certificates) -> Self {
        let text = fs::read_to_string(certificates.server()).expect("read a certificate");
        let certificate = text.lines().filter(|line| !line.starts_with("-----")).collect();
        Self { key: certificates.server_key(), certificate, count: AtomicU64::new(0) }
    }

    /// A token with these claims and the usual ones, which lives for so many seconds.
    pub(super) fn sign(&self, mut claims: Map<String, Value>, lifetime: i64) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970").as_secs();
        let now = i64::try_from(now).expect("it fits");
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        for (name, time) in [("iat", now), ("nbf", now.min(now + lifetime)), ("exp", now + lifetime)] {
            claims.insert(name.into(), time.into());
        }
        claims.insert("jti".into(), format!("token-{number}").into());
        let header = json!({ "typ": "JWT", "alg": "ES256", "x5c": [self.certificate] });
        let [header, claims] =
            [header, Value::Object(claims)].map(|v| encode_for_urls(v.to_string().as_bytes()));
        let signed = format!("{header}.{claims}");
        format!("{signed}.{}", encode_for_urls(&self.signature(signed.as_bytes())))
    }

    fn signature(&self, text: &[u8]) -> Vec<u8> {
        let mut command = Command::new("openssl");
        command.args(["dgst", "-sha256", "-sign"]).arg(&self.key);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("openssl can be run");
        child.stdin.take().expect("it has an input").write_all(text).expect("openssl reads");
        let output = child.wait_with_output().expect("openssl ends");
        assert!(output.status.success(), "openssl cannot sign with {}", self.key.display());
        raw(&output.stdout).expect("openssl writes a signature")
    }
}

/// A signature as JWT has it: its two numbers, without what DER puts around them (RFC 3279, 2.2.3).
fn raw(der: &[u8]) -> Option<Vec<u8>> {
    let mut rest = der.get(2..)?;
    let mut bytes = Vec::new();
    for _ in 0..2 {
        let [2, length, after @ ..] = rest else { return None };
        let (number, after) = after.split_at_checked(usize::from(*length))?;
        let first = number.iter().position(|byte| *byte != 0).unwrap_or(number.len());
        let digits = &number[first..];
        bytes.extend(std::iter::repeat_n(0, NUMBER.checked_sub(digits.len())?));
        bytes.extend_from_slice(digits);
        rest = after;
    }
    Some(bytes)
}
