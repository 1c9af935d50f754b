//! Other engines on the other side of a registry: skopeo, Podman, Buildah.

use super::{User, address, busybox_layer, copy, layer};
use e2e::{Chaos, Distribution, Recipe, Root, Said, ask, needs_programs};
use std::fs;
use std::process::Command;

/// Podman or Buildah with storage in the test's directory.
struct Peer<'a> {
    program: &'static str,
    user: &'a User,
}

impl Peer<'_> {
    fn command(&self, arguments: &[&str]) -> Said {
        let path = |name: &str| {
            let path = self.user.engine.path(&format!("{}/{name}", self.program));
            fs::create_dir_all(&path).unwrap();
            path
        };
        let mut command = Command::new(self.program);
        command.arg("--root").arg(path("root")).arg("--runroot").arg(path("run"));
        command.args(["--storage-driver", "vfs"]);
        if self.program == "podman" {
            command.arg("--tmpdir").arg(path("tmp"));
        }
        command.env("TMPDIR", path("tmp")).env("HOME", path("home")).env_remove("XDG_RUNTIME_DIR");
        ask(command.args(arguments), b"")
    }

    /// The IMAGE ID that a name has there.
    fn id(&self, name: &str) -> String {
        let id = match self.program {
            "podman" => self.command(&["image", "inspect", "--format", "{{.Id}}", name]),
            _ => self.command(&["inspect", "--type", "image", "--format", "{{.FromImageID}}", name]),
        };
        format!("sha256:{}", id.text())
    }
}

/// A program pulls what we push, and we what it pushes; names and digests are the same on both sides.
fn exchange(program: &'static str) {
    if !needs_programs(&["docker-registry", program]) {
        return;
    }
    let (Some(user), Some(other)) = (User::new(), User::new()) else { return };
    let registry = Distribution::temporary().start();
    let peer = Peer { program, user: &other };
    user.engine.import("busybox", &Root::busybox(), &["CMD [\"echo\", \"hello\"]"]);
    let name = format!("{}/team/app:1", registry.host());
    user.tare(["tag", "busybox", &name]).ok();
    user.tare(["push", "-q", &name]).ok();
    peer.command(&["pull", "-q", "--tls-verify=false", &name]).ok();
    assert_eq!(peer.id(&name), user.id(&name));
    let back = format!("{}/team/back:1", registry.host());
    let digest = user.engine.path("digest").display().to_string();
    for format in ["oci", "v2s2"] {
        let push =
            ["push", "-q", "--tls-verify=false", "--format", format, "--digestfile", &digest, &name, &back];
        peer.command(&push).ok();
        let said = other.pull(&back).lines();
        assert!(said.contains(&format!("Digest: {}", fs::read_to_string(&digest).unwrap())), "{said:#?}");
        assert_eq!(other.tare(["run", "--rm", "--network", "none", &back]).text(), "hello");
        other.assert_is_sound();
        if format == "oci" {
            assert_eq!(other.id(&back), user.id(&name), "the configuration is the same bytes");
        }
    }
    peer.command(&["rmi", "-a", "-f"]).ok();
}

#[test]
fn podman_and_we_pull_from_each_other() {
    exchange("podman");
}

#[test]
fn buildah_and_we_pull_from_each_other() {
    exchange("buildah");
}

#[test]
fn skopeo_reads_what_we_push() {
    if !needs_programs(&["docker-registry", "skopeo"]) {
        return;
    }
    let Some(user) = User::new() else { return };
    let registry = Distribution::temporary().start();
    user.engine.import("busybox", &Root::busybox(), &["ENV A=1"]);
    let name = format!("{}/app:1", registry.host());
    user.tare(["tag", "busybox", &name]).ok();
    let said = user.tare(["push", &name]).text();
    let source = address(registry.host(), "app:1");
    let inspect = |more: &[&str]| {
        ask(Command::new("skopeo").args(["inspect", "--tls-verify=false"]).args(more).arg(&source), b"")
            .text()
    };
    let digest = inspect(&["--format", "{{.Digest}}"]);
    assert!(said.contains(&digest), "{said}");
    assert!(inspect(&["--config"]).contains("A=1"));
    let directory = user.engine.path("copy");
    copy(&[], &source, &format!("dir:{}", directory.display()));
    let manifest = fs::read(directory.join("manifest.json")).unwrap();
    assert_eq!(e2e::sha256(&manifest), digest);
    // skopeo has checked the digests of all blobs on its way
    assert!(user.blob(&digest).is_some_and(|ours| ours == manifest));
}

#[test]
fn we_read_what_skopeo_writes() {
    if !needs_programs(&["docker-registry", "skopeo"]) {
        return;
    }
    let Some(user) = User::new() else { return };
    let (chaos, registry) = (Chaos::start(), Distribution::temporary().start());
    let recipe = Recipe::new(&[busybox_layer(), layer("upper")]).command(&["cat", "/file"]);
    chaos.image_of("app", "1", &recipe);
    let from = address(&chaos.host(), "app:1");
    for (tag, more) in [
        ("oci", &["--format", "oci"][..]),
        ("docker", &["--format", "v2s2"]),
        ("zstd", &["--format", "oci", "--dest-compress-format", "zstd"]),
    ] {
        let to = address(registry.host(), &format!("app:{tag}"));
        let plain = ["--insecure-policy", "copy", "-q", "--src-tls-verify=false", "--dest-tls-verify=false"];
        ask(Command::new("skopeo").args(plain).args(more).args([&from, &to]), b"").ok();
        let name = format!("{}/app:{tag}", registry.host());
        user.pull(&name).ok();
        assert_eq!(user.tare(["run", "--rm", "--network", "none", &name]).text(), "upper", "{tag}");
        user.assert_is_sound();
    }
}
