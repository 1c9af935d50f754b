//! Which devices a container may use, on the unified hierarchy: a small BPF program, since that hierarchy has no devices controller.
//!
//! Kernel documentation: admin-guide/cgroup-v2.rst, "Device controller"; `struct bpf_cgroup_dev_ctx` in include/uapi/linux/bpf.h.

use crate::error::{At, Result};
use oci::runtime::{LinuxDeviceCgroup, LinuxDeviceType};
use std::os::fd::AsFd;
use std::path::Path;
use sys::bpf::Instruction;

const MOV_IMMEDIATE: u8 = 0xb7;
const MOV_REGISTER: u8 = 0xbf;
const LOAD_WORD: u8 = 0x61;
const AND_IMMEDIATE: u8 = 0x57;
const SHIFT_RIGHT: u8 = 0x77;
const JUMP_NOT_EQUAL: u8 = 0x55;
const JUMP_NOT_EQUAL_REGISTER: u8 = 0x5d;
const EXIT: u8 = 0x95;

const TYPE: u8 = 2;
const ACCESS: u8 = 3;
const MAJOR: u8 = 4;
const MINOR: u8 = 5;
const SCRATCH: u8 = 1;

/// Loads a program for these rules and attaches it to the group at `directory`.
pub(super) fn attach(directory: &Path, rules: &[LinuxDeviceCgroup]) -> Result<()> {
    if rules.is_empty() {
        return Ok(());
    }
    let program =
        sys::bpf::load_device_program(&compile(rules)).at("load the device filter of", directory)?;
    let group = std::fs::File::open(directory).at("open", directory)?;
    sys::bpf::attach_device_program(group.as_fd(), program.as_fd())
        .at("attach the device filter of", directory)
}

/// The last rule that matches decides, so they are tested from the last to the first; what none matches is denied.
fn compile(rules: &[LinuxDeviceCgroup]) -> Vec<Instruction> {
    // the context: u32 access_type (access << 16 | type), u32 major, u32 minor
    let mut program = vec![
        instruction(LOAD_WORD, TYPE, 1, 0, 0),
        instruction(LOAD_WORD, ACCESS, 1, 0, 0),
        instruction(AND_IMMEDIATE, TYPE, 0, 0, 0xffff),
        instruction(SHIFT_RIGHT, ACCESS, 0, 0, 16),
        instruction(LOAD_WORD, MAJOR, 1, 4, 0),
        instruction(LOAD_WORD, MINOR, 1, 8, 0),
    ];
    for rule in rules.iter().rev() {
        program.extend(compile_rule(rule));
        if tests(rule).is_empty() {
            // it decides every case, and the kernel refuses instructions that cannot be reached
            return program;
        }
    }
    program.extend(answer(false));
    program
}

fn compile_rule(rule: &LinuxDeviceCgroup) -> Vec<Instruction> {
    let mut tests = tests(rule);
    let end = tests.len() + 2;
    for (index, test) in tests.iter_mut().enumerate() {
        if test.code == JUMP_NOT_EQUAL || test.code == JUMP_NOT_EQUAL_REGISTER {
            test.offset = i16::try_from(end - index - 1).expect("a rule has at most eight instructions");
        }
    }
    tests.extend(answer(rule.allow()));
    tests
}

/// What a rule asks; a jump is taken when the answer is no.
fn tests(rule: &LinuxDeviceCgroup) -> Vec<Instruction> {
    let mut tests = Vec::new();
    let kind = match rule.typ() {
        Some(LinuxDeviceType::B) => Some(1),
        Some(LinuxDeviceType::C | LinuxDeviceType::U) => Some(2),
        _ => None,
    };
    for (register, value) in [(TYPE, kind), (MAJOR, number(rule.major())), (MINOR, number(rule.minor()))] {
        if let Some(value) = value {
            tests.push(instruction(JUMP_NOT_EQUAL, register, 0, 0, value));
        }
    }
    let access = rule.access().as_deref().unwrap_or("rwm");
    let mask = [('m', 1), ('r', 2), ('w', 4)]
        .iter()
        .filter(|(c, _)| access.contains(*c))
        .fold(0, |m, (_, bit)| m | bit);
    if mask != 7 {
        // an allowing rule must cover all that is asked; a denying one any of it, which for one access at a time is the same
        tests.push(instruction(MOV_REGISTER, SCRATCH, ACCESS, 0, 0));
        tests.push(instruction(AND_IMMEDIATE, SCRATCH, 0, 0, mask));
        tests.push(instruction(JUMP_NOT_EQUAL_REGISTER, SCRATCH, ACCESS, 0, 0));
    }
    tests
}

fn number(number: Option<i64>) -> Option<i32> {
    number.filter(|n| *n >= 0).and_then(|n| i32::try_from(n).ok())
}

fn answer(allow: bool) -> [Instruction; 2] {
    [instruction(MOV_IMMEDIATE, 0, 0, 0, i32::from(allow)), instruction(EXIT, 0, 0, 0, 0)]
}

fn instruction(code: u8, destination: u8, source: u8, offset: i16, immediate: i32) -> Instruction {
    Instruction { code, registers: source << 4 | destination, offset, immediate }
}

#[cfg(test)]
mod tests {
    use super::*;
    use oci::runtime::LinuxDeviceCgroupBuilder;

    /// Runs the program as the kernel would.
    fn ask(program: &[Instruction], kind: u32, access: u32, major: u32, minor: u32) -> bool {
        let context = [access << 16 | kind, major, minor];
        let mut registers = [0_i64; 11];
        let mut at = 0;
        loop {
            let i = program[at];
            at += 1;
            let (to, from) = ((i.registers & 15) as usize, (i.registers >> 4) as usize);
            match i.code {
                LOAD_WORD => registers[to] = i64::from(context[i.offset as usize / 4]),
                AND_IMMEDIATE => registers[to] &= i64::from(i.immediate),
                SHIFT_RIGHT => registers[to] >>= i.immediate,
                MOV_IMMEDIATE => registers[to] = i64::from(i.immediate),
                MOV_REGISTER => registers[to] = registers[from],
                JUMP_NOT_EQUAL if registers[to] != i64::from(i.immediate) => at += i.offset as usize,
                JUMP_NOT_EQUAL_REGISTER if registers[to] != registers[from] => at += i.offset as usize,
                EXIT => return registers[0] == 1,
                _ => {}
            }
        }
    }

    fn rule(allow: bool, kind: LinuxDeviceType, numbers: (i64, i64), access: &str) -> LinuxDeviceCgroup {
        LinuxDeviceCgroupBuilder::default()
            .allow(allow)
            .typ(kind)
            .major(numbers.0)
            .minor(numbers.1)
            .access(access)
            .build()
            .unwrap()
    }

    #[test]
    fn the_last_matching_rule_decides() {
        let program = compile(&[
            rule(false, LinuxDeviceType::A, (-1, -1), "rwm"),
            rule(true, LinuxDeviceType::C, (-1, -1), "m"),
            rule(true, LinuxDeviceType::C, (1, 3), "rwm"),
            rule(false, LinuxDeviceType::C, (10, 229), "rwm"),
        ]);
        assert!(ask(&program, 2, 2, 1, 3), "read /dev/null");
        assert!(ask(&program, 2, 1, 7, 7), "mknod of any character device");
        assert!(!ask(&program, 2, 2, 7, 7), "read another device");
        assert!(!ask(&program, 2, 3, 7, 7), "mknod and read");
        assert!(!ask(&program, 2, 1, 10, 229), "a later rule denies");
        assert!(!ask(&program, 1, 2, 8, 0), "read a disk");
    }
}
