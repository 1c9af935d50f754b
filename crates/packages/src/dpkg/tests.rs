//! Excerpts of real records.

use super::*;

const STATUS: &str = "Package: base-files
Essential: yes
Status: install ok installed
Priority: required
Section: admin
Installed-Size: 341
Maintainer: Santiago Vila <sanvila@debian.org>
Architecture: amd64
Multi-Arch: foreign
Version: 12.4+deb12u11
Replaces: base, dpkg (<= 1.15.0), miscutils
Provides: base
Pre-Depends: awk
Conffiles:
 /etc/debian_version 14b9c1cb9d2d0e6d1ae1ba5dfd5d3e96
 /etc/dpkg/origins/debian c47b6815f67ad1aeccb0d4529bcb0990
 /etc/old file 612c2f9c2e4a5b5b1aee1c9a9cb9ff84 obsolete
Description: Debian base system miscellaneous files
 This package contains the basic filesystem hierarchy of a Debian system.
 .
 It has more lines.

Package: libgcc-s1
Status: hold ok installed
Installed-Size: 140
Architecture: amd64
Multi-Arch: same
Source: gcc-12 (12.2.0-14)
Version: 12.2.0-14+deb12u1
Depends: gcc-12-base (= 12.2.0-14+deb12u1), libc6 (>= 2.35)

Package: gone
Status: deinstall ok config-files
Architecture: all
Version: 1.0-1
Conffiles:
 /etc/gone newconffile
";

fn read() -> Vec<Package> {
    packages(STATUS.as_bytes()).expect("a good status")
}

#[test]
fn fields_are_read() {
    let found = read();
    let [base, gcc, gone] = &found[..] else { panic!("{found:?}") };
    assert_eq!((base.name.as_str(), base.version.as_str()), ("base-files", "12.4+deb12u11"));
    assert_eq!((base.installed_kib, base.is_essential, base.is_installed()), (Some(341), true, true));
    assert_eq!(base.pre_depends[0].alternatives[0].name, "awk");
    assert_eq!(base.provides[0].name, "base");
    assert_eq!(base.conffiles.len(), 3);
    assert_eq!(base.conffiles[2].path, std::path::Path::new("/etc/old file"));
    assert!(base.conffiles[2].is_obsolete && !base.conffiles[0].is_obsolete);
    assert_eq!(gcc.source.as_deref(), Some("gcc-12"));
    assert_eq!(gcc.source_version.as_deref(), Some("12.2.0-14"));
    assert_eq!(gcc.depends[0].alternatives[0].to_string(), "gcc-12-base (= 12.2.0-14+deb12u1)");
    assert!(gcc.is_installed() && !gone.is_installed() && !gone.state.has_files());
    assert_eq!((gone.want, gone.conffiles[0].md5.as_str()), (Want::Deinstall, "newconffile"));
}

#[test]
fn files_of_packages_for_several_architectures_have_it_in_their_names() {
    let found = read();
    assert_eq!(found[0].info_name("list"), "base-files.list");
    assert_eq!(found[1].info_name("list"), "libgcc-s1:amd64.list");
    assert_eq!(found[1].plain_info_name("list"), "libgcc-s1.list");
    let owns = |package: &Package, name| package.has_info(&InfoFile::parse(name).expect(name));
    assert!(owns(&found[1], "libgcc-s1:amd64.md5sums") && owns(&found[1], "libgcc-s1.md5sums"));
    assert!(!owns(&found[1], "libgcc-s1:i386.md5sums") && !owns(&found[0], "base-files:amd64.list"));
}

#[test]
fn stanzas_are_copied_as_they_are() {
    let found = read();
    assert_eq!(String::from_utf8_lossy(&status(&found)), format!("{STATUS}\n"));
    assert_eq!(packages(&status(&found[1..])).expect("it is one"), found[1..]);
}

#[test]
fn the_shared_view_knows_the_source() {
    let shared = crate::Package::from(&read()[1]);
    assert_eq!((shared.source.name.as_str(), shared.source.version.as_str()), ("gcc-12", "12.2.0-14"));
    assert_eq!(shared.installed_size, Some(140 * 1024));
    let shared = crate::Package::from(&read()[0]);
    assert_eq!(shared.source.name, "base-files");
    assert_eq!(shared.depends.len(), 1);
}

#[test]
fn a_distroless_stanza_has_no_status_and_is_installed() {
    let text = b"Package: tzdata\nVersion: 2024a-0+deb12u1\nArchitecture: all\nInstalled-Size: 3411\n";
    let found = packages(text).expect("a good stanza");
    assert!(found[0].is_installed());
}

#[test]
fn what_is_wrong_has_a_line() {
    let good = "Package: a\nVersion: 1\nArchitecture: all\n\n";
    for (text, error) in [
        ("Version: 1", Problem::Missing("Package").at(5)),
        ("Package: a", Problem::Missing("Version").at(5)),
        ("Package: a\nVersion: 1", Problem::Missing("Architecture").at(5)),
        ("X: 1\nPackage: ../a", Problem::Name.at(6)),
        ("Package: a\nStatus: install ok", Problem::Status.at(6)),
        ("Package: a\nStatus: install ok installed x", Problem::Status.at(6)),
        ("Package: a\nVersion: 1\nArchitecture: a/b", Problem::Architecture.at(7)),
        (
            "Package: a\nVersion: 1\nArchitecture: all\nInstalled-Size: 1 2",
            Problem::Number("Installed-Size").at(8),
        ),
        ("Package: a\nVersion: 1\nArchitecture: all\nConffiles:\n /a x\n b x", Problem::Path.at(10)),
        ("Package: a\nVersion: 1\nArchitecture: all\nSource: ../a (1)", Problem::Name.at(8)),
        ("nonsense", Problem::NotAField.at(5)),
    ] {
        assert_eq!(packages(format!("{good}{text}\n").as_bytes()), Err(error), "{text:?}");
    }
}
