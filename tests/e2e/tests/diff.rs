//! `tare diff`.

use e2e::{Root, TestEngine};

#[test]
fn added_changed_deleted() {
    let Some(engine) = TestEngine::new() else { return };
    let root = Root::busybox()
        .directory("/old", 0o755)
        .file("/old/a", 0o644, "a")
        .file("/old/b", 0o644, "b")
        .directory("/gone", 0o755)
        .file("/gone/x", 0o644, "x");
    engine.import("base", &root, &[]);
    let script = "touch /new; mkdir /dir; touch /dir/file; echo more >> /old/a; rm /old/b; rm -r /gone; chmod 700 /home";
    engine.tare(["run", "--network", "none", "--name", "web", "base", "sh", "-c", script]).ok();
    let mut lines = engine.tare(["diff", "web"]).lines();
    lines.sort();
    assert_eq!(
        lines,
        ["A /dir", "A /dir/file", "A /new", "C /home", "C /old", "C /old/a", "D /gone", "D /old/b"]
    );
    engine.tare(["diff", "nosuch"]).fails(1, "No such container: nosuch");
}

#[test]
fn nothing_changed_is_nothing_shown() {
    let Some(engine) = TestEngine::new() else { return };
    engine
        .line_then(
            "run --network none --name web -v vol:/tmp --tmpfs /t busybox sh -c",
            "touch /tmp/x /dev/y /t/z",
        )
        .ok();
    let lines = engine.tare(["diff", "web"]).lines();
    // the places of mounts that the image does not have are made
    let others: Vec<&String> =
        lines.iter().filter(|line| !["A /t", "C /"].contains(&line.as_str())).collect();
    assert!(others.is_empty(), "{lines:?}");
}
