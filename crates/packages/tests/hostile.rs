//! No bytes make the crate panic, and what is read can be written and read again.

use packages::{Distribution, OsRelease, Owners, apk, dpkg, pacman, provider};
use proptest::prelude::*;
use std::path::Path;
use std::time::{Duration, Instant};

/// Lines that look like those of records, in any order, and some that do not.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(
        [
            "Package: a",
            "Version: 1",
            "Architecture: all",
            "Status: install ok installed",
            "Conffiles:",
            " /etc/a 0123",
            "Depends: a (>= 1) | b:any, c",
            "Installed-Size: 7",
            "Source: b (2)",
            "",
            "",
            " ",
            "/.",
            "/usr/bin/x",
            ":",
            "P:a",
            "V:1",
            "F:etc",
            "F:",
            "R:x",
            "a:0:0:644",
            "M:0:0:755:Q1x",
            "Z:Q1eA==",
            "D:so:x.so.1=2 !b ~c",
            "%NAME%",
            "%FILES%",
            "usr/bin/",
            "ID=debian",
            "NAME=\"a\\\"",
            "ID_LIKE='a b'",
            "d41d8cd98f00b204e9800998ecf8427e  usr/x",
            "%VERSION%",
            "%SIZE%",
            "a",
            "1",
        ]
        .as_slice(),
    );
    let line = prop_oneof![
        6 => known.prop_map(|line| line.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..20),
        1 => "[A-Za-z/.:%= !@(),|-]{0,20}".prop_map(String::into_bytes),
    ];
    prop::collection::vec(line, 0..40).prop_map(|lines| lines.join(&b'\n'))
}

/// Names that a list of a package can have.
fn name() -> impl Strategy<Value = Vec<u8>> {
    let byte = any::<u8>().prop_filter("none of a path", |byte| !b"\0\n/".contains(byte));
    let name = prop::collection::vec(byte, 1..12);
    name.prop_filter("not special", |name| name != b"." && name != b"..")
}

proptest! {
    #[test]
    fn any_text_is_read(text in text()) {
        if let Ok(found) = dpkg::packages(&text) {
            prop_assert_eq!(dpkg::packages(&dpkg::status(&found)), Ok(found.clone()));
            let shared: Vec<_> = found.iter().map(packages::Package::from).collect();
            prop_assert!(shared.iter().all(|package| !package.name.contains('/')));
        }
        if let Ok(found) = apk::packages(&text) {
            prop_assert_eq!(apk::packages(&apk::installed(&found)), Ok(found.clone()));
            prop_assert!(found.iter().flat_map(apk::Package::paths).all(|path| path.is_absolute()));
        }
        let lines = text.split(|&byte| byte == b'\n').count();
        for error in [
            dpkg::packages(&text).err(), apk::packages(&text).err(), dpkg::list(&text).err(),
            dpkg::md5sums(&text).err(), dpkg::Diversions::read(&text).err(), pacman::files(&text).err(),
            pacman::Package::read(&text).err(),
        ].into_iter().flatten() {
            prop_assert!((1..=lines).contains(&error.line), "{}", error);
        }
        OsRelease::read(&text).distribution();
        OsRelease::from_alpine_release(&text);
        OsRelease::from_debian_version(&text);
    }

    #[test]
    fn paths_are_read_as_they_were_written(names in prop::collection::vec(name(), 1..20)) {
        let text = |before: &[u8]| {
            names.iter().map(|name| [before, name, b"\n"].concat()).collect::<Vec<_>>().concat()
        };
        let list = text(b"/");
        let listed = dpkg::list(&list).expect("a good list");
        let files = [&b"%FILES%\n"[..], &text(b"")].concat();
        let files = pacman::files(&files).expect("good files");
        let record = [&b"P:a\nV:1\nF:\n"[..], &text(b"R:")].concat();
        let record = apk::packages(&record).expect("a good record");
        prop_assert_eq!(&files, &listed);
        prop_assert!(record[0].paths().skip(1).eq(files));
        let mut owners = Owners::default();
        for (index, path) in listed.iter().enumerate() {
            owners.insert(path, index);
        }
        for (index, path) in listed.iter().enumerate() {
            prop_assert!(owners.of(path).contains(&index));
        }
    }

    #[test]
    fn any_name_has_a_provider_or_none(wanted in "\\PC{0,40}|/(usr/)?(lib|bin)/[a-z.0-9_+]{0,12}|lib[a-z]{1,4}\\.so\\.[0-9.]{0,4}") {
        for distribution in [Distribution::Debian, Distribution::Alpine, Distribution::Other] {
            if let Some(found) = provider::find(&wanted, distribution) {
                let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"+-._:".contains(&byte);
                prop_assert!(found.package.bytes().all(is_plain), "{}", found.package);
            }
        }
    }
}

#[test]
fn large_records_take_the_time_of_their_size() {
    let begin = Instant::now();
    let blank = [b"Package:", &b" ".repeat(500_000)[..], b"\n", &b" x\n".repeat(300_000)[..]].concat();
    assert!(dpkg::packages(&blank).is_err());
    let fields = b"A:\n".repeat(500_000);
    assert!(dpkg::packages(&fields).is_err());
    let directory = [b"P:a\nV:1\nF:", &b"d/".repeat(2000)[..], b"\n", &b"R:x\n".repeat(200_000)[..]].concat();
    let found = apk::packages(&directory).expect("a record");
    assert_eq!(found[0].directories[0].files.len(), 200_000);
    let mut owners = Owners::default();
    for directory in &found[0].directories {
        let names = directory.files.iter().map(|file| file.name.as_os_str());
        owners.insert_all(&directory.path, names, 0);
    }
    assert_eq!(owners.of(&Path::new("/").join("d/".repeat(2000)).join("x")), [0]);
    let words = [b"P:a\nV:1\nD:", &b"a ".repeat(500_000)[..]].concat();
    assert_eq!(apk::packages(&words).expect("a record")[0].depends.len(), 500_000);
    let relations =
        [&b"Package: a\nVersion: 1\nArchitecture: x\nDepends: "[..], &b"a|".repeat(500_000)].concat();
    assert_eq!(dpkg::packages(&relations).expect("a stanza")[0].depends[0].alternatives.len(), 500_000);
    assert!(begin.elapsed() < Duration::from_secs(30), "{:?}", begin.elapsed());
}
