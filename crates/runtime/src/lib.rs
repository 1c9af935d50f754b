//! From an OCI bundle to processes: namespaces, mounts, cgroups, execs, and the supervisor that stays.
//!
//! Floor 1. Uses `sys`, `oci`, `seccomp`. **Not here:** images, networks, names: a container is a root file system (an open mount), a specification and
//! a cgroup.
//!
//! # Processes
//! ```text
//! supervisor (one thread) ──fork──▶ init: steps of `init`, then the program
//!            └──────────────fork──▶ joiner ──fork──▶ exec's process (child of the supervisor)
//! ```
//! Start reading at [`create`], then `init`, then [`supervisor`].

#![forbid(unsafe_code)]

pub mod accounts;
mod affinity;
mod become_process;
pub mod bundle;
pub mod capability;
pub mod cgroup;
mod channel;
pub mod control;
mod create;
mod device;
mod error;
mod exec;
pub mod filter;
mod handover;
pub mod hooks;
mod init;
mod list_format;
pub mod log;
mod mount_options;
mod namespaces;
mod sources;
mod step;
pub mod supervisor;
pub mod wait;

pub use bundle::{Bundle, Life, Streams};
pub use create::{Created, Group, Listener, Running, Surround, create, order_start};
pub use error::{Error, Result};
pub use exec::{Exec, Executed, exec};
pub use filter::{Agent, Filter, Loading};
pub use handover::hand_over;
