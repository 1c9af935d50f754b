//! What holds for a file as a whole: endings, directives, continuations, heredocs as commands.

use dockerfile::{Command, Dockerfile, Error, Invocation, Kind, MountKind, Run, parse};

fn file(text: &str) -> Dockerfile {
    parse("Dockerfile", text.as_bytes()).unwrap_or_else(|error| panic!("{error}"))
}

fn kinds(text: &str) -> Vec<Kind> {
    file(text).stages.into_iter().flat_map(|stage| stage.instructions).map(|i| i.kind).collect()
}

fn run(text: &str) -> Run {
    match kinds(&format!("FROM x\n{text}")).remove(0) {
        Kind::Run(run) => run,
        other => panic!("no RUN: {other:?}"),
    }
}

#[test]
fn a_byte_order_mark_and_carriage_returns_vanish() {
    let plain = "# escape=`\nFROM a\nRUN a `\n  # note\n  b\nWORKDIR c:\\d\n";
    let dressed = format!("\u{feff}{}", plain.replace('\n', "\r\n"));
    assert_eq!(kinds(plain), kinds(&dressed));
    assert_eq!(kinds(plain)[1], Kind::Workdir("c:\\d".into()));
    assert_eq!(file(plain).escape, '`');
}

#[test]
fn keywords_in_any_case_and_white_space_around() {
    let text = "  from a as B\n\t\trun  true  \n \n   # note\n  uSeR\tx";
    assert_eq!(kinds(text), [Kind::Run(run("RUN true")), Kind::User("x".into())]);
    assert_eq!(file(text).stages[0].name.as_deref(), Some("b"));
}

#[test]
fn blank_lines_inside_continuations_are_warned_about() {
    let file = file("FROM a\nRUN a \\\n\n\n b\nRUN c \\\n# fine\n d");
    assert_eq!(
        format!("{:?}", file.warnings),
        "[Warning { position: 3:1, rule: \"NoEmptyContinuation\", message: \"blank line inside a continued instruction\" }]"
    );
    assert_eq!(file.stages[0].instructions[0].original, "RUN a  b");
    assert_eq!(file.stages[0].instructions[1].original, "RUN c  d");
}

#[test]
fn lines_of_any_length() {
    let long = "x".repeat(200_000);
    assert_eq!(run(&format!("RUN echo {long}")).command, Command::Shell(format!("echo {long}")));
}

#[test]
fn originals_leave_heredocs_out() {
    let file = file("FROM a\nRUN <<A cat \\\n && b\ntext\nA\nUSER x");
    let instruction = &file.stages[0].instructions[0];
    assert_eq!(
        (instruction.original.as_str(), format!("{:?}", instruction.span)),
        ("RUN <<A cat  && b", "2:1..5".into())
    );
    assert_eq!(format!("{:?}", file.stages[0].span), "1:1..6");
}

#[test]
fn what_a_run_executes() {
    let shell = |text: &str| match run(text).invocation() {
        Invocation::Shell(line) => line.into_owned(),
        other => panic!("{other:?}"),
    };
    assert_eq!(shell("RUN a && b"), "a && b");
    assert_eq!(shell("RUN <<E\na $x\nb\nE"), "a $x\nb\n");
    assert_eq!(shell("RUN <<-'E'\n\ta\n\tE"), "a\n");
    assert_eq!(shell("RUN --network=none <<E\na\nE"), "a\n");
    assert_eq!(shell("RUN python3 <<-E\n\ta\nE"), "python3 <<-E\n\ta\nE");
    assert_eq!(shell("RUN <<A cat && cat <<B\na\nA\nb\nB"), "<<A cat && cat <<B\na\nA\nb\nB");
    let exec = run("RUN [\"a\", \"<<E\"]");
    assert_eq!(exec.invocation(), Invocation::Exec(&["a".into(), "<<E".into()]));
    let script = run("RUN <<-E\n\t#!/bin/awk -f\n\tx\nE");
    assert_eq!(script.invocation(), Invocation::Script { name: "E", content: "#!/bin/awk -f\nx\n".into() });
}

#[test]
fn mounts_are_typed_when_their_variables_are_known() {
    let run = run("RUN --mount=type=cache,target=$T,uid=${U},ro x");
    assert_eq!(kinds("FROM x\nRUN --mount=type=cache,target=$T,uid=${U},ro x")[0].variables('\\').len(), 2);
    let resolve = |uid: &str| {
        let lookup = |name: &str| Some(if name == "T" { "/t".to_owned() } else { uid.to_owned() });
        run.mounts[0].resolve(&|word| dockerfile::expand(word, '\\', &lookup))
    };
    let spec = resolve("7").unwrap();
    assert_eq!((spec.target.as_deref(), spec.read_only), (Some("/t"), true));
    assert!(matches!(spec.kind, MountKind::Cache { owner, .. } if owner.uid == Some(7)));
    let file = file("FROM x\nRUN --mount=type=cache,target=$T,uid=${U},ro x");
    let error: Error = file.source.error(resolve("seven").unwrap_err());
    assert_eq!(
        error.to_string().lines().next(),
        Some("Dockerfile:2:5: `uid=seven` in `--mount` is no valid uid")
    );
}
