//! `-t`: a terminal of the container's own.

use e2e::{Terminal, TestEngine};

#[test]
fn a_shell_on_a_terminal() {
    let Some(engine) = TestEngine::new() else { return };
    let command = engine.command(["run", "--rm", "-it", "--network", "none", "busybox", "sh"]);
    let mut terminal = Terminal::start(&command, 31, 97);
    terminal.wait_for("# ");
    terminal.type_in(b"tty; stty size; echo term=$TERM\r");
    let shown = terminal.wait_for("term=xterm");
    assert!(shown.contains("/dev/pts/0") && shown.contains("31 97"), "{shown:?}");
    terminal.type_in(b"exit 3\r");
    assert_eq!(terminal.finish().1, 3);
}

#[test]
fn a_new_size_reaches_the_program() {
    let Some(engine) = TestEngine::new() else { return };
    let script = "trap 'stty size' WINCH; echo ready; while :; do sleep 0.02; done";
    let command = engine.command(["run", "--rm", "-it", "--network", "none", "busybox", "sh", "-c", script]);
    let mut terminal = Terminal::start(&command, 24, 80);
    terminal.wait_for("ready");
    terminal.resize(50, 123);
    terminal.wait_for("50 123");
}

#[test]
fn control_c_goes_to_the_program() {
    let Some(engine) = TestEngine::new() else { return };
    let script = "trap 'echo interrupted; exit 7' INT; echo ready; while :; do sleep 0.02; done";
    let command = engine.command(["run", "--rm", "-it", "--network", "none", "busybox", "sh", "-c", script]);
    let mut terminal = Terminal::start(&command, 24, 80);
    terminal.wait_for("ready");
    terminal.type_in(b"\x03");
    terminal.wait_for("interrupted");
    assert_eq!(terminal.finish().1, 7);
}

#[test]
fn keys_detach_and_the_container_goes_on() {
    let Some(engine) = TestEngine::new() else { return };
    for (flags, keys) in [(&[][..], &b"\x10\x11"[..]), (&["--detach-keys", "ctrl-x,y"], b"\x18y")] {
        let start: &[&str] = &["run", "-it", "--network", "none"];
        let command = engine.command([start, flags, &["busybox", "sh"]].concat());
        let mut terminal = Terminal::start(&command, 24, 80);
        terminal.wait_for("# ");
        terminal.type_in(keys);
        assert_eq!(terminal.finish().1, 0);
    }
    let ids = engine.containers();
    assert_eq!(ids.len(), 2);
    assert!(ids.iter().all(|id| engine.init(id).is_alive()));
}

#[test]
fn the_terminal_is_as_it_was_afterwards() {
    let Some(engine) = TestEngine::new() else { return };
    let run = engine.command(["run", "--rm", "-it", "--network", "none", "busybox", "true"]);
    let mut script = std::process::Command::new("sh");
    script.args(["-c", "\"$@\"; stty -a", "sh"]).arg(run.get_program()).args(run.get_args());
    let (shown, code) = Terminal::start(&script, 24, 80).finish();
    assert_eq!(code, 0);
    assert!(shown.contains(" icanon") && shown.contains(" echo "), "{shown:?}");
}

#[test]
fn error_and_output_are_one_with_a_terminal() {
    let Some(engine) = TestEngine::new() else { return };
    let said = engine.sh(&["-t"], "test -t 1 && echo out; echo err >&2");
    assert_eq!((said.out.as_str(), said.err.as_str()), ("out\r\nerr\r\n", ""));
}

#[test]
fn a_pipe_is_no_terminal() {
    let Some(engine) = TestEngine::new() else { return };
    engine.run(&["-it"], &["true"]).fails(1, "the input device is not a TTY");
    assert!(engine.containers().is_empty());
}

#[test]
fn the_console_is_the_terminal() {
    let Some(engine) = TestEngine::new() else { return };
    let script = "stat -c %F /dev/console; echo hello > /dev/console";
    let said = engine.sh(&["-t"], script);
    assert_eq!(said.out, "character special file\r\nhello\r\n");
}
