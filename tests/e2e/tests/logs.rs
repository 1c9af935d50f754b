//! `tare logs` (behaviour F-9).

use e2e::{TestEngine, eventually};
use std::fs;
use std::io::{BufRead as _, BufReader};

#[test]
fn both_streams_come_back_apart() {
    let Some(engine) = TestEngine::new() else { return };
    engine
        .line_then(
            "run --network none --name web busybox sh -c",
            "echo one; sleep 0.05; echo two >&2; sleep 0.05; printf three",
        )
        .ok();
    let said = engine.tare(["logs", "web"]);
    assert_eq!((said.out.as_str(), said.err.as_str()), ("one\nthree", "two\n"));
    engine.tare(["logs", "nosuch"]).fails(1, "No such container: nosuch");
    engine.tare(["create", "--name", "new", "busybox", "true"]).ok();
    assert_eq!(engine.tare(["logs", "new"]).text(), "");
}

#[test]
fn the_end_of_it() {
    let Some(engine) = TestEngine::new() else { return };
    engine.tare(["run", "--network", "none", "--name", "web", "busybox", "seq", "1", "1000"]).ok();
    assert_eq!(engine.tare(["logs", "--tail", "2", "web"]).lines(), ["999", "1000"]);
    assert_eq!(engine.tare(["logs", "-n", "0", "web"]).text(), "");
    assert_eq!(engine.tare(["logs", "--tail", "all", "web"]).lines().len(), 1000);
    assert_eq!(engine.tare(["logs", "--tail", "5000", "web"]).lines().len(), 1000);
}

#[test]
fn times() {
    let Some(engine) = TestEngine::new() else { return };
    engine.line_then("run --network none --name web busybox sh -c", "echo one; sleep 0.2; echo two").ok();
    let lines = engine.tare(["logs", "-t", "web"]).lines();
    let (time, text) = lines[0].split_once(' ').unwrap();
    assert!(
        time.len() == 30 && time.ends_with('Z') && time.as_bytes()[10] == b'T',
        "RFC 3339 with nanoseconds: {time}"
    );
    assert_eq!(text, "one");
    let second = lines[1].split(' ').next().unwrap();
    assert_eq!(engine.tare(["logs", "--since", second, "web"]).lines(), ["two"]);
    assert_eq!(engine.tare(["logs", "--until", second, "web"]).lines()[0], "one");
    assert_eq!(engine.tare(["logs", "--since", "10m", "web"]).lines(), ["one", "two"]);
    assert_eq!(engine.tare(["logs", "--since", "2099-01-01T00:00:00Z", "web"]).text(), "");
    assert_ne!(engine.tare(["logs", "--since", "gibberish", "web"]).code, 0);
}

#[test]
fn following_ends_with_the_container() {
    let Some(engine) = TestEngine::new() else { return };
    engine.start(
        &["--network", "none", "--name", "web"],
        &["sh", "-c", "echo ready; trap 'echo bye; exit' TERM; while :; do sleep 0.02; done"],
    );
    let mut client = engine.spawn(["logs", "-f", "web"]);
    let mut lines = BufReader::new(client.output()).lines();
    assert_eq!(lines.next().unwrap().unwrap(), "ready");
    engine.tare(["stop", "web"]).ok();
    assert_eq!(lines.next().unwrap().unwrap(), "bye");
    assert_eq!(client.finish().code, 0);
    assert_eq!(engine.tare(["logs", "-f", "web"]).lines(), ["ready", "bye"]);
}

#[test]
fn the_log_is_bounded_and_its_end_is_there() {
    let Some(engine) = TestEngine::new() else { return };
    let flags =
        ["run", "--network", "none", "--name", "web", "--log-opt", "max-size=20k", "--log-opt", "max-file=2"];
    engine.tare([&flags[..], &["busybox", "seq", "1", "20000"]].concat()).ok();
    let lines = engine.tare(["logs", "web"]).lines();
    assert!(lines.len() < 5000 && lines.last().unwrap() == "20000", "{} lines", lines.len());
    let numbers: Vec<u32> = lines.iter().map(|line| line.parse().unwrap()).collect();
    assert!(numbers.windows(2).all(|pair| pair[1] == pair[0] + 1), "nothing is missing between");
    let id = engine.containers().pop().unwrap();
    let entries = fs::read_dir(engine.data_root().join("containers").join(id)).unwrap();
    let size: u64 = entries
        .map(|e| e.unwrap())
        .filter(|e| e.file_name().to_string_lossy().starts_with("log"))
        .map(|e| e.metadata().unwrap().len())
        .sum();
    assert!(size < 60_000, "{size}");
}

#[test]
fn following_loses_nothing_when_the_log_is_rotated() {
    let Some(engine) = TestEngine::new() else { return };
    let script = "read go; n=0; while [ $n -lt 3000 ]; do n=$((n+1)); echo line $n; [ $((n % 100)) -eq 0 ] && sleep 0.02; done";
    engine.start(
        &["-i", "--network", "none", "--name", "web", "--log-opt", "max-size=30k", "--log-opt", "max-file=3"],
        &["sh", "-c", script],
    );
    let mut client = engine.spawn(["logs", "-f", "web"]);
    let output = BufReader::new(client.output());
    engine.tare(["attach", "--no-stdin", "--sig-proxy=false", "nosuch"]).fails(1, "No such container");
    e2e::ask(&mut engine.command(["attach", "web"]), b"go\n").ok();
    let lines: Vec<String> = output.lines().map(|line| line.unwrap()).collect();
    assert_eq!(lines.len(), 3000);
    assert_eq!(lines.last().unwrap(), "line 3000");
    assert_eq!(client.finish().code, 0);
}

#[test]
fn long_lines_and_bytes_survive() {
    let Some(engine) = TestEngine::new() else { return };
    let script = "head -c 100000 /dev/zero | tr '\\0' x; echo; printf 'a\\tb\\\\\"\\001\\n'";
    let direct = engine.tare(["run", "--network", "none", "--name", "web", "busybox", "sh", "-c", script]);
    assert_eq!(engine.tare(["logs", "web"]).out, direct.out);
    assert_eq!(direct.out.len(), 100_001 + 7);
}

#[test]
fn a_terminal_s_log_is_its_output() {
    let Some(engine) = TestEngine::new() else { return };
    engine.line_then("run -t --network none --name web busybox sh -c", "echo out; echo err >&2").ok();
    let said = engine.tare(["logs", "web"]);
    assert_eq!((said.out.as_str(), said.err.as_str()), ("out\r\nerr\r\n", ""));
}

#[test]
fn the_file_is_docker_s() {
    let Some(engine) = TestEngine::new() else { return };
    engine.tare(["run", "--network", "none", "--name", "web", "busybox", "echo", "a \"line\""]).ok();
    let path = engine.tare(["inspect", "-f", "{{.LogPath}}", "web"]).text();
    let line = fs::read_to_string(path).unwrap();
    let line: serde_json::Value = serde_json::from_str(line.lines().next().unwrap()).expect("a line is JSON");
    assert_eq!((line["log"].as_str(), line["stream"].as_str()), (Some("a \"line\"\n"), Some("stdout")));
    assert!(line["time"].as_str().unwrap().ends_with('Z'));
    eventually("it is over", || engine.supervisors().is_empty().then_some(()));
}
