//! Containers that expect a visitor.

use e2e::{Canary, Root, TestEngine, ask, probe};

#[test]
fn programs_of_the_container_are_not_what_is_started() {
    let Some(engine) = TestEngine::new() else { return };
    let trap = "#!/probe exit\n";
    let names = ["sh", "ash", "bash", "ls", "busybox", "env"];
    let mut root = Root::scratch()
        .file("/probe", 0o755, probe())
        .directory("/usr/bin", 0o755)
        .symlink("/bin", "usr/bin");
    for name in names {
        root = root.file(&format!("/usr/bin/{name}"), 0o755, trap);
    }
    let root = root.file("/.tare", 0o644, "a file").file("/etc/ld.so.preload", 0o644, "/nosuch.so");
    engine.import("trap", &root, &[r#"CMD ["/probe","pause"]"#, "ENV LD_PRELOAD=/nosuch.so PATH=/bin"]);
    engine.tare(["run", "-d", "--name", "web", "--network", "none", "trap"]).ok();
    for target in ["web", "trap"] {
        let said = ask(&mut engine.command(["debug", target]), b"echo in; ls -d /.tare/toolbox; exit 6\n");
        assert!(said.code == 6 && said.out.starts_with("in\n"), "{target}: {said:?}");
    }
}

#[test]
fn links_lead_nowhere() {
    let Some(engine) = TestEngine::new() else { return };
    let canary = Canary::new();
    let aim = canary.name();
    let root = Root::scratch()
        .file("/probe", 0o755, probe())
        .symlink("/.tare", &aim)
        .symlink("/container", &aim)
        .symlink("/data", &aim)
        .symlink("/etc", &aim)
        .symlink("/place", &format!("/proc/1/root{aim}"));
    let changes = [r#"CMD ["/probe","pause"]"#, "WORKDIR /place/in"];
    engine.import("links", &root, &changes);
    engine.line("create --name still --network none -v data:/data/x links").ok();
    for target in ["links", "still"] {
        for root in ["container", "toolbox"] {
            // where the image itself is in the way it may fail
            let _ = engine.tare([
                "debug",
                "--root",
                root,
                "--write",
                target,
                "sh",
                "-c",
                "echo x > /etc/x; echo x > /data/y; echo x > /.tare/z; echo x > /container/x",
            ]);
            canary.is_untouched();
        }
    }
}

#[test]
fn kernel_file_systems_that_are_links() {
    let Some(engine) = TestEngine::new() else { return };
    let canary = Canary::new();
    for name in ["proc", "sys", "dev"] {
        let root =
            Root::scratch().file("/probe", 0o755, probe()).symlink(&format!("/{name}"), &canary.name());
        engine.import(name, &root, &[r#"CMD ["/probe","pause"]"#]);
        let said = engine.tare(["debug", name, "true"]);
        assert!(name == "dev" || (said.code == 125 && said.err.contains("symbolic link")), "{said:?}");
        canary.is_untouched();
        // which is why there is another way
        assert_eq!(engine.tare(["debug", "--root", "toolbox", name, "ls", "probe"]).text(), "probe");
    }
}

/// The container's root changes all the time while shells are started in it.
#[test]
fn a_container_that_moves_under_it() {
    let Some(engine) = TestEngine::new() else { return };
    let canary = Canary::new();
    let script = format!(
        "mkdir -p /a/etc /data; while :; do ln -sfn {0} /.tare; ln -sfn {0} /w; rm -f /w /.tare; mkdir /w /.tare; rmdir /w /.tare; done 2>/dev/null",
        canary.name()
    );
    engine.start(&["--name", "web", "--network", "none", "-v", "data:/data"], &["sh", "-c", &script]);
    for _ in 0..30 {
        let said =
            engine.tare(["debug", "-w", "/w", "web", "sh", "-c", "echo x > x; ls /.tare/toolbox/bin/sh"]);
        assert!(said.code != 0 || said.out.ends_with("/.tare/toolbox/bin/sh\n"), "{said:?}");
        canary.is_untouched();
    }
    engine.tare(["rm", "-f", "web"]).ok();
}
