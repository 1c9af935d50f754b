//! What keeps the kernel from executing a program: the program itself, its interpreter or loader, the working directory.

use super::finding::{Finding, shown};
use super::look::{is_circle, look};
use super::{Case, access, demands, file};
use closure::{Missing, find_program};
use elf::{Diagnosis, Form, Program, Refusal, Request};
use oci::image::Execution;

/// The exit code of a `run` whose container could not be made.
const NOT_MADE: i32 = 125;
/// Programs that execute what stands behind `--`.
const INITS: &[&str] = &["tini", "tini-static", "dumb-init", "docker-init", "catatonit"];

/// In the order in which a start would meet them.
pub(super) fn findings(case: &Case<'_>, execution: &Execution, is_own: bool) -> Vec<Finding> {
    let identity = match access::identity(case) {
        Ok(identity) => identity,
        Err(reason) => return vec![user(case, &reason)],
    };
    if let Some(finding) = working_directory(case) {
        return vec![finding];
    }
    if is_mounted(case) {
        return Vec::new();
    }
    if let Some(finding) = program(case, execution, is_own) {
        return vec![finding];
    }
    let mut findings = access::findings(case, &identity);
    findings.extend(inner_program(case));
    findings
}

fn user(case: &Case<'_>, reason: &str) -> Finding {
    let user = &case.setting.user;
    let (name, group) = user.split_once(':').unwrap_or((user, ""));
    let mut finding = Finding::fatal(NOT_MADE, format!("USER {} is not in the image", shown(user)))
        .with_evidence(shown(reason));
    if reason.contains("group") {
        finding = finding.with_fix(match case.distribution {
            packages::Distribution::Alpine => format!("make it: RUN addgroup -S {}", shown(group)),
            _ => format!("make it: RUN groupadd --system {}", shown(group)),
        });
    } else {
        finding = finding.with_fix(match case.distribution {
            packages::Distribution::Alpine => format!("make it: RUN adduser -S -D -H {}", shown(name)),
            _ => format!("make it: RUN useradd --system --no-create-home {}", shown(name)),
        });
    }
    finding.with_fix("a number needs no entry: USER 1000:1000")
}

fn working_directory(case: &Case<'_>) -> Option<Finding> {
    let path = case.setting.absolute(".");
    let path = path.trim_end_matches("/.");
    let ends = path.match_indices('/').map(|(at, _)| at).skip(1).chain([path.len()]);
    // what is missing is made
    let in_the_way = ends.map(|end| &path[..end]).find(|above| {
        let found = case.tree.find(above);
        found.is_some_and(|id| !case.tree.is_directory(id)) && !case.is_mounted(above)
    })?;
    let cause = if in_the_way == path {
        format!("the working directory {} is a file", shown(path))
    } else {
        format!("the working directory {} cannot be made: {} is a file", shown(path), shown(in_the_way))
    };
    Some(
        Finding::fatal(NOT_MADE, cause)
            .with_evidence(format!("WORKDIR {}", shown(&case.setting.directory)))
            .with_fix(format!("name a directory: WORKDIR {}", file::directory(in_the_way))),
    )
}

/// Whether the program may lie in something that is mounted into the container, which nobody has looked into.
fn is_mounted(case: &Case<'_>) -> bool {
    let program = &case.command[0];
    if program.contains('/') {
        return case.is_mounted(&case.setting.absolute(program));
    }
    find_program(case.tree, case.setting, program).is_none()
        && case.setting.search_path().any(|directory| case.is_mounted(&case.setting.absolute(directory)))
}

/// The command's program, judged as when `run` fails.
fn program(case: &Case<'_>, execution: &Execution, is_own: bool) -> Option<Finding> {
    let program = &case.command[0];
    let absolute = case.setting.absolute(program);
    if program.contains('/') && is_circle(case.tree, &absolute) {
        return Some(circle(case, program));
    }
    let mut request = Request::new(program);
    request.search_path = Some(case.setting.variable("PATH").unwrap_or(closure::SEARCH_PATH));
    let directory = case.setting.absolute(".");
    request.working_directory = directory.trim_end_matches('.');
    request.host = case.host.machine;
    request.isa_level = case.host.isa_level;
    let is_shell_form = matches!(case.command, [shell, flag, ..] if shell.ends_with("sh") && flag == "-c");
    if is_own && is_shell_form && execution.entrypoint.is_none() {
        request.form = Form::Shell;
    }
    let diagnosis = elf::examine(&request, &mut |path| look(case.tree, path))?;
    let kernel = diagnosis.kernel.to_string();
    let evidence = match diagnosis.kernel {
        Refusal::NotInPath | Refusal::IllegalInstruction => format!("{}: {kernel}", shown(program)),
        _ => format!("execve of {}: {kernel}", shown(program)),
    };
    let finding =
        Finding::fatal(exit_code(case, &diagnosis), diagnosis.cause.clone()).with_evidence(evidence);
    let finding = match first_line(case, program) {
        Some(line) => finding.with_evidence(format!("the first line of {} is {line}", shown(program))),
        None => finding,
    };
    Some(finding.with_fixes(remedies(case, &diagnosis)))
}

