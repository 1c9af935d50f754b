//! `tare exec`.

use e2e::{Process, Root, Terminal, TestEngine, ask, eventually};
use std::fs;

/// A running container named `web`.
fn web(engine: &TestEngine, flags: &[&str]) -> String {
    engine.start(&[&["--name", "web", "--network", "none"], flags].concat(), &["sleep", "1000"])
}

#[test]
fn exit_codes_are_as_of_run() {
    let Some(engine) = TestEngine::new() else { return };
    web(&engine, &[]);
    assert_eq!(engine.tare(["exec", "web", "sh", "-c", "exit 42"]).code, 42);
    assert_eq!(engine.tare(["exec", "web", "/probe", "fault"]).code, 139);
    assert_eq!(engine.tare(["exec", "web", "sh", "-c", "kill -TERM $$"]).code, 143);
    engine.tare(["exec", "web", "nosuch"]).fails(127, "exec: \"nosuch\": executable file not found in $PATH");
    engine.tare(["exec", "web", "/etc/passwd"]).fails(126, "permission denied");
    engine.tare(["exec", "nosuch", "true"]).fails(1, "No such container: nosuch");
}

#[test]
fn a_container_that_does_not_run_is_refused() {
    let Some(engine) = TestEngine::new() else { return };
    let id = engine.tare(["create", "--name", "new", "busybox", "true"]).text();
    engine.tare(["exec", "new", "true"]).fails(1, &format!("container {id} is not running"));
    web(&engine, &[]);
    engine.tare(["pause", "web"]).ok();
    engine.tare(["exec", "web", "true"]).fails(1, "is paused");
    engine.tare(["unpause", "web"]).ok();
    engine.tare(["exec", "web", "true"]).ok();
}

#[test]
fn streams_are_connected() {
    let Some(engine) = TestEngine::new() else { return };
    web(&engine, &[]);
    let said = engine.tare(["exec", "web", "sh", "-c", "echo out; echo err >&2; cat"]);
    assert_eq!((said.out.as_str(), said.err.as_str()), ("out\n", "err\n"));
    let input: Vec<u8> = (0..1_000_000_u32).map(|n| (n % 251) as u8).collect();
    let inside = ask(&mut engine.command(["exec", "-i", "web", "md5sum"]), &input).text();
    assert_eq!(inside, ask(&mut std::process::Command::new("md5sum"), &input).text());
    assert_eq!(engine.tare(["exec", "web", "seq", "1", "100000"]).lines().len(), 100_000);
    // it is not the container's output
    assert_eq!(engine.tare(["logs", "web"]).text(), "");
}

#[test]
fn a_terminal_of_its_own() {
    let Some(engine) = TestEngine::new() else { return };
    web(&engine, &[]);
    let mut terminal = Terminal::start(&engine.command(["exec", "-it", "web", "sh"]), 33, 99);
    terminal.wait_for("# ");
    terminal.type_in(b"stty size; tty; exit 9\r");
    let shown = terminal.wait_for("/dev/pts/");
    assert!(shown.contains("33 99"), "{shown:?}");
    assert_eq!(terminal.finish().1, 9);
    let mut terminal = Terminal::start(&engine.command(["exec", "-it", "web", "sh"]), 24, 80);
    terminal.wait_for("# ");
    terminal.type_in(b"\x10\x11");
    // unlike run, as with Docker
    let (shown, code) = terminal.finish();
    assert!(code == 1 && shown.contains("read escape sequence"), "{code} {shown:?}");
    engine.tare(["exec", "-it", "web", "true"]).fails(1, "the input device is not a TTY");
}

