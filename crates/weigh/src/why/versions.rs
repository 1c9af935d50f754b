//! A library that is older than the program.

use super::finding::{Finding, shown};
use super::{Case, file};
use closure::{Id, Missing};

/// Bases, oldest first, by the newest versions of symbols that their C and C++ libraries have.
const RELEASES: &[Release] = &[
    Release { image: "debian:bullseye-slim", glibc: "2.31", cxx: "3.4.28" },
    Release { image: "debian:bookworm-slim", glibc: "2.36", cxx: "3.4.30" },
    Release { image: "ubuntu:24.04", glibc: "2.39", cxx: "3.4.33" },
    Release { image: "debian:trixie-slim", glibc: "2.41", cxx: "3.4.33" },
];

struct Release {
    image: &'static str,
    glibc: &'static str,
    cxx: &'static str,
}

/// One finding for each library that lacks versions for the same user.
pub(super) fn findings(case: &Case<'_>) -> Vec<Finding> {
    let mut lacks: Vec<((Id, Id), Vec<&str>)> = Vec::new();
    for missing in case.closure.missing() {
        let Missing::Version { version, library, by } = missing else { continue };
        match lacks.iter_mut().find(|(pair, _)| *pair == (*library, *by)) {
            Some((_, versions)) => versions.push(version),
            None => lacks.push(((*library, *by), vec![version])),
        }
    }
    lacks.into_iter().map(|((library, by), versions)| finding(case, library, by, versions)).collect()
}

fn finding(case: &Case<'_>, library: Id, by: Id, mut versions: Vec<&str>) -> Finding {
    let (library_path, by) = (shown(&case.tree.text(library)), shown(&case.tree.text(by)));
    versions.sort_by_key(|version| numbers(version));
    let wanted = versions.last().copied().unwrap_or_default();
    let newest = file::dynamic(case, library).and_then(|dynamic| newest(&dynamic.defines, prefix(wanted)));
    let has = match newest {
        Some(newest) => format!("which has none newer than {}", shown(&newest)),
        None => "which does not have it".to_owned(),
    };
    let cause = format!("{by} needs {} of {library_path}, {has}", shown(wanted));
    let finding = Finding::fatal(1, cause).with_evidence(format!(
        "the loader says: {library_path}: version `{}' not found (required by {by})",
        shown(wanted)
    ));
    let others: Vec<String> = versions.iter().rev().skip(1).take(8).map(|version| shown(version)).collect();
    let finding = if others.is_empty() {
        finding
    } else {
        finding.with_evidence(format!("also not there: {}", others.join(", ")))
    };
    finding.with_fixes(remedies(wanted, &library_path))
}

fn remedies(wanted: &str, library: &str) -> Vec<String> {
    let release = RELEASES.iter().find(|release| {
        let newest = match prefix(wanted) {
            "GLIBC" => release.glibc,
            "GLIBCXX" => release.cxx,
            _ => return false,
        };
        numbers(wanted) <= numbers(&format!("_{newest}"))
    });
    let newer =
        release.map(|release| format!("run it on a base that has {}: FROM {}", shown(wanted), release.image));
    let is_libc = matches!(prefix(wanted), "GLIBC" | "GLIBCXX");
    let same = if is_libc {
        "build it on the base that it runs on: the same FROM line for both stages".to_owned()
    } else {
        format!(
            "build it against the library that is in the image, or install a newer one in the place of {library}"
        )
    };
    let alone = "link it statically (Go: CGO_ENABLED=0, Rust: --target x86_64-unknown-linux-musl, C: musl-gcc -static)";
    newer.into_iter().chain([same]).chain(is_libc.then(|| alone.to_owned())).collect()
}

/// `GLIBC` of `GLIBC_2.38`.
fn prefix(version: &str) -> &str {
    version.rsplit_once('_').map_or("", |(prefix, _)| prefix)
}

/// The numbers behind the last underscore.
fn numbers(version: &str) -> Vec<u32> {
    let rest = version.rsplit('_').next().unwrap_or_default();
    rest.split('.').map(|number| number.parse().unwrap_or(0)).collect()
}

/// The newest of the versions with a prefix.
fn newest(defines: &[String], prefix: &str) -> Option<String> {
    let is_number = |version: &&String| {
        version.rsplit('_').next().is_some_and(|rest| rest.starts_with(|char: char| char.is_ascii_digit()))
    };
    let own = defines.iter().filter(|version| self::prefix(version) == prefix).filter(is_number);
    own.max_by_key(|version| numbers(version)).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        let defines =
            ["GLIBC_2.9", "GLIBC_2.36", "GLIBC_2.4", "GLIBC_PRIVATE", "OTHER_9.0"].map(str::to_owned);
        assert_eq!(newest(&defines, "GLIBC").as_deref(), Some("GLIBC_2.36"));
        assert_eq!(newest(&defines, "NONE"), None);
    }

    #[test]
    fn the_oldest_base_that_suffices_is_named() {
        let first = |wanted| remedies(wanted, "/lib/libc.so.6").remove(0);
        assert!(first("GLIBC_2.34").ends_with("FROM debian:bookworm-slim"));
        assert!(first("GLIBC_2.38").ends_with("FROM ubuntu:24.04"));
        assert!(first("GLIBCXX_3.4.29").ends_with("FROM debian:bookworm-slim"));
        assert!(first("GLIBC_2.99").starts_with("build it on the base"));
        assert!(first("FOO_2").starts_with("build it against"));
    }
}
