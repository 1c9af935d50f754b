//! The cause of a program's failing to start.

mod absent;
mod binary;
mod fault;
mod follow;
mod loading;
mod search;
mod subject;
mod unexplained;

use std::fmt;

use crate::look::{Look, Root};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::text::shown;
use fault::Fault;
use follow::Walk;
use search::Located;

/// Why a program was not executed.
///
/// `Display` gives one line with Docker's words and the cause; with `{:#}` the hint follows on a
/// line of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// The program as it was typed.
    pub program: String,
    /// Docker's exit code: 127 for what is not found, 126 for what cannot be invoked.
    pub exit_code: u8,
    /// The errno in the kernel's own words, by its `Display`.
    pub kernel: Refusal,
    /// What is wrong, in one line.
    pub cause: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "exec: \"{}\": {}: {}", shown(&self.program), self.kernel, self.cause)?;
        match &self.hint {
            Some(hint) if out.alternate() => write!(out, "\nhint: {hint}"),
            _ => Ok(()),
        }
    }
}

impl std::error::Error for Diagnosis {}

/// Finds out why the kernel does not execute a program.
///
/// `look` answers what an absolute path is inside the image's root; it follows symbolic links
/// inside that root and is called at most [`LOOK_LIMIT`](crate::LOOK_LIMIT) times. With an errno
/// the kernel's words are that errno's, even where the visible fault would have given another one
/// (the cause then says so); without it they are what the kernel would say.
pub fn diagnose(request: &Request<'_>, look: &mut dyn FnMut(&str) -> Look) -> Diagnosis {
    let mut root = Root::new(look);
    let (fault, found) = match search::locate(&mut root, request) {
        Located::At(path, look) => {
            let mode = if let Look::File { mode, .. } = look { Some(mode) } else { None };
            let fault = Walk::new(&mut root, request).file(&path, look);
            (fault, Some((path, mode)))
        }
        Located::Absent(fault) => (Some(fault), None),
        Located::Undecided => (None, None),
    };
    let given = request.errno.map(Refusal::from_errno);
    let fault = match (fault, given) {
        (Some(fault), None) => fault,
        (Some(fault), Some(given)) if fault.refusal.explains(given) => fault.told_as(given),
        (fault, given) => {
            let (path, mode) = found.unwrap_or_else(|| (request.program.to_owned(), None));
            unexplained::fault(given.unwrap_or(Refusal::Unstated), &path, mode).besides(fault)
        }
    };
    conclude(request, fault)
}

/// What is visibly wrong with a program that nobody has tried to execute; nothing if the kernel would execute it, as far as can be seen.
///
/// `look` is as for [`diagnose`].
pub fn examine(request: &Request<'_>, look: &mut dyn FnMut(&str) -> Look) -> Option<Diagnosis> {
    let mut root = Root::new(look);
    let fault = match search::locate(&mut root, request) {
        Located::At(path, look) => Walk::new(&mut root, request).file(&path, look)?,
        Located::Absent(fault) => fault,
        Located::Undecided => return None,
    };
    Some(conclude(request, fault))
}

fn conclude(request: &Request<'_>, fault: Fault) -> Diagnosis {
    Diagnosis {
        program: request.program.to_owned(),
        exit_code: fault.refusal.exit_code(),
        kernel: fault.refusal,
        cause: fault.cause,
        hint: fault.hint,
    }
}
