//! Files in and out of containers.

mod tree;

pub use tree::tree;
