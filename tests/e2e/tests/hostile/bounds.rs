//! What an archive claims, or repeats, costs no memory: `load` stays small and says what is wrong (security rows 21 and 22).
//!
//! The archives are sparse files: gigabytes of zeros that take no place and little time.

use e2e::{Canary, Said, TestEngine, footprint};
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::ops::Range;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

/// The most memory that a load may take, whatever it is given, in KiB.
const MOST: u64 = 64 << 10;

const GIB: u64 = 1 << 30;

/// The largest file that the kernel could have.
const HUGE: u64 = (1 << 63) - 1;

/// An archive that is being written.
struct Archive {
    path: PathBuf,
    file: File,
    end: u64,
}

impl Archive {
    fn new(engine: &TestEngine) -> Self {
        let path = engine.path("hostile.tar");
        let file = File::create(&path).unwrap();
        Self { path, file, end: 0 }
    }

    fn put(&mut self, bytes: &[u8]) {
        self.file.write_all_at(bytes, self.end).unwrap();
        self.end += bytes.len() as u64;
    }

    /// A header that says that so many bytes follow.
    fn claim(&mut self, flag: u8, name: &str, size: u64) -> &mut Self {
        self.put(&header(flag, name, size));
        self
    }

    /// A file with this content.
    fn file(&mut self, name: &str, content: impl AsRef<[u8]>) -> &mut Self {
        self.entry(b'0', name, content.as_ref())
    }

    /// Any entry with content.
    fn entry(&mut self, flag: u8, name: &str, content: &[u8]) -> &mut Self {
        self.claim(flag, name, content.len() as u64).put(content);
        self.end = self.end.next_multiple_of(512);
        self
    }

    /// An entry of zeros.
    fn zeros(&mut self, flag: u8, name: &str, size: u64) -> &mut Self {
        self.claim(flag, name, size).end += size.next_multiple_of(512);
        self
    }

    /// A blob of a layout; its descriptor.
    fn blob(&mut self, kind: &str, content: impl AsRef<[u8]>) -> String {
        let content = content.as_ref();
        let digest = hex(content);
        self.file(&format!("blobs/sha256/{digest}"), content);
        descriptor(kind, &digest, content.len() as u64)
    }

    fn finish(&mut self) -> &Path {
        self.file.set_len(self.end + 1024).unwrap();
        &self.path
    }
}

fn header(flag: u8, name: &str, size: u64) -> [u8; 512] {
    let mut header = tar::Header::new_gnu();
    header.set_mode(0o644);
    // more than octal digits hold is written in the form of GNU
    header.set_size(size);
    let old = header.as_old_mut();
    old.linkflag = [flag];
    old.name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_cksum();
    *header.as_bytes()
}

fn hex(content: &[u8]) -> String {
    Sha256::digest(content).iter().map(|byte| format!("{byte:02x}")).collect()
}

const INDEX: &str = "application/vnd.oci.image.index.v1+json";
const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIGURATION: &str = "application/vnd.oci.image.config.v1+json";
const LAYER: &str = "application/vnd.oci.image.layer.v1.tar";

