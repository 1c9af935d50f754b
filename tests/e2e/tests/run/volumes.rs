//! Volumes on the command line of `run` (behaviour F-3, F-5; security row 30).

use e2e::{Root, TestEngine, eventually};
use std::fs;

fn volumes(engine: &TestEngine) -> Vec<String> {
    let entries = fs::read_dir(engine.data_root().join("volumes")).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_named_volume_outlives_containers() {
    let Some(engine) = TestEngine::new() else { return };
    engine.sh(&["-v", "cache:/data"], "echo kept > /data/file").ok();
    assert_eq!(engine.run(&["-v", "cache:/elsewhere:ro"], &["cat", "/elsewhere/file"]).text(), "kept");
    assert_eq!(
        engine.run(&["--mount", "type=volume,src=cache,dst=/data"], &["cat", "/data/file"]).text(),
        "kept"
    );
    assert_ne!(engine.run(&["-v", "cache:/data:ro"], &["touch", "/data/x"]).code, 0);
    assert_eq!(volumes(&engine), ["cache"]);
}

#[test]
fn an_anonymous_volume_goes_with_rm() {
    let Some(engine) = TestEngine::new() else { return };
    engine.sh(&["-v", "/data"], "touch /data/x && grep ' /data ' /proc/mounts").ok();
    engine.sh(&["--mount", "type=volume,target=/data"], "touch /data/x").ok();
    eventually("they are gone", || volumes(&engine).is_empty().then_some(()));
}

#[test]
fn an_empty_volume_gets_the_image_s_content_once() {
    let Some(engine) = TestEngine::new() else { return };
    let root = Root::busybox()
        .owned("/data", (1000, 29), None)
        .owned("/data/sub", (7, 8), None)
        .owned("/data/sub/file", (7, 8), Some(b"from the image\n"))
        .symlink("/data/link", "sub/file");
    engine.import("content", &root, &[]);
    let show = "cat /data/link; stat -c '%u:%g %a' /data /data/sub/file; ls /data";
    let run = |script: &str| {
        engine.tare(["run", "--rm", "--network", "none", "-v", "vol:/data", "content", "sh", "-c", script])
    };
    let expected = ["from the image", "1000:29 755", "7:8 755", "link", "sub"];
    assert_eq!(run(show).lines(), expected);
    run("rm -r /data/sub /data/link; touch /data/own").ok();
    assert_eq!(run("ls /data").text(), "own", "what is not empty is left alone");
}

#[test]
fn content_is_not_copied_from_the_host() {
    let Some(engine) = TestEngine::new() else { return };
    let secret = engine.write("secret/file", "of the host").parent().unwrap().display().to_string();
    engine.import(
        "evil",
        &Root::busybox().symlink("/data", &secret).symlink("/up", "../../../../../../tmp"),
        &[],
    );
    for path in ["/data", "/up"] {
        let said = engine.tare(["run", "--rm", "--network", "none", "-v", path, "evil", "ls", "-A", path]);
        assert_eq!(said.out, "", "{path}: {said:?}");
    }
    assert_eq!(fs::read_dir(&secret).unwrap().count(), 1);
}

#[test]
fn an_image_s_volumes_are_made() {
    let Some(engine) = TestEngine::new() else { return };
    engine.import("volumes", &Root::busybox(), &["VOLUME /data"]);
    let seen = engine
        .tare(["run", "--rm", "--network", "none", "volumes", "sh", "-c", "grep -c ' /data ' /proc/mounts"])
        .text();
    assert_eq!(seen, "1");
    eventually("it is gone", || volumes(&engine).is_empty().then_some(()));
}
