//! What the image's user may not do: execute the program, enter its directory, read its libraries.

use super::Case;
use super::finding::{Finding, shown};
use closure::{Id, Reason, find_program};
use runtime::accounts::{Accounts, Identity};
use std::os::fd::AsFd;

/// Bits of a mode, for the others.
const READ: u32 = 4;
const EXECUTE: u32 = 1;

/// Who `USER` is, by the image's own files; otherwise the reason why that cannot be told.
pub(super) fn identity(case: &Case<'_>) -> Result<Identity, String> {
    let accounts = Accounts::read(case.tree.as_fd().as_fd()).map_err(|error| error.to_string())?;
    accounts.identify(&case.setting.user, &[]).map_err(|error| error.to_string())
}

/// The first thing that is closed to the user.
pub(super) fn findings(case: &Case<'_>, identity: &Identity) -> Vec<Finding> {
    if identity.uid == 0 {
        return Vec::new();
    }
    program(case, identity).or_else(|| needed(case, identity)).into_iter().collect()
}

fn program(case: &Case<'_>, identity: &Identity) -> Option<Finding> {
    let path = find_program(case.tree, case.setting, &case.command[0])?;
    let found = case.tree.look(&path);
    let end = found.end?;
    let directories = found.way.iter().copied().filter(|id| case.tree.is_directory(*id));
    let closed = directories.chain([end]).find(|id| !may(case, identity, *id, EXECUTE));
    let is_script = || case.tree.content(end, 2).is_ok_and(|head| head == b"#!");
    let (closed, verb, exit_code) = match closed {
        Some(closed) => (closed, "execute", Some(126)),
        // its interpreter opens it, and says what it likes
        None if is_script() && !may(case, identity, end, READ) => (end, "read", None),
        None => return None,
    };
    Some(finding(case, exit_code, verb, end, closed))
}

/// Loader, interpreters and libraries.
fn needed(case: &Case<'_>, identity: &Identity) -> Option<Finding> {
    for (id, reason) in case.closure.files().filter(|(id, _)| case.tree.is_file(*id)) {
        let (bit, verb, exit_code) = match reason {
            Reason::Loader(_) | Reason::Interpreter(_) => (EXECUTE, "execute", 126),
            Reason::Needed(_) => (READ, "read", 127),
            _ => continue,
        };
        let closed = above(case, id).find(|directory| !may(case, identity, *directory, EXECUTE));
        if let Some(closed) = closed.or_else(|| Some(id).filter(|id| !may(case, identity, *id, bit))) {
            return Some(finding(case, Some(exit_code), verb, id, closed));
        }
    }
    None
}

fn above<'c>(case: &'c Case<'_>, id: Id) -> impl Iterator<Item = Id> + 'c {
    let root = case.tree.root();
    let parent = move |id: &Id| Some(case.tree.node(*id).parent).filter(|_| *id != root);
    std::iter::successors(parent(&id), parent)
}

fn may(case: &Case<'_>, identity: &Identity, id: Id, bit: u32) -> bool {
    let node = case.tree.node(id);
    let shift = match node {
        _ if node.uid == identity.uid => 6,
        _ if identity.groups.contains(&node.gid) => 3,
        _ => 0,
    };
    node.mode >> shift & bit != 0
}

fn finding(case: &Case<'_>, exit_code: Option<i32>, verb: &str, what: Id, closed: Id) -> Finding {
    let node = case.tree.node(closed);
    let (what, at) = (shown(&case.tree.text(what)), shown(&case.tree.text(closed)));
    let user = shown(&case.setting.user);
    let is_directory = case.tree.is_directory(closed);
    let cause = if is_directory {
        format!("USER {user} may not {verb} {what}: the directory {at} is closed to it")
    } else {
        format!("USER {user} may not {verb} {what}")
    };
    let right = match (is_directory, verb) {
        (true, _) => "a+x",
        (false, "read") => "a+r",
        (false, _) => "a+rx",
    };
    let finding = Finding::fatal(exit_code, cause)
        .with_evidence(format!("{at} has mode {:04o} and belongs to {}:{}", node.mode, node.uid, node.gid))
        .with_fix(format!("open it, before the line with USER: RUN chmod {right} {at}"));
    if is_directory {
        finding.with_fix(
            "copy the program to a directory that is open to all: COPY --chmod=755 app /usr/local/bin/",
        )
    } else {
        finding.with_fix(format!("copy it as the user's own: COPY --chown={user} --chmod=755 app {what}"))
    }
}
