//! Lists of processors and memory nodes: `0-2,4` (cpuset(7) "List format").

use std::ops::RangeInclusive;

/// The ranges of a list whose numbers are all below `end`; none for anything else.
pub(crate) fn parse(list: &str, end: usize) -> Option<Vec<RangeInclusive<usize>>> {
    let parts = list.split(',').map(str::trim).filter(|part| !part.is_empty());
    let range = |part: &str| {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
        (first <= last && last < end).then_some(first..=last)
    };
    parts.map(range).collect()
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn lists() {
        assert_eq!(parse("0-2, 4", 5), Some(vec![0..=2, 4..=4]));
        assert_eq!(parse("", 5), Some(Vec::new()));
        for bad in ["x", "3-1", "0-5", "5", "-1", "1-", "1 2"] {
            assert_eq!(parse(bad, 5), None, "{bad:?}");
        }
    }
}
