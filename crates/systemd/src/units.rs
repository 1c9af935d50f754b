//! What is asked of the service manager (`org.freedesktop.systemd1(5)`).

use crate::bus::Bus;
use crate::error::{Error, Result};
use crate::unit::Unit;
use crate::value::{Property, Value};
use crate::wire::{Message, Reader, Target, Writer};
use std::path::Path;

const MANAGER: Target = Target {
    destination: "org.freedesktop.systemd1",
    path: "/org/freedesktop/systemd1",
    interface: "org.freedesktop.systemd1.Manager",
};
const EXISTS: &str = "org.freedesktop.systemd1.UnitExists";
const NO_SUCH_UNIT: &str = "org.freedesktop.systemd1.NoSuchUnit";
/// What a manager that runs makes (sd_booted(3)).
const BOOTED: &str = "/run/systemd/system";
const DONE: &str = "done";

/// The manager's units, over a connection to it.
#[derive(Debug)]
pub struct Units {
    bus: Bus,
}

impl Units {
    /// Connects to the manager of this host.
    ///
    /// # Errors
    /// [`Error::NotRunning`], [`Error::Connect`].
    pub fn connect() -> Result<Self> {
        if !Path::new(BOOTED).is_dir() {
            return Err(Error::NotRunning);
        }
        Ok(Self { bus: Bus::connect()? })
    }

    /// Starts a transient unit around a process (or without one, for a slice), which is in its control group when this returns.
    ///
    /// `on_unified` says how the host has its control groups; `more` are further properties, the last of one name counts.
    ///
    /// # Errors
    /// [`Error::Refused`], such as for a unit that is there; [`Error::Job`] if it does not come up.
    pub fn start(&mut self, unit: &Unit, process: u32, on_unified: bool, more: Vec<Property>) -> Result<()> {
        let mut properties = properties(unit, process, on_unified);
        properties.extend(more);
        let mut body = Writer::default();
        body.text(&unit.name);
        body.text("replace");
        body.properties(&properties);
        body.no_further_units();
        let body = body.into_bytes();
        let method = "StartTransientUnit";
        let signature = "ssa(sv)a(sa(sv))";
        let started = match self.ask(method, &unit.name, signature, &body) {
            // the rest of one that failed: a unit that runs is not reset by this, and is refused again
            Err(Error::Refused { name, .. }) if name == EXISTS => {
                self.reset(&unit.name)?;
                self.ask(method, &unit.name, signature, &body)
            }
            started => started,
        };
        let started = started?;
        self.finish(&unit.name, &started)
    }

    /// Changes properties of a running unit, for as long as it runs.
    ///
    /// # Errors
    /// [`Error::Refused`] for a value that the manager does not accept.
    pub fn set(&mut self, unit: &str, properties: &[Property]) -> Result<()> {
        let mut body = Writer::default();
        body.text(unit);
        body.u32(1);
        body.properties(properties);
        self.ask("SetUnitProperties", unit, "sba(sv)", &body.into_bytes()).map(drop)
    }

    /// Stops a unit and forgets it. One that is gone is stopped.
    ///
    /// # Errors
    /// [`Error::Job`] if it does not stop.
    pub fn stop(&mut self, unit: &str) -> Result<()> {
        let mut body = Writer::default();
        body.text(unit);
        body.text("replace");
        let stopped = match self.ask("StopUnit", unit, "ss", &body.into_bytes()) {
            // a scope goes with its last process
            Err(Error::Refused { name, .. }) if name == NO_SUCH_UNIT => return Ok(()),
            Err(error) => Err(error),
            Ok(job) => self.finish(unit, &job),
        };
        stopped.and(self.reset(unit))
    }

    /// Forgets that a unit has failed.
    fn reset(&mut self, unit: &str) -> Result<()> {
        let mut body = Writer::default();
        body.text(unit);
        match self.ask("ResetFailedUnit", unit, "s", &body.into_bytes()) {
            Err(Error::Refused { name, .. }) if name == NO_SUCH_UNIT => Ok(()),
            reset => reset.map(drop),
        }
    }

    fn ask(&mut self, method: &'static str, unit: &str, signature: &str, body: &[u8]) -> Result<Message> {
        let answer = self.bus.call(MANAGER, method, signature, body)?;
        answer.map_err(|(name, reason)| Error::Refused { method, unit: unit.to_owned(), name, reason })
    }

    /// Waits for the job that an answer names.
    fn finish(&mut self, unit: &str, answer: &Message) -> Result<()> {
        let job = Reader::new(&answer.body).text()?.to_owned();
        let result = self.bus.job(&job)?;
        if result == DONE { Ok(()) } else { Err(Error::Job { unit: unit.to_owned(), result }) }
    }
}

/// What every unit of a container has.
fn properties(unit: &Unit, process: u32, on_unified: bool) -> Vec<Property> {
    let io = if on_unified { "IOAccounting" } else { "BlockIOAccounting" };
    let mut properties = vec![("Description".to_owned(), Value::Text(format!("container {}", unit.name)))];
    if unit.is_slice() {
        properties.push(("Wants".to_owned(), Value::Texts(vec![unit.slice.clone()])));
    } else {
        properties.push(("Slice".to_owned(), Value::Text(unit.slice.clone())));
        properties.push(("Delegate".to_owned(), Value::Flag(true)));
        properties.push(("PIDs".to_owned(), Value::Numbers(vec![process])));
    }
    for name in ["MemoryAccounting", "CPUAccounting", "TasksAccounting", io] {
        properties.push((name.to_owned(), Value::Flag(true)));
    }
    properties.push(("DefaultDependencies".to_owned(), Value::Flag(false)));
    properties
}
