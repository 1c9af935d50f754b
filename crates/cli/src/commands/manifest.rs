//! The commands for manifest lists.

pub(super) mod annotate;
pub(super) mod create;
pub(super) mod inspect;
pub(super) mod push;
pub(super) mod rm;
