//! `tare import`.

use e2e::{Root, TestEngine, ask};
use std::process::Command;

#[test]
fn from_a_file_or_a_stream_compressed_or_not() {
    let Some(engine) = TestEngine::empty() else { return };
    let plain = Root::scratch().file("/file", 0o644, "x").archive();
    let gzip = Command::new("gzip")
        .args(["-c"])
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn();
    drop(gzip.map(|mut child| (child.kill(), child.wait())));
    let file = engine.write("plain.tar", &plain);
    let name = file.display().to_string();
    let first = engine.tare(["import", &name, "one:tag"]).text();
    assert!(first.starts_with("sha256:") && first.len() == 71, "{first}");
    let second = ask(&mut engine.command(["import", "-", "two"]), &plain).text();
    for (program, flags) in [("gzip", "-kf"), ("zstd", "-kqf")] {
        if e2e::needs_programs(&[program]) {
            assert!(Command::new(program).args([flags, &name]).status().unwrap().success());
            let suffix = if program == "gzip" { "gz" } else { "zst" };
            engine.tare(["import", &format!("{name}.{suffix}"), program]).ok();
        }
    }
    assert!(second.starts_with("sha256:"), "{second}");
    let layers =
        |image: &str| engine.tare(["image", "inspect", "-f", "{{json .RootFS.Layers}}", image]).text();
    for image in ["two", "gzip", "zstd"] {
        assert_eq!(layers("one:tag"), layers(image), "the same files are the same layer");
    }
    engine.tare(["import", "/no/such/file"]).fails(1, "/no/such/file");
    assert_ne!(
        ask(&mut engine.command(["import", "-"]), b"this is no archive, whatever else it may be").code,
        0
    );
}

#[test]
fn changes_are_dockerfile_instructions() {
    let Some(engine) = TestEngine::empty() else { return };
    let changes = [
        "ENV A=1 B='two words'",
        "LABEL tier=front",
        "WORKDIR /srv",
        "USER web",
        "EXPOSE 80 53/udp",
        "VOLUME /data",
        "STOPSIGNAL SIGINT",
        "ENTRYPOINT [\"/bin/sh\"]",
        "CMD [\"-c\", \"id\"]",
    ];
    engine.import("changed", &Root::busybox(), &changes);
    let value = engine.inspect("changed");
    let config = &value["Config"];
    let expected = serde_json::json!({
        "Env": ["A=1", "B=two words"], "Labels": {"tier": "front"}, "WorkingDir": "/srv", "User": "web", "Volumes": {"/data": {}},
        "ExposedPorts": {"53/udp": {}, "80/tcp": {}}, "StopSignal": "SIGINT", "Entrypoint": ["/bin/sh"], "Cmd": ["-c", "id"],
    });
    for (key, wanted) in expected.as_object().unwrap() {
        let mut seen = config[key].clone();
        if key == "Env" {
            // a path may stand before
            seen.as_array_mut().unwrap().retain(|variable| !variable.as_str().unwrap().starts_with("PATH="));
        }
        assert_eq!(&seen, wanted, "{key}");
    }
    let file = engine.write("x.tar", Root::scratch().archive()).display().to_string();
    let said = engine.tare(["import", "-c", "RUN true", &file, "bad"]);
    assert!(said.code != 0 && said.err.contains("RUN"), "{said:?}");
    let said = engine.tare(["import", "-c", "FORM x", &file, "bad"]);
    assert!(said.code != 0, "{said:?}");
    assert_ne!(engine.tare(["import", &file, "Bad Name"]).code, 0);
}

#[test]
fn for_another_platform() {
    let Some(engine) = TestEngine::empty() else { return };
    let file = engine.write("x.tar", Root::scratch().archive()).display().to_string();
    engine.tare(["import", "--platform", "linux/s390x", &file, "other"]).ok();
    assert_eq!(
        engine.tare(["image", "inspect", "-f", "{{.Os}}/{{.Architecture}}", "other"]).text(),
        "linux/s390x"
    );
}

/// Security rows 21 to 23: what is in an archive stays in it.
#[test]
fn hostile_archives_touch_nothing_outside() {
    let Some(engine) = TestEngine::new() else { return };
    let canary = e2e::Canary::new();
    let place = canary.name();
    let up = format!("../../../../../../../..{place}");
    let cases: [(&str, Root); 8] = [
        ("dots", Root::scratch().raw(&format!("{up}/file"), "evil")),
        ("inner dots", Root::scratch().raw(&format!("a/../{up}/file"), "evil")),
        ("absolute", Root::scratch().raw(&format!("{place}/new"), "evil")),
        ("link", Root::scratch().symlink("/a", &place).raw("a/file", "evil")),
        ("link up", Root::scratch().symlink("/a", &up).raw("a/file", "evil")),
        ("hard link", Root::scratch().hard_link("/a", &format!("{up}/file")).raw("a", "evil")),
        (
            "link twice",
            Root::scratch().symlink("/a", "/").symlink("/b", &format!("a{place}")).raw("b/file", "evil"),
        ),
        (
            "whiteout",
            Root::scratch().symlink("/a", &place).raw("a/.wh.file", "").raw(".wh..", "").raw(".wh...", ""),
        ),
    ];
    for (name, root) in cases {
        let file = engine.write("evil.tar", root.archive()).display().to_string();
        let said = engine.tare(["import", &file, "evil"]);
        canary.is_untouched();
        assert!([0, 1].contains(&said.code), "{name}: {said:?}");
        assert!(said.code == 0 || !said.err.is_empty(), "{name}");
    }
}
