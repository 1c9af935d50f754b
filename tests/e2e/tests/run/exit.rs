//! Exit codes: the program's own, and Docker's 125, 126, 127 and 128+n (behaviour E-1 to E-3).

use e2e::{TestEngine, eventually};

#[test]
fn the_program_s_own_code_is_the_command_s() {
    let Some(engine) = TestEngine::new() else { return };
    for code in [0, 1, 42, 255] {
        assert_eq!(engine.sh(&[], &format!("exit {code}")).code, code);
    }
}

#[test]
fn the_engine_s_own_failures_are_125() {
    let Some(engine) = TestEngine::new() else { return };
    engine.run(&["--no-such-flag"], &["true"]).fails(125, "--no-such-flag");
    engine.tare(["run", "--rm", "--pull", "never", "nosuchimage"]).fails(125, "No such image: nosuchimage");
    engine
        .tare(["run", "--rm", "localhost:1/nosuch"])
        .fails(125, "Unable to find image 'localhost:1/nosuch:latest'");
    engine.run(&["--memory", "1m"], &["true"]).fails(125, "Minimum memory limit allowed is 6MB");
    engine.run(&["--network", "nosuch"], &["true"]).fails(125, "network nosuch not found");
    engine
        .run(&["-u", "nosuch"], &["true"])
        .fails(125, "unable to find user nosuch: no matching entries in passwd file");
    engine.tare(["run"]).fails(1, "requires at least 1 argument");
    engine.tare(["create", "--pull", "never", "nosuchimage"]).fails(125, "No such image: nosuchimage");
    assert!(engine.containers().is_empty());
}

#[test]
fn what_is_not_found_is_127_and_what_cannot_be_invoked_126() {
    let Some(engine) = TestEngine::new() else { return };
    engine.run(&[], &["nosuch"]).fails(127, "exec: \"nosuch\": executable file not found in $PATH");
    engine.run(&[], &["/bin/nosuch"]).fails(127, "no such file or directory");
    engine.run(&[], &["/etc/passwd"]).fails(126, "permission denied");
    engine.run(&[], &["/etc"]).fails(126, "is a directory");
    assert!(engine.containers().is_empty());
}

#[test]
fn a_signal_is_128_and_its_number() {
    let Some(engine) = TestEngine::new() else { return };
    assert_eq!(engine.run(&[], &["/probe", "fault"]).code, 139);
    assert_eq!(engine.sh(&["--init"], "kill -TERM $$").code, 143);
    assert_eq!(engine.sh(&["--init"], "kill -KILL $$").code, 137);
    let client = engine.spawn(["run", "--rm", "--network", "none", "busybox", "sleep", "1000"]);
    let init = eventually("its program runs", || {
        let program = |process: &e2e::Process| process.arguments() == ["sleep", "1000"];
        engine.containers().iter().flat_map(|id| engine.processes(id)).find(program)
    });
    init.kill();
    assert_eq!(client.finish().code, 137);
}
