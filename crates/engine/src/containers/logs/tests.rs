//! Reading and following logs that are written and renamed meanwhile.

use super::*;
use proptest::prelude::*;
use runtime::log::{Bounds, Log, numbered};
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use sys::identity::Identity;

/// A temporary directory with a log in it.
fn place() -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    (directory, path)
}

fn read_all(path: &Path, options: &Options) -> (Vec<String>, Outcome) {
    let mut lines = Vec::new();
    let outcome = read_files(path, options, None, &mut |line| {
        lines.push(String::from_utf8(line.bytes).unwrap());
        ControlFlow::Continue(())
    });
    (lines, outcome.unwrap())
}

fn raw(path: &Path, lines: &[&str]) {
    let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
    lines.iter().for_each(|line| file.write_all(line.as_bytes()).unwrap());
}

fn record(text: &str, stream: &str, second: u32) -> String {
    format!(
        "{{\"log\":\"{text}\\n\",\"stream\":\"{stream}\",\"time\":\"2026-01-01T00:00:{second:02}.5Z\"}}\n"
    )
}

#[test]
fn old_files_come_first_and_the_tail_is_the_end_of_all() {
    let (_directory, path) = place();
    let mut log = Log::open(&path, Bounds { files: 4, size: 150_000 }).unwrap();
    for number in 0..5000 {
        log.append(Stream::Output, format!("line {number}\n").as_bytes()).unwrap();
    }
    assert!(numbered(&path, 2).exists(), "it was rotated");
    let (all, outcome) = read_all(&path, &Options::default());
    let first = 5000 - all.len();
    assert!(all.len() > 2000);
    assert!(all.iter().enumerate().all(|(at, line)| *line == format!("line {}\n", first + at)));
    assert_eq!(outcome, Outcome::default());
    for tail in [0, 1, 2, 10, 1999, 2000, all.len() - 1, all.len(), all.len() + 1, 1_000_000] {
        let options = Options { tail: Some(tail as u64), ..Options::default() };
        assert_eq!(read_all(&path, &options).0, all[all.len().saturating_sub(tail)..], "tail {tail}");
    }
}

#[test]
fn a_tail_at_every_border() {
    let (_directory, path) = place();
    raw(&numbered(&path, 1), &[&record("one", "stdout", 1), &record("two", "stdout", 2)]);
    raw(&path, &[&record("three", "stdout", 3), &record("four", "stdout", 4), "{\"log\":\"unfin"]);
    for (tail, expected) in
        [(0, &[][..]), (1, &["four\n"]), (2, &["three\n", "four\n"]), (3, &["two\n", "three\n", "four\n"])]
    {
        let options = Options { tail: Some(tail), ..Options::default() };
        assert_eq!(read_all(&path, &options).0, expected, "tail {tail}");
    }
    let (_directory, nothing) = place();
    assert_eq!(read_all(&nothing, &Options { tail: Some(1), ..Options::default() }).0, [""; 0]);
}

#[test]
fn by_time_and_stream() {
    let (_directory, path) = place();
    for second in 0..10 {
        raw(
            &path,
            &[&record(&format!("{second}"), if second % 2 == 0 { "stdout" } else { "stderr" }, second)],
        );
    }
    let at = |second: i64| Some(Timestamp::from_second(1_767_225_600 + second).unwrap());
    let read = |options: Options| read_all(&path, &options).0.concat().replace('\n', "");
    assert_eq!(read(Options { since: at(7), ..Options::default() }), "789");
    assert_eq!(read(Options { until: at(3), ..Options::default() }), "012");
    assert_eq!(read(Options { since: at(2), until: at(5), error: false, ..Options::default() }), "24");
    assert_eq!(read(Options { output: false, ..Options::default() }), "13579");
    assert_eq!(read(Options { tail: Some(3), output: false, ..Options::default() }), "79");
}

#[test]
fn what_is_no_record_is_left_out_and_counted() {
    let (_directory, path) = place();
    let long = format!("{}\n", "x".repeat(300_000));
    let good = record("good", "stdout", 1);
    raw(&numbered(&path, 1), &[&good, "{\"log\":\"cut off"]);
    raw(
        &path,
        &[
            "\0\0\0\0\n",
            &good,
            &long,
            "\n",
            "{\"log\":1}\n",
            &good,
            "{\"log\":\"a\",\"stream\":\"x\",\"time\":\"\"}\n",
        ],
    );
    let (lines, outcome) = read_all(&path, &Options::default());
    assert_eq!((lines.len(), outcome.damaged), (3, 6));
}

#[test]
fn enough_is_enough() {
    let (_directory, path) = place();
    raw(&path, &[&record("a", "stdout", 1), &record("b", "stdout", 2)]);
    let mut count = 0;
    let outcome = read_files(&path, &Options::default(), None, &mut |_| {
        count += 1;
        ControlFlow::Break(())
    });
    assert_eq!((count, outcome.unwrap()), (1, Outcome::default()));
}

