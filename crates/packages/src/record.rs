//! Where package managers keep their records.

use std::fmt;

/// A way of packaging, with the program that manages its packages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Packaging {
    /// Debian's, Ubuntu's, and what distroless images take their packages from.
    Dpkg,
    /// Alpine's.
    Apk,
    /// Arch Linux's.
    Pacman,
    /// Fedora's, Red Hat's and SUSE's. Its databases are recognised, not read.
    Rpm,
}

impl fmt::Display for Packaging {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Dpkg => "dpkg",
            Self::Apk => "apk",
            Self::Pacman => "pacman",
            Self::Rpm => "rpm",
        })
    }
}

/// How a record is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// One file with a paragraph of text for every package.
    Text,
    /// A directory with a file or a directory for every package.
    Directory,
    /// SQLite: rpm 4.16 and later.
    Sqlite,
    /// Berkeley DB: rpm before 4.16.
    BerkeleyDb,
    /// rpm's own format, which SUSE uses.
    Ndb,
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Directory => "directory",
            Self::Sqlite => "SQLite",
            Self::BerkeleyDb => "Berkeley DB",
            Self::Ndb => "ndb",
        })
    }
}

/// A place that tells by being there that a package manager was at work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Record {
    /// Whose it is.
    pub packaging: Packaging,
    /// The path in the image; for [`Form::Directory`] it is a directory.
    pub path: &'static str,
    /// How it is written.
    pub form: Form,
}

/// All places where records are. An image may have several.
pub const RECORDS: &[Record] = &[
    Record { packaging: Packaging::Dpkg, path: "/var/lib/dpkg/status", form: Form::Text },
    // distroless images: a stanza a file
    Record { packaging: Packaging::Dpkg, path: "/var/lib/dpkg/status.d", form: Form::Directory },
    Record { packaging: Packaging::Apk, path: "/lib/apk/db/installed", form: Form::Text },
    Record { packaging: Packaging::Apk, path: "/usr/lib/apk/db/installed", form: Form::Text },
    Record { packaging: Packaging::Pacman, path: "/var/lib/pacman/local", form: Form::Directory },
    Record { packaging: Packaging::Rpm, path: "/var/lib/rpm/rpmdb.sqlite", form: Form::Sqlite },
    Record { packaging: Packaging::Rpm, path: "/usr/lib/sysimage/rpm/rpmdb.sqlite", form: Form::Sqlite },
    Record { packaging: Packaging::Rpm, path: "/var/lib/rpm/Packages", form: Form::BerkeleyDb },
    Record { packaging: Packaging::Rpm, path: "/usr/lib/sysimage/rpm/Packages", form: Form::BerkeleyDb },
    Record { packaging: Packaging::Rpm, path: "/var/lib/rpm/Packages.db", form: Form::Ndb },
    Record { packaging: Packaging::Rpm, path: "/usr/lib/sysimage/rpm/Packages.db", form: Form::Ndb },
];
