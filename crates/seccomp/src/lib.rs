//! Seccomp profiles compiled to BPF programs

#![forbid(unsafe_code)]
