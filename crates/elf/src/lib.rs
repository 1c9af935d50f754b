//! What a program file is, what it asks for, and why the kernel does not execute it.
//!
//! [`Program::read`] names a file from its first bytes; [`diagnose`] takes the kernel's refusal of
//! an `execve` and finds its cause by looking into the image through the caller's eyes. The crate
//! does no I/O itself: bytes come in as slices, and files are asked for through a function.

#![forbid(unsafe_code)]

mod cache;
mod diagnose;
mod dynamic;
mod loader;
mod look;
mod machine;
mod mention;
mod program;
mod refusal;
mod request;
mod text;

pub use cache::{CacheEntry, library_cache};
pub use diagnose::{Diagnosis, diagnose, examine};
pub use dynamic::{Dynamic, OpenNote, Priority, VersionNeed};
pub use loader::{Libc, Loader};
pub use look::{LOOK_LIMIT, Look};
pub use machine::{Class, Endian, Fit, IsaLevel, Machine};
pub use mention::{library_names, mentioned_paths};
pub use program::elf::{Elf, Interpreter, Kind, Linkage, OsAbi};
pub use program::foreign::Foreign;
pub use program::script::Script;
pub use program::{HEAD_BYTES, Program};
pub use refusal::Refusal;
pub use request::{Form, Request};
