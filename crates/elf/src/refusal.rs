//! The kernel's refusals of an `execve`, in its own words.

use thiserror::Error;

/// Why a program was not executed: an errno of `execve(2)`, or what stands in for one.
///
/// `Display` gives the words that `strerror` and Docker's messages use, in lower case; Docker's
/// command line derives its exit codes from these very substrings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Error)]
pub enum Refusal {
    /// `ENOENT`: the file, its loader or its script interpreter is missing.
    #[error("no such file or directory")]
    NotFound,
    /// No errno: a bare name that no directory of `PATH` has.
    #[error("executable file not found in $PATH")]
    NotInPath,
    /// `ENOTDIR`: a file where the path wants a directory.
    #[error("not a directory")]
    NotADirectory,
    /// `EISDIR`, and Docker's word for a program that is a directory (the kernel says `EACCES`).
    #[error("is a directory")]
    IsADirectory,
    /// `EACCES`: no execute permission, a special file, a closed directory, a `noexec` mount.
    #[error("permission denied")]
    PermissionDenied,
    /// `EPERM`: a security policy.
    #[error("operation not permitted")]
    NotPermitted,
    /// `ENOEXEC`: nothing that this kernel executes.
    #[error("exec format error")]
    ExecFormat,
    /// `ELOOP`: too many symbolic links, or scripts run by scripts.
    #[error("too many levels of symbolic links")]
    TooManyLevels,
    /// `ENAMETOOLONG`.
    #[error("file name too long")]
    NameTooLong,
    /// `E2BIG`.
    #[error("argument list too long")]
    ArgumentsTooLong,
    /// `ETXTBSY`: somebody has the file open for writing.
    #[error("text file busy")]
    TextBusy,
    /// `ENOMEM`.
    #[error("cannot allocate memory")]
    OutOfMemory,
    /// `ELIBBAD`: the loader is not one that this kernel accepts.
    #[error("accessing a corrupted shared library")]
    BadLoader,
    /// `EIO`: among others, a file that ends too early.
    #[error("input/output error")]
    InputOutput,
    /// `EINVAL`: among others, an ELF with more than one loader.
    #[error("invalid argument")]
    Invalid,
    /// No errno: the program would be killed by `SIGILL`.
    #[error("illegal instruction")]
    IllegalInstruction,
    /// Another errno.
    #[error("errno {0}")]
    Other(i32),
    /// No errno was given and no fault found.
    #[error("cannot be executed")]
    Unstated,
}

impl Refusal {
    /// The refusal that an errno of Linux's generic numbering means (`asm-generic/errno.h`; MIPS,
    /// SPARC, Alpha and PA-RISC number a few differently, which then come out as [`Refusal::Other`]).
    pub fn from_errno(errno: i32) -> Self {
        match errno {
            1 => Self::NotPermitted,
            2 => Self::NotFound,
            5 => Self::InputOutput,
            7 => Self::ArgumentsTooLong,
            8 => Self::ExecFormat,
            12 => Self::OutOfMemory,
            13 => Self::PermissionDenied,
            20 => Self::NotADirectory,
            21 => Self::IsADirectory,
            22 => Self::Invalid,
            26 => Self::TextBusy,
            36 => Self::NameTooLong,
            40 => Self::TooManyLevels,
            80 => Self::BadLoader,
            other => Self::Other(other),
        }
    }

    /// Docker's exit code: 127 for what is not found, 126 for what is found but cannot be invoked.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::NotFound | Self::NotInPath | Self::NotADirectory => 127,
            _ => 126,
        }
    }

    /// Whether a fault that predicts `self` explains the errno that the kernel gave.
    pub(crate) fn explains(self, given: Self) -> bool {
        self == given
            || match given {
                Self::NotFound => matches!(self, Self::NotInPath | Self::NotADirectory),
                Self::NotADirectory => self == Self::NotFound,
                Self::PermissionDenied => self == Self::IsADirectory,
                Self::ExecFormat | Self::BadLoader | Self::InputOutput => {
                    matches!(self, Self::ExecFormat | Self::BadLoader | Self::InputOutput)
                }
                _ => false,
            }
    }

    /// Whether Docker has a word of its own for this, more exact than the errno.
    pub(crate) fn sharpens_errno(self) -> bool {
        matches!(self, Self::NotInPath | Self::IsADirectory)
    }
}
