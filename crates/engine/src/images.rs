//! Images: one file per operation.

pub mod commit;
pub mod copy;
pub(crate) mod document;
pub mod find;
pub mod history;
pub mod import;
pub mod inspect;
pub(crate) mod layer;
mod layout;
pub mod load;
pub mod manifests;
pub(crate) mod names;
mod parallel;
pub mod prune;
pub mod pull;
pub mod push;
pub mod remove;
pub mod save;
pub mod size;
pub mod tag;
pub mod usage;

pub(crate) use document::MAX_LAYERS;
pub use find::{Image, find, find_for, list};
