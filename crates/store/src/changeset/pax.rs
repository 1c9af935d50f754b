//! Records of a PAX extended header (POSIX.1-2017 pax(1), "pax Extended Header"): `LENGTH KEY=VALUE\n`.
//!
//! Read here and not by the `tar` crate, which ends a record at its first newline: a binary value may hold
//! one.

use super::xattr::Xattr;

/// The prefix under which star, GNU tar, Go and the OCI keep extended attributes.
pub(super) const XATTR: &[u8] = b"SCHILY.xattr.";

/// A moment: seconds since 1970 and nanoseconds after them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Moment {
    pub(super) seconds: i64,
    pub(super) nanoseconds: u32,
}

/// What the records before an entry say of it.
#[derive(Debug, Default)]
pub(super) struct Records {
    pub(super) path: Option<Vec<u8>>,
    pub(super) link: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
    pub(super) uid: Option<u64>,
    pub(super) gid: Option<u64>,
    pub(super) modified: Option<Moment>,
    pub(super) xattrs: Vec<Xattr>,
    pub(super) sparse: Sparse,
}

/// GNU tar's records of sparse files, all three versions.
#[derive(Debug, Default)]
pub(super) struct Sparse {
    pub(super) version: (Option<u64>, Option<u64>),
    pub(super) name: Option<Vec<u8>>,
    pub(super) size: Option<u64>,
    /// Offsets and lengths in turn.
    pub(super) map: Option<Vec<u64>>,
}

/// Reads all records of an extended header.
///
/// # Errors
/// What is wrong with them.
pub(super) fn parse(mut content: &[u8]) -> Result<Records, &'static str> {
    let mut records = Records::default();
    while !content.is_empty() {
        let (key, value, rest) = record(content).ok_or("a PAX record is malformed")?;
        records.take(key, value).ok_or("a PAX record has an impossible value")?;
        content = rest;
    }
    Ok(records)
}

/// The first record's key and value, and what follows it.
fn record(content: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let space = content.iter().take(20).position(|&byte| byte == b' ')?;
    let length = usize::try_from(decimal(&content[..space])?).ok()?;
    let (whole, rest) = content.split_at_checked(length)?;
    let pair = whole.get(space + 1..)?.strip_suffix(b"\n")?;
    let equals = pair.iter().position(|&byte| byte == b'=')?;
    Some((&pair[..equals], &pair[equals + 1..], rest))
}

impl Records {
    fn take(&mut self, key: &[u8], value: &[u8]) -> Option<()> {
        if let Some(name) = key.strip_prefix(XATTR) {
            self.xattrs.push((name.to_vec(), value.to_vec()));
            return Some(());
        }
        if let Some(key) = key.strip_prefix(b"GNU.sparse.") {
            return self.sparse.take(key, value);
        }
        // an empty value takes a record back
        let given = !value.is_empty();
        match key {
            b"path" => self.path = given.then(|| value.to_vec()),
            b"linkpath" => self.link = given.then(|| value.to_vec()),
            b"size" if given => self.size = Some(decimal(value)?),
            b"uid" if given => self.uid = Some(decimal(value)?),
            b"gid" if given => self.gid = Some(decimal(value)?),
            b"mtime" if given => self.modified = Some(moment(value)?),
            _ => {}
        }
        Some(())
    }
}

impl Sparse {
    fn take(&mut self, key: &[u8], value: &[u8]) -> Option<()> {
        match key {
            b"major" => self.version.0 = Some(decimal(value)?),
            b"minor" => self.version.1 = Some(decimal(value)?),
            b"name" => self.name = Some(value.to_vec()),
            b"size" | b"realsize" => self.size = Some(decimal(value)?),
            b"offset" | b"numbytes" => self.map.get_or_insert_default().push(decimal(value)?),
            b"map" => {
                let numbers = value.split(|&byte| byte == b',').filter(|number| !number.is_empty());
                self.map = Some(numbers.map(decimal).collect::<Option<_>>()?);
            }
            _ => {}
        }
        Some(())
    }
}

