//! Why a program cannot be executed: exact messages.

use e2e::{Root, Said, TestEngine, compile, cross_compile};

const SOURCE: &str = "int main(void) { return 0; }";

fn run(engine: &TestEngine, image: &str, command: &[&str]) -> Said {
    engine.tare([&["run", "--rm", "--network", "none", image], command].concat())
}

#[test]
fn a_program_for_another_cpu() {
    let Some(engine) = TestEngine::new() else { return };
    let Some((other, program)) = cross_compile(SOURCE) else { return };
    engine.import("other", &Root::busybox().file("/app", 0o755, program), &[]);
    let here = std::env::consts::ARCH;
    let complaint = run(&engine, "other", &["/app"]).complaint(126);
    let words =
        format!("tare: exec: \"/app\": exec format error: /app is an {other} ELF, this machine is {here}");
    assert!(complaint.starts_with(&words), "{complaint}");
}

#[test]
fn a_glibc_program_in_a_musl_image() {
    let Some(engine) = TestEngine::new() else { return };
    if std::env::consts::ARCH != "x86_64" || !Root::has_musl() {
        return;
    }
    engine.import("musl", &Root::musl().file("/app", 0o755, compile(SOURCE, &[])), &[]);
    let complaint = run(&engine, "musl", &["/app"]).complaint(127);
    let words = "tare: exec: \"/app\": no such file or directory: /app needs the loader /lib64/ld-linux-x86-64.so.2 (glibc), which the image does not have; the image has /lib/ld-musl-x86_64.so.1 (musl)";
    assert!(complaint.starts_with(words), "{complaint}");
}

#[test]
fn scripts() {
    let Some(engine) = TestEngine::new() else { return };
    let root = Root::busybox()
        .file("/crlf", 0o755, "#!/bin/sh\r\necho hi\r\n")
        .file("/missing", 0o755, "#!/usr/bin/python3 -u\nprint()\n")
        .file("/plain", 0o755, "echo no shebang\n")
        .file("/good", 0o755, "#!/bin/sh -e\necho hi\n");
    engine.import("scripts", &root, &[]);
    let complaint = run(&engine, "scripts", &["/crlf"]).complaint(127);
    assert!(complaint.starts_with("tare: exec: \"/crlf\": no such file or directory: "), "{complaint}");
    assert!(complaint.contains("carriage return"), "{complaint}");
    let complaint = run(&engine, "scripts", &["/missing"]).complaint(127);
    assert!(complaint.starts_with("tare: exec: \"/missing\": no such file or directory: "), "{complaint}");
    assert!(complaint.contains("/usr/bin/python3"), "{complaint}");
    let complaint = run(&engine, "scripts", &["/plain"]).complaint(126);
    assert!(complaint.starts_with("tare: exec: \"/plain\": exec format error: "), "{complaint}");
    assert_eq!(run(&engine, "scripts", &["/good"]).text(), "hi");
}

#[test]
fn files_that_are_no_programs() {
    let Some(engine) = TestEngine::new() else { return };
    let root = Root::busybox()
        .file("/empty", 0o755, "")
        .file("/plain", 0o644, "text")
        .directory("/bin/dir", 0o755)
        .symlink("/dangling", "/nowhere")
        .symlink("/loop", "/loop");
    engine.import("files", &root, &[]);
    for (program, code, words) in [
        ("/empty", 126, "exec format error: /empty is empty"),
        ("/plain", 126, "permission denied: /plain is not executable"),
        ("/etc", 126, "is a directory"),
        ("dir", 127, "executable file not found in $PATH"),
        ("/dangling", 127, "no such file or directory"),
        ("/nosuch", 127, "no such file or directory"),
        ("nosuch", 127, "executable file not found in $PATH"),
        ("/etc/passwd/x", 127, "not a directory"),
        ("/loop", 126, "too many levels of symbolic links"),
    ] {
        let said = run(&engine, "files", &[program]);
        let start = format!("tare: exec: \"{program}\": ");
        assert!(said.err.starts_with(&start) && said.err.contains(words), "{program}: {said:?}");
        assert_eq!(said.code, code, "{program}: {said:?}");
    }
}

#[test]
fn a_shell_form_in_an_image_without_a_shell() {
    let Some(engine) = TestEngine::new() else { return };
    engine.import(
        "bare",
        &Root::scratch().file("/app", 0o755, compile(SOURCE, &["-static"])),
        &["CMD /app --flag"],
    );
    assert_eq!(run(&engine, "bare", &["/app"]).code, 0);
    let complaint = run(&engine, "bare", &[]).complaint(127);
    assert!(complaint.starts_with("tare: exec: \"/bin/sh\": no such file or directory: "), "{complaint}");
}

#[test]
fn the_container_stays_to_be_looked_at() {
    let Some(engine) = TestEngine::new() else { return };
    engine.tare(["run", "--name", "web", "busybox", "nosuch"]).fails(127, "executable file not found");
    assert_eq!(engine.containers().len(), 1);
    e2e::eventually("its supervisor goes", || engine.supervisors().is_empty().then_some(()));
}
