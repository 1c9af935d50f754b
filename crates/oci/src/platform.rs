//! Platforms: operating system, architecture, variant.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A platform (OCI image-index.md, "platform"), in Go's names: `linux/amd64`, `linux/arm/v7`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Platform {
    /// Operating system.
    pub os: String,
    /// CPU architecture.
    pub architecture: String,
    /// CPU variant, such as `v7`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variant: Option<String>,
}

/// A text that is no platform.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid platform {text:?}: expected OS/ARCHITECTURE[/VARIANT], such as linux/amd64")]
pub struct InvalidPlatform {
    text: String,
}

impl Platform {
    /// The platform of this machine.
    #[must_use]
    pub fn host() -> Self {
        let architecture = match std::env::consts::ARCH {
            "x86_64" => "amd64",
            "aarch64" => "arm64",
            "x86" => "386",
            "powerpc64" => "ppc64le",
            "loongarch64" => "loong64",
            other => other,
        };
        Self::linux(architecture, None)
    }

    fn linux(architecture: &str, variant: Option<&str>) -> Self {
        Self { os: "linux".into(), architecture: architecture.into(), variant: variant.map(Into::into) }
    }

    /// Whether an image for `other` is what was asked for by `self`: the same system and architecture, and the same variant unless one of the two names none.
    #[must_use]
    pub fn matches(&self, other: &Platform) -> bool {
        self.os == other.os
            && self.architecture == other.architecture
            && (self.variant.is_none() || other.variant.is_none() || self.variant == other.variant)
    }

    /// How well a program for `other` suits this platform: none if it does not run there at all; of two the smaller number is to be preferred.
    /// Variants are ordered: an `arm/v7` runs what is for `v6` and `v5`, an `amd64/v3` what is for `v2`.
    #[must_use]
    pub fn preference(&self, other: &Platform) -> Option<u32> {
        if self.os != other.os || self.architecture != other.architecture {
            return None;
        }
        let level = |platform: &Platform| match (&platform.variant, platform.architecture.as_str()) {
            (Some(variant), _) => variant.strip_prefix('v').and_then(|digits| digits.parse::<u32>().ok()),
            (None, "arm64") => Some(8),
            (None, "arm") => Some(7),
            (None, _) => Some(1),
        };
        match (level(self), level(other)) {
            (Some(own), Some(wanted)) if wanted <= own => Some(own - wanted),
            // nobody has asked for a variant: one that may be too new is better than nothing
            (Some(_), Some(wanted)) if self.variant.is_none() => Some(100 + wanted.min(1000)),
            (Some(_), Some(_)) => None,
            // names that are no numbers
            _ => (self.variant == other.variant).then_some(0),
        }
    }
}

impl fmt::Display for Platform {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.os, self.architecture)?;
        self.variant.as_ref().map_or(Ok(()), |variant| write!(f, "/{variant}"))
    }
}

impl FromStr for Platform {
    type Err = InvalidPlatform;

    /// Accepts `os/arch/variant`, `os/arch`, `arch`, and the common names `x86_64`, `aarch64`, `armhf`, `armel`, `i386`.
    fn from_str(text: &str) -> Result<Self, InvalidPlatform> {
        let invalid = || InvalidPlatform { text: text.chars().take(100).collect() };
        let plain = |part: &&str| {
            !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c))
        };
        let parts: Vec<&str> = text.split('/').collect();
        if parts.len() > 3 || !parts.iter().all(plain) {
            return Err(invalid());
        }
        let (os, rest) = match parts.as_slice() {
            [architecture] if *architecture != "linux" => ("linux", vec![*architecture]),
            [os] => (*os, vec![]),
            [os, rest @ ..] => (*os, rest.to_vec()),
            [] => return Err(invalid()),
        };
        let Some(architecture) = rest.first() else {
            return Ok(Self::host());
        };
        let (architecture, implied) = match architecture.to_ascii_lowercase().as_str() {
            "x86_64" | "x86-64" | "amd64" => ("amd64".into(), None),
            "aarch64" | "arm64" => ("arm64".into(), None),
            "i386" | "386" => ("386".into(), None),
            "armhf" => ("arm".into(), Some("v7".to_owned())),
            "armel" => ("arm".into(), Some("v6".to_owned())),
            other => (other.to_owned(), None),
        };
        // v8 is what arm64 means without a variant
        let variant = rest
            .get(1)
            .map(|v| (*v).to_owned())
            .or(implied)
            .filter(|v| !(architecture == "arm64" && v == "v8"));
        Ok(Self { os: os.to_ascii_lowercase(), architecture, variant })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_variant_is_preferred() {
        let rank = |own: &str, other: &str| {
            own.parse::<Platform>().unwrap().preference(&other.parse::<Platform>().unwrap())
        };
        assert_eq!(rank("linux/arm/v7", "linux/arm/v7"), Some(0));
        assert!(rank("linux/arm/v7", "linux/arm/v6") < rank("linux/arm/v7", "linux/arm/v5"));
        assert_eq!(rank("linux/arm/v6", "linux/arm/v7"), None);
        assert_eq!(rank("linux/arm", "linux/arm/v7"), Some(0));
        assert_eq!(rank("linux/arm64", "linux/arm64/v8"), Some(0));
        assert_eq!(rank("linux/amd64", "linux/arm64"), None);
        assert!(rank("linux/amd64", "linux/amd64") < rank("linux/amd64", "linux/amd64/v2"));
        assert!(rank("linux/amd64/v3", "linux/amd64/v2") < rank("linux/amd64/v3", "linux/amd64"));
    }

    #[test]
    fn parses_dockers_forms() {
        for (text, shown) in [
            ("linux/amd64", "linux/amd64"),
            ("amd64", "linux/amd64"),
            ("linux/x86_64", "linux/amd64"),
            ("linux/arm64/v8", "linux/arm64"),
            ("linux/arm/v7", "linux/arm/v7"),
            ("armhf", "linux/arm/v7"),
        ] {
            assert_eq!(text.parse::<Platform>().unwrap().to_string(), shown, "{text}");
        }
        for bad in ["", "/", "linux/", "a/b/c/d", "linux/am d64"] {
            assert!(bad.parse::<Platform>().is_err(), "{bad}");
        }
    }
}
