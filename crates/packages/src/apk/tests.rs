//! Excerpts of records as Alpine has them.

use super::*;

const INSTALLED: &str = "C:Q1qKcZ+j23xssAXmgQhkOO8dHnbWw=
P:alpine-baselayout-data
V:3.6.8-r1
A:x86_64
S:11664
I:77824
T:Alpine base dir structure and init scripts
L:GPL-2.0-only
o:alpine-baselayout
r:alpine-baselayout
F:
M:0:0:755
F:etc
R:fstab
Z:Q11Q7hNe8QpDS531guqCdrXBzoA/o=
R:shadow
a:0:42:640
Z:Q1ltrPIAW2zHeDiajsex2Bdmq3uqA=
F:var/tmp
M:0:0:1777

P:musl
V:1.2.5-r9
A:x86_64
D:so:libz.so.1 busybox>=1.37 !uclibc-utils cmd:sh
p:so:libc.musl-x86_64.so.1=1
F:lib
R:ld-musl-x86_64.so.1
a:0:0:755
Z:Q1B3Qp4Q3F1iWnTbBkqXJ0Cv6nqBo=
";

fn read() -> Vec<Package> {
    packages(INSTALLED.as_bytes()).expect("a good database")
}

#[test]
fn letters_are_read() {
    let found = read();
    let [data, musl] = &found[..] else { panic!("{found:?}") };
    assert_eq!((data.name.as_str(), data.version.as_str()), ("alpine-baselayout-data", "3.6.8-r1"));
    assert_eq!((data.size, data.installed_size), (Some(11_664), Some(77_824)));
    assert_eq!(data.origin.as_deref(), Some("alpine-baselayout"));
    assert_eq!(data.directories.len(), 3);
    let shadow = &data.directories[1].files[1];
    assert_eq!(shadow.ownership, Ownership { uid: 0, gid: 42, mode: 0o640 });
    assert_eq!(shadow.sha1().map(|digest| digest[0]), Some(0x96));
    assert_eq!(data.directories[2].ownership.mode, 0o1777);
    assert_eq!(
        musl.depends.iter().map(Relation::to_string).collect::<Vec<_>>(),
        ["so:libz.so.1", "busybox (>= 1.37)", "cmd:sh"]
    );
    assert_eq!(musl.conflicts[0].name, "uclibc-utils");
    assert_eq!(musl.provides[0].name, "so:libc.musl-x86_64.so.1");
}

#[test]
fn paths_are_absolute() {
    let paths: Vec<_> = read()[0].paths().collect();
    assert_eq!(paths, ["/", "/etc", "/etc/fstab", "/etc/shadow", "/var/tmp"].map(PathBuf::from));
}

#[test]
fn stanzas_are_copied_as_they_are() {
    assert_eq!(String::from_utf8_lossy(&installed(&read())), format!("{INSTALLED}\n"));
    assert_eq!(packages(&installed(&read()[1..])).expect("it is one"), read()[1..]);
}

#[test]
fn the_shared_view_has_bytes() {
    let shared = crate::Package::from(&read()[0]);
    assert_eq!((shared.installed_size, shared.source.name.as_str()), (Some(77_824), "alpine-baselayout"));
}

#[test]
fn what_is_wrong_has_a_line() {
    for (text, error) in [
        ("V:1", Problem::Missing("P").at(5)),
        ("P:a", Problem::Missing("V").at(5)),
        ("P:../a", Problem::Name.at(5)),
        ("P:a\nnonsense", Problem::NotAField.at(6)),
        ("P:a\nI:x", Problem::Number("I").at(6)),
        ("P:a\nR:x", Problem::Orphan.at(6)),
        ("F:etc\na:0:0:644", Problem::Orphan.at(6)),
        ("F:../etc", Problem::Path.at(5)),
        ("F:etc\nR:a/b", Problem::Path.at(6)),
        ("F:etc\nR:..", Problem::Path.at(6)),
        ("F:etc\nR:a/", Problem::Path.at(6)),
        ("F:etc\nM:0:0:999", Problem::Ownership.at(6)),
        ("F:etc\nM:0:0:77777", Problem::Ownership.at(6)),
    ] {
        let text = format!("\nP:a\nV:1\n\n{text}\n");
        assert_eq!(packages(text.as_bytes()), Err(error), "{text:?}");
    }
}
