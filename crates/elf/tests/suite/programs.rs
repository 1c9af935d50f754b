//! Naming a program from its first bytes.

use std::path::Path;

use elf::{
    Class, Elf, Endian, Fit, Foreign, HEAD_BYTES, Interpreter, IsaLevel, Kind, Libc, Linkage, Loader,
    Machine, OsAbi, Program, Script,
};

use crate::builder::{Builder, ET_CORE, ET_DYN, ET_REL, header_of};

fn elf(bytes: &[u8]) -> Elf {
    match Program::read(bytes) {
        Program::Elf(elf) => elf,
        other => panic!("not an ELF file: {other:?}"),
    }
}

#[test]
fn machines_are_named_from_header_class_and_byte_order() {
    use Machine as M;
    let machines = [
        (M::X86_64, "x86_64", Some("amd64")),
        (M::X32, "x32", None),
        (M::I386, "i386", Some("386")),
        (M::Aarch64, "aarch64", Some("arm64")),
        (M::Arm, "arm", Some("arm/v7")),
        (M::Riscv64, "riscv64", Some("riscv64")),
        (M::Riscv32, "riscv32", Some("riscv")),
        (M::Ppc64Le, "ppc64le", Some("ppc64le")),
        (M::Ppc64, "ppc64", Some("ppc64")),
        (M::Ppc, "ppc", Some("ppc")),
        (M::S390x, "s390x", Some("s390x")),
        (M::Mips64Le, "mips64el", Some("mips64le")),
        (M::Mips, "mips", Some("mips")),
        (M::Loongarch64, "loongarch64", Some("loong64")),
        (M::Sparc64, "sparc64", Some("sparc64")),
        (M::M68k, "m68k", None),
        (M::Other(4711), "unknown", None),
    ];
    for (machine, name, platform) in machines {
        let found = elf(&Builder::new(machine).build());
        let (_, wide, big) = header_of(machine);
        assert_eq!(found.machine, machine);
        assert_eq!(found.class, if wide { Class::Bits64 } else { Class::Bits32 });
        assert_eq!(found.endian, if big { Endian::Big } else { Endian::Little });
        assert_eq!((machine.name(), machine.platform()), (name, platform));
        if let Some(platform) = platform {
            assert_eq!(Machine::from_platform(platform), Some(machine));
            assert_eq!(Machine::from_platform(&format!("linux/{platform}")), Some(machine));
        }
    }
}

#[test]
fn platforms_are_read_in_all_their_spellings() {
    let spellings = [
        ("linux/arm64/v8", Some(Machine::Aarch64)),
        ("arm64/v8", Some(Machine::Aarch64)),
        ("linux/amd64/v3", Some(Machine::X86_64)),
        ("x86_64", Some(Machine::X86_64)),
        ("linux/arm/v6", Some(Machine::Arm)),
        ("arm", Some(Machine::Arm)),
        ("armhf", Some(Machine::Arm)),
        ("linux/386", Some(Machine::I386)),
        ("windows/amd64", None),
        ("amd64/fast", None),
        ("", None),
    ];
    for (platform, machine) in spellings {
        assert_eq!(Machine::from_platform(platform), machine, "{platform}");
    }
}

#[test]
fn siblings_are_told_from_foreign_machines() {
    assert_eq!(Machine::X86_64.fit(Machine::X86_64), Fit::Native);
    assert_eq!(Machine::I386.fit(Machine::X86_64), Fit::Sibling);
    assert_eq!(Machine::X86_64.fit(Machine::I386), Fit::Foreign);
    assert_eq!(Machine::Arm.fit(Machine::Aarch64), Fit::Sibling);
    assert_eq!(Machine::Ppc64.fit(Machine::Ppc64Le), Fit::Foreign);
}

#[test]
fn kinds_and_linkage_follow_type_loader_and_mark() {
    let new = || Builder::new(Machine::X86_64);
    let cases = [
        (new(), Kind::Executable, Linkage::Static),
        (new().interpreter("/lib/ld.so"), Kind::Executable, Linkage::Dynamic),
        (new().of_type(ET_DYN).interpreter("/lib/ld.so"), Kind::Pie, Linkage::Dynamic),
        (new().of_type(ET_DYN).marked_pie(), Kind::Pie, Linkage::Static),
        (new().of_type(ET_DYN), Kind::Shared, Linkage::Dynamic),
        (new().of_type(ET_REL).without_segments(), Kind::Relocatable, Linkage::Unknown),
        (new().of_type(ET_CORE), Kind::Core, Linkage::Unknown),
        (new().of_type(0xfe00), Kind::Other(0xfe00), Linkage::Unknown),
    ];
    for (builder, kind, linkage) in cases {
        let found = elf(&builder.build());
        assert_eq!((found.kind, found.linkage), (kind, linkage));
        assert_eq!(found.is_program(), matches!(kind, Kind::Executable | Kind::Pie));
    }
}

