//! Finding the program that a command names, as `execvp` and Docker do.

use super::absent;
use super::fault::Fault;
use crate::look::{Look, Root};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::text::{absolute, shown};

/// The most directories of `PATH` that are searched.
const DIRECTORIES: usize = 20;
/// `EACCES`, which tells a program that is there from one that is not.
const EACCES: i32 = 13;

/// Where a command leads.
pub(super) enum Located {
    /// Something is there, at this absolute path.
    At(String, Look),
    /// Nothing is there.
    Absent(Fault),
    /// The look-ups did not suffice to say.
    Undecided,
}

/// Finds the program of a request.
pub(super) fn locate(root: &mut Root<'_>, request: &Request<'_>) -> Located {
    let program = request.program;
    if program.is_empty() {
        let fault = Fault::new(Refusal::NotInPath, "the command is empty");
        return Located::Absent(fault.with_hint("name a program, or set CMD or ENTRYPOINT in the image"));
    }
    if !program.contains('/') {
        return locate_name(root, request);
    }
    let path = absolute(request.working_directory, program);
    match root.at(&path) {
        None => Located::Undecided,
        Some(Look::Missing) => Located::Absent(absent::path(root, request, &path)),
        Some(found) => Located::At(path, found),
    }
}

fn locate_name(root: &mut Root<'_>, request: &Request<'_>) -> Located {
    match in_search_path(root, request, request.program) {
        Searched::At(path, look) => Located::At(path, look),
        Searched::Nowhere => Located::Absent(absent::name(root, request)),
        // `execvp` goes on after EACCES and reports it in the end; Docker says that it found nothing
        Searched::Barred(path, look) if request.errno == Some(EACCES) => Located::At(path, look),
        Searched::Barred(path, look) => {
            let fault = match look {
                Look::File { mode, .. } => Fault::not_executable(&path, mode),
                Look::DanglingLink(target) => Fault::dangling(&path, &target),
                _ => Fault::new(Refusal::NotInPath, format!("{} cannot be read", shown(&path))),
            };
            Located::Absent(Fault { refusal: Refusal::NotInPath, ..fault })
        }
        Searched::Undecided => Located::Undecided,
    }
}

/// What a search through `PATH` gave.
pub(super) enum Searched {
    /// The first program of that name that somebody may execute.
    At(String, Look),
    /// Only a file that nobody may execute or read, or a link that leads nowhere; the first one.
    Barred(String, Look),
    /// No directory has the name.
    Nowhere,
    /// The look-ups did not suffice to say.
    Undecided,
}

/// Searches the directories of `PATH`; an empty entry is the working directory, as in POSIX.
pub(super) fn in_search_path(root: &mut Root<'_>, request: &Request<'_>, name: &str) -> Searched {
    let mut barred = None;
    let directories = request.search_path.filter(|path| !path.is_empty()).into_iter();
    for directory in directories.flat_map(|path| path.split(':')).take(DIRECTORIES) {
        let path = absolute(
            request.working_directory,
            &format!("{}/{name}", absolute(request.working_directory, directory)),
        );
        match root.at(&path) {
            None => return Searched::Undecided,
            Some(found) if found.is_executable() => return Searched::At(path, found),
            Some(found @ (Look::File { .. } | Look::Unreadable | Look::DanglingLink(_))) => {
                barred.get_or_insert((path, found));
            }
            Some(_) => {}
        }
    }
    barred.map_or(Searched::Nowhere, |(path, look)| Searched::Barred(path, look))
}
