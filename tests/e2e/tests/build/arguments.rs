//! `ARG` and `ENV`: scopes, predefined arguments, expansion.

use super::Project;

#[test]
fn a_global_argument_has_to_be_declared_again() {
    let Some(project) = Project::new() else { return };
    project.builds(
        "ARG BASE=busybox
        ARG SEEN=global HIDDEN=global
        FROM $BASE
        ARG SEEN
        ARG OWN=${SEEN}-own
        ARG SEEN_TOO=$HIDDEN.
        RUN echo \"$SEEN|$OWN|$HIDDEN|$SEEN_TOO\" >/x
        FROM busybox
        RUN echo \"[$SEEN][$OWN]\" >/y
        COPY --from=0 /x /",
    );
    assert_eq!(project.sh("cat /x /y").lines(), ["global|global-own||.", "[][]"]);
}

#[test]
fn a_build_argument_wins_over_each_default() {
    let Some(project) = Project::new() else { return };
    let dockerfile = "ARG TAG=nosuch
        FROM busybox:$TAG
        ARG A=default
        ARG B=$A
        ARG C
        ENV D=${C:-unset}
        RUN echo \"$A|$B|$C|$D\" >/x";
    project
        .build(&["--build-arg", "TAG=latest", "--build-arg", "A=given", "--build-arg", "C="], dockerfile)
        .ok();
    assert_eq!(project.sh("cat /x").text(), "given|given||unset");
}

#[test]
fn a_build_argument_without_a_value_is_copied_from_here() {
    let Some(project) = Project::new() else { return };
    project.file("Dockerfile", "FROM busybox\nARG FROM_HERE=default\nRUN echo $FROM_HERE >/x");
    let build =
        ["build", "--network", "none", "-t", "built", "--build-arg", "FROM_HERE", &project.directory()];
    let mut command = project.engine.command(build);
    e2e::ask(command.env("FROM_HERE", "copied"), b"").ok();
    assert_eq!(project.sh("cat /x").text(), "copied");
}

#[test]
fn the_later_of_a_variable_and_an_argument_holds() {
    let Some(project) = Project::new() else { return };
    let dockerfile = "FROM busybox
        ARG V=argument
        RUN echo $V >/before
        ENV V=variable
        RUN echo $V >/after
        LABEL v=$V
        ARG V
        RUN echo $V >/again
        ENV V=variable
        RUN echo $V >/at-last";
    project.build(&["--build-arg", "V=given"], dockerfile).ok();
    let seen = project.sh("cat /before /after /again /at-last");
    assert_eq!(seen.lines(), ["given", "variable", "given", "variable"]);
    assert_eq!(project.inspect("{{.Config.Labels.v}}"), "variable");
    assert!(!project.inspect("{{json .Config.Env}}").contains("given"), "an argument is not in the image");
}

#[test]
fn platforms_are_predefined() {
    let Some(project) = Project::new() else { return };
    project.builds(
        "FROM --platform=$BUILDPLATFORM busybox
        RUN echo \"[$TARGETARCH]\" >/undeclared
        ARG TARGETPLATFORM TARGETOS TARGETARCH TARGETSTAGE BUILDPLATFORM BUILDOS BUILDARCH
        RUN echo $TARGETPLATFORM $TARGETOS $TARGETARCH $TARGETSTAGE $BUILDPLATFORM $BUILDOS $BUILDARCH >/declared",
    );
    let arch = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
    let declared = format!("linux/{arch} linux {arch} default linux/{arch} linux {arch}");
    assert_eq!(project.sh("cat /undeclared /declared").lines(), ["[]", &declared]);
}

#[test]
fn a_proxy_needs_no_declaration_and_leaves_no_trace() {
    let Some(project) = Project::new() else { return };
    let dockerfile = "FROM busybox\nRUN echo $http_proxy $HTTP_PROXY >/x";
    project.build(&["--build-arg", "http_proxy=http://one.invalid"], dockerfile).ok();
    let first = project.id();
    assert_eq!(project.sh("cat /x").text(), "http://one.invalid http://one.invalid");
    assert_eq!(project.history(), ["RUN /bin/sh -c echo $http_proxy $HTTP_PROXY >/x # buildkit"]);
    // another one does not miss the cache
    project.build(&["--build-arg", "http_proxy=http://two.invalid"], dockerfile).ok();
    assert_eq!(project.id(), first);
}

#[test]
fn expansion_has_the_shell_s_modifiers() {
    let Some(project) = Project::new() else { return };
    project.builds(
        "FROM busybox
        ENV A=value EMPTY=
        ENV abc=hello
        ENV abc=bye def=$abc
        LABEL 1=${A} 2=$A/x 3=${NONE:-word} 4=${EMPTY:-word} 5=${EMPTY-word} 6=${A:+word} 7=${NONE:+word} 8='$A' 9=\\$A
        LABEL a=${A#v} b=${A%e} c=${A/l/L} d=\"two $A\" e=two\\ words f=${def}",
    );
    let label = |name: &str| project.inspect(&format!("{{{{index .Config.Labels \"{name}\"}}}}"));
    let seen: Vec<String> = ["1", "2", "3", "4", "5", "6", "7", "8", "9"].map(label).into();
    assert_eq!(seen, ["value", "value/x", "word", "word", "", "word", "", "$A", "$A"]);
    let seen: Vec<String> = ["a", "b", "c", "d", "e", "f"].map(label).into();
    assert_eq!(seen, ["alue", "valu", "vaLue", "two value", "two words", "hello"]);
}

#[test]
fn a_variable_that_has_to_be_set() {
    let Some(project) = Project::new() else { return };
    let dockerfile = "FROM busybox\nENV A=${NONE:?say which}";
    let said = project.build(&[], dockerfile);
    assert_ne!(said.code, 0, "{said:?}");
    assert!(said.err.contains("Dockerfile:2") && said.err.contains("say which"), "{said:?}");
}

#[test]
fn instructions_that_expand() {
    let Some(project) = Project::new() else { return };
    project.file("from", "x");
    project.builds(
        "FROM busybox
        ENV N=7 DIR=/dir FILE=from SIGNAL=SIGUSR1
        COPY --chown=$N:$N --chmod=64$N $FILE $DIR/
        ADD $FILE ${DIR}/added
        WORKDIR $DIR/sub
        USER $N
        VOLUME $DIR/volume
        EXPOSE $N/udp
        STOPSIGNAL $SIGNAL
        RUN [\"sh\", \"-c\", \"echo $DIR >/tmp/seen\"]
        CMD [\"echo\", \"$DIR\"]",
    );
    assert_eq!(
        project.sh("stat -c '%n %a %u:%g' /dir/*; cat /tmp/seen").lines()[..2],
        ["/dir/added 644 0:0", "/dir/from 647 7:7"]
    );
    assert_eq!(project.sh("cat /tmp/seen").text(), "/dir");
    let config = "{{.Config.WorkingDir}} {{.Config.User}} {{json .Config.Volumes}} {{json .Config.ExposedPorts}} {{.Config.StopSignal}} {{json .Config.Cmd}}";
    assert_eq!(
        project.inspect(config),
        "/dir/sub 7 {\"/dir/volume\":{}} {\"7/udp\":{}} SIGUSR1 [\"echo\",\"$DIR\"]"
    );
}
