//! `tare strip`.

use super::subject;
use crate::failure::{Failure, Outcome};
use crate::flags;
use crate::globals::Globals;
use oci::Reference;
use output::size;
use std::io::Write;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::time::Duration;
use sys::signal::SignalQueue;
use weigh::probe::{Probe, Request as Ask};
use weigh::{Happening, Request, Size, Stripped};

/// SIGINT and SIGTERM.
const ENDING: [i32; 2] = [2, 15];
/// Exit code when somebody asked for the end.
const CANCELED: i32 = 130;

/// Arguments of `strip`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Name of the derived image; may be given several times
    #[arg(short, long, value_name = "NAME[:TAG]", required = true)]
    tag: Vec<String>,
    /// How much is kept: strict (what was traced), safe (whole trees of modules) or package (whole packages)
    #[arg(long, default_value = "safe", value_name = "SIZE")]
    size: String,
    /// Exercise the program with these arguments, in the place of CMD; may be given several times
    #[arg(long, allow_hyphen_values = true, value_name = "ARGUMENTS")]
    probe: Vec<String>,
    /// Exercise the program with a request: [METHOD:][PORT]/PATH; may be given several times
    #[arg(long, value_name = "REQUEST")]
    probe_http: Vec<String>,
    /// Exercise the program with a script of this machine, which finds it at $TARE_PROBE_ADDRESS
    #[arg(long, value_name = "FILE")]
    probe_script: Vec<PathBuf>,
    /// Keep this file or directory in any case; may be given several times
    #[arg(long, value_name = "PATH")]
    include: Vec<String>,
    /// Network of the probes: bridge, host or none
    #[arg(long, default_value = "bridge", value_name = "MODE")]
    network: String,
    /// Longest time of one probe, in seconds
    #[arg(long, default_value_t = 120, value_name = "SECONDS")]
    timeout: u64,
    /// Where to write each file of the derived image with the reason for it
    #[arg(long, default_value = "closure.json", value_name = "FILE")]
    closure: PathBuf,
    /// Do not write closure.json
    #[arg(long, conflicts_with = "closure")]
    no_closure: bool,
    /// When the image is pulled: always, missing or never
    #[arg(long, value_enum, default_value = "missing", value_name = "POLICY")]
    pull: flags::Policy,
    /// Print only the derived image's id
    #[arg(short, long)]
    quiet: bool,
    /// Image to derive from
    #[arg(value_name = "IMAGE")]
    image: String,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let request = request(&arguments)?;
    let engine = globals.engine()?;
    let image = subject::image(&engine, &arguments.image, arguments.pull, arguments.quiet)?;
    // from here on the end is asked for by what it is waited for with
    let queue = SignalQueue::new(&ENDING).map_err(|errno| Failure::new(format!("signals: {errno}")))?;
    let tell = |happening: Happening| {
        if !arguments.quiet {
            say!("{}", words(&happening));
        }
    };
    let stripped =
        weigh::strip(&engine, &arguments.image, &image, &request, queue.as_fd(), &tell).map_err(failure)?;
    if !arguments.no_closure {
        write_record(&arguments.closure, &stripped)?;
    }
    if arguments.quiet {
        writeln!(std::io::stdout(), "{}", stripped.committed.id)?;
    } else {
        report(&arguments, &request, &stripped)?;
    }
    Ok(0)
}

fn request(arguments: &Arguments) -> Outcome<Request> {
    let names = arguments.tag.iter().map(|name| {
        name.parse::<Reference>().map_err(|error| {
            Failure::usage(format!("invalid argument {name:?} for \"-t, --tag\" flag: {error}"))
        })
    });
    let mut probes: Vec<Probe> = Vec::new();
    for probe in &arguments.probe {
        let words = shlex::split(probe).ok_or_else(|| {
            Failure::usage(format!("invalid argument {probe:?} for \"--probe\" flag: a quote is not closed"))
        })?;
        probes.push(Probe::Arguments(words));
    }
    if !arguments.probe_http.is_empty() {
        let asks = arguments.probe_http.iter().map(|text| ask(text));
        probes.push(Probe::Http(asks.collect::<Outcome<_>>()?));
    }
    probes.extend(arguments.probe_script.iter().cloned().map(Probe::Script));
    Ok(Request {
        names: names.collect::<Outcome<_>>()?,
        size: size_of(&arguments.size)?,
        probes,
        include: arguments.include.clone(),
        network: flags::network(&arguments.network)?,
        timeout: Duration::from_secs(arguments.timeout),
    })
}

