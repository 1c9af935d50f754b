//! Says which process it is and what it was started with.

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    println!("hello from Rust: process {}, {arguments:?}", std::process::id());
}
