//! Layers as tar streams: what they mean, that they cannot do harm, and that our own are always the same bytes.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "clippy takes only #[test] functions for tests")]

#[path = "changeset_suite/formats.rs"]
mod formats;
#[path = "changeset_suite/golden.rs"]
mod golden;
#[path = "changeset_suite/hostile.rs"]
mod hostile;
#[path = "changeset_suite/kit.rs"]
mod kit;
#[path = "changeset_suite/layers.rs"]
mod layers;
#[path = "changeset_suite/permutations.rs"]
mod permutations;
#[path = "changeset_suite/random.rs"]
mod random;
#[path = "changeset_suite/streams.rs"]
mod streams;
