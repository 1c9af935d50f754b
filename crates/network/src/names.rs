//! What one store's host objects are called.

use crate::error::{Error, Result};

/// The names of one store's host objects. Stores with different names never touch each other's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Names {
    /// Name of the bridge, at most 15 bytes: `tare0`.
    pub bridge: String,
    /// Name of the nftables table (family `ip`): `tare`.
    pub table: String,
    /// Where the search for a free subnet begins; see [`crate::subnet::candidates`].
    pub preferred_subnet: u32,
}

impl Names {
    /// Refuses what the kernel would not take, or would take for something else.
    pub(crate) fn validate(&self) -> Result<()> {
        let invalid =
            |what, value: &str, reason| Err(Error::Invalid { what, value: value.to_owned(), reason });
        if !is_plain(&self.bridge, 15) {
            return invalid("bridge name", &self.bridge, "it has 1 to 15 letters, digits, '-' and '_'");
        }
        if !is_plain(&self.table, 64) {
            return invalid("table name", &self.table, "it has 1 to 64 letters, digits, '-' and '_'");
        }
        Ok(())
    }
}

fn is_plain(name: &str, longest: usize) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    (1..=longest).contains(&name.len()) && name.bytes().all(allowed)
}
