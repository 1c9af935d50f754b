//! `tare debug`.

mod hostile;
mod still;
mod toolbox;
mod traces;

use e2e::{Process, Root, Terminal, TestEngine, ask, eventually, probe};
use std::fs;

/// An image of one static program, and no shell.
fn tiny(engine: &TestEngine, changes: &[&str]) {
    let changes = [&[r#"CMD ["/probe","pause"]"#], changes].concat();
    engine.import("tiny", &Root::scratch().file("/probe", 0o755, probe()), &changes);
}

/// A running container named `web` that has no shell.
fn web(engine: &TestEngine, flags: &[&str]) -> String {
    tiny(engine, &[]);
    let start = ["run", "-d", "--name", "web", "--network", "none"];
    engine.tare([&start, flags, &["tiny"]].concat()).text()
}

/// A process of a shell that runs, by its arguments.
fn process(arguments: &[&str]) -> Process {
    let is_it = |process: &Process| process.arguments() == arguments && process.is_alive();
    eventually("the process is there", || Process::all().into_iter().find(is_it))
}

#[test]
fn a_shell_for_a_container_that_has_none() {
    let Some(engine) = TestEngine::new() else { return };
    web(&engine, &["-h", "host", "-e", "A=own", "-w", "/place", "-v", "data:/data"]);
    engine.tare(["exec", "web", "sh"]).fails(127, "executable file not found");
    let script = "pwd; hostname; cat /etc/hostname; echo $A; id -u; ls -d /probe /data /.tare/toolbox/bin; ps | grep -c '[p]robe pause'";
    let seen = engine.line_then("debug web -c", script).lines();
    let expected = ["/place", "host", "host", "own", "0", "/.tare/toolbox/bin", "/data", "/probe", "1"];
    assert_eq!(seen, expected);
    let path = engine.line_then("debug web -c", "echo $PATH").text();
    assert_eq!(path, "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/.tare/toolbox/bin");
}

#[test]
fn what_it_reads_and_how_it_ends() {
    let Some(engine) = TestEngine::new() else { return };
    web(&engine, &[]);
    let said = ask(&mut engine.command(["debug", "web"]), b"echo out; echo err >&2; exit 7\n");
    assert_eq!((said.code, said.out.as_str(), said.err.as_str()), (7, "out\n", "err\n"));
    assert_eq!(engine.line_then("debug web sh -c", "exit 42").code, 42);
    assert_eq!(engine.line_then("debug web -c", "kill -TERM $$").code, 143);
    assert_eq!(engine.line("debug web /probe exit 9").code, 9, "a program of the container");
    engine.line("debug web nosuch").fails(127, "\"nosuch\": No such file or directory");
    let input: Vec<u8> = (0..1_000_000_u32).map(|n| (n % 251) as u8).collect();
    let inside = ask(&mut engine.command(["debug", "web", "md5sum"]), &input).text();
    assert_eq!(inside, ask(&mut std::process::Command::new("md5sum"), &input).text());
    assert_eq!(engine.line("debug web seq 1 100000").lines().len(), 100_000);
    assert_eq!(engine.tare(["logs", "web"]).text(), "", "it is not the container's output");
}

#[test]
fn a_terminal_by_default() {
    let Some(engine) = TestEngine::new() else { return };
    web(&engine, &[]);
    let mut terminal = Terminal::start(&engine.command(["debug", "web"]), 33, 99);
    terminal.wait_for("# ");
    terminal.type_in(b"stty size; tty; sleep 1000\r");
    let shown = terminal.wait_for("/dev/pts/0");
    assert!(shown.contains("33 99"), "{shown:?}");
    // it is the foreground that is interrupted
    process(&["sleep", "1000"]);
    terminal.type_in(b"\x03");
    terminal.wait_for("# ");
    // no keys detach: there would be nothing to come back to
    terminal.type_in(b"\x10\x11\x15exit 9\r");
    assert_eq!(terminal.finish().1, 9);
}

#[test]
fn whose_namespaces_it_has() {
    let Some(engine) = TestEngine::new() else { return };
    let id = web(&engine, &[]);
    let script = "ls -l /proc/self/ns | sed 's/.*-> //'";
    let seen = engine.line_then("debug web -c", script).lines();
    let init = engine.init(&id).namespaces();
    let own = Process { pid: i32::try_from(std::process::id()).unwrap() }.namespaces();
    for kind in ["pid", "net", "ipc", "uts"] {
        assert!(seen.contains(&init[kind].display().to_string()), "{kind}: {seen:?}");
    }
    for namespaces in [&init, &own] {
        for kind in ["mnt", "cgroup"] {
            assert!(!seen.contains(&namespaces[kind].display().to_string()), "{kind}: {seen:?}");
        }
    }
}

#[test]
fn its_powers() {
    let Some(engine) = TestEngine::new() else { return };
    web(&engine, &["--cap-drop", "ALL"]);
    let capabilities = |flags: &str| {
        let line = format!("debug {flags} web grep -E ^CapEff: /proc/self/status");
        let text = engine.line(&line).text();
        u64::from_str_radix(text.trim_start_matches("CapEff:").trim(), 16).unwrap()
    };
    let (default, trace, admin) = (0xa804_25fb, 1 << 19, 1 << 21);
    assert_eq!(capabilities(""), default | trace);
    assert_eq!(capabilities("--cap-add SYS_ADMIN"), default | trace | admin);
    assert_eq!(capabilities("--cap-drop cap_sys_ptrace"), default);
    assert_eq!(capabilities("--cap-drop ALL"), 0);
    assert_eq!(capabilities("--cap-drop ALL --cap-add SYS_PTRACE"), trace);
    let own = Process { pid: i32::try_from(std::process::id()).unwrap() }.status("CapBnd").unwrap();
    assert_eq!(capabilities("--privileged"), u64::from_str_radix(&own, 16).unwrap());
    assert_eq!(capabilities("--user 1000"), 0);
    assert_eq!(engine.line_then("debug -u 12:34 web -c", "id -u; id -g").lines(), ["12", "34"]);
    engine.line("debug --cap-add NOSUCH web true").fails(125, "invalid capability");
    // the container's own root, by tracing it
    engine.line("debug web ls /proc/1/root/probe").ok();
    // nobody may go the other way
    let seen = engine.line_then("debug web -c", "grep Seccomp: /proc/self/status; ls /dev/vda /dev/kmsg");
    assert!(seen.out.contains("Seccomp:\t2") && seen.code != 0, "{seen:?}");
}

#[test]
fn what_the_container_changes_is_seen() {
    let Some(engine) = TestEngine::new() else { return };
    engine.start(&["--name", "web", "--network", "none"], &["sleep", "1000"]);
    let script = "ls /new 2>/dev/null; cat /etc/passwd > /dev/null; echo ready; read line; ls /new /bin/moved; cat /etc/passwd; ls /bin/true";
    let mut shell = engine.spawn(["debug", "web", "-c", script]);
    let mut output = std::io::BufReader::new(shell.output());
    let mut line = String::new();
    std::io::BufRead::read_line(&mut output, &mut line).unwrap();
    assert_eq!(line, "ready\n");
    let change = "echo x > /new; mv /bin/true /bin/moved; echo replaced > /p; mv /p /etc/passwd";
    engine.tare(["exec", "web", "sh", "-c", change]).ok();
    // it forgets what it has seen within a fraction of a second
    std::thread::sleep(std::time::Duration::from_secs(1));
    std::io::Write::write_all(&mut shell.input(), b"\n").unwrap();
    let mut seen = String::new();
    std::io::Read::read_to_string(&mut output, &mut seen).unwrap();
    assert_eq!(seen, "/bin/moved\n/new\nreplaced\n");
    shell.finish().fails(1, "/bin/true: No such file or directory");
}

#[test]
fn volumes_are_read_only_unless_told_otherwise() {
    let Some(engine) = TestEngine::new() else { return };
    let host = engine.path("host");
    fs::create_dir_all(&host).unwrap();
    let bind = format!("{}:/bind", host.display());
    let fixed = format!("{}:/fixed:ro", host.display());
    web(&engine, &["-v", "data:/data/deep", "-v", &bind, "-v", &fixed, "--tmpfs", "/memory"]);
    let script = "for d in /data/deep /bind /fixed /memory /dev/shm; do touch $d/file 2>/dev/null && echo $d; done; true";
    assert_eq!(engine.line_then("debug web -c", script).lines(), [""; 0]);
    assert_eq!(
        engine.line_then("debug --write web -c", script).lines(),
        ["/data/deep", "/bind", "/memory", "/dev/shm"]
    );
    assert!(host.join("file").exists());
    assert_eq!(engine.line("debug web ls /data/deep /memory").out.matches("file").count(), 2);
}

#[test]
fn it_ends_with_the_container() {
    let Some(engine) = TestEngine::new() else { return };
    web(&engine, &[]);
    let shell = engine.spawn(["debug", "web", "-c", "sleep 1003 & sleep 1004"]);
    process(&["sleep", "1004"]);
    engine.tare(["rm", "-f", "web"]).ok();
    assert_eq!(shell.finish().code, 137);
}

#[test]
fn a_paused_container_can_be_looked_at() {
    let Some(engine) = TestEngine::new() else { return };
    web(&engine, &[]);
    engine.tare(["pause", "web"]).ok();
    assert_eq!(engine.line("debug web ls /probe").text(), "/probe");
    engine.tare(["unpause", "web"]).ok();
}

#[test]
fn what_makes_no_sense_is_refused() {
    let Some(engine) = TestEngine::new() else { return };
    web(&engine, &[]);
    engine.line("debug nosuch").fails(125, "No such container or image: nosuch");
    engine.line("debug --shell bash web").fails(125, "the toolbox busybox has no bash");
    engine.line("debug --shell fish web").fails(125, "fish");
    engine.line("debug --host tcp://x web").fails(125, "unknown flag: --host");
    engine.line("debug -c true web true").fails(125, "cannot be used with");
    engine.line("debug --user nosuch web true").fails(125, "unable to find user nosuch");
    engine.line("debug").fails(1, "requires at least 1 argument");
}