#[test]
fn it_is_in_the_container() {
    let Some(engine) = TestEngine::new() else { return };
    let id = web(&engine, &["--memory", "64m", "-h", "host"]);
    let seen = engine
        .line_then(
            "exec web sh -c",
            "echo $$ $PPID; hostname; cat /proc/self/cgroup; ls /proc/self/ns -l | sed 's/.*-> //' | sort",
        )
        .lines();
    assert!(seen[0].ends_with(" 0"), "its parent is outside: {seen:?}");
    assert_eq!(seen[1], "host");
    let init = engine.init(&id);
    for kind in ["mnt", "pid", "ipc", "uts", "net", "cgroup"] {
        let namespace = init.namespaces()[kind].display().to_string();
        assert!(seen.contains(&namespace), "{kind} {namespace}: {seen:?}");
    }
    engine.tare(["exec", "-d", "web", "sleep", "777"]).ok();
    let process = eventually("it is in the container's control group", || {
        engine.processes(&id).into_iter().find(|process| process.arguments() == ["sleep", "777"])
    });
    assert_eq!(process.read("cgroup"), init.read("cgroup"));
    assert_eq!(process.status("PPid"), Some(engine.supervisor(&id).pid.to_string()));
}

#[test]
fn its_powers_are_the_container_s() {
    let Some(engine) = TestEngine::new() else { return };
    web(&engine, &["--cap-drop", "MKNOD", "--security-opt", "no-new-privileges", "--ulimit", "nofile=99:99"]);
    let show = "grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status | tr -d '\\t'; ulimit -n; umask";
    let inside = engine.tare(["exec", "web", "sh", "-c", show]).lines();
    let expected = [
        "CapInh:0000000000000000",
        "CapPrm:00000000a00425fb",
        "CapEff:00000000a00425fb",
        "CapBnd:00000000a00425fb",
        "CapAmb:0000000000000000",
        "NoNewPrivs:1",
        "Seccomp:2",
        "99",
        "0022",
    ];
    assert_eq!(inside, expected);
    let lines = engine.tare(["exec", "web", "/probe", "denied"]).lines();
    let allowed: Vec<&String> =
        lines.iter().filter(|line| !line.ends_with(" EPERM") && *line != "clone3 ENOSYS").collect();
    assert!(allowed.is_empty(), "{allowed:?}");
    let seen = engine
        .tare(["exec", "-u", "web", "web", "grep", "-E", "^Cap(Eff|Amb|Inh)", "/proc/self/status"])
        .lines();
    assert!(seen.iter().all(|line| line.ends_with("0000000000000000")), "{seen:?}");
    let own = Process { pid: i32::try_from(std::process::id()).unwrap() }.status("CapBnd").unwrap();
    let seen = engine.tare(["exec", "--privileged", "web", "grep", "CapEff", "/proc/self/status"]).text();
    assert_eq!(seen, format!("CapEff:\t{own}"));
}

#[test]
fn who_where_and_with_what() {
    let Some(engine) = TestEngine::new() else { return };
    web(&engine, &["-e", "A=container", "-e", "B=container", "-w", "/tmp", "-u", "daemon"]);
    let file = engine.write("env", "C=file\n").display().to_string();
    assert_eq!(
        engine.tare(["exec", "web", "sh", "-c", "id -u; pwd; echo $A $HOME"]).lines(),
        ["1", "/tmp", "container /usr/sbin"]
    );
    let seen = engine.tare([
        "exec",
        "-u",
        "web",
        "-w",
        "/etc",
        "-e",
        "A=mine",
        "--env-file",
        &file,
        "web",
        "sh",
        "-c",
        "id -u; id -G; pwd; echo $A $B $C $HOME",
    ]);
    assert_eq!(seen.lines(), ["1000", "1000 29", "/etc", "mine container file /home/web"]);
    let said = engine.tare(["exec", "-u", "nosuch", "web", "id"]);
    assert!(said.code != 0 && said.err.contains("unable to find user nosuch"), "{said:?}");
    for user in ["-1", "4294967296", "1000abc", " 0", "web:nosuch"] {
        let said = engine.tare(["exec", &format!("--user={user}"), "web", "id"]);
        assert!(said.code != 0 && said.out.is_empty(), "{user:?}: {said:?}");
    }
    assert_eq!(engine.tare(["exec", "-u", "2000", "web", "id", "-u"]).text(), "2000");
    assert_ne!(engine.tare(["exec", "-w", "/nosuch", "web", "pwd"]).code, 0);
}

