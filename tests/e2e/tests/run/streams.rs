//! Standard input, output and error; detached containers; signals that are passed on.

use e2e::{TestEngine, ask, eventually};
use std::io::{BufRead as _, BufReader};

#[test]
fn input_goes_through_with_i_and_ends() {
    let Some(engine) = TestEngine::new() else { return };
    let input: Vec<u8> = (0..3_000_000_u32).map(|n| (n % 251) as u8).collect();
    let mut command = engine.command(["run", "--rm", "-i", "--network", "none", "busybox", "md5sum"]);
    let inside = ask(&mut command, &input).text();
    let outside = ask(&mut std::process::Command::new("md5sum"), &input).text();
    assert_eq!(inside, outside);
}

#[test]
fn without_i_the_input_is_empty() {
    let Some(engine) = TestEngine::new() else { return };
    let mut command = engine.command(["run", "--rm", "--network", "none", "busybox", "cat"]);
    assert_eq!(ask(&mut command, b"not for the container").text(), "");
}

#[test]
fn output_and_error_stay_apart() {
    let Some(engine) = TestEngine::new() else { return };
    let said = engine.sh(&[], "echo out; echo err >&2; echo more");
    assert_eq!((said.out.as_str(), said.err.as_str()), ("out\nmore\n", "err\n"));
    let said = engine.sh(&["-a", "stderr"], "echo out; echo err >&2");
    assert_eq!((said.out.as_str(), said.err.as_str()), ("", "err\n"));
}

#[test]
fn nothing_of_much_output_is_lost() {
    let Some(engine) = TestEngine::new() else { return };
    let said = engine.sh(&[], "seq 1 200000; seq 1 1000 >&2");
    assert_eq!(said.out.lines().count(), 200_000);
    assert!(said.out.ends_with("\n200000\n"), "the last line is there");
    assert_eq!(said.err.lines().count(), 1000);
}

#[test]
fn a_program_can_open_its_standard_streams_again() {
    let Some(engine) = TestEngine::new() else { return };
    let script = "echo out > /dev/stdout; echo err > /dev/stderr; cat /dev/stdin";
    let said = engine.sh(&[], script);
    assert_eq!((said.code, said.out.as_str(), said.err.as_str()), (0, "out\n", "err\n"));
    let said = engine.sh(&["-u", "web"], script);
    assert_eq!((said.code, said.out.as_str(), said.err.as_str()), (0, "out\n", "err\n"));
}

#[test]
fn a_detached_container_outlives_its_command() {
    let Some(engine) = TestEngine::new() else { return };
    let said = engine.tare(["run", "-d", "--network", "none", "busybox", "sleep", "1000"]);
    assert_eq!(said.err, "");
    let id = said.text();
    assert!(id.len() == 64 && id.bytes().all(|b| b.is_ascii_hexdigit()), "it prints only the id: {id:?}");
    assert!(engine.init(&id).is_alive());
    let supervisor = engine.supervisor(&id);
    // a session of its own, so that the terminal's signals do not reach it, and nothing of the command's
    assert_eq!(supervisor.status("NSsid").as_deref(), Some(supervisor.pid.to_string().as_str()));
    let leads = supervisor.descriptors();
    assert!(leads[&1].ends_with("null") && leads[&2].ends_with("null"), "{leads:?}");
}

#[test]
fn a_detached_container_that_cannot_start_says_why() {
    let Some(engine) = TestEngine::new() else { return };
    engine.tare(["run", "-d", "--rm", "busybox", "nosuch"]).fails(127, "executable file not found");
}

#[test]
fn signals_are_passed_on_unless_told_otherwise() {
    let Some(engine) = TestEngine::new() else { return };
    let script = "trap 'echo got TERM; exit 5' TERM; trap 'echo got USR1' USR1; echo ready; while :; do sleep 0.02; done";
    let mut client = engine.spawn(["run", "--rm", "--network", "none", "busybox", "sh", "-c", script]);
    let mut lines = BufReader::new(client.output()).lines().map(|line| line.unwrap());
    assert_eq!(lines.next().unwrap(), "ready");
    client.process().signal(sys::process::Signal::USR1);
    assert_eq!(lines.next().unwrap(), "got USR1");
    client.process().signal(sys::process::Signal::TERM);
    assert_eq!(lines.next().unwrap(), "got TERM");
    assert_eq!(client.finish().code, 5);

    let arguments = ["run", "--rm", "--sig-proxy=false", "--network", "none", "busybox", "sh", "-c", script];
    let mut client = engine.spawn(arguments);
    let mut lines = BufReader::new(client.output()).lines().map(|line| line.unwrap());
    assert_eq!(lines.next().unwrap(), "ready");
    client.process().signal(sys::process::Signal::TERM);
    assert_eq!(client.finish().code, 128 + 15);
    let id = engine.containers().pop().expect("the container goes on");
    assert!(engine.init(&id).is_alive());
}

#[test]
fn the_small_init_passes_signals_on() {
    let Some(engine) = TestEngine::new() else { return };
    let script = "trap 'echo got TERM; exit 5' TERM; echo ready; while :; do sleep 0.02; done";
    let mut client =
        engine.spawn(["run", "--rm", "--init", "--network", "none", "busybox", "sh", "-c", script]);
    let mut lines = BufReader::new(client.output()).lines().map(|line| line.unwrap());
    assert_eq!(lines.next().unwrap(), "ready");
    client.process().signal(sys::process::Signal::TERM);
    assert_eq!(lines.next().unwrap(), "got TERM");
    assert_eq!(client.finish().code, 5);
    eventually("the container is gone", || engine.containers().is_empty().then_some(()));
}

#[test]
fn the_small_init_reaps() {
    let Some(engine) = TestEngine::new() else { return };
    assert_eq!(engine.run(&["--init"], &["/probe", "orphan"]).text(), "reaped");
    // the program is process 1 itself otherwise, and this one does not reap
    assert_eq!(engine.run(&[], &["/probe", "orphan"]).text(), "zombie");
    let first = engine.sh(&["--init"], "tr '\\0' ' ' < /proc/1/cmdline").text();
    assert!(first.starts_with("/sbin/docker-init -- sh -c"), "{first}");
}
