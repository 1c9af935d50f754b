//! Names in a program's data that may be those of files: paths, and libraries for `dlopen`.

/// The longest path that is considered.
const PATH_LIMIT: usize = 1024;

/// Calls `found` with each run of bytes that begins with a slash and goes on as a path may, wherever a path can begin.
///
/// Where a string ends is not known for certain: languages that do not end them with NUL (Go, Rust) store them one after another. So a run may
/// be longer than the path in it; the caller follows it as far as it exists. Runs of slashes count as one beginning.
pub fn mentioned_paths(bytes: &[u8], found: &mut dyn FnMut(&[u8])) {
    let mut at = 0;
    while let Some(next) = slash(&bytes[at..]) {
        let start = at + next;
        let end = bytes[start..].iter().take(PATH_LIMIT).position(|byte| !continues_path(*byte));
        let end = start + end.unwrap_or_else(|| (bytes.len() - start).min(PATH_LIMIT));
        if end - start > 1 {
            found(&bytes[start..end]);
        }
        at = start + bytes[start..].iter().position(|byte| *byte != b'/').unwrap_or(1).max(1);
    }
}

/// Where the next slash is. Most of a program has none: 64 bytes are looked at together.
fn slash(bytes: &[u8]) -> Option<usize> {
    const TOGETHER: usize = 64;
    let has_none = |chunk: &&[u8]| !chunk.iter().fold(false, |found, byte| found | (*byte == b'/'));
    let at = bytes.chunks_exact(TOGETHER).take_while(has_none).count() * TOGETHER;
    bytes[at..].iter().position(|byte| *byte == b'/').map(|next| at + next)
}

/// Whether a byte is one that paths of packages consist of.
const fn continues_path(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'/' | b'.' | b'_' | b'-' | b'+' | b'@' | b'~' | b',' | b'=')
}

/// The names of libraries in a program's data, whole strings of the form `lib….so` or `lib….so.…`, without a slash; each once.
pub fn library_names(bytes: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    let strings = bytes.split(|byte| *byte == 0);
    for name in strings.filter(|string| string.starts_with(b"lib") && (6..=255).contains(&string.len())) {
        let Some(dot) = find(name, b".so") else { continue };
        let is_end = matches!(name.get(dot + 3), None | Some(b'.'));
        let is_name = name.iter().all(|byte| continues_path(*byte) && *byte != b'/');
        if is_end && is_name {
            let name = String::from_utf8_lossy(name).into_owned();
            if !names.contains(&name) && names.len() < 1024 {
                names.push(name);
            }
        }
    }
    names
}

fn find(bytes: &[u8], what: &[u8]) -> Option<usize> {
    bytes.windows(what.len()).position(|window| window == what)
}
