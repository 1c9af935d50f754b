//! The proving ground of `tare strip`: fat images as people write them, the inputs that are traced, and others that never are.
//!
//! The contexts are in `tests/e2e/programs`. What an input should say is what the fat image says to it.

mod applications;
mod fetched;
mod ground;
mod interpreters;
mod program;
mod servers;
mod small;
mod thin;
mod tools;
mod trial;
mod unseen;

use program::Program;

/// The programs that `tare strip` is developed with; those of `unseen` are for judging it.
const KNOWN: [&[Program]; 4] =
    [interpreters::PROGRAMS, applications::PROGRAMS, servers::PROGRAMS, tools::PROGRAMS];

fn known(name: &str) -> &'static Program {
    let mut all = KNOWN.into_iter().flatten().chain(unseen::PROGRAMS);
    all.find(|program| program.name == name).unwrap_or_else(|| panic!("no program is named {name}"))
}

/// A context that no program names is dead weight.
#[test]
fn each_context_has_a_program() {
    for entry in std::fs::read_dir(program::CONTEXTS).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let has_one = name == "base" || known(&name).held_out.len() >= 3;
        assert!(has_one, "{name} has too few held-out inputs");
    }
}
