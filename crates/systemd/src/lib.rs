//! The service manager of the host: it makes the control groups of containers as transient units, when an engine asks for that (`--systemd-cgroup`).
//!
//! Floor 1. Messages of D-Bus are written here, in the part that this needs (docs/adr/0014). **Not here:** the files of control groups, which are written
//! afterwards as without a manager (`runtime::cgroup`); which container has which unit (`lifecycle`).
//!
//! Sources: D-Bus specification 0.43; `org.freedesktop.systemd1(5)`; systemd.resource-control(5).
//!
//! Start reading at [`Units`].

#![forbid(unsafe_code)]

mod annotation;
mod bus;
mod error;
mod properties;
mod unit;
mod units;
mod value;
mod wire;

pub use annotation::properties as properties_of_annotations;
pub use error::{Error, Result};
pub use properties::of as properties_of;
pub use unit::Unit;
pub use units::Units;
pub use value::{Property, Value};
