//! A program that is not in the image: how much of its path is, and what is there instead.

use super::fault::Fault;
use crate::look::{Look, Root};
use crate::refusal::Refusal;
use crate::request::{Form, Request};
use crate::text::{absolute, file_name, shown};

/// The most directories of a missing path that are looked at.
const PARENTS: usize = 12;
/// Where programs usually lie.
const STANDARD: [&str; 6] = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/sbin", "/sbin"];
/// Programs by names that images often have instead.
const STAND_INS: [(&str, &str); 9] = [
    ("bash", "sh"),
    ("dash", "sh"),
    ("ash", "sh"),
    ("zsh", "sh"),
    ("ksh", "sh"),
    ("python", "python3"),
    ("python2", "python3"),
    ("nodejs", "node"),
    ("node", "nodejs"),
];

/// The fault of an absolute path that is missing.
pub(super) fn path(root: &mut Root<'_>, request: &Request<'_>, path: &str) -> Fault {
    if request.form == Form::Shell {
        return no_shell(root, path);
    }
    let (refusal, cause) = gap(root, path);
    let hint = slip(request.program).or_else(|| instead(root, path).map(|other| other.hint()));
    Fault::new(refusal, cause).with_maybe_hint(hint.or_else(|| shell_less(path)))
}

/// The fault of a bare name that no directory of `PATH` has.
pub(super) fn name(root: &mut Root<'_>, request: &Request<'_>) -> Fault {
    let name = request.program;
    if request.form == Form::Shell {
        return Fault { refusal: Refusal::NotInPath, ..no_shell(root, name) };
    }
    let hint = slip(name).or_else(|| {
        let here = absolute(request.working_directory, name);
        if root.has_program(&here) {
            return Some(format!("the working directory has it: write ./{}", shown(name)));
        }
        match instead(root, name) {
            Some(Instead::Elsewhere(path)) => {
                Some(format!("the image has {path}, outside PATH: write the full path"))
            }
            Some(other) => Some(other.hint()),
            None => shell_less(name),
        }
    });
    Fault::new(Refusal::NotInPath, nowhere(request, name)).with_maybe_hint(hint)
}

/// `PATH` in a sentence: `none of /usr/bin:/bin has app`.
pub(super) fn nowhere(request: &Request<'_>, name: &str) -> String {
    match request.search_path {
        None => format!("PATH is not set, so {} is looked for nowhere", shown(name)),
        Some("") => format!("PATH is empty, so {} is looked for nowhere", shown(name)),
        Some(path) => format!("none of {} has {}", shown(path), shown(name)),
    }
}

fn no_shell(root: &mut Root<'_>, shell: &str) -> Fault {
    let cause = format!("the image has no shell {}, which the shell form of a command needs", shown(shell));
    let hint = match instead(root, shell) {
        Some(Instead::Elsewhere(path) | Instead::StandIn(path)) => {
            format!("the image has {path}: write SHELL [\"{path}\", \"-c\"] before the command")
        }
        None => "write the command in the exec form, as words: [\"/app\", \"--flag\"]".to_owned(),
    };
    Fault::new(Refusal::NotFound, cause).with_hint(hint)
}

/// A remark for somebody who asks an image without a shell for one.
fn shell_less(program: &str) -> Option<String> {
    let is_shell = ["sh", "bash", "ash", "dash"].contains(&file_name(program));
    is_shell.then(|| "the image may have no shell at all: run its own program instead".to_owned())
}

/// How far a missing path exists.
pub(super) fn gap(root: &mut Root<'_>, path: &str) -> (Refusal, String) {
    let parents = path.char_indices().skip(1).filter(|(_, char)| *char == '/').map(|(end, _)| &path[..end]);
    for parent in parents.take(PARENTS) {
        match root.at(parent) {
            Some(Look::Directory) => {}
            Some(Look::Missing) => {
                let cause = format!("the image has no {}, nor the directory {}", shown(path), shown(parent));
                return (Refusal::NotFound, cause);
            }
            Some(Look::DanglingLink(target)) => {
                let dangling = Fault::dangling(parent, &target);
                return (dangling.refusal, dangling.cause);
            }
            Some(Look::File { .. } | Look::Special) => {
                return (Refusal::NotADirectory, format!("{} is a file, not a directory", shown(parent)));
            }
            Some(Look::NotADirectory | Look::Unreadable) | None => break,
        }
    }
    (Refusal::NotFound, format!("the image has no {}", shown(path)))
}

/// A slip of the pen that is visible in the program's name itself.
fn slip(program: &str) -> Option<String> {
    if program.ends_with(['\r', '\n']) {
        return Some(
            "the name ends in a line break: save the file that it comes from with Unix line ends".to_owned(),
        );
    }
    let words: Vec<String> =
        program.split_ascii_whitespace().map(|word| format!("\"{}\"", shown(word))).collect();
    if words.len() < 2 {
        return None;
    }
    Some(format!("this is one word with blanks in it; write the words apart: [{}]", words.join(", ")))
}

/// What an image has instead of a program that it lacks.
pub(super) enum Instead {
    /// The same program elsewhere.
    Elsewhere(String),
    /// One that may do its work.
    StandIn(String),
}

impl Instead {
    pub(super) fn hint(&self) -> String {
        match self {
            Self::Elsewhere(path) => format!("the image has {path}"),
            Self::StandIn(path) => format!("the image has {path}, which may do instead"),
        }
    }
}

/// Looks where programs usually lie for a missing one, and for what often stands in for it.
pub(super) fn instead(root: &mut Root<'_>, path: &str) -> Option<Instead> {
    let name = file_name(path);
    if name.is_empty() || name == "." || name == ".." {
        return None;
    }
    if let Some(found) = standard(root, name, path) {
        return Some(Instead::Elsewhere(found));
    }
    let (_, other) = STAND_INS.iter().find(|(missing, _)| *missing == name)?;
    standard(root, other, path).map(Instead::StandIn)
}

fn standard(root: &mut Root<'_>, name: &str, missing: &str) -> Option<String> {
    let candidates = STANDARD.iter().map(|directory| format!("{directory}/{name}"));
    candidates
        .filter(|candidate| candidate != missing)
        .find(|candidate| root.has_program(candidate))
        .map(|path| shown(&path))
}
