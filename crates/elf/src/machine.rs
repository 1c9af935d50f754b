//! CPU architectures: their names in ELF headers, in `uname -m` and in OCI platforms.

use std::fmt;

use object::elf;

/// A CPU architecture together with its word size and byte order, as far as Linux runs on it.
///
/// ELF splits this over `e_machine`, `EI_CLASS` and `EI_DATA`; people and platforms name the whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // the variants are the names themselves
pub enum Machine {
    X86_64,
    /// 64-bit x86 instructions with 32-bit pointers.
    X32,
    I386,
    Aarch64,
    /// 64-bit ARM with big-endian data.
    Aarch64Be,
    Arm,
    /// 32-bit ARM with big-endian data.
    ArmBe,
    Riscv64,
    Riscv32,
    Ppc64Le,
    Ppc64,
    Ppc,
    S390x,
    S390,
    Mips64Le,
    Mips64,
    MipsLe,
    Mips,
    Loongarch64,
    Loongarch32,
    Sparc64,
    Sparc,
    Alpha,
    Hppa,
    Ia64,
    M68k,
    Sh4,
    Openrisc,
    Microblaze,
    Xtensa,
    Csky,
    Arc,
    /// Kernel bytecode: never a program.
    Bpf,
    /// An `e_machine` without a name here, or with a word size or byte order that Linux does not know.
    Other(u16),
}

/// How a program's machine fits the one it should run on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fit {
    /// The same machine.
    Native,
    /// A narrower sibling that CPU and kernel may run, by their configuration (i386 on `x86_64`).
    Sibling,
    /// Another machine: only an emulator registered with `binfmt_misc` runs it.
    Foreign,
}

/// An ELF file's word size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// 32 bits.
    Bits32,
    /// 64 bits.
    Bits64,
}

/// An ELF file's byte order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Endian {
    /// The least significant byte first.
    Little,
    /// The most significant byte first.
    Big,
}

/// A row of the table of machines.
struct Row {
    machine: Machine,
    /// As `uname -m` or, where that is vague, as GNU triplets say it.
    name: &'static str,
    /// OCI architecture, with the variant where it is usual (`GOARCH` and containerd's table).
    platform: Option<&'static str>,
    e_machine: elf::Machine,
    layout: (Class, Endian),
}

const fn row(
    machine: Machine,
    name: &'static str,
    platform: Option<&'static str>,
    e_machine: elf::Machine,
    layout: (Class, Endian),
) -> Row {
    Row { machine, name, platform, e_machine, layout }
}

const LITTLE_64: (Class, Endian) = (Class::Bits64, Endian::Little);
const LITTLE_32: (Class, Endian) = (Class::Bits32, Endian::Little);
const BIG_64: (Class, Endian) = (Class::Bits64, Endian::Big);
const BIG_32: (Class, Endian) = (Class::Bits32, Endian::Big);

use Machine as M;

