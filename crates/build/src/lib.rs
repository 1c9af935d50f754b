//! From a Dockerfile to an image: text → syntax tree → plan → layers → commit.
//!
//! Floor 4. **Not here:** the language itself (`dockerfile`), running a command in a root (`engine::step`), printing (`cli`).
//!
//! # Flow
//! 1. [`context`]: where files come from, and what `.dockerignore` hides.
//! 2. `names`: which stages the target needs, and the images that they start from, pulled if need be and resolved to digests. Nothing calls back after
//!    this.
//! 3. [`plan`]: pure. Variables are replaced, metadata applied, every step is a value.
//! 4. `solve`: one thread a stage; every step is looked up by the digest of its inputs before it is carried out.
//! 5. `images::commit`.
//! 6. `remote`: steps from and to registries, if asked for.
//!
//! Start reading at [`build()`], then [`plan`].

#![forbid(unsafe_code)]

mod cancel;
pub mod config;
pub mod context;
mod error;
mod history;
mod names;
pub mod plan;
mod remote;
mod run;
mod scope;
mod solve;
mod transfer;

pub use cancel::Cancel;
pub use context::BuildContext;
pub use error::{Error, Result};
/// What a build tells while it runs.
pub use output::progress::{Event, Kind as EventKind};
pub use remote::Export;

use engine::Engine;
use engine::containers::NetworkMode;
use engine::images::commit::{Committed, commit};
use oci::{Platform, Reference};
use std::collections::BTreeMap;

/// What to build.
#[derive(Debug, Clone)]
pub struct Request {
    /// The Dockerfile's name in messages.
    pub file_name: String,
    /// Its text.
    pub text: Vec<u8>,
    /// Names for the image.
    pub names: Vec<Reference>,
    /// `--build-arg`.
    pub arguments: BTreeMap<String, String>,
    /// Stage to build, by name or number; the last one without it.
    pub target: Option<String>,
    /// Carry every step out, whatever the cache says.
    pub no_cache: bool,
    /// Labels beside those of the Dockerfile.
    pub labels: BTreeMap<String, String>,
    /// Network of `RUN` steps that do not name one.
    pub network: NetworkMode,
    /// Platform of the image.
    pub platform: Platform,
    /// When base images are pulled.
    pub pull: Pull,
    /// Where steps are looked up beside the store's cache.
    pub cache_from: Vec<Reference>,
    /// Where the steps of this build are written to.
    pub cache_to: Vec<Export>,
}

/// When base images are pulled.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Pull {
    /// Always: their names may mean something new.
    Always,
    /// If the store does not have them.
    #[default]
    Missing,
    /// Not at all.
    Never,
}

/// Where events go. It is called from several threads.
pub type Progress<'a> = dyn Fn(Event) + Sync + 'a;

/// Who asked for a build.
#[derive(Clone, Copy)]
#[expect(missing_debug_implementations, reason = "what is called has nothing to show")]
pub struct Caller<'a> {
    /// Is told what happens.
    pub progress: &'a Progress<'a>,
    /// Hears what is accepted but was hardly meant.
    pub warn: &'a (dyn Fn(&str) + Sync),
    /// Asks for the end.
    pub cancel: &'a Cancel,
    /// Speaks to registries. It has to be canceled too.
    pub client: &'a registry::Client,
}

/// Builds an image.
///
/// # Errors
/// [`Error::Dockerfile`] with a position before any step runs; [`Error::Step`] with the step that failed. Nothing is named then, and finished steps stay in the cache.
pub fn build(
    engine: &Engine,
    request: &Request,
    context: &BuildContext,
    caller: Caller<'_>,
) -> Result<Committed> {
    let file = dockerfile::parse(&request.file_name, &request.text)?;
    let lease = engine::store::leases::Lease::new(engine.store()).map_err(engine::Error::from)?;
    let (bases, pulled) = names::resolve(engine, request, &file, &lease, caller)?;
    let plan = plan::lower(request, &file, &bases)?;
    if !plan.unused_arguments.is_empty() {
        (caller.warn)(&format!(
            "one or more build-args [{}] were not consumed",
            plan.unused_arguments.join(" ")
        ));
    }
    plan.warnings.iter().for_each(|warning| (caller.warn)(warning));
    let from: &[Reference] = if request.no_cache { &[] } else { &request.cache_from };
    let imports = remote::Imports::read(engine, caller, from)?;
    let job = solve::Job {
        engine,
        request,
        plan: &plan,
        context,
        lease: &lease,
        before: pulled,
        warn: caller.warn,
        imports: &imports,
    };
    let (configuration, records) = solve::solve(job, caller.progress, caller.cancel)?;
    let committed = commit(engine.store(), &configuration, &request.names)?;
    remote::export(engine, caller, &request.cache_to, &records, &configuration.rootfs.diff_ids)?;
    Ok(committed)
}
