//! `tare diff`.

use crate::failure::Outcome;
use crate::globals::Globals;
use engine::containers::diff::{self, Change};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;

/// Arguments of `diff`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Name or id
    container: String,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let changes = diff::diff(&globals.engine()?, &arguments.container)?;
    std::io::stdout().write_all(&text(&changes))?;
    Ok(0)
}

/// A line for each change: its letter, then the path as it is, whatever its bytes mean.
fn text(changes: &[Change]) -> Vec<u8> {
    let line = |change: &Change| {
        [&[change.kind.letter() as u8, b' '], change.path.as_os_str().as_bytes(), b"\n"].concat()
    };
    changes.iter().flat_map(line).collect()
}
