//! What programs and libraries demand of the CPU and of the kernel.

use super::finding::{Finding, shown};
use super::{Case, file};
use closure::Id;
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

/// A program's own mark counts for nothing if it has a loader: that of its C library does.
fn kernel(case: &Case<'_>, id: Id, elf: &Elf, head: &[u8]) -> Option<Finding> {
    if elf.is_program() && elf.interpreter.is_some() {
        return None;
    }
    let needed = Dynamic::read(head)?.kernel.filter(|needed| *needed > case.host.kernel)?;
    let words = |(a, b, c): (u32, u32, u32)| format!("{a}.{b}.{c}");
    let path = shown(&case.tree.text(id));
    let cause =
        format!("{path} needs Linux {}, and this kernel is {}", words(needed), words(case.host.kernel));
    Some(
        Finding::fatal(127, cause)
            .with_evidence(format!("NT_GNU_ABI_TAG of {path} is Linux {} (kernel too old)", words(needed)))
            .with_fix("use an older base, whose C library knows this kernel")
            .with_fix("run it on a machine with a newer kernel"),
    )
}
