//! What keeps the kernel from executing a program: the program itself, its interpreter or loader, the user, the working directory.

use super::finding::{Finding, shown};
use super::look::look;
use super::{Case, libraries};
use closure::{Missing, find_program};
use elf::{Form, Request};
use oci::image::Execution;
use runtime::accounts::{Accounts, Identity};
use std::os::fd::AsFd;

/// In the order in which a start would meet them.
pub(super) fn findings(case: &Case<'_>, execution: &Execution, is_own: bool) -> Vec<Finding> {
    let identity = match user(case) {
        Ok(identity) => identity,
        Err(finding) => return vec![*finding],
    };
    let mut findings: Vec<Finding> = working_directory(case).into_iter().collect();
    findings.extend(program(case, execution, is_own));
    if findings.is_empty() {
        findings.extend(permission(case, &identity));
        findings.extend(inner_programs(case));
    }
    findings.extend(health_check(case));
    findings
}

fn user(case: &Case<'_>) -> Result<Identity, Box<Finding>> {
    let user = &case.setting.user;
    let missing = |reason: String| {
        let names = user.split(':').next().unwrap_or_default();
        let fix =
            format!("RUN adduser --system {} (or useradd), or USER with a number: USER 1000", shown(names));
        Box::new(
            Finding::fatal(format!("the image's user {} is not in it: {reason}", shown(user)), fix)
                .with_evidence("/etc/passwd and /etc/group of the image"),
        )
    };
    let accounts = Accounts::read(case.tree.as_fd().as_fd()).map_err(|error| missing(error.to_string()))?;
    accounts.identify(user, &[]).map_err(|error| missing(error.to_string()))
}

fn working_directory(case: &Case<'_>) -> Option<Finding> {
    let path = case.setting.absolute(".");
    let directory = path.trim_end_matches("/.");
    // one that is missing is made
    let found = case.tree.find(directory)?;
    if case.tree.is_directory(found) {
        return None;
    }
    let cause = format!("the working directory {} is a file", shown(directory));
    Some(
        Finding::fatal(cause, "WORKDIR with a path at which there is no file")
            .with_evidence(format!("{} in the image", shown(directory))),
    )
}

/// The command's program, judged as when `run` fails.
fn program(case: &Case<'_>, execution: &Execution, is_own: bool) -> Option<Finding> {
    let program = &case.command[0];
    let mut request = Request::new(program);
    request.search_path = Some(
        case.setting
            .variable("PATH")
            .unwrap_or("/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"),
    );
    let directory = case.setting.absolute(".");
    request.working_directory = directory.trim_end_matches('.');
    request.host = case.host.machine;
    request.isa_level = case.host.isa_level;
    let is_shell_form = matches!(case.command, [shell, flag, ..] if shell.ends_with("sh") && flag == "-c");
    if is_own && is_shell_form && execution.entrypoint.is_none() {
        request.form = Form::Shell;
    }
    let diagnosis = elf::examine(&request, &mut |path| look(case.tree, path))?;
    let fix = diagnosis
        .hint
        .clone()
        .unwrap_or_else(|| "COPY the program into the image, or correct its name".into());
    let kernel = diagnosis.kernel.to_string();
    let mut finding = Finding::fatal(diagnosis.cause.clone(), fix)
        .with_evidence(format!("execve of {}: {kernel}", shown(program)));
    if let Some(line) = libraries::provider(case, program.rsplit('/').next().unwrap_or(program)) {
        finding.fix = format!("{}\n       {line}", finding.fix);
    }
    Some(finding)
}

/// Programs that the command starts in its turn: an interpreter found by `env`, what an init or a `gosu` starts.
fn inner_programs(case: &Case<'_>) -> Vec<Finding> {
    let missing = case.closure.missing().filter_map(|missing| match missing {
        Missing::Interpreter { of, name } => Some((*of, name)),
        _ => None,
    });
    missing
        .map(|(of, name)| {
            let path = shown(&case.tree.text(of));
            let cause =
                format!("{path} asks for the interpreter {}, which the image does not have", shown(name));
            let fix = libraries::provider(case, name.rsplit('/').next().unwrap_or(name))
                .unwrap_or_else(|| format!("install {}, or name another interpreter behind #!", shown(name)));
            Finding::fatal(cause, fix).with_evidence(format!("the first line of {path}, and PATH"))
        })
        .collect()
}

/// Whether the image's user may execute the program, and reach it.
fn permission(case: &Case<'_>, identity: &Identity) -> Option<Finding> {
    if identity.uid == 0 {
        return None;
    }
    let path = find_program(case.tree, case.setting, &case.command[0])?;
    let found = case.tree.look(&path);
    let end = found.end?;
    for id in found.way.iter().chain([&end]) {
        let node = case.tree.node(*id);
        if !case.tree.is_directory(*id) && *id != end {
            continue;
        }
        let shift = if node.uid == identity.uid {
            6
        } else if identity.groups.contains(&node.gid) {
            3
        } else {
            0
        };
        if node.mode >> shift & 1 == 1 {
            continue;
        }
        let at = shown(&case.tree.text(*id));
        let cause =
            format!("the image's user {} may not execute {}", shown(&case.setting.user), shown(&path));
        let evidence = format!("{at} has mode {:04o} and belongs to {}:{}", node.mode, node.uid, node.gid);
        let fix = format!("RUN chmod a+x {at}, or COPY --chown={} …", shown(&case.setting.user));
        return Some(Finding::fatal(cause, fix).with_evidence(evidence));
    }
    None
}

/// A health check whose program is not there makes a container unhealthy that is well.
fn health_check(case: &Case<'_>) -> Option<Finding> {
    let check = case.setting.further.first()?;
    let program = check.first()?;
    if find_program(case.tree, case.setting, program).is_some() {
        return None;
    }
    let cause =
        format!("the health check's program {} is not in the image: every check fails", shown(program));
    let fix = libraries::provider(case, program.rsplit('/').next().unwrap_or(program))
        .unwrap_or_else(|| "HEALTHCHECK with a program that the image has, or HEALTHCHECK NONE".into());
    Some(Finding::warning(cause, fix).with_evidence(format!("HEALTHCHECK {}", shown(&check.join(" ")))))
}
