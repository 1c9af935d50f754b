//! The plan: every step of every needed stage as a value, with all variables replaced. Making it is pure.

mod closure;
mod instruction;

use crate::names::{self, BaseImage, Bases, From};
use crate::scope::{self, Arguments, Globals};
use crate::{Error, Request, Result};
use dockerfile::{Dockerfile, Instruction, Span};
use engine::containers::NetworkMode;
use oci::Platform;
use oci::image::Execution;
use std::collections::{BTreeMap, BTreeSet};

pub use self::closure::ClosureAction;

/// What to do.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The needed stages by their number in the Dockerfile.
    pub stages: BTreeMap<usize, Stage>,
    /// The stage whose result is the image.
    pub target: usize,
    /// The Dockerfile, for excerpts.
    pub file: Dockerfile,
    /// Arguments of the request that no line declares.
    pub unused_arguments: Vec<String>,
    /// What is accepted and was hardly meant, or is not known to other builders; with its place.
    pub warnings: Vec<String>,
}

/// A stage.
#[derive(Debug, Clone)]
pub struct Stage {
    /// Its name, or its number.
    pub name: String,
    /// What it starts from.
    pub base: StageOrigin,
    /// Its steps, in order.
    pub steps: Vec<Step>,
    /// What its containers start with, after the last step.
    pub execution: Execution,
    /// What it is for.
    pub platform: Platform,
    /// Who made it (`MAINTAINER`).
    pub author: Option<String>,
}

/// What a stage starts from.
#[derive(Debug, Clone)]
pub enum StageOrigin {
    /// Nothing.
    Scratch,
    /// An image.
    Image(Box<BaseImage>),
    /// The result of another stage.
    Stage(usize),
}

/// One instruction, ready to be carried out.
#[derive(Debug, Clone)]
pub struct Step {
    /// What people read: the instruction's text.
    pub text: String,
    /// The line in the image's history.
    pub created_by: String,
    /// Where it stands.
    pub span: Span,
    /// What there is to do.
    pub action: Action,
}

/// What a step does.
#[derive(Debug, Clone)]
pub enum Action {
    /// It changed the configuration only, which has been done.
    Metadata,
    /// It runs a command.
    Run(Box<RunAction>),
    /// It copies files.
    Copy(Box<CopyAction>),
    /// It makes a directory.
    Directory {
        /// Its absolute path.
        path: String,
        /// Whose it is.
        user: String,
    },
}

/// A command to run.
#[derive(Debug, Clone)]
pub struct RunAction {
    /// Program and arguments.
    pub command: Vec<String>,
    /// A script for standard use: its content, put at the path that the command names.
    pub script: Option<String>,
    /// Variables, `NAME=value`.
    pub environment: Vec<String>,
    /// Variables that count for the cache: without the predefined ones that nobody declared.
    pub keyed_environment: Vec<String>,
    /// User and group.
    pub user: String,
    /// Working directory.
    pub directory: String,
    /// Network.
    pub network: NetworkMode,
}

/// Files to copy.
#[derive(Debug, Clone)]
pub struct CopyAction {
    /// Paths in the origin, wildcards allowed.
    pub sources: Vec<String>,
    /// Files whose content stands in the Dockerfile: name and content.
    pub texts: Vec<(String, String)>,
    /// Where the paths are.
    pub origin: Origin,
    /// Absolute path in the stage; a trailing slash means a directory.
    pub destination: String,
    /// Owner of everything that is copied or made.
    pub chown: Option<String>,
    /// Mode of everything that is copied.
    pub chmod: Option<u32>,
    /// What the sources need comes along.
    pub closure: Option<ClosureAction>,
    /// Local archives are unpacked (`ADD`).
    pub unpack: bool,
    /// `COPY` or `ADD`.
    pub keyword: &'static str,
}

/// Where files are copied from.
#[derive(Debug, Clone)]
pub enum Origin {
    /// The build context.
    Context,
    /// Another stage.
    Stage(usize),
    /// An image.
    Image(Box<BaseImage>),
}

/// Makes the plan.
///
/// # Errors
/// [`Error::Dockerfile`] with the position of what is wrong, or of what this version does not do.
pub fn lower(request: &Request, file: &Dockerfile, bases: &Bases) -> Result<Plan> {
    let mut globals = Globals::new(request);
    names::declare_globals(&mut globals, file)?;
    let mut stages: BTreeMap<usize, Stage> = BTreeMap::new();
    // a stage refers only to stages before it
    for number in &bases.needed {
        let stage = lower_stage(request, file, bases, &globals, *number, &stages)?;
        stages.insert(*number, stage);
    }
    if let Some(stage) = stages.get_mut(&bases.target) {
        stage.execution.labels.extend(request.labels.clone());
    }
    let mut warnings = warnings(file);
    warnings.extend(closure::lost_variables(file, &stages));
    Ok(Plan {
        stages,
        target: bases.target,
        file: file.clone(),
        unused_arguments: unused(request, file, bases),
        warnings,
    })
}

