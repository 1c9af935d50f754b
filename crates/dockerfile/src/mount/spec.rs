//! What a mount means.

/// A mount with its variables replaced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MountSpec {
    /// Where it appears; relative to the working directory. Absent only for secrets and sockets.
    pub target: Option<String>,
    /// Whether writing is refused.
    pub read_only: bool,
    /// What appears there.
    pub kind: MountKind,
}

/// What a mount shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum MountKind {
    /// Files of the build context, a stage or an image. What is written is thrown away.
    Bind {
        /// The stage, image or context; absent: the build context.
        from: Option<String>,
        /// The path there; absent: its root.
        source: Option<String>,
    },
    /// A directory that later builds find again.
    Cache {
        /// Its name; absent: the cleaned target.
        id: Option<String>,
        /// What it is filled from the first time.
        from: Option<String>,
        /// The path there.
        source: Option<String>,
        /// What two builds at once do.
        sharing: Sharing,
        /// Mode (default 0755), user and group of the directory.
        owner: Ownership,
    },
    /// Memory.
    Tmpfs {
        /// The most that it takes, in bytes.
        size: Option<u64>,
    },
    /// A secret of the build; it enters neither layers nor cache keys.
    Secret {
        /// Its name; absent: the target's last component.
        id: Option<String>,
        /// The variable that also (or, without a target, instead) holds it.
        env: Option<String>,
        /// Whether its absence is an error.
        required: bool,
        /// Mode (default 0400), user and group of the file.
        owner: Ownership,
    },
    /// An agent's socket.
    Ssh {
        /// Its name; absent: `default`.
        id: Option<String>,
        /// Whether its absence is an error.
        required: bool,
        /// Mode (default 0600), user and group of the socket.
        owner: Ownership,
    },
}

/// How builds that run at once share a cache mount.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Sharing {
    /// Both write.
    #[default]
    Shared,
    /// The second gets its own.
    Private,
    /// The second waits.
    Locked,
}

/// Mode and owner of a mounted file or directory.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ownership {
    /// Permission bits.
    pub mode: Option<u32>,
    /// User id.
    pub uid: Option<u32>,
    /// Group id.
    pub gid: Option<u32>,
}
