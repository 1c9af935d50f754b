//! What is left of a shell: nothing.

use super::{process, web};
use e2e::{Process, TestEngine, eventually};
use std::fs;
use std::path::Path;

/// Everything of a container and of the engine that a shell could have left something in.
fn traces(engine: &TestEngine, id: &str) -> Vec<String> {
    let init = engine.init(id);
    let mut found = vec![
        engine.tare(["diff", "web"]).out,
        init.read("mountinfo"),
        engine.tare(["ps", "-aq", "--no-trunc"]).out,
        fs::read_to_string("/proc/self/mountinfo")
            .unwrap()
            .lines()
            .filter(|l| l.contains(" tare "))
            .collect(),
        engine.tare(["volume", "ls", "-q"]).out,
        format!("{:?}", init.descriptors()),
    ];
    for directory in ["exec/containers", "exec/leases", "data/containers", "data/names", "data/staging"] {
        let mut names: Vec<_> = fs::read_dir(engine.path(directory))
            .into_iter()
            .flatten()
            .flatten()
            .map(|e| e.file_name())
            .collect();
        names.sort();
        found.push(format!("{directory}: {names:?}"));
    }
    found.push(format!("groups: {:?}", engine.cgroups()));
    let pids = init.namespaces()["pid"].clone();
    let inside = Process::all().into_iter().filter(|process| process.namespaces().get("pid") == Some(&pids));
    found.push(format!("processes: {:?}", inside.collect::<Vec<_>>()));
    found.push(format!("zombies: {}", zombies_below(init)));
    found
}

/// Children of a process that it has not reaped.
fn zombies_below(init: Process) -> usize {
    let parent = Some(init.pid.to_string());
    Process::all()
        .into_iter()
        .filter(|process| process.status("PPid") == parent && !process.is_alive())
        .count()
}

#[test]
fn nothing_is_left() {
    let Some(engine) = TestEngine::new() else { return };
    let id = web(&engine, &["-v", "data:/data"]);
    let before = traces(&engine, &id);
    let script = "echo x > /new; echo y > /probe; rm -r /sys /etc 2>/dev/null; mkdir -p /a/b; mkdir /data/c; \
        ip link set lo mtu 9000; hostname other; \
        sleep 1005 & (setsid sh -c 'sleep 1006 & sleep 1007' &) ; sleep 0.1; cat /new /probe; exit 5";
    let said = engine.line_then("debug web -c", script);
    assert_eq!((said.code, said.out.as_str()), (5, "x\ny\n"), "{said:?}");
    assert_eq!(traces(&engine, &id), before);
    let said = engine.line_then("debug --root toolbox web -c", script);
    assert_eq!(said.code, 5, "{said:?}");
    assert_eq!(traces(&engine, &id), before);
    assert!(engine.init(&id).is_alive());
}

#[test]
fn nothing_is_seen_meanwhile() {
    let Some(engine) = TestEngine::new() else { return };
    let id = engine.start(&["--name", "web", "--network", "none"], &["sleep", "1000"]);
    let mounts = engine.init(&id).read("mountinfo");
    let shell = engine.spawn(["debug", "web", "-c", "echo x > /new; sleep 1008"]);
    let inside = process(&["sleep", "1008"]);
    assert_eq!(engine.init(&id).read("mountinfo"), mounts);
    engine.tare(["exec", "web", "ls", "/new"]).fails(1, "No such file");
    engine.tare(["exec", "web", "ls", "/.tare"]).fails(1, "No such file");
    // what the container sees of its processes, as of those of an exec, leads to none of its files
    let script =
        "for p in /proc/[0-9]*; do tr '\\0' ' ' < $p/cmdline | grep -q 'sleep 100[8]' && ls $p/root/; done";
    let said = engine.tare(["exec", "web", "sh", "-c", script]);
    assert_eq!(said.out, "", "{said:?}");
    assert!(engine.tare(["ps", "-aq"]).lines().len() == 1);
    // it has its own group
    assert!(!engine.processes(&id).contains(&inside));
    drop(shell);
}

#[test]
fn nothing_is_left_of_a_command_that_was_killed() {
    let Some(engine) = TestEngine::new() else { return };
    let id = web(&engine, &[]);
    for flags in [&[][..], &["-u", "1000"], &["--root", "toolbox"]] {
        let before = traces(&engine, &id);
        let script = "sleep 1009 & (setsid sh -c 'sleep 1010 & sleep 1011' &) ; sleep 1012";
        let shell = engine.spawn([&["debug"], flags, &["web", "-c", script]].concat());
        let inside = [&["sleep", "1009"], &["sleep", "1010"], &["sleep", "1011"], &["sleep", "1012"]]
            .map(|a| process(a));
        shell.process().kill();
        assert_eq!(shell.finish().code, 137);
        eventually("nothing is left", || (engine.supervisors().len() == 1).then_some(()));
        assert!(inside.iter().all(|process| !process.is_alive()));
        let after = traces(&engine, &id);
        // a lease is void with its process, and removed by whoever looks next
        let is_lease = |text: &&String| text.starts_with("exec/leases");
        assert_eq!(
            after.iter().filter(|t| !is_lease(t)).collect::<Vec<_>>(),
            before.iter().filter(|t| !is_lease(t)).collect::<Vec<_>>()
        );
    }
    engine.tare(["system", "prune", "-f"]).ok();
    assert_eq!(fs::read_dir(engine.path("exec/leases")).unwrap().count(), 0);
}

#[test]
fn processes_end_with_their_supervisor() {
    let Some(engine) = TestEngine::new() else { return };
    let id = web(&engine, &[]);
    let shell = engine.spawn(["debug", "web", "-c", "sleep 1013 & (setsid sleep 1014 &) ; sleep 1015"]);
    let inside = [&["sleep", "1013"], &["sleep", "1014"], &["sleep", "1015"]].map(|a| process(a));
    let own = engine.supervisor(&id);
    let is_it = |process: &Process| *process != own && process.arguments()[0] == "tare-supervisor";
    let supervisor = engine.supervisors().into_iter().find(is_it).unwrap();
    supervisor.kill();
    eventually("they are gone", || inside.iter().all(|p| !p.is_alive()).then_some(()));
    shell.finish().fails(137, "supervisor");
    assert!(engine.init(&id).is_alive());
    // the next prune removes its directory and group
    eventually("it is swept", || {
        engine.tare(["system", "prune", "-f"]).ok();
        let left = fs::read_dir(engine.path("exec/containers")).unwrap().count();
        (left == 1 && engine.cgroups().iter().all(|group| is_of(group, &id))).then_some(())
    });
}

fn is_of(group: &Path, id: &str) -> bool {
    group.file_name().is_some_and(|name| name == id)
}
