//! The tree of every instruction in every form, with the places of flags.

use dockerfile::{Instruction, parse};
use insta::assert_snapshot;

fn instructions(text: &str) -> Vec<Instruction> {
    let file =
        parse("Dockerfile", format!("FROM x\n{text}").as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    file.stages.into_iter().next().expect("the file has a stage").instructions
}

/// Each instruction on a line of its own.
fn show(text: &str) -> String {
    let shown: Vec<String> =
        instructions(text).iter().map(|i| format!("{:?} {:?}", i.span, i.kind)).collect();
    shown.join("\n")
}

#[test]
fn arg() {
    assert_snapshot!(show("ARG a"), @r#"2:1..2 Arg([Argument { name: "a", default: None }])"#);
    assert_snapshot!(show(r#"arg a=1 b c="x y" d=$a"#), @r#"2:1..2 Arg([Argument { name: "a", default: Some("1") }, Argument { name: "b", default: None }, Argument { name: "c", default: Some("\"x y\"") }, Argument { name: "d", default: Some("$a") }])"#);
}

#[test]
fn env() {
    assert_snapshot!(show(r#"ENV a=1 b="two words" c=three\ words d='$x'"#), @r#"2:1..2 Env([Pair { name: "a", value: "1", legacy: false }, Pair { name: "b", value: "\"two words\"", legacy: false }, Pair { name: "c", value: "three\\ words", legacy: false }, Pair { name: "d", value: "'$x'", legacy: false }])"#);
    assert_snapshot!(show("ENV path /usr/bin:$PATH  and more"), @r#"2:1..2 Env([Pair { name: "path", value: "/usr/bin:$PATH  and more", legacy: true }])"#);
    assert_snapshot!(show("ENV a="), @r#"2:1..2 Env([Pair { name: "a", value: "", legacy: false }])"#);
}

#[test]
fn label() {
    assert_snapshot!(show(r#"LABEL org.name="A \"quoted\" one" b=c"#), @r#"2:1..2 Label([Pair { name: "org.name", value: "\"A \\\"quoted\\\" one\"", legacy: false }, Pair { name: "b", value: "c", legacy: false }])"#);
    assert_snapshot!(show("LABEL legacy some value"), @r#"2:1..2 Label([Pair { name: "legacy", value: "some value", legacy: true }])"#);
}

#[test]
fn workdir_user_stopsignal_maintainer() {
    assert_snapshot!(show("WORKDIR /a b/$c\nUSER ${u:-app}:1000\nSTOPSIGNAL SIGTERM\nMAINTAINER A. Nother <a@example.org>"), @r#"
    2:1..2 Workdir("/a b/$c")
    3:1..3 User("${u:-app}:1000")
    4:1..4 Stopsignal("SIGTERM")
    5:1..5 Maintainer("A. Nother <a@example.org>")
    "#);
}

#[test]
fn expose_and_volume() {
    assert_snapshot!(show("EXPOSE 80 $PORTS 8000-8010/tcp\t53/udp"), @r#"2:1..2 Expose(["80", "$PORTS", "8000-8010/tcp", "53/udp"])"#);
    assert_snapshot!(show("VOLUME /data $v"), @r#"2:1..2 Volume(["/data", "$v"])"#);
    assert_snapshot!(show(r#"VOLUME ["/with space", "/b"]"#), @r#"2:1..2 Volume(["/with space", "/b"])"#);
}

#[test]
fn commands() {
    assert_snapshot!(show(r#"CMD echo "hi" && true"#), @r#"2:1..2 Cmd(Shell("echo \"hi\" && true"))"#);
    assert_snapshot!(show(r#"CMD ["echo", "h\"i"]"#), @r#"2:1..2 Cmd(Exec(["echo", "h\"i"]))"#);
    assert_snapshot!(show("CMD []"), @"2:1..2 Cmd(Exec([]))");
    assert_snapshot!(show("CMD"), @r#"2:1..2 Cmd(Shell(""))"#);
    assert_snapshot!(show(r#"ENTRYPOINT ["/bin/x"]"#), @r#"2:1..2 Entrypoint(Exec(["/bin/x"]))"#);
    assert_snapshot!(show("ENTRYPOINT ['not json']"), @r#"2:1..2 Entrypoint(Shell("['not json']"))"#);
    assert_snapshot!(show(r#"SHELL ["/bin/bash", "-o", "pipefail", "-c"]"#), @r#"2:1..2 Shell(["/bin/bash", "-o", "pipefail", "-c"])"#);
}

#[test]
fn healthcheck() {
    assert_snapshot!(show("HEALTHCHECK NONE"), @"2:1..2 Healthcheck(None)");
    assert_snapshot!(show("HEALTHCHECK --interval=5m --timeout=3s --start-period=1m30s --start-interval=500ms --retries=3 \\\n  CMD curl -f http://localhost/ || exit 1"), @r#"2:1..3 Healthcheck(Test(HealthTest { command: Shell("curl -f http://localhost/ || exit 1"), interval: Some(300s@2:13), timeout: Some(3s@2:27), start_period: Some(90s@2:40), start_interval: Some(500ms@2:61), retries: Some(3@2:84) }))"#);
    assert_snapshot!(show(r#"HEALTHCHECK cmd ["/check"]"#), @r#"2:1..2 Healthcheck(Test(HealthTest { command: Exec(["/check"]), interval: None, timeout: None, start_period: None, start_interval: None, retries: None }))"#);
}

#[test]
fn onbuild() {
    assert_snapshot!(show("ONBUILD COPY --from=base . /app"), @r#"2:1..2 Onbuild("COPY --from=base . /app")"#);
    assert_snapshot!(show("ONBUILD RUN <<EOF\necho $x\nEOF\nUSER a"), @r#"
    2:1..4 Onbuild("RUN <<EOF\necho $x\nEOF")
    5:1..5 User("a")
    "#);
}

#[test]
fn run_forms() {
    assert_snapshot!(show("RUN echo a \\\n  # a comment\n  && echo b"), @r#"2:1..4 Run(Run { command: Shell("echo a   && echo b"), heredocs: [], mounts: [], network: None, security: None, devices: [] })"#);
    assert_snapshot!(show(r#"RUN ["/bin/true", "a b"]"#), @r#"2:1..2 Run(Run { command: Exec(["/bin/true", "a b"]), heredocs: [], mounts: [], network: None, security: None, devices: [] })"#);
    assert_snapshot!(show("RUN [ -f /x ] || true"), @r#"2:1..2 Run(Run { command: Shell("[ -f /x ] || true"), heredocs: [], mounts: [], network: None, security: None, devices: [] })"#);
    assert_snapshot!(show("RUN -- --odd"), @r#"2:1..2 Run(Run { command: Shell("--odd"), heredocs: [], mounts: [], network: None, security: None, devices: [] })"#);
}

#[test]
fn run_flags() {
    assert_snapshot!(show("RUN --network=none --security=insecure --device=vendor.com/gpu=all,required \\\n  --device=name=x,required=false true"), @r#"2:1..3 Run(Run { command: Shell("true"), heredocs: [], mounts: [], network: Some(None@2:5), security: Some(Insecure@2:20), devices: [Device { name: "vendor.com/gpu=all", required: true }@2:40, Device { name: "x", required: false }@3:3] })"#);
}

#[test]
fn run_mounts() {
    assert_snapshot!(show("RUN --mount=target=/src,from=base,src=/a,rw \\\n    --mount=type=cache,id=apt,dst=/var/cache,sharing=locked,mode=0755,uid=1,gid=2 \\\n    --mount=type=tmpfs,target=$T,size=64m make"), @r#"2:1..4 Run(Run { command: Shell("make"), heredocs: [], mounts: [Mount { fields: [MountField { key: Target, value: Some("/src") }, MountField { key: From, value: Some("base") }, MountField { key: Source, value: Some("/a") }, MountField { key: ReadWrite, value: None }], position: 2:5 }, Mount { fields: [MountField { key: Type, value: Some("cache") }, MountField { key: Id, value: Some("apt") }, MountField { key: Target, value: Some("/var/cache") }, MountField { key: Sharing, value: Some("locked") }, MountField { key: Mode, value: Some("0755") }, MountField { key: Uid, value: Some("1") }, MountField { key: Gid, value: Some("2") }], position: 3:5 }, Mount { fields: [MountField { key: Type, value: Some("tmpfs") }, MountField { key: Target, value: Some("$T") }, MountField { key: Size, value: Some("64m") }], position: 4:5 }], network: None, security: None, devices: [] })"#);
}

#[test]
fn run_heredocs() {
    assert_snapshot!(show("RUN <<EOF\necho a\n# kept\nEOF"), @r#"2:1..5 Run(Run { command: Shell("<<EOF"), heredocs: [Heredoc { name: "EOF", content: "echo a\n# kept\n", expand: true, strip_tabs: false }], mounts: [], network: None, security: None, devices: [] })"#);
    assert_snapshot!(show("RUN <<-\"EOF\" python3 - && cat <<E2\n\tprint(1)\n\tEOF\ntwo\nE2\nUSER after"), @r#"
    2:1..6 Run(Run { command: Shell("<<-\"EOF\" python3 - && cat <<E2"), heredocs: [Heredoc { name: "EOF", content: "\tprint(1)\n", expand: false, strip_tabs: true }, Heredoc { name: "E2", content: "two\n", expand: true, strip_tabs: false }], mounts: [], network: None, security: None, devices: [] })
    7:1..7 User("after")
    "#);
}

#[test]
fn copy() {
    assert_snapshot!(show("COPY a b/ /c"), @r#"2:1..2 Copy(CopyFiles { transfer: Transfer { sources: ["a", "b/"], heredocs: [], destination: "/c", chown: None, chmod: None, link: None, exclude: [] }, from: None, parents: None, closure: None })"#);
    assert_snapshot!(show(r#"COPY --from=0 --chown=u:g --chmod=u=rwX,go=rX --link --parents=true --exclude=*.o --exclude="a b" ["a b", "/c"]"#), @r#"2:1..2 Copy(CopyFiles { transfer: Transfer { sources: ["a b"], heredocs: [], destination: "/c", chown: Some("u:g"@2:15), chmod: Some("u=rwX,go=rX"@2:27), link: Some(true@2:47), exclude: ["*.o"@2:69, "a b"@2:83] }, from: Some("0"@2:6), parents: Some(true@2:54), closure: None })"#);
    assert_snapshot!(show("COPY <<a.txt <<-'b.txt' src /dest/\nhello $x\na.txt\n\tliteral $x\n\tb.txt\nUSER after"), @r#"
    2:1..6 Copy(CopyFiles { transfer: Transfer { sources: ["src"], heredocs: [Heredoc { name: "a.txt", content: "hello $x\n", expand: true, strip_tabs: false }, Heredoc { name: "b.txt", content: "\tliteral $x\n", expand: false, strip_tabs: true }], destination: "/dest/", chown: None, chmod: None, link: None, exclude: [] }, from: None, parents: None, closure: None })
    7:1..7 User("after")
    "#);
}

#[test]
fn copy_with_a_closure() {
    assert_snapshot!(show("COPY --closure --from=build a /a\nCOPY --from=build --closure=strict a b /c/\nCOPY --closure=safe --from=0 a /a"), @r#"
    2:1..2 Copy(CopyFiles { transfer: Transfer { sources: ["a"], heredocs: [], destination: "/a", chown: None, chmod: None, link: None, exclude: [] }, from: Some("build"@2:16), parents: None, closure: Some(Safe@2:6) })
    3:1..3 Copy(CopyFiles { transfer: Transfer { sources: ["a", "b"], heredocs: [], destination: "/c/", chown: None, chmod: None, link: None, exclude: [] }, from: Some("build"@3:6), parents: None, closure: Some(Strict@3:19) })
    4:1..4 Copy(CopyFiles { transfer: Transfer { sources: ["a"], heredocs: [], destination: "/a", chown: None, chmod: None, link: None, exclude: [] }, from: Some("0"@4:21), parents: None, closure: Some(Safe@4:6) })
    "#);
    let file = parse("Dockerfile", b"FROM x\nCOPY --from=a --closure b /c").unwrap();
    let warning = &file.warnings[0];
    assert_eq!((warning.position, warning.rule), (dockerfile::Position::new(2, 15), "Extension"));
}

#[test]
fn add() {
    assert_snapshot!(show("ADD https://example.org/a.tar.gz /a/"), @r#"2:1..2 Add(AddFiles { transfer: Transfer { sources: ["https://example.org/a.tar.gz"], heredocs: [], destination: "/a/", chown: None, chmod: None, link: None, exclude: [] }, checksum: None, keep_git_dir: None, unpack: None })"#);
    assert_snapshot!(show("ADD --checksum=sha256:abc --keep-git-dir --unpack=false --link=false $src /b"), @r#"2:1..2 Add(AddFiles { transfer: Transfer { sources: ["$src"], heredocs: [], destination: "/b", chown: None, chmod: None, link: Some(false@2:57), exclude: [] }, checksum: Some("sha256:abc"@2:5), keep_git_dir: Some(true@2:27), unpack: Some(false@2:42) })"#);
}

#[test]
fn a_file_of_forty_instructions() {
    let file = parse("Dockerfile", include_bytes!("everything.dockerfile"))
        .unwrap_or_else(|error| panic!("{error}"));
    let mut shown = format!("{:?} {:?}\n", file.directives, file.warnings);
    for argument in &file.global_args {
        shown += &format!("{:?} {}\n", argument.span, argument.original);
    }
    for stage in &file.stages {
        shown += &format!("{:?} {:?} {:?}\n", stage.span, stage.name, stage.from);
        for instruction in &stage.instructions {
            let variables: Vec<String> = instruction.kind.variables(file.escape).into_iter().collect();
            let (span, keyword) = (instruction.span, instruction.kind.keyword());
            shown += &format!("  {span:?} {keyword} {variables:?} {:?}\n", instruction.comments);
        }
    }
    assert_snapshot!(shown, @r#"
    Directives { syntax: Some(Directive { value: "docker/dockerfile:1", line: 2 }), escape: Some(Directive { value: "\\", line: 3 }), check: Some(Directive { value: "skip=none", line: 4 }), line_count: 4 } [Warning { position: 35:1, rule: "NoEmptyContinuation", message: "blank line inside a continued instruction" }]
    7:1..7 ARG BASE=debian:bookworm
    8:1..8 ARG VERSION=1.0 TARGET
    11:1..53 Some("build") From { platform: Some("$BUILDPLATFORM"@11:6), image: "${BASE}", span: 11:1..11, original: "FROM --platform=$BUILDPLATFORM ${BASE} AS build", comments: ["build compiles."] }
      12:1..12 MAINTAINER [] []
      13:1..13 ARG [] []
      14:1..14 ARG [] []
      15:1..15 ENV ["PATH"] []
      16:1..16 ENV [] []
      17:1..17 LABEL ["VERSION"] []
      18:1..18 SHELL [] []
      19:1..19 WORKDIR [] []
      20:1..20 USER [] []
      21:1..21 ADD ["VERSION"] []
      22:1..22 ADD [] []
      23:1..23 ADD [] []
      24:1..24 COPY [] []
      25:1..25 COPY [] []
      26:1..26 COPY [] []
      27:1..27 COPY [] []
      28:1..32 COPY ["VERSION"] []
      33:1..36 RUN [] []
      37:1..37 RUN [] []
      38:1..41 RUN [] []
      42:1..45 RUN [] []
      46:1..50 RUN [] []
      51:1..51 RUN [] []
      52:1..52 RUN [] []
      53:1..53 RUN [] []
    55:1..66 Some("final") From { platform: None, image: "scratch", span: 55:1..55, original: "from scratch as Final", comments: [] }
      56:1..56 COPY [] []
      57:1..57 ENV [] []
      58:1..58 EXPOSE [] []
      59:1..59 VOLUME [] []
      60:1..60 VOLUME [] []
      61:1..61 STOPSIGNAL [] []
      62:1..62 HEALTHCHECK [] []
      63:1..63 ONBUILD [] []
      64:1..64 ONBUILD [] []
      65:1..65 ENTRYPOINT [] []
      66:1..66 CMD [] []
    "#);
}
