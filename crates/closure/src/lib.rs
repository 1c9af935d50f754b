//! Which files of a root a program needs.
//!
//! A [`Tree`] is a root, read once. A [`Closure`] is a set of its files that grows: whoever keeps a program gets its loader, its libraries, its interpreter, its
//! trees of modules, and what rules (`policy`) know of the C library, of certificates, time zones and users. Each file has a [`Reason`], and what was
//! asked for and is not there is told as [`Missing`].
//!
//! Floor 1. Nothing of a root is executed: libraries are found by our own model of the loaders (`search`). **Not here:** what a running program opens
//! (`trace`), and what is made of a closure (`weigh`).
//!
//! Start reading at [`Closure`], then `binary` and `ground`.

#![forbid(unsafe_code)]

mod begin;
mod binary;
mod closure;
mod error;
mod ground;
mod left_out;
mod loading;
mod mention;
mod missing;
mod modules;
mod object;
mod policy;
mod reason;
mod script;
mod search;
mod setting;
mod settle;
mod touch;
mod tree;
mod workshop;

pub use closure::{Closure, find_program};
pub use error::{Error, Result};
pub use missing::Missing;
pub use object::Object;
pub use policy::{CERTIFICATE_DIRECTORIES, CERTIFICATE_FILES};
pub use reason::{Reason, Size};
pub use setting::{SEARCH_PATH, Setting};
pub use touch::{Access, Touch};
pub use tree::{Found, Id, Kind, Node, Tree};
