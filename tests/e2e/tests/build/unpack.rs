//! `ADD` of local archives.

use super::Project;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A tar of a few files of odd owners.
fn archive(project: &Project) -> PathBuf {
    let root = e2e::Root::scratch()
        .directory("/top", 0o750)
        .owned("/top/file", (11, 70_000), Some(b"content"))
        .file("/top/setuid", 0o4755, "x")
        .symlink("/top/link", "file")
        .symlink("/absolute", "/etc/passwd");
    project.file("plain.tar", root.archive())
}

fn compress(project: &Project, program: &[&str], name: &str) -> bool {
    if !e2e::needs_programs(&program[..1]) {
        return false;
    }
    let input = fs::File::open(archive(project)).unwrap();
    let output = Command::new(program[0]).args(&program[1..]).stdin(Stdio::from(input)).output().unwrap();
    assert!(output.status.success(), "{program:?}");
    project.file(name, output.stdout);
    true
}

#[test]
fn archives_are_unpacked_whatever_their_compression() {
    let Some(project) = Project::new() else { return };
    archive(&project);
    let mut names = vec!["plain.tar"];
    for (program, name) in [
        (&["gzip", "-c"][..], "a.tar.gz"),
        (&["bzip2", "-c"], "a.tar.bz2"),
        (&["xz", "-c"], "a.tar.xz"),
        (&["zstd", "-c"], "a.tar.zst"),
        // the name does not count
        (&["gzip", "-c"], "no-archive-by-its-name"),
    ] {
        if compress(&project, program, name) {
            names.push(name);
        }
    }
    for name in names {
        project.builds(&format!("FROM busybox\nADD {name} /made/here"));
        let seen = project.sh("cd /made/here; cat top/link; stat -c ' %n %a %u:%g' top top/file top/setuid; readlink absolute").lines();
        let expected =
            ["content top 750 0:0", " top/file 755 11:70000", " top/setuid 4755 0:0", "/etc/passwd"];
        assert_eq!(seen, expected, "{name}");
    }
}

#[test]
fn copy_does_not_unpack() {
    let Some(project) = Project::new() else { return };
    archive(&project);
    project.builds("FROM busybox\nCOPY plain.tar /x\nCOPY plain.tar /y/");
    assert_eq!(project.sh("tar -tf /x | head -n1; ls /y").lines(), ["top", "plain.tar"]);
}

#[test]
fn plain_files_and_directories_are_copied() {
    let Some(project) = Project::new() else { return };
    archive(&project);
    project.file("f", "no archive");
    project.file("f.gz", b"\x1f\x8b no archive either");
    project.file("empty.tar", "");
    project.file("d/a", "a");
    fs::rename(
        project.file("moved.tar", "not a tar, whatever its name"),
        project.engine.path("context/named.tar"),
    )
    .unwrap();
    project.builds("FROM busybox\nADD f f.gz empty.tar named.tar /x/\nADD d /d\nADD plain.tar f /both/\nADD --chmod=600 f /mode");
    let seen = project.sh("ls /x /d /both; cat /x/f /x/named.tar; stat -c ' %a' /mode").lines();
    let expected = [
        "/both:",
        "absolute",
        "f",
        "top",
        "",
        "/d:",
        "a",
        "",
        "/x:",
        "empty.tar",
        "f",
        "f.gz",
        "named.tar",
        "no archivenot a tar, whatever its name 600",
    ];
    assert_eq!(seen, expected);
}

#[test]
fn owners_can_be_given() {
    let Some(project) = Project::new() else { return };
    archive(&project);
    project.builds("FROM busybox\nADD --chown=7:8 plain.tar /x");
    assert_eq!(
        project.sh("stat -c '%n %u:%g' /x/top /x/top/file").lines(),
        ["/x/top 7:8", "/x/top/file 7:8"]
    );
}

#[test]
fn an_archive_goes_over_what_is_there() {
    let Some(project) = Project::new() else { return };
    archive(&project);
    project.builds(
        "FROM busybox
        RUN mkdir -p /real /x && ln -s /real /x/top-too && echo old >/x/absolute && mkdir -m 711 /x/top && echo kept >/x/top/kept && ln -s /x /link
        ADD plain.tar /link/",
    );
    let seen = project
        .sh("cd /x; readlink absolute; cat top/kept top/file; stat -c ' %a' top; readlink /link")
        .lines();
    assert_eq!(seen, ["/etc/passwd", "kept", "content 750", "/x"]);
}