/// What the parser warns of, but for what `# check=skip=…` names. That a file uses an extension is told once.
fn warnings(file: &Dockerfile) -> Vec<String> {
    let mut extensions = BTreeSet::new();
    let is_news = |warning: &&dockerfile::Warning| {
        !file.directives.skips(warning.rule)
            && (warning.rule != "Extension" || extensions.insert(warning.message.clone()))
    };
    let told = file.warnings.iter().filter(is_news);
    let place = |warning: &dockerfile::Warning| format!("{}:{:?}", file.source.name(), warning.position);
    told.map(|warning| format!("{}: {} ({})", place(warning), warning.message, warning.rule)).collect()
}

/// Arguments that no line declares: most often a misspelt name.
fn unused(request: &Request, file: &Dockerfile, bases: &Bases) -> Vec<String> {
    let triggers = bases.images.values().flat_map(|image| &image.triggers);
    let stages = file.stages.iter().flat_map(|stage| &stage.instructions);
    let instructions = file.global_args.iter().chain(stages).chain(triggers);
    let declared: BTreeSet<&str> = instructions
        .filter_map(|instruction| match &instruction.kind {
            dockerfile::Kind::Arg(arguments) => Some(arguments),
            _ => None,
        })
        .flatten()
        .map(|argument| argument.name.as_str())
        .collect();
    let is_unused =
        |name: &&String| !declared.contains(name.as_str()) && !scope::PREDEFINED.contains(&name.as_str());
    request.arguments.keys().filter(is_unused).cloned().collect()
}

fn lower_stage(
    request: &Request,
    file: &Dockerfile,
    bases: &Bases,
    globals: &Globals<'_>,
    number: usize,
    before: &BTreeMap<usize, Stage>,
) -> Result<Stage> {
    let parsed = &file.stages[number];
    let mut triggers: Vec<Instruction> = Vec::new();
    let (base, execution, author) = match &bases.from[&number] {
        From::Scratch => (StageOrigin::Scratch, scratch(), None),
        From::Image(name) => {
            let image = &bases.images[name];
            triggers.clone_from(&image.triggers);
            let author = image.configuration.author.clone();
            let mut execution = image.configuration.config.clone();
            if scope::variable(&execution.env, "PATH").is_none() {
                execution.env.insert(0, default_path());
            }
            (StageOrigin::Image(Box::new(image.clone())), execution, author)
        }
        From::Stage(other) => {
            let stage =
                before.get(other).ok_or_else(|| Error::Context("a stage refers to a later one".into()))?;
            triggers = names::triggers(&stage.execution)?;
            (StageOrigin::Stage(*other), stage.execution.clone(), stage.author.clone())
        }
    };
    let mut lowering = Lowering {
        request,
        file,
        bases,
        globals,
        before,
        number,
        arguments: Arguments::default(),
        has_own_command: false,
        stage: Stage {
            name: parsed.name.clone().unwrap_or_else(|| format!("stage-{number}")),
            base,
            steps: Vec::new(),
            execution,
            platform: bases.platforms[&number].clone(),
            author,
        },
    };
    if !triggers.is_empty() {
        // they are for this build, not for one that starts from it
        lowering.stage.execution.on_build.clear();
    }
    for trigger in &triggers {
        lowering.instruction(trigger, parsed.from.span)?;
    }
    for instruction in &parsed.instructions {
        lowering.instruction(instruction, instruction.span)?;
    }
    Ok(lowering.stage)
}

/// An image from nothing has the usual path, as `docker build` gives it.
fn scratch() -> Execution {
    Execution { env: vec![default_path()], working_dir: "/".into(), ..Execution::default() }
}

/// What `docker build` gives an image whose base says nothing else.
fn default_path() -> String {
    "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin".into()
}

/// A stage being lowered.
struct Lowering<'a> {
    request: &'a Request,
    file: &'a Dockerfile,
    bases: &'a Bases,
    globals: &'a Globals<'a>,
    /// The stages that have been lowered.
    before: &'a BTreeMap<usize, Stage>,
    number: usize,
    arguments: Arguments,
    /// This stage has set a command itself.
    has_own_command: bool,
    stage: Stage,
}
