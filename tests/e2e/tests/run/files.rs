//! Bind mounts, temporary file systems, a read-only root (behaviour F-4, F-6, P-8).

use e2e::{Root, TestEngine};
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

#[test]
fn a_bind_mount_is_the_host_s_directory() {
    let Some(engine) = TestEngine::new() else { return };
    let host = engine.write("shared/in", "from the host").parent().unwrap().display().to_string();
    let seen = engine.sh(&["-v", &format!("{host}:/data")], "cat /data/in; echo back > /data/out").text();
    assert_eq!(seen, "from the host");
    assert_eq!(fs::read_to_string(engine.path("shared/out")).unwrap(), "back\n");
    // relative to where the command runs
    let mut command = engine.command(["run", "--rm", "-v", "./shared:/data", "busybox", "cat", "/data/in"]);
    command.current_dir(engine.path(""));
    assert_eq!(e2e::ask(&mut command, b"").text(), "from the host");
    let file = engine.path("shared/in").display().to_string();
    assert_eq!(
        engine.run(&["-v", &format!("{file}:/one/file:ro")], &["cat", "/one/file"]).text(),
        "from the host"
    );
}

#[test]
fn a_read_only_mount_is_read_only_all_the_way_down() {
    let Some(engine) = TestEngine::new() else { return };
    let host = engine.write("shared/in", "x").parent().unwrap().display().to_string();
    let attempt = "touch /data/new 2>&1; echo changed 2>&1 > /data/in; cat /data/in";
    for flag in [
        ["-v".to_owned(), format!("{host}:/data:ro")],
        ["--mount".to_owned(), format!("type=bind,src={host},dst=/data,readonly")],
    ] {
        let seen = engine.sh(&[&flag[0], &flag[1]], attempt);
        assert!(seen.out.contains("Read-only file system") && seen.out.ends_with('x'), "{seen:?}");
    }
    assert_eq!(fs::read_dir(host).unwrap().count(), 1);
}

#[test]
fn a_missing_directory_is_made_for_v_and_an_error_for_mount() {
    let Some(engine) = TestEngine::new() else { return };
    let missing = engine.path("not/yet/there");
    let name = missing.display().to_string();
    engine.run(&["--mount", &format!("type=bind,source={name},target=/data")], &["true"]).fails(
        125,
        &format!("invalid mount config for type \"bind\": bind source path does not exist: {name}"),
    );
    assert!(!missing.exists());
    engine.run(&["-v", &format!("{name}:/data")], &["touch", "/data/x"]).ok();
    let made = fs::metadata(&missing).unwrap();
    assert_eq!((made.permissions().mode() & 0o7777, made.uid(), made.gid()), (0o755, 0, 0));
}

#[test]
fn mounts_that_make_no_sense_are_refused() {
    let Some(engine) = TestEngine::new() else { return };
    for (flags, words) in [
        (&["--mount", "type=bind,target=/x"][..], "source is required"),
        (&["--mount", "type=bind,source=/tmp"], "target is required"),
        (&["--mount", "type=nfs,target=/x"], "type nfs is not supported"),
        (&["--mount", "type=bind,source=/tmp,target=/x,bogus=1"], "unexpected key 'bogus'"),
        (&["-v", "/tmp:relative"], "mount path must be absolute"),
        (&["-v", "/tmp:/"], "destination can't be '/'"),
        (&["-v", "/tmp:/x:bogus"], "bogus"),
        (&["-v", "a:b:c:d"], "invalid volume specification"),
        (&["-v", "/tmp:/x", "-v", "/var:/x"], "Duplicate mount point: /x"),
    ] {
        engine.run(flags, &["true"]).fails(125, words);
    }
    assert!(engine.containers().is_empty());
}

#[test]
fn parents_are_mounted_before_children_whatever_the_order() {
    let Some(engine) = TestEngine::new() else { return };
    let outer = engine.write("outer/mark", "outer").parent().unwrap().display().to_string();
    let inner = engine.write("inner/mark", "inner").parent().unwrap().display().to_string();
    let flags = [
        "-v",
        &format!("{inner}:/data/deep/inner"),
        "-v",
        &format!("{outer}:/data"),
        "--tmpfs",
        "/data/deep",
    ];
    assert_eq!(engine.sh(&flags, "cat /data/mark /data/deep/inner/mark").text(), "outerinner");
}

#[test]
fn a_temporary_file_system() {
    let Some(engine) = TestEngine::new() else { return };
    let show = "grep ' /t ' /proc/mounts; stat -c %a /t; touch /t/x";
    let seen = engine.sh(&["--tmpfs", "/t"], show).text();
    assert!(seen.starts_with("tmpfs /t tmpfs rw,nosuid,nodev,noexec,relatime"), "{seen}");
    assert!(seen.ends_with("\n1777"), "{seen}");
    let seen = engine.sh(&["--tmpfs", "/t:size=1m,mode=700,exec"], show).text();
    assert!(seen.contains("size=1024k") && !seen.contains("noexec") && seen.ends_with("\n700"), "{seen}");
    let seen = engine.sh(&["--mount", "type=tmpfs,target=/t,tmpfs-size=2m"], show).text();
    assert!(seen.contains("size=2048k"), "{seen}");
}

#[test]
fn a_read_only_root() {
    let Some(engine) = TestEngine::new() else { return };
    let script = "for f in /x /etc/x /etc/hosts /etc/hostname /etc/resolv.conf; do (echo x >> $f) 2>/dev/null && echo wrote $f; done; \
        touch /tmp/x /dev/shm/x && echo temporary";
    assert_eq!(engine.sh(&["--read-only", "--tmpfs", "/tmp"], script).text(), "temporary");
    let seen = engine.sh(&[], script).lines();
    assert_eq!(seen.len(), 6, "without it all of it can be written: {seen:?}");
}

#[test]
fn what_a_container_writes_is_its_own() {
    let Some(engine) = TestEngine::new() else { return };
    engine.sh(&[], "echo changed > /etc/passwd; rm -rf /home; touch /new").ok();
    assert_eq!(
        engine.sh(&[], "wc -l < /etc/passwd; ls -d /home/web; test -e /new || echo fresh").lines(),
        ["4", "/home/web", "fresh"]
    );
}

#[test]
fn a_directory_is_not_mounted_on_a_file() {
    let Some(engine) = TestEngine::new() else { return };
    let host = engine.write("shared/in", "x").parent().unwrap().display().to_string();
    let said = engine.run(&["-v", &format!("{host}:/etc/passwd")], &["true"]);
    assert_eq!(said.code, 125);
    assert!(
        said.err.to_lowercase().contains("are you trying to mount a directory onto a file (or vice-versa)?"),
        "{said:?}"
    );
}

#[test]
fn the_engine_s_own_files_can_be_replaced() {
    let Some(engine) = TestEngine::new() else { return };
    let hosts = engine.write("hosts", "10.9.8.7 mine\n").display().to_string();
    assert_eq!(
        engine.run(&["-v", &format!("{hosts}:/etc/hosts:ro")], &["cat", "/etc/hosts"]).text(),
        "10.9.8.7 mine"
    );
}

#[test]
fn mount_points_are_made_and_leave_the_image_alone() {
    let Some(engine) = TestEngine::new() else { return };
    let root = Root::scratch().file("/bin/busybox", 0o755, fs::read("/bin/busybox").unwrap());
    engine.import("bare", &root, &[]);
    let seen = engine.tare(["run", "--rm", "bare", "/bin/busybox", "ls", "/"]).lines();
    assert_eq!(seen, ["bin", "dev", "etc", "proc", "sys"]);
}
