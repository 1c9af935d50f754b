//! What a build can be asked for: its flags, and where its files come from.

use super::Project;
use std::fs;

#[test]
fn several_names() {
    let Some(project) = Project::new() else { return };
    project.build(&["-t", "one:1", "--tag", "example.invalid:5000/two/three"], "FROM busybox\nENV A=1").ok();
    let id = project.id();
    for name in ["one:1", "example.invalid:5000/two/three:latest", "built:latest"] {
        assert_eq!(project.engine.tare(["image", "inspect", "--format", "{{.Id}}", name]).text(), id);
    }
    // a name goes to the image that was built last
    project.builds("FROM busybox\nENV A=2");
    assert_ne!(project.id(), id);
    assert_eq!(project.engine.tare(["image", "inspect", "--format", "{{.Id}}", "one:1"]).text(), id);
    project.build(&["-t", "UPPER"], "FROM busybox").fails(125, "repository name must be lowercase");
}

#[test]
fn an_image_without_a_name() {
    let Some(project) = Project::new() else { return };
    project.file("Dockerfile", "FROM busybox\nCMD echo nameless");
    let id = project.engine.tare(["build", "-q", &project.directory()]).text();
    assert_eq!(project.engine.tare(["run", "--rm", "--network", "none", &id]).text(), "nameless");
    let dangling = ["images", "-q", "--no-trunc", "--filter", "dangling=true"];
    assert_eq!(project.engine.tare(dangling).lines(), [id]);
}

#[test]
fn the_dockerfile_may_be_elsewhere() {
    let Some(project) = Project::new() else { return };
    project.file("f", "of the context");
    let text = "FROM busybox\nCOPY f /\nCMD cat /f";
    let outside = project.engine.write("outside/My.Dockerfile", text).display().to_string();
    let inside = project.file("sub/Containerfile", text).display().to_string();
    for file in [&outside, &inside] {
        project.rebuild(&["-f", file]).ok();
        assert_eq!(project.sh("cat /f").text(), "of the context");
    }
    let build = ["build", "-q", "-t", "built", "-f", "-", &project.directory()];
    e2e::ask(&mut project.engine.command(build), b"FROM busybox\nCOPY f /from-input").ok();
    assert_eq!(project.sh("cat /from-input").text(), "of the context");
    let missing = project.engine.path("nowhere").display().to_string();
    project.rebuild(&["-f", &missing]).fails(1, "nowhere");
    project.rebuild(&[]).fails(1, "failed to read dockerfile");
    project.engine.tare(["build", &missing]).fails(1, "unable to prepare context");
    project.engine.tare(["build", &inside]).fails(1, "unable to prepare context");
    let both = project.engine.tare(["build", "-f", "-", "-"]);
    both.fails(125, "can't use stdin for both build context and dockerfile");
}

#[test]
fn a_dockerfile_alone_on_the_input() {
    let Some(project) = Project::new() else { return };
    let ask = |text: &str| {
        e2e::ask(
            &mut project.engine.command(["build", "-t", "built", "--network", "none", "-"]),
            text.as_bytes(),
        )
    };
    ask("FROM busybox\nRUN echo hi >/x").ok();
    assert_eq!(project.sh("cat /x").text(), "hi");
    let said = ask("FROM busybox\nCOPY x /x");
    assert!(said.code == 1 && said.err.contains("context is empty"), "{said:?}");
    let said = ask("");
    assert!(said.code != 0 && said.err.contains("no instructions"), "{said:?}");
}

#[test]
fn a_tar_on_the_input() {
    let Some(project) = Project::new() else { return };
    let context = e2e::Root::scratch()
        .file("Dockerfile", 0o644, "FROM busybox\nCOPY d /d\n")
        .file("sub/Other", 0o644, "FROM busybox\nCOPY . /all\n")
        .file(".dockerignore", 0o644, "d/unseen\n")
        .file("d/f", 0o4755, "content")
        .file("d/unseen", 0o644, "x")
        .symlink("d/link", "f")
        .archive();
    let ask = |flags: &[&str], input: &[u8]| {
        let arguments = [&["build", "-t", "built", "--network", "none"], flags, &["-"]].concat();
        e2e::ask(&mut project.engine.command(arguments), input)
    };
    ask(&[], &context).ok();
    assert_eq!(project.sh("cd /d; ls; stat -c %a f; cat link").lines(), ["f", "link", "4755", "content"]);
    let id = project.id();
    ask(&["-f", "sub/Other"], &context).ok();
    assert_eq!(
        project.sh("cd /all; find . -type f | sort").lines(),
        ["./.dockerignore", "./Dockerfile", "./d/f", "./sub/Other"]
    );
    let zipped = std::process::Command::new("gzip")
        .arg("-c")
        .arg(project.file("c.tar", &context))
        .output()
        .unwrap()
        .stdout;
    ask(&[], &zipped).ok();
    assert_eq!(project.id(), id);
    ask(&["-f", "nowhere"], &context).fails(1, "nowhere");
    let cut = ask(&[], &context[..context.len() / 2]);
    assert_ne!(cut.code, 0, "{cut:?}");
    assert_eq!(project.staging().len(), 0, "the context's copy is gone");
}

