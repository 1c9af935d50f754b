//! The `tare` binary.
#![forbid(unsafe_code)]

fn main() {}
