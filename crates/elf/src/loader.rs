//! The dynamic loaders of Linux's C libraries: their paths on every machine, and whose they are.

use std::fmt;

use crate::machine::Machine;
use crate::text::file_name;

/// A C library, which a loader belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Libc {
    /// The GNU C library: Debian, Ubuntu, Fedora, SUSE, Arch.
    Glibc,
    /// musl: Alpine, Void, static toolchains.
    Musl,
    /// uClibc and uClibc-ng: embedded systems.
    Uclibc,
    /// Android's.
    Bionic,
}

impl fmt::Display for Libc {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Glibc => "glibc",
            Self::Musl => "musl",
            Self::Uclibc => "uClibc",
            Self::Bionic => "Android's bionic",
        })
    }
}

/// A well-known dynamic loader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Loader {
    /// Where it has to be: programs name it by this absolute path.
    pub path: &'static str,
    /// The C library that it loads.
    pub libc: Libc,
    /// The machine that it is for.
    pub machine: Machine,
}

use Libc::{Bionic, Glibc, Musl, Uclibc};
use Machine as M;

const fn loader(machine: Machine, libc: Libc, path: &'static str) -> Loader {
    Loader { path, libc, machine }
}

/// The loaders by machine, the likeliest of each first. Sources: glibc's `shlib-versions`, musl's
/// `ld-musl-$ARCH.so.1`, uClibc-ng's `UCLIBC_LDSO`, Android's `linker`.
const LOADERS: [Loader; 58] = [
    loader(M::X86_64, Glibc, "/lib64/ld-linux-x86-64.so.2"),
    loader(M::X86_64, Musl, "/lib/ld-musl-x86_64.so.1"),
    loader(M::X86_64, Uclibc, "/lib/ld64-uClibc.so.1"),
    loader(M::X86_64, Bionic, "/system/bin/linker64"),
    loader(M::Aarch64, Glibc, "/lib/ld-linux-aarch64.so.1"),
    loader(M::Aarch64, Musl, "/lib/ld-musl-aarch64.so.1"),
    loader(M::Aarch64, Uclibc, "/lib/ld64-uClibc.so.1"),
    loader(M::Aarch64, Bionic, "/system/bin/linker64"),
    loader(M::Arm, Glibc, "/lib/ld-linux-armhf.so.3"),
    loader(M::Arm, Glibc, "/lib/ld-linux.so.3"),
    loader(M::Arm, Musl, "/lib/ld-musl-armhf.so.1"),
    loader(M::Arm, Musl, "/lib/ld-musl-arm.so.1"),
    loader(M::Arm, Uclibc, "/lib/ld-uClibc.so.1"),
    loader(M::Arm, Bionic, "/system/bin/linker"),
    loader(M::I386, Glibc, "/lib/ld-linux.so.2"),
    loader(M::I386, Musl, "/lib/ld-musl-i386.so.1"),
    loader(M::I386, Uclibc, "/lib/ld-uClibc.so.1"),
    loader(M::I386, Bionic, "/system/bin/linker"),
    loader(M::X32, Glibc, "/libx32/ld-linux-x32.so.2"),
    loader(M::X32, Musl, "/lib/ld-musl-x32.so.1"),
    loader(M::Riscv64, Glibc, "/lib/ld-linux-riscv64-lp64d.so.1"),
    loader(M::Riscv64, Glibc, "/lib/ld-linux-riscv64-lp64.so.1"),
    loader(M::Riscv64, Musl, "/lib/ld-musl-riscv64.so.1"),
    loader(M::Riscv64, Bionic, "/system/bin/linker64"),
    loader(M::Riscv32, Glibc, "/lib/ld-linux-riscv32-ilp32d.so.1"),
    loader(M::Riscv32, Musl, "/lib/ld-musl-riscv32.so.1"),
    loader(M::Ppc64Le, Glibc, "/lib64/ld64.so.2"),
    loader(M::Ppc64Le, Musl, "/lib/ld-musl-powerpc64le.so.1"),
    loader(M::Ppc64, Glibc, "/lib64/ld64.so.1"),
    loader(M::Ppc64, Musl, "/lib/ld-musl-powerpc64.so.1"),
    loader(M::Ppc, Glibc, "/lib/ld.so.1"),
    loader(M::Ppc, Musl, "/lib/ld-musl-powerpc.so.1"),
    loader(M::S390x, Glibc, "/lib/ld64.so.1"),
    loader(M::S390x, Musl, "/lib/ld-musl-s390x.so.1"),
    loader(M::S390, Glibc, "/lib/ld.so.1"),
    loader(M::Mips64Le, Glibc, "/lib64/ld.so.1"),
    loader(M::Mips64Le, Musl, "/lib/ld-musl-mips64el.so.1"),
    loader(M::Mips64, Glibc, "/lib64/ld.so.1"),
    loader(M::Mips64, Musl, "/lib/ld-musl-mips64.so.1"),
    loader(M::MipsLe, Glibc, "/lib/ld.so.1"),
    loader(M::MipsLe, Musl, "/lib/ld-musl-mipsel.so.1"),
    loader(M::MipsLe, Uclibc, "/lib/ld-uClibc.so.1"),
    loader(M::Mips, Glibc, "/lib/ld.so.1"),
    loader(M::Mips, Musl, "/lib/ld-musl-mips.so.1"),
    loader(M::Mips, Uclibc, "/lib/ld-uClibc.so.1"),
    loader(M::Loongarch64, Glibc, "/lib64/ld-linux-loongarch-lp64d.so.1"),
    loader(M::Loongarch64, Musl, "/lib/ld-musl-loongarch64.so.1"),
    loader(M::Aarch64Be, Glibc, "/lib/ld-linux-aarch64_be.so.1"),
    loader(M::Aarch64Be, Musl, "/lib/ld-musl-aarch64_be.so.1"),
    loader(M::Sparc64, Glibc, "/lib64/ld-linux.so.2"),
    loader(M::Sparc, Glibc, "/lib/ld-linux.so.2"),
    loader(M::Alpha, Glibc, "/lib/ld-linux.so.2"),
    loader(M::Hppa, Glibc, "/lib/ld.so.1"),
    loader(M::Ia64, Glibc, "/lib/ld-linux-ia64.so.2"),
    loader(M::M68k, Glibc, "/lib/ld.so.1"),
    loader(M::M68k, Musl, "/lib/ld-musl-m68k.so.1"),
    loader(M::Sh4, Glibc, "/lib/ld-linux.so.2"),
    loader(M::Openrisc, Musl, "/lib/ld-musl-or1k.so.1"),
];

impl Loader {
    /// The loaders that programs for a machine name, the likeliest first.
    pub fn of(machine: Machine) -> impl Iterator<Item = &'static Self> {
        LOADERS.iter().filter(move |loader| loader.machine == machine)
    }
}

impl Libc {
    /// Whose loader a path names, judged by its file name; `None` for one that nobody ships.
    pub fn of_loader(path: &str) -> Option<Self> {
        let name = file_name(path);
        if name.starts_with("ld-musl-") {
            Some(Self::Musl)
        } else if name.contains("uClibc") {
            Some(Self::Uclibc)
        } else if name == "linker" || name == "linker64" {
            Some(Self::Bionic)
        } else if ["ld-linux", "ld64.so.", "ld.so.", "ld-2.", "ld-lsb"]
            .iter()
            .any(|start| name.starts_with(start))
        {
            Some(Self::Glibc)
        } else {
            None
        }
    }
}