/// Every machine with a name; the first row with a platform's name answers for it.
const MACHINES: [Row; 33] = [
    row(M::X86_64, "x86_64", Some("amd64"), elf::EM_X86_64, LITTLE_64),
    row(M::X32, "x32", None, elf::EM_X86_64, LITTLE_32),
    row(M::I386, "i386", Some("386"), elf::EM_386, LITTLE_32),
    row(M::Aarch64, "aarch64", Some("arm64"), elf::EM_AARCH64, LITTLE_64),
    row(M::Aarch64Be, "aarch64_be", Some("arm64be"), elf::EM_AARCH64, BIG_64),
    row(M::Arm, "arm", Some("arm/v7"), elf::EM_ARM, LITTLE_32),
    row(M::ArmBe, "armeb", Some("armbe"), elf::EM_ARM, BIG_32),
    row(M::Riscv64, "riscv64", Some("riscv64"), elf::EM_RISCV, LITTLE_64),
    row(M::Riscv32, "riscv32", Some("riscv"), elf::EM_RISCV, LITTLE_32),
    row(M::Ppc64Le, "ppc64le", Some("ppc64le"), elf::EM_PPC64, LITTLE_64),
    row(M::Ppc64, "ppc64", Some("ppc64"), elf::EM_PPC64, BIG_64),
    row(M::Ppc, "ppc", Some("ppc"), elf::EM_PPC, BIG_32),
    row(M::S390x, "s390x", Some("s390x"), elf::EM_S390, BIG_64),
    row(M::S390, "s390", Some("s390"), elf::EM_S390, BIG_32),
    row(M::Mips64Le, "mips64el", Some("mips64le"), elf::EM_MIPS, LITTLE_64),
    row(M::Mips64, "mips64", Some("mips64"), elf::EM_MIPS, BIG_64),
    row(M::MipsLe, "mipsel", Some("mipsle"), elf::EM_MIPS, LITTLE_32),
    row(M::Mips, "mips", Some("mips"), elf::EM_MIPS, BIG_32),
    row(M::Loongarch64, "loongarch64", Some("loong64"), elf::EM_LOONGARCH, LITTLE_64),
    row(M::Loongarch32, "loongarch32", None, elf::EM_LOONGARCH, LITTLE_32),
    row(M::Sparc64, "sparc64", Some("sparc64"), elf::EM_SPARCV9, BIG_64),
    row(M::Sparc, "sparc", Some("sparc"), elf::EM_SPARC, BIG_32),
    row(M::Alpha, "alpha", None, elf::EM_ALPHA, LITTLE_64),
    row(M::Hppa, "hppa", None, elf::EM_PARISC, BIG_32),
    row(M::Ia64, "ia64", None, elf::EM_IA_64, LITTLE_64),
    row(M::M68k, "m68k", None, elf::EM_68K, BIG_32),
    row(M::Sh4, "sh4", None, elf::EM_SH, LITTLE_32),
    row(M::Openrisc, "or1k", None, elf::EM_OPENRISC, BIG_32),
    row(M::Microblaze, "microblaze", None, elf::EM_MICROBLAZE, LITTLE_32),
    row(M::Xtensa, "xtensa", None, elf::EM_XTENSA, LITTLE_32),
    row(M::Csky, "csky", None, elf::EM_CSKY, LITTLE_32),
    row(M::Arc, "arc", None, elf::EM_ARC_COMPACT2, LITTLE_32),
    row(M::Bpf, "bpf", None, elf::EM_BPF, LITTLE_64),
];

/// Other spellings of a platform's architecture that images carry (containerd's `platforms`).
const SPELLINGS: [(&str, Machine); 13] = [
    ("x86_64", M::X86_64),
    ("x86-64", M::X86_64),
    ("i386", M::I386),
    ("i686", M::I386),
    ("x86", M::I386),
    ("aarch64", M::Aarch64),
    ("arm", M::Arm),
    ("armhf", M::Arm),
    ("armel", M::Arm),
    ("mips64el", M::Mips64Le),
    ("mipsel", M::MipsLe),
    ("loongarch64", M::Loongarch64),
    ("riscv32", M::Riscv32),
];

impl Machine {
    /// The machine that this code was compiled for.
    ///
    /// A 32-bit build on a 64-bit kernel names itself, not the kernel.
    pub fn host() -> Self {
        let big = cfg!(target_endian = "big");
        match std::env::consts::ARCH {
            "x86_64" if cfg!(target_pointer_width = "32") => Self::X32,
            "x86_64" => Self::X86_64,
            "x86" => Self::I386,
            "aarch64" if big => Self::Aarch64Be,
            "aarch64" => Self::Aarch64,
            "arm" if big => Self::ArmBe,
            "powerpc64" if !big => Self::Ppc64Le,
            "powerpc64" => Self::Ppc64,
            "powerpc" => Self::Ppc,
            "mips64" if !big => Self::Mips64Le,
            "mips" if !big => Self::MipsLe,
            name => MACHINES.iter().find(|row| row.name == name).map_or(Self::Other(0), |row| row.machine),
        }
    }

    /// The machine that an ELF header names by `e_machine`, `EI_CLASS` and `EI_DATA`.
    ///
    /// A combination that nobody builds (a big-endian RISC-V) is [`Machine::Other`].
    pub(crate) fn from_header(e_machine: elf::Machine, class: Class, endian: Endian) -> Self {
        let same = |row: &&Row| row.e_machine == e_machine && row.layout == (class, endian);
        MACHINES.iter().find(same).map_or(Self::Other(e_machine.0), |row| row.machine)
    }

    /// The machine of an OCI platform: `amd64`, `linux/arm64/v8`, `arm/v7`, also `x86_64`.
    ///
    /// An operating system before the architecture is skipped. `None` for an unknown name.
    pub fn from_platform(platform: &str) -> Option<Self> {
        let name = platform.strip_prefix("linux/").unwrap_or(platform);
        Self::from_architecture(name).or_else(|| {
            let (architecture, variant) = name.split_once('/')?;
            let level = variant.strip_prefix('v')?;
            level.bytes().all(|byte| byte.is_ascii_digit()).then(|| Self::from_architecture(architecture))?
        })
    }

