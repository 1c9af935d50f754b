//! `tare build`.

use crate::failure::{Failure, Outcome};
use crate::flags::network;
use crate::globals::Globals;
use crate::registries;
use build::{BuildContext, Caller, Cancel, Export, Pull, Request};
use engine::Engine;
use oci::{Platform, Reference};
use output::progress::{self, Size, Style};
use output::transfer::Stream;
use registry::Client;
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError, mpsc};

/// Exit code of a build that was canceled, as of a program that SIGINT ends.
const CANCELED: i32 = 130;

/// Where the Dockerfile is if nobody says otherwise.
const DOCKERFILE: &str = "Dockerfile";

/// Arguments of `build`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Name of the image; may be given several times
    #[arg(short, long, value_name = "NAME[:TAG]")]
    tag: Vec<String>,
    /// Dockerfile (PATH/Dockerfile by default; - for standard input)
    #[arg(short, long, value_name = "FILE")]
    file: Option<String>,
    /// Set a build argument (NAME copies it from here)
    #[arg(long, value_name = "NAME[=VALUE]")]
    build_arg: Vec<String>,
    /// Stage to build
    #[arg(long, value_name = "STAGE")]
    target: Option<String>,
    /// Do not use the build cache
    #[arg(long)]
    no_cache: bool,
    /// Pull base images, always or as the policy says: always, missing or never
    #[arg(long, num_args = 0..=1, default_value = "missing", default_missing_value = "true", require_equals = true, value_name = "POLICY")]
    pull: String,
    /// Look steps up in a registry too: type=registry,ref=NAME, or NAME
    #[arg(long, value_name = "SOURCE")]
    cache_from: Vec<String>,
    /// Write the steps to a registry: type=registry,ref=NAME[,mode=max]
    #[arg(long, value_name = "DESTINATION")]
    cache_to: Vec<String>,
    /// Push the image to the registries of its names
    #[arg(long)]
    push: bool,
    /// Print only the image's id
    #[arg(short, long)]
    quiet: bool,
    /// Write the image's id to a file
    #[arg(long, value_name = "FILE")]
    iidfile: Option<PathBuf>,
    /// Set a label of the image
    #[arg(long, value_name = "NAME[=VALUE]")]
    label: Vec<String>,
    /// Network of RUN steps: default, host or none
    #[arg(long, default_value = "default", value_name = "MODE")]
    network: String,
    /// How progress is shown
    #[arg(long, value_enum, default_value = "auto", value_name = "STYLE")]
    progress: Style,
    /// Platform of the image
    #[arg(long, value_name = "OS/ARCHITECTURE")]
    platform: Option<Platform>,
    /// Accepted for scripts: images are always in the store
    #[arg(long)]
    load: bool,
    /// Directory with the files, or - for a tar (or a Dockerfile) on standard input
    #[arg(value_name = "PATH")]
    path: String,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    check(&arguments)?;
    let engine = globals.engine()?;
    let (context, file_name, text) = sources(&engine, &arguments)?;
    let request = request(&arguments, file_name, text)?;
    let style = if arguments.quiet { Style::Quiet } else { arguments.progress };
    let client = registries::client();
    let built = watched(&engine, &request, &context, &client, style)?;
    if let Some(path) = &arguments.iidfile {
        std::fs::write(path, built.id.to_string())
            .map_err(|error| Failure::new(format!("{}: {error}", path.display())))?;
    }
    if arguments.quiet {
        writeln!(std::io::stdout(), "{}", built.id)?;
    } else if style != Style::Quiet {
        tell(&built.id.to_string(), &request.names);
    }
    if style != Style::Quiet
        && let Some(warning) = super::image::pull::warning(&engine, &built.id)
    {
        warn(&[warning]);
    }
    if arguments.push {
        let stream = if style == Style::Quiet { Stream::Nowhere } else { Stream::Error };
        for name in &request.names {
            super::image::push::send(&engine, &client, name, None, stream)?;
        }
    }
    Ok(0)
}

fn tell(id: &str, names: &[Reference]) {
    say!("image {id}");
    for name in names {
        say!("named {}", name.familiar());
    }
}

fn check(arguments: &Arguments) -> Outcome<()> {
    policy(&arguments.pull)?;
    if arguments.push && arguments.tag.is_empty() {
        return Err(Failure::usage("tag is needed when pushing to registry"));
    }
    let remote = ["http://", "https://", "git://", "git@", "github.com/"];
    if remote.iter().any(|scheme| arguments.path.starts_with(scheme)) {
        return Err(Failure::usage(format!(
            "a remote build context ({}) is not supported yet",
            arguments.path
        )));
    }
    if arguments.path == "-" && arguments.file.as_deref() == Some("-") {
        return Err(Failure::usage(
            "invalid argument: can't use stdin for both build context and dockerfile",
        ));
    }
    Ok(())
}

