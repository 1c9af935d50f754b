//! What goes wrong: how it is told, and that it leaves nothing.

use super::{Meeting, Project};
use std::io::{Read as _, Write as _};

#[test]
fn a_failed_step_is_shown_with_its_lines() {
    let Some(project) = Project::new() else { return };
    project.builds("FROM busybox\nENV V=before");
    let before = project.id();
    let dockerfile = "FROM busybox\n# a comment\nRUN echo the last words; \\\n    exit 3\n\nRUN echo never\n";
    let said = project.build(&[], dockerfile);
    assert_eq!(said.code, 1, "{said:?}");
    let expected = "Dockerfile:3
--------------------
   1 |     FROM busybox
   2 |     # a comment
   3 | >>> RUN echo the last words; \\
   4 | >>>     exit 3
   5 |
   6 |     RUN echo never
--------------------
";
    assert!(
        said.err.lines().map(|line| format!("{}\n", line.trim_end())).collect::<String>().contains(expected),
        "{said:?}"
    );
    let words =
        "process \"/bin/sh -c echo the last words;     exit 3\" did not complete successfully: exit code: 3";
    assert!(said.err.contains(words) && said.err.contains("the last words\n"), "{said:?}");
    assert!(!said.err.contains("echo never\n#"), "{said:?}");
    assert_eq!(project.id(), before, "the name stays with the image that it had");
    assert_eq!(project.staging().len(), 0);
}

#[test]
fn a_step_that_cannot_be_executed() {
    let Some(project) = Project::new() else { return };
    let said = project.build(&[], "FROM busybox\nRUN [\"/nosuch\", \"x\"]");
    assert!(
        said.code == 1 && said.err.contains("/nosuch") && said.err.contains("no such file or directory"),
        "{said:?}"
    );
    project.file("app", e2e::compile("int main(void) { return 0; }", &["-static"]));
    let said = project.build(&[], "FROM scratch\nCOPY app /\nRUN /app");
    assert!(
        said.code == 1 && said.err.contains("/bin/sh") && said.err.contains("no such file or directory"),
        "{said:?}"
    );
    let said = project.build(&[], "FROM busybox\nRUN sh -c 'kill -KILL $$'; exit $?");
    assert!(said.code == 1 && said.err.contains("exit code: 137"), "{said:?}");
}

#[test]
fn a_failed_step_stops_the_others() {
    let Some(project) = Project::new() else { return };
    let meeting = Meeting::new();
    let gathered = meeting.gather(2);
    let judge = std::thread::spawn(move || {
        let mut steps = gathered.join().unwrap();
        steps.sort_by(|(one, _), (other, _)| one.cmp(other));
        let (mut bad, mut slow) = (steps.remove(0).1, steps.remove(0).1);
        bad.write_all(b"go\n").unwrap();
        drop(bad);
        // the other one would wait for an answer for ever: only its end ends this
        let mut rest = Vec::new();
        let _ = slow.read_to_end(&mut rest);
    });
    let flags = meeting.flags();
    let dockerfile = "FROM busybox AS bad
        ARG PORT
        RUN echo bad | nc 127.0.0.1 $PORT; exit 7
        FROM busybox AS slow
        ARG PORT
        RUN trap '' INT TERM HUP; { echo slow; sleep 1000; } | nc 127.0.0.1 $PORT; sleep 1000
        FROM busybox
        COPY --from=slow /x /
        COPY --from=bad /x /";
    let said = project.build(&flags.each_ref().map(String::as_str), dockerfile);
    assert!(said.code == 1 && said.err.contains("exit code: 7") && said.err.contains("CANCELED"), "{said:?}");
    judge.join().unwrap();
    is_left_clean(&project);
}

/// No step's process, control group or half a layer; the engine's end looks for mounts and the rest.
#[track_caller]
fn is_left_clean(project: &Project) {
    assert_eq!(project.staging().len(), 0);
    assert!(project.engine.supervisors().is_empty());
    assert!(project.engine.containers().is_empty());
    for directory in ["leases", "containers"] {
        let entries = std::fs::read_dir(project.engine.exec_root().join(directory)).into_iter().flatten();
        assert_eq!(entries.count(), 0, "{directory}");
    }
}

#[test]
fn an_interrupted_build_leaves_nothing() {
    let Some(project) = Project::new() else { return };
    for signal in [sys::process::Signal::INT, sys::process::Signal::TERM, sys::process::Signal::HUP] {
        let meeting = Meeting::new();
        let gathered = meeting.gather(1);
        let dockerfile = "FROM busybox
            ARG PORT
            RUN trap '' INT TERM HUP; sleep 1000 & { echo here; sleep 1000; } | nc 127.0.0.1 $PORT";
        project.file("Dockerfile", dockerfile);
        let flags = meeting.flags();
        let directory = project.directory();
        let build = project
            .engine
            .spawn(["build"].into_iter().chain(flags.iter().map(String::as_str)).chain([directory.as_str()]));
        let mut step = gathered.join().unwrap().remove(0).1;
        build.process().signal(signal);
        let said = build.finish();
        assert_eq!(said.code, 130, "{said:?}");
        assert!(said.err.contains("canceled"), "{said:?}");
        assert_eq!(step.read(&mut [0; 8]).unwrap_or(0), 0, "the step has ended");
        is_left_clean(&project);
    }
}

