//! Image references: `[host[:port]/]path[:tag][@digest]` with Docker's defaults.

use crate::Digest;
use std::fmt;
use std::str::FromStr;

const DEFAULT_HOST: &str = "docker.io";
const DEFAULT_TAG: &str = "latest";
/// The algorithm of digests: `sha256:…` would be both.
const NO_NAME: &str = "sha256";
const MAX_NAME: usize = 255;
const MAX_TAG: usize = 128;

/// A normalised reference: host and path are always there, and a tag unless a digest stands for it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Reference {
    host: String,
    path: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

/// A text that is no reference, with the reason.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid reference format: {text:?}: {reason}")]
pub struct InvalidReference {
    text: String,
    reason: &'static str,
}

impl Reference {
    /// Registry host with its port, `docker.io` by default.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Path in the registry, `library/alpine`.
    #[must_use]
    pub fn path(&self) -> &str {
        &self.path
    }

    /// Tag, if the reference has one (`latest` was filled in unless there is a digest).
    #[must_use]
    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    /// Digest, if the reference has one.
    #[must_use]
    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// The same repository's content with this digest.
    #[must_use]
    pub fn at(&self, digest: Digest) -> Self {
        Self { host: self.host.clone(), path: self.path.clone(), tag: None, digest: Some(digest) }
    }

    /// Another tag of the same repository.
    ///
    /// # Errors
    /// If it is no tag.
    pub fn tagged(&self, tag: &str) -> Result<Self, InvalidReference> {
        format!("{}/{}:{tag}", self.host, self.path).parse()
    }

    /// The name without tag and digest as a person writes it: `alpine`, `user/app`, `registry.example/app`. It is read as this name again:
    /// where the short form would mean another registry, or nothing, it stands in full (`docker.io/registry.example/app`).
    #[must_use]
    pub fn familiar_name(&self) -> String {
        let short = match self.path.strip_prefix("library/") {
            Some(short) if !short.contains('/') => short,
            _ => &self.path,
        };
        if self.host == DEFAULT_HOST && split_host(short) == (DEFAULT_HOST, short) && short != NO_NAME {
            return short.to_owned();
        }
        format!("{}/{}", self.host, self.path)
    }

    /// The reference as a person writes it: `alpine:latest`.
    #[must_use]
    pub fn familiar(&self) -> String {
        self.with_suffix(self.familiar_name())
    }

    fn with_suffix(&self, mut text: String) -> String {
        if let Some(tag) = &self.tag {
            text.push(':');
            text.push_str(tag);
        }
        if let Some(digest) = &self.digest {
            text.push('@');
            text.push_str(&digest.to_string());
        }
        text
    }
}

impl fmt::Display for Reference {
    /// The canonical form: `docker.io/library/alpine:latest`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.with_suffix(format!("{}/{}", self.host, self.path)))
    }
}

impl FromStr for Reference {
    type Err = InvalidReference;

    fn from_str(text: &str) -> Result<Self, InvalidReference> {
        let invalid = |reason| InvalidReference { text: text.chars().take(300).collect(), reason };
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => {
                (rest, Some(digest.parse().map_err(|_| invalid("the digest is not sha256: and 64 digits"))?))
            }
            None => (text, None),
        };
        let (name, tag) = match rest.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
            _ => (rest, None),
        };
        if let Some(tag) = tag
            && !valid_tag(tag)
        {
            return Err(invalid("a tag is at most 128 letters, digits, '_', '.' and '-'"));
        }
        let (host, path) = split_host(name);
        if !valid_host(host) {
            return Err(invalid("the registry is no host name"));
        }
        let path = if host == DEFAULT_HOST && !path.contains('/') {
            format!("library/{path}")
        } else {
            path.to_owned()
        };
        if name.chars().any(|c| c.is_ascii_uppercase()) && path.chars().any(|c| c.is_ascii_uppercase()) {
            return Err(invalid("repository name must be lowercase"));
        }
        if !valid_path(&path) || host.len() + path.len() > MAX_NAME {
            return Err(invalid(
                "a name is lower-case letters and digits, separated by '/', '.', '_' and '-'",
            ));
        }
        if name == NO_NAME {
            return Err(invalid("a digest's algorithm is no name"));
        }
        let tag = tag.map(str::to_owned).or_else(|| digest.is_none().then(|| DEFAULT_TAG.to_owned()));
        Ok(Self { host: host.to_owned(), path, tag, digest })
    }
}

