//! Programs and their failures, on files made here.

#![forbid(unsafe_code)]

mod builder;
mod diagnoses;
mod image;
mod programs;
mod robustness;
