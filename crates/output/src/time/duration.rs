//! Durations as Go writes them: `1h30m`, `1.5s`, `300ms`.

use jiff::SignedDuration;

/// The most digits of a fraction that can matter: an hour's nanoseconds have thirteen.
const FRACTION_DIGITS: usize = 18;

/// Reads a duration: an optional sign, then numbers, each with an optional fraction and a unit out
/// of `ns us µs ms s m h`. A bare `0` needs no unit. `None` for anything else, and beyond 2^63 nanoseconds (292 years).
pub fn read(text: &str) -> Option<SignedDuration> {
    let (sign, unsigned) = match text.as_bytes().first()? {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (1, text),
    };
    if unsigned == "0" {
        return Some(SignedDuration::ZERO);
    }
    let mut rest = unsigned;
    let mut nanoseconds: i128 = 0;
    loop {
        let (part, remaining) = read_part(rest)?;
        nanoseconds = nanoseconds.checked_add(part)?;
        if remaining.is_empty() {
            return i64::try_from(sign * nanoseconds).ok().map(SignedDuration::from_nanos);
        }
        rest = remaining;
    }
}

/// Reads one number with its unit; gives its nanoseconds and what follows.
fn read_part(text: &str) -> Option<(i128, &str)> {
    let (whole, rest) = split_digits(text);
    let (fraction, rest) = rest.strip_prefix('.').map_or(("", rest), split_digits);
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let end =
        rest.find(|character: char| character == '.' || character.is_ascii_digit()).unwrap_or(rest.len());
    let (unit, rest) = rest.split_at(end);
    let unit = nanoseconds_of(unit)?;
    let whole: i128 = if whole.is_empty() { 0 } else { i128::from(whole.parse::<u64>().ok()?) };
    Some((whole * unit + part_of(unit, fraction)?, rest))
}

fn split_digits(text: &str) -> (&str, &str) {
    let end = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    text.split_at(end)
}

/// The decimal `fraction` of a unit, rounded down.
fn part_of(unit: i128, fraction: &str) -> Option<i128> {
    let digits = &fraction[..fraction.len().min(FRACTION_DIGITS)];
    if digits.is_empty() {
        return Some(0);
    }
    let scale = 10_i128.pow(u32::try_from(digits.len()).ok()?);
    Some(unit * digits.parse::<i128>().ok()? / scale)
}

fn nanoseconds_of(unit: &str) -> Option<i128> {
    Some(match unit {
        "ns" => 1,
        // the micro sign and the Greek letter look alike
        "us" | "\u{b5}s" | "\u{3bc}s" => 1_000,
        "ms" => 1_000_000,
        "s" => 1_000_000_000,
        "m" => 60_000_000_000,
        "h" => 3_600_000_000_000,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::read;
    use proptest::prelude::*;

    #[test]
    fn durations_as_go_reads_them() {
        let known = [
            ("0", 0),
            ("5s", 5_000_000_000),
            ("30s", 30_000_000_000),
            ("-5s", -5_000_000_000),
            ("+5s", 5_000_000_000),
            ("5.6s", 5_600_000_000),
            ("5.s", 5_000_000_000),
            (".5s", 500_000_000),
            ("1h30m", 5_400_000_000_000),
            ("1h15m30.918s", 4_530_918_000_000),
            ("12µs", 12_000),
            ("12μs", 12_000),
            ("11us", 11_000),
            ("0.3333333333333333333h", 1_199_999_999_999),
            ("9223372036854775807ns", i64::MAX),
        ];
        for (text, nanoseconds) in known {
            assert_eq!(read(text).expect(text).as_nanos(), i128::from(nanoseconds), "{text}");
        }
    }

    #[test]
    fn what_is_no_duration() {
        for text in [
            "",
            "3",
            "-",
            "s",
            ".",
            "-.",
            ".s",
            "+.s",
            "1d",
            "1h 2m",
            "3000000h",
            "9223372036854775808ns",
            "1e3s",
            "é",
        ] {
            assert!(read(text).is_none(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_duration_or_an_error(text in "\\PC{0,12}|([0-9]{0,30}\\.?[0-9]{0,30}(ns|us|ms|s|m|h)){0,4}") {
            let _ = read(&text);
        }
    }
}
