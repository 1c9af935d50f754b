//! What is answered for files that images lack.

use super::*;
use Certainty::{Derived, Listed, Renumbered, Resolved};

fn debian(wanted: &str) -> Option<(String, Certainty)> {
    find(wanted, Distribution::Debian).map(|found| (found.package.into_owned(), found.certainty))
}

fn alpine(wanted: &str) -> Option<(String, Certainty)> {
    find(wanted, Distribution::Alpine).map(|found| (found.package.into_owned(), found.certainty))
}

fn some(package: &str, certainty: Certainty) -> Option<(String, Certainty)> {
    Some((package.to_owned(), certainty))
}

#[test]
fn libraries_are_found_by_name_or_path() {
    for wanted in ["libssl.so.3", "/usr/lib/x86_64-linux-gnu/libssl.so.3", "/opt/app/libssl.so.3"] {
        assert_eq!(debian(wanted), some("libssl3", Listed), "{wanted}");
    }
    assert_eq!(alpine("libz.so.1"), some("zlib", Listed));
    assert_eq!(debian("/lib64/ld-linux-x86-64.so.2"), some("libc6", Listed));
    assert_eq!(alpine("/lib64/ld-linux-x86-64.so.2"), some("gcompat", Listed));
    assert_eq!(debian("/lib/ld-musl-x86_64.so.1"), some("musl", Listed));
}

#[test]
fn other_numbers_follow_the_rule() {
    assert_eq!(debian("libssl.so.1.1"), some("libssl1.1", Renumbered));
    assert_eq!(debian("libicuuc.so.76"), some("libicu76", Renumbered));
    assert_eq!(debian("libffi.so.7"), some("libffi7", Renumbered));
    assert_eq!(debian("libpng12.so.0"), some("libpng12-0", Derived));
    assert_eq!(debian("libFoo_bar.so.5"), some("libfoo-bar5", Derived));
    assert_eq!(alpine("libssl.so.1.1"), some("so:libssl.so.1.1", Resolved));
}

#[test]
fn programs_are_in_directories_of_programs() {
    for wanted in ["bash", "/bin/bash", "/usr/bin/bash"] {
        assert_eq!(debian(wanted), some("bash", Listed), "{wanted}");
    }
    assert_eq!(debian("/srv/bash"), None);
    assert_eq!(debian("nonesuch"), None);
    assert_eq!(alpine("nonesuch"), some("cmd:nonesuch", Resolved));
    assert_eq!(alpine("crond"), some("busybox", Listed));
}

#[test]
fn data_is_found_by_path() {
    assert_eq!(debian("/usr/share/zoneinfo/Europe/Berlin"), some("tzdata", Listed));
    assert_eq!(debian("/usr/share/zoneinfo"), some("tzdata", Listed));
    assert_eq!(debian("/usr/share/zoneinfoX"), None);
    assert_eq!(alpine("/etc/ssl/certs/ca-certificates.crt"), some("ca-certificates-bundle", Listed));
    assert_eq!(debian("/etc/ssl/certs/ca-certificates.crt"), some("ca-certificates", Listed));
    assert_eq!(debian("/usr/lib/x86_64-linux-gnu/gconv/UTF-16.so"), some("libc6", Listed));
    assert_eq!(debian("/etc/mime.types"), some("media-types", Listed));
}

#[test]
fn hostile_names_become_no_package() {
    for wanted in
        ["", "/", ".so", "lib\n.so.1", "lib$(x).so.1", "/bin/a b", "/bin/", "/usr/bin/\u{1b}[2J", ".so.1"]
    {
        for distribution in [Distribution::Debian, Distribution::Alpine, Distribution::Other] {
            assert_eq!(find(wanted, distribution), None, "{wanted:?}");
        }
    }
    assert_eq!(find("bash", Distribution::Other), None);
}

#[test]
fn the_tables_are_sorted_and_each_row_says_something() {
    for table in [LIBRARIES, PROGRAMS, FILES] {
        assert!(table.is_sorted_by(|a, b| a.0 < b.0), "sorted, each once");
    }
    let depth = |path: &str| path.matches('/').count();
    assert!(TREES.is_sorted_by(|a, b| depth(a.0) >= depth(b.0)));
    let rows = [LIBRARIES, PROGRAMS, FILES, TREES].concat();
    assert!(rows.len() > 500, "{} rows", rows.len());
    assert!(rows.iter().all(|(_, debian, alpine)| !debian.is_empty() || !alpine.is_empty()));
    assert!(LIBRARIES.iter().all(|(name, ..)| Library::parse(name).is_some()));
}
