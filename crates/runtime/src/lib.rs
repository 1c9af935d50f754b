//! From an OCI bundle to processes: namespaces, mounts, cgroups, supervision

#![forbid(unsafe_code)]
