//! What programs and libraries demand of the CPU and of the kernel.

use super::finding::{Finding, shown};
use super::{Case, file, scan};
use closure::{Id, Reason};
use elf::{Dynamic, Elf, Interpreter, Libc, Linkage, Program};

/// Of everything that is loaded before the program's first instruction.
pub(super) fn findings(case: &Case<'_>) -> Vec<Finding> {
    let files = case.closure.files().map(|(id, _)| id).filter(|id| case.tree.is_file(*id));
    files.filter_map(|id| demand(case, id)).collect()
}

fn demand(case: &Case<'_>, id: Id) -> Option<Finding> {
    let head = file::elf_head(case, id)?;
    let Program::Elf(elf) = Program::read(&head) else { return None };
    cpu(case, id, &elf).or_else(|| kernel(case, id, &elf, &head))
}

fn cpu(case: &Case<'_>, id: Id, elf: &Elf) -> Option<Finding> {
    let (needed, present) = (elf.isa_level?, case.host.isa_level?);
    let path = shown(&case.tree.text(id));
    // the loader chooses among variants
    if needed <= present || path.contains("/glibc-hwcaps/") || path.contains("/haswell/") {
        return None;
    }
    let cause = format!("{path} is built for {needed}, and this CPU has only {present}");
    Some(
        Finding::fatal(cpu_exit_code(elf), cause)
            .with_evidence(format!("GNU_PROPERTY_X86_ISA_1_NEEDED of {path} is {needed}"))
            .with_fix(format!("build it for this CPU: -march={}", present.march()))
            .with_fix(format!("run it on a machine whose CPU has {needed}")),
    )
}

/// glibc's loader refuses such a program; without it the first unknown instruction ends the program.
pub(super) fn cpu_exit_code(elf: &Elf) -> i32 {
    let is_refused = match &elf.interpreter {
        Some(Interpreter::Path(loader)) => Libc::of_loader(loader) == Some(Libc::Glibc),
        Some(_) => false,
        None => elf.linkage == Linkage::Dynamic,
    };
    if is_refused { 127 } else { 128 + 4 }
}

/// What a C library's note says, and that of a static program. A program with a loader has only heard of it from its C library's start code.
///
/// The check was taken out of glibc in 2.36: there the program starts, and fails where it needs what the kernel does not have.
fn kernel(case: &Case<'_>, id: Id, elf: &Elf, head: &[u8]) -> Option<Finding> {
    let is_loaded = matches!(case.closure.reason(id), Some(Reason::Needed(_) | Reason::Loader(_)));
    if elf.interpreter.is_some() && !is_loaded {
        return None;
    }
    let needed = Dynamic::read(head)?.kernel.filter(|needed| *needed > case.host.kernel)?;
    let words = |(a, b, c): (u32, u32, u32)| format!("{a}.{b}.{c}");
    let path = shown(&case.tree.text(id));
    let cause =
        format!("{path} needs Linux {}, and this kernel is {}", words(needed), words(case.host.kernel));
    let finding = match checker(case, id, is_loaded) {
        Some(checker) => Finding::fatal(Some(127).filter(|_| is_loaded), cause)
            .with_evidence(format!("{} checks that: FATAL: kernel too old", shown(&case.tree.text(checker)))),
        None => Finding::warning(format!("{cause}: what it needs may be missing")),
    };
    Some(
        finding
            .with_evidence(format!("NT_GNU_ABI_TAG of {path} is Linux {}", words(needed)))
            .with_fix("use an older base, whose C library knows this kernel")
            .with_fix("run it on a machine with a newer kernel"),
    )
}

/// Who compares the versions: the loader, or the program that is its own.
fn checker(case: &Case<'_>, id: Id, is_loaded: bool) -> Option<Id> {
    let loader = || {
        let mut files = case.closure.files();
        files.find_map(|(id, reason)| matches!(reason, Reason::Loader(_)).then_some(id))
    };
    let checker = if is_loaded { loader()? } else { id };
    scan::contains(case.tree, checker, [b"kernel too old"])[0].then_some(checker)
}
