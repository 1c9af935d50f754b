//! The six kinds of hooks.

use e2e::Bundle;
use serde_json::{Value, json};
use std::fs;

const KINDS: [&str; 6] =
    ["prestart", "createRuntime", "createContainer", "startContainer", "poststart", "poststop"];

#[test]
fn each_runs_at_its_time_with_the_state() {
    let Some(mut bundle) = Bundle::new() else { return };
    let record = bundle.engine().path("record");
    fs::create_dir(&record).unwrap();
    let mut hooks = json!({});
    for kind in KINDS {
        // inside, the record is the root file system's
        let place = if kind == "startContainer" { "/".into() } else { record.display().to_string() };
        let script = format!("cat > {place}/{kind}; pwd > {place}/{kind}.pwd; echo $A > {place}/{kind}.env");
        hooks[kind] =
            json!([{"path": "/bin/sh", "args": ["sh", "-c", script], "env": ["A=b", "PATH=/bin:/usr/bin"]}]);
    }
    bundle.set("/hooks", hooks);
    bundle.set("/annotations", json!({"mark": "yes"}));
    bundle.detached(["create", "bundle"]).ok();
    let made = |kind: &str| record.join(kind).exists();
    assert!(made("prestart") && made("createRuntime") && made("createContainer"));
    assert!(!made("poststart") && !bundle.root("startContainer").exists());
    bundle.oci(["start", "bundle"]).ok();
    assert!(made("poststart") && bundle.root("startContainer").exists());
    assert!(!made("poststop"));
    bundle.oci(["delete", "--force", "bundle"]).ok();
    assert!(made("poststop"));
    for kind in KINDS {
        let place = if kind == "startContainer" { bundle.root("") } else { record.clone() };
        let state: Value = serde_json::from_str(&fs::read_to_string(place.join(kind)).unwrap()).unwrap();
        assert_eq!(
            (&state["id"], &state["annotations"]["mark"]),
            (&json!("bundle"), &json!("yes")),
            "{kind}"
        );
        assert_eq!(fs::read_to_string(place.join(format!("{kind}.env"))).unwrap(), "b\n", "{kind}");
        let status = match kind {
            "prestart" | "startContainer" => "created",
            "poststart" => "running",
            "poststop" => "stopped",
            _ => "creating",
        };
        assert_eq!(state["status"], status, "{kind}");
    }
    assert_eq!(fs::read_to_string(record.join("createRuntime.pwd")).unwrap().trim(), bundle.name());
}

#[test]
fn one_need_not_read_its_state() {
    let Some(mut bundle) = Bundle::new() else { return };
    // more than a pipe holds
    bundle.set("/annotations", json!({"mark": "x".repeat(200_000)}));
    bundle.set("/hooks", json!({"createRuntime": [{"path": "/bin/sleep", "args": ["sleep", "0.1"]}]}));
    bundle.oci(["run", "bundle"]).ok();
    let count = json!(["sh", "-c", "[ $(wc -c) -gt 200000 ]"]);
    bundle.set("/hooks", json!({"createRuntime": [{"path": "/bin/sh", "args": count}]}));
    bundle.oci(["run", "bundle"]).ok();
    bundle.nothing_is_left();
}

#[test]
fn one_that_fails_ends_the_creation() {
    let Some(mut bundle) = Bundle::new() else { return };
    for kind in ["prestart", "createRuntime", "createContainer"] {
        let fails = json!({"path": "/bin/sh", "args": ["sh", "-c", "echo why; exit 9"]});
        bundle.set("/hooks", json!({kind: [{"path": "/bin/true"}, fails]}));
        let said = bundle.oci(["create", "bundle"]);
        let said = said.complaint(1);
        assert!(said.contains(&format!("{kind} hook #1")) && said.contains("why"), "{said}");
        bundle.nothing_is_left();
    }
    bundle.set("/hooks", json!({"poststart": [{"path": "/bin/false"}]}));
    bundle.oci(["run", "bundle"]).fails(1, "poststart hook #0");
    bundle.nothing_is_left();
    bundle.set("/hooks", json!({"poststop": [{"path": "/bin/false"}]}));
    let said = bundle.oci(["run", "bundle"]);
    assert!(said.code == 0 && said.err.contains("poststop hook"), "a warning only: {said:?}");
    bundle.nothing_is_left();
}

#[test]
fn one_that_takes_too_long_is_ended() {
    let Some(mut bundle) = Bundle::new() else { return };
    bundle.set(
        "/hooks",
        json!({"createRuntime": [{"path": "/bin/sleep", "args": ["sleep", "1000"], "timeout": 1}]}),
    );
    bundle.oci(["run", "bundle"]).fails(1, "did not end within 1 s");
    bundle.nothing_is_left();
}
