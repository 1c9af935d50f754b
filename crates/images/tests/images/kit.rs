//! A store of its own for each test, and archives made entry by entry.

use images::Error;
use images::import::{Import, import};
use images::load::{Load, Loaded, load};
use images::save::{Output, Save, save};
use images::usage::Usage;
use oci::image::Execution;
use oci::{Digest, Reference};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Read;
use store::Store;
use tempfile::TempDir;

/// Whether this process may give files away and make devices, which layers need; says so if not.
pub(crate) fn is_root() -> bool {
    let is_root = std::fs::metadata("/proc/self").is_ok_and(|m| std::os::unix::fs::MetadataExt::uid(&m) == 0);
    if !is_root {
        println!("skipped: needs root");
    }
    is_root
}

/// A store on temporary roots, which go with it.
pub(crate) struct Place {
    pub(crate) store: Store,
    pub(crate) directory: TempDir,
}

impl Place {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let at = |name: &str| directory.path().join(name);
        let store = Store::open(&at("data"), &at("exec")).unwrap();
        Self { store, directory }
    }

    /// Names of all refs, those of dangling images too.
    pub(crate) fn refs(&self) -> Vec<String> {
        let refs = store::refs::list(&self.store).unwrap();
        refs.into_iter().map(|(name, _)| name.familiar()).collect()
    }

    /// Removes what no name refers to.
    pub(crate) fn collect(&self) -> store::Result<store::collect::Collected> {
        store::collect::collect(&self.store, &|| Ok(store::collect::Roots::default()))
    }

    pub(crate) fn load(&self, archive: impl Read) -> Result<Vec<Loaded>, Error> {
        load(&self.store, archive, &Load::default(), &mut |_| {})
    }

    /// Loads what must be refused, and checks that no name is left; gives the message.
    pub(crate) fn refusal(&self, archive: impl Read) -> String {
        let error = self.load(archive).expect_err("a hostile archive is refused");
        assert_eq!(self.refs(), Vec::<String>::new(), "{error}");
        assert_eq!(self.staged(), 0, "{error}");
        error.to_string()
    }

    pub(crate) fn staged(&self) -> usize {
        std::fs::read_dir(self.store.data_root().join("staging")).unwrap().count()
    }

    pub(crate) fn save(&self, names: &[&str]) -> Vec<u8> {
        let names: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
        let mut archive = Vec::new();
        save(&self.store, &Save { names, ..Save::default() }, Output::Archive(&mut archive)).unwrap();
        archive
    }

    /// Makes an image of one small layer.
    pub(crate) fn import(&self, name: &str, content: &str) -> Digest {
        let options = Import {
            execution: Execution { cmd: Some(vec!["/hello".into()]), ..Execution::default() },
            names: vec![name.parse::<Reference>().unwrap()],
            ..Import::default()
        };
        import(&self.store, &*layer(content), &options).unwrap().id
    }
}

/// No container uses any image.
pub(crate) fn nobody() -> Usage<'static> {
    Usage { users: Vec::new(), roots: Box::new(|| Ok(store::collect::Roots::default())) }
}

/// The tar of a layer with a file `hello`.
pub(crate) fn layer(content: &str) -> Vec<u8> {
    Archive::new().file("etc/", b"").file("hello", content.as_bytes()).finish()
}

/// A tar in the making. A name that ends in a slash is a directory.
pub(crate) struct Archive(tar::Builder<Vec<u8>>);

impl Archive {
    pub(crate) fn new() -> Self {
        Self(tar::Builder::new(Vec::new()))
    }

    pub(crate) fn file(self, name: &str, content: &[u8]) -> Self {
        let kind = if name.ends_with('/') { tar::EntryType::Directory } else { tar::EntryType::Regular };
        self.entry(name, kind, "", content)
    }

    pub(crate) fn symlink(self, name: &str, target: &str) -> Self {
        self.entry(name, tar::EntryType::Symlink, target, b"")
    }

    pub(crate) fn link(self, name: &str, target: &str) -> Self {
        self.entry(name, tar::EntryType::Link, target, b"")
    }

    /// Any entry, whatever its name: the bytes are put into the header as they are.
    pub(crate) fn entry(mut self, name: &str, kind: tar::EntryType, link: &str, content: &[u8]) -> Self {
        let mut header = tar::Header::new_ustar();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.as_old_mut().linkname[..link.len()].copy_from_slice(link.as_bytes());
        header.set_entry_type(kind);
        header.set_mode(0o755);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(1_000_000);
        header.set_size(content.len() as u64);
        header.set_cksum();
        self.0.append(&header, content).unwrap();
        self
    }

    pub(crate) fn json(self, name: &str, document: &Value) -> Self {
        self.file(name, document.to_string().as_bytes())
    }

    /// A blob of an OCI layout.
    pub(crate) fn blob(self, content: &[u8]) -> Self {
        self.file(&blob_path(&Digest::of(content)), content)
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.0.into_inner().unwrap()
    }
}

pub(crate) fn blob_path(digest: &Digest) -> String {
    format!("blobs/sha256/{}", digest.hex())
}

/// An image configuration with these layers.
pub(crate) fn configuration(layers: &[Digest]) -> Vec<u8> {
    // an order and a field of its own: bytes of others are kept, not written again
    json!({"os": "linux", "x-unknown": [1], "architecture": "amd64", "config": {"Cmd": ["/hello"]},
        "rootfs": {"type": "layers", "diff_ids": layers}})
    .to_string()
    .into_bytes()
}

pub(crate) const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
pub(crate) const INDEX: &str = "application/vnd.oci.image.index.v1+json";
pub(crate) const CONFIGURATION: &str = "application/vnd.oci.image.config.v1+json";
pub(crate) const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

pub(crate) fn descriptor(media_type: &str, content: &[u8]) -> Value {
    json!({"mediaType": media_type, "digest": Digest::of(content), "size": content.len()})
}

/// A manifest of these layers, each with its media type.
pub(crate) fn manifest(configuration: &[u8], layers: &[(&str, &[u8])]) -> Vec<u8> {
    let layers: Vec<Value> = layers.iter().map(|(kind, content)| descriptor(kind, content)).collect();
    json!({"layers": layers, "config": descriptor(CONFIGURATION, configuration), "schemaVersion": 2,
        "mediaType": MANIFEST})
    .to_string()
    .into_bytes()
}

/// An OCI archive whose index names one document.
pub(crate) fn oci_archive(media_type: &str, document: &[u8], name: &str, blobs: &[&[u8]]) -> Vec<u8> {
    let mut entry = descriptor(media_type, document);
    entry["annotations"] = json!({"org.opencontainers.image.ref.name": name});
    let mut archive = Archive::new().json("oci-layout", &json!({"imageLayoutVersion": "1.0.0"}));
    for blob in blobs.iter().chain([&document]) {
        archive = archive.blob(blob);
    }
    // the index last: a stream cannot go back
    archive.json("index.json", &json!({"schemaVersion": 2, "manifests": [entry]})).finish()
}

/// The files of an archive.
pub(crate) fn files(archive: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut files = BTreeMap::new();
    for entry in tar::Archive::new(archive).entries().unwrap() {
        let mut entry = entry.unwrap();
        let name = entry.path().unwrap().to_string_lossy().into_owned();
        let mut content = Vec::new();
        entry.read_to_end(&mut content).unwrap();
        files.insert(name, content);
    }
    files
}

pub(crate) fn gzip(content: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn zstd(content: &[u8]) -> Vec<u8> {
    zstd::encode_all(content, 1).unwrap()
}
