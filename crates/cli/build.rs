//! The program begins at `sys::entry`, not at the C library's start.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-link-arg-bins=-Wl,--entry=tare_entry");
}
