//! Which files packages have: `info/*.list`, `info/*.md5sums` and `diversions`.

use crate::error::{Error, Problem};
use crate::line::{absolute, lines, lossy, path};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Reads `/var/lib/dpkg/info/<name>.list`: the absolute paths of a package's files and directories,
/// one a line. The root, `/.`, becomes `/`.
///
/// # Errors
/// A line that is no absolute path.
pub fn list(text: &[u8]) -> Result<Vec<&Path>, Error> {
    lines(text).map(|(line, text)| absolute(text, line)).collect()
}

/// A file's checksum as the package brought it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Md5sum {
    /// MD5 of the file's bytes.
    pub digest: [u8; 16],
    /// The absolute path, before diversions.
    pub path: PathBuf,
}

/// Reads `/var/lib/dpkg/info/<name>.md5sums` or `/var/lib/dpkg/status.d/<name>.md5sums`, in form the
/// output of `md5sum` for paths below the root. It has the regular files without conffiles.
///
/// Distroless images have no lists: there it is all that tells of a package's files.
///
/// # Errors
/// A line without a checksum or without a path.
pub fn md5sums(text: &[u8]) -> Result<Vec<Md5sum>, Error> {
    let mut found = Vec::new();
    for (line, text) in lines(text).filter(|(_, text)| !text.is_empty()) {
        let (digits, rest) = text.split_first_chunk::<32>().ok_or(Problem::Checksum.at(line))?;
        let digest = digest(digits).ok_or(Problem::Checksum.at(line))?;
        // two blanks, or a blank and an asterisk for what `md5sum` calls binary
        let name = rest.strip_prefix(b"  ").or_else(|| rest.strip_prefix(b" *"));
        let name = name.ok_or(Problem::Path.at(line))?;
        let below = path(name.strip_prefix(b"./").unwrap_or(name), line)?;
        found.push(Md5sum { digest, path: Path::new("/").join(below) });
    }
    Ok(found)
}

fn digest(digits: &[u8; 32]) -> Option<[u8; 16]> {
    let mut digest = [0; 16];
    for (byte, pair) in digest.iter_mut().zip(digits.chunks_exact(2)) {
        let [high, low] = [pair[0], pair[1]].map(|digit| char::from(digit).to_digit(16));
        *byte = u8::try_from(high? * 16 + low?).ok()?;
    }
    Some(digest)
}

/// A path that packages give away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diversion {
    /// Where the files of all other packages go.
    pub to: PathBuf,
    /// The package that keeps the path for its own file; `None` if the administrator diverted it
    /// from all packages.
    pub by: Option<String>,
}

/// `/var/lib/dpkg/diversions`: files that are elsewhere than their packages say (dpkg-divert(1)).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Diversions {
    by_path: HashMap<PathBuf, Diversion>,
}

impl Diversions {
    /// Reads the file: three lines each, the path, the path instead, and the package that has it so
    /// (`:` for none).
    ///
    /// # Errors
    /// A line that is no absolute path; an entry of less than three lines.
    pub fn read(text: &[u8]) -> Result<Self, Error> {
        let mut by_path = HashMap::new();
        let mut lines = lines(text);
        while let Some((line, from)) = lines.next() {
            let from = absolute(from, line)?.to_owned();
            let (line, to) = lines.next().ok_or(Problem::Cut.at(line))?;
            let to = absolute(to, line)?.to_owned();
            let (_, by) = lines.next().ok_or(Problem::Cut.at(line))?;
            let by = (by != b":").then(|| lossy(by));
            by_path.insert(from, Diversion { to, by });
        }
        Ok(Self { by_path })
    }

    /// Where the file is that a package's list calls `path`. The package is named without architecture.
    pub fn place<'a>(&'a self, path: &'a Path, package: &str) -> &'a Path {
        match self.by_path.get(path) {
            Some(diversion) if diversion.by.as_deref() != Some(package) => &diversion.to,
            _ => path,
        }
    }

    /// All diverted paths, in no order.
    pub fn iter(&self) -> impl Iterator<Item = (&Path, &Diversion)> {
        self.by_path.iter().map(|(path, diversion)| (path.as_path(), diversion))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_paths() {
        let found = list(b"/.\n/etc\n/etc/a file\n/etc/\xff\n").expect("a good list");
        assert_eq!(found[..3], ["/", "/etc", "/etc/a file"].map(Path::new));
        assert_eq!(found.len(), 4);
        assert_eq!(list(b"/a\n\n/b\n"), Err(Problem::Path.at(2)));
        assert_eq!(list(b"/a\nb"), Err(Problem::Path.at(2)));
        assert_eq!(list(b"/a/../../b"), Err(Problem::Path.at(1)));
        assert_eq!(list(b""), Ok(Vec::new()));
    }

    #[test]
    fn checksums_have_absolute_paths() {
        let text = b"c4a13a7eb0f0f4d5d5d35a06e0a0bd9b  bin/dash\nd41d8cd98f00b204e9800998ecf8427e  ./a  b\n";
        let found = md5sums(text).expect("good sums");
        assert_eq!(found[0].path, Path::new("/bin/dash"));
        assert_eq!(found[0].digest[..3], [0xc4, 0xa1, 0x3a]);
        assert_eq!(found[1].path, Path::new("/a  b"));
        for (text, problem) in [
            ("c4a13a7e  bin/dash", Problem::Checksum),
            ("+4a13a7eb0f0f4d5d5d35a06e0a0bd9b  bin/dash", Problem::Checksum),
            ("c4a13a7eb0f0f4d5d5d35a06e0a0bd9b bin/dash", Problem::Path),
            ("c4a13a7eb0f0f4d5d5d35a06e0a0bd9b  ", Problem::Path),
            ("c4a13a7eb0f0f4d5d5d35a06e0a0bd9b  ../x", Problem::Path),
        ] {
            assert_eq!(md5sums(format!("\n{text}").as_bytes()), Err(problem.at(2)), "{text}");
        }
    }

    #[test]
    fn diverted_files_are_elsewhere_but_for_who_diverts() {
        let text = b"/usr/bin/perf\n/usr/bin/perf.wrapper\nlinux-perf\n/etc/motd\n/etc/motd.dist\n:\n";
        let diversions = Diversions::read(text).expect("good diversions");
        let place = |path, package| diversions.place(Path::new(path), package).to_owned();
        assert_eq!(place("/usr/bin/perf", "linux-base"), Path::new("/usr/bin/perf.wrapper"));
        assert_eq!(place("/usr/bin/perf", "linux-perf"), Path::new("/usr/bin/perf"));
        assert_eq!(place("/etc/motd", "base-files"), Path::new("/etc/motd.dist"));
        assert_eq!(place("/etc/passwd", "base-files"), Path::new("/etc/passwd"));
        assert_eq!(diversions.iter().count(), 2);
        assert_eq!(Diversions::read(b"/a\n/b\n"), Err(Problem::Cut.at(2)));
        assert_eq!(Diversions::read(b"/a\nb\nc\n"), Err(Problem::Path.at(2)));
    }
}
