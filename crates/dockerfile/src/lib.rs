//! The Dockerfile language: text to a syntax tree with positions

#![forbid(unsafe_code)]
