//! Which paths running programs ask the kernel for.
//!
//! A process is given a [`filter`] that notifies a listener of each system call with a path; a [`Tracer`] reads the path in the caller's memory, makes
//! it absolute, writes it down with what it was for, and lets the call go on (`seccomp_unotify(2)`). Children inherit the filter through fork and execve.
//! Nothing is put into the traced program's root, and no privilege is needed but to read the memory of one's own processes. Look-ups that fail are seen like those
//! that succeed: which they were, whoever has the root can tell.
//!
//! Floor 1. **Not here:** whose root the paths are in, and what is made of them (`weigh`).

#![forbid(unsafe_code)]

mod calls;
mod filter;
mod process;
mod tracer;

pub use calls::Use;
pub use filter::filter;
pub use tracer::{Seen, Tracer};
