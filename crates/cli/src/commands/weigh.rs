//! `tare weigh`.

use super::subject;
use crate::failure::{Failure, Outcome};
use crate::flags;
use crate::globals::Globals;
use crate::terminal;
use engine::{Engine, Error, images};
use output::{size, template};
use std::io::Write;
use std::path::{Path, PathBuf};
use weigh::picture::{html, terminal as text};
use weigh::report::{self, Report};

/// Columns where there is no terminal that says how many it has.
const WIDTH: usize = 100;
/// More columns make lines that nobody reads.
const WIDEST: usize = 120;

/// Arguments of `weigh`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// json, or a Go template
    #[arg(short, long, default_value = "", hide_default_value = true)]
    format: String,
    /// Also write the report as a page to this file
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Fail if it is larger: 50MB
    #[arg(long, value_name = "SIZE")]
    fail_over_size: Option<String>,
    /// Fail if more of it is tare: 80%, or 50MB
    #[arg(long, value_name = "PERCENT|SIZE")]
    fail_over_tare: Option<String>,
    /// Fail if its layers hide more: 10MB
    #[arg(long, value_name = "SIZE")]
    fail_over_waste: Option<String>,
    /// Only look for a container, image or file
    #[arg(long = "type", value_enum, value_name = "TYPE")]
    kind: Option<Kind>,
    /// When an image is pulled: always, missing or never
    #[arg(long, value_enum, default_value = "missing", value_name = "POLICY")]
    pull: flags::Policy,
    /// Image, container, or a program or script of this machine
    #[arg(value_name = "IMAGE|CONTAINER|FILE")]
    name: String,
}

/// What a name may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    Container,
    Image,
    File,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let limits = Limits::parse(&arguments)?;
    let mut report = weighed(globals, &arguments)?;
    report.run_on(&sys::system::uname().release().to_string_lossy());
    print(&report, &arguments.format)?;
    if let Some(path) = &arguments.html {
        write_page(path, &report)?;
    }
    let excesses = limits.exceeded(&report);
    if excesses.is_empty() { Ok(0) } else { Err(Failure::new(excesses.join("\n"))) }
}

/// The report on whatever has that name: a path is a file, and otherwise containers come first.
fn weighed(globals: &Globals, arguments: &Arguments) -> Outcome<Report> {
    let name = arguments.name.as_str();
    let is_path = name.starts_with(['/', '.']);
    if arguments.kind == Some(Kind::File) || (arguments.kind.is_none() && is_path) {
        return report::file(Path::new(name)).map_err(failure);
    }
    let engine = globals.engine()?;
    if arguments.kind != Some(Kind::Image) {
        match report::container(&engine, name) {
            Err(weigh::Error::Engine(Error::NoContainer(_))) if arguments.kind.is_none() => {}
            found => return found.map_err(failure),
        }
    }
    let is_unknown = arguments.kind.is_none() && is_unknown(&engine, name);
    if is_unknown && Path::new(name).is_file() {
        return report::file(Path::new(name)).map_err(failure);
    }
    let image = subject::image(&engine, name, arguments.pull, false)?;
    report::image(&engine, name, &image).map_err(failure)
}

fn is_unknown(engine: &Engine, name: &str) -> bool {
    matches!(images::find::find(engine.store(), name), Err(images::Error::NoImage(_)))
}

fn failure(error: weigh::Error) -> Failure {
    match error {
        weigh::Error::Engine(error) => error.into(),
        error => Failure::new(error.to_string()),
    }
}

fn print(report: &Report, format: &str) -> Outcome<()> {
    let mut out = std::io::stdout().lock();
    let unprintable = |error: serde_json::Error| Failure::new(error.to_string());
    match format {
        "" => {
            let width = terminal::size().map_or(WIDTH, |(_, columns)| usize::from(columns).min(WIDEST));
            let look = text::Look { width, is_colored: is_colored() };
            out.write_all(text::draw(report, look).as_bytes())?;
        }
        // in the order of its documentation
        "json" => writeln!(out, "{}", serde_json::to_string_pretty(report).map_err(unprintable)?)?,
        format => {
            let value = serde_json::to_value(report).map_err(unprintable)?;
            template::object(&mut out, format, &value)?;
        }
    }
    Ok(())
}

