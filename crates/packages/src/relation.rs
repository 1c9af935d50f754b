//! What packages say of each other: names with conditions on versions.

use crate::line::lossy;
use std::fmt;

/// A package by name, with a condition. The name may be one that packages only provide, such as
/// `mail-transport-agent` or `so:libz.so.1`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Relation {
    /// The name as written; it need not be the name of a package.
    pub name: String,
    /// dpkg's architecture behind a colon (`any` in `python3:any`), apk's repository behind `@`.
    pub qualifier: Option<String>,
    /// Operator and version with one blank between, such as `>= 2.36`.
    pub version: Option<String>,
}

impl fmt::Display for Relation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        self.version.as_ref().map_or(Ok(()), |version| write!(f, " ({version})"))
    }
}

/// What a package needs: one of some packages. There is at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// The packages, any of which will do; the first is preferred.
    pub alternatives: Vec<Relation>,
}

impl Dependency {
    /// dpkg's list: commas between dependencies, bars between alternatives (deb-control(5)).
    pub(crate) fn list(text: &[u8]) -> Vec<Self> {
        let groups = text.split(|&byte| byte == b',').map(|group| {
            let alternatives = group.split(|&byte| byte == b'|').filter_map(Relation::debian);
            Self { alternatives: alternatives.collect() }
        });
        groups.filter(|group| !group.alternatives.is_empty()).collect()
    }
}

impl From<Relation> for Dependency {
    fn from(relation: Relation) -> Self {
        Self { alternatives: vec![relation] }
    }
}

impl Relation {
    /// dpkg's list without alternatives, as in `Provides`.
    pub(crate) fn list(text: &[u8]) -> Vec<Self> {
        text.split(|&byte| byte == b',').filter_map(Self::debian).collect()
    }

    /// `name[:qualifier] [(operator version)]`. What source packages have behind it, `[architecture]`
    /// and `<profile>`, is passed over.
    fn debian(text: &[u8]) -> Option<Self> {
        let text = text.trim_ascii();
        let end = text.iter().position(|byte| byte.is_ascii_whitespace() || b"([<".contains(byte));
        let (head, rest) = text.split_at(end.unwrap_or(text.len()));
        let (name, qualifier) = halves(head, b':');
        let condition = rest.trim_ascii().strip_prefix(b"(").map(|rest| {
            let end = rest.iter().position(|&byte| byte == b')').unwrap_or(rest.len());
            condition(&rest[..end])
        });
        let version = condition.filter(|condition| !condition.is_empty());
        (!name.is_empty()).then(|| Self { name: lossy(name), qualifier: qualifier.map(lossy), version })
    }

    /// apk's and pacman's form without blanks: `name[@repository][operator version]`.
    pub(crate) fn inline(text: &[u8]) -> Option<Self> {
        let end = text.iter().position(|&byte| is_operator(byte)).unwrap_or(text.len());
        let (head, rest) = text.split_at(end);
        let (name, qualifier) = halves(head, b'@');
        let version = (!rest.is_empty()).then(|| condition(rest));
        (!name.is_empty()).then(|| Self { name: lossy(name), qualifier: qualifier.map(lossy), version })
    }
}

fn halves(text: &[u8], mark: u8) -> (&[u8], Option<&[u8]>) {
    // a name that begins with the mark is one, such as none has
    match text.iter().skip(1).position(|&byte| byte == mark) {
        Some(at) => (&text[..=at], Some(&text[at + 2..])),
        None => (text, None),
    }
}

fn is_operator(byte: u8) -> bool {
    b"<>=~".contains(&byte)
}

/// Operator and version, however many blanks are between them.
fn condition(text: &[u8]) -> String {
    let text = text.trim_ascii();
    let end = text.iter().position(|&byte| !is_operator(byte)).unwrap_or(text.len());
    let (operator, version) = (lossy(&text[..end]), lossy(text[end..].trim_ascii()));
    if operator.is_empty() || version.is_empty() {
        operator + &version
    } else {
        format!("{operator} {version}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relation(name: &str, qualifier: Option<&str>, version: Option<&str>) -> Relation {
        Relation {
            name: name.into(),
            qualifier: qualifier.map(str::to_owned),
            version: version.map(str::to_owned),
        }
    }

    #[test]
    fn dependencies_of_dpkg_have_alternatives() {
        let list = Dependency::list(
            b"libc6 (>= 2.36), python3:any,\n debconf (>= 0.5) | debconf-2.0, a(=1) [amd64] <x>,, |",
        );
        let expected = [
            vec![relation("libc6", None, Some(">= 2.36"))],
            vec![relation("python3", Some("any"), None)],
            vec![relation("debconf", None, Some(">= 0.5")), relation("debconf-2.0", None, None)],
            vec![relation("a", None, Some("= 1"))],
        ];
        assert_eq!(list.into_iter().map(|group| group.alternatives).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn relations_without_blanks() {
        let of = |text: &str| Relation::inline(text.as_bytes());
        assert_eq!(of("so:libz.so.1=1.3.1"), Some(relation("so:libz.so.1", None, Some("= 1.3.1"))));
        assert_eq!(of("glibc>=2.38"), Some(relation("glibc", None, Some(">= 2.38"))));
        assert_eq!(of("nginx@edge~1.2"), Some(relation("nginx", Some("edge"), Some("~ 1.2"))));
        assert_eq!(of("a="), Some(relation("a", None, Some("="))));
        assert_eq!(of("=1"), None);
        assert_eq!(of(""), None);
    }
}
