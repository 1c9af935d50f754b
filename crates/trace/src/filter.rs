//! The filter that notifies of calls with paths, and forbids nothing.

use crate::calls::CALLS;
use oci::runtime::LinuxSeccomp;
use seccomp::Arch;
use serde_json::{Value, json};

/// `AT_EMPTY_PATH` (linux/fcntl.h).
const EMPTY_PATH: u64 = 0x1000;

/// The compiled filter for this machine: `sock_filter` records in native byte order. None where its calls are not known by name.
///
/// It is loaded before the filter that forbids: of two answers the kernel takes the stricter one, so what is forbidden stays forbidden and is not notified.
pub fn filter() -> Option<Vec<u8>> {
    let arch = Arch::native()?;
    let profile: LinuxSeccomp = serde_json::from_value(profile(arch)).ok()?;
    seccomp::compile(&profile, arch).ok().map(|program| program.to_bytes())
}

fn profile(arch: Arch) -> Value {
    let mut plain: Vec<&str> = Vec::new();
    let mut rules = Vec::new();
    for (name, place) in CALLS {
        match place.flags {
            Some(index) => rules.push(json!({
                "names": [name],
                "action": "SCMP_ACT_NOTIFY",
                // value is the mask, valueTwo what has to remain of it: no AT_EMPTY_PATH
                "args": [{ "index": index, "value": EMPTY_PATH, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ" }],
            })),
            None if !plain.contains(name) => plain.push(name),
            None => {}
        }
    }
    rules.push(json!({ "names": plain, "action": "SCMP_ACT_NOTIFY" }));
    let family: Vec<Value> = arch.family().iter().map(|arch| json!(arch.listed())).collect();
    json!({ "defaultAction": "SCMP_ACT_ALLOW", "architectures": family, "syscalls": rules })
}

#[cfg(test)]
mod tests {
    use super::*;
    use seccomp::{Action, Program, SeccompCall, interpret, syscalls::Table};

    fn answer(name: &str, arguments: [u64; 6]) -> Action {
        let arch = Arch::native().unwrap();
        let number = Table::of(arch).number(name).unwrap();
        let program = Program::from_bytes(&filter().unwrap()).unwrap();
        let call = SeccompCall { nr: number, arch: arch.audit(), ip: 0, args: arguments };
        interpret(&program, &call)
    }

    #[test]
    fn paths_are_notified_and_descriptors_are_not() {
        assert_eq!(answer("openat", [0; 6]), Action::Notify);
        assert_eq!(answer("execve", [0; 6]), Action::Notify);
        assert_eq!(answer("newfstatat", [0; 6]), Action::Notify);
        assert_eq!(answer("newfstatat", [3, 1, 1, EMPTY_PATH, 0, 0]), Action::Allow);
        assert_eq!(answer("read", [0; 6]), Action::Allow);
    }
}
