//! `tare version`, `info`, `completion`.

use e2e::{TestEngine, ask};
use std::process::Command;

#[test]
fn versions_for_scripts() {
    let Some(engine) = TestEngine::empty() else { return };
    let version = engine.tare(["version", "--format", "{{.Server.Version}}"]).text();
    assert!(version.split('.').count() == 3, "{version}");
    assert_eq!(engine.tare(["--version"]).text(), format!("tare version {version}"));
    let value: serde_json::Value =
        serde_json::from_str(&engine.tare(["version", "--format", "json"]).text()).unwrap();
    assert_eq!(value["Client"]["Version"], version.as_str());
}

#[test]
fn information() {
    let Some(engine) = TestEngine::new() else { return };
    engine.start(&["--network", "none"], &["sleep", "1000"]);
    engine.tare(["create", "busybox", "true"]).ok();
    let seen = engine
        .line_then(
            "info -f",
            "{{.Containers}} {{.ContainersRunning}} {{.ContainersStopped}} {{.Images}} {{.OSType}}",
        )
        .text();
    assert_eq!(seen, "2 1 1 1 linux");
    assert_eq!(
        engine.tare(["info", "-f", "{{.DockerRootDir}}"]).text(),
        engine.data_root().display().to_string()
    );
}

#[test]
fn completions_are_scripts() {
    let Some(engine) = TestEngine::empty() else { return };
    let script = engine.tare(["completion", "bash"]).text();
    let file = engine.write("completion", &script);
    ask(Command::new("bash").arg("-n").arg(&file), b"").ok();
    assert!(script.contains("run") && script.contains("--rm"));
    for shell in ["zsh", "fish"] {
        assert!(engine.tare(["completion", shell]).text().contains("tare"), "{shell}");
    }
}