fn descriptor(kind: &str, digest: &str, size: u64) -> String {
    format!(r#"{{"mediaType":"{kind}","digest":"sha256:{digest}","size":{size}}}"#)
}

fn index(manifests: &str) -> String {
    format!(r#"{{"schemaVersion":2,"manifests":[{manifests}]}}"#)
}

fn manifest(configuration: &str, layers: &str) -> String {
    format!(r#"{{"schemaVersion":2,"config":{configuration},"layers":[{layers}]}}"#)
}

fn configuration(diff_ids: &str) -> String {
    format!(r#"{{"os":"linux","architecture":"amd64","rootfs":{{"type":"layers","diff_ids":[{diff_ids}]}}}}"#)
}

fn images(configuration: &str, layers: &str) -> String {
    format!(r#"[{{"Config":"{configuration}","RepoTags":["evil:1"],"Layers":[{layers}]}}]"#)
}

/// So many copies, with commas between them.
fn list(item: &str, count: usize) -> String {
    vec![item; count].join(",")
}

/// Loads what `fill` makes. It has to be refused in few words with `reason` in them, in little memory, and nothing is left
/// of it.
#[track_caller]
fn refused(label: &str, reason: &str, fill: impl FnOnce(&mut Archive)) {
    let Some(engine) = TestEngine::empty() else { return };
    let canary = Canary::new();
    let said = load(&engine, label, fill);
    assert_eq!(said.code, 1, "{label}: {said:?}");
    assert!(said.err.contains(reason), "{label}: {reason:?} should be in the complaint: {said:?}");
    assert!(said.err.lines().count() <= 2 && said.err.len() < 1000, "{label}: {said:?}");
    assert!(!said.err.contains("panicked"), "{label}: {said:?}");
    assert_eq!(engine.tare(["image", "ls", "-aq"]).text(), "", "{label}");
    let staged = std::fs::read_dir(engine.data_root().join("staging")).unwrap().count();
    assert_eq!(staged, 0, "{label}: nothing is left of the archive");
    canary.is_untouched();
}

/// Loads what `fill` makes, in little memory.
#[track_caller]
fn load(engine: &TestEngine, label: &str, fill: impl FnOnce(&mut Archive)) -> Said {
    let mut archive = Archive::new(engine);
    fill(&mut archive);
    let path = archive.finish().display().to_string();
    let (said, most) = footprint(engine, ["load", "-i", &path]);
    std::fs::remove_file(path).unwrap();
    assert!(most < MOST, "{label}: {most} KiB: {said:?}");
    said
}

#[test]
fn claimed_sizes() {
    for flag in [b'0', b'7'] {
        refused("a huge file", "truncated", |archive| {
            archive.claim(flag, "manifest.json", HUGE);
        });
    }
    refused("a huge file with a map", "a sparse map does not match", |archive| {
        archive.claim(b'S', "manifest.json", HUGE);
    });
    for size in [HUGE + 1, u64::MAX] {
        refused("an impossible file", "a size is", |archive| {
            archive.claim(b'0', "manifest.json", size);
        });
    }
    for flag in [b'x', b'L', b'K'] {
        refused("a huge extension", "limit of 1048576 bytes in an extended header", |archive| {
            archive.zeros(flag, "x", 4 * GIB).file("manifest.json", "[]");
        });
        refused("a huge extension", "limit of 1048576 bytes in an extended header", |archive| {
            archive.claim(flag, "x", HUGE);
        });
    }
    // it describes the archive and is passed over
    refused("a huge global extension", "no image archive", |archive| {
        archive.zeros(b'g', "x", 2 * GIB).file("x", "");
    });
}

#[test]
fn many_extensions() {
    let record = format!("{} comment={}\n", 1_000_000, "x".repeat(1_000_000 - 17));
    assert_eq!(record.len(), 1_000_000);
    refused("extensions without an entry", "an extension has no entry", |archive| {
        for _ in 0..200 {
            archive.entry(b'x', "x", record.as_bytes());
        }
    });
    let attributes: String = (0..40_000).map(|number| format!("23 SCHILY.xattr.{number:05}=\n")).collect();
    refused("attributes", "no image archive", |archive| {
        for name in ["a", "b", "c"] {
            archive.entry(b'x', "x", attributes.as_bytes()).file(name, "");
        }
    });
}

#[test]
fn sparse_claims() {
    let record = |key: &str, value: &str| {
        let rest = key.len() + value.len() + 3;
        let length = (rest..).find(|length| length - rest == length.to_string().len()).unwrap();
        format!("{length} {key}={value}\n")
    };
    let sparse = |name: &str| {
        [
            ("GNU.sparse.major", "0"),
            ("GNU.sparse.minor", "1"),
            ("GNU.sparse.name", name),
            ("GNU.sparse.size", "1099511627776"),
            ("GNU.sparse.map", "0,0"),
        ]
        .map(|(key, value)| record(key, value))
        .concat()
    };
    for name in ["manifest.json", "index.json"] {
        refused("a hole as a document", "larger than the archive", |archive| {
            archive.entry(b'x', "x", sparse(name).as_bytes()).file("x", "");
        });
    }
    refused("a hole as a layer", "larger than the archive", |archive| {
        let diff_id = format!("\"sha256:{}\"", hex(b""));
        archive.file("c", configuration(&diff_id)).file("manifest.json", images("c", r#""l""#));
        archive.entry(b'x', "x", sparse("l").as_bytes()).file("x", "");
    });
}

#[test]
fn documents_of_a_gigabyte() {
    let limit = "a document has at most";
    for name in ["manifest.json", "index.json"] {
        refused(name, limit, |archive| {
            archive.zeros(b'0', name, GIB);
        });
    }
    refused("configuration", limit, |archive| {
        archive.zeros(b'0', "c", GIB).file("manifest.json", images("c", ""));
    });
    let name = hex(b"");
    let blob = format!("blobs/sha256/{name}");
    refused("manifest", limit, |archive| {
        archive.zeros(b'0', &blob, GIB).file("index.json", index(&descriptor(MANIFEST, &name, GIB)));
    });
    refused("index", limit, |archive| {
        archive.zeros(b'0', &blob, GIB).file("index.json", index(&descriptor(INDEX, &name, GIB)));
    });
    refused("configuration of a manifest", limit, |archive| {
        let configuration = descriptor(CONFIGURATION, &name, GIB);
        let manifest = archive.zeros(b'0', &blob, GIB).blob(MANIFEST, manifest(&configuration, ""));
        archive.file("index.json", index(&manifest));
    });
}

#[test]
fn layers_without_number() {
    let refusal = "Linux stacks at most 499";
    let diff_id = format!("\"sha256:{}\"", hex(b""));
    refused("a list of images", "the configuration names 0 layers, given are 100000", |archive| {
        archive.file("c", configuration("")).file("manifest.json", images("c", &list("\"l\"", 100_000)));
    });
    refused("a configuration", refusal, |archive| {
        archive.file("c", configuration(&list(&diff_id, 50_000)));
        archive.file("manifest.json", images("c", &list("\"l\"", 50_000)));
    });
    let layer = descriptor(LAYER, &hex(b""), 0);
    refused("a manifest beyond a document", "a document has at most", |archive| {
        let configuration = archive.blob(CONFIGURATION, configuration(&list(&diff_id, 50_000)));
        let manifest = archive.blob(MANIFEST, manifest(&configuration, &list(&layer, 100_000)));
        archive.file("index.json", index(&manifest));
    });
    refused("a manifest", refusal, |archive| {
        let configuration = archive.blob(CONFIGURATION, configuration(&list(&diff_id, 10_000)));
        let manifest = archive.blob(MANIFEST, manifest(&configuration, &list(&layer, 10_000)));
        archive.file("index.json", index(&manifest));
    });
    refused("an index", "more than 1000", |archive| {
        let configuration = archive.blob(CONFIGURATION, configuration(""));
        let manifest = archive.blob(MANIFEST, manifest(&configuration, ""));
        archive.file("index.json", index(&list(&manifest, 10_000)));
    });
    refused("a list of images", "more than 1000", |archive| {
        archive.file("c", configuration(""));
        archive.file("manifest.json", format!("[{}]", list(r#"{"Config":"c","Layers":[]}"#, 10_000)));
    });
}

#[test]
fn documents_with_two_meanings() {
    let twice = "duplicate field";
    let digest = hex(b"");
    let document = |label: &str, reason: &str, kind: &str, text: &str| {
        refused(label, reason, |archive| {
            let manifest = archive.blob(kind, text);
            archive.file("index.json", index(&manifest));
        });
    };
    let described = descriptor(CONFIGURATION, &digest, 0);
    let both = format!(r#"{{"schemaVersion":2,"config":{described},"layers":[],"manifests":[]}}"#);
    for kind in [MANIFEST, INDEX] {
        document("both", "ambiguous", kind, &both);
    }
    let layers = format!(r#"{{"schemaVersion":2,"config":{described},"layers":[],"layers":[]}}"#);
    document("layers twice", twice, MANIFEST, &layers);
    let manifests = r#"{"schemaVersion":2,"manifests":[],"manifests":[]}"#;
    document("manifests twice", twice, INDEX, manifests);
    document("an index that is a manifest", "not of type", INDEX, &manifest(&described, ""));
    refused("a digest twice", twice, |archive| {
        let digest = format!("sha256:{digest}");
        let entry =
            format!(r#"{{"mediaType":"{MANIFEST}","digest":"{digest}","digest":"{digest}","size":0}}"#);
        archive.file("index.json", index(&entry));
    });
    refused("diff-ids twice", twice, |archive| {
        let text = r#"{"os":"linux","rootfs":{"type":"layers","diff_ids":[],"diff_ids":[]}}"#;
        archive.file("c", text).file("manifest.json", images("c", ""));
    });
    refused("layers of Docker's twice", twice, |archive| {
        archive.file("c", configuration(""));
        archive.file("manifest.json", r#"[{"Config":"c","RepoTags":[],"Layers":["l"],"Layers":[]}]"#);
    });
}

#[test]
fn nested_documents() {
    let refusal = "recursion limit";
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        let nested = |count| format!("{}1{}", open.repeat(count), close.repeat(count));
        let deep = nested(50_000);
        // what is not kept is passed over, which needs no stack
        refused("index", "missing field", |archive| {
            archive.file("index.json", format!(r#"{{"schemaVersion":2,"x":{deep}}}"#));
        });
        refused("entry of an index", refusal, |archive| {
            let entry = format!(r#"{{"mediaType":"{MANIFEST}","x":{deep}}}"#);
            archive.file("index.json", index(&entry));
        });
        refused("list of images", "names c, which is not in the archive", |archive| {
            archive.file("manifest.json", format!(r#"[{{"Config":"c","x":{deep}}}]"#));
        });
        refused("configuration", refusal, |archive| {
            archive.file("c", format!(r#"{{"os":"linux","x":{deep}}}"#));
            archive.file("manifest.json", images("c", ""));
        });
        refused("manifest", refusal, |archive| {
            let known = descriptor(CONFIGURATION, &hex(b""), 0);
            let text = manifest(&with_field(&known, &format!(r#""x":{deep}"#)), "");
            let manifest = archive.blob(MANIFEST, text);
            archive.file("index.json", index(&manifest));
        });
    }
}

/// What two bytes of text become where a document keeps what it does not know.
const SMALL: [&str; 6] = ["1", "[]", "{}", "[1]", r#"{"":1}"#, "\"\""];

/// Documents of the allowed length that would be large in memory.
#[test]
fn documents_of_too_many_values() {
    const LENGTH: usize = 4_000_000;
    for value in SMALL {
        let many = list(value, LENGTH / (value.len() + 1));
        places_of_values(&many, ["more than 131072 values"; 4]);
    }
    let annotations = annotations(LENGTH / 12);
    refused("annotations", "more than 131072 values", |archive| {
        archive.file("index.json", index(&with_field(&descriptor(MANIFEST, &hex(b""), 0), &annotations)));
    });
}

/// Documents with as many values as they may have.
#[test]
fn documents_of_many_values() {
    let (missing, other) = ("is not in the archive", "the configuration names 0 layers");
    for value in SMALL {
        let signs = value.matches(['[', '{', ':']).count() + 1;
        let many = list(value, 130_000 / signs);
        let last = if value == "\"\"" { other } else { "invalid type" };
        places_of_values(&many, ["missing field", missing, other, last]);
    }
    let annotations = annotations(65_000);
    refused("annotations", missing, |archive| {
        archive.file("index.json", index(&with_field(&descriptor(MANIFEST, &hex(b""), 0), &annotations)));
    });
}

/// Puts values where they are passed over, kept, and understood, each with what is said then.
fn places_of_values(many: &str, reasons: [&str; 4]) {
    let [of_index, of_descriptor, of_configuration, of_layers] = reasons;
    let field = format!(r#""x":[{many}]"#);
    refused("what an index does not know", of_index, |archive| {
        archive.file("index.json", format!(r#"{{"schemaVersion":2,{field}}}"#));
    });
    refused("what a descriptor does not know", of_descriptor, |archive| {
        archive.file("index.json", index(&with_field(&descriptor(MANIFEST, &hex(b""), 0), &field)));
    });
    refused("what a configuration does not know", of_configuration, |archive| {
        archive.file("c", with_field(&configuration(""), &field));
        archive.file("manifest.json", images("c", r#""l""#));
    });
    refused("layers of an image", of_layers, |archive| {
        archive.file("c", configuration("")).file("manifest.json", images("c", many));
    });
}

fn annotations(count: usize) -> String {
    let annotations: Vec<String> = (0..count).map(|number| format!(r#""{number:06}":"""#)).collect();
    format!(r#""annotations":{{{}}}"#, annotations.join(","))
}

/// An object with one more field.
fn with_field(object: &str, field: &str) -> String {
    format!("{},{field}}}", object.strip_suffix('}').unwrap())
}

/// Empty files, another for each number: names of 100 bytes in a directory with one of 154, `prefix` in the place of the first.
fn numbered(prefix: &str, numbers: Range<u32>) -> Vec<u8> {
    let mut header = tar::Header::new_ustar();
    header.set_path(format!("{}/{}", "d".repeat(154), "0".repeat(100))).unwrap();
    header.as_old_mut().name[..prefix.len()].copy_from_slice(prefix.as_bytes());
    header.set_mode(0o600);
    let mut bytes = Vec::with_capacity(numbers.len() * 512);
    for number in numbers {
        header.as_old_mut().name[90..].copy_from_slice(format!("{number:010}").as_bytes());
        header.set_cksum();
        bytes.extend_from_slice(header.as_bytes());
    }
    bytes
}

/// The same with the longest names that a file can have.
fn longest(numbers: Range<u32>) -> Vec<u8> {
    let (long, file) = (header(b'L', "L", 256), header(b'0', "x", 0));
    let mut bytes = Vec::with_capacity(numbers.len() * 1536);
    for number in numbers {
        bytes.extend_from_slice(&long);
        bytes.extend_from_slice(format!("{number:0>255}").as_bytes());
        bytes.resize(bytes.len().next_multiple_of(512), 0);
        bytes.extend_from_slice(&file);
    }
    bytes
}

const STEP: usize = 10_000;

#[test]
fn more_entries_than_an_archive_has() {
    refused("an archive", "limit of 262144 entries", |archive| {
        for first in (0..30_000).step_by(STEP) {
            archive.put(&longest(first..first + STEP as u32));
        }
        // the root again and again: making that many files takes its time
        archive.put(&header(b'5', "./", 0).repeat(270_000));
    });
}

#[test]
fn a_layer_of_a_million_entries() {
    const MILLION: u32 = 1_000_000;
    refused("a layer", "its tar has digest", |archive| {
        archive.claim(b'0', "l", u64::from(MILLION) * 512 + 1024);
        for first in (0..MILLION).step_by(STEP) {
            // most are names that mean nothing: making a million files takes its time
            let prefix = if first < MILLION / 50 { "" } else { ".wh..wh." };
            archive.put(&numbered(prefix, first..first + STEP as u32));
        }
        archive.end += 1024;
        let diff_id = format!("\"sha256:{}\"", hex(b""));
        archive.file("c", configuration(&diff_id)).file("manifest.json", images("c", "\"l\""));
    });
}
