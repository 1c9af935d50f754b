//! Where the tools come from.

use super::{tiny, web};
use e2e::{Root, TestEngine};
use std::fs;
use std::process::Command;

/// An image whose shell needs this machine's C library.
fn dynamic(engine: &TestEngine) -> bool {
    let said = Command::new("ldd").arg("/bin/dash").output();
    let Ok(libraries) = said.map(|said| String::from_utf8_lossy(&said.stdout).into_owned()) else {
        return false;
    };
    let mut root = Root::busybox().file("/bin/bash", 0o755, fs::read("/bin/dash").unwrap());
    let paths = libraries.split_whitespace().filter(|word| word.starts_with('/'));
    for path in paths {
        root = root.file(path, 0o755, fs::read(path).unwrap());
    }
    engine.import("dynamic", &root, &[]);
    libraries.contains("libc.so")
}

#[test]
fn one_that_needs_libraries_is_the_root() {
    let Some(engine) = TestEngine::new() else { return };
    if !dynamic(&engine) {
        println!("skipped: no dynamic dash");
        return;
    }
    web(&engine, &["-v", "data:/data", "-e", "A=own", "-e", "LD_PRELOAD=/nosuch.so", "-h", "host"]);
    let script = "pwd; ls -d probe data /bin/bash; echo $A $PATH; cat /etc/hostname; ls proc/1/exe > /dev/null; touch probe data/x 2>/dev/null || echo no; echo $0";
    for target in ["web", "tiny"] {
        let said = engine.tare(["debug", "--tools", "dynamic", target, "-c", script]);
        assert!(said.out.starts_with("/container\n/bin/bash\n"), "{said:?}");
        assert!(said.out.ends_with("/bin/bash\n"), "{said:?}");
        if target == "web" {
            assert!(
                said.out.contains("\ndata\nprobe\nown /usr/local/sbin:") && said.out.contains("\nhost\nno\n"),
                "{said:?}"
            );
        }
    }
    // sh is static here
    assert_eq!(engine.line("debug --image dynamic --shell sh web pwd").text(), "/");
    let said = engine.line("debug --image dynamic --root container web");
    assert_eq!(said.code, 127, "its loader is not there: {said:?}");
    engine.line("debug --image dynamic --root toolbox --write web touch data/x").ok();
    assert_eq!(engine.line("debug web ls /data/x").text(), "/data/x");
}

#[test]
fn absolute_links_are_not_followed_into_the_container() {
    let Some(engine) = TestEngine::new() else { return };
    let busybox = fs::read("/bin/busybox").unwrap();
    let root = Root::scratch().file("/bin/busybox", 0o755, busybox).symlink("/bin/sh", "/bin/busybox");
    engine.import("absolute", &root, &[]);
    tiny(&engine, &[]);
    assert_eq!(engine.line_then("debug --image absolute tiny -c", "pwd").text(), "/container");
}

#[test]
fn which_one_it_is() {
    let Some(engine) = TestEngine::empty() else { return };
    tiny(&engine, &[]);
    engine.line("debug --pull never tiny true").fails(125, "busybox:musl");
    engine.line("debug --pull never --image nosuch tiny true").fails(125, "nosuch");
    engine.line("debug --pull never --image tiny tiny").fails(125, "the toolbox tiny has no sh");
    engine.import("busybox", &Root::busybox(), &[]);
    engine.line("debug --pull never tiny ls /.tare/toolbox/probe").ok();
    engine.import("busybox:musl", &Root::busybox().file("/it", 0o644, ""), &[]);
    engine.line("debug --pull never tiny ls /.tare/toolbox/it").ok();
}