/// Whether standard output takes colours: a terminal, and nobody said otherwise (no-color.org).
fn is_colored() -> bool {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_none_or(|terminal| terminal == "dumb");
    sys::termios::isatty(sys::stdio::stdout()) && !is_set("NO_COLOR") && !is_dumb
}

fn write_page(path: &Path, report: &Report) -> Outcome<()> {
    let failed = |error: std::io::Error| Failure::new(format!("write {}: {error}", path.display()));
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    // whoever has the old page open never sees half of the new one
    std::fs::write(&temporary, html::draw(report)).and_then(|()| std::fs::rename(&temporary, path)).map_err(
        |error| {
            let _ = std::fs::remove_file(&temporary);
            failed(error)
        },
    )
}

/// What makes the command fail.
#[derive(Debug, Default, PartialEq)]
struct Limits {
    size: Option<u64>,
    tare: Option<Share>,
    waste: Option<u64>,
}

/// A part of a whole.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Share {
    Percent(f64),
    Bytes(u64),
}

impl Limits {
    fn parse(arguments: &Arguments) -> Outcome<Self> {
        let bytes = |flag: &str, value: &Option<String>| -> Outcome<Option<u64>> {
            let parse = |text: &String| {
                size::parse_decimal(text).map_err(|error| {
                    Failure::usage(format!("invalid argument {text:?} for \"--{flag}\" flag: {error}"))
                })
            };
            value.as_ref().map(parse).transpose()
        };
        let tare = match arguments.fail_over_tare.as_deref() {
            Some(text) if text.ends_with('%') => Some(percent(text)?),
            _ => bytes("fail-over-tare", &arguments.fail_over_tare)?.map(Share::Bytes),
        };
        Ok(Self {
            size: bytes("fail-over-size", &arguments.fail_over_size)?,
            tare,
            waste: bytes("fail-over-waste", &arguments.fail_over_waste)?,
        })
    }

    /// What is too much, a sentence each.
    fn exceeded(&self, report: &Report) -> Vec<String> {
        let mut excesses = Vec::new();
        let mut check = |what: &str, found: u64, limit: Option<u64>| {
            if let Some(limit) = limit.filter(|limit| found > *limit) {
                let (found, limit) = (amount(found), amount(limit));
                excesses.push(format!("{what} is {found}, more than {limit}"));
            }
        };
        check("its size", report.bytes(), self.size);
        check("its waste", report.waste.bytes, self.waste);
        let (tare, total) =
            report.scale.as_ref().map_or((0, 0), |scale| (scale.tare.bytes, scale.total.bytes));
        match self.tare {
            Some(Share::Bytes(limit)) => check("its tare", tare, Some(limit)),
            Some(Share::Percent(limit)) => {
                let share = if total == 0 { 0.0 } else { tare as f64 * 100.0 / total as f64 };
                if share > limit {
                    excesses.push(format!("its tare is {share:.1} % of it, more than {limit} %"));
                }
            }
            None => {}
        }
        excesses
    }
}

/// Exact, so that whoever is just above a limit sees it.
fn amount(bytes: u64) -> String {
    format!("{} ({bytes} bytes)", size::decimal(bytes))
}

fn percent(text: &str) -> Outcome<Share> {
    let number = text.trim_end_matches('%').trim().parse::<f64>().ok();
    let number = number.filter(|number| (0.0..=100.0).contains(number));
    number.map(Share::Percent).ok_or_else(|| {
        Failure::usage(format!(
            "invalid argument {text:?} for \"--fail-over-tare\" flag: a percentage from 0% to 100% is needed"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages() {
        assert_eq!(percent("80%").expect("a percentage"), Share::Percent(80.0));
        assert_eq!(percent("0.5 %").expect("a percentage"), Share::Percent(0.5));
        for text in ["%", "-1%", "101%", "x%", "NaN%"] {
            assert_eq!(percent(text).expect_err(text).code, 125, "{text}");
        }
    }
}
