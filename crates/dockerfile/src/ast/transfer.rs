//! `COPY` and `ADD`.

use crate::{flags::Flag, heredoc::Heredoc};

/// What `COPY` and `ADD` have in common. Heredocs among the sources stand in `heredocs` alone; each
/// becomes a file of its name, mode 0644, with [`Heredoc::text`] as its content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// The sources as written: paths, patterns, and for `ADD` also addresses.
    pub sources: Vec<String>,
    /// The sources whose text follows the instruction.
    pub heredocs: Vec<Heredoc>,
    /// Where they go; relative to the working directory.
    pub destination: String,
    /// `--chown`: `user[:group]`, unexpanded.
    pub chown: Option<Flag<String>>,
    /// `--chmod`: octal or symbolic, unexpanded.
    pub chmod: Option<Flag<String>>,
    /// `--link`: a layer that does not depend on the one below.
    pub link: Option<Flag<bool>>,
    /// `--exclude`: patterns of what stays behind; no variables.
    pub exclude: Vec<Flag<String>>,
}

/// A `COPY` instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CopyFiles {
    /// Sources, destination and the shared flags.
    pub transfer: Transfer,
    /// `--from`: a stage's name or number, an image or a named context; no variables.
    pub from: Option<Flag<String>>,
    /// `--parents`: the sources' directories are kept; `./` in a source marks where they begin.
    pub parents: Option<Flag<bool>>,
    /// `--closure`: what the sources need to run comes along. An extension; other builders refuse it.
    pub closure: Option<Flag<ClosureSize>>,
}

/// How much `COPY --closure` takes beside the sources.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClosureSize {
    /// Loader and libraries with their links, and what every program may expect.
    Strict,
    /// Also what programs of this kind use without naming it, or only sometimes. What `--closure` alone means.
    Safe,
}

impl ClosureSize {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Safe => "safe",
        }
    }
}

/// An `ADD` instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AddFiles {
    /// Sources, destination and the shared flags.
    pub transfer: Transfer,
    /// `--checksum`: a digest, or the beginning of a commit for a git source; unexpanded.
    pub checksum: Option<Flag<String>>,
    /// `--keep-git-dir`: whether a git source keeps its `.git`.
    pub keep_git_dir: Option<Flag<bool>>,
    /// `--unpack`: whether an archive is unpacked. Absent: local ones are, remote ones are not.
    pub unpack: Option<Flag<bool>>,
}

impl Transfer {
    fn words(&self) -> Vec<&str> {
        let flags = [&self.chown, &self.chmod].into_iter().flatten().map(|flag| flag.value.as_str());
        let destination = std::iter::once(self.destination.as_str());
        self.sources.iter().map(String::as_str).chain(destination).chain(flags).collect()
    }
}

impl CopyFiles {
    pub(super) fn words(&self) -> Vec<&str> {
        self.transfer.words()
    }
}

impl AddFiles {
    pub(super) fn words(&self) -> Vec<&str> {
        let mut words = self.transfer.words();
        words.extend(self.checksum.as_ref().map(|flag| flag.value.as_str()));
        words
    }
}
