//! Image content on this machine: blobs, layers, snapshots, refs, leases, garbage collection

#![forbid(unsafe_code)]

pub mod changeset;
