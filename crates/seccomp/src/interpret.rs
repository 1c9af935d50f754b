//! A BPF machine for filters: the oracle of our tests and the source of explanations, not a way to enforce anything.

use crate::action::Action;
use crate::program::{Program, code, offset};

/// One system call as a filter sees it (`struct seccomp_data`, linux/seccomp.h).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SeccompCall {
    /// The number, on x32 with its bit.
    pub nr: u32,
    /// The caller's architecture, an `AUDIT_ARCH_*` value ([`crate::Arch::audit`]).
    pub arch: u32,
    /// The address of the instruction that made the call.
    pub ip: u64,
    /// The arguments, as the registers held them.
    pub args: [u64; 6],
}

impl SeccompCall {
    /// The 32-bit word at an offset in bytes: a multiple of 4 under 64.
    fn word(&self, at: u32) -> u32 {
        let half = |value: u64| if at.is_multiple_of(8) { value as u32 } else { (value >> 32) as u32 };
        match at {
            offset::NUMBER => self.nr,
            offset::ARCH => self.arch,
            8 | 12 => half(self.ip),
            _ => half(self.args[(at - offset::ARGUMENTS) as usize / 8]),
        }
    }
}

/// What `program` answers to `call`. For tests and for `explain`.
///
/// Always ends: a [`Program`] only jumps ahead.
pub fn interpret(program: &Program, call: &SeccompCall) -> Action {
    trace(program, call).0
}

/// As [`interpret`], with the number of instructions that led to the answer.
///
/// The kernel runs the same ones, unless it knows from the number alone that the call is allowed (since Linux 5.11).
pub fn trace(program: &Program, call: &SeccompCall) -> (Action, usize) {
    let instructions = program.instructions();
    let (mut next, mut accumulator) = (0, 0);
    let mut steps = 0;
    loop {
        let instruction = instructions[next];
        let k = instruction.k;
        steps += 1;
        next += 1;
        let branch = |holds| usize::from(if holds { instruction.jt } else { instruction.jf });
        match instruction.code {
            code::LOAD => accumulator = call.word(k),
            code::AND => accumulator &= k,
            code::JUMP => next += k as usize,
            code::EQUAL => next += branch(accumulator == k),
            code::GREATER => next += branch(accumulator > k),
            code::AT_LEAST => next += branch(accumulator >= k),
            _ => return (Action::from_raw(k), steps),
        }
    }
}
