//! What a store remembers of its bridge: `bridge.json`, replaced as a whole.

use crate::error::{Result, io};
use crate::names::Names;
use crate::subnet::Subnet;
use serde::{Deserialize, Serialize};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Version of the format. A record of another version is as good as none: everything in it can be found out again.
const VERSION: u32 = 1;

/// The bridge as it was when it last was complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Record {
    version: u32,
    /// Names of the bridge and the table.
    pub(crate) bridge: String,
    pub(crate) table: String,
    /// The bridge's index: another one under the same name means that it was made anew.
    pub(crate) index: u32,
    pub(crate) subnet: Subnet,
    pub(crate) mtu: u32,
    /// Handle of the table, and the rule set's generation at which it and other programs' chains were looked through.
    pub(crate) table_handle: u64,
    pub(crate) generation: u32,
}

impl Record {
    /// A record of this version.
    pub(crate) fn new(names: &Names, index: u32, subnet: Subnet, mtu: u32) -> Self {
        Self {
            version: VERSION,
            bridge: names.bridge.clone(),
            table: names.table.clone(),
            index,
            subnet,
            mtu,
            table_handle: 0,
            generation: 0,
        }
    }

    /// Reads the record of these names; `None` if there is none that can be used.
    pub(crate) fn read(state: &Path, names: &Names) -> Result<Option<Self>> {
        let path = path(state);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(io("read", &path)(error)),
        };
        let record = serde_json::from_slice(&bytes).ok();
        Ok(record.filter(|record: &Self| {
            record.version == VERSION && record.bridge == names.bridge && record.table == names.table
        }))
    }

    /// Replaces the record. The caller holds the lock of the state directory. Not made durable: what it says of the kernel does not survive a reboot either.
    pub(crate) fn write(&self, state: &Path) -> Result<()> {
        let path = path(state);
        let new = state.join("bridge.json.new");
        let bytes = serde_json::to_vec(self).expect("numbers and strings can be written");
        std::fs::write(&new, bytes).map_err(io("write", &new))?;
        std::fs::rename(&new, &path).map_err(io("replace", &path))
    }

    /// Removes the record; true if there was one.
    pub(crate) fn remove(state: &Path) -> Result<bool> {
        let path = path(state);
        // of a process that was killed before it could rename it
        let _ = std::fs::remove_file(state.join("bridge.json.new"));
        match std::fs::remove_file(&path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(io("remove", &path)(error)),
        }
    }
}

fn path(state: &Path) -> PathBuf {
    state.join("bridge.json")
}
