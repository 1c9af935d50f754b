//! What the tests of the operations have in common.

pub(crate) mod testbed;