/// Reads a decimal number of ASCII digits.
pub(super) fn decimal(digits: &[u8]) -> Option<u64> {
    if digits.is_empty() {
        return None;
    }
    digits.iter().try_fold(0u64, |value, &digit| match digit {
        b'0'..=b'9' => value.checked_mul(10)?.checked_add(u64::from(digit - b'0')),
        _ => None,
    })
}

/// Reads seconds with an optional sign and fraction; digits beyond nanoseconds are dropped.
fn moment(text: &[u8]) -> Option<Moment> {
    let (negative, text) = match text.strip_prefix(b"-") {
        Some(rest) => (true, rest),
        None => (false, text),
    };
    let (whole, fraction) = match text.iter().position(|&byte| byte == b'.') {
        Some(point) => (&text[..point], &text[point + 1..]),
        None => (text, &b""[..]),
    };
    let seconds = i64::try_from(decimal(whole)?).ok()?;
    let mut nanoseconds = 0;
    for place in 0..9 {
        let digit = fraction.get(place).copied().unwrap_or(b'0');
        nanoseconds = nanoseconds * 10 + u32::from(digit.is_ascii_digit().then_some(digit - b'0')?);
    }
    Some(match (negative, nanoseconds) {
        (false, _) => Moment { seconds, nanoseconds },
        (true, 0) => Moment { seconds: -seconds, nanoseconds },
        (true, _) => Moment { seconds: -seconds - 1, nanoseconds: 1_000_000_000 - nanoseconds },
    })
}

/// Appends a record; its length counts its own digits.
pub(super) fn append(records: &mut Vec<u8>, key: &[u8], value: &[u8]) {
    let rest = key.len() + value.len() + 3;
    let mut length = rest + 1;
    while rest + length.to_string().len() != length {
        length = rest + length.to_string().len();
    }
    records.extend_from_slice(length.to_string().as_bytes());
    records.push(b' ');
    records.extend_from_slice(key);
    records.push(b'=');
    records.extend_from_slice(value);
    records.push(b'\n');
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn moments_may_be_negative_and_broken() {
        let moment = |text: &str| moment(text.as_bytes()).map(|m| (m.seconds, m.nanoseconds));
        assert_eq!(moment("12.5"), Some((12, 500_000_000)));
        assert_eq!(moment("-1.25"), Some((-2, 750_000_000)));
        assert_eq!(moment("-3"), Some((-3, 0)));
        assert_eq!(moment("1.1234567891"), Some((1, 123_456_789)));
        for wrong in ["", "-", "1.x", "x", "99999999999999999999"] {
            assert_eq!(moment(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn lengths_count_their_own_digits() {
        let mut records = Vec::new();
        append(&mut records, b"path", &[b'a'; 90]);
        assert!(records.starts_with(b"99 path=a"));
        records.clear();
        append(&mut records, b"path", &[b'a'; 91]);
        assert!(records.starts_with(b"101 path=a"));
        assert_eq!(records.len(), 101);
    }

    #[test]
    fn malformed_records_are_errors() {
        for wrong in
            [&b"5 a\n"[..], b"6 a=b", b"99 a=b\n", b"x a=b\n", b"0 a=b\n", b"2 a=b\n", b"6 a=bc\n", b"\n"]
        {
            assert!(parse(wrong).is_err(), "{wrong:?}");
        }
        assert!(parse(b"10 size=-1\n").is_err());
    }

    proptest! {
        #[test]
        fn what_is_appended_is_read_again(
            name in "[a-z.]{1,20}", value in proptest::collection::vec(any::<u8>(), 0..300), path in "[^\0]{1,300}",
        ) {
            let mut content = Vec::new();
            append(&mut content, &[XATTR, name.as_bytes()].concat(), &value);
            append(&mut content, b"path", path.as_bytes());
            let records = parse(&content).unwrap();
            prop_assert_eq!(records.xattrs, vec![(name.into_bytes(), value)]);
            prop_assert_eq!(records.path.as_deref(), Some(path.as_bytes()));
        }

        #[test]
        fn no_content_panics(content in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&content);
        }
    }
}
