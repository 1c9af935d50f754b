//! `RUN` in its forms, and the instructions that change how it runs: `SHELL`, `USER`, `WORKDIR`.

use super::Project;

#[test]
fn shell_exec_and_heredoc() {
    let Some(project) = Project::new() else { return };
    project.builds(
        "FROM busybox
RUN echo \"shell $((6 * 7))\" \\
    # a comment between
    && echo joined >/joined
RUN [\"touch\", \"/two words\", \"/$HOME\"]
RUN <<EOF
echo first >/heredoc
echo \"second $HOME\" >>/heredoc
EOF
RUN <<-\"EOF\"
\techo \"tabs go, $HOME is the shell's\" >/quoted
EOF
RUN cat <<EOF >/redirected
$HOME stays for the shell
EOF
",
    );
    let seen = project.sh("cat /joined /heredoc /quoted /redirected; ls -d '/$HOME' '/two words'").lines();
    let expected = [
        "joined",
        "first",
        "second /root",
        "tabs go, /root is the shell's",
        "/root stays for the shell",
        "/$HOME",
        "/two words",
    ];
    assert_eq!(seen, expected);
}

#[test]
fn a_heredoc_with_a_shebang_is_a_script() {
    let Some(project) = Project::new() else { return };
    project.builds("FROM busybox\nRUN <<EOF\n#!/bin/awk -f\nBEGIN { print \"from awk\" >\"/x\" }\nEOF\n");
    assert_eq!(project.sh("cat /x").lines(), ["from awk"]);
}

#[test]
fn the_shell_can_be_another_one() {
    let Some(project) = Project::new() else { return };
    project.builds(
        "FROM busybox
        RUN echo $0 >/default
        SHELL [\"/bin/ash\", \"-euc\"]
        RUN echo $0 >/other
        CMD echo from the other
        SHELL [\"/bin/sh\", \"-c\"]
        RUN echo $0 >/again",
    );
    assert_eq!(project.sh("cat /default /other /again").lines(), ["/bin/sh", "/bin/ash", "/bin/sh"]);
    assert_eq!(
        project.inspect("{{json .Config.Cmd}} {{json .Config.Shell}}"),
        "[\"/bin/ash\",\"-euc\",\"echo from the other\"] [\"/bin/sh\",\"-c\"]"
    );
    let said = project.build(&[], "FROM busybox\nSHELL [\"/bin/sh\", \"-uc\"]\nRUN echo $UNSET");
    assert_ne!(said.code, 0, "{said:?}");
}

#[test]
fn the_user_of_a_step() {
    let Some(project) = Project::new() else { return };
    project.builds(
        "FROM busybox
        RUN chmod 1777 /tmp
        USER web
        RUN id -un >/tmp/name; id -Gn >/tmp/groups; echo $HOME >/tmp/home
        USER 4711:29
        RUN echo $(id -u):$(id -g) >/tmp/numbers
        USER root:video
        RUN echo $(id -u):$(id -g) >/tmp/group",
    );
    let seen = project.sh("cd /tmp; cat name groups home numbers group; stat -c %u:%g name numbers").lines();
    assert_eq!(seen, ["web", "web audio", "/home/web", "4711:29", "0:44", "1000:1000", "4711:29"]);
    assert_eq!(project.inspect("{{.Config.User}}"), "root:video");
    let said = project.build(&[], "FROM busybox\nUSER nosuch\nRUN true");
    assert_ne!(said.code, 0, "{said:?}");
    assert!(said.err.contains("unable to find user nosuch"), "{said:?}");
}

#[test]
fn the_working_directory_is_made_for_the_user() {
    let Some(project) = Project::new() else { return };
    project.builds(
        "FROM busybox
        WORKDIR /root-s/deep
        RUN pwd >seen
        USER web
        WORKDIR /web-s/deep
        WORKDIR relative
        WORKDIR ../other
        RUN pwd >seen
        WORKDIR /root-s
        WORKDIR /",
    );
    let seen = project.sh("cat /root-s/deep/seen /web-s/deep/other/seen; stat -c '%n %a %U' /root-s /root-s/deep /web-s /web-s/deep/*").lines();
    let expected = [
        "/root-s/deep",
        "/web-s/deep/other",
        "/root-s 755 root",
        "/root-s/deep 755 root",
        "/web-s 755 web",
        "/web-s/deep/other 755 web",
        "/web-s/deep/relative 755 web",
    ];
    assert_eq!(seen, expected);
    assert_eq!(project.inspect("{{.Config.WorkingDir}}"), "/");
}

#[test]
fn what_a_step_sees() {
    let Some(project) = Project::new() else { return };
    project.builds(
        "FROM busybox
        ENV B=2 A=1
        ARG ARGUMENT=given NONE
        RUN env | grep -v -e ^SHLVL -e ^PWD -e ^HOSTNAME | sort >/env; hostname >/name; ls -l /proc/self/ns >/ns
        RUN test ! -t 0 && cat >/input; grep CapEff /proc/self/status | cut -f2 >/powers; echo $$ >/pid",
    );
    let path = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    assert_eq!(project.sh("cat /env").lines(), ["A=1", "ARGUMENT=given", "B=2", "HOME=/root", path]);
    assert_eq!(
        project.sh("cat /name /powers /pid; wc -c </input").lines(),
        ["buildkitsandbox", "00000000a80425fb", "1", "0"]
    );
    for kind in ["mnt", "pid", "ipc", "uts", "net", "cgroup"] {
        let own = std::fs::read_link(format!("/proc/self/ns/{kind}")).unwrap();
        assert!(!project.sh("cat /ns").text().contains(&*own.to_string_lossy()), "{kind} is the host's");
    }
}

#[test]
fn networks_of_steps() {
    let Some(project) = Project::new() else { return };
    let dockerfile = "FROM busybox
        RUN ip -o link | wc -l >/given; cat /proc/self/net/dev >/devices
        RUN --network=none ip -o link | wc -l >/none
        RUN --network=host readlink /proc/self/ns/net >/host
        RUN --network=default ip route | grep -c default >/default || true";
    let host = std::fs::read_link("/proc/self/ns/net").unwrap().display().to_string();
    project.build(&["--network", "none"], dockerfile).ok();
    assert_eq!(project.sh("cat /given /none /host /default").lines(), ["1", "1", &host, "0"]);
    project.build(&["--network", "default"], dockerfile).ok();
    assert_eq!(project.sh("cat /given /none /host /default").lines(), ["2", "1", &host, "1"]);
    project.build(&["--network", "host"], "FROM busybox\nRUN readlink /proc/self/ns/net >/host").ok();
    assert_eq!(project.sh("cat /host").text(), host);
    project.build(&["--network", "nosuch"], dockerfile).fails(125, "nosuch");
}

#[test]
fn what_a_step_leaves_running_ends_with_it() {
    let Some(project) = Project::new() else { return };
    project.builds("FROM busybox\nRUN sleep 1000 & echo started >/x\nRUN echo after >>/x");
    assert_eq!(project.sh("cat /x").lines(), ["started", "after"]);
}