#[test]
fn loaders_are_read_in_both_classes_and_byte_orders() {
    for machine in [Machine::X86_64, Machine::Arm, Machine::S390x, Machine::Ppc] {
        let path = Loader::of(machine).next().unwrap().path;
        let found = elf(&Builder::new(machine).interpreter(path).build());
        assert_eq!(found.interpreter, Some(Interpreter::Path(path.to_owned())));
    }
    let bsd = elf(&Builder::new(Machine::X86_64).os_abi(9).interpreter("/libexec/ld-elf.so.1").build());
    assert_eq!(bsd.os_abi, OsAbi::FreeBsd);
}

#[test]
fn loaders_beyond_the_head_and_malformed_ones_are_reported() {
    let new = || Builder::new(Machine::X86_64);
    let far = new().gap(HEAD_BYTES).interpreter("/lib64/ld-linux-x86-64.so.2").build();
    let offset = (64 + 2 * 56 + HEAD_BYTES) as u64;
    assert_eq!(elf(&far[..HEAD_BYTES]).interpreter, Some(Interpreter::BeyondHead(offset)));
    let cut = new().interpreter("/lib/ld.so").build();
    assert_eq!(elf(&cut[..100]).interpreter, Some(Interpreter::BeyondHead(64)));
    assert_eq!(elf(&cut[..100]).linkage, Linkage::Unknown);
    for name in [&b"\0"[..], b"/lib/ld.so", b"\0\0", b""] {
        let found = elf(&new().raw_interpreter(name).build());
        assert_eq!(found.interpreter, Some(Interpreter::Malformed));
    }
    let inner_nul = elf(&new().raw_interpreter(b"/ld\0junk\0").build());
    assert_eq!(inner_nul.interpreter, Some(Interpreter::Path("/ld".to_owned())));
}

#[test]
fn instruction_set_notes_name_the_highest_level() {
    let level = |machine, bits| elf(&Builder::new(machine).needs_levels(bits).build()).isa_level;
    assert_eq!(level(Machine::X86_64, 0b0001), Some(IsaLevel::Baseline));
    assert_eq!(level(Machine::X86_64, 0b0111), Some(IsaLevel::V3));
    assert_eq!(level(Machine::X86_64, 0b1000), Some(IsaLevel::V4));
    assert_eq!(level(Machine::X86_64, 0), None);
    assert_eq!(level(Machine::Aarch64, 0b0111), None);
    assert_eq!(IsaLevel::V3.to_string(), "x86-64-v3");
    assert!(IsaLevel::Baseline < IsaLevel::V2);
}

