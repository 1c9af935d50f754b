//! `tare system check`.

use crate::failure::Outcome;
use crate::globals::Globals;
use crate::registries;
use engine::system::check::{self, Outcome as After, Problem};
use std::io::Write;

/// Arguments of `system check`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Unpack damaged layers again, and fetch again what registries have
    #[arg(short, long)]
    repair: bool,
    /// Print only problems
    #[arg(short, long)]
    quiet: bool,
}

/// The exit code is 1 if something is wrong, and stays so.
pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let engine = globals.engine()?;
    let report = if arguments.repair {
        check::repair(&engine, &registries::client())?
    } else {
        check::check(&engine)?
    };
    let mut out = std::io::stdout().lock();
    for problem in &report.problems {
        writeln!(out, "{}", line(problem))?;
    }
    let left = report.problems.iter().filter(|problem| problem.outcome != After::Repaired).count();
    if !arguments.quiet {
        writeln!(
            out,
            "checked {} blobs, {} layers, {} names, {} containers: {}",
            report.blobs,
            report.layers,
            report.names,
            report.containers,
            match (report.problems.len(), left) {
                (0, _) => "all is well".to_owned(),
                (found, 0) => format!("{found} repaired"),
                (found, left) if arguments.repair => format!("{} repaired, {left} left", found - left),
                (found, _) => format!("{found} damaged; 'tare system check --repair' repairs what it can"),
            }
        )?;
    }
    Ok(i32::from(left > 0))
}

fn line(problem: &Problem) -> String {
    let needed = match problem.needed_by.as_slice() {
        [] => "nobody needs it".to_owned(),
        some => format!("needed by {}", some.join(", ")),
    };
    let after = match problem.outcome {
        After::Found => "",
        After::Repaired => ": repaired",
        After::Remains => ": cannot be repaired from here: build, load or pull it again",
    };
    format!("{} ({needed}){after}", problem.what)
}
