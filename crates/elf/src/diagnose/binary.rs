//! What is wrong with an ELF program.

use super::fault::Fault;
use super::loading;
use super::subject::Subject;
use crate::look::Root;
use crate::machine::{Fit, Machine};
use crate::program::elf::{Interpreter, Kind, Linkage};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::text::shown;

/// The errno of a missing file, which also answers a missing emulator.
const ENOENT: i32 = 2;
/// The errno of a format that the kernel does not execute.
const ENOEXEC: i32 = 8;

/// The first fault in the order in which the kernel finds them.
pub(super) fn fault(root: &mut Root<'_>, request: &Request<'_>, subject: &Subject<'_>) -> Option<Fault> {
    kind(subject)
        .or_else(|| machine(request, subject))
        .or_else(|| interpreter(root, request, subject))
        .or_else(|| isa_level(request, subject))
}

fn kind(subject: &Subject<'_>) -> Option<Fault> {
    let kind = subject.elf.kind;
    if matches!(kind, Kind::Executable | Kind::Pie) {
        return None;
    }
    let hint = match kind {
        Kind::Relocatable => Some("link it to a program (the compiler was called with -c)"),
        Kind::Shared => {
            Some("build it as a program (Go: -buildmode=exe, Rust: a bin target, C: without -shared)")
        }
        _ => None,
    };
    let cause = format!("{} is {kind}, not a program", shown(subject.path));
    Some(Fault::new(Refusal::ExecFormat, cause).with_maybe_hint(hint.map(str::to_owned)))
}

fn machine(request: &Request<'_>, subject: &Subject<'_>) -> Option<Fault> {
    let (machine, host) = (subject.elf.machine, request.host);
    let program = format!("{} is {} ELF", shown(subject.path), machine.with_article());
    match machine.fit(host) {
        Fit::Sibling if request.errno == Some(ENOEXEC) => {
            let cause = format!("{program}, which the kernel of this {host} machine does not run");
            let hint = match machine {
                Machine::I386 => {
                    "build it for 64 bits, or boot a kernel with 32-bit programs enabled \
                         (CONFIG_IA32_EMULATION, ia32_emulation=1)"
                }
                Machine::X32 => "build it without -mx32: few kernels have CONFIG_X86_X32_ABI",
                _ => "build it for 64 bits: not every CPU and kernel runs 32-bit programs",
            };
            Some(Fault::new(Refusal::ExecFormat, cause).with_hint(hint))
        }
        Fit::Native | Fit::Sibling => None,
        // a handler that binfmt_misc opens inside the container is missing there
        Fit::Foreign if request.errno == Some(ENOENT) => {
            let cause = format!(
                "{program}, this machine is {host}, and the emulator registered for it is not in \
                     the image"
            );
            let hint = "register the emulator with binfmt_misc's flag F, which opens it on the host \
                 (Debian's qemu-user-static does)";
            Some(Fault::new(Refusal::NotFound, cause).with_hint(hint))
        }
        Fit::Foreign => {
            let cause = format!("{program}, this machine is {host}");
            Some(Fault::new(Refusal::ExecFormat, cause).with_hint(build_or_emulate(machine, host)))
        }
    }
}

fn build_or_emulate(machine: Machine, host: Machine) -> String {
    let build = match host.platform() {
        Some(platform) => format!("use an image for linux/{platform} or build it for that"),
        None => format!("build it for {host}"),
    };
    match machine {
        Machine::Bpf | Machine::Other(_) => build,
        _ => format!("{build}, or register an emulator with binfmt_misc (Debian: qemu-user-static)"),
    }
}

fn interpreter(root: &mut Root<'_>, request: &Request<'_>, subject: &Subject<'_>) -> Option<Fault> {
    let path = shown(subject.path);
    match subject.elf.interpreter.as_ref()? {
        Interpreter::Path(loader) => loading::fault(root, request, subject, loader),
        Interpreter::Malformed => {
            let cause = format!("{path} names its loader by an empty, unfinished or overlong path");
            Some(Fault::new(Refusal::ExecFormat, cause).with_hint("link the program again"))
        }
        Interpreter::BeyondHead(offset) if subject.is_whole => {
            let (refusal, what) = match subject.elf.linkage {
                Linkage::Unknown => (Refusal::ExecFormat, "program headers lie"),
                _ => (Refusal::InputOutput, "loader is named"),
            };
            let cause = format!("{path} is cut short: it ends before byte {offset}, where its {what}");
            Some(Fault::new(refusal, cause).with_hint("copy the file again"))
        }
        Interpreter::BeyondHead(_) => None,
    }
}

fn isa_level(request: &Request<'_>, subject: &Subject<'_>) -> Option<Fault> {
    let (needed, present) = (subject.elf.isa_level?, request.isa_level?);
    if needed <= present {
        return None;
    }
    let cause = format!("{} is built for {needed}, this CPU has only {present}", shown(subject.path));
    let hint = format!("build it with -march={}, or run it on a newer CPU", present.march());
    Some(Fault::new(Refusal::IllegalInstruction, cause).with_hint(hint))
}
