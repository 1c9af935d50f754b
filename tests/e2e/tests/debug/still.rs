//! Containers that do not run, and images.

use super::tiny;
use e2e::{TestEngine, eventually};
use std::fs;

/// A container named `web` that has run and changed something.
fn stopped(engine: &TestEngine, flags: &[&str]) {
    let create = ["run", "--name", "web", "--network", "none"];
    let script = "echo changed > /etc/motd; rm /bin/true; echo kept > /data/file";
    engine.tare([&create, flags, &["-v", "data:/data", "busybox", "sh", "-c", script]].concat()).ok();
}

#[test]
fn an_image() {
    let Some(engine) = TestEngine::new() else { return };
    tiny(&engine, &["ENV A=own", "WORKDIR /place"]);
    // its init, the shell, and ps below a title: what reads a pipe may be there before ps looks, or after
    let script = "pwd; echo $A; ls /probe; echo x > /new; cat /new; ps > /list; wc -l < /list; /probe exit 3";
    let said = engine.line_then("debug tiny -c", script);
    assert_eq!((said.code, said.out.as_str()), (3, "/place\nown\n/probe\nx\n4\n"), "{said:?}");
    engine.line("debug tiny ls /new").fails(1, "No such file");
    assert!(engine.containers().is_empty());
    // as run, it is connected
    assert!(engine.line("debug tiny ip link").text().contains("eth0"));
    assert_eq!(fs::read_dir(engine.path("exec/containers")).unwrap().count(), 0);
    assert_eq!(engine.cgroups().len(), 0, "{:?}", engine.cgroups());
}

#[test]
fn a_stopped_container() {
    let Some(engine) = TestEngine::new() else { return };
    stopped(&engine, &["-h", "host", "-e", "A=own"]);
    let before = engine.tare(["diff", "web"]).lines();
    let script = "hostname; echo $A; cat /etc/motd; ls /bin/true 2>/dev/null; cat /data/file; \
        rm /data/file 2>/dev/null; rm -r /etc 2>/dev/null; echo x > /new; cat /new";
    let said = engine.line_then("debug --root container web -c", script);
    assert_eq!(said.out, "host\nown\nchanged\nkept\nx\n", "{said:?}");
    assert_eq!(engine.tare(["diff", "web"]).lines(), before);
    let status = engine.tare(["inspect", "-f", "{{.State.Status}} {{.State.ExitCode}}", "web"]).text();
    assert_eq!(status, "exited 0");
    engine.line_then("debug --write web -c", "echo y > /data/file").ok();
    assert_eq!(engine.line("debug web cat /data/file").text(), "y");
    engine.tare(["start", "-a", "web"]).fails(0, "can't remove '/bin/true'");
}

#[test]
fn one_that_was_never_started() {
    let Some(engine) = TestEngine::new() else { return };
    tiny(&engine, &[]);
    engine.line("create --name web --network none -v data:/deep/data --tmpfs /memory tiny").ok();
    assert_eq!(engine.line("debug web ls -d /probe /deep/data /memory").lines().len(), 3);
    assert_eq!(engine.tare(["diff", "web"]).text(), "");
    assert_eq!(engine.line("debug --root toolbox web ls -d deep/data memory").lines().len(), 2);
    assert_eq!(engine.tare(["diff", "web"]).text(), "");
    engine.tare(["rm", "web"]).ok();
}

#[test]
fn a_source_that_is_gone_is_left_out() {
    let Some(engine) = TestEngine::new() else { return };
    let host = engine.path("host");
    fs::create_dir_all(&host).unwrap();
    let bind = format!("{}:/bind", host.display());
    stopped(&engine, &["-v", &bind]);
    fs::remove_dir(&host).unwrap();
    assert_eq!(engine.line("debug web cat /data/file").text(), "kept");
}

#[test]
fn the_container_can_be_started_and_removed_meanwhile() {
    let Some(engine) = TestEngine::new() else { return };
    engine.line("create --name web --network none busybox sleep 1000").ok();
    let shell = engine.spawn(["debug", "web", "-c", "sleep 1016; ls /bin/sh"]);
    super::process(&["sleep", "1016"]);
    engine.tare(["start", "web"]).ok();
    engine.tare(["rm", "-f", "web"]).ok();
    shell.process().kill();
    assert_eq!(shell.finish().code, 137);
    eventually("nothing is left", || engine.supervisors().is_empty().then_some(()));
}

#[test]
fn layers_stay_as_long_as_somebody_looks_at_them() {
    let Some(engine) = TestEngine::new() else { return };
    tiny(&engine, &[]);
    let shell = engine.spawn(["debug", "tiny", "-c", "sleep 1017; ls /probe"]);
    let sleeping = super::process(&["sleep", "1017"]);
    engine.tare(["rmi", "tiny", "busybox"]).ok();
    engine.tare(["system", "prune", "-af"]).ok();
    sleeping.kill();
    assert_eq!(shell.finish().text(), "/probe");
}