#[test]
fn a_container_that_does_not_run_is_not_followed() {
    let Some(bed) = crate::containers::tests::testbed::Testbed::new() else { return };
    let container = bed.container("web", &[], Vec::new());
    let read = || {
        let mut lines = Vec::new();
        let options = Options { follow: true, ..Options::default() };
        read(
            &bed.engine,
            "web",
            &options,
            &mut |line| {
                lines.push(line);
                ControlFlow::Continue(())
            },
            None,
        )
        .unwrap();
        lines
    };
    assert_eq!(read(), []);
    raw(&bed.directory_of(&container).data.join("log"), &[&record("a", "stderr", 1)]);
    let time = "2026-01-01T00:00:01.5Z".parse().unwrap();
    assert_eq!(read(), [LogLine { stream: Stream::Error, time, bytes: b"a\n".to_vec() }]);
}

fn own_pidfd() -> OwnedFd {
    Identity::own().unwrap().open().unwrap()
}

#[test]
fn a_follower_loses_nothing_when_files_are_renamed() {
    const LINES: usize = 3000;
    let (directory, path) = place();
    let (cancel, canceller) = sys::pipe::pipe().unwrap();
    let options = Options { follow: true, ..Options::default() };
    let mut log = Log::open(&path, Bounds { files: 1000, size: 2000 }).unwrap();
    log.append(Stream::Output, b"0\n").unwrap();
    let waiting = Waiting::begin(directory.path(), own_pidfd(), Some(cancel.as_fd()), None).unwrap();
    let read = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for number in 1..LINES {
                log.append(Stream::Output, format!("{number}\n").as_bytes()).unwrap();
            }
        });
        let mut canceller = Some(canceller);
        let outcome = read_files(&path, &options, Some(waiting), &mut |line| {
            let number = read.fetch_add(1, Ordering::Relaxed);
            assert_eq!(String::from_utf8(line.bytes).unwrap(), format!("{number}\n"));
            if number == LINES - 1 {
                canceller.take();
            }
            ControlFlow::Continue(())
        });
        assert_eq!(outcome.unwrap(), Outcome::default());
    });
    assert_eq!(read.load(Ordering::Relaxed), LINES);
}

#[test]
fn a_follower_ends_with_the_writer_and_reads_its_last_words() {
    let (directory, path) = place();
    raw(&path, &[&record("first", "stdout", 1)]);
    let mut writer = Command::new("/proc/self/exe")
        .args(["--exact", "containers::tests::testbed::stays"])
        .env("TARE_TEST_STAYS", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let pidfd = Identity::of(i32::try_from(writer.id()).unwrap()).unwrap().open().unwrap();
    let options = Options { follow: true, tail: Some(0), ..Options::default() };
    let waiting = Waiting::begin(directory.path(), pidfd, None, None).unwrap();
    raw(&path, &[&record("second", "stdout", 2)]);
    let mut lines = Vec::new();
    let outcome = read_files(&path, &Options { tail: Some(1), ..options }, Some(waiting), &mut |line| {
        lines.push(String::from_utf8(line.bytes).unwrap());
        if lines.len() == 1 {
            raw(&path, &[&record("last", "stderr", 3)]);
            drop(writer.stdin.take());
        }
        ControlFlow::Continue(())
    });
    writer.wait().unwrap();
    assert_eq!((lines, outcome.unwrap().damaged), (vec!["second\n".to_owned(), "last\n".to_owned()], 0));
}

#[test]
fn a_follower_ends_when_its_time_is_over() {
    let (directory, path) = place();
    raw(&path, &[&record("a", "stdout", 1)]);
    let until = Some(Timestamp::now());
    let waiting = Waiting::begin(directory.path(), own_pidfd(), None, until).unwrap();
    let mut count = 0;
    let options = Options { follow: true, until, ..Options::default() };
    read_files(&path, &options, Some(waiting), &mut |_| {
        count += 1;
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!(count, 1);
}

#[test]
fn a_log_that_somebody_truncates_goes_on() {
    let (_directory, path) = place();
    raw(&path, &[&record("long enough to be seen", "stdout", 1)]);
    let mut file = files::open_all(&path).unwrap().pop().unwrap();
    assert!(!file.next_block().unwrap().is_empty());
    fs::write(&path, record("x", "stdout", 2)).unwrap();
    assert_eq!(file.next_block().unwrap(), record("x", "stdout", 2).as_bytes());
}

proptest! {
    #[test]
    fn however_the_bytes_arrive(texts in prop::collection::vec("[a-zé\"\\\\]{0,30}", 0..20), cuts in prop::collection::vec(1_usize..40, 1..50)) {
        let encode = |text: &String| {
            format!("{{\"log\":{},\"stream\":\"stderr\",\"time\":\"2026-01-01T00:00:00Z\"}}\n", serde_json::to_string(text).unwrap())
        };
        let bytes = texts.iter().map(encode).collect::<String>().into_bytes();
        let mut lines = Lines::default();
        let mut found = Vec::new();
        let mut cuts = cuts.into_iter().cycle();
        let mut left = &bytes[..];
        while !left.is_empty() {
            let (piece, rest) = left.split_at(cuts.next().expect("a cycle has no end").min(left.len()));
            left = rest;
            let _ = lines.feed(piece, &mut |line| {
                found.push(String::from_utf8(line.bytes).unwrap());
                ControlFlow::Continue(())
            });
        }
        prop_assert_eq!(found, texts);
        prop_assert_eq!(lines.damaged, 0);
    }

    #[test]
    fn no_bytes_are_too_strange(bytes in prop::collection::vec(any::<u8>(), 0..500)) {
        let mut lines = Lines::default();
        let _ = lines.feed(&bytes, &mut |_| ControlFlow::Continue(()));
        lines.end_of_file();
    }
}
