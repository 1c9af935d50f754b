//! Processes as ps(1) shows them: read from `/proc` of the host, without a `ps` anywhere and without running anything of an image
//! (CVE-2022-1227).
//!
//! Floor 1. **Not here:** which processes belong to a container (`runtime`'s cgroups know).
//!
//! Start reading at [`table`], then `columns`.

#![forbid(unsafe_code)]

mod columns;
mod process;

use columns::{Column, Machine};
use process::Process;

/// A table of processes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    /// Titles of its columns.
    pub titles: Vec<String>,
    /// A row for each process, by process id.
    pub processes: Vec<Vec<String>>,
}

/// What cannot be shown.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Arguments of ps(1) that are not known here.
    #[error("{0}")]
    Unsupported(String),
}

/// Shows these processes. `arguments` are those of ps(1); without any `-ef`. Known are `-e`, `-f`, `aux` and `-o` with the columns
/// that are asked for most. A process that has ended meanwhile is left out.
///
/// # Errors
/// [`Error::Unsupported`] for other arguments.
pub fn table(mut pids: Vec<i32>, arguments: &[String]) -> Result<Table, Error> {
    let columns = columns::parse(arguments)?;
    pids.sort_unstable();
    let machine = Machine::read();
    let processes = pids.into_iter().filter_map(Process::read);
    Ok(Table {
        titles: columns.iter().map(|(title, _)| title.clone()).collect(),
        processes: processes.map(|process| row(&columns, &process, &machine)).collect(),
    })
}

fn row(columns: &[(String, Column)], process: &Process, machine: &Machine) -> Vec<String> {
    columns.iter().map(|(_, column)| column.render(process, machine)).collect()
}
