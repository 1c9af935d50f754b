//! Why a program could not be executed, in words: the root is looked into, `elf` judges.

pub(crate) mod contradiction;

use crate::error::Error;
use crate::record::Record;
use elf::{Look, Request};
use oci::image::Execution;
use std::io::Read;
use std::os::fd::BorrowedFd;
use std::path::Path;
use sys::Errno;
use sys::fs::{FileType, Mode, OFlags};

/// What is known of the attempt.
#[derive(Debug)]
pub(crate) struct Attempt<'a> {
    pub(crate) program: &'a str,
    pub(crate) errno: i32,
    pub(crate) environment: &'a [String],
    pub(crate) working_directory: &'a str,
    pub(crate) shell_form: bool,
}

/// Explains a failed execution in the root `root`.
pub(crate) fn explain(root: BorrowedFd<'_>, attempt: &Attempt<'_>) -> Error {
    let path = attempt.environment.iter().rev().find_map(|v| v.strip_prefix("PATH="));
    let mut request = Request::new(attempt.program);
    request.search_path = Some(path.unwrap_or(crate::spec::DEFAULT_PATH));
    if !attempt.working_directory.is_empty() {
        request.working_directory = attempt.working_directory;
    }
    request.errno = Some(attempt.errno);
    request.isa_level = elf::IsaLevel::host();
    if attempt.shell_form {
        request.form = elf::Form::Shell;
    }
    let diagnosis = elf::diagnose(&request, &mut |path| look(root, path));
    Error::NotExecuted { message: format!("{diagnosis:#}"), code: diagnosis.exit_code }
}

fn look(root: BorrowedFd<'_>, path: &str) -> Look {
    let handle = match sys::rooted::open_handle(root, Path::new(path)) {
        Ok(handle) => handle,
        Err(Errno::NOENT) => return Look::Missing,
        Err(Errno::NOTDIR) => return Look::NotADirectory,
        Err(_) => return Look::Unreadable,
    };
    let Ok(stat) = sys::fs::fstat(&handle) else { return Look::Unreadable };
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::Directory => Look::Directory,
        FileType::RegularFile => {
            let flags = OFlags::RDONLY | OFlags::NONBLOCK;
            let Ok(file) = sys::rooted::open(root, Path::new(path), flags, Mode::empty()) else {
                return Look::Unreadable;
            };
            let mut head = Vec::new();
            match std::fs::File::from(file).take(elf::HEAD_BYTES as u64).read_to_end(&mut head) {
                Ok(_) => Look::File { mode: stat.st_mode & 0o7777, head },
                Err(_) => Look::Unreadable,
            }
        }
        _ => Look::Special,
    }
}

/// Whether a command is a line for the shell: what Docker makes of a shell form.
pub(crate) fn is_shell_form(command: &[String]) -> bool {
    matches!(command, [shell, flag, ..] if shell.ends_with("sh") && flag == "-c")
}

/// A failed launch in words: an error of execve becomes a diagnosis, a failed step names itself and its object.
pub(crate) fn of_launch(error: Error, root: BorrowedFd<'_>, record: &Record) -> Error {
    match error {
        Error::Runtime(runtime::Error::Exec { program, errno }) => {
            let attempt = Attempt {
                program: &program,
                errno: errno.raw_os_error(),
                environment: &record.execution.env,
                working_directory: &record.execution.working_dir,
                shell_form: is_shell_form(&record.command),
            };
            let explained = explain(root, &attempt);
            let told = Execution { entrypoint: Some(vec![program]), cmd: None, ..record.execution.clone() };
            match (explained, contradiction::contradiction(root, &told, &record.platform)) {
                (Error::NotExecuted { message, code }, Some(contradiction)) => {
                    Error::NotExecuted { message: format!("{message}\nnote: {contradiction}"), code }
                }
                (explained, _) => explained,
            }
        }
        Error::Runtime(runtime::Error::Step { step, object, errno }) => {
            let colon = if object.is_empty() { "" } else { ": " };
            let reason = format!("{step}{colon}{object}: {errno}");
            Error::NotStarted { container: record.name.clone(), reason }
        }
        other => other,
    }
}
