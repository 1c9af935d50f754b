//! What the fuzz targets share: a place with a canary, archives that get past the reader of headers, and documents
//! that name each other by digest.
//!
//! A target is a file in `targets/`: it takes bytes, calls one reader of ours, and asserts what holds for every
//! input. `scripts/fuzz` builds and runs them all; what it begins with lies in `seeds/`.

#![forbid(unsafe_code)]

pub mod documents;
pub mod loading;
pub mod place;
pub mod stream;
pub mod tar;
