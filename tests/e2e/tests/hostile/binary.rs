//! The engine's own binary cannot be reached for writing from inside (CVE-2019-5736).

use e2e::{Root, TestEngine};
use std::fs;
use std::os::unix::fs::MetadataExt as _;

fn fingerprint(engine: &TestEngine) -> (Vec<u8>, i64, i64) {
    let metadata = fs::metadata(engine.binary()).unwrap();
    (fs::read(engine.binary()).unwrap(), metadata.mtime(), metadata.mtime_nsec())
}

#[test]
fn a_program_that_is_the_engine_itself() {
    let Some(engine) = TestEngine::new() else { return };
    let before = fingerprint(&engine);
    let root = Root::busybox()
        .file("/self", 0o755, "#!/proc/self/exe\n")
        .symlink("/link", "/proc/self/exe")
        .file("/thread", 0o755, "#!/proc/thread-self/exe run\n");
    engine.import("evil", &root, &[]);
    for program in ["/self", "/link", "/thread", "/proc/self/exe", "/proc/1/exe"] {
        // whether it runs does not matter: it is on a mount that nobody can write
        let _ = engine.tare(["run", "--rm", "--network", "none", "evil", program, "--version"]);
    }
    assert!(fingerprint(&engine) == before, "the binary is as it was");
}

#[test]
fn the_small_init_cannot_be_overwritten() {
    let Some(engine) = TestEngine::new() else { return };
    let before = fingerprint(&engine);
    assert_eq!(engine.run(&["--init"], &["/probe", "overwrite"]).text(), "tried");
    assert_eq!(engine.run(&["--init", "--cap-add", "ALL"], &["/probe", "overwrite"]).text(), "tried");
    let said =
        engine.sh(&["--init"], "echo x > /sbin/docker-init; echo x > /proc/1/exe; rm -f /sbin/docker-init");
    assert_ne!(said.code, 0, "{said:?}");
    assert!(fingerprint(&engine) == before, "the binary is as it was");
}