#[test]
fn the_id_is_told_and_written() {
    let Some(project) = Project::new() else { return };
    let file = project.engine.path("id");
    let said =
        project.build(&["-q", "--iidfile", &file.display().to_string()], "FROM busybox\nRUN echo noise");
    let id = project.id();
    assert_eq!((said.out.as_str(), said.err.as_str()), (format!("{id}\n").as_str(), ""));
    assert_eq!(fs::read_to_string(&file).unwrap(), id);
    let said = project.build(&["--iidfile", &file.display().to_string()], "FROM busybox\nRUN false");
    assert_eq!(said.code, 1, "{said:?}");
    let said = project.build(&["-q"], "FROM busybox\nRUN echo the reason; false");
    assert!(said.code == 1 && said.out.is_empty() && said.err.contains("exit code: 1"), "{said:?}");
}

#[test]
fn labels_of_the_request() {
    let Some(project) = Project::new() else { return };
    let dockerfile = "FROM busybox AS other\nFROM busybox\nLABEL a=dockerfile b=dockerfile";
    project.build(&["--label", "a=request", "--label", "c=d=e", "--label", "empty"], dockerfile).ok();
    let labels = r#"{"a":"request","b":"dockerfile","c":"d=e","empty":""}"#;
    assert_eq!(project.inspect("{{json .Config.Labels}}"), labels);
    assert_eq!(project.history(), ["LABEL a=dockerfile b=dockerfile"]);
}

#[test]
fn base_images_are_pulled_as_the_policy_says() {
    let Some(project) = Project::new() else { return };
    project.build(&["--pull=never"], "FROM busybox").ok();
    project.build(&["--pull=odd"], "FROM busybox").fails(125, "invalid --pull=odd");
    let said = project.build(&[], "FROM localhost:1/nosuch");
    assert!(said.code != 0 && said.err.contains("Dockerfile:1:1: localhost:1/nosuch"), "{said:?}");
    let said = project.engine.tare(["build", "https://example.invalid/x.git"]);
    assert!(said.code != 0 && said.err.contains("not supported yet"), "{said:?}");
}

#[test]
fn progress_in_words() {
    let Some(project) = Project::new() else { return };
    let dockerfile =
        "FROM busybox AS a\nRUN echo out; echo err >&2\nFROM busybox\nCOPY --from=a /etc/passwd /x";
    let said = project.build(&["--progress", "plain"], dockerfile);
    assert_eq!((said.code, said.out.as_str()), (0, ""), "{said:?}");
    for words in [
        "FROM busybox",
        "RUN echo out; echo err >&2",
        "COPY --from=a /etc/passwd /x",
        " out\n",
        " err\n",
        " DONE ",
        "built",
    ] {
        assert!(said.err.contains(words), "{words:?}: {said:?}");
    }
    assert!(said.err.contains(" [a 2/2] RUN") && !said.err.contains("] ["), "a place is told once: {said:?}");
    let said = project.build(&["--progress", "quiet"], dockerfile);
    assert_eq!((said.code, said.err.as_str()), (0, ""), "{said:?}");
    project.build(&["--progress", "bogus"], dockerfile).fails(125, "bogus");
}

#[test]
fn progress_on_a_terminal() {
    let Some(project) = Project::new() else { return };
    project.file("Dockerfile", "FROM busybox\nRUN echo of the step\nRUN echo the reason; exit 7");
    let build = project.engine.command(["build", "--network", "none", &project.directory()]);
    let (shown, code) = e2e::Terminal::start(&build, 24, 80).finish();
    assert_eq!(code, 1, "{shown}");
    for words in [
        "RUN echo of the step",
        "the reason",
        "exit code: 7",
        "Dockerfile:3",
        ">>> RUN echo the reason; exit 7",
    ] {
        assert!(shown.contains(words), "{words:?}: {shown}");
    }
}