/// When base images are pulled; Docker's flag is a truth, Podman's a word.
fn policy(text: &str) -> Outcome<Pull> {
    match text {
        "true" | "always" | "1" => Ok(Pull::Always),
        "false" | "missing" | "0" => Ok(Pull::Missing),
        "never" => Ok(Pull::Never),
        other => Err(Failure::usage(format!("invalid --pull={other}: always, missing or never is needed"))),
    }
}

/// A place of build cache, as BuildKit's command line has it.
fn cache(text: &str) -> Outcome<Export> {
    let invalid = |reason: String| Failure::usage(format!("invalid build cache {text:?}: {reason}"));
    if !text.contains('=') {
        return Ok(Export { name: registries::reference(text)?, all: false });
    }
    let (mut name, mut all, mut kind) = (None, false, "registry");
    for part in text.split(',') {
        match part.split_once('=').unwrap_or((part, "")) {
            ("type", value) => kind = value,
            ("ref", value) => name = Some(registries::reference(value)?),
            ("mode", "max") => all = true,
            ("mode", "min") => {}
            // it is never done in another way
            ("oci-mediatypes" | "image-manifest", "true") => {}
            (key, value) => return Err(invalid(format!("{key}={value} is not supported"))),
        }
    }
    if kind != "registry" {
        return Err(invalid(format!("type={kind} is not supported: registry is")));
    }
    Ok(Export { name: name.ok_or_else(|| invalid("ref=NAME is missing".into()))?, all })
}

/// The same to read from.
fn cache_from(text: &str) -> Outcome<Reference> {
    if text.split(',').any(|part| part.starts_with("mode=")) {
        return Err(Failure::usage(format!("invalid build cache {text:?}: mode= is for --cache-to")));
    }
    Ok(cache(text)?.name)
}

fn request(arguments: &Arguments, file_name: String, text: Vec<u8>) -> Outcome<Request> {
    let names = arguments.tag.iter().map(|name| {
        name.parse::<Reference>().map_err(|error| {
            Failure::usage(format!("invalid argument {name:?} for \"-t, --tag\" flag: {error}"))
        })
    });
    let mut build_arguments = BTreeMap::new();
    for argument in crate::flags::environment(&[], &arguments.build_arg)? {
        let (name, value) = argument.split_once('=').unwrap_or((&argument, ""));
        build_arguments.insert(name.to_owned(), value.to_owned());
    }
    let pair = |label: &String| {
        let (name, value) = label.split_once('=').unwrap_or((label, ""));
        (name.to_owned(), value.to_owned())
    };
    Ok(Request {
        file_name,
        text,
        names: names.collect::<Outcome<_>>()?,
        arguments: build_arguments,
        target: arguments.target.clone(),
        no_cache: arguments.no_cache,
        labels: arguments.label.iter().map(pair).collect(),
        network: network(&arguments.network)?,
        platform: arguments.platform.clone().unwrap_or_else(Platform::host),
        pull: policy(&arguments.pull)?,
        cache_from: arguments.cache_from.iter().map(|text| cache_from(text)).collect::<Outcome<_>>()?,
        cache_to: arguments.cache_to.iter().map(|text| cache(text)).collect::<Outcome<_>>()?,
    })
}

/// The context, and the Dockerfile's name and text.
fn sources(engine: &Engine, arguments: &Arguments) -> Outcome<(BuildContext, String, Vec<u8>)> {
    if arguments.path == "-" {
        return from_input(engine, arguments);
    }
    let directory = Path::new(&arguments.path);
    let mut context = BuildContext::directory(directory).map_err(failure)?;
    let (name, text, below) = match arguments.file.as_deref() {
        Some("-") => ("Dockerfile".to_owned(), read(&mut std::io::stdin().lock())?, None),
        Some(path) => {
            let file = Path::new(path);
            let below = relative(directory, file);
            (path.to_owned(), read_file(file)?, below)
        }
        None => (DOCKERFILE.to_owned(), read_file(&directory.join(DOCKERFILE))?, Some(DOCKERFILE.to_owned())),
    };
    context.load_ignore(below.as_deref()).map_err(failure)?;
    Ok((context, name, text))
}

/// A tar with everything, or a Dockerfile alone.
fn from_input(engine: &Engine, arguments: &Arguments) -> Outcome<(BuildContext, String, Vec<u8>)> {
    let mut input = std::io::stdin().lock();
    let mut start = Vec::new();
    input.by_ref().take(512).read_to_end(&mut start)?;
    let compression = engine::store::changeset::Compression::detect(&start);
    let is_archive = compression != engine::store::changeset::Compression::None
        || engine::store::changeset::is_tar(&start);
    let mut whole = start.chain(input);
    if !is_archive {
        return Ok((BuildContext::empty(), DOCKERFILE.to_owned(), read(&mut whole)?));
    }
    let mut context = BuildContext::tar(engine, whole).map_err(failure)?;
    let name = arguments.file.clone().unwrap_or_else(|| DOCKERFILE.to_owned());
    let text = context.read(&name).map_err(failure)?;
    context.load_ignore(Some(&name)).map_err(failure)?;
    Ok((context, name, text))
}

