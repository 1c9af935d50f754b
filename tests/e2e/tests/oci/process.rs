//! The first process and those of `exec`: who they are, what they have.

use e2e::Bundle;
use serde_json::json;
use std::fs;

fn running() -> Option<Bundle> {
    let mut bundle = Bundle::new()?;
    bundle.sleep();
    Some(bundle)
}

#[test]
fn an_exec_joins_every_namespace() {
    let Some(bundle) = running() else { return };
    let script = "for ns in mnt pid net ipc uts; do [ $(readlink /proc/self/ns/$ns) = $(readlink /proc/1/ns/$ns) ] || echo $ns; done";
    assert_eq!(bundle.oci(["exec", "bundle", "sh", "-c", script]).text(), "");
    assert_eq!(bundle.oci(["exec", "bundle", "sh", "-c", "exit 3"]).code, 3);
    bundle.oci(["exec", "bundle", "/no/such"]).fails(255, "/no/such");
}

#[test]
fn an_exec_is_who_it_should_be() {
    let Some(bundle) = running() else { return };
    let exec = |flags: &[&str], script: &str| {
        bundle.oci([&["exec"], flags, &["bundle", "sh", "-c", script]].concat()).text()
    };
    assert_eq!(exec(&["--user", "1000:1000"], "id -u; id -g; echo $HOME"), "1000\n1000\n/home/web");
    assert_eq!(exec(&["--cwd", "/tmp", "--env", "A=b"], "pwd; echo $A"), "/tmp\nb");
    assert_eq!(exec(&["--env", "PATH=/bin"], "echo $PATH"), "/bin");
    assert_eq!(exec(&["-g", "29", "-g", "44"], "id -G"), "0 29 44");
    for bad in ["1000abc", "-1", "web", "4294967296"] {
        let user = format!("--user={bad}");
        bundle.oci(["exec", &user, "bundle", "true"]).fails(255, "invalid user");
    }
    let process =
        json!({"args": ["/bin/sh", "-c", "/bin/id -u; pwd"], "cwd": "/tmp", "user": {"uid": 5, "gid": 5}});
    fs::write(bundle.directory().join("process.json"), process.to_string()).unwrap();
    assert_eq!(bundle.oci(["exec", "--process", "process.json", "bundle"]).text(), "5\n/tmp");
}

#[test]
fn capabilities_are_what_the_configuration_says() {
    let Some(mut bundle) = Bundle::new() else { return };
    bundle.set(
        "/process/capabilities",
        json!({"bounding": ["CAP_CHOWN"], "permitted": ["CAP_CHOWN"], "effective": ["CAP_CHOWN"]}),
    );
    let script = "grep Cap /proc/self/status | cut -f2 | tr '\\n' ' '";
    assert_eq!(
        bundle.sh(script).text().trim(),
        "0000000000000000 0000000000000001 0000000000000001 0000000000000001 0000000000000000"
    );
    bundle.set("/process/capabilities", json!({
        "bounding": ["CAP_KILL"], "permitted": ["CAP_KILL"], "inheritable": ["CAP_KILL"], "ambient": ["CAP_KILL"], "effective": [],
    }));
    bundle.set("/process/user", json!({"uid": 1000, "gid": 1000}));
    assert_eq!(
        bundle.sh(script).text().trim(),
        "0000000000000020 0000000000000020 0000000000000020 0000000000000020 0000000000000020"
    );
    bundle.set("/process/capabilities", json!({"bounding": ["CAP_NO_SUCH"]}));
    let said = bundle.sh("true");
    assert_eq!(said.code, 0);
    assert!(said.err.contains("CAP_NO_SUCH"), "{said:?}");
}

#[test]
fn limits_priorities_and_masks() {
    let Some(mut bundle) = Bundle::new() else { return };
    bundle.set("/process/rlimits", json!([{"type": "RLIMIT_NOFILE", "soft": 100, "hard": 200}]));
    bundle.set("/process/oomScoreAdj", json!(500));
    bundle.set("/process/user", json!({"uid": 0, "gid": 0, "umask": 0o77}));
    bundle.set("/process/ioPriority", json!({"class": "IOPRIO_CLASS_IDLE", "priority": 0}));
    bundle.set("/process/scheduler", json!({"policy": "SCHED_BATCH", "nice": 5}));
    bundle.set("/linux/personality", json!({"domain": "LINUX32"}));
    let script = "ulimit -n; cat /proc/self/oom_score_adj; umask; cut -d' ' -f19 /proc/self/stat; uname -m";
    let said = bundle.sh(script).text();
    let machine = if cfg!(target_arch = "x86_64") { "i686" } else { "armv8l" };
    assert_eq!(said, format!("100\n500\n0077\n5\n{machine}"));
}

