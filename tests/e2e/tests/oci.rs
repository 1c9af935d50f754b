//! `tare oci`: the OCI runtime's command line.

mod engines;
mod events;
mod failures;
mod hooks;
mod hostile;
mod life;
mod process;
mod specification;
