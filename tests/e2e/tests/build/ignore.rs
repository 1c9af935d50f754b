//! `.dockerignore`.

use super::Project;

/// What arrives of a context with these files.
fn arrives(project: &Project, ignore: &str, dockerfile: &str) -> Vec<String> {
    for name in [
        "a.txt",
        "b.md",
        "keep/a.txt",
        "keep/b.md",
        "logs/one.log",
        "logs/keep.log",
        "deep/er/still/x.log",
        "deep/y",
        "temp?",
    ] {
        project.file(name, name);
    }
    project.file(".dockerignore", ignore);
    project.builds(dockerfile);
    project.sh("cd /all && find . -type f | sort | cut -c3-").lines()
}

#[test]
fn patterns() {
    let Some(project) = Project::new() else { return };
    let all = "FROM busybox\nCOPY . /all";
    let own = "Dockerfile\n.dockerignore\n";
    let rest = |ignore: &str| arrives(&project, &format!("{own}{ignore}"), all);
    let logs = ["logs/keep.log", "logs/one.log"];
    assert_eq!(
        rest("# a comment\n\n*.txt\ndeep\nkeep\ntemp?\n"),
        ["b.md", "logs/keep.log", "logs/one.log"],
        "a star stays in its directory"
    );
    assert_eq!(rest("**/*.log\nkeep\n/a.txt\n./b.md\ntemp*\n"), ["deep/y"], "two stars are any directories");
    assert_eq!(rest("*\n!logs\nlogs/one.log\n"), logs[..1], "the last one that matches counts");
    assert_eq!(rest("logs/*\n!logs/keep.log\n*.*\nkeep/\ndeep/\n  temp?  \n"), logs[..1]);
    assert_eq!(rest("**\n!**/*.log\n"), ["deep/er/still/x.log", "logs/keep.log", "logs/one.log"]);
    assert_eq!(rest("*/*.md\n[a-b].*\nlogs\n!logs/one.log\ndeep\ntemp\\?\n"), ["keep/a.txt", "logs/one.log"]);
    let rest = rest("keep/../logs\n./deep//er/..\n*.*\ntemp?\n");
    assert_eq!(rest, ["keep/a.txt", "keep/b.md"], "a path is cleaned first");
}

#[test]
fn what_is_excluded_cannot_be_named() {
    let Some(project) = Project::new() else { return };
    project.file("secret", "x");
    project.file("d/secret", "x");
    project.file(".dockerignore", "secret\nd\n");
    let said = project.build(&[], "FROM busybox\nCOPY secret /x");
    assert!(said.code == 1 && said.err.contains("secret") && said.err.contains(".dockerignore"), "{said:?}");
    let said = project.build(&[], "FROM busybox\nCOPY d/secret /x");
    assert!(said.code == 1 && said.err.contains("d/secret"), "{said:?}");
    // it is about the context only
    project.builds("FROM busybox AS b\nRUN echo of a stage >/secret\nFROM busybox\nCOPY --from=b /secret /x");
    assert_eq!(project.sh("cat /x").text(), "of a stage");
}

#[test]
fn the_dockerfile_s_own_file_wins() {
    let Some(project) = Project::new() else { return };
    project.file("a", "a");
    project.file("b", "b");
    project.file(".dockerignore", "a\n");
    project.file("other.Dockerfile", "FROM busybox\nCOPY . /all");
    project.file("other.Dockerfile.dockerignore", "b\n*ockerfile*\n.dockerignore\n");
    let file = format!("{}/other.Dockerfile", project.directory());
    project.rebuild(&["-f", &file]).ok();
    assert_eq!(project.sh("ls -A /all").lines(), ["a"]);
    // the Dockerfile is read even if it is excluded
    project.file(".dockerignore", "*\n");
    project.builds("FROM busybox\nCOPY . /all");
    assert_eq!(project.sh("ls -A /all").text(), "");
}

#[test]
fn a_file_that_is_excluded_does_not_miss_the_cache() {
    let Some(project) = Project::new() else { return };
    project.file("seen", "1");
    project.file("unseen", "1");
    project.file(".dockerignore", "unseen\n");
    project.builds("FROM busybox\nCOPY . /all");
    let first = project.id();
    project.file("unseen", "2");
    project.rebuild(&[]).ok();
    assert_eq!(project.id(), first);
    project.file("seen", "2");
    project.rebuild(&[]).ok();
    assert_ne!(project.id(), first);
}
