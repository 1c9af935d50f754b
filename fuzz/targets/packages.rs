//! Records of package managers: any text is read or refused at one of its lines, and what was read is written as it was.
//!
//! The input is one byte that names the reader, then the record.

#![no_main]

use libfuzzer_sys::fuzz_target;
use packages::{Error, OsRelease, Owners, Package, apk, dpkg, pacman, provider};
use std::path::Path;

fuzz_target!(|input: &[u8]| {
    let Some((&reader, text)) = input.split_first() else { return };
    let refused = match reader % 8 {
        0 => dpkg::packages(text).map(|found| is_written_as_read(&found)).err(),
        1 => apk::packages(text).map(|found| is_kept(&found)).err(),
        2 => dpkg::list(text).map(|paths| are_owned(&paths)).err(),
        3 => dpkg::md5sums(text).map(|sums| assert!(sums.iter().all(|sum| sum.path.is_absolute()))).err(),
        4 => dpkg::Diversions::read(text).map(|diversions| move_away(&diversions)).err(),
        5 => pacman::Package::read(text).map(|package| is_plain(&Package::from(&package))).err(),
        6 => pacman::files(text).map(|paths| are_owned(&paths)).err(),
        _ => {
            search(text);
            None
        }
    };
    if let Some(Error { line, .. }) = refused {
        let lines = text.split(|&byte| byte == b'\n').count();
        assert!((1..=lines).contains(&line), "line {line} of {lines}");
    }
});

fn is_written_as_read(found: &[dpkg::Package]) {
    assert_eq!(dpkg::packages(&dpkg::status(found)).as_deref(), Ok(found));
    for package in found {
        is_plain(&Package::from(package));
        let name = package.info_name("list");
        let file = dpkg::InfoFile::parse(&name).expect("it is a name of the package");
        assert!(package.has_info(&file), "{name:?} is of {:?}", package.name);
    }
}

fn is_kept(found: &[apk::Package]) {
    assert_eq!(apk::packages(&apk::installed(found)).as_deref(), Ok(found));
    for package in found {
        is_plain(&Package::from(package));
        assert!(package.paths().all(|path| path.is_absolute()));
    }
}

/// A name can be a part of a path.
fn is_plain(package: &Package) {
    for name in [&package.name, &package.source.name] {
        assert!(!name.contains(['/', '\0']) && !matches!(name.as_str(), "" | "." | ".."), "{name:?}");
    }
}

/// Every second path is the link of a directory to the one before it.
fn are_owned<P: AsRef<Path>>(paths: &[P]) {
    let links = paths.chunks_exact(2).take(8).map(|pair| (pair[1].as_ref(), pair[0].as_ref()));
    let mut owners = Owners::new(links);
    for (index, path) in paths.iter().enumerate() {
        owners.insert(path.as_ref(), index);
        assert!(owners.of(path.as_ref()).contains(&index), "{:?} is owned", path.as_ref());
    }
}

fn move_away(diversions: &dpkg::Diversions) {
    for (path, diversion) in diversions.iter() {
        assert_eq!(diversions.place(path, "\n"), diversion.to);
        let by = diversion.by.as_deref();
        assert!(by.is_none_or(|by| diversions.place(path, by) == path));
    }
}

/// The distribution that the text is of, and what it has for each of its lines.
fn search(text: &[u8]) {
    let distribution = OsRelease::read(text).distribution();
    for line in String::from_utf8_lossy(text).lines() {
        if let Some(found) = provider::find(line, distribution) {
            let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"+-._:".contains(&byte);
            assert!(found.package.bytes().all(fits), "{:?}", found.package);
        }
    }
}