fn size_of(text: &str) -> Outcome<Size> {
    match text {
        "strict" => Ok(Size::Strict),
        "safe" => Ok(Size::Safe),
        "package" => Ok(Size::Package),
        other => Err(Failure::usage(format!("invalid --size={other}: strict, safe or package is needed"))),
    }
}

/// `/path`, `GET:/path`, `GET:8080/path`.
fn ask(text: &str) -> Outcome<Ask> {
    let invalid = || {
        Failure::usage(format!(
            "invalid argument {text:?} for \"--probe-http\" flag: [METHOD:][PORT]/PATH is needed"
        ))
    };
    let (head, path) = text.find('/').map(|at| text.split_at(at)).ok_or_else(invalid)?;
    let (method, port) = match head.split_once(':') {
        Some((method, port)) => (method, port),
        None if head.bytes().all(|byte| byte.is_ascii_digit()) => ("GET", head),
        None => (head, ""),
    };
    let port = if port.is_empty() { None } else { Some(port.parse().map_err(|_| invalid())?) };
    if !method.bytes().all(|byte| byte.is_ascii_uppercase()) || method.is_empty() {
        return Err(invalid());
    }
    Ok(Ask { method: method.into(), port, path: path.into(), body: String::new() })
}

fn words(happening: &Happening) -> String {
    match happening {
        Happening::Probing { number, probe, derived } => {
            let place = if *derived { "derived image" } else { "image" };
            format!("probe {number} in the {place}: {}", printable(probe))
        }
        Happening::Probed { time, calls, uses } => {
            format!("  {:.2} s, {calls} look-ups of {uses} paths", time.as_secs_f64())
        }
        Happening::Derived { round, weight } => {
            format!("round {round}: {} files, {}", weight.files, size::decimal(weight.bytes))
        }
        Happening::Missed { files, example } => {
            format!("missed: {files} more, among them {}", printable(example))
        }
    }
}

/// Names from an image, for a terminal.
fn printable(text: &str) -> String {
    text.replace(char::is_control, "?")
}

fn write_record(path: &Path, stripped: &Stripped) -> Outcome<()> {
    let failed = |error: std::io::Error| Failure::new(format!("write {}: {error}", path.display()));
    let mut text =
        serde_json::to_vec_pretty(&stripped.record).map_err(|error| Failure::new(error.to_string()))?;
    text.push(b'\n');
    // a closure that is cut short would say that files are missing
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    std::fs::write(&temporary, text).and_then(|()| std::fs::rename(&temporary, path)).map_err(failed)
}

fn report(arguments: &Arguments, request: &Request, stripped: &Stripped) -> Outcome<()> {
    let (fat, thin) = (&stripped.record.fat, &stripped.record.thin);
    let mut out = std::io::stdout().lock();
    writeln!(
        out,
        "{}: {} files, {} of {} files, {}",
        request.names.first().map(Reference::familiar).unwrap_or_default(),
        thin.files,
        size::decimal(thin.bytes),
        fat.files,
        size::decimal(fat.bytes)
    )?;
    if !arguments.no_closure {
        writeln!(out, "why each file is there: {}", arguments.closure.display())?;
    }
    Ok(())
}

pub(super) fn failure(error: weigh::Error) -> Failure {
    match error {
        weigh::Error::Engine(error) => error.into(),
        weigh::Error::Canceled => Failure::new("canceled").with_code(CANCELED),
        weigh::Error::Differs { .. } => Failure::new(format!(
            "{error}\nhint: keep what it wants with --include PATH, or take a larger --size; nothing was named"
        )),
        error => Failure::new(error.to_string()),
    }
}
