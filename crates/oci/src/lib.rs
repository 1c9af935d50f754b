//! Image and runtime types: digests, references, image configuration, manifests.
//!
//! Floor 0, no I/O. **Not here:** where content is kept (`store`), what is done with it (`engine`).
//!
//! The runtime specification is `oci-spec`'s ([`runtime`]); the image documents are ours (docs/adr/0011).
//!
//! Start reading at [`digest`], [`reference`], then [`image`].

#![forbid(unsafe_code)]

pub mod digest;
pub mod document;
pub mod image;
pub mod platform;
pub mod reference;

pub use digest::{DiffId, Digest};
/// The runtime crate's error.
pub use oci_spec as runtime_error;
/// The OCI runtime specification's types.
pub use oci_spec::runtime;
pub use platform::Platform;
pub use reference::Reference;
