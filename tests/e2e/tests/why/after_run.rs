//! `run` and `start -a` say why a program that they started never began.

use super::{NOTHING, Workshop, glibc, is_x86_64, patched};
use e2e::{Root, TestEngine, compile};

const CALLS_FOO: &str = "int foo(void); int main(void) { return foo(); }";

fn without_its_library() -> Root {
    let shop = Workshop::new();
    shop.library("libfoo.so.1", "int foo(void) { return 0; }", &[]);
    glibc().file("/app", 0o755, shop.compile(CALLS_FOO, &["-l:libfoo.so.1"]))
}

#[test]
fn a_library_is_missing() {
    let Some(engine) = TestEngine::new() else { return };
    engine.import("lacking", &without_its_library(), &["CMD [\"/app\"]"]);
    let cause = "tare: does not start: /app needs the library libfoo.so.1, which the image does not have\n  evidence: /app has DT_NEEDED libfoo.so.1\n";
    // the loader's own words come first
    for line in ["run --rm --network none lacking", "run --name left --network none lacking", "start -a left"]
    {
        let said = engine.line(line);
        assert_eq!(said.code, 127, "{line}: {said:?}");
        let (loader, ours) = said.err.split_once("tare: ").unwrap_or_else(|| panic!("{line}: {said:?}"));
        assert!(loader.contains("error while loading shared libraries: libfoo.so.1"), "{line}: {said:?}");
        assert!(format!("tare: {ours}").starts_with(cause), "{line}: {said:?}");
    }
}

#[test]
fn a_library_is_too_old() {
    let Some(engine) = TestEngine::new() else { return };
    if !is_x86_64() {
        return;
    }
    let app = patched(compile(NOTHING, &[]), b"GLIBC_2.34\0", b"GLIBC_2.99\0");
    engine.import("older", &glibc().file("/app", 0o755, app), &["CMD [\"/app\"]"]);
    // so many programs that are well end with 1 that none of them is looked after
    let said = engine.line("run --rm --network none older").complaint(1);
    assert!(said.contains("GLIBC_2.99") && !said.contains("tare: "), "{said}");
    let said = engine.line("why older");
    assert_eq!(said.code, 1);
    assert!(said.out.contains("does not start: /app needs GLIBC_2.99 of "), "{}", said.out);
}

#[test]
fn env_finds_no_interpreter() {
    let Some(engine) = TestEngine::new() else { return };
    let root = Root::busybox().symlink("/usr/bin/env", "/bin/busybox").file(
        "/start",
        0o755,
        "#!/usr/bin/env python3\n",
    );
    engine.import("script", &root, &["CMD [\"/start\"]"]);
    engine
        .line("run --rm --network none script")
        .fails(127, "tare: does not start: /start is a script for /usr/bin/env; env finds no python3");
}

/// A program may end with any code that it likes.
#[test]
fn a_program_that_ran_is_not_spoken_for() {
    let Some(engine) = TestEngine::new() else { return };
    for script in ["nosuch", "exit 127", "exit 126", "exit 132", "exit 1", "/etc/passwd"] {
        let said = engine.sh(&[], script);
        assert!(said.code != 0 && !said.err.contains("tare:"), "{script}: {said:?}");
    }
    // whose health check and certificates are missing
    let source = "int main(void) { return 127; }";
    let app = Root::scratch().file("/app", 0o755, compile(source, &["-static"]));
    engine.import("unwell", &app, &["CMD [\"/app\"]", "HEALTHCHECK CMD [\"/check\"]"]);
    let said = engine.line("run --rm --network none unwell");
    assert_eq!((said.code, said.err.as_str()), (127, ""));
}
