//! Amounts of bytes, for people and from them.
//!
//! Docker prints decimal units (`77.8MB`) for what lies on disks and binary ones (`1.5MiB`) for
//! memory; sizes that users type are binary whatever they call them (`512m`, `1g`, `1.5GiB`).

use super::Error;

const DECIMAL: [&str; 9] = ["B", "kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"];
const BINARY: [&str; 9] = ["B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"];

/// The powers of 1024 by their letter.
const POWERS: &str = "kmgtp";

/// `bytes` in decimal units with three significant digits, as `images`, `ps` and `history` print
/// sizes: `77.8MB`.
pub fn decimal(bytes: u64) -> String {
    in_units(bytes, 1000.0, DECIMAL, 3)
}

/// `bytes` in decimal units with four significant digits, as `system df` and `prune` print them:
/// `77.81MB`.
pub fn decimal_precise(bytes: u64) -> String {
    in_units(bytes, 1000.0, DECIMAL, 4)
}

/// `bytes` in binary units with four significant digits, as `stats` and `info` print memory:
/// `1.5MiB`.
pub fn binary(bytes: u64) -> String {
    in_units(bytes, 1024.0, BINARY, 4)
}

/// Picks the largest unit that leaves a number of at least one. Where rounding reaches the next
/// unit it is taken; Docker stays and prints `1e+03kB`.
fn in_units(bytes: u64, base: f64, units: [&str; 9], digits: usize) -> String {
    let mut amount = bytes as f64;
    let mut names = units.iter();
    let mut unit = names.next().expect("there are nine units");
    loop {
        let shown = significant(amount, digits);
        let reached = shown.parse::<f64>().unwrap_or(amount);
        let next = if reached >= base { names.next() } else { None };
        match next {
            Some(larger) => (unit, amount) = (larger, amount / base),
            None => return format!("{shown}{unit}"),
        }
    }
}

/// `amount` rounded to `digits` significant digits, without trailing zeros and exponents.
fn significant(amount: f64, digits: usize) -> String {
    let whole = format!("{amount:.0}").len();
    let shown = format!("{amount:.*}", digits.saturating_sub(whole));
    if shown.contains('.') { shown.trim_end_matches('0').trim_end_matches('.').to_owned() } else { shown }
}

/// Reads a size as flags such as `--memory` and `--shm-size` take it: a number, which may have a
/// fraction, and a unit out of `b k m g t p`, optionally followed by `b` or `ib`, in any case. No
/// unit means bytes.
///
/// # Errors
/// [`Error::Value`] for anything else, for a negative size and for one of 2^63 bytes and more.
pub fn parse(text: &str) -> Result<u64, Error> {
    parse_binary(text).ok_or_else(|| Error::Value(format!("invalid size: '{text}'")))
}

/// Reads a size for a flag where `-1` means no limit, such as `--memory-swap`; gives `None` then.
///
/// # Errors
/// As [`parse`].
pub fn parse_or_unlimited(text: &str) -> Result<Option<u64>, Error> {
    if text == "-1" { Ok(None) } else { parse(text).map(Some) }
}

/// Reads a size that is compared with what [`decimal`] prints: as [`parse`], but `MB` and `m` are a million bytes, and only `MiB` is 2^20.
///
/// # Errors
/// As [`parse`].
pub fn parse_decimal(text: &str) -> Result<u64, Error> {
    let bytes = parse(text)?;
    let lower = text.to_ascii_lowercase();
    if lower.ends_with("ib") {
        return Ok(bytes);
    }
    let unit = lower.trim_end_matches('b').chars().next_back();
    let power = unit.and_then(|unit| POWERS.find(unit)).map_or(0, |power| power + 1);
    let number = lower.trim_end_matches('b').trim_end_matches(|unit| POWERS.contains(unit)).trim_end();
    if power == 0 {
        return Ok(bytes);
    }
    let factor = 1000_u64.pow(u32::try_from(power).unwrap_or(0));
    match number.parse::<u64>() {
        // what is small enough in binary units is so in decimal ones
        Ok(whole) => Ok(whole.saturating_mul(factor)),
        Err(_) => Ok((number.parse::<f64>().unwrap_or(0.0) * factor as f64) as u64),
    }
}

fn parse_binary(text: &str) -> Option<u64> {
    let end = text.rfind(|character: char| character.is_ascii_digit() || character == '.')? + 1;
    let (number, unit) = text.split_at(end);
    let unit = unit.strip_prefix(' ').unwrap_or(unit).to_ascii_lowercase();
    if !number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.') {
        return None;
    }
    let factor = factor(&unit)?;
    if let Ok(whole) = number.parse::<u64>() {
        return whole.checked_mul(factor).filter(|bytes| i64::try_from(*bytes).is_ok());
    }
    let bytes = number.parse::<f64>().ok()? * factor as f64;
    (bytes < i64::MAX as f64).then_some(bytes as u64)
}

