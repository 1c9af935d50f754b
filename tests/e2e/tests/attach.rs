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
    let (hears, heard) = std::sync::mpsc::channel();
    let lines = BufReader::new(listening.output()).lines();
    std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| hears.send(line)));
    let mut own = BufReader::new(talking.output()).lines();
    let mut input = talking.input();
    input.write_all(b"hello\n").unwrap();
    assert_eq!(own.next().unwrap().unwrap(), "got hello");
    // what is said before the other one is attached it does not hear
    e2e::eventually("the other one hears the same", || {
        input.write_all(b"again\n").unwrap();
        assert_eq!(own.next().unwrap().unwrap(), "got again");
        heard.try_iter().any(|line| line == "got again").then_some(())
    });
}

/// Security row 56: output that nobody takes waits where it is made, not in our memory.
#[test]
fn a_client_that_does_not_listen_costs_no_memory() {
    let Some(engine) = TestEngine::new() else { return };
    let id = engine.start(&["-i", "--network", "none", "--name", "web"], &["sh", "-c", "read go; yes"]);
    let mut stalled = engine.spawn(["attach", "web"]);
    stalled.input().write_all(b"go\n").unwrap();
    let supervisor = engine.supervisor(&id);
    let ticks = || {
        supervisor
            .read("stat")
            .rsplit(')')
            .next()
            .and_then(|rest| rest.split_whitespace().nth(11)?.parse::<u64>().ok())
    };
    // it has come to rest: nothing more is taken from the program
    let mut before = None;
    eventually("the supervisor rests", || {
        std::thread::sleep(std::time::Duration::from_millis(200));
        let now = ticks();
        (std::mem::replace(&mut before, now) == now).then_some(())
    });
    let memory = supervisor.status("VmHWM").unwrap();
    let kilobytes: u64 = memory.split(' ').next().unwrap().parse().unwrap();
    assert!(kilobytes < 32 << 10, "{memory}");
    engine.tare(["kill", "web"]).ok();
    assert_eq!(engine.tare(["wait", "web"]).text(), "137");
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
        // unlike run, as with Docker
        let (shown, code) = terminal.finish();
        assert!(code == 1 && shown.contains("read escape sequence"), "{code} {shown:?}");
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
