//! The commands about the engine as a whole, one file each.

pub(super) mod build_cache;
pub(super) mod check;
pub(super) mod df;
pub(super) mod info;
pub(super) mod prune;
pub(super) mod version;
