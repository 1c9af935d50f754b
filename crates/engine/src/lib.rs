//! This machine's images, containers and volumes; one file per operation

#![forbid(unsafe_code)]
