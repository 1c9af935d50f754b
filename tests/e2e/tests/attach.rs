//! `tare attach`.

use e2e::{Terminal, TestEngine, ask, eventually};
use std::io::{BufRead as _, BufReader, Write as _};

#[test]
fn output_from_now_on_and_the_exit_code() {
    let Some(engine) = TestEngine::new() else { return };
    let id = engine.start(
        &["-i", "--network", "none", "--name", "web"],
        &["sh", "-c", "echo before; while read line; do echo got $line; done; exit 6"],
    );
    eventually("it runs", || engine.tare(["logs", "web"]).out.contains("before").then_some(()));
    let said = ask(&mut engine.command(["attach", "web"]), b"one\ntwo\n");
    assert_eq!((said.code, said.out.as_str()), (6, "got one\ngot two\n"));
    engine.await_end(&id);
    engine.tare(["attach", "web"]).fails(1, "cannot attach to a stopped container, start it first");
    engine.tare(["attach", "nosuch"]).fails(1, "No such container: nosuch");
}

#[test]
fn two_clients_hear_the_same() {
    let Some(engine) = TestEngine::new() else { return };
    engine.start(
        &["-i", "--network", "none", "--name", "web"],
        &["sh", "-c", "while read line; do echo got $line; done"],
    );
    let mut listening = engine.spawn(["attach", "--no-stdin", "web"]);
    let mut talking = engine.spawn(["attach", "web"]);
    let mut heard = BufReader::new(listening.output()).lines();
    let mut own = BufReader::new(talking.output()).lines();
    let mut input = talking.input();
    // the first line may be said before both are attached
    let (mut first, mut second) = (String::new(), String::new());
    input.write_all(b"hello\n").unwrap();
    second.push_str(&own.next().unwrap().unwrap());
    input.write_all(b"again\n").unwrap();
    while first != "got again" {
        first = heard.next().unwrap().unwrap();
    }
    assert_eq!(second, "got hello");
    assert_eq!(own.next().unwrap().unwrap(), "got again");
}

#[test]
fn a_client_that_does_not_listen_does_not_stop_the_container() {
    let Some(engine) = TestEngine::new() else { return };
    engine.start(
        &["-i", "--network", "none", "--name", "web"],
        &["sh", "-c", "read go; seq 1 100000; echo finished; sleep 1000"],
    );
    let mut stalled = engine.spawn(["attach", "web"]);
    let mut input = stalled.input();
    stalled.process().signal(sys::process::Signal::STOP);
    // it is attached, and takes nothing
    drop(engine.spawn(["attach", "web"]));
    let mut other = engine.spawn(["attach", "web"]);
    other.input().write_all(b"go\n").unwrap();
    let finished = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        eventually("the program goes on", || {
            engine.tare(["logs", "--tail", "1", "web"]).out.contains("finished").then_some(())
        });
    }));
    stalled.process().signal(sys::process::Signal::CONT);
    // it may be gone
    let _ = input.write_all(b"\n");
    assert!(finished.is_ok());
}

#[test]
fn a_terminal_is_attached_and_detached() {
    let Some(engine) = TestEngine::new() else { return };
    let id = engine.start(&["-it", "--network", "none", "--name", "web"], &["sh"]);
    for _ in 0..2 {
        let mut terminal = Terminal::start(&engine.command(["attach", "web"]), 41, 111);
        terminal.type_in(b"stty size\r");
        terminal.wait_for("41 111");
        terminal.type_in(b"\x10\x11");
        assert_eq!(terminal.finish().1, 0);
    }
    engine.tare(["attach", "web"]).fails(1, "the input device is not a TTY");
    let mut terminal = Terminal::start(&engine.command(["attach", "--detach-keys", "ctrl-a", "web"]), 24, 80);
    terminal.type_in(b"echo $((6*7)); exit 3\r");
    terminal.wait_for("42");
    assert_eq!(terminal.finish().1, 3);
    engine.await_end(&id);
}

#[test]
fn signals_are_passed_on() {
    let Some(engine) = TestEngine::new() else { return };
    let script = "trap 'echo TERM; exit 9' TERM; while :; do echo tick; sleep 0.02; done";
    engine.start(&["--network", "none", "--name", "web"], &["sh", "-c", script]);
    let mut client = engine.spawn(["attach", "web"]);
    let mut lines = BufReader::new(client.output()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "tick");
    client.process().signal(sys::process::Signal::TERM);
    assert!(lines.any(|line| line.unwrap() == "TERM"));
    assert_eq!(client.finish().code, 9);
}
