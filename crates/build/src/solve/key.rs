//! Cache keys: the digest of everything that a step's result depends on. Content and mode count, times do not; the text of an instruction
//! alone never decides (CVE-2024-24557).

use crate::plan::{Action, Stage, Step};
use crate::transfer::Prepared;
use oci::digest::Hasher;
use oci::{DiffId, Digest};

/// Changes when the meaning of a step changes.
const VERSION: &[u8] = b"tare build 1";
/// Changes when a closure of the same files is another one. Only quick keys need it: the others are digests of the files themselves.
const CLOSURE_VERSION: &[u8] = concat!("closure 1 of ", env!("CARGO_PKG_VERSION")).as_bytes();

/// The key of a step on these layers.
pub(super) fn step(stage: &Stage, step: &Step, layers: &[DiffId], prepared: Option<&Prepared>) -> Digest {
    let mut hasher = Hasher::default();
    hasher.field(VERSION);
    hasher.field(stage.platform.to_string().as_bytes());
    for layer in layers {
        hasher.field(layer.to_string().as_bytes());
    }
    match &step.action {
        Action::Metadata => hasher.field(b"metadata"),
        Action::Run(run) => {
            hasher.field(b"run");
            list(&mut hasher, &run.command);
            hasher.field(run.script.as_deref().unwrap_or_default().as_bytes());
            list(&mut hasher, &run.keyed_environment);
            for text in [&run.user, &run.directory] {
                hasher.field(text.as_bytes());
            }
            hasher.field(run.network.name().as_bytes());
        }
        Action::Copy(copy) => {
            hasher.field(b"copy");
            hasher.field(copy.destination.as_bytes());
            hasher.field(copy.chown.as_deref().unwrap_or_default().as_bytes());
            hasher.field(format!("{:?} {}", copy.chmod, copy.unpack).as_bytes());
            if copy.closure.is_some() {
                hasher.field(b"closure");
            }
            if let Some(prepared) = prepared {
                hasher.field(prepared.digest().to_string().as_bytes());
            }
        }
        Action::Directory { path, user } => {
            hasher.field(b"directory");
            hasher.field(path.as_bytes());
            hasher.field(user.as_bytes());
        }
    }
    hasher.finish()
}

/// A second key of a `COPY --closure`, by the layers that it copies from in place of the files: it is known before any of them has been read. A miss says
/// nothing: other layers may hold the same files.
pub(super) fn closure(
    stage: &Stage,
    step: &Step,
    layers: &[DiffId],
    origin: Option<&[DiffId]>,
) -> Option<Digest> {
    let (Action::Copy(copy), Some(origin)) = (&step.action, origin) else { return None };
    let closure = copy.closure.as_ref()?;
    let setting = &closure.setting;
    let mut hasher = Hasher::default();
    hasher.field(CLOSURE_VERSION);
    hasher.field(self::step(stage, step, layers, None).to_string().as_bytes());
    hasher.field(&(origin.len() as u64).to_le_bytes());
    for layer in origin {
        hasher.field(layer.to_string().as_bytes());
    }
    list(&mut hasher, &copy.sources);
    list(&mut hasher, &setting.environment);
    for text in [closure.size_name(), &setting.directory, &setting.user] {
        hasher.field(text.as_bytes());
    }
    Some(hasher.finish())
}

/// The key of an image that consists of metadata only.
pub(super) fn metadata(stage: &Stage) -> Digest {
    let mut hasher = Hasher::default();
    hasher.field(VERSION);
    hasher.field(b"configuration");
    let execution = serde_json::to_vec(&stage.execution).expect("an execution serialises");
    hasher.field(&execution);
    for step in &stage.steps {
        hasher.field(step.created_by.as_bytes());
    }
    hasher.finish()
}

fn list(hasher: &mut Hasher, list: &[String]) {
    hasher.field(&(list.len() as u64).to_le_bytes());
    for text in list {
        hasher.field(text.as_bytes());
    }
}
