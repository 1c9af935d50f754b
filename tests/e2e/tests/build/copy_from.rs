//! `COPY --from` a stage or an image.

use super::Project;
use e2e::Root;

#[test]
fn a_stage_by_name_and_by_number() {
    let Some(project) = Project::new() else { return };
    project.builds(
        "FROM busybox AS First
        RUN echo one >/one
        FROM busybox
        RUN echo two >/two
        FROM scratch
        COPY --from=first /one /
        COPY --from=FIRST /one /upper
        COPY --from=0 /one /number
        COPY --from=1 two /relative
        COPY --from=first /bin /bin",
    );
    assert_eq!(project.sh("cat /one /upper /number /relative").lines(), ["one", "one", "one", "two"]);
}

#[test]
fn an_image_of_the_store() {
    let Some(project) = Project::new() else { return };
    project.engine.import("other", &Root::scratch().owned("/data/x", (7, 8), Some(b"other")), &[]);
    project.builds(
        "FROM busybox\nCOPY --from=other /data/x /plain\nCOPY --from=other:latest --chown=1:2 /data /owned",
    );
    assert_eq!(
        project.sh("stat -c '%n %a %u:%g' /plain /owned/x; cat /plain").lines(),
        ["/plain 755 7:8", "/owned/x 755 1:2", "other"]
    );
}

#[test]
fn the_whole_of_a_stage_is_what_is_in_its_layers() {
    let Some(project) = Project::new() else { return };
    project.file("f", "x");
    project.builds("FROM scratch AS seed\nCOPY f /\nFROM busybox AS run\nRUN true\nFROM busybox\nCOPY --from=seed / /all\nCOPY --from=run / /run-s");
    assert_eq!(
        project
            .sh("find /all; cd /run-s; ls -d dev proc sys etc/hosts etc/resolv.conf 2>/dev/null || true")
            .lines(),
        ["/all", "/all/f"]
    );
}

#[test]
fn what_a_later_layer_removed_is_not_there() {
    let Some(project) = Project::new() else { return };
    project.builds(
        "FROM busybox AS build
        RUN mkdir /d && touch /d/a /d/b && mkdir /e && touch /e/old
        RUN rm /d/a && rm -r /e && mkdir /e && touch /e/new
        FROM busybox
        COPY --from=build /d /d
        COPY --from=build /e /e",
    );
    assert_eq!(project.sh("ls /d /e").lines(), ["/d:", "b", "", "/e:", "new"]);
    let said = project
        .build(&[], "FROM busybox AS build\nRUN touch /a\nRUN rm /a\nFROM busybox\nCOPY --from=build /a /");
    assert!(said.code == 1 && said.err.contains("not found"), "{said:?}");
}

#[test]
fn owners_links_and_attributes_come_along() {
    let Some(project) = Project::new() else { return };
    project.builds(
        "FROM busybox AS build
        RUN mkdir /d && cd /d && echo x >file && chown 5:6 file && chmod 6751 file && ln file hard && ln -s file soft && mkfifo fifo && mkdir -m 1777 sticky && chown 70000:70001 sticky
        FROM busybox
        COPY --from=build /d /d
        COPY --from=build /d/soft /followed",
    );
    let seen = project.sh("cd /d; stat -c '%n %F %a %u:%g %h' file hard fifo sticky; readlink soft; stat -c '%F %u' /followed").lines();
    let expected = [
        "file regular file 6751 5:6 2",
        "hard regular file 6751 5:6 2",
        "fifo fifo 644 0:0 1",
        "sticky directory 1777 70000:70001 2",
        "file",
        "regular file 5",
    ];
    assert_eq!(seen, expected);
}

#[test]
fn names_that_are_nothing() {
    let Some(project) = Project::new() else { return };
    let said = project.build(&["--pull=never"], "FROM busybox AS base\nFROM busybox\nCOPY --from=bsae /a /b");
    assert!(said.code != 0 && said.err.contains("bsae") && said.err.contains("Dockerfile:3"), "{said:?}");
    assert!(said.err.contains("did you mean"), "{said:?}");
    let said = project.build(&["--pull=never"], "FROM busybox AS base\nCOPY --from=base /a /b");
    assert!(said.code != 0 && said.err.contains("base"), "a stage is not its own source: {said:?}");
    let said = project.build(&["--pull=never"], "FROM nosuch");
    assert!(
        said.code != 0 && said.err.contains("Dockerfile:1") && said.err.contains("tare pull"),
        "{said:?}"
    );
}