#[test]
fn it_ends_with_the_container() {
    let Some(engine) = TestEngine::new() else { return };
    let id = web(&engine, &[]);
    let client = engine.spawn(["exec", "web", "sleep", "888"]);
    eventually("it runs", || engine.processes(&id).into_iter().find(|p| p.arguments() == ["sleep", "888"]));
    engine.init(&id).kill();
    assert_eq!(client.finish().code, 137);
    assert!(engine.processes(&id).is_empty());
}

#[test]
fn it_outlives_its_command_and_its_end_is_noticed() {
    let Some(engine) = TestEngine::new() else { return };
    let id = web(&engine, &[]);
    let client = engine.spawn(["exec", "web", "sleep", "888"]);
    let process = eventually("it runs", || {
        engine.processes(&id).into_iter().find(|p| p.arguments() == ["sleep", "888"])
    });
    client.process().kill();
    assert_eq!(client.finish().code, 137);
    assert!(process.is_alive(), "as with Docker, the process goes on");
    process.kill();
    eventually("it is reaped", || process.status("State").is_none().then_some(()));
    assert!(engine.init(&id).is_alive());
}

#[test]
fn nothing_leaks_into_it() {
    let Some(engine) = TestEngine::new() else { return };
    web(&engine, &[]);
    let many = "for n in $(seq 10 60); do eval \"exec $n</\"; done; exec \"$@\"";
    let command = engine.command(["exec", "web", "/probe", "descriptors"]);
    let mut bash = std::process::Command::new("bash");
    bash.args(["-c", many, "bash"]).arg(command.get_program()).args(command.get_args()).env("CANARY", "1");
    assert_eq!(ask(&mut bash, b"").text(), "");
    let seen = engine.tare(["exec", "web", "cat", "/proc/self/environ"]).text();
    assert!(!seen.contains("CARGO"), "{seen:?}");
}

#[test]
fn a_working_directory_in_proc_leads_nowhere() {
    let Some(engine) = TestEngine::new() else { return };
    web(&engine, &[]);
    for number in 3..=30 {
        let said = engine.tare(["exec", "-w", &format!("/proc/self/fd/{number}"), "web", "ls", ".."]);
        assert!(said.code != 0 && said.out.is_empty(), "{number}: {said:?}");
    }
}

#[test]
fn many_at_once() {
    let Some(engine) = TestEngine::new() else { return };
    web(&engine, &[]);
    std::thread::scope(|scope| {
        for n in 0..8 {
            let engine = &engine;
            scope.spawn(move || {
                let script = format!("seq 1 {n}000 | wc -l; exit {n}");
                let said = engine.tare(["exec", "web", "sh", "-c", &script]);
                assert_eq!((said.code, said.out), (n, format!("{}\n", n * 1000)));
            });
        }
    });
}

/// The joining process executes what the image tells it to, and somebody inside waits for it (CVE-2019-5736, CVE-2016-9962).
#[test]
fn the_joining_process_cannot_be_overwritten_or_traced() {
    let Some(engine) = TestEngine::new() else { return };
    let before = fs::read(engine.binary()).unwrap();
    engine.import(
        "evil",
        &Root::busybox().symlink("/link", "/proc/self/exe").file("/self", 0o755, "#!/proc/self/exe\n"),
        &[],
    );
    engine
        .line("run -d --name evil --network none --cap-add SYS_PTRACE evil /probe overwrite 1000000000")
        .ok();
    for turn in 0..20 {
        let program = ["/link", "/self", "/bin/true", "/proc/self/exe"][turn % 4];
        // what becomes of it does not matter
        let _ = engine.tare(["exec", "evil", program, "--version"]);
    }
    let logs = engine.tare(["logs", "evil"]).text();
    assert!(!logs.contains("opened"), "{logs}");
    assert!(fs::read(engine.binary()).unwrap() == before, "the binary is as it was");
}
