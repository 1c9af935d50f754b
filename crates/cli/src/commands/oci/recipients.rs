//! The flags that say who is given what of a new process.

use std::path::PathBuf;

/// Flags of `create`, `run` and `exec`.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Recipients {
    /// Socket that gets the other end of the terminal
    #[arg(long, value_name = "PATH")]
    pub(super) console_socket: Option<PathBuf>,
    /// File for the process id
    #[arg(long, value_name = "FILE")]
    pid_file: Option<PathBuf>,
    /// Socket that gets a descriptor of the process
    #[arg(long, value_name = "PATH")]
    pidfd_socket: Option<PathBuf>,
}

impl From<Recipients> for lifecycle::Recipients {
    fn from(flags: Recipients) -> Self {
        let Recipients { console_socket, pid_file, pidfd_socket } = flags;
        Self { console_socket, pid_file, pidfd_socket }
    }
}
