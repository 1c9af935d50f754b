//! The `tare` binary: roles, commands, and all printing.
//!
//! Floor 5. The role is known from `argv[0]` before anything else happens; a command's arguments are parsed when the command is
//! known. **Not here:** what operations do (`engine`, `build`).
//!
//! Start reading at [`commands`], then any file in it: help, arguments and the command are together.

#![forbid(unsafe_code)]

/// A line on standard error. Nobody may be reading it, and there may be no room for it: what is to be said there is never worth more than that.
macro_rules! say {
    ($($words:tt)*) => {{
        use std::io::Write as _;
        let _ = writeln!(std::io::stderr(), $($words)*);
    }};
}

mod commands;
mod confirm;
mod failure;
mod flags;
mod globals;
mod registries;
mod roles;
mod session;
mod terminal;

use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os();
    let name = arguments.next().unwrap_or_default();
    let name = std::path::Path::new(&name).file_name().and_then(|n| n.to_str()).unwrap_or("tare");
    let arguments: Vec<_> = arguments.collect();
    let code = match name {
        engine::containers::start::SUPERVISOR => roles::supervisor(&arguments),
        roles::INIT => roles::init(&arguments),
        name if sys::entry::RUNTIMES.contains(&name) => {
            commands::oci::dispatch(&arguments, globals::Globals::of_environment().exec_root())
        }
        _ => commands::dispatch(&arguments),
    };
    ExitCode::from(u8::try_from(code).unwrap_or(255))
}
