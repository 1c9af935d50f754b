//! The network of one engine store: a bridge, a veth pair for each container, address translation, and the text of the files
//! that tell a container about it.
//!
//! Floor 1. Everything is done over netlink sockets; no program is executed. No state is held in memory: what must be remembered is
//! a small file in the state directory that the caller names, and what the kernel knows is asked of the kernel.
//! **Not here:** which container gets which network, and when it is alive (`engine`); entering a namespace to run something (`runtime`).
//!
//! A start costs: [`bridge::ensure`] (two exchanges under a shared lock, if everything stands), [`addresses::reserve`] (one symbolic
//! link), [`endpoint::attach`] (one exchange on each side of the veth pair).
//!
//! Start reading at [`bridge`], then [`endpoint`]; `wire` is the encoding that `route` and `nftables` share.

#![forbid(unsafe_code)]

pub mod addresses;
pub mod bridge;
pub mod device;
pub mod endpoint;
pub mod error;
pub mod hosts;
pub mod resolv;
pub mod subnet;

mod lock;
mod names;
mod nftables;
mod prune;
mod record;
mod route;
mod sysctl;
mod wire;

pub use bridge::Bridge;
pub use endpoint::{Endpoint, attach, detach, loopback_up};
pub use error::{Error, Result};
pub use names::Names;
pub use prune::{Pruned, prune};
pub use subnet::Subnet;
