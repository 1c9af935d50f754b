//! The architectures whose system calls we can name.

use oci_spec::runtime::Arch as Listed;

/// A system call interface: an instruction set and the numbers of its calls.
///
/// All of them are little-endian, which the places of argument words in a filter rely on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Arch {
    /// 64-bit x86.
    X86_64,
    /// 32-bit x86.
    X86,
    /// 32-bit pointers in 64-bit x86: its calls carry [`Arch::X32_BIT`] in the number.
    X32,
    /// 64-bit ARM.
    Aarch64,
    /// 32-bit ARM (EABI).
    Arm,
}

impl Arch {
    /// What marks a call number as one of x32 (`__X32_SYSCALL_BIT`, asm/unistd.h).
    pub const X32_BIT: u32 = 0x4000_0000;

    /// The architecture that this binary was built for; none where we have no tables.
    pub const fn native() -> Option<Self> {
        if cfg!(target_arch = "x86_64") {
            Some(Self::X86_64)
        } else if cfg!(target_arch = "x86") {
            Some(Self::X86)
        } else if cfg!(target_arch = "aarch64") {
            Some(Self::Aarch64)
        } else if cfg!(target_arch = "arm") {
            Some(Self::Arm)
        } else {
            None
        }
    }

    /// The `AUDIT_ARCH_*` value with which the kernel labels a call (linux/audit.h).
    pub const fn audit(self) -> u32 {
        match self {
            Self::X86_64 | Self::X32 => 0xc000_003e,
            Self::X86 => 0x4000_0003,
            Self::Aarch64 => 0xc000_00b7,
            Self::Arm => 0x4000_0028,
        }
    }

    /// This architecture in the words of the OCI runtime specification.
    pub const fn listed(self) -> Listed {
        match self {
            Self::X86_64 => Listed::ScmpArchX86_64,
            Self::X86 => Listed::ScmpArchX86,
            Self::X32 => Listed::ScmpArchX32,
            Self::Aarch64 => Listed::ScmpArchAarch64,
            Self::Arm => Listed::ScmpArchArm,
        }
    }

    /// This architecture and those that its kernel also executes.
    pub const fn family(self) -> &'static [Self] {
        match self {
            Self::X86_64 => &[Self::X86_64, Self::X86, Self::X32],
            Self::X86 => &[Self::X86],
            Self::X32 => &[Self::X32],
            Self::Aarch64 => &[Self::Aarch64, Self::Arm],
            Self::Arm => &[Self::Arm],
        }
    }

    /// Whether a filter compares whole 64-bit arguments; elsewhere the upper half means nothing.
    pub(crate) const fn is_wide(self) -> bool {
        matches!(self, Self::X86_64 | Self::Aarch64)
    }
}
