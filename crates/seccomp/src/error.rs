//! What can be wrong with a profile or a stored program.

/// Why there is no program.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The profile asks for what no filter can do; the text names the place.
    #[error("seccomp profile: {0}")]
    Profile(String),
    /// The kernel takes no program of this size (`BPF_MAXINSNS`, linux/bpf_common.h).
    #[error(
        "seccomp profile needs more than 4096 instructions, the kernel's limit; \
         use fewer rules with arguments or fewer architectures"
    )]
    TooLong,
    /// Stored bytes are not a program that this crate wrote: compile the profile again.
    #[error("stored seccomp program: {0}")]
    Program(&'static str),
}
