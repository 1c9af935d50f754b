//! Durations and sizes as they are written in flags.

use std::time::Duration;

/// The units of a duration in nanoseconds.
const TIMES: &[(&str, f64)] = &[
    ("ns", 1.0),
    ("us", 1e3),
    ("µs", 1e3),
    ("μs", 1e3),
    ("ms", 1e6),
    ("s", 1e9),
    ("m", 60e9),
    ("h", 3600e9),
];

/// Reads `1h30m`, `1.5s`, `300ms` or `0`: numbers with units, as Go's `time.ParseDuration` does, but
/// never below zero and at most 292 years.
pub(crate) fn parse_duration(text: &str) -> Option<Duration> {
    let mut rest = text.strip_prefix('+').unwrap_or(text);
    if rest == "0" {
        return Some(Duration::ZERO);
    }
    if rest.is_empty() {
        return None;
    }
    let mut nanoseconds = 0.0;
    while !rest.is_empty() {
        let (number, after) = split_number(rest)?;
        let end = after.find(|c: char| c.is_ascii_digit() || c == '.').unwrap_or(after.len());
        let (_, unit) = TIMES.iter().find(|(name, _)| *name == &after[..end])?;
        nanoseconds += number * unit;
        rest = &after[end..];
    }
    let bearable = nanoseconds < 9.2e18;
    // The float is below 2^63 and not negative: nothing is cut off but a fraction of a nanosecond.
    bearable.then(|| Duration::from_nanos(nanoseconds.round() as u64))
}

/// Reads `64m`, `1.5GiB`, `512` as bytes; units are powers of 1024 whatever their spelling.
pub(crate) fn parse_size(text: &str) -> Option<u64> {
    let (number, unit) = split_number(text.trim())?;
    let unit = unit.trim().to_ascii_lowercase();
    let unit = unit.strip_suffix("ib").or_else(|| unit.strip_suffix('b')).unwrap_or(&unit);
    let power = match unit {
        "" => 0,
        "k" => 1,
        "m" => 2,
        "g" => 3,
        "t" => 4,
        "p" => 5,
        _ => return None,
    };
    let bytes = number * 1024_f64.powi(power);
    (bytes < 9.2e18).then_some(bytes as u64)
}

/// A number in front of a unit.
fn split_number(text: &str) -> Option<(f64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
    let number: f64 = text[..end].parse().ok()?;
    number.is_finite().then_some((number, &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, expected) in [
            ("0", Some(0)),
            ("1s", Some(1_000)),
            ("1h2m3.5s", Some(3_723_500)),
            ("1.5h", Some(5_400_000)),
            ("+300ms", Some(300)),
            ("2000us", Some(2)),
            (".5s", Some(500)),
            ("", None),
            ("+", None),
            ("5", None),
            ("s", None),
            ("-1s", None),
            ("1d", None),
            ("1s2", None),
            ("9999999h", None),
            (".s", None),
        ] {
            assert_eq!(parse_duration(text), expected.map(Duration::from_millis), "{text}");
        }
    }

    #[test]
    fn sizes() {
        for (text, expected) in [
            ("512", Some(512)),
            ("64k", Some(64 << 10)),
            ("1.5 GiB", Some(3 << 29)),
            ("2MB", Some(2 << 20)),
            ("", None),
            ("m", None),
            ("-1", None),
            ("1x", None),
            ("99999999p", None),
        ] {
            assert_eq!(parse_size(text), expected, "{text}");
        }
    }
}
