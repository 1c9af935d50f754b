//! What cannot be shown with this machine's CPU and kernel, and hostile files.

use super::{Finding, Host, is_below, why};
use crate::subject::Subject;
use closure::Tree;
use elf::{IsaLevel, Machine};
use oci::image::Configuration;
use proptest::prelude::*;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use tempfile::TempDir;

const MODERN: Host = Host { machine: Machine::X86_64, isa_level: Some(IsaLevel::V4), kernel: (6, 12, 0) };

fn write(root: &Path, path: &str, content: &[u8]) {
    let path = root.join(path.trim_start_matches('/'));
    fs::create_dir_all(path.parent().expect("it is in a directory")).expect("make a directory");
    fs::write(&path, content).expect("write a file");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("make it executable");
}

fn subject(root: &Path, command: &[&str], user: &str) -> Subject {
    let mut configuration = Configuration::default();
    configuration.config.cmd = Some(command.iter().map(|&word| word.to_owned()).collect());
    configuration.config.user = user.to_owned();
    let directory = std::os::fd::OwnedFd::from(fs::File::open(root).expect("open the root"));
    Subject::new("test", configuration, Some(Tree::read(directory).expect("read the root")))
}

fn said(root: &Path, command: &[&str], host: &Host) -> Vec<Finding> {
    why(&subject(root, command, ""), None, host)
}

fn compile(root: &TempDir, path: &str, flags: &[&str]) {
    let (source, output) = (root.path().join("source.c"), root.path().join(path.trim_start_matches('/')));
    fs::write(&source, "int main(void) { return 0; }").expect("write the source");
    fs::create_dir_all(output.parent().expect("it is in a directory")).expect("make a directory");
    let status = Command::new("cc").arg("-o").arg(&output).arg(&source).args(flags).status();
    assert!(status.expect("cc can be run").success());
}

#[test]
fn a_cpu_that_is_older_than_the_program() {
    if Machine::host() != Machine::X86_64 {
        return;
    }
    let root = TempDir::new().expect("a directory");
    compile(&root, "/app", &["-static", "-Wl,-z,x86-64-v3"]);
    assert_eq!(said(root.path(), &["/app"], &MODERN), []);
    let findings = said(root.path(), &["/app"], &Host { isa_level: Some(IsaLevel::V2), ..MODERN });
    let [finding] = findings.as_slice() else { panic!("one finding: {findings:?}") };
    assert_eq!(finding.cause, "/app is built for x86-64-v3, this CPU has only x86-64-v2");
    assert_eq!(finding.exit_code, Some(132));
    assert_eq!(finding.fix, ["build it with -march=x86-64-v2, or run it on a newer CPU"]);
}

#[test]
fn a_kernel_that_is_older_than_the_c_library() {
    let root = TempDir::new().expect("a directory");
    compile(&root, "/app", &["-static"]);
    let host = Host { machine: Machine::host(), isa_level: None, ..MODERN };
    assert_eq!(said(root.path(), &["/app"], &host), []);
    let old = Host { kernel: (2, 6, 18), ..host };
    let note = "NT_GNU_ABI_TAG of /app is Linux 3.2.0";
    let findings = said(root.path(), &["/app"], &old);
    let [finding] = findings.as_slice() else { panic!("one finding: {findings:?}") };
    let cause = "/app needs Linux 3.2.0, and this kernel is 2.6.18";
    assert_eq!(finding.cause, format!("{cause}: what it needs may be missing"));
    assert_eq!(finding.evidence, [note]);
    // as before glibc 2.36
    let app = fs::read(root.path().join("app")).expect("read the program");
    write(root.path(), "/app", &[&app[..], b"FATAL: kernel too old\n\0"].concat());
    let findings = said(root.path(), &["/app"], &old);
    let [finding] = findings.as_slice() else { panic!("one finding: {findings:?}") };
    assert!(finding.is_fatal());
    assert_eq!(finding.cause, cause);
    assert_eq!(finding.evidence, ["/app checks that: FATAL: kernel too old", note]);
}

#[test]
fn mounts_hide_what_is_below_them() {
    assert!(is_below("/srv/app", "/srv"));
    assert!(is_below("/srv/./app", "/srv/"));
    assert!(!is_below("/srv-2/app", "/srv"));
    let root = TempDir::new().expect("a directory");
    let mut subject = subject(root.path(), &["/srv/app"], "");
    assert!(why(&subject, None, &MODERN)[0].is_fatal());
    subject.mounted = vec!["/srv".into()];
    assert_eq!(why(&subject, None, &MODERN), []);
}

/// Bytes that begin as something that is looked into.
fn hostile() -> impl Strategy<Value = Vec<u8>> {
    let head = prop::sample::select(vec![
        &b""[..],
        b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0\x01\0\0\0",
        b"\x7fELF\x01\x01\x01\0\0\0\0\0\0\0\0\0\x02\0\x03\0\x01\0\0\0",
        b"#!/bin/sh\n",
        b"#!/usr/bin/env -S ",
        b"root:x:0:0:",
        b"glibc-ld.so.cache1.1",
    ]);
    (head, prop::collection::vec(any::<u8>(), 0..2048)).prop_map(|(head, tail)| [head, &tail[..]].concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_files_are_survived(files in prop::collection::vec(hostile(), 8), user in "[a-z0-9:]{0,8}") {
        let root = TempDir::new().expect("a directory");
        let names = ["/app", "/lib64/ld-linux-x86-64.so.2", "/lib/libc.so.6", "/etc/passwd", "/etc/group", "/etc/ld.so.cache", "/etc/nsswitch.conf", "/bin/sh"];
        for (name, content) in names.iter().zip(&files) {
            write(root.path(), name, content);
        }
        let _ = why(&subject(root.path(), &["/app"], &user), None, &MODERN);
        let _ = why(&subject(root.path(), &["/bin/sh", "-c", "/app"], ""), None, &MODERN);
    }

    #[test]
    fn a_damaged_program_is_survived(at in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40)) {
        static PROGRAM: std::sync::OnceLock<Vec<u8>> = std::sync::OnceLock::new();
        let program = PROGRAM.get_or_init(|| {
            let root = TempDir::new().expect("a directory");
            compile(&root, "/app", &["-s"]);
            fs::read(root.path().join("app")).expect("read the program")
        });
        let mut program = program.clone();
        for (index, byte) in at {
            // headers, the dynamic section and notes lie at the beginning and at the end
            let (length, half) = (program.len(), index.index(4096));
            let at = if byte % 2 == 0 { half } else { length - 1 - half };
            program[at] = byte;
        }
        let root = TempDir::new().expect("a directory");
        write(root.path(), "/app", &program);
        write(root.path(), "/lib/libc.so.6", &program);
        write(root.path(), "/lib64/ld-linux-x86-64.so.2", &program);
        let _ = said(root.path(), &["/app"], &MODERN);
    }
}
