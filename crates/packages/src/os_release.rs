//! Which distribution an image is made of: os-release(5), and older signs of it.

use crate::line::{lines, lossy};

/// Where os-release(5) is, in the order in which it is looked for.
pub const OS_RELEASE: [&str; 2] = ["/etc/os-release", "/usr/lib/os-release"];

/// What os-release(5) says. Everything is as the image has it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OsRelease {
    /// `ID`, such as `debian`.
    pub id: Option<String>,
    /// `ID_LIKE`: what it is derived from, the closest first.
    pub id_like: Vec<String>,
    /// `VERSION_ID`, such as `12` or `3.21.3`.
    pub version_id: Option<String>,
    /// `VERSION_CODENAME`, such as `bookworm`.
    pub version_codename: Option<String>,
    /// `PRETTY_NAME`: the words for people.
    pub pretty_name: Option<String>,
}

/// Distributions whose packages are known by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Distribution {
    /// Debian, and what is made of its packages.
    Debian,
    /// Alpine.
    Alpine,
    /// Any other, or none that can be told.
    Other,
}

impl OsRelease {
    /// Reads the file. Lines that assign nothing are passed over, as systemd does; of two
    /// assignments the later counts, as in a shell.
    pub fn read(text: &[u8]) -> Self {
        let mut release = Self::default();
        for (_, line) in lines(text) {
            let line = line.trim_ascii();
            let Some(equals) = line.iter().position(|&byte| byte == b'=') else { continue };
            let Some(value) = unquote(&line[equals + 1..]) else { continue };
            let value = Some(lossy(&value)).filter(|value| !value.is_empty());
            match &line[..equals] {
                b"ID" => release.id = value,
                b"ID_LIKE" => {
                    let value = value.unwrap_or_default();
                    release.id_like = value.split_ascii_whitespace().map(str::to_owned).collect();
                }
                b"VERSION_ID" => release.version_id = value,
                b"VERSION_CODENAME" => release.version_codename = value,
                b"PRETTY_NAME" => release.pretty_name = value,
                _ => {}
            }
        }
        release
    }

    /// An image without os-release, by the content of `/etc/alpine-release`, a version.
    pub fn from_alpine_release(text: &[u8]) -> Self {
        let version_id = first_word(text);
        let pretty_name = version_id.as_ref().map(|version| format!("Alpine Linux {version}"));
        Self { id: Some("alpine".into()), version_id, pretty_name, ..Self::default() }
    }

    /// An image without os-release, by the content of `/etc/debian_version`: a version, or
    /// `codename/sid` before it is released. Derived distributions have it too.
    pub fn from_debian_version(text: &[u8]) -> Self {
        let word = first_word(text);
        let pretty_name = word.as_ref().map(|word| format!("Debian GNU/Linux {word}"));
        let mut release = Self { id: Some("debian".into()), pretty_name, ..Self::default() };
        match word.as_deref().map(|word| word.split_once('/').ok_or(word)) {
            Some(Ok((codename, _))) => release.version_codename = Some(codename.to_owned()),
            // the number of an update is no part of `VERSION_ID`
            Some(Err(version)) => release.version_id = version.split('.').next().map(str::to_owned),
            None => {}
        }
        release
    }

    /// Whose packages the image has.
    pub fn distribution(&self) -> Distribution {
        let ids = self.id.iter().chain(&self.id_like);
        let mut known = ids.filter_map(|id| match id.as_str() {
            "debian" | "ubuntu" => Some(Distribution::Debian),
            "alpine" => Some(Distribution::Alpine),
            _ => None,
        });
        known.next().unwrap_or(Distribution::Other)
    }
}

fn first_word(text: &[u8]) -> Option<String> {
    let mut words = text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    words.next().map(lossy)
}

/// A value as a shell reads it, without expansions: words in single quotes, in double quotes with
/// `\` before `$`, `"`, `\` and `` ` ``, or bare with `\` before anything. `None` if a quote has no end.
fn unquote(text: &[u8]) -> Option<Vec<u8>> {
    let mut value = Vec::with_capacity(text.len());
    let mut quote = None;
    let mut rest = text.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        match (quote, byte) {
            (None, b'\'' | b'"') => quote = Some(byte),
            (Some(open), _) if open == byte => quote = None,
            (Some(b'\''), _) => value.push(byte),
            (None, b'\\') => value.extend(rest.next()),
            (Some(_), b'\\') => {
                value.push(rest.next_if(|next| b"$\"\\`".contains(next)).unwrap_or(b'\\'));
            }
            (None, b' ' | b'\t' | b';') => break,
            _ => value.push(byte),
        }
    }
    quote.is_none().then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debian_is_read() {
        let text = b"PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nNAME=\"Debian GNU/Linux\"\n\
            VERSION_ID=\"12\"\nVERSION_CODENAME=bookworm\nID=debian\nHOME_URL=\"https://www.debian.org/\"\n";
        let release = OsRelease::read(text);
        assert_eq!(release.id.as_deref(), Some("debian"));
        assert_eq!(release.version_id.as_deref(), Some("12"));
        assert_eq!(release.version_codename.as_deref(), Some("bookworm"));
        assert_eq!(release.pretty_name.as_deref(), Some("Debian GNU/Linux 12 (bookworm)"));
        assert_eq!(release.distribution(), Distribution::Debian);
    }

    #[test]
    fn relatives_count() {
        let of = |text: &str| OsRelease::read(text.as_bytes()).distribution();
        assert_eq!(of("ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n"), Distribution::Debian);
        assert_eq!(of("ID=postmarketos\nID_LIKE=alpine\n"), Distribution::Alpine);
        assert_eq!(of("ID=fedora\n"), Distribution::Other);
        assert_eq!(of("# ID=debian\n"), Distribution::Other);
        assert_eq!(of("ID=debian\nID=\n"), Distribution::Other);
        assert_eq!(of("ID=alpine\nID_LIKE=debian"), Distribution::Alpine);
    }

    #[test]
    fn values_are_quoted_as_in_a_shell() {
        let of = |text: &str| unquote(text.as_bytes()).map(|value| lossy(&value));
        for (text, value) in [
            ("plain", "plain"),
            ("'a b'", "a b"),
            ("\"a b\" # remark", "a b"),
            (r#""\$\"\\\`\n""#, r#"$"\`\n"#),
            (r"'\n'", r"\n"),
            (r"a\ b", "a b"),
            ("a'b'\"c\"", "abc"),
            ("", ""),
            ("a\\", "a"),
        ] {
            assert_eq!(of(text).as_deref(), Some(value), "{text}");
        }
        assert_eq!(of("\"open"), None);
        assert_eq!(of("'open\\'"), Some("open\\".into()));
    }

    #[test]
    fn older_signs_tell_as_much_as_they_can() {
        let alpine = OsRelease::from_alpine_release(b"3.21.3\n");
        assert_eq!(
            (alpine.distribution(), alpine.version_id.as_deref()),
            (Distribution::Alpine, Some("3.21.3"))
        );
        let debian = OsRelease::from_debian_version(b"12.5\n");
        assert_eq!((debian.distribution(), debian.version_id.as_deref()), (Distribution::Debian, Some("12")));
        let testing = OsRelease::from_debian_version(b"trixie/sid\n");
        assert_eq!((testing.version_id, testing.version_codename.as_deref()), (None, Some("trixie")));
        assert_eq!(OsRelease::from_debian_version(b"").version_id, None);
    }
}
