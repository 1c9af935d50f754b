//! When a step is taken from the cache, and when it is not.

use super::{Project, cached};
use std::fs::{self, File, Permissions};
use std::os::unix::fs::{PermissionsExt as _, chown};
use std::time::SystemTime;

const COPY: &str = "FROM busybox\nCOPY d /d\nRUN cat /d/a >/x";

/// Builds again, and says whether the image is another one.
#[track_caller]
fn changes(project: &Project) -> bool {
    let before = project.id();
    project.rebuild(&[]).ok();
    project.id() != before
}

#[test]
fn nothing_has_changed() {
    let Some(project) = Project::new() else { return };
    project.file("d/a", "1");
    let first = project.build(&[], COPY);
    assert_eq!(cached(&first), 1, "the base: {first:?}");
    let (id, created, history) = (project.id(), project.inspect("{{.Created}}"), project.history());
    let second = project.rebuild(&[]);
    assert_eq!(cached(&second), 3, "{second:?}");
    assert_eq!((project.id(), project.inspect("{{.Created}}"), project.history()), (id, created, history));
    // an image of nothing but metadata, too
    project.builds("FROM busybox\nENV A=1\nCMD [\"x\"]");
    assert!(!changes(&project));
    project.builds("FROM scratch\nENV A=1");
    assert!(!changes(&project));
}

#[test]
fn times_and_owners_do_not_count() {
    let Some(project) = Project::new() else { return };
    let path = project.file("d/a", "1");
    project.builds(COPY);
    File::open(&path).unwrap().set_modified(SystemTime::UNIX_EPOCH).unwrap();
    assert!(!changes(&project), "the time changed");
    chown(&path, Some(1), Some(1)).unwrap();
    assert!(!changes(&project), "the owner changed, and root owns what is copied");
    fs::remove_file(&path).unwrap();
    project.file("d/a", "1");
    assert!(!changes(&project), "another inode");
    project.file("beside", "not copied");
    assert!(!changes(&project), "another file");
}

#[test]
fn content_names_and_modes_count() {
    let Some(project) = Project::new() else { return };
    let path = project.file("d/a", "1");
    project.builds(COPY);
    project.file("d/a", "2");
    assert!(changes(&project), "the content changed");
    assert_eq!(project.sh("cat /x").text(), "2");
    fs::set_permissions(&path, Permissions::from_mode(0o755)).unwrap();
    assert!(changes(&project), "the mode changed");
    fs::set_permissions(path.parent().unwrap(), Permissions::from_mode(0o700)).unwrap();
    let second = project.file("d/b", "1");
    assert!(changes(&project), "a file came");
    fs::rename(&second, path.with_file_name("c")).unwrap();
    assert!(changes(&project), "a name changed");
    fs::remove_file(path.with_file_name("c")).unwrap();
    std::os::unix::fs::symlink("a", path.with_file_name("c")).unwrap();
    assert!(changes(&project), "a file became a link");
    fs::remove_file(path.with_file_name("c")).unwrap();
    std::os::unix::fs::symlink("b", path.with_file_name("c")).unwrap();
    assert!(changes(&project), "a link leads elsewhere");
}

#[test]
fn an_argument_counts_where_it_is_used() {
    let Some(project) = Project::new() else { return };
    project.file("f", "x");
    let dockerfile = "FROM busybox
        RUN echo before >/before
        ARG V=1
        COPY f /copied
        WORKDIR /w
        COPY f /used-$V
        RUN echo after >/after";
    project.builds(dockerfile);
    let said = project.build(&["--build-arg", "V=2"], dockerfile);
    assert_eq!(cached(&said), 4, "base, RUN, COPY, WORKDIR: {said:?}");
    assert_eq!(project.sh("ls -d /used*").text(), "/used-2");
    let said = project.build(&["--build-arg", "V=1"], dockerfile);
    assert_eq!(cached(&said), 6, "the first one is still there: {said:?}");
    // one that no line declares changes nothing
    let said = project.build(&["--build-arg", "UNDECLARED=1"], dockerfile);
    assert_eq!(cached(&said), 6, "{said:?}");
    assert!(said.err.contains("UNDECLARED"), "it is told that nobody wants it: {said:?}");
}

