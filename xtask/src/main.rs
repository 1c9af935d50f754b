//! Project tasks, called as `cargo xtask TASK`: what a developer or CI does besides building and testing.
//!
//! Floor 9: a tool for development, never part of the product. Unlike the product it may run other programs.
//!
//! Start reading at [`tidy`].

#![forbid(unsafe_code)]
// A task prints for the person who called it, and a binary exports nothing: `pub` says what a module offers the others.
#![allow(clippy::print_stdout, clippy::print_stderr, unreachable_pub)]

use std::process::ExitCode;

mod bench;
mod crash;
mod leftovers;
mod program;
mod target;
mod tidy;
mod vm;

const USAGE: &str = "\
usage: cargo xtask TASK [ARGUMENTS]

  tidy [--sizes]               check floors, cycles, sizes, names, fences and licences
  leftovers snapshot FILE      record what is on this machine before the tests
  leftovers compare FILE       fail when the tests left something behind
  vm [OPTIONS] -- COMMAND      run a command in a virtual machine
  bench [OPTIONS]              measure tare against its peers
  crash [OPTIONS]              kill tare everywhere, make its calls fail, cut its power, and look what that leaves";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match crash::stand_in::take_over().and_then(|()| dispatch(&args)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}

fn dispatch(args: &[String]) -> Result<(), String> {
    let Some((task, rest)) = args.split_first() else { return Err(USAGE.to_owned()) };
    match task.as_str() {
        "tidy" => tidy::run(rest),
        "leftovers" => leftovers::run(rest),
        "vm" => vm::run(rest),
        "bench" => bench::run(rest),
        "crash" => crash::run(rest),
        "help" | "-h" | "--help" => {
            println!("{USAGE}");
            Ok(())
        }
        other => Err(format!("no task named {other}\n{USAGE}")),
    }
}
