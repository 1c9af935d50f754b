//! Program files: any bytes are something, and why they do not run has words.
//!
//! The input is one byte of options, then up to four files in a row, each with its length in two bytes before it. The
//! first is the program, the others are what it asks for.

#![no_main]

use elf::{Diagnosis, LOOK_LIMIT, Look, Program, Request};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: &[u8]| {
    let Some((&options, mut rest)) = input.split_first() else { return };
    let mut files = Vec::new();
    while let (Some((length, behind)), true) = (rest.split_first_chunk(), files.len() < 4) {
        let length = usize::from(u16::from_le_bytes(*length)).min(behind.len());
        let (file, after) = behind.split_at(length);
        Program::read(file);
        files.push(file);
        rest = after;
    }
    let errno = [None, Some(2), Some(8), Some(13), Some(20), Some(40), Some(80), Some(i32::MIN)];
    let request = Request {
        search_path: (options & 1 == 1).then_some("/bin:relative::/usr/bin"),
        errno: errno[usize::from(options >> 1 & 7)],
        ..Request::new(if options & 16 == 0 { "/program" } else { "program" })
    };
    let told = diagnose(&request, &files);
    assert!(matches!(told.exit_code, 126 | 127), "{told:?}");
    assert!(!told.to_string().contains('\n'), "a diagnosis is one line: {told}");
});

/// The program is found at once; what it asks for are the other files in turn, and then nothing.
fn diagnose(request: &Request<'_>, files: &[&[u8]]) -> Diagnosis {
    let mut looks = 0;
    let told = elf::diagnose(request, &mut |path| {
        looks += 1;
        assert!(path.starts_with('/'), "a look-up is absolute: {path:?}");
        match files.get(looks - 1) {
            Some(file) => Look::File { mode: 0o755, head: file.to_vec() },
            None if looks % 2 == 0 => Look::DanglingLink("../gone".into()),
            None => Look::Missing,
        }
    });
    assert!(looks <= LOOK_LIMIT, "{looks} look-ups");
    told
}