#[test]
fn damage_is_told_apart() {
    let whole = Builder::new(Machine::X86_64).build();
    let damaged = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = whole.clone();
        change(&mut bytes);
        match Program::read(&bytes) {
            Program::DamagedElf(reason) => reason,
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(damaged(&|bytes| bytes.truncate(4)), "it ends inside its header");
    assert_eq!(damaged(&|bytes| bytes.truncate(63)), "it ends inside its header");
    assert_eq!(damaged(&|bytes| bytes[4] = 3), "its class is neither 32 nor 64 bits");
    assert_eq!(damaged(&|bytes| bytes[5] = 0), "its byte order or version is unknown");
    assert_eq!(damaged(&|bytes| bytes[54] = 55), "its program headers have a wrong size");
    assert_eq!(damaged(&|bytes| bytes[56] = 0), "it has no program headers");
    assert_eq!(damaged(&|bytes| bytes[57] = 0xff), "it has too many program headers");
}

#[test]
fn shebang_lines_are_read_as_the_kernel_does() {
    let script = |interpreter: &str, argument: Option<&str>, ends_in_carriage_return| {
        let argument = argument.map(str::to_owned);
        Program::Script(Script { interpreter: interpreter.to_owned(), argument, ends_in_carriage_return })
    };
    let cases = [
        ("#!/bin/sh\necho", script("/bin/sh", None, false)),
        ("#!/bin/sh", script("/bin/sh", None, false)),
        ("#! \t/bin/sh  -e  -u \t\n", script("/bin/sh", Some("-e  -u"), false)),
        ("#!/bin/sh\r\n", script("/bin/sh", None, true)),
        ("#!/bin/sh -e\r\n", script("/bin/sh", Some("-e"), true)),
        ("#!/bin/sh \r\n", script("/bin/sh", Some(""), true)),
        ("#!/bin/sh\0 -e\n", script("/bin/sh", None, false)),
        ("#!\r\n", script("", None, true)),
        ("#!\n/bin/sh", Program::NamelessScript),
        ("#!", Program::NamelessScript),
        ("#!   \t", Program::NamelessScript),
    ];
    for (text, program) in cases {
        assert_eq!(Program::read(text.as_bytes()), program, "{text:?}");
    }
    let long = format!("#!/{}", "x".repeat(300));
    assert_eq!(Program::read(long.as_bytes()), Program::NamelessScript);
    let cut_argument = format!("#!/bin/sh {}", "x".repeat(300));
    assert_eq!(Program::read(cut_argument.as_bytes()), script("/bin/sh", Some(&"x".repeat(256 - 10)), false));
}

#[test]
fn env_seeks_its_first_word() {
    let sought = |line: &str| match Program::read(line.as_bytes()) {
        Program::Script(script) => script.sought_by_env(),
        other => panic!("{other:?}"),
    };
    assert_eq!(sought("#!/usr/bin/env python3\n").as_deref(), Some("python3"));
    assert_eq!(sought("#!/usr/bin/env python3 -u\n").as_deref(), Some("python3 -u"));
    assert_eq!(sought("#!/usr/bin/env -S python3 -u\n").as_deref(), Some("python3"));
    assert_eq!(sought("#!/usr/bin/env -S -i A=b perl -w\n").as_deref(), Some("perl"));
    assert_eq!(sought("#!/usr/bin/env python3\r\n").as_deref(), Some("python3\r"));
    assert_eq!(sought("#!/usr/bin/env\n"), None);
    assert_eq!(sought("#!/usr/bin/env -i\n"), None);
    assert_eq!(sought("#!/bin/sh -e\n"), None);
}

#[test]
fn other_formats_are_known_by_their_magic() {
    let mut tar = vec![b'a'; 257];
    tar.extend(b"ustar\x0000");
    let cases: [(&[u8], Foreign); 16] = [
        (b"MZ\x90\0", Foreign::Windows),
        (b"MZqFpD='\n", Foreign::Cosmopolitan),
        (b"\xcf\xfa\xed\xfe\x07", Foreign::MachO),
        (b"\xca\xfe\xba\xbe\0\0\0\x02", Foreign::MachO),
        (b"\xca\xfe\xba\xbe\0\0\0\x3d", Foreign::JavaClass),
        (b"PK\x03\x04", Foreign::Zip),
        (b"\x1f\x8b\x08", Foreign::Gzip),
        (b"\xfd7zXZ\0", Foreign::Xz),
        (b"\x28\xb5\x2f\xfd", Foreign::Zstd),
        (b"!<arch>\ndebian-binary", Foreign::Ar),
        (b"\0asm\x01", Foreign::Wasm),
        (b"<!DOCTYPE html>", Foreign::Html),
        (b"version https://git-lfs.github.com/spec/v1\n", Foreign::LfsPointer),
        (b"\xef\xbb\xbf#!/bin/sh\n", Foreign::MarkedScript),
        (b"\xff\xfe#\0!\0", Foreign::Utf16),
        (&tar, Foreign::Tar),
    ];
    for (bytes, format) in cases {
        assert_eq!(Program::read(bytes), Program::Foreign(format));
    }
}

#[test]
fn shell_text_is_told_from_other_text() {
    for text in ["\n\nset -e\n", "# start\n/app\n", "A_B=1\n", "main() {\n", "  exec \"$@\"\n", "cd /é"] {
        assert_eq!(Program::read(text.as_bytes()), Program::MissingShebangScript, "{text:?}");
    }
    for bytes in [&b"Not Found"[..], b"\n \n", b"echo \0", b"set \xff", b"1=2\n"] {
        let first = bytes[..bytes.len().min(16)].to_vec();
        assert_eq!(Program::read(bytes), Program::Unknown(first));
    }
    let mut cut = "echo ".to_owned();
    cut.push_str(&"é".repeat(4000));
    assert_eq!(Program::read(cut.as_bytes()), Program::MissingShebangScript);
    assert_eq!(Program::read(b""), Program::Empty);
}

#[test]
fn loaders_are_known_by_name() {
    for machine in [Machine::X86_64, Machine::Aarch64, Machine::Arm, Machine::S390x, Machine::Ppc64Le] {
        for loader in Loader::of(machine) {
            assert_eq!(Libc::of_loader(loader.path), Some(loader.libc), "{}", loader.path);
        }
    }
    let nix = "/nix/store/abc-glibc-2.40/lib/ld-linux-x86-64.so.2";
    assert_eq!(Libc::of_loader(nix), Some(Libc::Glibc));
    assert_eq!(Libc::of_loader("/libexec/ld-elf.so.1"), None);
}

#[test]
fn programs_of_this_machine_are_read() {
    let mut seen = 0;
    for path in ["/bin/true", "/bin/busybox", "/proc/self/exe"] {
        let Ok(bytes) = std::fs::read(Path::new(path)) else { continue };
        let head = &bytes[..bytes.len().min(HEAD_BYTES)];
        let found = elf(head);
        seen += 1;
        assert_eq!(found.machine, Machine::host(), "{path}");
        assert!(found.is_program(), "{path}: {found:?}");
        assert_ne!(found.linkage, Linkage::Unknown, "{path}");
        if let Some(Interpreter::Path(loader)) = &found.interpreter {
            assert!(Path::new(loader).exists(), "{path} names {loader}");
            assert!(Libc::of_loader(loader).is_some(), "{path} names {loader}");
        }
    }
    assert!(seen > 0, "the test itself is a program");
}
