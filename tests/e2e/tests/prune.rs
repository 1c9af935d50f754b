//! `tare system prune`, `container prune`, `system df`.

use e2e::{Root, TestEngine, ask};
use std::fs;
use std::path::Path;

/// All files below a directory but empty directories and locks.
fn files(directory: &Path) -> Vec<String> {
    let mut found = Vec::new();
    let mut waiting = vec![directory.to_path_buf()];
    while let Some(path) = waiting.pop() {
        for entry in fs::read_dir(path).into_iter().flatten().flatten() {
            if entry.file_type().unwrap().is_dir() {
                waiting.push(entry.path());
            } else {
                found.push(entry.path().strip_prefix(directory).unwrap().display().to_string());
            }
        }
    }
    found.sort();
    found
}

#[test]
fn everything_goes_that_nothing_uses() {
    let Some(engine) = TestEngine::new() else { return };
    engine.tare(["run", "busybox", "sh", "-c", "head -c 100000 /dev/zero > /file"]).ok();
    engine.import("other", &Root::busybox().file("/x", 0o644, "x"), &[]);
    let id = engine.containers().pop().unwrap();
    let said = engine.tare(["system", "prune", "-af"]).text();
    assert!(said.starts_with(&format!("Deleted Containers:\n{id}\n")), "{said}");
    assert!(said.contains("Deleted Images:\n") && said.contains("\nTotal reclaimed space: "), "{said}");
    let left: Vec<String> = files(&engine.data_root())
        .into_iter()
        .filter(|f| !f.starts_with("mount-points/") && f != "version")
        .collect();
    assert!(left.iter().all(|file| file.contains("lock")), "{left:?}");
}

/// The bridge and the table go at once, although the kernel takes its time with the last container's interface.
#[test]
fn the_bridge_goes_with_the_last_container() {
    let Some(engine) = TestEngine::new() else { return };
    for _ in 0..3 {
        let id = engine.start(&[], &["sleep", "1000"]);
        engine.tare(["rm", "-f", &id]).ok();
        engine.tare(["system", "prune", "-f"]).ok();
        assert!(!Path::new("/sys/class/net").join(engine.bridge()).exists(), "the bridge is still there");
        let tables = ask(std::process::Command::new("nft").args(["list", "tables"]), b"").text();
        assert!(!tables.contains(&engine.table()), "{tables}");
    }
}

#[test]
fn what_is_used_stays() {
    let Some(engine) = TestEngine::new() else { return };
    let id = engine.start(&["--name", "web", "-v", "named:/data"], &["sleep", "1000"]);
    engine.tare(["create", "--name", "new", "busybox", "true"]).ok();
    assert_eq!(engine.tare(["container", "prune", "-f"]).lines().len(), 4);
    engine.tare(["system", "prune", "-af", "--volumes"]).ok();
    assert!(engine.init(&id).is_alive());
    assert_eq!(engine.tare(["exec", "web", "cat", "/etc/passwd"]).lines().len(), 4);
    assert!(Path::new("/sys/class/net").join(engine.bridge()).exists());
    assert_eq!(engine.tare(["volume", "ls", "-q"]).text(), "named");
    engine.run(&[], &["true"]).ok();
}

#[test]
fn it_asks_first() {
    let Some(engine) = TestEngine::new() else { return };
    engine.tare(["create", "busybox", "true"]).ok();
    let said = ask(&mut engine.command(["system", "prune"]), b"n\n");
    assert!(said.out.contains("WARNING! This will remove:") && said.out.contains("[y/N]"), "{said:?}");
    assert_eq!(engine.containers().len(), 1);
    let said = ask(&mut engine.command(["system", "prune"]), b"y\n");
    assert!(said.out.contains("Total reclaimed space:"), "{said:?}");
    assert!(engine.containers().is_empty());
}

#[test]
fn filters_and_until() {
    let Some(engine) = TestEngine::new() else { return };
    for name in ["keep", "drop"] {
        engine.tare(["create", "--name", name, "-l", &format!("{name}=1"), "busybox", "true"]).ok();
    }
    engine.tare(["container", "prune", "-f", "--filter", "until=10m"]).ok();
    assert_eq!(engine.containers().len(), 2);
    engine.tare(["container", "prune", "-f", "--filter", "label!=keep"]).ok();
    assert_eq!(engine.tare(["ps", "-a", "--format", "{{.Names}}"]).text(), "keep");
    assert_ne!(engine.tare(["container", "prune", "-f", "--filter", "bogus=1"]).code, 0);
}

#[test]
fn a_prune_does_not_disturb_starts() {
    let Some(engine) = TestEngine::new() else { return };
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for _ in 0..15 {
                engine.tare(["system", "prune", "-f"]).ok();
                engine.tare(["volume", "prune", "-af"]).ok();
            }
        });
        scope.spawn(|| {
            for round in 0..10 {
                let name = format!("v{}", round % 2);
                let run = engine.line(&format!("run --rm -v {name}:/v -v /w busybox ls -d /v /w"));
                assert_eq!(run.text(), "/v\n/w");
            }
        });
        for _ in 0..2 {
            scope.spawn(|| {
                for _ in 0..10 {
                    assert_eq!(engine.tare(["run", "--rm", "busybox", "echo", "fine"]).text(), "fine");
                }
            });
        }
    });
}

#[test]
fn disk_usage() {
    let Some(engine) = TestEngine::new() else { return };
    engine
        .line_then(
            "run --network none -v vol:/data busybox sh -c",
            "head -c 1000000 /dev/zero > /file; head -c 2000000 /dev/zero > /data/file",
        )
        .ok();
    let lines = engine.tare(["system", "df"]).lines();
    let columns: Vec<&str> = lines[0].split_whitespace().collect();
    assert_eq!(columns, ["TYPE", "TOTAL", "ACTIVE", "SIZE", "RECLAIMABLE"]);
    let kinds: Vec<&str> =
        lines[1..].iter().filter_map(|line| line.split("   ").next()).map(str::trim).collect();
    assert_eq!(kinds, ["Images", "Containers", "Local Volumes", "Build Cache"]);
    assert!(lines[2].contains("1MB") || lines[2].contains("1.0"), "{lines:?}");
    assert!(lines[3].contains("2MB") || lines[3].contains("2.0"), "{lines:?}");
}
