//! Images: one file per operation.

pub mod commit;
pub mod find;

pub use find::{Image, find, list};
