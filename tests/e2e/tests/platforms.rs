//! Images for other machines, and images that lie about theirs.

use e2e::{Root, TestEngine, cross_compile};

#[test]
fn a_program_for_another_machine_is_told_at_build_and_run() {
    let Some(engine) = TestEngine::empty() else { return };
    let Some((machine, program)) = cross_compile("int main(void) { return 0; }") else { return };
    engine.write("context/app", program);
    engine.write("context/Dockerfile", "FROM scratch\nCOPY --chmod=755 app /app\nENTRYPOINT [\"/app\"]\n");
    let context = engine.path("context").display().to_string();
    let built = engine.tare(["build", "-t", "wrong", &context]);
    assert!(built.err.contains(&format!("but /app is for {machine}")), "{built:?}");
    built.ok();
    let said = engine.tare(["run", "--rm", "--network", "none", "wrong"]);
    assert_ne!(said.code, 0, "{said:?}");
    assert!(said.err.contains("note: the image says that it is for"), "{said:?}");
}

#[test]
fn an_image_for_another_platform_is_warned_of() {
    let Some(engine) = TestEngine::empty() else { return };
    let tar = engine.write("root.tar", Root::busybox().archive()).display().to_string();
    engine.tare(["import", "--platform", "linux/s390x", &tar, "foreign"]).ok();
    let said = engine.tare(["run", "--rm", "--network", "none", "foreign", "echo", "runs"]);
    assert!(said.err.contains("platform (linux/s390x) does not match"), "{said:?}");
    assert_eq!(said.text(), "runs");
    let said =
        engine.tare(["run", "--rm", "--network", "none", "--platform", "s390x", "foreign", "echo", "runs"]);
    assert_eq!((said.err.as_str(), said.out.trim()), ("", "runs"));
    engine
        .tare(["create", "--pull", "never", "--platform", "riscv64", "foreign", "true"])
        .fails(125, "does not match the specified platform (linux/riscv64)");
}
