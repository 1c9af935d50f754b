//! `tare pull` and `tare push`, and the pull that `tare run` begins with: Debian's registry, other engines, and a registry in which things go wrong.

mod cuts;
mod lies;
mod peers;
mod policy;
mod pull;
mod push;
mod secrets;
mod settings;
mod sharing;
mod strangers;
mod uploads;

use e2e::{Background, Blob, Chaos, Image, Root, Said, TestEngine, ask, base64, gzip, noise, sha256};
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Somebody with an engine, a home and an `/etc`, which are the test's own.
struct User {
    engine: TestEngine,
}

impl User {
    /// One whose engine has no image.
    fn new() -> Option<Self> {
        TestEngine::empty().map(|engine| Self { engine })
    }

    fn command<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Command {
        self.engine.command(arguments)
    }

    #[track_caller]
    fn tare<S: AsRef<OsStr>>(&self, arguments: impl IntoIterator<Item = S>) -> Said {
        ask(&mut self.command(arguments), b"")
    }

    #[track_caller]
    fn pull(&self, name: &str) -> Said {
        self.tare(["pull", name])
    }

    fn begin_pull(&self, name: &str) -> Background {
        Background::start(&mut self.command(["pull", name]))
    }

    /// Writes a file below the user's `/etc`.
    fn configure(&self, file: &str, content: impl AsRef<[u8]>) -> PathBuf {
        self.engine.write(&format!("etc/{file}"), content)
    }

    /// Writes the file of credentials.
    fn know(&self, content: &serde_json::Value) {
        self.engine.write("home/.docker/config.json", content.to_string());
    }

    /// Writes a name and a password for a host into the file of credentials.
    fn know_password(&self, host: &str, user: &str, password: &str) {
        let secret = base64(format!("{user}:{password}").as_bytes());
        self.know(&serde_json::json!({ "auths": { host: { "auth": secret } } }));
    }

    /// IMAGE IDs.
    #[track_caller]
    fn images(&self) -> Vec<String> {
        self.tare(["images", "-q", "--no-trunc"]).lines()
    }

    /// The IMAGE ID that a name stands for.
    #[track_caller]
    fn id(&self, name: &str) -> String {
        self.tare(["image", "inspect", "-f", "{{.Id}}", name]).text()
    }

    /// The digests that an image has in registries.
    #[track_caller]
    fn repository_digests(&self, name: &str) -> Vec<String> {
        let text = self.tare(["image", "inspect", "-f", "{{json .RepoDigests}}", name]).text();
        serde_json::from_str(&text).unwrap()
    }

    /// The names in a directory of the data root.
    fn names(&self, directory: &str) -> BTreeSet<String> {
        let path = self.engine.data_root().join(directory);
        if directory == "downloads" && !path.exists() {
            return BTreeSet::new();
        }
        let entries = fs::read_dir(path).unwrap();
        entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
    }

    /// How much has arrived of a blob.
    fn size_of_download(&self, hex: &str) -> u64 {
        fs::metadata(self.engine.data_root().join("downloads").join(hex)).map_or(0, |file| file.len())
    }

    /// The bytes of a blob in the store.
    fn blob(&self, digest: &str) -> Option<Vec<u8>> {
        fs::read(self.engine.data_root().join("blobs").join(digest.replace(':', "/"))).ok()
    }

    /// Nothing refers to anything, and nothing that could be taken for content is there.
    #[track_caller]
    fn assert_has_nothing(&self) {
        assert_eq!(self.images(), [""; 0]);
        for directory in ["refs", "blobs/sha256", "layers/sha256", "staging"] {
            assert_eq!(self.names(directory), BTreeSet::new(), "{directory}");
        }
    }

