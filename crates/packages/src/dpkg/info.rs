//! The names of files in `/var/lib/dpkg/info` and `/var/lib/dpkg/status.d`.

use super::Package;

impl Package {
    /// The name of a file of the package in `/var/lib/dpkg/info`, such as `libc6:amd64.list`. The
    /// kind is what is behind the dot: `list`, `md5sums`, `conffiles`, `postinst`, …
    ///
    /// Names of packages for several architectures have theirs since dpkg 1.16.2; a directory without
    /// the file `format` is older, and its names are all [`plain`](Self::plain_info_name).
    pub fn info_name(&self, kind: &str) -> String {
        match &self.architecture {
            Some(architecture) if self.is_multi_arch_same => {
                format!("{}:{architecture}.{kind}", self.name)
            }
            _ => self.plain_info_name(kind),
        }
    }

    /// The name without an architecture, such as `bash.list`.
    pub fn plain_info_name(&self, kind: &str) -> String {
        format!("{}.{kind}", self.name)
    }

    /// The name of a file in `/var/lib/dpkg/info`, taken apart, is one of this package.
    pub fn has_info(&self, file: &InfoFile<'_>) -> bool {
        let is_of_architecture = file.architecture.is_none()
            || (self.is_multi_arch_same && file.architecture == self.architecture.as_deref());
        self.name == file.package && is_of_architecture
    }
}

/// The name of a file in `/var/lib/dpkg/info` or, without an architecture, of the checksums in
/// `/var/lib/dpkg/status.d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InfoFile<'a> {
    /// The package, without architecture.
    pub package: &'a str,
    /// Its architecture, if the name has one.
    pub architecture: Option<&'a str>,
    /// `list`, `md5sums`, `postinst`, …
    pub kind: &'a str,
}

impl<'a> InfoFile<'a> {
    /// Takes a name apart; `None` for `format` and others that belong to no package.
    pub fn parse(name: &'a str) -> Option<Self> {
        // the name of a package may have dots, the kind of a file has none
        let (whole, kind) = name.rsplit_once('.')?;
        let (package, architecture) = match whole.split_once(':') {
            Some((package, architecture)) => (package, Some(architecture)),
            None => (whole, None),
        };
        let is_some = !package.is_empty() && !kind.is_empty() && architecture != Some("");
        is_some.then_some(Self { package, architecture, kind })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_taken_apart() {
        let of = |name| InfoFile::parse(name).map(|file| (file.package, file.architecture, file.kind));
        assert_eq!(of("libc6:amd64.list"), Some(("libc6", Some("amd64"), "list")));
        assert_eq!(of("python3.11.postinst"), Some(("python3.11", None, "postinst")));
        for name in ["format", "", ".list", "a.", "a:.list", ":a.list"] {
            assert_eq!(of(name), None, "{name}");
        }
    }
}
