//! `COPY` from the context: what it takes, and where it goes.

use super::Project;
use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::time::SystemTime;

const LOOK: &str = "stat -c '%n %F %a %u:%g'";

#[test]
fn files_and_directories() {
    let Some(project) = Project::new() else { return };
    project.file("f", "content");
    project.file("d/a", "a");
    project.file("d/sub/b", "b");
    project.builds(
        "FROM busybox
        COPY f /renamed
        COPY f /made/into/
        COPY f /made/of/this
        COPY f .
        COPY d /d
        COPY d/ /d-too/
        COPY [\"f\", \"/with space\"]
        WORKDIR /w
        COPY f .
        COPY f relative
        COPY ./d/../f ./below/",
    );
    let seen =
        project.sh("ls -d /renamed /f /d /d-too '/with space'; cd /; find made d d-too w | sort").lines();
    let expected = [
        "/d",
        "/d-too",
        "/f",
        "/renamed",
        "/with space",
        "d",
        "d-too",
        "d-too/a",
        "d-too/sub",
        "d-too/sub/b",
        "d/a",
        "d/sub",
        "d/sub/b",
        "made",
        "made/into",
        "made/into/f",
        "made/of",
        "made/of/this",
        "w",
        "w/below",
        "w/below/f",
        "w/f",
        "w/relative",
    ];
    assert_eq!(seen, expected);
    assert_eq!(project.sh("cat /renamed").text(), "content");
    assert_eq!(
        project.sh(&format!("{LOOK} /renamed /made /made/into")).lines()[0],
        "/renamed regular file 644 0:0"
    );
}

#[test]
fn wildcards() {
    let Some(project) = Project::new() else { return };
    for name in
        ["a1.txt", "a2.txt", "b1.txt", "[x].txt", "dir1/one", "dir2/two", "dir2/deep/three", ".hidden"]
    {
        project.file(name, name);
    }
    project.builds(
        "FROM busybox
        COPY a*.txt /star/
        COPY ?1.txt /question/
        COPY [ab]2.txt /class/
        COPY [^a]1.txt /not/
        COPY [[]x].txt /literal/
        COPY dir* /contents/
        COPY */one dir2/*/three /deep/
        COPY * /all/",
    );
    let seen = project
        .sh("cd /; find star question class not literal contents deep -type f | sort; find all | wc -l")
        .lines();
    let expected = [
        "class/a2.txt",
        "contents/deep/three",
        "contents/one",
        "contents/two",
        "deep/one",
        "deep/three",
        "literal/[x].txt",
        "not/b1.txt",
        "question/a1.txt",
        "question/b1.txt",
        "star/a1.txt",
        "star/a2.txt",
    ];
    assert_eq!(seen[..expected.len()], expected);
    assert_eq!(project.sh("cat /all/.hidden").text(), ".hidden", "a star takes hidden files");
}

#[test]
fn a_wildcard_without_a_match_copies_nothing() {
    let Some(project) = Project::new() else { return };
    project.file("a", "a");
    project.builds("FROM busybox\nCOPY a nosuch* /x/");
    assert_eq!(project.sh("ls /x").text(), "a");
}

#[test]
fn a_directory_that_is_there_keeps_what_it_is() {
    let Some(project) = Project::new() else { return };
    let directory = project.file("d/a", "a").parent().unwrap().to_path_buf();
    fs::set_permissions(&directory, Permissions::from_mode(0o705)).unwrap();
    project.builds(
        "FROM busybox
        RUN mkdir -m 711 /there && chown 3:4 /there && echo old >/there/old
        COPY d /there
        COPY --chown=7:8 d /there
        COPY d /new
        COPY --chown=7:8 d /deep/new",
    );
    let seen = project.sh(&format!("{LOOK} /there /there/* /new /deep /deep/new")).lines();
    let expected = [
        "/there directory 711 3:4",
        "/there/a regular file 644 7:8",
        "/there/old regular file 644 0:0",
        // a directory that the copy makes is a plain one
        "/new directory 755 0:0",
        "/deep directory 755 7:8",
        "/deep/new directory 755 7:8",
    ];
    assert_eq!(seen, expected);
}

#[test]
fn owners_and_modes() {
    let Some(project) = Project::new() else { return };
    let file = project.file("f", "x");
    fs::set_permissions(&file, Permissions::from_mode(0o4711)).unwrap();
    project.file("d/sub/a", "x");
    project.builds(
        "FROM busybox
        COPY f /as-it-is
        COPY --chown=web f /user
        COPY --chown=web:audio f /both
        COPY --chown=:video f /group
        COPY --chown=55 f /number
        COPY --chown=5:6 --chmod=4755 f /setuid
        COPY --chmod=600 d /d
        COPY --chown=web d /owned",
    );
    let seen = project
        .sh(&format!(
            "cd /; {LOOK} as-it-is user both group number setuid d/sub d/sub/a owned/sub owned/sub/a"
        ))
        .lines();
    let expected = [
        "as-it-is regular file 4711 0:0",
        "user regular file 4711 1000:1000",
        "both regular file 4711 1000:29",
        "group regular file 4711 0:44",
        "number regular file 4711 55:55",
        "setuid regular file 4755 5:6",
        "d/sub directory 600 0:0",
        "d/sub/a regular file 600 0:0",
        "owned/sub directory 755 1000:1000",
        "owned/sub/a regular file 644 1000:1000",
    ];
    assert_eq!(seen, expected);
    let said = project.build(&[], "FROM busybox\nCOPY --chown=nosuch f /x");
    assert!(said.code != 0 && said.err.contains("nosuch"), "{said:?}");
    let said = project.build(&[], "FROM busybox\nCOPY --chmod=999 f /x");
    assert!(said.code != 0 && said.err.contains("Dockerfile:2:6") && said.err.contains("999"), "{said:?}");
}

#[test]
fn the_user_of_the_stage_does_not_own_what_is_copied() {
    let Some(project) = Project::new() else { return };
    project.file("f", "x");
    project.builds("FROM busybox\nUSER web\nCOPY f /f\nADD f /added");
    assert_eq!(
        project.sh(&format!("{LOOK} /f /added")).lines(),
        ["/f regular file 644 0:0", "/added regular file 644 0:0"]
    );
}

#[test]
fn links_in_the_destination_are_followed_inside_the_image() {
    let Some(project) = Project::new() else { return };
    project.file("f", "new");
    project.file("d/a", "a");
    project.builds(
        "FROM busybox
        RUN mkdir /real && ln -s /real /link && ln -s ../../../../real /up && echo old >/old && ln -s /old /to-file && ln -s /nowhere /dangling
        COPY f /link
        COPY d /up
        COPY d /link/sub/
        COPY f /up/renamed
        COPY f /to-file
        COPY f /dangling",
    );
    let seen = project
        .sh("find /real | sort; for l in link up to-file dangling; do readlink /$l; done; cat /old /nowhere")
        .lines();
    let expected = [
        "/real",
        "/real/a",
        "/real/f",
        "/real/renamed",
        "/real/sub",
        "/real/sub/a",
        "/real",
        "../../../../real",
        "/old",
        "/nowhere",
        "newnew",
    ];
    assert_eq!(seen, expected);
}

#[test]
fn links_in_the_source() {
    let Some(project) = Project::new() else { return };
    project.file("f", "content");
    let directory = project.file("d/a", "a").parent().unwrap().to_path_buf();
    symlink("a", directory.join("inside")).unwrap();
    symlink("/etc/shadow", directory.join("outside")).unwrap();
    symlink("f", directory.with_file_name("link")).unwrap();
    symlink("d", directory.with_file_name("directory")).unwrap();
    symlink("../../../../../../../f", directory.with_file_name("up")).unwrap();
    project.builds("FROM busybox\nCOPY link /link\nCOPY directory /directory\nCOPY d /d\nCOPY up /up");
    // one that is named is followed, inside the context; one that is found is copied
    let seen = project
        .sh("cat /link /up; stat -c %F /link; ls /directory; readlink /d/inside; readlink /d/outside")
        .lines();
    assert_eq!(seen, ["contentcontentregular file", "a", "inside", "outside", "a", "/etc/shadow"]);
    symlink("/etc/hostname", directory.with_file_name("escape")).unwrap();
    let said = project.build(&[], "FROM busybox\nCOPY escape /x");
    assert!(said.code != 0 && said.err.contains("not found"), "{said:?}");
}

#[test]
fn times_are_kept_and_a_file_takes_a_file_s_place() {
    let Some(project) = Project::new() else { return };
    let file = fs::File::open(project.file("f", "new")).unwrap();
    file.set_modified(SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000)).unwrap();
    project.file("d/x", "file");
    project.builds("FROM busybox\nRUN echo old >/f && chmod 777 /f && ln /f /hard\nCOPY f /\nRUN mkdir -p /tree/x-too && ln -s /etc /tree/link\nCOPY f /tree/link-too");
    assert_eq!(project.sh("stat -c '%Y %a' /f; cat /f /hard").lines(), ["1000000000 644", "newold"]);
    let said = project.build(&[], "FROM busybox\nRUN mkdir -p /tree/x\nCOPY d /tree");
    assert!(
        said.code != 0 && said.err.contains("directory"),
        "a file does not replace a directory: {said:?}"
    );
}

#[test]
fn sources_that_are_not_there() {
    let Some(project) = Project::new() else { return };
    for (copy, words) in [
        ("COPY nosuch /x", "\"/nosuch\" not found in the build context"),
        ("COPY ../outside /x", "\"/outside\" not found in the build context"),
        ("COPY f/below /x", "\"/f/below\" not found in the build context"),
        ("ADD nosuch /x", "\"/nosuch\" not found in the build context"),
    ] {
        project.file("f", "x");
        let said = project.build(&[], &format!("FROM busybox\n{copy}"));
        assert!(
            said.code == 1 && said.err.contains(words) && said.err.contains("Dockerfile:2"),
            "{copy}: {said:?}"
        );
    }
}

#[test]
fn several_sources_need_a_directory() {
    let Some(project) = Project::new() else { return };
    project.file("a", "a");
    project.file("b", "b");
    let said = project.build(&[], "FROM busybox\nRUN echo it runs >&2\nCOPY a b /x");
    let words = "when using COPY with more than one source file, the destination must be a directory and end with a /";
    said.fails(1, words);
    project.builds("FROM busybox\nCOPY a b /x/\nCOPY a b ./\nADD a b .");
    assert_eq!(project.sh("ls /x; cat /a /b").lines(), ["a", "b", "ab"]);
}

#[test]
fn heredocs() {
    let Some(project) = Project::new() else { return };
    project.file("f", "of the context");
    project.builds(
        "FROM busybox
ENV NAME=value
COPY <<EOF /expanded
$NAME ${NAME:+and} \\$NAME
EOF
COPY <<\"EOF\" /literal
$NAME
EOF
COPY --chmod=755 --chown=1:2 <<-one <<two f /several/
\techo \"without tabs\"
one
	with a tab
two
COPY <<EOF /empty
EOF
",
    );
    let seen = project.sh(&format!("cat /expanded /literal /several/one /several/two; {LOOK} /expanded /several/one; stat -c %s /empty; cat /several/f")).lines();
    let expected = [
        "value and $NAME",
        "$NAME",
        "echo \"without tabs\"",
        "\twith a tab",
        "/expanded regular file 644 0:0",
        "/several/one regular file 755 1:2",
        "0",
        "of the context",
    ];
    assert_eq!(seen, expected);
}

#[test]
fn odd_files() {
    let Some(project) = Project::new() else { return };
    let directory = project.file("d/ünïcödé ☃", "x").parent().unwrap().to_path_buf();
    let long = "n".repeat(200);
    project.file(&format!("d/{long}"), "long");
    fs::hard_link(directory.join("ünïcödé ☃"), directory.join("hard")).unwrap();
    let sparse = fs::File::create(directory.join("sparse")).unwrap();
    sparse.set_len(64 << 20).unwrap();
    let socket = std::os::unix::net::UnixListener::bind(directory.join("socket")).unwrap();
    project.builds("FROM busybox\nCOPY d /d");
    drop(socket);
    let script = format!("cd /d; cat 'ünïcödé ☃' {long}; stat -c '%h %s' hard sparse; ls | wc -l");
    assert_eq!(project.sh(&script).lines(), ["xlong2 1", "1 67108864", "4"]);
}
