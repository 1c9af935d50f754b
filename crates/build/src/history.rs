//! The `created_by` lines of an image's history, in the words of `docker build`.

use oci::image::Healthcheck;

/// Who says so.
pub(crate) const COMMENT: &str = "buildkit.dockerfile.v0";

/// `["/bin/sh" "-c" "true"]`.
pub(crate) fn list(words: &[String]) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("{word:?}")).collect();
    format!("[{}]", quoted.join(" "))
}

/// `RUN |1 VERSION=2 /bin/sh -c make # buildkit`.
pub(crate) fn run(command: &[String], arguments: &[String]) -> String {
    let mut line = String::from("RUN ");
    if !arguments.is_empty() {
        line.push_str(&format!("|{} {} ", arguments.len(), arguments.join(" ")));
    }
    line.push_str(&command.join(" "));
    line.push_str(" # buildkit");
    line
}

/// `COPY --chown=1:1 a b /c/ # buildkit`.
pub(crate) fn transfer(keyword: &str, flags: [(&str, Option<&str>); 3], words: &[String]) -> String {
    let mut line = keyword.to_owned();
    for (flag, value) in flags {
        if let Some(value) = value {
            line.push_str(&format!(" --{flag}={value}"));
        }
    }
    format!("{line} {} # buildkit", words.join(" "))
}

/// `HEALTHCHECK &{["CMD-SHELL" "true"] "30s" "0s" "0s" "0s" '\x03'}`.
pub(crate) fn healthcheck(check: &Healthcheck) -> String {
    let time = |nanoseconds: i64| format!("\"{}\"", duration(nanoseconds));
    format!(
        "HEALTHCHECK &{{{} {} {} {} {} '\\x{:02x}'}}",
        list(&check.test),
        time(check.interval),
        time(check.timeout),
        time(check.start_period),
        time(check.start_interval),
        check.retries
    )
}

/// A duration as Go writes it: `1m30s`, `250ms`, `1.5s`, `0s`.
fn duration(nanoseconds: i64) -> String {
    let total = nanoseconds.unsigned_abs();
    if total < 1_000_000_000 {
        return match total {
            0 => "0s".into(),
            1..1_000 => format!("{total}ns"),
            1_000..1_000_000 => format!("{}µs", fraction(total, 1_000)),
            _ => format!("{}ms", fraction(total, 1_000_000)),
        };
    }
    let (hours, minutes) = (total / 3_600_000_000_000, total / 60_000_000_000 % 60);
    let seconds = format!("{}s", fraction(total % 60_000_000_000, 1_000_000_000));
    match (hours, minutes) {
        (0, 0) => seconds,
        (0, minutes) => format!("{minutes}m{seconds}"),
        (hours, minutes) => format!("{hours}h{minutes}m{seconds}"),
    }
}

/// `number / unit` without trailing zeros.
fn fraction(number: u64, unit: u64) -> String {
    let digits = unit.ilog10() as usize;
    let text = format!("{}.{:0digits$}", number / unit, number % unit);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_go_s() {
        for (nanoseconds, text) in [
            (0, "0s"),
            (250_000_000, "250ms"),
            (1_500_000_000, "1.5s"),
            (90_000_000_000, "1m30s"),
            (3_600_000_000_000, "1h0m0s"),
            (1_500, "1.5µs"),
        ] {
            assert_eq!(duration(nanoseconds), text);
        }
    }
}