fn circle(case: &Case<'_>, program: &str) -> Finding {
    let program = shown(program);
    let target = case.tree.look(case.setting.absolute(&program)).way.last().map(|id| case.tree.text(*id));
    Finding::fatal(126, format!("the links on the way to {program} go in a circle"))
        .with_evidence(format!("execve of {program}: {}", Refusal::TooManyLevels))
        .with_evidence(format!("they come back to {}", shown(&target.unwrap_or_default())))
        .with_fix("copy the program itself, and not a link to it")
}

fn exit_code(case: &Case<'_>, diagnosis: &Diagnosis) -> i32 {
    if diagnosis.kernel != Refusal::IllegalInstruction {
        return i32::from(diagnosis.exit_code);
    }
    let elf = find_program(case.tree, case.setting, &case.command[0])
        .and_then(|path| case.tree.find(path))
        .and_then(|id| file::elf_head(case, id));
    match elf.as_deref().map(Program::read) {
        Some(Program::Elf(elf)) => demands::cpu_exit_code(&elf),
        _ => 128 + 4,
    }
}

/// The first line of a script.
fn first_line(case: &Case<'_>, program: &str) -> Option<String> {
    let path = find_program(case.tree, case.setting, program)?;
    let head = case.tree.content(case.tree.find(path)?, 128).ok()?;
    let line = head.split(|byte| *byte == b'\n').next().filter(|line| line.starts_with(b"#!"))?;
    Some(shown(&String::from_utf8_lossy(line)))
}

/// What `elf` advises, and packages: those of what is missing.
fn remedies(case: &Case<'_>, diagnosis: &Diagnosis) -> Vec<String> {
    let mut ways = Vec::new();
    let is_there = find_program(case.tree, case.setting, &case.command[0]).is_some();
    let is_absent = matches!(diagnosis.kernel, Refusal::NotFound | Refusal::NotInPath);
    if !is_there && is_absent && diagnosis.hint.is_none() {
        ways.extend(file::install(case, &case.command[0]));
    }
    for missing in case.closure.missing() {
        if let Missing::Interpreter { name, .. } = missing {
            ways.extend(file::install(case, name.trim_end_matches('\r')));
        }
    }
    ways.extend(diagnosis.hint.clone());
    for missing in case.closure.missing() {
        if let Missing::Loader { path, .. } = missing {
            ways.extend(file::install(case, path));
        }
    }
    if ways.is_empty() {
        ways.push("copy the program into the image: COPY app /usr/local/bin/".into());
    }
    ways
}

/// What an init is to start in its turn.
fn inner_program(case: &Case<'_>) -> Option<Finding> {
    let name = case.command[0].rsplit('/').next().unwrap_or_default();
    let behind = case.command.iter().position(|word| word == "--").filter(|_| INITS.contains(&name))?;
    let inner = case.command.get(behind + 1)?;
    let may_be_mounted = case.is_mounted(&case.setting.absolute(inner));
    if find_program(case.tree, case.setting, inner).is_some() || may_be_mounted {
        return None;
    }
    let cause = format!("{name} is to start {}, which the image does not have", shown(inner));
    Some(
        Finding::fatal(None, cause)
            .with_evidence(format!("the command is {}", shown(&case.command.join(" "))))
            .with_fixes(file::install(case, inner))
            .with_fix("copy the program into the image, or correct its name"),
    )
}

/// A health check whose program is not there makes a container unhealthy that is well.
pub(super) fn health_check(case: &Case<'_>) -> Option<Finding> {
    let check = case.setting.further.first()?;
    let program = check.first()?;
    if find_program(case.tree, case.setting, program).is_some()
        || case.is_mounted(&case.setting.absolute(program))
    {
        return None;
    }
    let cause =
        format!("the health check's program {} is not in the image: every check fails", shown(program));
    Some(
        Finding::warning(cause)
            .with_evidence(format!("HEALTHCHECK {}", shown(&check.join(" "))))
            .with_fixes(file::install(case, program))
            .with_fix("check with a program that the image has, its own for example: HEALTHCHECK CMD [\"/app\", \"--check\"]")
            .with_fix("do without: HEALTHCHECK NONE"),
    )
}
