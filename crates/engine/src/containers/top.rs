//! The processes of a container as `ps` shows them: read from `/proc` of the host, without a `ps` anywhere and without running anything of the image
//! (CVE-2022-1227).

mod columns;
mod process;

use super::find;
use crate::Engine;
use crate::error::Result;
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

/// Lists the processes of a running container. `arguments` are those of `ps`; without any `-ef`. Known are `-e`, `-f`, `aux` and `-o` with the columns
/// that are asked for most.
///
/// # Errors
/// [`crate::Error::Conflict`] if it does not run, [`crate::Error::Unsupported`] for other arguments.
pub fn top(engine: &Engine, reference: &str, arguments: &[String]) -> Result<Table> {
    let columns = columns::parse(arguments)?;
    let container = find(engine, reference)?;
    if !container.status.is_running() {
        return Err(container.not_running());
    }
    let mut pids = container.cgroup(engine)?.processes();
    pids.sort_unstable();
    let machine = Machine::read();
    // one that has ended meanwhile is left out
    let processes = pids.into_iter().filter_map(Process::read);
    Ok(Table {
        titles: columns.iter().map(|(title, _)| title.clone()).collect(),
        processes: processes.map(|process| row(&columns, &process, &machine)).collect(),
    })
}

fn row(columns: &[(String, Column)], process: &Process, machine: &Machine) -> Vec<String> {
    columns.iter().map(|(_, column)| column.render(process, machine)).collect()
}
