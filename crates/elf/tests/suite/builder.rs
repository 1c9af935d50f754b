//! Builds tiny ELF files.

use elf::Machine;

pub(crate) const ET_REL: u16 = 1;
pub(crate) const ET_EXEC: u16 = 2;
pub(crate) const ET_DYN: u16 = 3;
pub(crate) const ET_CORE: u16 = 4;

const PT_DYNAMIC: u32 = 2;
const PT_INTERP: u32 = 3;
const PT_NOTE: u32 = 4;

/// `e_machine`, 64 bits, big-endian.
pub(crate) fn header_of(machine: Machine) -> (u16, bool, bool) {
    match machine {
        Machine::X86_64 => (62, true, false),
        Machine::X32 => (62, false, false),
        Machine::I386 => (3, false, false),
        Machine::Aarch64 => (183, true, false),
        Machine::Aarch64Be => (183, true, true),
        Machine::Arm => (40, false, false),
        Machine::Riscv64 => (243, true, false),
        Machine::Riscv32 => (243, false, false),
        Machine::Ppc64Le => (21, true, false),
        Machine::Ppc64 => (21, true, true),
        Machine::Ppc => (20, false, true),
        Machine::S390x => (22, true, true),
        Machine::Mips64Le => (8, true, false),
        Machine::Mips => (8, false, true),
        Machine::Loongarch64 => (258, true, false),
        Machine::Sparc64 => (43, true, true),
        Machine::M68k => (4, false, true),
        Machine::Other(number) => (number, true, false),
        other => panic!("no header for {other}"),
    }
}

/// An ELF file to be.
pub(crate) struct Builder {
    machine: Machine,
    e_type: u16,
    os_abi: u8,
    segments: Vec<(u32, Vec<u8>)>,
    /// Zeros between the program headers and what they name.
    gap: usize,
}

impl Builder {
    pub(crate) fn new(machine: Machine) -> Self {
        Self { machine, e_type: ET_EXEC, os_abi: 0, segments: vec![(1, Vec::new())], gap: 0 }
    }

    pub(crate) fn of_type(self, e_type: u16) -> Self {
        Self { e_type, ..self }
    }

    pub(crate) fn os_abi(self, os_abi: u8) -> Self {
        Self { os_abi, ..self }
    }

    pub(crate) fn gap(self, gap: usize) -> Self {
        Self { gap, ..self }
    }

    pub(crate) fn without_segments(self) -> Self {
        Self { segments: Vec::new(), ..self }
    }

    /// The loader's name, with its NUL.
    pub(crate) fn interpreter(self, path: &str) -> Self {
        self.raw_interpreter(format!("{path}\0").as_bytes())
    }

    pub(crate) fn raw_interpreter(mut self, name: &[u8]) -> Self {
        self.segments.push((PT_INTERP, name.to_vec()));
        self
    }

    /// `DT_FLAGS_1` with `DF_1_PIE`.
    pub(crate) fn marked_pie(mut self) -> Self {
        let mut entries = Vec::new();
        for word in [0x6fff_fffb_u64, 0x0800_0000, 0, 0] {
            self.word(&mut entries, word);
        }
        self.segments.push((PT_DYNAMIC, entries));
        self
    }

    /// A property note that demands x86-64 levels by their bits.
    pub(crate) fn needs_levels(mut self, bits: u32) -> Self {
        let mut note = Vec::new();
        for number in [4_u32, 16, 5] {
            note.extend(number.to_le_bytes());
        }
        note.extend(b"GNU\0");
        for number in [0xc000_8002_u32, 4, bits, 0] {
            note.extend(number.to_le_bytes());
        }
        self.segments.push((PT_NOTE, note));
        self
    }

    pub(crate) fn build(self) -> Vec<u8> {
        let (e_machine, wide, _) = header_of(self.machine);
        let (header, entry) = if wide { (64, 56) } else { (52, 32) };
        let mut data_at = header + entry * self.segments.len() + self.gap;
        let mut out = vec![0x7f, b'E', b'L', b'F', if wide { 2 } else { 1 }];
        out.extend([if self.is_big() { 2 } else { 1 }, 1, self.os_abi, 0, 0, 0, 0, 0, 0, 0, 0]);
        self.half(&mut out, self.e_type);
        self.half(&mut out, e_machine);
        self.int(&mut out, 1);
        self.word(&mut out, 0); // no entry point
        self.word(&mut out, header as u64);
        self.word(&mut out, 0);
        self.int(&mut out, 0);
        for half in [header, entry, self.segments.len(), 0, 0, 0] {
            self.half(&mut out, u16::try_from(half).expect("headers are small"));
        }
        for (kind, data) in &self.segments {
            self.segment(&mut out, *kind, data_at, data.len());
            data_at += data.len();
        }
        out.resize(out.len() + self.gap, 0);
        self.segments.iter().for_each(|(_, data)| out.extend(data));
        out
    }

    fn segment(&self, out: &mut Vec<u8>, kind: u32, at: usize, size: usize) {
        let (_, wide, _) = header_of(self.machine);
        self.int(out, kind);
        if wide {
            self.int(out, 4);
        }
        for word in [at, 0, 0, size, size] {
            self.word(out, word as u64);
        }
        if !wide {
            self.int(out, 4);
        }
        self.word(out, if kind == PT_NOTE && wide { 8 } else { 4 });
    }

    fn is_big(&self) -> bool {
        header_of(self.machine).2
    }

    fn half(&self, out: &mut Vec<u8>, value: u16) {
        out.extend(if self.is_big() { value.to_be_bytes() } else { value.to_le_bytes() });
    }

    fn int(&self, out: &mut Vec<u8>, value: u32) {
        out.extend(if self.is_big() { value.to_be_bytes() } else { value.to_le_bytes() });
    }

    /// An address, offset or size in the file's word size.
    fn word(&self, out: &mut Vec<u8>, value: u64) {
        if header_of(self.machine).1 {
            out.extend(if self.is_big() { value.to_be_bytes() } else { value.to_le_bytes() });
        } else {
            self.int(out, u32::try_from(value).expect("the file is small"));
        }
    }
}
