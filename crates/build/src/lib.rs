//! From a Dockerfile to an image: graph, plan, solve

#![forbid(unsafe_code)]
