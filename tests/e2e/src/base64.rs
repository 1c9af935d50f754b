//! Base64 as HTTP and tokens have it (RFC 4648).

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const FOR_URLS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// With padding, as in `Authorization: Basic` and in certificates.
#[must_use]
pub fn encode(bytes: &[u8]) -> String {
    let mut text = letters(STANDARD, bytes);
    text.extend(std::iter::repeat_n('=', (4 - text.len() % 4) % 4));
    text
}

/// Without padding, in letters that are safe in URLs, as in tokens.
pub(crate) fn encode_for_urls(bytes: &[u8]) -> String {
    letters(FOR_URLS, bytes)
}

/// The bytes of what [`encode_for_urls`] writes.
pub(crate) fn decode_for_urls(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut held, mut bits) = (0_u32, 0);
    for letter in text.bytes() {
        let value = FOR_URLS.iter().position(|known| *known == letter)?;
        held = held << 6 | u32::try_from(value).ok()?;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((held >> bits & 0xff) as u8);
        }
    }
    Some(bytes)
}

fn letters(alphabet: &[u8; 64], bytes: &[u8]) -> String {
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let byte = |at: usize| u32::from(group.get(at).copied().unwrap_or_default());
        let value = byte(0) << 16 | byte(1) << 8 | byte(2);
        for at in 0..=group.len() {
            text.push(char::from(alphabet[(value >> (18 - 6 * at) & 63) as usize]));
        }
    }
    text
}
