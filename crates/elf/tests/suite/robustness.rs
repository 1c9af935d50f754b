//! No bytes, paths or images make the crate panic, loop or look too often.

use elf::{Diagnosis, HEAD_BYTES, LOOK_LIMIT, Look, Machine, Program, Request, diagnose};
use proptest::prelude::*;

use crate::builder::{Builder, ET_DYN};
use crate::image::{Image, PATH, request};

/// Bytes that begin like a program, or do not.
fn head() -> impl Strategy<Value = Vec<u8>> {
    let start = prop_oneof![
        Just(Vec::new()),
        Just(b"\x7fELF\x02\x01\x01".to_vec()),
        Just(b"\x7fELF\x01\x02\x01".to_vec()),
        Just(b"#!".to_vec()),
        Just(b"#!/usr/bin/env ".to_vec()),
        Just(b"\xca\xfe\xba\xbe".to_vec()),
    ];
    (start, prop::collection::vec(any::<u8>(), 0..600)).prop_map(|(mut start, rest)| {
        start.extend(rest);
        start
    })
}

/// A real ELF file with some bytes changed, cut anywhere.
fn mutated() -> impl Strategy<Value = Vec<u8>> {
    let machine = prop_oneof![Just(Machine::X86_64), Just(Machine::I386), Just(Machine::S390x)];
    let changes = prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12);
    (machine, changes, any::<prop::sample::Index>(), any::<bool>()).prop_map(
        |(machine, changes, cut, keep)| {
            let builder = Builder::new(machine).of_type(ET_DYN).interpreter("/lib/ld.so.1");
            let mut bytes = builder.marked_pie().needs_levels(7).build();
            for (at, byte) in changes {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            if !keep {
                bytes.truncate(cut.index(bytes.len()));
            }
            bytes
        },
    )
}

fn look() -> impl Strategy<Value = Look> {
    prop_oneof![
        Just(Look::Missing),
        Just(Look::Directory),
        Just(Look::NotADirectory),
        Just(Look::Unreadable),
        Just(Look::Special),
        any::<String>().prop_map(Look::DanglingLink),
        (any::<u32>(), head()).prop_map(|(mode, head)| Look::File { mode, head }),
        (any::<u32>(), mutated()).prop_map(|(mode, head)| Look::File { mode, head }),
    ]
}

fn checked(request: &Request<'_>, look: &mut dyn FnMut(&str) -> Look) -> Diagnosis {
    let mut count = 0;
    let found = diagnose(request, &mut |path| {
        count += 1;
        assert!(path.starts_with('/'));
        look(path)
    });
    assert!(count <= LOOK_LIMIT, "{count} look-ups");
    let line = found.to_string();
    assert!(!line.chars().any(char::is_control), "{line:?}");
    assert!(found.exit_code == 126 || found.exit_code == 127);
    found
}

proptest! {
    #[test]
    fn any_bytes_are_named(bytes in prop_oneof![head(), mutated()]) {
        let _ = Program::read(&bytes);
    }

    #[test]
    fn any_image_is_diagnosed(
        program in "\\PC{0,40}|[a-z/.]{0,12}",
        path in prop::option::of("[a-z/:.]{0,200}"),
        directory in "[a-z/.]{0,10}",
        errno in prop::option::of(0..90_i32),
        looks in prop::collection::vec(look(), 1..20),
    ) {
        let wanted = Request {
            search_path: path.as_deref(),
            working_directory: &directory,
            errno,
            ..request(&program)
        };
        let mut next = looks.iter().cycle();
        let found = checked(&wanted, &mut |_| next.next().unwrap().clone());
        prop_assert_eq!(found.program, program);
    }
}

#[test]
fn a_file_full_of_program_headers_and_notes_is_read_quickly() {
    let mut bytes = Builder::new(Machine::X86_64).needs_levels(0).build();
    bytes.resize(HEAD_BYTES, 0);
    let note = bytes[64 + 56..64 + 112].to_vec();
    bytes[56..58].copy_from_slice(&1170_u16.to_le_bytes());
    for header in bytes[64..64 + 1170 * 56].chunks_mut(56) {
        header.copy_from_slice(&note);
        header[8..16].copy_from_slice(&0_u64.to_le_bytes());
        header[32..40].copy_from_slice(&(HEAD_BYTES as u64).to_le_bytes());
    }
    assert!(matches!(Program::read(&bytes), Program::Elf(_)));
}

#[test]
fn scripts_that_run_each_other_for_ever_come_to_an_end() {
    let script = b"#!/usr/bin/env loop\n".to_vec();
    let mut loops = |_: &str| Look::File { mode: 0o755, head: script.clone() };
    checked(&Request { search_path: Some(PATH), ..request("/loop") }, &mut loops);
    let images = Image::default().with_program("/usr/bin/env").with("/usr/bin/loop", "#!/usr/bin/env loop\n");
    images.ask(&Request { search_path: Some(PATH), ..request("loop") });
}

#[test]
fn a_long_search_path_is_searched_in_part() {
    let long = "/a:".repeat(100_000);
    let found = checked(&Request { search_path: Some(&long), ..request("app") }, &mut |_| Look::Missing);
    assert!(found.to_string().len() < 1000);
}
