//! Variables, the host name, the working directory, entry point and command (behaviour P-1, P-2, P-4).

use e2e::{Root, TestEngine, ask};

const PATH: &str = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// The variables in the order in which the program got them.
fn variables(engine: &TestEngine, flags: &[&str]) -> Vec<String> {
    let said = engine.run(flags, &["cat", "/proc/self/environ"]);
    said.text().split_terminator('\0').map(str::to_owned).collect()
}

#[test]
fn variables_have_docker_s_order() {
    let Some(engine) = TestEngine::new() else { return };
    let seen = variables(&engine, &["-h", "web", "-e", "B=2", "-e", "A=1", "-e", "B=3"]);
    assert_eq!(seen, [PATH, "HOSTNAME=web", "B=3", "A=1", "HOME=/root"]);
    let seen = variables(&engine, &["-h", "web", "-e", "PATH=/bin", "-e", "HOME=/x"]);
    assert_eq!(seen, ["PATH=/bin", "HOSTNAME=web", "HOME=/x"]);
    let said = engine.run(&["-t", "-h", "web"], &["cat", "/proc/self/environ"]);
    assert_eq!(said.out.split('\0').nth(2), Some("TERM=xterm"));
}

#[test]
fn the_image_s_variables_come_first() {
    let Some(engine) = TestEngine::new() else { return };
    engine.import("changed", &Root::busybox(), &["ENV A=image B=image", "ENV PATH=/bin:/usr/bin"]);
    let said = engine.line("run --rm -h h -e A=mine -e C=mine changed cat /proc/self/environ");
    let seen: Vec<String> = said.text().split_terminator('\0').map(str::to_owned).collect();
    assert_eq!(seen, ["PATH=/bin:/usr/bin", "HOSTNAME=h", "A=mine", "B=image", "C=mine", "HOME=/root"]);
}

#[test]
fn a_name_alone_is_copied_or_left_out() {
    let Some(engine) = TestEngine::new() else { return };
    let mut command = engine.command([
        "run",
        "--rm",
        "-e",
        "COPIED",
        "-e",
        "UNSET",
        "busybox",
        "cat",
        "/proc/self/environ",
    ]);
    command.env("COPIED", "from here").env("SECRET", "stays here").env_remove("UNSET");
    let seen = ask(&mut command, b"").text();
    assert!(seen.contains("COPIED=from here\0"), "{seen:?}");
    assert!(!seen.contains("UNSET") && !seen.contains("SECRET"), "{seen:?}");
}

#[test]
fn a_file_of_variables() {
    let Some(engine) = TestEngine::new() else { return };
    let file =
        engine.write("env", "# a comment\nA=1\n\nB=\"quotes stay\"\nC=a=b # so does this\nUNSET\nD=\n");
    let file = file.display().to_string();
    let seen = variables(&engine, &["-h", "web", "--env-file", &file, "-e", "A=2"]);
    let expected =
        [PATH, "HOSTNAME=web", "A=2", "B=\"quotes stay\"", "C=a=b # so does this", "D=", "HOME=/root"];
    assert_eq!(seen, expected);
    engine.run(&["--env-file", "/no/such/file"], &["true"]).fails(125, "/no/such/file");
}

#[test]
fn home_is_the_user_s() {
    let Some(engine) = TestEngine::new() else { return };
    assert!(variables(&engine, &["-u", "web"]).contains(&"HOME=/home/web".to_owned()));
    assert!(variables(&engine, &["-u", "4711"]).contains(&"HOME=/".to_owned()));
}

#[test]
fn the_host_name_is_the_short_id_or_what_was_asked_for() {
    let Some(engine) = TestEngine::new() else { return };
    let file = engine.path("id").display().to_string();
    let name = engine.run(&["--cidfile", &file], &["hostname"]).text();
    let id = std::fs::read_to_string(&file).unwrap();
    assert_eq!(name, id[..12]);
    let seen = engine.sh(
        &["-h", "db", "--domainname", "example.test"],
        "cat /etc/hostname /proc/sys/kernel/hostname /proc/sys/kernel/domainname",
    );
    assert_eq!(seen.lines(), ["db", "db", "example.test"]);
    let own = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap();
    let host = engine.tare(["run", "--rm", "--network", "host", "busybox", "hostname"]).text();
    assert_eq!(host, own.trim());
}

#[test]
fn the_working_directory_is_made() {
    let Some(engine) = TestEngine::new() else { return };
    let seen = engine.sh(&["-w", "/deep/er/place"], "pwd; stat -c '%a %u' . /deep");
    assert_eq!(seen.lines(), ["/deep/er/place", "755 0", "755 0"]);
    assert_eq!(engine.run(&[], &["pwd"]).text(), "/");
    engine.run(&["-w", "relative"], &["true"]).fails(125, "needs to be an absolute path");
    engine.run(&["-w", "/etc/passwd"], &["true"]).fails(125, "Cannot mkdir: /etc/passwd is not a directory");
    assert!(engine.containers().is_empty());
}

#[test]
fn entry_point_and_command_combine_as_docker_s() {
    let Some(engine) = TestEngine::new() else { return };
    let changes = ["ENTRYPOINT [\"echo\", \"entry\"]", "CMD [\"cmd\"]", "WORKDIR /tmp"];
    engine.import("both", &Root::busybox(), &changes);
    let run = |flags: &[&str], rest: &[&str]| {
        engine.tare([&["run", "--rm", "--network", "none"], flags, &["both"], rest].concat())
    };
    assert_eq!(run(&[], &[]).text(), "entry cmd");
    assert_eq!(run(&[], &["mine"]).text(), "entry mine");
    assert_eq!(run(&["--entrypoint", "echo"], &[]).text(), "");
    assert_eq!(run(&["--entrypoint", "echo"], &["mine"]).text(), "mine");
    assert_eq!(run(&["--entrypoint", ""], &["pwd"]).text(), "/tmp");
    run(&["--entrypoint", ""], &[]).fails(125, "no command specified");
}

#[test]
fn the_shell_form_is_a_line_for_the_shell() {
    let Some(engine) = TestEngine::new() else { return };
    engine.import("shell", &Root::busybox(), &["CMD echo $((6 * 7)) \"$HOME\""]);
    assert_eq!(engine.tare(["run", "--rm", "shell"]).text(), "42 /root");
}