fn read(input: &mut dyn Read) -> Outcome<Vec<u8>> {
    let limit = dockerfile::MAX_SOURCE_BYTES as u64 + 1;
    let mut text = Vec::new();
    input.take(limit).read_to_end(&mut text)?;
    Ok(text)
}

fn read_file(path: &Path) -> Outcome<Vec<u8>> {
    let mut file = std::fs::File::open(path).map_err(|error| {
        Failure::new(format!(
            "failed to read dockerfile: open {}: {error}; -f names another file",
            path.display()
        ))
    })?;
    read(&mut file)
}

/// The path of a file below a directory, if it is there.
fn relative(directory: &Path, file: &Path) -> Option<String> {
    let directory = directory.canonicalize().ok()?;
    let file = file.canonicalize().ok()?;
    Some(file.strip_prefix(directory).ok()?.to_string_lossy().into_owned())
}

/// Builds while progress is shown, and cancels when a signal asks for it.
fn watched(
    engine: &Engine,
    request: &Request,
    context: &BuildContext,
    client: &Client,
    style: Style,
) -> Outcome<engine::images::commit::Committed> {
    let cancel = Cancel::new()?;
    let done = Cancel::new()?;
    let queue = sys::signal::SignalQueue::new(&[1, 2, 15])
        .map_err(|error| Failure::new(format!("cannot queue signals: {error}")))?;
    let (sender, events) = mpsc::channel();
    // told at the end: standard error belongs to the progress until then
    let warnings = Mutex::new(Vec::new());
    let built = std::thread::scope(|scope| {
        // without this thread a signal is heard when the build is over
        let _ = std::thread::Builder::new()
            .spawn_scoped(scope, || cancel_on_signal(&queue, &done, &cancel, client));
        let shown = std::thread::Builder::new().spawn_scoped(scope, move || {
            let mut out = std::io::stderr().lock();
            // nobody may be looking
            let _ = progress::follow(&events, style, &mut out, &size);
        });
        let sender = Mutex::new(sender);
        let warn = |text: &str| warnings.lock().unwrap_or_else(PoisonError::into_inner).push(text.to_owned());
        let progress = |event| send(&sender, event);
        let caller = Caller { progress: &progress, warn: &warn, cancel: &cancel, client };
        let built = build::build(engine, request, context, caller);
        drop(sender);
        // without that one nothing is shown
        let _ = shown.map(std::thread::ScopedJoinHandle::join);
        done.cancel();
        built
    });
    if style != Style::Quiet {
        warn(&warnings.into_inner().unwrap_or_else(PoisonError::into_inner));
    }
    built.map_err(failure)
}

fn warn(warnings: &[String]) {
    for warning in warnings {
        say!("[Warning] {warning}");
    }
}

fn send(sender: &Mutex<mpsc::Sender<progress::Event>>, event: progress::Event) {
    // the display may have ended
    let _ = sender.lock().unwrap_or_else(PoisonError::into_inner).send(event);
}

fn cancel_on_signal(queue: &sys::signal::SignalQueue, done: &Cancel, cancel: &Cancel, client: &Client) {
    use sys::event::{PollFd, PollFlags, poll};
    loop {
        let mut fds = [PollFd::new(queue, PollFlags::IN), PollFd::new(done, PollFlags::IN)];
        // an interruption is a turn without a signal
        let _ = poll(&mut fds, None);
        if done.is_canceled() {
            return;
        }
        if queue.next().is_some() {
            if cancel.is_canceled() {
                // it may wait for a lock that somebody else has for a whole download: whoever asks twice does not want to
                std::process::exit(CANCELED);
            }
            cancel.cancel();
            client.cancel();
        }
    }
}

fn size() -> Option<Size> {
    let size = sys::termios::tcgetwinsize(sys::stdio::stderr()).ok()?;
    let (width, height) = (usize::from(size.ws_col), usize::from(size.ws_row));
    (width > 0 && height > 0).then_some(Size { width, height })
}

fn failure(error: build::Error) -> Failure {
    match error {
        build::Error::Step { message, excerpt, .. } => {
            Failure::new(format!("build failed\n{excerpt}\n{message}"))
        }
        build::Error::Canceled => Failure::new("canceled").with_code(CANCELED),
        build::Error::Engine(error) => error.into(),
        error => Failure::new(error.to_string()),
    }
}
