//! What is wrong with a program's loader (its dynamic linker).

use super::fault::Fault;
use super::subject::Subject;
use crate::loader::{Libc, Loader};
use crate::look::{Look, Root};
use crate::machine::Machine;
use crate::program::Program;
use crate::program::elf::OsAbi;
use crate::refusal::Refusal;
use crate::request::Request;
use crate::text::{absolute, file_name, shown};

/// Machines whose loaders are worth finding in an image that has none for the program's.
const COMMON: [Machine; 5] =
    [Machine::X86_64, Machine::Aarch64, Machine::Arm, Machine::I386, Machine::Riscv64];

/// The fault of a program's loader, if there is one.
pub(super) fn fault(
    root: &mut Root<'_>,
    request: &Request<'_>,
    subject: &Subject<'_>,
    loader: &str,
) -> Option<Fault> {
    let at = absolute(request.working_directory, loader);
    let needs = format!("{} needs the loader {}", shown(subject.path), shown(loader));
    let (refusal, what) = match root.at(&at)? {
        Look::Missing | Look::NotADirectory => return Some(missing(root, subject, loader)),
        Look::DanglingLink(target) => {
            (Refusal::NotFound, format!("a link to {}, which the image does not have", shown(&target)))
        }
        Look::Directory | Look::Special => (Refusal::PermissionDenied, "which is not a file".to_owned()),
        Look::Unreadable => (Refusal::PermissionDenied, "which cannot be read".to_owned()),
        Look::File { mode, .. } if mode & 0o111 == 0 => {
            (Refusal::PermissionDenied, format!("which is not executable (mode {:04o})", mode & 0o7777))
        }
        Look::File { head, .. } => match Program::read(&head) {
            Program::Elf(elf) if elf.machine == subject.elf.machine => return None,
            Program::Elf(elf) => {
                let (it, program) = (elf.machine.with_article(), subject.elf.machine.with_article());
                let cause = format!("which is {it} ELF, while the program is {program} one");
                (Refusal::BadLoader, cause)
            }
            Program::Empty => (Refusal::InputOutput, "which is empty".to_owned()),
            _ => (Refusal::BadLoader, "which is not an ELF file".to_owned()),
        },
    };
    let hint = "install the image's C library again, or link the program statically";
    Some(Fault::new(refusal, format!("{needs}, {what}")).with_hint(hint))
}

/// What an image has in place of a missing loader.
enum Present {
    /// The same loader at another path.
    Elsewhere(String),
    /// Another C library's loader for the program's machine.
    OtherLibc(&'static Loader),
    /// A loader for another machine.
    OtherMachine(&'static Loader),
    /// None that is known.
    Nothing,
}

fn missing(root: &mut Root<'_>, subject: &Subject<'_>, loader: &str) -> Fault {
    let machine = subject.elf.machine;
    let wanted = Libc::of_loader(loader);
    let present = survey(root, machine, loader);
    let origin = match subject.elf.os_abi {
        OsAbi::FreeBsd => "is a FreeBSD program and ",
        _ if machine == Machine::I386 => "is a 32-bit x86 (i386) program and ",
        _ => "",
    };
    let owner = wanted.map(|libc| format!(" ({libc})")).unwrap_or_default();
    let has = match &present {
        Present::Elsewhere(path) => format!("the image has {}", shown(path)),
        Present::OtherLibc(other) => format!("the image has {} ({})", other.path, other.libc),
        Present::OtherMachine(other) => {
            format!("the image has {} ({}, {})", other.path, other.machine, other.libc)
        }
        Present::Nothing => "the image has no loader at all".to_owned(),
    };
    let path = shown(subject.path);
    let cause = format!(
        "{path} {origin}needs the loader {}{owner}, which the image does not have; {has}",
        shown(loader)
    );
    Fault::new(Refusal::NotFound, cause).with_hint(remedy(subject, loader, wanted, &present))
}

fn survey(root: &mut Root<'_>, machine: Machine, missing: &str) -> Present {
    let name = file_name(missing);
    let multiarch = format!("/usr/lib/{machine}-linux-gnu");
    let directories = ["/lib64", "/usr/lib64", "/lib", "/usr/lib", multiarch.as_str()];
    let mut elsewhere = directories.iter().map(|directory| format!("{directory}/{name}"));
    if let Some(path) = elsewhere.find(|path| path != missing && root.has_file(path)) {
        return Present::Elsewhere(path);
    }
    let mut of_machine = Loader::of(machine).filter(|loader| loader.path != missing);
    if let Some(other) = of_machine.find(|loader| root.has_file(loader.path)) {
        return Present::OtherLibc(other);
    }
    let common = COMMON.into_iter().filter(|other| *other != machine);
    let mut common =
        common.flat_map(Loader::of).filter(|loader| matches!(loader.libc, Libc::Glibc | Libc::Musl));
    common.find(|loader| root.has_file(loader.path)).map_or(Present::Nothing, Present::OtherMachine)
}

fn remedy(subject: &Subject<'_>, loader: &str, wanted: Option<Libc>, present: &Present) -> String {
    if subject.elf.os_abi == OsAbi::FreeBsd {
        return "build it for Linux".to_owned();
    }
    let base = match wanted {
        Some(Libc::Glibc) => "use a base with glibc, such as debian",
        Some(Libc::Musl) => "use a base with musl, such as alpine",
        _ => "copy the loader and the libraries into the image",
    };
    let machine = subject.elf.machine;
    match present {
        Present::Elsewhere(path) if loader.starts_with("/lib") => {
            format!("make {} a link to {} (a lost link /lib64 -> usr/lib64?)", shown(loader), shown(path))
        }
        // Nix, Guix and Linuxbrew link to a loader of their own
        Present::Elsewhere(path) => format!(
            "copy what it was linked with into the image, or name the image's loader in it: \
                 patchelf --set-interpreter {} {}",
            shown(path),
            shown(subject.path)
        ),
        Present::OtherMachine(_) if machine == Machine::I386 => {
            "install the 32-bit libraries (Debian: dpkg --add-architecture i386, libc6:i386), or \
                 build it for 64 bits"
                .to_owned()
        }
        Present::OtherMachine(other) => {
            format!(
                "program and image are for different machines: build both for {machine} or both \
                 for {}",
                other.machine
            )
        }
        Present::OtherLibc(_) | Present::Nothing => {
            format!(
                "link the program statically (Go: CGO_ENABLED=0, Rust: a *-linux-musl target), \
                 or {base}"
            )
        }
    }
}
