//! `tare oci`: the OCI runtime's command line.

mod attacks;
mod engines;
mod events;
mod failures;
mod hooks;
mod hostile;
mod life;
mod process;
mod races;
mod specification;