/// `LISTEN_FDS` and `--preserve-fds`; nothing else is inherited.
#[test]
fn only_descriptors_that_were_asked_for_are_there() {
    let Some(mut bundle) = Bundle::new() else { return };
    assert_eq!(bundle.sh("ls /proc/self/fd").text(), "0\n1\n2\n3", "the last one is the directory");
    bundle.set("/process/args", json!(["sh", "-c", "cat <&3; echo $LISTEN_FDS $LISTEN_PID"]));
    let given = bundle.engine().write("given", "given\n");
    let mut shell = std::process::Command::new("sh");
    let runtime = bundle.command(["run", "bundle"]);
    let words: Vec<String> = std::iter::once(runtime.get_program())
        .chain(runtime.get_args())
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let script = format!("exec 3<{} 9</; LISTEN_FDS=1 exec {}", given.display(), words.join(" "));
    shell.args(["-c", &script]).current_dir(bundle.directory());
    assert_eq!(e2e::ask(&mut shell, b"").text(), "given\n1 1");
    // what the caller does not have is nothing of ours
    bundle.set("/process/args", json!(["sh", "-c", "ls /proc/self/fd | wc -l"]));
    assert_eq!(bundle.oci(["run", "--preserve-fds", "100", "bundle"]).text(), "4");
}

#[test]
fn a_terminal_goes_to_the_console_socket() {
    let Some(mut bundle) = Bundle::new() else { return };
    bundle.set("/process/terminal", json!(true));
    bundle.set("/process/consoleSize", json!({"height": 30, "width": 100}));
    bundle.set(
        "/process/args",
        json!(["sh", "-c", "stty size; tty; readlink /proc/self/fd/1; ls -l /dev/console"]),
    );
    bundle.oci(["create", "bundle"]).fails(1, "console socket");
    bundle.oci(["run", "--detach", "bundle"]).fails(1, "console socket");
    bundle.oci(["run", "--console-socket", "/nowhere", "bundle"]).fails(1, "console socket");
    bundle.nothing_is_left();
    let socket = bundle.engine().path("console");
    let listener = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    let name = socket.display().to_string();
    bundle.detached(["create", "--console-socket", &name, "bundle"]).ok();
    let (connection, _) = listener.accept().unwrap();
    let message = sys::socket::receive(std::os::fd::AsFd::as_fd(&connection)).unwrap().unwrap();
    let mut terminal = fs::File::from(message.descriptors.into_iter().next().unwrap());
    bundle.oci(["start", "bundle"]).ok();
    let mut text = Vec::new();
    // a terminal that nobody has open any more says EIO
    let _ = std::io::Read::read_to_end(&mut terminal, &mut text);
    let text = String::from_utf8(text).unwrap();
    assert!(text.starts_with("30 100\r\n/dev/pts/0\r\n/dev/pts/0\r\n"), "{text:?}");
    assert!(text.contains("/dev/console"), "{text:?}");
}

/// Keys of the caller's session are not the container's, and what is executed in it has the container's own.
#[test]
fn the_session_keyring_is_the_container_s() {
    let Some(mut bundle) = Bundle::new() else { return };
    if !std::path::Path::new("/proc/keys").exists() {
        eprintln!("skipped: this kernel has no keyrings");
        return;
    }
    bundle.set("/linux/maskedPaths", json!([]));
    bundle.sleep();
    let ring = || {
        let keys = bundle.oci(["exec", "bundle", "cat", "/proc/keys"]).text();
        let line = keys.lines().find(|line| line.contains("_ses.bundle")).map(str::to_owned);
        line.unwrap_or_else(|| panic!("{keys}")).split_whitespace().next().unwrap().to_owned()
    };
    assert_eq!(ring(), ring());
}