#[test]
fn variables_user_and_directory_count_for_commands() {
    let Some(project) = Project::new() else { return };
    let base = "FROM busybox\nCOPY <<EOF /f\nx\nEOF\n";
    let run = "RUN echo ran >/tmp/x";
    project.builds(&format!("{base}{run}"));
    for before in ["ENV A=1", "ENV A=2", "USER web", "WORKDIR /tmp", "SHELL [\"/bin/sh\", \"-ec\"]"] {
        let said = project.build(&[], &format!("{base}{before}\n{run}"));
        assert_eq!(cached(&said), 2, "{before}: {said:?}");
    }
    // a label, a port, a command do not
    for before in ["LABEL a=b", "EXPOSE 80", "CMD [\"x\"]", "VOLUME /v"] {
        let said = project.build(&[], &format!("{base}{before}\n{run}"));
        assert_eq!(cached(&said), 3, "{before}: {said:?}");
    }
}

#[test]
fn a_step_after_another_one_is_another_step() {
    let Some(project) = Project::new() else { return };
    project.builds("FROM busybox\nRUN echo 1 >/x\nRUN cat /x >/y");
    let said = project.build(&[], "FROM busybox\nRUN echo 2 >/x\nRUN cat /x >/y");
    assert_eq!(cached(&said), 1, "{said:?}");
    assert_eq!(project.sh("cat /y").text(), "2");
    // another stage's result is an input like any other
    let dockerfile = |text: &str| {
        format!(
            "FROM busybox AS a\nRUN echo {text} >/x; echo same >/same\nFROM busybox\nCOPY --from=a /same /\nRUN cat /same"
        )
    };
    project.builds(&dockerfile("1"));
    let said = project.build(&[], &dockerfile("2"));
    assert_eq!(cached(&said), 4, "two bases, and what did not change: {said:?}");
}

#[test]
fn another_base_is_another_image() {
    let Some(project) = Project::new() else { return };
    project.builds("FROM busybox\nRUN cat /etc/passwd | wc -l >/x");
    project.engine.import(
        "busybox",
        &e2e::Root::busybox().file("/etc/passwd", 0o644, "root:x:0:0::/:/bin/sh\n"),
        &[],
    );
    assert!(changes(&project));
    assert_eq!(project.sh("cat /x").text(), "1");
}

#[test]
fn the_cache_can_be_left_alone() {
    let Some(project) = Project::new() else { return };
    let dockerfile = "FROM busybox\nRUN cat /proc/sys/kernel/random/uuid >/x\nRUN cat /x";
    project.builds(dockerfile);
    let first = project.sh("cat /x").text();
    let said = project.rebuild(&["--no-cache"]);
    assert_eq!(cached(&said), 1, "the base: {said:?}");
    let second = project.sh("cat /x").text();
    assert_ne!(first, second);
    project.rebuild(&[]).ok();
    assert_eq!(project.sh("cat /x").text(), second, "what was made last counts");
}

#[test]
fn what_was_done_before_a_failure_is_not_done_again() {
    let Some(project) = Project::new() else { return };
    let said = project.build(&[], "FROM busybox\nRUN cat /proc/sys/kernel/random/uuid >/x\nRUN false");
    assert_eq!(said.code, 1, "{said:?}");
    let said = project.build(&[], "FROM busybox\nRUN cat /proc/sys/kernel/random/uuid >/x\nRUN true");
    assert_eq!(cached(&said), 2, "{said:?}");
}

#[test]
fn a_prune_takes_the_cache_and_nothing_breaks() {
    let Some(project) = Project::new() else { return };
    let dockerfile = "FROM busybox\nRUN echo 1 >/x\nRUN echo 2 >/y";
    project.builds(dockerfile);
    project.engine.tare(["rmi", "built"]).ok();
    project.engine.tare(["system", "prune", "-f"]).ok();
    project.builds(dockerfile);
    assert_eq!(project.sh("cat /x /y").lines(), ["1", "2"]);
}
