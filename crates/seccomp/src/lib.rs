//! Seccomp profiles compiled to BPF programs.
//!
//! * [`default_profile`]: what a container may call when its configuration says nothing;
//! * [`compile`]: a profile of the OCI runtime specification becomes a [`Program`] for the kernel;
//! * [`interpret`]: what a program answers to one call, for tests and explanations.
//!
//! The crate does no I/O and loads nothing: a program is bytes, and the kernel gets them from `sys`.

#![forbid(unsafe_code)]

mod action;
mod arch;
mod compile;
mod error;
mod interpret;
mod profile;
mod program;
pub mod syscalls;

pub use action::Action;
pub use arch::Arch;
pub use compile::compile;
pub use error::Error;
pub use interpret::{SeccompCall, interpret, trace};
pub use profile::default_profile;
pub use program::{Instruction, MAX_INSTRUCTIONS, Program};
