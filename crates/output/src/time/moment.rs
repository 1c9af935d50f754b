//! Moments as `--since`, `--until` and the filters of the same names take them.

use jiff::civil::DateTime;
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};

use super::duration;
use crate::Error;

/// The digits of a second's fraction that count.
const NANOSECOND_DIGITS: usize = 9;

/// Reads a moment: a Go duration before `now` (`10m`, `1h30m`), a date with as much of a time as
/// is known (`2024-01-02`, `2024-01-02T15:04`, RFC 3339), in `zone` unless it names an offset, or
/// Unix seconds with an optional fraction (`1136073845.000000001`).
///
/// # Errors
/// [`Error::Value`] for anything else and for what lies outside the years 1 to 9999.
pub fn parse(text: &str, now: Timestamp, zone: &TimeZone) -> Result<Timestamp, Error> {
    let moment = match duration::read(text) {
        Some(age) => before(now, age),
        None if text.contains('-') => read_date(text, zone),
        None => read_unix(text),
    };
    moment.ok_or_else(|| {
        Error::Value(format!(
            "invalid time \"{text}\": want a duration such as 10m, a date such as 2024-01-02T15:04:05Z, or Unix seconds"
        ))
    })
}

fn before(now: Timestamp, age: SignedDuration) -> Option<Timestamp> {
    now.checked_sub(age).ok()
}

fn read_unix(text: &str) -> Option<Timestamp> {
    let (seconds, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(seconds) || !digits(fraction) || fraction.len() > NANOSECOND_DIGITS {
        return None;
    }
    let nanoseconds = format!("{fraction:0<NANOSECOND_DIGITS$}").parse().ok()?;
    Timestamp::new(seconds.parse().ok()?, nanoseconds).ok()
}

fn read_date(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    let (local, zone) = split_zone(text, zone)?;
    // only the extended form: the dense one would be read as Unix seconds by half of all people
    let date = local.get(..10)?.as_bytes();
    let separated = local.len() == 10 || local[10..].starts_with('T');
    if date[4] != b'-' || date[7] != b'-' || !separated {
        return None;
    }
    let local = local.parse::<DateTime>().ok()?;
    Some(local.to_zoned(zone).ok()?.timestamp())
}

/// Splits `Z` or an offset such as `+02:00` off a date; without one the caller's zone counts.
fn split_zone<'a>(text: &'a str, zone: &TimeZone) -> Option<(&'a str, TimeZone)> {
    if let Some(local) = text.strip_suffix('Z') {
        return Some((local, TimeZone::UTC));
    }
    let date = text.get(..10)?;
    match text[date.len()..].rfind(['+', '-']) {
        None => Some((text, zone.clone())),
        Some(position) => {
            let (local, offset) = text.split_at(date.len() + position);
            Some((local, TimeZone::fixed(read_offset(offset)?)))
        }
    }
}

/// Reads `+hh:mm`.
fn read_offset(text: &str) -> Option<Offset> {
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    let number = |text: &str, most: i32| {
        let digits = text.len() == 2 && text.bytes().all(|byte| byte.is_ascii_digit());
        text.parse::<i32>().ok().filter(|number| digits && *number <= most)
    };
    Offset::from_seconds(sign * (number(hours, 23)? * 3600 + number(minutes, 59)? * 60)).ok()
}

#[cfg(test)]
mod tests {
    use super::parse;
    use jiff::Timestamp;
    use jiff::tz::{TimeZone, offset};
    use proptest::prelude::*;

    fn now() -> Timestamp {
        "2024-05-06T07:08:09.5Z".parse().expect("a valid time")
    }

    fn read(text: &str) -> Result<String, String> {
        parse(text, now(), &TimeZone::fixed(offset(2)))
            .map(|moment| moment.to_string())
            .map_err(|error| error.to_string())
    }

    #[test]
    fn moments_as_docker_reads_them() {
        let known = [
            ("10m", "2024-05-06T06:58:09.5Z"),
            ("1h30m", "2024-05-06T05:38:09.5Z"),
            ("-10m", "2024-05-06T07:18:09.5Z"),
            ("0", "2024-05-06T07:08:09.5Z"),
            ("2024-01-02", "2024-01-01T22:00:00Z"),
            ("2024-01-02Z", "2024-01-02T00:00:00Z"),
            ("2024-01-02T15", "2024-01-02T13:00:00Z"),
            ("2024-01-02T15:04", "2024-01-02T13:04:00Z"),
            ("2024-01-02T15:04:05", "2024-01-02T13:04:05Z"),
            ("2024-01-02T15:04:05.25", "2024-01-02T13:04:05.25Z"),
            ("2024-01-02T15:04:05Z", "2024-01-02T15:04:05Z"),
            ("2024-01-02T15:04:05.000000001Z", "2024-01-02T15:04:05.000000001Z"),
            ("2024-01-02T15:04:05-07:00", "2024-01-02T22:04:05Z"),
            ("2024-01-02T15:04+05:30", "2024-01-02T09:34:00Z"),
            ("1136073845", "2006-01-01T00:04:05Z"),
            ("1136073845.5", "2006-01-01T00:04:05.5Z"),
            ("1136073845.000000001", "2006-01-01T00:04:05.000000001Z"),
        ];
        for (text, moment) in known {
            assert_eq!(read(text).as_deref(), Ok(moment), "{text}");
        }
    }

    #[test]
    fn what_is_no_moment() {
        let wrong = [
            "",
            "yesterday",
            "-",
            "2024-13-01",
            "2024-01-32",
            "2024-01-02T25:00",
            "2024-01-02 15:04",
            "20240102T1504-07:00",
            "2024-01-02T15:04:05+1",
            "2024-01-02T15:04:05+99:00",
            "1136073845.",
            "1136073845.0000000001",
            "99999999999999999999",
            "999999999999999",
            "1.2.3",
            "２０２４-01-02",
            "2024-01-02[Europe/Paris]",
        ];
        for text in wrong {
            let message = read(text).expect_err(text);
            assert!(message.starts_with(&format!("invalid time \"{text}\"")), "{message}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_a_moment_or_an_error(text in "\\PC{0,24}|[0-9T:.Z+-]{0,30}") {
            let _ = read(&text);
        }
    }
}
