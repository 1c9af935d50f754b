//! What the end-to-end tests stand on: a private engine, tiny images, a terminal, canaries, registries.
//!
//! The tests know the binary, its command line, and what the kernel shows; they know none of its crates (`sys` apart, for
//! system calls). Every test has an engine of its own and leaves nothing behind, which its end checks.
//!
//! Start reading at [`TestEngine`], then [`Root`].

#![forbid(unsafe_code)]
// What a test cannot do without is missing: say so and stop.
#![allow(clippy::print_stderr)]

mod base64;
mod binary;
mod bundle;
mod canary;
mod certificates;
mod chaos;
mod daemon;
mod digest;
mod distribution;
mod engine;
mod footprint;
mod http;
mod image;
mod kernel;
mod patience;
mod program;
mod remains;
mod root;
mod said;
mod skip;
mod sockets;
mod swapper;
mod terminal;
mod token;

pub use base64::encode as base64;
pub use bundle::{Bundle, MAPPED};
pub use canary::Canary;
pub use certificates::Certificates;
pub use chaos::{Chaos, Exchange, Fault, FaultKind};
pub use daemon::{Client, Daemon};
pub use digest::sha256;
pub use distribution::{Access, Distribution, DistributionPlan};
pub use engine::{Background, TestEngine};
pub use footprint::footprint;
pub use image::{Blob, Image, Recipe, architecture, gzip, noise, zstandard};
pub use kernel::{Process, start_tick};
pub use patience::eventually;
pub use program::{compile, cross_compile, probe};
pub use root::Root;
pub use said::{Said, ask};
pub use skip::{has_program, needs_programs};
pub use swapper::Swapper;
pub use terminal::Terminal;
pub use token::{TokenRequest, TokenServer};
