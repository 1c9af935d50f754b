//! What is read of this machine's own programs, against what readelf(1) of the compiler's package says.

use super::*;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

/// Programs and libraries of this machine: those that are there.
fn files() -> Vec<String> {
    let candidates = [
        "/bin/sh",
        "/bin/bash",
        "/usr/bin/ld",
        "/usr/bin/env",
        "/bin/busybox",
        "/usr/bin/python3",
        "/lib64/ld-linux-x86-64.so.2",
    ];
    let mut files: Vec<String> = candidates.map(str::to_owned).to_vec();
    for directory in [
        "/lib/x86_64-linux-gnu",
        "/usr/lib/x86_64-linux-gnu",
        "/usr/lib/aarch64-linux-gnu",
        "/usr/aarch64-linux-gnu/lib",
        "/usr/lib64",
    ] {
        let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
        let names =
            entries.map(|entry| entry.path().display().to_string()).filter(|path| path.contains(".so."));
        files.extend(names.take(40));
    }
    files.retain(|path| std::fs::read(path).is_ok_and(|content| content.starts_with(b"\x7fELF")));
    files
}

fn readelf(flag: &str, path: &str) -> String {
    let output =
        Command::new("readelf").args(["-W", flag, path]).output().expect("readelf comes with the C compiler");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// The words in brackets on the lines with a tag.
fn bracketed(text: &str, tag: &str) -> Vec<String> {
    let lines = text.lines().filter(|line| line.contains(tag));
    lines.filter_map(|line| Some(line.split_once('[')?.1.split_once(']')?.0.to_owned())).collect()
}

#[test]
fn the_dynamic_section_is_what_readelf_says() {
    let files = files();
    assert!(!files.is_empty(), "this machine has programs");
    for path in files {
        let dynamic = Dynamic::read(&std::fs::read(&path).unwrap()).unwrap();
        let said = readelf("-d", &path);
        assert_eq!(dynamic.needed, bracketed(&said, "(NEEDED)"), "{path}");
        assert_eq!(dynamic.soname, bracketed(&said, "(SONAME)").pop(), "{path}");
        assert_eq!(dynamic.rpath, bracketed(&said, "(RPATH)").pop(), "{path}");
        assert_eq!(dynamic.runpath, bracketed(&said, "(RUNPATH)").pop(), "{path}");
    }
}

#[test]
fn symbols_and_versions_are_what_readelf_says() {
    for path in files().into_iter().take(30) {
        let dynamic = Dynamic::read(&std::fs::read(&path).unwrap()).unwrap();
        let said = readelf("--dyn-syms", &path);
        if said.trim().is_empty() {
            continue;
        }
        let undefined = said.lines().filter(|line| line.split_whitespace().nth(6) == Some("UND"));
        let names = undefined.filter_map(|line| line.split_whitespace().nth(7));
        let expected: BTreeSet<&str> = names.map(|name| name.split('@').next().unwrap_or(name)).collect();
        let found: BTreeSet<&str> = dynamic.imports.iter().map(String::as_str).collect();
        assert_eq!(found, expected, "{path}");
        let versions = readelf("--version-info", &path);
        for need in &dynamic.requires {
            assert!(versions.contains(&format!("Name: {}", need.version)), "{path}: {need:?}");
        }
    }
}

#[test]
fn a_static_program_names_what_it_contains() {
    let path = Path::new("/bin/busybox");
    let Ok(content) = std::fs::read(path) else { return };
    let dynamic = Dynamic::read(&content).unwrap();
    assert!(dynamic.needed.is_empty());
}

#[test]
fn notes_of_what_is_opened_are_read() {
    let source = r#"
        __asm__(".section .note.dlopen,\"a\",@note\n.balign 4\n.long 4\n.long 2f-1f\n.long 0x407c0c0a\n.asciz \"FDO\"\n"
                "1: .asciz \"[{\\\"feature\\\":\\\"idn\\\",\\\"priority\\\":\\\"suggested\\\",\\\"soname\\\":[\\\"libidn2.so.0\\\",\\\"libidn.so.12\\\"]}]\"\n2:\n.balign 4\n.previous\n");
        int main(void) { return 0; }
    "#;
    let directory = std::env::temp_dir().join(format!("elf-notes-{}", std::process::id()));
    std::fs::create_dir_all(&directory).unwrap();
    std::fs::write(directory.join("n.c"), source).unwrap();
    let built = Command::new("cc").current_dir(&directory).args(["-o", "n", "n.c"]).status().unwrap();
    assert!(built.success());
    let dynamic = Dynamic::read(&std::fs::read(directory.join("n")).unwrap()).unwrap();
    std::fs::remove_dir_all(&directory).unwrap();
    let expected = OpenNote {
        feature: "idn".into(),
        priority: Priority::Suggested,
        sonames: vec!["libidn2.so.0".into(), "libidn.so.12".into()],
    };
    assert_eq!(dynamic.opens, [expected]);
    assert!(dynamic.kernel.is_some(), "glibc marks its programs with the oldest kernel");
}

proptest::proptest! {
    /// Whatever stands behind a good header: an answer, and no panic.
    #[test]
    fn damage_is_left_out(mut bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 64..2048), place in 0_usize..4096, value: u8) {
        bytes[..7].copy_from_slice(b"\x7fELF\x02\x01\x01");
        let _ = Dynamic::read(&bytes);
        if let Ok(mut real) = std::fs::read("/usr/bin/env") {
            real[64 + place % 4000] = value;
            let _ = Dynamic::read(&real);
        }
    }
}
