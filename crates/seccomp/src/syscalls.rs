//! Names and numbers of system calls.
//!
//! The tables of the `syscalls` crate, completed by what it lacks: x32, the private calls of ARM,
//! and calls newer than its release. Names are those of libseccomp, which profiles are written in.

use crate::arch::Arch;
use ::syscalls::{aarch64, arm, x86, x86_64};
use std::collections::HashMap;

/// Calls of Linux 7.0 and 7.1, which have one number everywhere.
const NEWER: &[(&str, u32)] = &[("listns", 470), ("rseq_slice_yield", 471)];

/// x32 calls with a number of their own because their structures differ
/// (arch/x86/entry/syscalls/syscall_64.tbl, rows `x32`), without [`Arch::X32_BIT`].
const X32_OWN: &[(&str, u32)] = &[
    ("rt_sigaction", 512),
    ("rt_sigreturn", 513),
    ("ioctl", 514),
    ("readv", 515),
    ("writev", 516),
    ("recvfrom", 517),
    ("sendmsg", 518),
    ("recvmsg", 519),
    ("execve", 520),
    ("ptrace", 521),
    ("rt_sigpending", 522),
    ("rt_sigtimedwait", 523),
    ("rt_sigqueueinfo", 524),
    ("sigaltstack", 525),
    ("timer_create", 526),
    ("mq_notify", 527),
    ("kexec_load", 528),
    ("waitid", 529),
    ("set_robust_list", 530),
    ("get_robust_list", 531),
    ("vmsplice", 532),
    ("move_pages", 533),
    ("preadv", 534),
    ("pwritev", 535),
    ("rt_tgsigqueueinfo", 536),
    ("recvmmsg", 537),
    ("sendmmsg", 538),
    ("process_vm_readv", 539),
    ("process_vm_writev", 540),
    ("setsockopt", 541),
    ("getsockopt", 542),
    ("io_setup", 543),
    ("io_submit", 544),
    ("execveat", 545),
    ("preadv2", 546),
    ("pwritev2", 547),
];

/// Calls of x86-64 that x32 never had (the same table, rows `64` without an x32 twin).
const NOT_X32: &[&str] = &[
    "_sysctl",
    "create_module",
    "epoll_ctl_old",
    "epoll_wait_old",
    "get_kernel_syms",
    "get_thread_area",
    "nfsservctl",
    "query_module",
    "set_thread_area",
    "uselib",
    "vserver",
];

/// Where the private calls of 32-bit ARM begin (`__ARM_NR_BASE`, asm/unistd.h).
pub(crate) const ARM_PRIVATE: u32 = 0x000f_0000;

const ARM_OWN: &[(&str, u32)] = &[
    ("breakpoint", ARM_PRIVATE + 1),
    ("cacheflush", ARM_PRIVATE + 2),
    ("usr26", ARM_PRIVATE + 3),
    ("usr32", ARM_PRIVATE + 4),
    ("set_tls", ARM_PRIVATE + 5),
    ("get_tls", ARM_PRIVATE + 6),
];

/// The calls of one architecture.
#[derive(Debug, Clone)]
pub struct Table {
    numbers: HashMap<&'static str, u32>,
}

impl Table {
    /// The calls of an architecture: some 400 of them, put together anew each time.
    pub fn of(arch: Arch) -> Self {
        let mut numbers: HashMap<_, _> = match arch {
            Arch::X86_64 | Arch::X32 => listed(|index| x86_64::Sysno::new(index).map(|call| call.name())),
            Arch::X86 => listed(|index| x86::Sysno::new(index).map(|call| call.name())),
            Arch::Aarch64 => listed(|index| aarch64::Sysno::new(index).map(|call| call.name())),
            Arch::Arm => listed(|index| arm::Sysno::new(index).map(|call| call.name())),
        };
        numbers.extend(NEWER.iter().copied());
        match arch {
            Arch::X86_64 | Arch::X86 => {}
            Arch::X32 => {
                numbers.extend(X32_OWN.iter().copied());
                numbers.retain(|name, _| !NOT_X32.contains(name));
                numbers.values_mut().for_each(|number| *number |= Arch::X32_BIT);
            }
            Arch::Aarch64 => {
                // The table also lists the calls with 64-bit times, which only 32-bit kernels have,
                // and spells this one without its prefix.
                numbers.retain(|name, number| !(403..=423).contains(number) && *name != "fstatat");
                numbers.insert("newfstatat", 79);
            }
            Arch::Arm => numbers.extend(ARM_OWN.iter().copied()),
        }
        Self { numbers }
    }

    /// The number of a call, on x32 with [`Arch::X32_BIT`]; none if the architecture has no such call.
    pub fn number(&self, name: &str) -> Option<u32> {
        self.numbers.get(name).copied()
    }

    /// The name of a call; none if the number is free.
    pub fn name(&self, number: u32) -> Option<&'static str> {
        self.numbers.iter().find(|(_, known)| **known == number).map(|(name, _)| *name)
    }
}

/// What a table says about the numbers that the kernel hands out one after another: under 512 for now.
fn listed(name: impl Fn(usize) -> Option<&'static str>) -> HashMap<&'static str, u32> {
    (0..512_u32).filter_map(|number| Some((name(number as usize)?, number))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(arch: Arch, name: &str) -> Option<u32> {
        Table::of(arch).number(name)
    }

    #[test]
    fn numbers_of_each_architecture() {
        let clone = |arch| number(arch, "clone");
        assert_eq!(clone(Arch::X86_64), Some(56));
        assert_eq!(clone(Arch::X86), Some(120));
        assert_eq!(clone(Arch::X32), Some(56 | Arch::X32_BIT));
        assert_eq!(clone(Arch::Aarch64), Some(220));
        assert_eq!(clone(Arch::Arm), Some(120));
        assert_eq!(number(Arch::X32, "execve"), Some(520 | Arch::X32_BIT));
        assert_eq!(number(Arch::X32, "uselib"), None);
        assert_eq!(number(Arch::Aarch64, "newfstatat"), Some(79));
        assert_eq!(number(Arch::Aarch64, "futex_time64"), None);
        assert_eq!(number(Arch::Arm, "set_tls"), Some(0xf_0005));
        assert_eq!(number(Arch::X86_64, "rseq_slice_yield"), Some(471));
        assert_eq!(number(Arch::X86_64, "no_such_call"), None);
    }

    #[test]
    fn names_lead_back_to_their_numbers() {
        for (arch, count) in
            [(Arch::X86_64, 385), (Arch::X86, 461), (Arch::X32, 374), (Arch::Aarch64, 327), (Arch::Arm, 430)]
        {
            let table = Table::of(arch);
            assert_eq!(table.numbers.len(), count, "{arch:?}");
            for (name, number) in &table.numbers {
                assert_eq!(table.name(*number), Some(*name), "{arch:?}");
            }
        }
        assert_eq!(Table::of(Arch::X86_64).name(335), Some("uretprobe"));
        assert_eq!(Table::of(Arch::X86_64).name(400), None);
        assert_eq!(Table::of(Arch::X32).name(16), None);
        assert_eq!(Table::of(Arch::X32).name(16 | Arch::X32_BIT), None);
    }
}
