//! Paths of images and requests that lead out of the root (security rows 3, 4, 5, 7, 8, 10).

use e2e::{Canary, Root, Said, TestEngine};

fn run(engine: &TestEngine, flags: &[&str]) -> Said {
    engine.tare([&["run", "--rm", "--network", "none"], flags, &["evil", "/bin/busybox", "true"]].concat())
}

fn bare() -> Root {
    Root::scratch().file("/bin/busybox", 0o755, std::fs::read("/bin/busybox").unwrap())
}

#[test]
fn a_working_directory_in_proc_is_refused() {
    let Some(engine) = TestEngine::new() else { return };
    let many = "for n in $(seq 10 30); do eval \"exec $n</\"; done; exec \"$@\"";
    for number in 3..=30 {
        let directory = format!("/proc/self/fd/{number}");
        let run =
            engine.command(["run", "--rm", "--network", "none", "-w", &directory, "busybox", "ls", ".."]);
        let mut bash = std::process::Command::new("bash");
        bash.args(["-c", many, "bash"]).arg(run.get_program()).args(run.get_args());
        let said = e2e::ask(&mut bash, b"");
        assert!((125..=127).contains(&said.code) && said.out.is_empty(), "{directory}: {said:?}");
    }
    engine.import("evil", &Root::busybox(), &["WORKDIR /proc/self/fd/7"]);
    assert_ne!(run(&engine, &[]).code, 0);
    assert!(engine.containers().is_empty());
}

#[test]
fn kernel_directories_that_are_links_are_refused() {
    let Some(engine) = TestEngine::new() else { return };
    let canary = Canary::new();
    let up = format!("../../../../../../../..{}", canary.name());
    for path in ["/proc", "/dev", "/sys"] {
        for target in [canary.name(), up.clone(), "/tmp".to_owned(), "bin".to_owned()] {
            engine.import("evil", &bare().directory("/tmp", 0o777).symlink(path, &target), &[]);
            for flags in [&[][..], &["-t"], &["--privileged"]] {
                let said = run(&engine, flags);
                assert!(
                    said.code == 125 && said.err.contains("symbolic link"),
                    "{path} -> {target}: {said:?}"
                );
            }
        }
    }
    canary.is_untouched();
    assert!(engine.containers().is_empty());
}

#[test]
fn kernel_directories_that_are_files_are_refused() {
    let Some(engine) = TestEngine::new() else { return };
    for path in ["/proc", "/dev", "/sys"] {
        engine.import("evil", &bare().file(path, 0o755, "x"), &[]);
        assert_eq!(run(&engine, &[]).code, 125, "{path}");
    }
}

#[test]
fn a_volume_does_not_take_the_place_of_proc() {
    let Some(engine) = TestEngine::new() else { return };
    let canary = Canary::new();
    for path in ["/proc", "/proc/self", "/proc/sys/kernel", "/proc/../proc", "//proc"] {
        let said = engine.run(&["-v", &format!("{}:{path}", canary.name())], &["true"]);
        assert_eq!(said.code, 125, "{path}: {said:?}");
        let said = engine.run(&["--tmpfs", path], &["true"]);
        assert_eq!(said.code, 125, "{path}: {said:?}");
    }
    canary.is_untouched();
}

#[test]
fn mount_points_are_made_inside_only() {
    let Some(engine) = TestEngine::new() else { return };
    let canary = Canary::new();
    let up = format!("../../../../../../../..{}", canary.name());
    for target in [canary.name(), up] {
        let root = bare()
            .symlink("/data", &target)
            .symlink("/etc", &target)
            .symlink("/home", "/proc/self/root/../..");
        engine.import("evil", &root, &[]);
        for destination in ["/data/new", "/data/deep/er", "/data", "/etc/file", "/home/new", "/data/../../x"]
        {
            let volume = format!("vol:{destination}");
            let file = format!(
                "{}/file:{destination}.file:ro",
                engine.write("bound/file", "x").parent().unwrap().display()
            );
            let said = run(&engine, &["-v", &volume, "-v", &file]);
            assert!([0, 125, 126, 127].contains(&said.code), "{said:?}");
            canary.is_untouched();
        }
    }
}

#[test]
fn the_name_files_are_made_inside_only() {
    let Some(engine) = TestEngine::new() else { return };
    let canary = Canary::new();
    let target = format!("{}/file", canary.name());
    let root = bare()
        .symlink("/etc/hosts", &target)
        .symlink("/etc/resolv.conf", &format!("{}/new", canary.name()))
        .symlink("/etc/hostname", "../../../../etc/hostname");
    engine.import("evil", &root, &[]);
    let said = run(&engine, &["--network", "bridge"]);
    assert!([0, 125, 126, 127].contains(&said.code), "{said:?}");
    canary.is_untouched();
}

#[test]
fn the_working_directory_is_made_inside_only() {
    let Some(engine) = TestEngine::new() else { return };
    let canary = Canary::new();
    engine.import("evil", &bare().symlink("/data", &canary.name()), &[]);
    let said = run(&engine, &["-w", "/data/new/place"]);
    assert!([0, 125, 126, 127].contains(&said.code), "{said:?}");
    canary.is_untouched();
}

#[test]
fn the_small_init_s_place_is_inside_only() {
    let Some(engine) = TestEngine::new() else { return };
    let canary = Canary::new();
    engine.import("evil", &bare().symlink("/sbin", &canary.name()), &[]);
    let said = run(&engine, &["--init"]);
    assert!([0, 125, 126, 127].contains(&said.code), "{said:?}");
    canary.is_untouched();
}

#[test]
fn a_device_s_place_is_inside_only() {
    let Some(engine) = TestEngine::new() else { return };
    let canary = Canary::new();
    engine.import("evil", &bare().symlink("/data", &canary.name()), &[]);
    let said = run(&engine, &["--device", "/dev/null:/data/null"]);
    assert!([0, 125, 126, 127].contains(&said.code), "{said:?}");
    canary.is_untouched();
}
