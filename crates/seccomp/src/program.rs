//! A filter as the kernel takes it.

use crate::action::Action;
use crate::error::Error;

/// The most instructions that the kernel takes (`BPF_MAXINSNS`, linux/bpf_common.h).
pub const MAX_INSTRUCTIONS: usize = 4096;

/// The instructions that a filter of ours consists of (linux/bpf_common.h; all work on 32-bit words).
pub(crate) mod code {
    /// Load a word of the call's description.
    pub(crate) const LOAD: u16 = 0x20;
    /// Mask the loaded word.
    pub(crate) const AND: u16 = 0x54;
    /// Go ahead unconditionally.
    pub(crate) const JUMP: u16 = 0x05;
    /// Branch on equality.
    pub(crate) const EQUAL: u16 = 0x15;
    /// Branch on greater, unsigned.
    pub(crate) const GREATER: u16 = 0x25;
    /// Branch on greater or equal, unsigned.
    pub(crate) const AT_LEAST: u16 = 0x35;
    /// Answer.
    pub(crate) const RETURN: u16 = 0x06;
}

/// Offsets in `struct seccomp_data` (linux/seccomp.h), in bytes.
pub(crate) mod offset {
    /// The call's number.
    pub(crate) const NUMBER: u32 = 0;
    /// The caller's architecture.
    pub(crate) const ARCH: u32 = 4;
    /// The first argument; each has 8 bytes, the lower half first.
    pub(crate) const ARGUMENTS: u32 = 16;
    /// The size of the whole.
    pub(crate) const END: u32 = 64;
}

/// `struct sock_filter` (linux/filter.h).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Instruction {
    /// What to do.
    pub code: u16,
    /// How many instructions to skip when a test holds.
    pub jt: u8,
    /// How many instructions to skip when it does not.
    pub jf: u8,
    /// The operand.
    pub k: u32,
}

/// A program that the kernel's verifier accepts: it only jumps ahead, stays inside itself and ends with an answer.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Program {
    instructions: Vec<Instruction>,
}

impl Program {
    /// Checks instructions as the kernel's verifier does (net/core/filter.c and kernel/seccomp.c).
    pub(crate) fn new(instructions: Vec<Instruction>) -> Result<Self, Error> {
        if instructions.len() > MAX_INSTRUCTIONS {
            return Err(Error::TooLong);
        }
        if instructions.last().is_none_or(|last| last.code != code::RETURN) {
            return Err(Error::Program("does not end with an answer"));
        }
        for (place, instruction) in instructions.iter().enumerate() {
            check(*instruction, instructions.len() - place - 1)?;
        }
        Ok(Self { instructions })
    }

    /// The instructions, of which there are 1 to [`MAX_INSTRUCTIONS`].
    pub fn instructions(&self) -> &[Instruction] {
        &self.instructions
    }

    /// Whether some call is left to a listener, so that the filter must be loaded with one.
    pub fn notifies(&self) -> bool {
        let notify = Action::Notify.to_raw();
        self.instructions.iter().any(|i| i.code == code::RETURN && i.k == notify)
    }

    /// The program as an array of `struct sock_filter`: 8 bytes an instruction, in this machine's byte order.
    pub fn to_bytes(&self) -> Vec<u8> {
        let bytes = |i: &Instruction| {
            let [code_low, code_high] = i.code.to_ne_bytes();
            let [k0, k1, k2, k3] = i.k.to_ne_bytes();
            [code_low, code_high, i.jt, i.jf, k0, k1, k2, k3]
        };
        self.instructions.iter().flat_map(bytes).collect()
    }

    /// Reads what [`Program::to_bytes`] wrote on this machine.
    ///
    /// # Errors
    /// [`Error::Program`] or [`Error::TooLong`] for anything that the kernel would refuse and for instructions that
    /// [`crate::compile`] never writes. A valid program may still be another one: guard stored programs with a digest.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Error> {
        let (instructions, rest) = bytes.as_chunks::<8>();
        if !rest.is_empty() {
            return Err(Error::Program("ends within an instruction"));
        }
        if instructions.len() > MAX_INSTRUCTIONS {
            return Err(Error::TooLong);
        }
        let instruction = |&[c0, c1, jt, jf, k0, k1, k2, k3]: &[u8; 8]| Instruction {
            code: u16::from_ne_bytes([c0, c1]),
            jt,
            jf,
            k: u32::from_ne_bytes([k0, k1, k2, k3]),
        };
        Self::new(instructions.iter().map(instruction).collect())
    }
}

/// Checks one instruction with `left` of them behind it.
fn check(instruction: Instruction, left: usize) -> Result<(), Error> {
    let Instruction { code, jt, jf, k } = instruction;
    let in_range = match code {
        code::RETURN => true,
        code::AND => left > 0,
        code::LOAD => left > 0 && k < offset::END && k.is_multiple_of(4),
        code::JUMP => (k as usize) < left,
        code::EQUAL | code::GREATER | code::AT_LEAST => usize::from(jt.max(jf)) < left,
        _ => return Err(Error::Program("has an instruction of no filter")),
    };
    if in_range { Ok(()) } else { Err(Error::Program("leaves its bounds")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOW: Instruction = Instruction { code: code::RETURN, jt: 0, jf: 0, k: 0x7fff_0000 };

    fn refused(instructions: &[Instruction]) -> String {
        let bytes = Program { instructions: instructions.to_vec() }.to_bytes();
        Program::from_bytes(&bytes).unwrap_err().to_string()
    }

    #[test]
    fn hostile_bytes_are_refused() {
        assert_eq!(refused(&[]), "stored seccomp program: does not end with an answer");
        assert!(Program::from_bytes(&[6, 0, 0]).is_err());
        let far = Instruction { code: code::EQUAL, jt: 0, jf: 1, k: 0 };
        assert_eq!(refused(&[far, ALLOW]), "stored seccomp program: leaves its bounds");
        let beyond = Instruction { code: code::JUMP, jt: 0, jf: 0, k: u32::MAX };
        assert_eq!(refused(&[beyond, ALLOW]), "stored seccomp program: leaves its bounds");
        let outside = Instruction { code: code::LOAD, jt: 0, jf: 0, k: 64 };
        assert_eq!(refused(&[outside, ALLOW]), "stored seccomp program: leaves its bounds");
        let foreign = Instruction { code: 0x07, jt: 0, jf: 0, k: 0 };
        assert_eq!(refused(&[foreign, ALLOW]), "stored seccomp program: has an instruction of no filter");
        assert_eq!(Program::from_bytes(&[0; 4097 * 8]), Err(Error::TooLong));
    }

    #[test]
    fn bytes_are_a_sock_filter() {
        let program = Program::new(vec![ALLOW]).unwrap();
        assert_eq!(Program::from_bytes(&program.to_bytes()), Ok(program.clone()));
        assert_eq!(program.to_bytes()[..4], [0x06_u16.to_ne_bytes(), [0, 0]].concat());
        assert!(!program.notifies());
    }
}
