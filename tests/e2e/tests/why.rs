//! `tare why`: what it says of broken images, that they are broken, and its silence on images that work.

mod after_run;
mod container;
mod healthy;
mod libraries;
mod programs;
mod scripts;
mod users;
mod warnings;

use e2e::{Root, Said, TestEngine, ask, compile, needs_programs};
use std::fs;
use std::process::Command;
use tempfile::TempDir;

const NOTHING: &str = "int main(void) { return 0; }";

/// What is to be said of a broken image.
struct Verdict<'a> {
    /// The exit code of a `run` of it.
    code: i32,
    cause: &'a str,
    /// A piece of each line of evidence.
    evidence: &'a [&'a str],
    /// A piece of each way out.
    fix: &'a [&'a str],
}

/// An image is broken: `why` says so with these words and nothing else, and `run` confirms it.
#[track_caller]
fn broken(engine: &TestEngine, root: &Root, changes: &[&str], verdict: &Verdict<'_>) {
    engine.import("broken", root, changes);
    let said = engine.tare(["why", "broken"]);
    assert_eq!(said.code, 1, "why finds it: {said:?}");
    spoken(&said.out, &format!("does not start: {}", verdict.cause), verdict.evidence, verdict.fix);
    assert_eq!(said.err, "");
    let ran = engine.line("run --rm --network none broken");
    assert_eq!(ran.code, verdict.code, "it is broken: {ran:?}");
}

/// Something of an image will not work: `why` says so, and `run` starts it all the same.
#[track_caller]
fn warned(engine: &TestEngine, root: &Root, changes: &[&str], verdict: &Verdict<'_>) -> Said {
    engine.import("warned", root, changes);
    let said = engine.tare(["why", "warned"]);
    assert_eq!(said.code, 0, "it is only a warning: {said:?}");
    spoken(&said.out, &format!("warning: {}", verdict.cause), verdict.evidence, verdict.fix);
    let ran = engine.line("run --rm --network none warned");
    assert_eq!(ran.code, verdict.code, "it starts: {ran:?}");
    ran
}

/// One finding, line by line.
#[track_caller]
fn spoken(text: &str, first: &str, evidence: &[&str], fix: &[&str]) {
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.first(), Some(&first), "the cause: {text}");
    assert_eq!(lines.len(), 1 + evidence.len() + fix.len(), "as many lines as were expected: {text}");
    let words = std::iter::repeat_n("  evidence: ", evidence.len())
        .chain(["       fix: "])
        .chain(std::iter::repeat("        or: "));
    for ((line, piece), word) in lines[1..].iter().zip(evidence.iter().chain(fix)).zip(words) {
        assert!(line.starts_with(word) && line.contains(piece), "{piece:?} should be in {line:?}: {text}");
    }
}

/// An image works: `run` shows that, and `why` has nothing to say.
#[track_caller]
fn healthy(engine: &TestEngine, name: &str, root: &Root, changes: &[&str]) {
    engine.import(name, root, changes);
    silent(engine, name);
}

#[track_caller]
fn silent(engine: &TestEngine, name: &str) {
    let ran = engine.tare(["run", "--rm", "--network", "none", name]);
    assert_eq!(ran.code, 0, "{name} runs: {ran:?}");
    let said = engine.tare(["why", name]);
    assert_eq!((said.code, said.out.as_str(), said.err.as_str()), (0, "", ""), "{name} has nothing wrong");
}

/// What the loader needs for a program of this machine: loader and libraries, where this machine has them.
fn with_libraries(root: Root, program: &str) -> Root {
    let said = ask(Command::new("ldd").arg(program), b"").text();
    let words = said.split_whitespace().filter(|word| word.starts_with('/') && !word.ends_with(':'));
    words.fold(root, |root, path| root.file(path, 0o755, fs::read(path).unwrap()))
}

/// Busybox, glibc's loader and its C library.
fn glibc() -> Root {
    with_libraries(Root::busybox(), "/bin/sleep")
}

/// A place for libraries that programs are linked with.
struct Workshop {
    place: TempDir,
}

impl Workshop {
    fn new() -> Self {
        Self { place: TempDir::new().unwrap() }
    }

    /// A library of this soname, which has or calls the functions of `source`.
    fn library(&self, soname: &str, source: &str, flags: &[&str]) -> Vec<u8> {
        let own = format!("-Wl,-soname,{soname}");
        let bytes = self.compile(source, &[&["-shared", "-fPIC", &own], flags].concat());
        fs::write(self.place.path().join(soname), &bytes).unwrap();
        bytes
    }

    /// A program or library, linked with what this workshop has made.
    fn compile(&self, source: &str, flags: &[&str]) -> Vec<u8> {
        let place = self.place.path().display();
        let (search, link) = (format!("-L{place}"), format!("-Wl,-rpath-link,{place}"));
        compile(source, &[&[search.as_str(), link.as_str()], flags].concat())
    }

    /// The same with musl.
    fn musl_compile(&self, source: &str, flags: &[&str]) -> Vec<u8> {
        self.compile_with("musl-gcc", source, flags)
    }

    /// With a symbol table.
    fn unstripped(&self, source: &str, flags: &[&str]) -> Vec<u8> {
        self.compile_with("cc", source, flags)
    }

    fn compile_with(&self, compiler: &str, source: &str, flags: &[&str]) -> Vec<u8> {
        let (input, output) = (self.place.path().join("input.c"), self.place.path().join("output"));
        fs::write(&input, source).unwrap();
        let mut command = Command::new(compiler);
        command.args(["-O1", "-o"]).arg(&output).arg(&input).arg("-L").arg(self.place.path()).args(flags);
        ask(&mut command, b"").ok();
        fs::read(output).unwrap()
    }
}

/// Bytes with a text replaced by one of the same length.
#[track_caller]
fn patched(mut bytes: Vec<u8>, old: &[u8], new: &[u8]) -> Vec<u8> {
    assert_eq!(old.len(), new.len());
    let places: Vec<usize> =
        (0..bytes.len().saturating_sub(old.len())).filter(|at| bytes[*at..].starts_with(old)).collect();
    assert!(!places.is_empty(), "there is something to replace");
    for at in places {
        bytes[at..at + new.len()].copy_from_slice(new);
    }
    bytes
}

/// Whether this machine's loaders are those that a test names; says that the test is skipped if not.
fn is_x86_64() -> bool {
    needs_programs(&["/lib64/ld-linux-x86-64.so.2"])
}

/// Compiles for musl.
fn musl_compile(source: &str) -> Vec<u8> {
    Workshop::new().musl_compile(source, &[])
}
