//! Images: one file per operation.
//!
//! Floor 2. Where `store` (what is here) and `registry` (what is elsewhere) meet. **Not here:** containers: whoever removes images tells who uses them
//! ([`usage`]); printing; the environment.
//!
//! Names are set last, when everything that they lead to is whole and durable; what is being brought is held by a lease until then.
//!
//! Start reading at [`find`], then [`pull`].

#![forbid(unsafe_code)]

pub mod commit;
pub mod copy;
pub mod document;
mod error;
pub mod find;
pub mod history;
pub mod import;
pub mod inspect;
pub mod layer;
mod layout;
pub mod load;
pub mod manifests;
pub mod names;
mod parallel;
pub mod prune;
pub mod pull;
pub mod push;
pub mod remove;
pub mod save;
pub mod size;
pub mod tag;
pub mod usage;

pub use document::MAX_LAYERS;
pub use error::{Error, Result};
pub use find::{Image, find, find_for, list};