    fn from_architecture(name: &str) -> Option<Self> {
        let listed = MACHINES.iter().find(|row| row.platform == Some(name)).map(|row| row.machine);
        listed.or_else(|| SPELLINGS.iter().find(|(other, _)| *other == name).map(|(_, machine)| *machine))
    }

    fn row(self) -> Option<&'static Row> {
        MACHINES.iter().find(|row| row.machine == self)
    }

    /// The architecture's usual name (`x86_64`, `aarch64`, `ppc64le`); `unknown` for [`Machine::Other`].
    pub fn name(self) -> &'static str {
        self.row().map_or("unknown", |row| row.name)
    }

    /// The OCI architecture with its usual variant: `amd64`, `arm64`, `arm/v7`. `None` where OCI has no name.
    pub fn platform(self) -> Option<&'static str> {
        self.row()?.platform
    }

    /// How a program for `self` fits a machine `host`.
    pub fn fit(self, host: Self) -> Fit {
        use Machine as M;
        match (self, host) {
            _ if self == host => Fit::Native,
            (M::I386 | M::X32, M::X86_64)
            | (M::Arm, M::Aarch64)
            | (M::ArmBe, M::Aarch64Be)
            | (M::Riscv32, M::Riscv64)
            | (M::Ppc, M::Ppc64)
            | (M::S390, M::S390x)
            | (M::Mips, M::Mips64)
            | (M::MipsLe, M::Mips64Le)
            | (M::Sparc, M::Sparc64) => Fit::Sibling,
            _ => Fit::Foreign,
        }
    }

    /// The name behind the article that it is read with: `an x86_64`, `a riscv64`.
    pub(crate) fn with_article(self) -> String {
        let spelled_with_vowel =
            matches!(self, Self::S390x | Self::S390 | Self::M68k | Self::Sh4 | Self::Hppa);
        let vowel_sound = spelled_with_vowel || self.name().starts_with(['a', 'e', 'i', 'o', 'u', 'x']);
        format!("{} {self}", if vowel_sound { "an" } else { "a" })
    }
}

impl fmt::Display for Machine {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Other(number) => write!(out, "unknown-machine-{number}"),
            named => out.write_str(named.name()),
        }
    }
}

/// A level of the x86-64 instruction set (the psABI's micro-architecture levels).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IsaLevel {
    /// What every 64-bit x86 CPU has.
    Baseline,
    /// SSE4.2 and POPCNT, about 2009.
    V2,
    /// AVX2, BMI and FMA, about 2013.
    V3,
    /// AVX-512, servers from about 2017.
    V4,
}

impl IsaLevel {
    /// The level of this machine's CPU; none where there are no such levels.
    #[cfg(target_arch = "x86_64")]
    pub fn host() -> Option<Self> {
        use std::arch::is_x86_feature_detected as has;
        // the lists of the psABI, as far as the detection has names for them; what is left comes with the others on every CPU
        let v2 = has!("cmpxchg16b") && has!("popcnt") && has!("sse4.2") && has!("ssse3");
        let v3 = v2
            && has!("avx2")
            && has!("bmi1")
            && has!("bmi2")
            && has!("f16c")
            && has!("fma")
            && has!("lzcnt");
        let v4 = v3
            && has!("avx512f")
            && has!("avx512bw")
            && has!("avx512cd")
            && has!("avx512dq")
            && has!("avx512vl");
        Some(match (v2, v3, v4) {
            (_, _, true) => Self::V4,
            (_, true, _) => Self::V3,
            (true, ..) => Self::V2,
            _ => Self::Baseline,
        })
    }

    /// The level of this machine's CPU; none where there are no such levels.
    #[cfg(not(target_arch = "x86_64"))]
    pub fn host() -> Option<Self> {
        None
    }

    /// The compilers' name for the level (`-march=`).
    pub fn march(self) -> &'static str {
        match self {
            Self::Baseline => "x86-64",
            Self::V2 => "x86-64-v2",
            Self::V3 => "x86-64-v3",
            Self::V4 => "x86-64-v4",
        }
    }
}

impl fmt::Display for IsaLevel {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Baseline => "x86-64-v1",
            higher => higher.march(),
        })
    }
}
