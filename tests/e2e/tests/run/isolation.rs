//! What a container shares with the host, and what it does not (acceptance 3; behaviour P-9; security rows 2 and 3).

use e2e::{Process, TestEngine, ask};
use std::fs;
use std::process::Command;

fn own() -> Process {
    Process { pid: i32::try_from(std::process::id()).unwrap() }
}

#[test]
fn six_namespaces_differ_and_the_kernel_is_the_same() {
    let Some(engine) = TestEngine::new() else { return };
    let outside = own().namespaces();
    for (kind, expected) in ["mnt", "pid", "ipc", "uts", "net", "cgroup", "user"]
        .into_iter()
        .zip([true, true, true, true, true, true, false])
    {
        let inside = engine.run(&[], &["readlink", &format!("/proc/self/ns/{kind}")]).text();
        assert_eq!(inside != outside[kind].display().to_string(), expected, "{kind}");
    }
    let uname = |arguments: &[&str]| ask(Command::new("uname").args(arguments), b"").text();
    assert_eq!(engine.run(&[], &["uname", "-r"]).text(), uname(&["-r"]));
    assert_eq!(engine.run(&[], &["uname", "-m"]).text(), uname(&["-m"]));
}

#[test]
fn the_program_is_process_1_and_alone() {
    let Some(engine) = TestEngine::new() else { return };
    assert_eq!(
        engine.sh(&[], "echo $$; tr '\\0' ' ' < /proc/1/cmdline | cut -c-13; true").text(),
        "1\nsh -c echo $$"
    );
    let numbers = engine.sh(&[], "for p in /proc/[0-9]*; do echo ${p#/proc/}; done").lines();
    assert_eq!(numbers, ["1"], "it sees no other process");
    assert_ne!(engine.sh(&[], "kill -0 2").code, 0);
}

#[test]
fn the_host_s_files_and_mounts_are_not_there() {
    let Some(engine) = TestEngine::new() else { return };
    let place = engine.path("").display().to_string();
    assert_ne!(engine.run(&[], &["ls", place.trim_end_matches('/')]).code, 0);
    let points = engine.sh(&[], "cut -d' ' -f5 /proc/self/mountinfo").lines();
    let known = ["/", "/proc", "/dev", "/sys", "/etc/hosts", "/etc/hostname", "/etc/resolv.conf"];
    for point in &points {
        let is_known = known.contains(&point.as_str())
            || ["/proc/", "/sys/", "/dev/"].iter().any(|start| point.starts_with(start));
        assert!(is_known, "{point}: {points:?}");
    }
    let up = engine.sh(&[], "cd /; cd ../../..; ls; readlink /proc/1/root; ls -d /proc/1/root/..").lines();
    assert_eq!(&up[up.len() - 2..], ["/", "/proc/1/root/.."]);
    assert!(!up.contains(&"work".to_owned()) && !up.contains(&"boot".to_owned()), "{up:?}");
}

#[test]
fn nothing_of_the_container_is_mounted_on_the_host() {
    let Some(engine) = TestEngine::new() else { return };
    let id = engine.start(&["--network", "none", "-v", "vol:/data", "--tmpfs", "/t"], &["sleep", "1000"]);
    let mounts = fs::read_to_string("/proc/self/mountinfo").unwrap();
    let place = engine.path("").display().to_string();
    assert!(!mounts.contains(place.trim_end_matches('/')), "{mounts}");
    // the supervisor keeps the host's view, and sees nothing of it either
    assert!(!engine.supervisor(&id).read("mountinfo").contains(place.trim_end_matches('/')));
}

#[test]
fn no_descriptor_leaks_in() {
    let Some(engine) = TestEngine::new() else { return };
    let secret = engine.write("secret/file", "x").parent().unwrap().display().to_string();
    let many = "for n in $(seq 10 60); do eval \"exec $n<$0\"; done; exec \"$@\"";
    let under = |command: &Command| {
        let mut bash = Command::new("bash");
        bash.args(["-c", many, &secret]).arg(command.get_program()).args(command.get_args());
        bash
    };
    let run = engine.command(["run", "--rm", "--network", "none", "busybox", "/probe", "descriptors"]);
    assert_eq!(ask(&mut under(&run), b"").text(), "");
    let run =
        engine.command(["run", "--rm", "--init", "--network", "none", "busybox", "/probe", "descriptors"]);
    assert_eq!(ask(&mut under(&run), b"").text(), "");
    let run = engine.command(["run", "-d", "--network", "none", "busybox", "sleep", "1000"]);
    let id = ask(&mut under(&run), b"").text();
    for process in [engine.supervisor(&id), engine.init(&id)] {
        let leaked: Vec<_> = process
            .descriptors()
            .into_values()
            .filter(|path| path.to_string_lossy().contains(&secret))
            .collect();
        assert!(leaked.is_empty(), "{leaked:?}");
    }
    assert_eq!(engine.init(&id).descriptors().len(), 3);
}

#[test]
fn nothing_of_the_caller_s_state_leaks_in() {
    let Some(engine) = TestEngine::new() else { return };
    let script = "umask; grep -E '^Sig(Blk|Ign|Pnd)' /proc/self/status; tr '\\0' '\\n' < /proc/self/environ | grep -c CANARY";
    let run = engine.command(["run", "--rm", "--network", "none", "busybox", "sh", "-c", script]);
    let mut shell = Command::new("bash");
    shell.args(["-c", "umask 077; trap '' HUP INT QUIT PIPE USR1; export CANARY=1; exec \"$@\"", "bash"]);
    shell.arg(run.get_program()).args(run.get_args());
    let said = ask(&mut shell, b"");
    let lines: Vec<&str> = said.out.lines().collect();
    assert_eq!((lines[0], lines[4]), ("0022", "0"), "{said:?}");
    for line in &lines[1..4] {
        let signals = u64::from_str_radix(line.split('\t').nth(1).unwrap(), 16).unwrap();
        // 32 and up are the C library's own
        assert_eq!(signals & 0x7fff_ffff, 0, "{line}");
    }
}

#[test]
fn a_cgroup_of_its_own_is_its_root() {
    let Some(engine) = TestEngine::new() else { return };
    let lines = engine.run(&[], &["cat", "/proc/self/cgroup"]).lines();
    let memory = lines.iter().find(|line| line.contains(":memory:") || line.starts_with("0::")).unwrap();
    assert!(memory.ends_with(":/"), "{lines:?}");
}

#[test]
fn the_supervisor_cannot_be_seen_or_traced_from_inside() {
    let Some(engine) = TestEngine::new() else { return };
    let id = engine.start(&["--network", "none"], &["sleep", "1000"]);
    let supervisor = engine.supervisor(&id);
    assert_eq!(supervisor.namespaces()["pid"], own().namespaces()["pid"]);
    assert_eq!(engine.init(&id).status("PPid"), Some(supervisor.pid.to_string()));
    assert_eq!(engine.init(&id).status("NSpid").unwrap().split_whitespace().count(), 2);
}
