//! Exercising a program under the tracer: what it touches, what it prints, how it ends.

mod conversation;
mod running;
mod server;

use crate::error::{At, Error, Result};
use crate::subject::command;
use engine::Engine;
use engine::containers::NetworkMode;
use engine::step::{self, Attachments, Command};
use engine::store::layers::Draft;
use oci::DiffId;
use oci::image::Execution;
use std::fs::File;
use std::io::Read;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;
use std::time::Duration;
use trace::{Seen, Tracer};

/// The most bytes of output that are kept and compared.
const OUTPUT_LIMIT: u64 = 16 << 20;

/// Something that is done with an image's program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Probe {
    /// The image's own command. One that does not end by itself is asked for each port that the image exposes, and ended when it has become quiet.
    Own,
    /// The entry point with these arguments in the place of `CMD`.
    Arguments(Vec<String>),
    /// Requests to a program that serves HTTP.
    Http(Vec<Request>),
    /// A program of the host's, for which the image's own command runs meanwhile. It finds the address in `TARE_PROBE_ADDRESS`.
    Script(PathBuf),
}

/// A request by HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `HEAD`, `POST`.
    pub method: String,
    /// The port; without one the first that the image exposes.
    pub port: Option<u16>,
    /// Path with query.
    pub path: String,
    /// What is sent.
    pub body: String,
}

impl Probe {
    /// In words.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Own => "the image's own command".into(),
            Self::Arguments(arguments) => arguments.join(" "),
            Self::Http(requests) => {
                let words = requests.iter().map(|request| format!("{} {}", request.method, request.path));
                words.collect::<Vec<_>>().join(", ")
            }
            Self::Script(path) => path.display().to_string(),
        }
    }
}

/// What a probe gave.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The exit code; none of a program that did not end by itself.
    pub code: Option<i32>,
    /// Standard output.
    pub output: Vec<u8>,
    /// Standard error.
    pub error: Vec<u8>,
    /// Status and body of each answer.
    pub answers: Vec<(u16, Vec<u8>)>,
    /// Uses of paths.
    pub seen: Vec<Seen>,
    /// How many calls were notified.
    pub calls: u64,
}

/// Where and how probes run.
#[derive(Debug, Clone, Copy)]
pub struct Bench<'a> {
    /// The engine.
    pub engine: &'a Engine,
    /// The image's configuration.
    pub execution: &'a Execution,
    /// The network.
    pub network: NetworkMode,
    /// How long one probe may last.
    pub timeout: Duration,
    /// Becomes readable when somebody wants the end.
    pub stop: std::os::fd::BorrowedFd<'a>,
}

impl Bench<'_> {
    /// Runs a probe in a root of layers, lowest first, under the tracer. What it writes is thrown away.
    ///
    /// # Errors
    /// [`engine::Error::NotExecuted`] and what else starting reports; [`Error::Canceled`].
    pub fn run(&self, layers: &[DiffId], probe: &Probe) -> Result<Outcome> {
        let draft = Draft::new(self.engine.store())?;
        self.watched(layers, probe, &draft)
    }

    fn watched(&self, layers: &[DiffId], probe: &Probe, draft: &Draft) -> Result<Outcome> {
        let (ours, theirs) = sys::socket::pair().at("make", "a socket pair")?;
        let (output, output_end) = pipe()?;
        let (error, error_end) = pipe()?;
        let end = sys::event::eventfd(0, sys::event::EventfdFlags::CLOEXEC).at("make", "an event")?;
        let mut outcome = Outcome::default();
        let mut tracer = Tracer::new();
        let progress = tracer.progress();
        let result = std::thread::scope(|scope| {
            let (source, stop) = (ours.as_fd(), end.as_fd());
            let tracing = scope.spawn(move || {
                let ended = tracer.run(source, stop);
                (tracer, ended)
            });
            let readers = [output, error].map(|pipe| scope.spawn(move || content(pipe)));
            let attachments = Attachments {
                input: None,
                output: output_end.as_fd(),
                error: error_end.as_fd(),
                tracer: Some(theirs.as_fd()),
            };
            let started = step::start(self.engine, &self.command(layers, probe), draft, attachments);
            // the program alone has these
            drop((theirs, output_end, error_end));
            let done = match started {
                Ok(step) => conversation::hold(self, probe, step, &progress, &mut outcome),
                Err(error) => Err(error.into()),
            };
            // all its processes have ended: nobody waits for an answer
            let _ = sys::io::write(&end, &1_u64.to_ne_bytes());
            let (tracer, _) = tracing.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            outcome.seen = tracer.seen().to_vec();
            outcome.calls = tracer.count();
            let [output, error] =
                readers.map(|reader| reader.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            (outcome.output, outcome.error) = (output?, error?);
            done
        });
        match result {
            Ok(()) => Ok(outcome),
            Err(Error::Invalid(reason)) => Err(Error::Invalid(reason + &excerpt(&outcome.error))),
            Err(error) => Err(error),
        }
    }

    fn command(&self, layers: &[DiffId], probe: &Probe) -> Command {
        let arguments = match probe {
            Probe::Arguments(arguments) => Some(arguments.as_slice()),
            Probe::Own | Probe::Http(_) | Probe::Script(_) => None,
        };
        Command {
            layers: layers.to_vec(),
            command: command(self.execution, arguments),
            environment: self.execution.env.clone(),
            user: self.execution.user.clone(),
            directory: self.execution.working_dir.clone(),
            // the same in every run, so that what depends on it can be compared
            hostname: "probe".into(),
            network: self.network,
            binds: Vec::new(),
        }
    }
}

/// What is read from, and what is written to.
fn pipe() -> Result<(File, OwnedFd)> {
    let (read, write) = sys::pipe::pipe_with(sys::pipe::PipeFlags::CLOEXEC).at("make", "a pipe")?;
    Ok((File::from(read), write))
}

/// Reads to the end what a program writes, and keeps the beginning: one that writes without end neither waits for us nor fills the memory.
fn content(mut pipe: File) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    (&pipe).take(OUTPUT_LIMIT).read_to_end(&mut bytes).at("read", "the output of a probe")?;
    std::io::copy(&mut pipe, &mut std::io::sink()).at("read", "the output of a probe")?;
    Ok(bytes)
}

/// The last lines of what a program complained of.
pub(crate) fn excerpt(error: &[u8]) -> String {
    let text = String::from_utf8_lossy(error);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = lines.iter().rev().take(3).rev().map(|line| line.escape_debug().take(200).collect::<String>());
    last.fold(String::new(), |text, line| format!("{text}\n  | {line}"))
}
