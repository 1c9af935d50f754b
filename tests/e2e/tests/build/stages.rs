//! Stages: which are built, and in which order.

use super::{Meeting, Project};
use std::io::Write as _;

#[test]
fn a_stage_that_nothing_needs_is_not_built() {
    let Some(project) = Project::new() else { return };
    let dockerfile = "FROM busybox AS base
        RUN echo base >/base
        FROM nosuchimage AS unused
        COPY nosuch /
        FROM base AS broken
        RUN false
        FROM busybox
        COPY --from=base /base /";
    project.builds(dockerfile);
    assert_eq!(project.sh("cat /base").text(), "base");
    let said = project.build(&["--target", "broken"], dockerfile);
    assert!(said.code == 1 && said.err.contains("exit code: 1"), "{said:?}");
    let said = project.build(&["--pull=never", "--target", "unused"], dockerfile);
    assert!(said.code != 0 && said.err.contains("nosuchimage"), "{said:?}");
}

#[test]
fn the_target_is_a_name_or_a_number() {
    let Some(project) = Project::new() else { return };
    let dockerfile = "FROM busybox AS one\nENV STAGE=one\nFROM one AS Two\nENV STAGE=two\nARG TARGETSTAGE\nRUN echo $TARGETSTAGE >/x\nFROM busybox\nRUN false";
    for (target, stage) in [("one", "one"), ("0", "one"), ("two", "two"), ("TWO", "two"), ("1", "two")] {
        project.build(&["--target", target], dockerfile).ok();
        let variables = project.inspect("{{json .Config.Env}}");
        assert!(variables.ends_with(&format!("\"STAGE={stage}\"]")), "{target}: {variables}");
    }
    project.build(&["--target", "two"], dockerfile).ok();
    assert_eq!(project.sh("cat /x").text(), "two");
    project
        .build(&["--target", "on"], dockerfile)
        .fails(1, "target stage \"on\" could not be found, did you mean \"one\"?");
    project.build(&["--target", "9"], dockerfile).fails(1, "target stage \"9\" could not be found");
}

#[test]
fn a_stage_inherits_what_it_starts_from() {
    let Some(project) = Project::new() else { return };
    project.builds(
        "FROM busybox AS base
        ENV A=1
        ARG GONE=x
        WORKDIR /w
        USER web
        LABEL l=1
        SHELL [\"/bin/ash\", \"-c\"]
        FROM base
        ENV B=$A$GONE
        RUN echo \"$0 $PWD $(id -un) [$GONE]\" >/tmp/x",
    );
    assert_eq!(project.sh("cat /tmp/x").text(), "/bin/ash /w web []");
    assert_eq!(project.inspect("{{.Config.Labels.l}} {{.Config.User}}"), "1 web");
    assert!(project.inspect("{{json .Config.Env}}").ends_with("\"A=1\",\"B=1\"]"));
}

/// Each stage is answered when both have come: one after the other they would wait for ever.
#[test]
fn stages_that_need_nothing_of_each_other_run_at_once() {
    let Some(project) = Project::new() else { return };
    let meeting = Meeting::new();
    let gathered = meeting.gather(2);
    let release = std::thread::spawn(move || {
        for (name, mut stream) in gathered.join().unwrap() {
            writeln!(stream, "{name} may go on").unwrap();
        }
    });
    let flags = meeting.flags();
    let dockerfile = "FROM busybox AS left
        ARG PORT
        RUN echo left | nc 127.0.0.1 $PORT >/left
        FROM busybox AS right
        ARG PORT
        RUN echo right | nc 127.0.0.1 $PORT >/right
        FROM busybox
        COPY --from=left /left /
        COPY --from=right /right /";
    project.build(&flags.each_ref().map(String::as_str), dockerfile).ok();
    release.join().unwrap();
    assert_eq!(project.sh("cat /left /right").lines(), ["left may go on", "right may go on"]);
}

#[test]
fn platforms() {
    let Some(project) = Project::new() else { return };
    let (own, other) = if cfg!(target_arch = "aarch64") { ("arm64", "amd64") } else { ("amd64", "arm64") };
    project.file("f", "x");
    let platform = "{{.Os}}/{{.Architecture}}";
    project.builds("FROM scratch\nCOPY f /");
    assert_eq!(project.inspect(platform), format!("linux/{own}"));
    project
        .build(
            &["--platform", &format!("linux/{other}")],
            "FROM scratch\nARG TARGETARCH\nLABEL arch=$TARGETARCH\nCOPY f /",
        )
        .ok();
    assert_eq!(project.inspect(platform), format!("linux/{other}"));
    assert_eq!(project.inspect("{{.Config.Labels.arch}}"), other);
    // the tools of this machine for an image for another one
    let dockerfile = "FROM --platform=$BUILDPLATFORM busybox AS tools
        ARG TARGETARCH
        RUN echo for $TARGETARCH >/x
        FROM scratch
        COPY --from=tools /x /";
    project.build(&["--platform", &format!("linux/{other}")], dockerfile).ok();
    assert_eq!(project.inspect(platform), format!("linux/{other}"));
    let flags = ["--pull=never", "--platform", &format!("linux/{other}")];
    let said = project.build(&flags, "FROM busybox\nRUN true");
    assert!(said.code != 0 && said.err.contains(&format!("linux/{own}")), "{said:?}");
}
