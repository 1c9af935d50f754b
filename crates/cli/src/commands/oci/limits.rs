//! Sizes as `update` takes them.

use crate::failure::{Failure, Outcome};

/// Bytes: a number, perhaps with `b`, `k`, `m`, `g` or `t` behind it; -1 is no limit.
pub(super) fn bytes(text: &str) -> Outcome<i64> {
    let invalid = || Failure::new(format!("invalid size {text:?}: it is a number with b, k, m or g"));
    let lower = text.to_ascii_lowercase();
    let plain = lower.strip_suffix("ib").or(lower.strip_suffix('b')).unwrap_or(&lower);
    let (digits, factor) = match plain.chars().last() {
        Some('k') => (&plain[..plain.len() - 1], 1_i64 << 10),
        Some('m') => (&plain[..plain.len() - 1], 1 << 20),
        Some('g') => (&plain[..plain.len() - 1], 1 << 30),
        Some('t') => (&plain[..plain.len() - 1], 1 << 40),
        _ => (plain, 1),
    };
    let number: i64 = digits.parse().map_err(|_| invalid())?;
    if number < 0 { Ok(-1) } else { number.checked_mul(factor).ok_or_else(invalid) }
}

#[cfg(test)]
mod tests {
    use super::bytes;

    #[test]
    fn sizes() {
        for (text, expected) in
            [("0", 0), ("-1", -1), ("10k", 10240), ("2M", 2 << 20), ("1GiB", 1 << 30), ("5b", 5)]
        {
            assert_eq!(bytes(text).unwrap(), expected, "{text}");
        }
        assert!(bytes("x").is_err() && bytes("9999999999999g").is_err());
    }
}