/// The first component is a host if it has a dot or a colon, is `localhost`, or is not lower case; as Docker decides it.
fn split_host(name: &str) -> (&str, &str) {
    match name.split_once('/') {
        Some((host, path))
            if host.contains(['.', ':']) || host == "localhost" || host.to_ascii_lowercase() != host =>
        {
            (if host == "index.docker.io" { DEFAULT_HOST } else { host }, path)
        }
        _ => (DEFAULT_HOST, name),
    }
}

fn valid_tag(tag: &str) -> bool {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    tag.len() <= MAX_TAG && tag.starts_with(word) && tag.chars().all(|c| word(c) || c == '.' || c == '-')
}

fn valid_host(host: &str) -> bool {
    let (name, port) = host.rsplit_once(':').map_or((host, None), |(name, port)| (name, Some(port)));
    let label = |l: &str| {
        !l.is_empty()
            && !l.starts_with('-')
            && !l.ends_with('-')
            && l.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
    };
    let bracketed = name.strip_prefix('[').and_then(|n| n.strip_suffix(']'));
    let name_is_valid = match bracketed {
        Some(address) => address.parse::<std::net::Ipv6Addr>().is_ok(),
        None => name.split('.').all(label),
    };
    name_is_valid
        && port.is_none_or(|p| !p.is_empty() && p.len() <= 5 && p.chars().all(|c| c.is_ascii_digit()))
}

/// Components of alphanumerics with single separators `.`, `_`, `__` or any number of `-` between them (distribution specification).
fn valid_path(path: &str) -> bool {
    path.split('/').all(|component| {
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
        component.starts_with(plain)
            && component.ends_with(plain)
            && component.chars().all(|c| plain(c) || "._-".contains(c))
            && component
                .split(plain)
                .all(|gap| matches!(gap, "" | "." | "_" | "__") || gap.chars().all(|c| c == '-'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normalises_as_docker_does() {
        for (text, canonical, familiar) in [
            ("alpine", "docker.io/library/alpine:latest", "alpine:latest"),
            ("user/app:1", "docker.io/user/app:1", "user/app:1"),
            ("localhost/app", "localhost/app:latest", "localhost/app:latest"),
            ("127.0.0.1:5000/a/b:x", "127.0.0.1:5000/a/b:x", "127.0.0.1:5000/a/b:x"),
            ("index.docker.io/library/busybox", "docker.io/library/busybox:latest", "busybox:latest"),
            ("a__b/c-d.e", "docker.io/a__b/c-d.e:latest", "a__b/c-d.e:latest"),
        ] {
            let reference: Reference = text.parse().unwrap();
            assert_eq!(
                (reference.to_string().as_str(), reference.familiar().as_str()),
                (canonical, familiar)
            );
        }
    }

    #[test]
    fn what_a_person_sees_is_the_same_reference() {
        for (text, familiar) in [
            ("docker.io/registry.example/app:1", "docker.io/registry.example/app:1"),
            ("docker.io/localhost/app:1", "docker.io/localhost/app:1"),
            ("docker.io/docker.io/app:1", "docker.io/docker.io/app:1"),
            ("docker.io/library/sha256:1", "docker.io/library/sha256:1"),
            ("docker.io/library/a.b:1", "a.b:1"),
            ("docker.io/library/a/b:1", "library/a/b:1"),
        ] {
            let reference: Reference = text.parse().unwrap();
            assert_eq!(reference.familiar(), familiar);
            assert_eq!(familiar.parse(), Ok(reference));
        }
    }

    #[test]
    fn a_digest_stands_for_the_tag() {
        let digest = Digest::of(b"x");
        let reference: Reference = format!("alpine@{digest}").parse().unwrap();
        assert_eq!(reference.tag(), None);
        assert_eq!(reference.familiar(), format!("alpine@{digest}"));
    }

    #[test]
    fn refuses_what_is_no_reference() {
        for bad in [
            "",
            ":",
            "a:",
            "A",
            "a b",
            "a//b",
            "-a",
            "a_",
            "a..b",
            "../x",
            "a@sha256:1",
            "a:tag!",
            "/a",
            "a/",
            "host:port/a",
            &"a".repeat(300),
        ] {
            assert!(bad.parse::<Reference>().is_err(), "{bad}");
        }
    }
}
