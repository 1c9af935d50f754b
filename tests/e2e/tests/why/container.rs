//! Containers with their changes, and what is asked for on the command line.

use super::{NOTHING, spoken};
use e2e::{Root, TestEngine, compile};
use serde_json::Value;

#[test]
fn a_container_is_seen_with_its_changes() {
    let Some(engine) = TestEngine::new() else { return };
    engine.tare(["create", "--name", "stopped", "busybox", "/start", "--fast"]).ok();
    let said = engine.line("why stopped");
    assert_eq!(said.code, 1);
    assert!(said.out.starts_with("does not start: the image has no /start\n"), "{said:?}");
    let script = engine.write("start", "#!/bin/sh\nexit 0\n");
    engine.tare(["cp", script.to_str().unwrap(), "stopped:/start"]).ok();
    let said = engine.line("why stopped");
    assert!(said.code == 1 && said.out.contains("/start is not executable (mode 0644)"), "{said:?}");
    engine.line("start -a stopped").fails(1, "permission denied");
    engine.line("rm stopped").ok();
}

#[test]
fn a_container_that_runs() {
    let Some(engine) = TestEngine::new() else { return };
    engine.start(&["--name", "web"], &["sleep", "1000"]);
    assert_eq!(engine.line("why web").text(), "");
    engine.line("exec web rm /bin/sleep").ok();
    let said = engine.line("why web");
    assert!(said.code == 1 && said.out.contains("has sleep"), "{said:?}");
    engine.line("rm -f web").ok();
}

/// Nobody has looked into what is mounted.
#[test]
fn what_may_be_mounted_is_not_missed() {
    let Some(engine) = TestEngine::new() else { return };
    engine.write("bin/app", compile(NOTHING, &["-static"]));
    let mount = format!("{}:/opt/bin", engine.path("bin").display());
    engine.tare(["create", "--name", "mounted", "-v", &mount, "busybox", "/opt/bin/app"]).ok();
    assert_eq!(engine.line("why mounted").text(), "");
}

#[test]
fn another_command() {
    let Some(engine) = TestEngine::new() else { return };
    engine.import("tool", &Root::busybox(), &["ENTRYPOINT [\"sh\"]", "CMD [\"-c\", \"exit 0\"]"]);
    assert_eq!(engine.line("why tool").text(), "");
    assert_eq!(engine.line("why tool -c whatever").text(), "");
    let said = engine.line("why --entrypoint /nosuch tool");
    assert!(said.code == 1 && said.out.starts_with("does not start: the image has no /nosuch\n"), "{said:?}");
    assert_eq!(engine.line("why --entrypoint true tool --flag").text(), "");
    let said = engine.line("why busybox nosuch --flag");
    spoken(
        &said.out,
        "does not start: none of /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin has nosuch",
        &["nosuch: executable file not found in $PATH"],
        &["copy the program into the image: COPY app /usr/local/bin/"],
    );
    engine.line("why nosuch:image --pull never").fails(1, "nosuch:image");
}

#[test]
fn for_programs() {
    let Some(engine) = TestEngine::new() else { return };
    assert_eq!(engine.line("why --format json busybox true").text(), "[]");
    let said = engine.line("why --format json busybox /nosuch");
    assert_eq!(said.code, 1);
    let findings: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!(findings[0]["severity"], "fatal");
    assert_eq!(findings[0]["cause"], "the image has no /nosuch");
    assert_eq!(findings[0]["evidence"][0], "execve of /nosuch: no such file or directory");
    assert_eq!(findings[0]["exit_code"], 127);
    assert!(findings[0]["fix"][0].is_string());
}

/// Text of an image is not printed as it is.
#[test]
fn hostile_text() {
    let Some(engine) = TestEngine::new() else { return };
    let root = Root::busybox().file("/start", 0o755, "#!/bin/\u{1b}[2Jsh\u{202e}\n");
    engine.import("hostile", &root, &["CMD [\"/start\"]"]);
    let said = engine.line("why hostile");
    assert!(said.code == 1 && said.out.contains("/bin/\\u{1b}[2Jsh\\u{202e}"), "{said:?}");
    assert!(said.out.chars().all(|char| char == '\n' || !char.is_control()), "{said:?}");
}
