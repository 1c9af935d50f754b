//! `tare cp` (behaviour F-7; security rows 48, 49).

use e2e::{Canary, Root, TestEngine, ask};
use std::fs;
use std::os::unix::fs::{MetadataExt as _, symlink};
use std::process::Command;

fn stopped(engine: &TestEngine, image: &str) {
    engine.tare(["create", "--name", "web", "--network", "none", image, "sleep", "1000"]).ok();
}

#[test]
fn files_and_directories_in_and_out() {
    let Some(engine) = TestEngine::new() else { return };
    let tree = engine.write("tree/sub/file", "deep").ancestors().nth(2).unwrap().display().to_string();
    let file = engine.write("file", "content").display().to_string();
    stopped(&engine, "busybox");
    for state in ["stopped", "running"] {
        if state == "running" {
            engine.tare(["start", "web"]).ok();
        }
        // a new name, an old directory, an old file
        engine.tare(["cp", &file, &format!("web:/{state}")]).ok();
        engine.tare(["cp", &file, "web:/tmp"]).ok();
        engine.tare(["cp", &file, "web:/tmp/file"]).ok();
        engine.tare(["cp", &tree, &format!("web:/{state}.new")]).ok();
        engine.tare(["cp", &tree, "web:/tmp/"]).ok();
        engine.tare(["cp", &format!("{tree}/."), "web:/home"]).ok();
        let out = engine.path(state);
        fs::create_dir(&out).unwrap();
        for path in [&format!("/{state}"), "/tmp/file", &format!("/{state}.new"), "/tmp/tree", "/home"] {
            engine.tare(["cp", &format!("web:{path}"), &out.display().to_string()]).ok();
        }
        assert_eq!(fs::read_to_string(out.join(state)).unwrap(), "content");
        assert_eq!(fs::read_to_string(out.join("file")).unwrap(), "content");
        for place in [&format!("{state}.new"), "tree", "home"] {
            assert_eq!(fs::read_to_string(out.join(place).join("sub/file")).unwrap(), "deep", "{place}");
        }
    }
    assert_eq!(engine.tare(["exec", "web", "cat", "/tmp/file", "/home/sub/file"]).text(), "contentdeep");
}

#[test]
fn destinations_that_are_not_there() {
    let Some(engine) = TestEngine::new() else { return };
    let file = engine.write("file", "content").display().to_string();
    let tree = engine.write("tree/x", "x").parent().unwrap().display().to_string();
    stopped(&engine, "busybox");
    for (from, to) in [
        (file.as_str(), "web:/no/such/place"),
        (&file, "web:/nosuch/"),
        (&tree, "web:/etc/passwd"),
        (&file, "web:/etc/passwd/x"),
        ("web:/nosuch", "/tmp"),
        ("web:/etc/passwd", "/no/such/place"),
        ("/no/such/file", "web:/tmp"),
        (&file, "nosuch:/tmp"),
    ] {
        let said = engine.tare(["cp", from, to]);
        assert_eq!(said.code, 1, "{from} {to}: {said:?}");
    }
    engine.tare(["cp", "web:/nosuch", "/tmp"]).fails(1, "Could not find the file /nosuch in container web");
    engine.tare(["cp", &file, &tree]).fails(1, "must specify at least one container source");
    engine.tare(["cp", "web:/a", "web:/b"]).fails(1, "copying between containers is not supported");
}

#[test]
fn owners_are_root_s_unless_kept() {
    let Some(engine) = TestEngine::new() else { return };
    let file = engine.write("file", "content");
    std::os::unix::fs::chown(&file, Some(1234), Some(5678)).unwrap();
    let file = file.display().to_string();
    engine.start(&["--network", "none", "--name", "web"], &["sleep", "1000"]);
    engine.tare(["cp", &file, "web:/plain"]).ok();
    engine.tare(["cp", "-a", &file, "web:/kept"]).ok();
    assert_eq!(
        engine.tare(["exec", "web", "stat", "-c", "%u:%g", "/plain", "/kept"]).lines(),
        ["0:0", "1234:5678"]
    );
    let out = engine.path("out");
    engine.tare(["cp", "-a", "web:/kept", &out.display().to_string()]).ok();
    assert_eq!((fs::metadata(&out).unwrap().uid(), fs::metadata(&out).unwrap().gid()), (1234, 5678));
}

#[test]
fn archives_on_the_standard_streams() {
    let Some(engine) = TestEngine::new() else { return };
    engine.write("tree/a", "one");
    stopped(&engine, "busybox");
    let archive =
        Command::new("tar").args(["-cf", "-", "tree"]).current_dir(engine.path("")).output().unwrap().stdout;
    ask(&mut engine.command(["cp", "-", "web:/tmp"]), &archive).ok();
    let output = engine.command(["cp", "web:/tmp/tree", "-"]).output().unwrap();
    assert!(output.status.success());
    let mut tar = Command::new("tar");
    let listed = ask(tar.args(["-tf", "-"]), &output.stdout).lines();
    assert_eq!(listed, ["tree/", "tree/a"]);
    assert_ne!(ask(&mut engine.command(["cp", "-", "web:/tmp"]), b"this is no archive").code, 0);
    assert_ne!(ask(&mut engine.command(["cp", "-", "web:/etc/passwd"]), &archive).code, 0);
}

