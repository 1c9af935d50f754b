//! What an errno usually means when nothing in the image explains it.

use super::fault::Fault;
use crate::refusal::Refusal;
use crate::text::shown;

/// The likely reasons of a refusal for a program whose file looks right.
pub(super) fn fault(refusal: Refusal, path: &str, mode: Option<u32>) -> Fault {
    let path = shown(path);
    let (cause, hint) = match refusal {
        Refusal::PermissionDenied => return denied(&path, mode),
        Refusal::NotFound => (
            format!("{path} and what it names are in the image"),
            Some(
                "if it is for another machine, the emulator registered with binfmt_misc may be \
                     missing inside the image: register it with the flag F",
            ),
        ),
        Refusal::ExecFormat | Refusal::BadLoader | Refusal::InputOutput => (
            format!("nothing wrong is visible in the first bytes of {path}"),
            Some("check the file: it may be damaged or cut short further on"),
        ),
        Refusal::NotPermitted => (
            format!("a security policy forbids executing {path}"),
            Some("look at the seccomp profile and the security modules of the host"),
        ),
        Refusal::TextBusy => {
            (format!("a process has {path} open for writing"), Some("let the writer close the file first"))
        }
        Refusal::ArgumentsTooLong => (
            "the arguments and the environment together are larger than the kernel takes".to_owned(),
            Some(
                "one argument or variable may have 128 KiB, all of them a quarter of the stack \
                     limit (--ulimit stack)",
            ),
        ),
        Refusal::OutOfMemory => (
            format!("there is not enough memory to load {path}"),
            Some("raise the container's memory limit (--memory)"),
        ),
        Refusal::TooManyLevels => (format!("the links on the way to {path} go in a circle"), None),
        Refusal::NameTooLong => (
            format!(
                "{path} is longer than 4095 bytes, or a part of it than \
             255"
            ),
            None,
        ),
        _ => (format!("nothing wrong is visible in {path}"), None),
    };
    Fault::new(refusal, cause).with_maybe_hint(hint.map(str::to_owned))
}

fn denied(path: &str, mode: Option<u32>) -> Fault {
    let open = mode.is_none_or(|mode| mode & 0o001 != 0);
    let cause = match mode {
        Some(mode) if !open => {
            format!("{path} has mode {:04o}, which does not let every user execute it", mode & 0o7777)
        }
        _ => format!(
            "{path} is executable, but a directory above it is closed to the user, its mount is \
                 noexec, or a security module forbids it"
        ),
    };
    let hint = (!open).then(|| format!("COPY --chmod=755, or RUN chmod a+rx {path}"));
    Fault::new(Refusal::PermissionDenied, cause).with_maybe_hint(hint)
}
