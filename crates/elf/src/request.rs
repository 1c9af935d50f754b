//! What somebody asked to execute.

use crate::machine::{IsaLevel, Machine};

/// A command that the kernel refused, and what is known about the machine.
///
/// Start from [`Request::new`] and set what is known.
#[derive(Debug, Clone, Copy)]
pub struct Request<'a> {
    /// The program as it was typed: a path, or a bare name to be found in `search_path`.
    pub program: &'a str,
    /// The container's `PATH`, if it is set.
    pub search_path: Option<&'a str>,
    /// The container's working directory, absolute.
    pub working_directory: &'a str,
    /// The errno of the failed `execve`; `None` if it was not tried.
    pub errno: Option<i32>,
    /// The machine whose kernel should execute it.
    pub host: Machine,
    /// The instruction-set level of an x86-64 host, if the caller knows it.
    pub isa_level: Option<IsaLevel>,
    /// How the command was written.
    pub form: Form,
}

/// How a command was written in the Dockerfile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Form {
    /// As words (`CMD ["/app"]`), or on the command line.
    #[default]
    Exec,
    /// As one line for a shell (`CMD /app`): the program is the shell.
    Shell,
}

impl<'a> Request<'a> {
    /// A command typed as words, in `/`, without `PATH` or an errno, for this machine.
    pub fn new(program: &'a str) -> Self {
        Self {
            program,
            search_path: None,
            working_directory: "/",
            errno: None,
            host: Machine::host(),
            isa_level: None,
            form: Form::Exec,
        }
    }
}
