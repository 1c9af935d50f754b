//! The holes that other engines had: hostile images and requests, with a canary on the host.

mod accounts;
mod binary;
mod bounds;
mod kernel;
mod paths;