    /// A name stands for this image, and all of it is there, as it should be.
    #[track_caller]
    fn assert_has(&self, name: &str, image: &Image) {
        assert_eq!(self.id(name), image.configuration.digest, "{name}");
        let Blob { digest, bytes, .. } = &image.manifest;
        assert_eq!(self.blob(digest).as_ref(), Some(bytes), "the manifest of {name}");
        let layers = image.layers.iter().collect::<Vec<_>>();
        for Blob { digest, bytes, .. } in layers.into_iter().chain([&image.configuration]) {
            // the store may have an uncompressed layer only unpacked
            let is_here = self.blob(digest).map(|here| here == *bytes);
            let is_unpacked = self.names("layers/sha256").contains(digest.trim_start_matches("sha256:"));
            assert!(is_here.unwrap_or(is_unpacked), "{digest} of {name}: {is_here:?}");
        }
        let diff_ids = diff_ids(image);
        for diff_id in &diff_ids {
            let hex = diff_id.trim_start_matches("sha256:");
            assert!(self.names("layers/sha256").contains(hex), "layer {diff_id} of {name}");
        }
        self.assert_is_sound();
    }

    /// Whatever is in the store is what it is called.
    #[track_caller]
    fn assert_is_sound(&self) {
        for name in self.names("blobs/sha256") {
            let digest = format!("sha256:{name}");
            assert_eq!(sha256(&self.blob(&digest).unwrap()), digest, "a blob is something else");
        }
        assert_eq!(self.names("staging"), BTreeSet::new(), "something was left unfinished");
    }

    /// A pull fails with these words and the host's, and leaves nothing.
    #[track_caller]
    fn assert_pull_fails(&self, name: &str, words: &[&str]) {
        let complaint = self.pull(name).complaint(1);
        for word in words {
            assert!(complaint.contains(word), "{word:?} should be in the complaint: {complaint}");
        }
        assert!(complaint.len() < 2000, "that is no message, but a book: {complaint}");
        self.assert_has_nothing();
    }
}

fn diff_ids(image: &Image) -> Vec<String> {
    let configuration: serde_json::Value = serde_json::from_slice(&image.configuration.bytes).unwrap();
    let listed = configuration["rootfs"]["diff_ids"].as_array().unwrap();
    listed.iter().map(|one| one.as_str().unwrap().to_owned()).collect()
}

/// A layer with one small file, as it is.
fn plain_layer(content: &str) -> Vec<u8> {
    Root::scratch().file("/file", 0o644, content).archive()
}

/// The same compressed.
fn layer(content: &str) -> Vec<u8> {
    gzip(&plain_layer(content))
}

/// A compressed layer of about so many bytes, another for every seed.
fn big_layer(seed: u64, length: usize) -> Vec<u8> {
    gzip(&Root::scratch().file(&format!("/noise{seed}"), 0o644, noise(seed, length)).archive())
}

/// A layer in which something runs.
fn busybox_layer() -> Vec<u8> {
    gzip(&Root::busybox().archive())
}

/// The length of some bytes as registries count it.
fn length(bytes: &[u8]) -> u64 {
    bytes.len() as u64
}

/// Copies an image with skopeo, as it is.
#[track_caller]
fn copy(more: &[&str], from: &str, to: &str) {
    let plain = ["--insecure-policy", "copy", "-q", "--preserve-digests"];
    let plain = [&plain[..], &["--src-tls-verify=false", "--dest-tls-verify=false"]].concat();
    ask(Command::new("skopeo").args(plain).args(more).args([from, to]), b"").ok();
}

/// An image's address for skopeo.
fn address(host: &str, name: &str) -> String {
    format!("docker://{host}/{name}")
}

/// Puts an image into a registry, by way of one of ours; the image.
#[track_caller]
fn stock(registry: &e2e::Distribution, name: &str, recipe: &e2e::Recipe) -> Image {
    let chaos = Chaos::start();
    let image = chaos.image_of("stock", "1", recipe);
    copy(&[], &address(&chaos.host(), "stock:1"), &address(registry.host(), name));
    image
}

/// A file's name for a command line.
fn text(path: &Path) -> String {
    path.display().to_string()
}
