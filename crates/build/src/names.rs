//! Which stages a target needs, and the images that they start from: names become digests here, and nothing later asks again.

use crate::scope::Globals;
use crate::{Caller, Error, Event, EventKind, Pull, Request, Result};
use dockerfile::{Dockerfile, Instruction, Kind, Stage};
use engine::images::pull::{LayerState, PullEvent, pull};
use engine::{Engine, images};
use oci::image::Configuration;
use oci::{DiffId, Digest, Platform};
use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

/// An image that a stage starts from, or that files are copied from.
#[derive(Debug, Clone)]
pub struct BaseImage {
    /// The name as it is shown.
    pub name: String,
    /// Its IMAGE ID.
    pub id: Digest,
    /// Its configuration.
    pub configuration: Configuration,
    /// The triggers that it leaves for builds, parsed.
    pub triggers: Vec<Instruction>,
}

impl BaseImage {
    /// Its layers, lowest first.
    #[must_use]
    pub fn layers(&self) -> &[DiffId] {
        &self.configuration.rootfs.diff_ids
    }
}

/// What a stage starts from.
#[derive(Debug, Clone)]
pub(crate) enum From {
    Scratch,
    Image(String),
    Stage(usize),
}

/// The names of a Dockerfile, resolved.
#[derive(Debug, Clone, Default)]
pub struct Bases {
    /// The stage to build.
    pub(crate) target: usize,
    /// The stages that it needs, itself included.
    pub(crate) needed: BTreeSet<usize>,
    /// What each needed stage starts from.
    pub(crate) from: BTreeMap<usize, From>,
    /// Platform of each needed stage.
    pub(crate) platforms: BTreeMap<usize, Platform>,
    /// Images by the name in the Dockerfile.
    pub(crate) images: BTreeMap<String, BaseImage>,
}

/// Resolves all names that the target needs; and how many images were asked for in registries.
pub(crate) fn resolve(
    engine: &Engine,
    request: &Request,
    file: &Dockerfile,
    lease: &engine::store::leases::Lease,
    caller: Caller<'_>,
) -> Result<(Bases, usize)> {
    let asked = Cell::new(0);
    let finder = Finder { engine, file, lease, caller, policy: request.pull, asked: &asked };
    let target = target(request, file)?;
    let mut globals = Globals::new(request);
    declare_globals(&mut globals, file)?;
    let mut bases = Bases { target, ..Bases::default() };
    let mut pending = vec![target];
    while let Some(number) = pending.pop() {
        if !bases.needed.insert(number) {
            continue;
        }
        let stage = &file.stages[number];
        let platform = platform(request, file, stage, &globals)?;
        let from = from(file, number, &globals)?;
        let mut instructions: Vec<Instruction> = stage.instructions.clone();
        match &from {
            From::Stage(other) => pending.push(*other),
            From::Image(name) => {
                let position = stage.from.span.start();
                let wanted = Wanted { name, platform: &platform, position, stages: number };
                let image = finder.image(&wanted)?;
                instructions.extend(image.triggers.iter().cloned());
                bases.images.insert(name.clone(), image);
            }
            From::Scratch => {}
        }
        for instruction in &instructions {
            let Kind::Copy(copy) = &instruction.kind else { continue };
            let Some(flag) = &copy.from else { continue };
            let name = flag.value.as_str();
            match stage_by_name(file, name, number) {
                Some(other) => pending.push(other),
                None if !bases.images.contains_key(name) => {
                    let wanted =
                        Wanted { name, platform: &platform, position: flag.position, stages: number };
                    let image = finder.image(&wanted)?;
                    bases.images.insert(name.to_owned(), image);
                }
                None => {}
            }
        }
        bases.from.insert(number, from);
        bases.platforms.insert(number, platform);
    }
    Ok((bases, asked.get()))
}

