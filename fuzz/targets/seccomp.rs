//! Seccomp profiles: each is compiled to a program that the kernel takes, or refused; and stored programs.

#![no_main]

use libfuzzer_sys::fuzz_target;
use oci::runtime::LinuxSeccomp;
use seccomp::{Arch, MAX_INSTRUCTIONS, Program, SeccompCall};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(program) = Program::from_bytes(bytes) {
        assert_eq!(program.to_bytes(), bytes);
        run(&program);
    }
    let Ok(profile) = serde_json::from_slice::<LinuxSeccomp>(bytes) else { return };
    for arch in [Arch::X86_64, Arch::X86, Arch::X32, Arch::Aarch64, Arch::Arm] {
        match seccomp::compile(&profile, arch) {
            Ok(program) => {
                assert!((1..=MAX_INSTRUCTIONS).contains(&program.instructions().len()));
                assert_eq!(Program::from_bytes(&program.to_bytes()).as_ref(), Ok(&program));
                run(&program);
            }
            Err(error) => assert!(!error.to_string().is_empty()),
        }
    }
});

/// It gives an answer to every call, in no more steps than it has instructions.
fn run(program: &Program) {
    for arch in [Arch::X86_64, Arch::X86, Arch::Aarch64, Arch::Arm].map(Arch::audit).into_iter().chain([0]) {
        for nr in [0, 1, 59, 435, 0x4000_0000, u32::MAX] {
            let call = SeccompCall { nr, arch, args: [u64::from(nr); 6], ..SeccompCall::default() };
            let (_, steps) = seccomp::trace(program, &call);
            assert!(steps <= program.instructions().len());
        }
    }
}