#[test]
fn links_are_copied_or_followed() {
    let Some(engine) = TestEngine::new() else { return };
    engine.import(
        "links",
        &Root::busybox().file("/target", 0o644, "target").symlink("/link", "/target").symlink("/dir", "/etc"),
        &[],
    );
    stopped(&engine, "links");
    let out = |name: &str| engine.path(name).display().to_string();
    engine.tare(["cp", "web:/link", &out("plain")]).ok();
    assert_eq!(fs::read_link(engine.path("plain")).unwrap().to_str(), Some("/target"));
    engine.tare(["cp", "-L", "web:/link", &out("followed")]).ok();
    assert_eq!(fs::read_to_string(engine.path("followed")).unwrap(), "target");
    engine.write("file", "content");
    symlink("file", engine.path("here")).unwrap();
    engine.tare(["cp", "-L", &out("here"), "web:/followed"]).ok();
    engine.tare(["cp", &out("file"), "web:/dir/through"]).ok();
    engine.tare(["start", "web"]).ok();
    assert_eq!(engine.tare(["exec", "web", "cat", "/followed", "/etc/through"]).text(), "contentcontent");
}

#[test]
fn volumes_and_read_only_roots() {
    let Some(engine) = TestEngine::new() else { return };
    let file = engine.write("file", "content").display().to_string();
    engine.start(
        &["--network", "none", "--name", "web", "-v", "vol:/data", "-v", "vol:/ro:ro", "--read-only"],
        &["sleep", "1000"],
    );
    engine.tare(["cp", &file, "web:/data/file"]).ok();
    assert_eq!(engine.tare(["exec", "web", "cat", "/data/file"]).text(), "content");
    engine.tare(["cp", &file, "web:/file"]).fails(1, "marked read-only");
    assert_ne!(engine.tare(["cp", &file, "web:/ro/new"]).code, 0);
    engine.tare(["cp", "web:/data/file", &engine.path("back").display().to_string()]).ok();
}

#[test]
fn hostile_links_lead_nowhere() {
    let Some(engine) = TestEngine::new() else { return };
    let canary = Canary::new();
    let secret = format!("{}/file", canary.name());
    let up = format!("../../../../../..{secret}");
    let root = Root::busybox()
        .symlink("/absolute", &secret)
        .symlink("/relative", &up)
        .symlink("/directory", &canary.name())
        .symlink("/proc-root", "/proc/1/root");
    engine.import("evil", &root, &[]);
    let file = engine.write("file", "overwritten").display().to_string();
    let tree = engine.write("tree/null", "overwritten").parent().unwrap().display().to_string();
    for running in [false, true] {
        engine.tare(["create", "--name", "web", "--network", "none", "evil", "sleep", "1000"]).ok();
        if running {
            engine.tare(["start", "web"]).ok();
        }
        for (from, to) in [
            (file.as_str(), "web:/absolute"),
            (&file, "web:/relative"),
            (&file, "web:/directory"),
            (&file, "web:/directory/file"),
            (&tree, "web:/directory"),
            (&format!("{tree}/."), "web:/directory"),
            (&file, &format!("web:/proc-root{secret}")),
            (&file, "web:/../../../../../../../../file"),
        ] {
            // whether it works inside does not matter
            let _ = engine.tare(["cp", from, to]);
            canary.is_untouched();
        }
        for path in ["/absolute", "/relative", "/directory/file", "/directory/."] {
            let out = engine.path("out");
            // it must not find the host's file
            let _ = engine.tare(["cp", "-L", &format!("web:{path}"), &out.display().to_string()]);
            let leaked = fs::read_to_string(&out).is_ok_and(|text| text.contains("canary"))
                || out.join("null").exists();
            assert!(!leaked, "{path}");
            // it may not be there
            let _ = fs::remove_file(&out).or_else(|_| fs::remove_dir_all(&out));
        }
        engine.tare(["rm", "-f", "web"]).ok();
    }
}

/// Paths that change under the copy: a link becomes a directory and back while files are copied through it.
#[test]
fn paths_that_change_under_the_copy() {
    let Some(engine) = TestEngine::new() else { return };
    let canary = Canary::new();
    let file = engine.write("file", "overwritten").display().to_string();
    let script = format!(
        "ln -s {} /link; mkdir /dir; while :; do mv /place /tmp/p 2>/dev/null; mv /link /place; mv /place /link; mv /dir /place; mv /place /dir; done",
        canary.name()
    );
    engine.start(&["--network", "none", "--name", "web"], &["sh", "-c", &script]);
    for _ in 0..30 {
        let _ = engine.tare(["cp", &file, "web:/place/file"]);
        let _ = engine.tare(["cp", &file, "web:/place/null"]);
    }
    canary.is_untouched();
}
