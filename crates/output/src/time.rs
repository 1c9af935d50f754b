//! Moments and spans of time, for people and from them.
//!
//! The words are those of Docker's tables and the forms those of Go's `time` package. Whoever
//! calls says what time it is and in which zone; nothing here looks at a clock.

pub mod duration;
pub mod moment;

use jiff::Timestamp;
use jiff::tz::TimeZone;

const HOUR: u64 = 60;
const DAY: u64 = 24;
const WEEK: u64 = 7 * DAY;
const MONTH: u64 = 30 * DAY;
const YEAR: u64 = 365 * DAY;

/// How long `seconds` are, roughly: `Less than a second`, `About a minute`, `3 weeks`.
pub fn rough(seconds: u64) -> String {
    let minutes = seconds / 60;
    // half an hour counts for a whole one
    let hours = (minutes + HOUR / 2) / HOUR;
    match (seconds, minutes, hours) {
        (0, ..) => "Less than a second".to_owned(),
        (1, ..) => "1 second".to_owned(),
        (..60, ..) => format!("{seconds} seconds"),
        (_, 1, _) => "About a minute".to_owned(),
        (_, ..60, _) => format!("{minutes} minutes"),
        (_, _, 1) => "About an hour".to_owned(),
        (_, _, ..48) => format!("{hours} hours"),
        (_, _, hours) if hours < 2 * WEEK => format!("{} days", hours / DAY),
        (_, _, hours) if hours < 2 * MONTH => format!("{} weeks", hours / WEEK),
        (_, _, hours) if hours < YEAR => format!("{} months", hours / MONTH),
        _ => format!("{} years", minutes / HOUR / YEAR),
    }
}

/// How long ago `moment` was: `3 weeks ago`. What is still to come was `Less than a second ago`.
pub fn ago(moment: Timestamp, now: Timestamp) -> String {
    let seconds = u64::try_from(now.duration_since(moment).as_secs()).unwrap_or(0);
    format!("{} ago", rough(seconds))
}

/// `moment` in UTC as RFC 3339 with as many digits of a second as it has, at most nine:
/// `2024-01-02T03:04:05.678Z`.
pub fn rfc3339(moment: Timestamp) -> String {
    let whole = moment.strftime("%Y-%m-%dT%H:%M:%S");
    let fraction = format!(".{:09}", moment.subsec_nanosecond().rem_euclid(1_000_000_000));
    let fraction = fraction.trim_end_matches('0').trim_end_matches('.');
    format!("{whole}{fraction}Z")
}

/// `moment` to the second in `zone`, as lists print a `CreatedAt`: `2024-01-02 03:04:05 +0000 UTC`.
pub fn calendar(moment: Timestamp, zone: &TimeZone) -> String {
    moment.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M:%S %z %Z").to_string()
}

#[cfg(test)]
mod tests {
    use super::{ago, calendar, rfc3339, rough};
    use jiff::Timestamp;
    use jiff::tz::{TimeZone, offset};
    use proptest::prelude::*;

    fn moment(text: &str) -> Timestamp {
        text.parse().expect("a valid time")
    }

    #[test]
    fn spans_as_docker_words_them() {
        let (minute, hour, day) = (60, 3600, 86400);
        let known = [
            (0, "Less than a second"),
            (1, "1 second"),
            (45, "45 seconds"),
            (60, "About a minute"),
            (119, "About a minute"),
            (120, "2 minutes"),
            (59 * minute + 59, "59 minutes"),
            (60 * minute, "About an hour"),
            (89 * minute + 59, "About an hour"),
            (90 * minute, "2 hours"),
            (47 * hour, "47 hours"),
            (47 * hour + 30 * minute, "2 days"),
            (13 * day, "13 days"),
            (14 * day, "2 weeks"),
            (59 * day, "8 weeks"),
            (60 * day, "2 months"),
            (364 * day, "12 months"),
            (365 * day, "1 years"),
            (800 * day, "2 years"),
        ];
        for (seconds, words) in known {
            assert_eq!(rough(seconds), words, "{seconds}");
        }
    }

    #[test]
    fn what_is_to_come_was_just_now() {
        let (now, later) = (moment("2024-01-02T03:04:05Z"), moment("2024-01-03T03:04:05Z"));
        assert_eq!(ago(later, now), "Less than a second ago");
        assert_eq!(ago(now, later), "24 hours ago");
    }

    #[test]
    fn seconds_have_no_trailing_zeros() {
        let known = [
            "2024-01-02T03:04:05Z",
            "2024-01-02T03:04:05.6Z",
            "2024-01-02T03:04:05.000000001Z",
            "0001-01-01T00:00:00Z",
        ];
        for text in known {
            assert_eq!(rfc3339(moment(text)), text);
        }
        assert_eq!(rfc3339(moment("1969-12-31T23:59:59.25Z")), "1969-12-31T23:59:59.25Z");
    }

    #[test]
    fn calendar_times_name_their_zone() {
        let created = moment("2024-01-02T03:04:05.678Z");
        assert_eq!(calendar(created, &TimeZone::UTC), "2024-01-02 03:04:05 +0000 UTC");
        assert_eq!(calendar(created, &TimeZone::fixed(offset(2))), "2024-01-02 05:04:05 +0200 +02");
    }

    proptest! {
        #[test]
        fn any_span_has_words(seconds: u64) {
            prop_assert!(!rough(seconds).is_empty());
        }

        #[test]
        fn any_moment_comes_back(seconds in -62_135_596_800_i64..253_402_207_200, nanoseconds in 0..1_000_000_000_i64) {
            let moment = Timestamp::new(seconds, 0).expect("in range")
                + jiff::SignedDuration::from_nanos(nanoseconds);
            prop_assert_eq!(rfc3339(moment).parse::<Timestamp>().expect("RFC 3339"), moment);
        }
    }
}