/// Values of the `ARG`s before the first `FROM`, each seeing those above it.
pub(crate) fn declare_globals(globals: &mut Globals<'_>, file: &Dockerfile) -> Result<()> {
    for instruction in &file.global_args {
        let Kind::Arg(arguments) = &instruction.kind else { continue };
        for argument in arguments {
            let default = argument
                .default
                .as_ref()
                .map(|default| dockerfile::expand(default, file.escape, &|name| globals.value(name)))
                .transpose()
                .map_err(|error| fault(file, instruction.span, error.to_string()))?;
            globals.declare(&argument.name, default);
        }
    }
    Ok(())
}

pub(crate) fn fault(file: &Dockerfile, span: dockerfile::Span, message: impl Into<String>) -> Error {
    file.source.error(dockerfile::Fault::new(span.start(), message)).into()
}

fn target(request: &Request, file: &Dockerfile) -> Result<usize> {
    let Some(target) = &request.target else { return Ok(file.stages.len() - 1) };
    let by_number = || target.parse().ok().filter(|n| *n < file.stages.len());
    let named = |stage: &Stage| stage.name.as_deref() == Some(target.to_lowercase().as_str());
    file.stages.iter().position(named).or_else(by_number).ok_or_else(|| {
        let names: Vec<&str> = file.stages.iter().filter_map(|stage| stage.name.as_deref()).collect();
        let nearest =
            dockerfile::nearest(target, &names).map(|n| format!(", did you mean {n:?}?")).unwrap_or_default();
        Error::Context(format!("target stage {target:?} could not be found{nearest}"))
    })
}

fn from(file: &Dockerfile, number: usize, globals: &Globals<'_>) -> Result<From> {
    let from = &file.stages[number].from;
    let image = dockerfile::expand(&from.image, file.escape, &|name| globals.value(name))
        .map_err(|error| fault(file, from.span, error.to_string()))?;
    if image.is_empty() {
        let message = format!("base name ({}) should not be blank", from.image);
        return Err(fault(file, from.span, message));
    }
    let named = |stage: &Stage| stage.name.as_deref() == Some(image.to_lowercase().as_str());
    Ok(match file.stages[..number].iter().rposition(named) {
        Some(stage) => From::Stage(stage),
        None if image == "scratch" => From::Scratch,
        None => From::Image(image),
    })
}

/// A stage before `number` by its name or number: what `COPY --from` means first.
pub(crate) fn stage_by_name(file: &Dockerfile, name: &str, number: usize) -> Option<usize> {
    let named = |stage: &Stage| stage.name.as_deref() == Some(name.to_lowercase().as_str());
    file.stages[..number]
        .iter()
        .rposition(named)
        .or_else(|| name.parse().ok().filter(|stage: &usize| *stage < number))
}

fn platform(request: &Request, file: &Dockerfile, stage: &Stage, globals: &Globals<'_>) -> Result<Platform> {
    let Some(flag) = &stage.from.platform else { return Ok(request.platform.clone()) };
    let at = |message: String| Error::from(file.source.error(dockerfile::Fault::new(flag.position, message)));
    let text = dockerfile::expand(&flag.value, file.escape, &|name| globals.value(name))
        .map_err(|error| at(error.to_string()))?;
    text.parse().map_err(|error: oci::platform::InvalidPlatform| at(error.to_string()))
}

/// An image that is asked for, and where.
struct Wanted<'a> {
    name: &'a str,
    platform: &'a Platform,
    position: dockerfile::Position,
    /// Number of stages whose names could have been meant.
    stages: usize,
}

/// Finds images, here or in registries.
struct Finder<'a> {
    engine: &'a Engine,
    file: &'a Dockerfile,
    lease: &'a engine::store::leases::Lease,
    caller: Caller<'a>,
    policy: Pull,
    /// Number of images that were asked for in registries.
    asked: &'a Cell<usize>,
}

