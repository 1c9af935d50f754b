//! The command line itself: help, unknown words, roots.

use e2e::{TestEngine, ask};

#[test]
fn unknown_words() {
    let Some(engine) = TestEngine::empty() else { return };
    let said = engine.tare(["rnu"]);
    assert!(
        said.code == 1 && said.err.contains("'rnu' is not a tare command") && said.err.contains("'run'"),
        "{said:?}"
    );
    engine.tare(["ps", "--bogus"]).fails(125, "--bogus");
    engine.tare(["--bogus", "ps"]).fails(125, "--bogus");
    let said = engine.tare(["volume"]);
    assert!(said.out.contains("create") || said.err.contains("create"), "{said:?}");
    let said = engine.tare(["network", "create", "x"]);
    assert!(said.code != 0 && !said.err.is_empty(), "{said:?}");
}

#[test]
fn help_is_everywhere() {
    let Some(engine) = TestEngine::empty() else { return };
    let help = engine.tare(["--help"]).text();
    let names: Vec<&str> = help
        .lines()
        .filter_map(|line| line.strip_prefix("  "))
        .filter_map(|line| line.split("  ").next())
        .collect();
    assert!(names.len() > 30, "{help}");
    for name in names.iter().filter(|name| !name.starts_with('-')) {
        let words: Vec<&str> = name.split(' ').chain(["--help"]).collect();
        let said = engine.tare(&words);
        assert!(said.code == 0 && said.out.contains("Usage: tare"), "{name}: {said:?}");
        assert!(!said.out.contains("Arguments of `"), "{name}'s help begins with what it does: {}", said.out);
    }
    assert_eq!(engine.tare([""; 0]).code, 0);
}

#[test]
fn roots_from_the_environment() {
    let Some(engine) = TestEngine::new() else { return };
    let mut command = std::process::Command::new(engine.binary());
    command
        .args(["images", "-q"])
        .env("TARE_DATA_ROOT", engine.data_root())
        .env("TARE_EXEC_ROOT", engine.exec_root());
    assert_eq!(ask(&mut command, b"").lines().len(), 1);
    let mut command = std::process::Command::new(engine.binary());
    command
        .args(["--data-root", "data", "--exec-root", "exec", "run", "--rm", "busybox", "true"])
        .current_dir(engine.path(""));
    ask(&mut command, b"").ok();
}

#[test]
fn a_closed_output_is_no_panic() {
    let Some(engine) = TestEngine::new() else { return };
    for words in [
        "--help",
        "images",
        "ps -a",
        "run --rm busybox seq 1 100000",
        "run --help",
        "inspect busybox",
        "info",
    ] {
        let binary = engine.binary().display().to_string();
        let roots = format!(
            "--data-root {} --exec-root {}",
            engine.data_root().display(),
            engine.exec_root().display()
        );
        let script = format!("{binary} {roots} {words} | true");
        let said = ask(std::process::Command::new("sh").args(["-c", &script]), b"");
        assert!(!said.err.contains("panicked"), "{words}: {said:?}");
        let script = format!("{binary} {roots} {words} >&- 2>&-");
        let said = ask(std::process::Command::new("sh").args(["-c", &script]), b"");
        assert!(said.code < 126, "{words}: {said:?}");
    }
}

#[test]
fn data_roots_are_the_owner_s_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let Some(engine) = TestEngine::new() else { return };
    let mode = std::fs::metadata(engine.data_root()).unwrap().permissions().mode() & 0o777;
    assert!(mode == 0o700 || mode == 0o711, "{mode:o}");
}
