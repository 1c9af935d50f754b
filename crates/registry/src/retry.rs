//! How often and after how long something is tried again.

use std::time::Duration;

/// How often a request is sent at most.
pub(crate) const ATTEMPTS: u32 = 5;

/// How often a mirror is asked, behind which somebody else may be asked.
pub(crate) const ATTEMPTS_OF_MIRROR: u32 = 2;

/// The longest wait between two attempts, whatever the server asks for.
const LONGEST: Duration = Duration::from_secs(60);

/// Statuses after which the same request may succeed later (RFC 9110 and RFC 6585).
pub(crate) fn is_passing(status: u16) -> bool {
    matches!(status, 408 | 429 | 500 | 502 | 503 | 504)
}

/// How long to wait before the attempt with this number, from 1. `told` is what the server asked for, in seconds or as it stands in `Retry-After`.
pub(crate) fn pause(attempt: u32, told: Option<&str>) -> Duration {
    let told = told.and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
    if let Some(told) = told {
        return told.min(LONGEST);
    }
    let base = Duration::from_millis(100) * 2_u32.saturating_pow(attempt.saturating_sub(1).min(9));
    // what failed together need not come back together
    let spread =
        u64::from(std::process::id()).wrapping_mul(2_654_435_761).wrapping_add(u64::from(attempt) * 7919)
            % 50;
    (base + base * u32::try_from(spread).unwrap_or(0) / 100).min(LONGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_grow_and_end() {
        let waits: Vec<Duration> = (1..12).map(|attempt| pause(attempt, None)).collect();
        assert!(waits.windows(2).all(|pair| pair[0] <= pair[1] * 2));
        assert!(waits[0] >= Duration::from_millis(100) && waits[10] <= LONGEST);
        assert_eq!(pause(1, Some("2")), Duration::from_secs(2));
        assert_eq!(pause(1, Some("100000")), LONGEST);
        assert!(pause(1, Some("Wed, 21 Oct 2026 07:28:00 GMT")) < Duration::from_secs(1));
        assert!(is_passing(429) && !is_passing(404));
    }
}
