//! Who the program is (behaviour P-3; security rows 20, 31, 32, 33).

use e2e::{Root, TestEngine};
use std::time::{Duration, Instant};

#[test]
fn every_form_of_a_user() {
    let Some(engine) = TestEngine::new() else { return };
    for (user, seen) in [
        ("0", "0 0 0"),
        ("web", "1000 1000 1000 29"),
        ("1000", "1000 1000 1000 29"),
        ("1000:", "1000 1000 1000 29"),
        ("web:audio", "1000 29 29"),
        ("web:5", "1000 5 5"),
        (":29", "0 29 29"),
        ("4711", "4711 0 0"),
        ("4711:4712", "4711 4712 4712"),
        // a number is never a name, even where passwd has such a name for root
        ("2000", "2000 0 0"),
    ] {
        assert_eq!(engine.sh(&["-u", user], "echo $(id -u) $(id -g) $(id -G)").text(), seen, "-u {user}");
    }
}

#[test]
fn what_is_no_user_is_refused() {
    let Some(engine) = TestEngine::new() else { return };
    for user in ["-1", "4294967296", "2147483648", "1000abc", " 0", "nosuch", "web:nosuch", "+5", "0x0"] {
        let said = engine.run(&[&format!("--user={user}")], &["id"]);
        assert_eq!((said.code, said.out.as_str()), (125, ""), "--user={user:?}: {said:?}");
    }
    assert!(engine.containers().is_empty());
}

#[test]
fn groups_are_added_by_name_and_number() {
    let Some(engine) = TestEngine::new() else { return };
    let flags = ["-u", "web", "--group-add", "video", "--group-add", "4711"];
    assert_eq!(engine.run(&flags, &["id", "-G"]).text(), "1000 29 44 4711");
    engine.run(&["--group-add", "nosuch"], &["id"]).fails(125, "unable to find group nosuch");
}

#[test]
fn a_group_that_must_not_read_does_not() {
    let Some(engine) = TestEngine::new() else { return };
    let script =
        "echo secret > /tmp/file; chgrp audio /tmp/file; chmod 0604 /tmp/file; su web -c 'cat /tmp/file'";
    assert_ne!(engine.sh(&[], script).code, 0, "audio has no right, and web is in audio");
    engine.import("marked", &Root::busybox().owned("/secret", (0, 29), Some(b"x")), &[]);
    let seen = engine.tare(["run", "--rm", "-u", "web", "marked", "stat", "-c", "%u %g", "/secret"]).text();
    assert_eq!(seen, "0 29");
}

#[test]
fn hostile_account_files_are_not_waited_for() {
    let Some(engine) = TestEngine::new() else { return };
    let fifo = Root::scratch().file("/bin/busybox", 0o755, std::fs::read("/bin/busybox").unwrap());
    engine.import("fifo", &fifo.clone().fifo("/etc/passwd").fifo("/etc/group"), &[]);
    let link = fifo
        .clone()
        .symlink("/etc/passwd", "/proc/self/root/etc/passwd")
        .symlink("/etc/group", "../../../etc/group");
    engine.import("link", &link, &[]);
    let huge = fifo.file("/etc/passwd", 0o644, vec![b'x'; 9 << 20]);
    engine.import("huge", &huge, &[]);
    for image in ["fifo", "link", "huge"] {
        let begun = Instant::now();
        let said = engine.tare([
            "run",
            "--rm",
            "--network",
            "none",
            "-u",
            "daemon",
            image,
            "/bin/busybox",
            "id",
            "-u",
        ]);
        assert_ne!(said.code, 0, "{image} has no user daemon: {said:?}");
        assert!(begun.elapsed() < Duration::from_secs(5), "{image}");
    }
}

#[test]
fn an_image_without_accounts_has_numbers() {
    let Some(engine) = TestEngine::new() else { return };
    let root = Root::scratch().file("/bin/busybox", 0o755, std::fs::read("/bin/busybox").unwrap());
    engine.import("bare", &root, &[]);
    let seen = engine.tare(["run", "--rm", "-u", "7:8", "bare", "/bin/busybox", "id"]).text();
    assert_eq!(seen, "uid=7 gid=8 groups=8");
}
