//! The fence around the kernel: `unsafe` code and the crates of system calls stay in `sys`.

use super::finding::Finding;
use super::floor::{Member, line_of};
use super::source::Source;

const KERNEL_CRATES: [&str; 3] = ["libc", "rustix", "nix"];

/// The crate that may do what the others may not.
pub const INSIDE: &str = "sys";

/// The findings on a crate's manifest.
pub fn check_manifest(member: &Member<'_>) -> Vec<Finding> {
    let named = member.needs.iter().map(|need| need.name).filter(|name| KERNEL_CRATES.contains(name));
    let complaint = |name| {
        let text = format!("`{}` depends on `{name}`: only `{INSIDE}` may, use what it offers", member.name);
        Finding::new(member.manifest, line_of(member.text, name), text)
    };
    named.map(complaint).collect()
}

/// The findings on a file outside of `sys`, its tests included.
pub fn check_source(source: &Source<'_>) -> Vec<Finding> {
    let tokens = &source.tokens;
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let is_path = tokens.get(at + 1).is_some_and(|next| next.is("::"));
        let (begins, imported) = match at.checked_sub(1).map(|before| &tokens[before]) {
            Some(before) => (!before.is("::"), before.is("use") || before.is("crate")),
            None => (true, false),
        };
        if token.is("unsafe") {
            found.push(Finding::new(source.path, token.line, format!("`unsafe` outside of `{INSIDE}`")));
        } else if KERNEL_CRATES.iter().any(|name| token.is(name)) && (imported || begins && is_path) {
            let text = format!("`{}` is named outside of `{INSIDE}`", token.text);
            found.push(Finding::new(source.path, token.line, text));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::floor::Need;
    use super::*;

    fn lines(text: &str) -> Vec<usize> {
        check_source(&Source::new("src/x.rs", text)).iter().map(|finding| finding.line).collect()
    }

    #[test]
    fn kernel_crates_in_paths_and_imports() {
        assert_eq!(
            lines("use libc;\nfn a() { rustix::io::dup() }\nuse nix::unistd;\nextern crate libc as c;"),
            [1, 2, 3, 4]
        );
    }

    #[test]
    fn a_name_that_only_looks_alike() {
        assert!(
            lines("use sys::libc_kind;\nlet libc = elf.libc;\nmatch x { Kind::libc::A => 1 } // libc::x")
                .is_empty()
        );
    }

    #[test]
    fn unsafe_code_in_any_form() {
        assert_eq!(lines("unsafe { x() }\nunsafe fn a();\nunsafe impl Send for A {}"), [1, 2, 3]);
        assert!(lines("#![forbid(unsafe_code)]\n// unsafe\n\"unsafe\"").is_empty());
    }

    #[test]
    fn kernel_crates_in_a_manifest() {
        let needs = vec![Need { name: "nix", for_tests: true }, Need { name: "serde", for_tests: false }];
        let member = Member {
            name: "store",
            floor: Some(1),
            manifest: "m",
            text: "[dev-dependencies]\nnix = \"1\"",
            needs,
        };
        assert_eq!(
            check_manifest(&member)[0].to_string(),
            "m:2: `store` depends on `nix`: only `sys` may, use what it offers"
        );
    }
}
