//! Programs that are compiled while the tests run.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;

/// A static program that looks around where it runs; `src/probe.c` has its verbs.
#[must_use]
pub fn probe() -> &'static [u8] {
    static ONCE: OnceLock<Vec<u8>> = OnceLock::new();
    ONCE.get_or_init(|| compile(include_str!("probe.c"), &["-static"]))
}

/// Compiles a C program for this machine.
///
/// # Panics
/// If the compiler does not like it.
#[must_use]
pub fn compile(source: &str, flags: &[&str]) -> Vec<u8> {
    run_compiler("cc", source, flags)
}

/// Compiles a static C program for the other machine, and says which one that is; none where its compiler is missing.
#[must_use]
pub fn cross_compile(source: &str) -> Option<(&'static str, Vec<u8>)> {
    let other = if std::env::consts::ARCH == "aarch64" { "x86_64" } else { "aarch64" };
    let compiler = format!("{other}-linux-gnu-gcc");
    crate::needs_programs(&[&compiler]).then(|| (other, run_compiler(&compiler, source, &["-static"])))
}

/// Compiles a C program for this machine into a file, for the test to run. The compiler is the only one who ever has it open
/// for writing: a program that this process wrote could be busy in a child of another test.
pub(crate) fn compile_into(output: &Path, source: &str) {
    write_program("cc", source, &[], output);
}

fn run_compiler(compiler: &str, source: &str, flags: &[&str]) -> Vec<u8> {
    let place = tempfile::Builder::new().prefix("tare-").tempdir().expect("a temporary directory");
    let output = place.path().join("program");
    write_program(compiler, source, flags, &output);
    fs::read(output).expect("read the program")
}

fn write_program(compiler: &str, source: &str, flags: &[&str], output: &Path) {
    let input = output.with_extension("c");
    fs::write(&input, source).expect("write the source");
    let mut command = Command::new(compiler);
    command.args(["-O1", "-s", "-o"]).arg(output).arg(&input).args(flags);
    let said = crate::ask(&mut command, b"");
    assert_eq!(said.code, 0, "{compiler}: {}", said.err);
}
