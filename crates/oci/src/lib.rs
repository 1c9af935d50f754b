//! Image and runtime types: digests, references, image configuration, manifests

#![forbid(unsafe_code)]
