//! Commands and health checks.

use std::{fmt, time::Duration};

use crate::{flags::Flag, json};

/// A command in one of its two forms.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// A line for the shell of the stage (`SHELL`). Text in brackets that is no JSON is one, too.
    Shell(String),
    /// The arguments as they are; written as a JSON array.
    Exec(Vec<String>),
}

/// As it is written in a Dockerfile.
impl fmt::Display for Command {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Shell(line) => out.write_str(line),
            Self::Exec(arguments) => json::write(arguments, out),
        }
    }
}

/// A `HEALTHCHECK` instruction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Healthcheck {
    /// `HEALTHCHECK NONE`: an inherited check is switched off.
    None,
    /// `HEALTHCHECK CMD`.
    Test(HealthTest),
}

/// A health check's command and its times. A time that is absent or zero has the engine's default.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HealthTest {
    /// What is run.
    pub command: Command,
    /// `--interval`: between two runs.
    pub interval: Option<Flag<Duration>>,
    /// `--timeout`: how long one run may take.
    pub timeout: Option<Flag<Duration>>,
    /// `--start-period`: how long failures do not count after the start.
    pub start_period: Option<Flag<Duration>>,
    /// `--start-interval`: between two runs in that period.
    pub start_interval: Option<Flag<Duration>>,
    /// `--retries`: how many failures in a row make the container unhealthy.
    pub retries: Option<Flag<u32>>,
}