/// The kernel ends the step with its builder, and a prune takes what is left on disk.
#[test]
fn a_killed_build_s_remains_are_pruned() {
    let Some(project) = Project::new() else { return };
    let meeting = Meeting::new();
    let gathered = meeting.gather(1);
    project.file("Dockerfile", "FROM busybox\nARG PORT\nRUN { echo here; sleep 1000; } | nc 127.0.0.1 $PORT");
    let flags = meeting.flags();
    let directory = project.directory();
    let build = project
        .engine
        .spawn(["build"].into_iter().chain(flags.iter().map(String::as_str)).chain([directory.as_str()]));
    let mut step = gathered.join().unwrap().remove(0).1;
    build.process().kill();
    assert_eq!(build.finish().code, 137);
    assert_eq!(step.read(&mut [0; 8]).unwrap_or(0), 0, "the step has ended");
    project.builds("FROM busybox\nRUN true");
    project.engine.tare(["system", "prune", "-f"]).ok();
    is_left_clean(&project);
}

#[test]
fn what_is_not_supported_is_told_before_anything_runs() {
    let Some(project) = Project::new() else { return };
    project.file("a", "a");
    for (line, column, words) in [
        ("RUN --mount=type=cache,target=/x true", 5, "RUN --mount is not supported yet"),
        ("RUN --security=insecure true", 5, "RUN --security=insecure is not supported yet"),
        ("RUN --device=x true", 5, "RUN --device is not supported yet"),
        ("COPY --link a /", 6, "COPY --link is not supported yet"),
        ("COPY --parents a /", 6, "COPY --parents is not supported yet"),
        ("COPY --exclude=x a /", 6, "COPY --exclude is not supported yet"),
        ("ADD --link a /", 5, "ADD --link is not supported yet"),
        ("ADD --checksum=sha256:00 a /", 5, "ADD --checksum is not supported yet"),
        ("ADD --keep-git-dir=true a /", 5, "ADD --keep-git-dir is not supported yet"),
        ("ADD --unpack=true a /", 5, "ADD --unpack is not supported yet"),
        ("ADD http://example.invalid/x /", 1, "http://example.invalid/x"),
        ("ADD https://example.invalid/x.git /", 1, "https://example.invalid/x.git"),
        ("ADD git@example.invalid:a/b.git /", 1, "git@example.invalid:a/b.git"),
    ] {
        let said = project.build(&[], &format!("FROM busybox\nRUN touch /ran\n{line}\n"));
        assert_ne!(said.code, 0, "{line}: {said:?}");
        let start = format!("tare: Dockerfile:3:{column}: ");
        assert!(
            said.err.starts_with(&start)
                && said.err.contains(words)
                && said.err.contains("not supported yet"),
            "{line}: {said:?}"
        );
        assert!(said.err.contains(&format!("3 | {line}\n")), "the line is shown: {said:?}");
    }
}

#[test]
fn mistakes_have_a_position_and_a_suggestion() {
    let Some(project) = Project::new() else { return };
    for (text, words) in [
        ("FORM busybox", "Dockerfile:1:1: unknown instruction `FORM`, did you mean `FROM`?"),
        ("FROM busybox\n  COPI a /\n", "Dockerfile:2:3: unknown instruction `COPI`, did you mean `COPY`?"),
        ("FROM --platfrom=x busybox", "did you mean `--platform`?"),
        ("FROM busybox\r\nENV A\r\n", "Dockerfile:2:5: ENV requires a value for `A`"),
        ("\u{feff}FROM busybox\nRUN <<EOF\necho\n", "Dockerfile:2:5: the heredoc never ends"),
        ("FROM busybox\nCOPY a\n", "Dockerfile:2:1: COPY requires at least two arguments"),
        ("FROM busybox\nEXPOSE abc", "Dockerfile:2:8: `abc` is no port"),
        ("FROM busybox\nSTOPSIGNAL nosuch", "invalid signal: nosuch"),
        ("FROM busybox\nSHELL /bin/sh", "SHELL requires a JSON array"),
        ("FROM busybox\nONBUILD FROM x", "Dockerfile:2:9: FROM cannot be a trigger of ONBUILD"),
        ("RUN true", "Dockerfile:1:1: "),
        ("# nothing\n", "Dockerfile"),
    ] {
        let said = project.build(&[], text);
        assert!(said.code == 1 && said.err.contains(words), "{text:?}: {said:?}");
    }
}

#[test]
fn a_hostile_context_touches_nothing_outside() {
    let Some(project) = Project::new() else { return };
    let canary = e2e::Canary::new();
    let image = e2e::Root::busybox()
        .symlink("/to-host", &canary.name())
        .symlink("/up", &format!("../../../../../../../..{}", canary.name()))
        .symlink("/self", "/proc/self/root");
    project.engine.import("hostile", &image, &[]);
    project.file("file", "hostile");
    for copy in [
        "COPY file /to-host/file",
        "COPY file /up/",
        "ADD file /self/../file",
        "WORKDIR /to-host/sub",
        "COPY <<EOF /up/null\nx\nEOF",
    ] {
        // whether it succeeds inside does not matter here
        let _ = project.build(&[], &format!("FROM hostile\n{copy}\nRUN true"));
        canary.is_untouched();
    }
}
