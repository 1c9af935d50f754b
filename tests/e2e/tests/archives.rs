//! `tare save` and `tare load`, with skopeo and podman on the other side.

use e2e::{Root, TestEngine, ask, needs_programs};
use std::fs;
use std::process::Command;

fn id(engine: &TestEngine, image: &str) -> String {
    engine.tare(["image", "inspect", "-f", "{{.Id}}", image]).text()
}

#[test]
fn what_was_saved_is_loaded_again() {
    let (Some(one), Some(two)) = (TestEngine::new(), TestEngine::empty()) else { return };
    one.import("app", &Root::busybox().file("/v", 0o644, "1"), &["CMD [\"cat\", \"/v\"]", "ENV A=1"]);
    one.tare(["tag", "app", "app:two"]).ok();
    let file = one.path("saved.tar").display().to_string();
    one.tare(["save", "-o", &file, "app", "busybox"]).ok();
    let said = two.tare(["load", "-i", &file]).lines();
    for name in ["app:latest", "app:two", "busybox:latest"] {
        assert!(said.contains(&format!("Loaded image: {name}")), "{said:?}");
        assert_eq!(id(&two, name), id(&one, name), "{name}");
    }
    assert_eq!(two.tare(["run", "--rm", "--network", "none", "app"]).text(), "1");
    let stream = one.command(["save", "app"]).output().unwrap().stdout;
    two.tare(["rmi", "-f", "app", "app:two", "busybox"]).ok();
    ask(&mut two.command(["load"]), &stream).ok();
    assert_eq!(two.tare(["run", "--rm", "--network", "none", "app"]).text(), "1");
    let gzip = ask_bytes(Command::new("gzip").arg("-c"), &stream);
    ask(&mut two.command(["load", "-q"]), &gzip).ok();
    one.tare(["save", "nosuch"]).fails(1, "No such image: nosuch");
    two.tare(["load", "-i", "/no/such/file"]).fails(1, "/no/such/file");
    assert_ne!(ask(&mut two.command(["load"]), b"this is no archive").code, 0);
}

fn ask_bytes(command: &mut Command, input: &[u8]) -> Vec<u8> {
    use std::io::Write as _;
    use std::process::Stdio;
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut pipe = child.stdin.take().unwrap();
    let input = input.to_vec();
    std::thread::spawn(move || pipe.write_all(&input));
    child.wait_with_output().unwrap().stdout
}

#[test]
fn skopeo_reads_what_we_save_and_we_load_what_it_writes() {
    if !needs_programs(&["skopeo"]) {
        return;
    }
    let (Some(engine), Some(other)) = (TestEngine::new(), TestEngine::empty()) else { return };
    let path = |name: &str| engine.path(name).display().to_string();
    engine.tare(["save", "-o", &path("saved.tar"), "busybox"]).ok();
    let original = id(&engine, "busybox");
    for kind in ["docker-archive", "oci-archive"] {
        let from = format!("{kind}:{}", path("saved.tar"));
        let config = ask(Command::new("skopeo").args(["inspect", "--config", "--raw", &from]), b"").out;
        assert!(config.contains("rootfs"), "{kind}: {config}");
    }
    for (kind, name) in [
        ("docker-archive", "d.tar:copied:docker"),
        ("oci-archive", "o.tar:copied:oci"),
        ("oci", "layout:copied:layout"),
    ] {
        let from = format!("docker-archive:{}", path("saved.tar"));
        ask(
            Command::new("skopeo").args([
                "--insecure-policy",
                "copy",
                "-q",
                &from,
                &format!("{kind}:{}", path(name)),
            ]),
            b"",
        )
        .ok();
        let file = path(name.split(':').next().unwrap());
        let said = other.tare(["load", "-i", &file]).text();
        assert!(said.contains("Loaded image"), "{kind}: {said}");
        let loaded = said.rsplit(' ').next().unwrap().to_owned();
        assert_eq!(
            other.tare(["run", "--rm", "--network", "none", &loaded, "cat", "/etc/passwd"]).lines().len(),
            4
        );
        if kind == "docker-archive" {
            assert_eq!(id(&other, &loaded), original, "the configuration is the same bytes");
        }
    }
}

#[test]
fn what_came_in_goes_out_with_its_digests() {
    if !needs_programs(&["skopeo"]) {
        return;
    }
    let (Some(engine), Some(other)) = (TestEngine::new(), TestEngine::empty()) else { return };
    let path = |name: &str| engine.path(name).display().to_string();
    engine.tare(["save", "-o", &path("saved.tar"), "busybox"]).ok();
    let skopeo =
        |arguments: &[&str]| ask(Command::new("skopeo").arg("--insecure-policy").args(arguments), b"").text();
    // compressed by somebody else
    skopeo(&[
        "copy",
        "-q",
        "--dest-compress",
        &format!("docker-archive:{}", path("saved.tar")),
        &format!("oci:{}:x:1", path("layout")),
    ]);
    let digest = |place: &str| skopeo(&["inspect", "--raw", place]);
    let before = digest(&format!("oci:{}:x:1", path("layout")));
    let said = other.tare(["load", "-i", &path("layout")]).text();
    let name = said.rsplit(' ').next().unwrap().to_owned();
    other.tare(["save", "-o", &path("again.tar"), &name]).ok();
    let listed = ask(Command::new("tar").args(["-tf", &path("again.tar")]), b"").text();
    let manifest: serde_json::Value = serde_json::from_str(&before).unwrap();
    for blob in manifest["layers"].as_array().unwrap().iter().chain([&manifest["config"]]) {
        let hex = blob["digest"].as_str().unwrap().trim_start_matches("sha256:");
        assert!(listed.contains(hex), "{hex} is saved as it came: {listed}");
    }
}

#[test]
fn podman_loads_what_we_save() {
    if !needs_programs(&["podman"]) {
        return;
    }
    let Some(engine) = TestEngine::new() else { return };
    let file = engine.path("saved.tar").display().to_string();
    engine.tare(["save", "-o", &file, "busybox"]).ok();
    let (root, run, tmp) = (engine.path("p/root"), engine.path("p/run"), engine.path("p/tmp"));
    for directory in [&root, &run, &tmp] {
        fs::create_dir_all(directory).unwrap();
    }
    let podman = |arguments: &[&str]| {
        let mut command = Command::new("podman");
        command
            .arg("--root")
            .arg(&root)
            .arg("--runroot")
            .arg(&run)
            .args(["--storage-driver", "vfs", "--tmpdir"])
            .arg(&tmp);
        ask(command.args(arguments).env("TMPDIR", &tmp), b"")
    };
    let said = podman(&["load", "-q", "-i", &file]).text();
    assert!(said.contains("busybox:latest"), "{said}");
    let seen = podman(&["image", "inspect", "--format", "{{.Id}}", "busybox"]).text();
    assert_eq!(format!("sha256:{seen}"), id(&engine, "busybox"));
    let back = engine.path("podman.tar").display().to_string();
    podman(&["save", "-q", "--format", "oci-archive", "-o", &back, "busybox"]).ok();
    engine.tare(["rmi", "busybox"]).ok();
    engine.tare(["load", "-i", &back]).ok();
    podman(&["rmi", "-f", "busybox"]).ok();
}

#[test]
fn a_failed_save_leaves_no_file() {
    let Some(engine) = TestEngine::new() else { return };
    let file = engine.path("saved.tar");
    assert_ne!(engine.tare(["save", "-o", &file.display().to_string(), "busybox", "nosuch"]).code, 0);
    assert!(!file.exists());
}
