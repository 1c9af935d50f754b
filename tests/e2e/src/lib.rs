//! What the end-to-end tests stand on: a private engine, tiny images, a terminal, canaries.
//!
//! The tests know the binary, its command line, and what the kernel shows; they know none of its crates (`sys` apart, for
//! system calls). Every test has an engine of its own and leaves nothing behind, which its end checks.
//!
//! Start reading at [`TestEngine`], then [`Root`].

#![forbid(unsafe_code)]
// What a test cannot do without is missing: say so and stop.
#![allow(clippy::print_stderr)]

mod binary;
mod bundle;
mod canary;
mod daemon;
mod engine;
mod footprint;
mod kernel;
mod patience;
mod program;
mod remains;
mod root;
mod said;
mod skip;
mod swapper;
mod terminal;

pub use bundle::{Bundle, MAPPED};
pub use canary::Canary;
pub use daemon::{Client, Daemon};
pub use engine::{Background, TestEngine};
pub use footprint::footprint;
pub use kernel::{Process, start_tick};
pub use patience::eventually;
pub use program::{compile, cross_compile, probe};
pub use root::Root;
pub use said::{Said, ask};
pub use skip::{has_program, needs_programs};
pub use swapper::Swapper;
pub use terminal::Terminal;