/// How many bytes a unit is, written in lower case.
fn factor(unit: &str) -> Option<u64> {
    if matches!(unit, "" | "b") {
        return Some(1);
    }
    let letter = unit.chars().next()?;
    let power = POWERS.find(letter)? + 1;
    matches!(&unit[letter.len_utf8()..], "" | "b" | "ib").then(|| 1 << (10 * power))
}

#[cfg(test)]
mod tests {
    use super::{binary, decimal, decimal_precise, parse, parse_decimal, parse_or_unlimited};
    use proptest::prelude::*;

    #[test]
    fn decimal_sizes_as_docker_prints_them() {
        let known = [
            (0, "0B", "0B"),
            (1, "1B", "1B"),
            (999, "999B", "999B"),
            (1000, "1kB", "1kB"),
            (1234, "1.23kB", "1.234kB"),
            (1_234_567, "1.23MB", "1.235MB"),
            (77_812_345, "77.8MB", "77.81MB"),
            (116_543_210, "117MB", "116.5MB"),
            (999_400, "999kB", "999.4kB"),
            (999_999, "1MB", "1MB"),
            (1_000_000_000_000, "1TB", "1TB"),
            (u64::MAX, "18.4EB", "18.45EB"),
        ];
        for (bytes, three, four) in known {
            assert_eq!((decimal(bytes).as_str(), decimal_precise(bytes).as_str()), (three, four));
        }
    }

    #[test]
    fn binary_sizes_as_docker_prints_them() {
        let known = [
            (0, "0B"),
            (1023, "1023B"),
            (1024, "1KiB"),
            (1_572_864, "1.5MiB"),
            (1_048_575, "1MiB"),
            (33_567_744, "32.01MiB"),
            (1 << 40, "1TiB"),
        ];
        for (bytes, shown) in known {
            assert_eq!(binary(bytes), shown);
        }
    }

    #[test]
    fn sizes_from_flags() {
        let known = [
            ("0", 0),
            ("32", 32),
            ("32b", 32),
            ("32B", 32),
            ("32k", 32 << 10),
            ("32KB", 32 << 10),
            ("512m", 512 << 20),
            ("1g", 1 << 30),
            ("1.5GiB", 3 << 29),
            ("1.5 GiB", 3 << 29),
            (".5m", 1 << 19),
            ("32.", 32),
            ("2p", 2 << 50),
            ("9007199254740993", 9_007_199_254_740_993),
        ];
        for (text, bytes) in known {
            assert_eq!(parse(text).expect(text), bytes, "{text}");
        }
    }

    #[test]
    fn sizes_that_are_none() {
        for text in [
            "", "m", "-1", "-5m", "1x", "1kk", "1kbb", "1  k", " 1", "1.2.3", "hello", "1é", "é1", "9000p",
            "1e3",
        ] {
            assert_eq!(parse(text).expect_err(text).to_string(), format!("invalid size: '{text}'"));
        }
    }

    #[test]
    fn sizes_that_are_compared_with_printed_ones() {
        let known = [
            ("50MB", 50_000_000),
            ("50m", 50_000_000),
            ("1.5 GB", 1_500_000_000),
            ("1MiB", 1 << 20),
            ("12", 12),
            ("12b", 12),
            ("2kB", 2000),
            ("9p", 9_000_000_000_000_000),
        ];
        for (text, bytes) in known {
            assert_eq!(parse_decimal(text).expect(text), bytes, "{text}");
        }
        assert!(parse_decimal("x").is_err());
    }

    #[test]
    fn minus_one_is_no_limit() {
        assert_eq!(parse_or_unlimited("-1").expect("no limit"), None);
        assert_eq!(parse_or_unlimited("1k").expect("a limit"), Some(1024));
        assert!(parse_or_unlimited("-2").is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_a_size_or_an_error(text in "\\PC{0,12}|[0-9.]{0,40}[kmgtpbi ]{0,4}") {
            let _ = parse(&text);
        }

        #[test]
        fn printed_sizes_are_short(bytes: u64) {
            prop_assert!(decimal(bytes).len() <= 6);
            prop_assert!(decimal_precise(bytes).len() <= 7);
            prop_assert!(binary(bytes).len() <= 8);
        }
    }
}
