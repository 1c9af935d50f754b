//! The configuration and the history of an image, as `docker build` gives them.

use super::Project;

const PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

#[test]
fn the_configuration() {
    let Some(project) = Project::new() else { return };
    project.builds(
        "FROM busybox
        MAINTAINER me <me@example.invalid>
        ENV X=1 Y=\"a b\"
        ENV LEGACY value with spaces
        LABEL a=b \"c d\"=\"e f\" g='$X' h=$X
        EXPOSE 80 53/udp 5000-5001/tcp
        VOLUME /v /w
        VOLUME [\"/x y\"]
        STOPSIGNAL 9
        USER 1:2
        WORKDIR /w
        ENTRYPOINT [\"/bin/echo\", \"a b\"]
        CMD [\"c\"]",
    );
    assert_eq!(project.inspect("{{.Author}} {{.Os}}"), "me <me@example.invalid> linux");
    for (field, value) in [
        ("Env", format!("[\"{PATH}\",\"X=1\",\"Y=a b\",\"LEGACY=value with spaces\"]")),
        ("Labels", r#"{"a":"b","c d":"e f","g":"$X","h":"1"}"#.into()),
        ("ExposedPorts", r#"{"5000/tcp":{},"5001/tcp":{},"53/udp":{},"80/tcp":{}}"#.into()),
        ("Volumes", r#"{"/v":{},"/w":{},"/x y":{}}"#.into()),
        ("StopSignal", r#""9""#.into()),
        ("User", r#""1:2""#.into()),
        ("WorkingDir", r#""/w""#.into()),
        ("Entrypoint", r#"["/bin/echo","a b"]"#.into()),
        ("Cmd", r#"["c"]"#.into()),
    ] {
        assert_eq!(project.inspect(&format!("{{{{json .Config.{field}}}}}")), value, "{field}");
    }
    let run = project.engine.tare(["run", "--rm", "--network", "none", "built"]);
    assert_eq!(run.text(), "a b c");
}

#[test]
fn an_image_from_nothing_has_a_path_and_a_root() {
    let Some(project) = Project::new() else { return };
    project.builds("FROM scratch\nLABEL a=b");
    assert_eq!(
        project.inspect("{{json .Config.Env}} {{.Config.WorkingDir}} {{len .RootFS.Layers}}"),
        format!("[\"{PATH}\"] / 0")
    );
    assert_eq!(project.history(), ["LABEL a=b"]);
}

#[test]
fn a_health_check_is_recorded() {
    let Some(project) = Project::new() else { return };
    project.builds(
        "FROM busybox\nHEALTHCHECK --interval=1m30s --timeout=3s --start-period=1s --start-interval=250ms --retries=5 CMD wget -q localhost || exit 1",
    );
    let expected = r#"{"Test":["CMD-SHELL","wget -q localhost || exit 1"],"Interval":90000000000,"Timeout":3000000000,"StartPeriod":1000000000,"StartInterval":250000000,"Retries":5}"#;
    assert_eq!(project.inspect("{{json .Config.Healthcheck}}"), expected);
    let expected =
        r#"HEALTHCHECK &{["CMD-SHELL" "wget -q localhost || exit 1"] "1m30s" "3s" "1s" "250ms" '\x05'}"#;
    assert_eq!(project.history(), [expected]);
    project.builds("FROM busybox\nHEALTHCHECK CMD [\"true\", \"a b\"]");
    assert_eq!(project.inspect("{{json .Config.Healthcheck}}"), r#"{"Test":["CMD","true","a b"]}"#);
    project.builds("FROM busybox\nHEALTHCHECK CMD true\nHEALTHCHECK NONE");
    assert_eq!(project.inspect("{{json .Config.Healthcheck}}"), r#"{"Test":["NONE"]}"#);
}

#[test]
fn an_entry_point_drops_an_inherited_command_and_no_other() {
    let Some(project) = Project::new() else { return };
    project.builds("FROM busybox AS base\nCMD [\"inherited\"]\nFROM base\nENTRYPOINT [\"e\"]");
    assert_eq!(project.inspect("{{json .Config.Cmd}}"), "null");
    project.builds("FROM busybox\nCMD [\"own\"]\nENTRYPOINT [\"e\"]");
    assert_eq!(project.inspect("{{json .Config.Cmd}} {{json .Config.Entrypoint}}"), r#"["own"] ["e"]"#);
    project.builds("FROM busybox\nENTRYPOINT e $HOME\nCMD c");
    let expected = r#"["/bin/sh","-c","c"] ["/bin/sh","-c","e $HOME"]"#;
    assert_eq!(project.inspect("{{json .Config.Cmd}} {{json .Config.Entrypoint}}"), expected);
}

#[test]
fn what_is_written_to_a_volume_after_its_declaration_stays() {
    let Some(project) = Project::new() else { return };
    project.file("f", "copied");
    project.builds(
        "FROM busybox\nRUN mkdir /v\nVOLUME /v\nRUN echo run >/v/x\nCOPY f /v/\nRUN cat /v/x /v/f >/seen",
    );
    assert_eq!(project.sh("cat /seen; ls /v").lines(), ["run", "copiedf", "x"]);
}

#[test]
fn triggers_wait_for_the_next_build() {
    let Some(project) = Project::new() else { return };
    project.file("given", "a file of the next build");
    project.builds(
        "FROM busybox
        ONBUILD ARG WHO=nobody
        ONBUILD COPY given /
        ONBUILD RUN echo \"built for $WHO\" >/who
        RUN test ! -e /given && echo own >/own",
    );
    let triggers = r#"["ARG WHO=nobody","COPY given /","RUN echo \"built for $WHO\" >/who"]"#;
    assert_eq!(project.inspect("{{json .Config.OnBuild}}"), triggers);
    assert_eq!(project.history(), ["RUN /bin/sh -c test ! -e /given && echo own >/own # buildkit"]);
    project.engine.tare(["tag", "built", "parent"]).ok();
    project.build(&["--build-arg", "WHO=me"], "FROM parent\nRUN cat /given /who >/both").ok();
    assert_eq!(project.sh("cat /own /who").lines(), ["own", "built for me"]);
    assert_eq!(project.sh("cat /both").text(), "a file of the next buildbuilt for me");
    assert_eq!(project.inspect("{{json .Config.OnBuild}}"), "null");
    // in the same Dockerfile, too
    project
        .builds("FROM busybox AS parent\nONBUILD RUN echo yes >/triggered\nFROM parent\nRUN cat /triggered");
    assert_eq!(project.inspect("{{json .Config.OnBuild}}"), "null");
}

/// Of each kind of instruction one that has a history.
const MUCH: &str = "ARG G=global
FROM busybox
ARG G
ARG NONE
ARG A=1 B=\"two words\"
MAINTAINER me <me@example.invalid>
ENV X=1 Y=y
LABEL a=b \"c d\"=\"e f\"
SHELL [\"/bin/ash\", \"-ec\"]
RUN echo 1 >/1
SHELL [\"/bin/sh\", \"-c\"]
RUN <<EOF
echo hi >/2
EOF
RUN [\"touch\", \"a b\"]
RUN echo a \\
   && echo b >/4
COPY --chown=1:2 --chmod=644 a $Y/
COPY <<EOF <<\"FOO\" /h/
$X
EOF
$X
FOO
ADD a /added
VOLUME /v /w
EXPOSE 1 2/udp 3-4
USER 0
WORKDIR a
WORKDIR ../b
STOPSIGNAL 9
CMD echo shell
ENTRYPOINT [\"x\"]
";

#[test]
fn the_history() {
    let Some(project) = Project::new() else { return };
    project.file("a", "a");
    project.builds(MUCH);
    let run = "RUN |4 G=global NONE= A=1 B=two words";
    let expected = [
        "ARG G=global".into(),
        "ARG NONE".into(),
        "ARG A=1 B=two words".into(),
        "MAINTAINER me <me@example.invalid>".into(),
        "ENV X=1 Y=y".into(),
        "LABEL a=b c d=e f".into(),
        "SHELL [/bin/ash -ec]".into(),
        format!("{run} /bin/ash -ec echo 1 >/1 # buildkit"),
        "SHELL [/bin/sh -c]".into(),
        format!("{run} /bin/sh -c echo hi >/2\n # buildkit"),
        format!("{run} touch a b # buildkit"),
        format!("{run} /bin/sh -c echo a    && echo b >/4 # buildkit"),
        "COPY --chown=1:2 --chmod=644 a y/ # buildkit".into(),
        "COPY <<EOF <<FOO /h/ # buildkit".into(),
        "ADD a /added # buildkit".into(),
        "VOLUME [/v /w]".into(),
        "EXPOSE [1/tcp 2/udp 3/tcp 4/tcp]".into(),
        "USER 0".into(),
        "WORKDIR /a".into(),
        "WORKDIR /b".into(),
        "STOPSIGNAL 9".into(),
        "CMD [\"/bin/sh\" \"-c\" \"echo shell\"]".into(),
        "ENTRYPOINT [\"x\"]".to_owned(),
    ];
    assert_eq!(project.history(), expected);
    let entries = project.engine.tare(["history", "--format", "entry", "built"]).lines();
    assert_eq!(entries.len(), expected.len() + 1, "the base's is there too");
    // one layer of the base, and one for each instruction that touches files
    assert_eq!(project.inspect("{{len .RootFS.Layers}}"), "10");
}