impl Finder<'_> {
    fn image(&self, wanted: &Wanted<'_>) -> Result<BaseImage> {
        let Wanted { name, platform, .. } = *wanted;
        if self.policy == Pull::Always {
            self.pull(wanted)?;
        }
        let suits = |image: &images::Image| {
            let own = &image.platform;
            own.architecture.is_empty() || platform.preference(own).is_some()
        };
        let found = match images::find_for(self.engine.store(), name, platform) {
            Ok(found) if suits(&found) => found,
            Ok(_) | Err(images::Error::NoImage(_)) if self.policy == Pull::Missing => {
                self.pull(wanted)?;
                images::find_for(self.engine.store(), name, platform)?
            }
            Ok(found) => found,
            Err(images::Error::NoImage(_)) => {
                let message = format!("image {name} is not in the store; tare pull, load or import adds one");
                return Err(self.fault(wanted, message));
            }
            Err(other) => return Err(other.into()),
        };
        let own = &found.platform;
        if !suits(&found) {
            return Err(self.fault(wanted, format!("image {name} is for {own}, the stage is for {platform}")));
        }
        // from here on a prune leaves it alone; it may have been removed just before
        let layers = found.configuration.rootfs.diff_ids.iter().map(|layer| layer.0);
        self.lease.hold(layers.chain([found.id]).chain(found.manifest))?;
        for layer in &found.configuration.rootfs.diff_ids {
            engine::store::layers::open(self.engine.store(), layer)?;
        }
        let triggers =
            found.configuration.config.on_build.iter().map(|trigger| dockerfile::parse_instruction(trigger));
        Ok(BaseImage {
            name: name.to_owned(),
            id: found.id,
            triggers: triggers.collect::<Result<_, _>>()?,
            configuration: found.configuration,
        })
    }

    /// Pulls an image, as a step that people see.
    fn pull(&self, wanted: &Wanted<'_>) -> Result<()> {
        let name: oci::Reference =
            wanted.name.parse().map_err(|error| self.fault(wanted, format!("{error}")))?;
        let number = self.asked.get() + 1;
        self.asked.set(number);
        let title = format!("[internal] pull {name}");
        let tell =
            |kind| (self.caller.progress)(Event { step: number, of: number, name: title.clone(), kind });
        tell(EventKind::Started);
        let begin = std::time::Instant::now();
        let request = images::pull::Pull::new(name.clone(), Some(wanted.platform.clone()));
        let pulled = pull(self.engine.store(), self.caller.client, &request, &|event| {
            if let Some(line) = line(&event) {
                tell(EventKind::Output(line.into_bytes()));
            }
        });
        match pulled {
            Ok(_) => {
                let milliseconds = u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX);
                tell(EventKind::Finished { milliseconds });
                Ok(())
            }
            Err(images::Error::Registry(registry::Error::Canceled)) => {
                tell(EventKind::Canceled);
                Err(Error::Canceled)
            }
            Err(error) => {
                tell(EventKind::Failed { message: error.to_string() });
                Err(self.fault(wanted, error.to_string()))
            }
        }
    }

    /// A message at the place where the image is named; a stage's name may have been meant.
    fn fault(&self, wanted: &Wanted<'_>, message: String) -> Error {
        let stages = &self.file.stages[..wanted.stages];
        let names: Vec<&str> = stages.iter().filter_map(|stage| stage.name.as_deref()).collect();
        let nearest = dockerfile::nearest(wanted.name, &names).map(str::to_owned);
        let fault = dockerfile::Fault::new(wanted.position, message);
        self.file.source.error(fault.suggest(nearest)).into()
    }
}

/// What is told of a layer on its way.
fn line(event: &PullEvent) -> Option<String> {
    let PullEvent::Layer { blob, state } = event else { return None };
    let word = match state {
        LayerState::Exists => "exists",
        LayerState::Arrived => "downloaded",
        LayerState::Complete => "unpacked",
        LayerState::Waiting | LayerState::Arriving(_) => return None,
    };
    Some(format!("{blob} {word}\n"))
}

/// The triggers that an image or stage leaves for what starts from it.
pub(crate) fn triggers(execution: &oci::image::Execution) -> Result<Vec<Instruction>> {
    Ok(execution
        .on_build
        .iter()
        .map(|trigger| dockerfile::parse_instruction(trigger))
        .collect::<Result<_, _>>()?)
}
