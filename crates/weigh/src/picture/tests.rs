//! Reports as they are drawn.

use super::terminal::{Look, draw};
use super::*;
use crate::report::{
    About, Amount, CLibrary, Contents, Distribution, FORMAT, Feature, Hidden, Interpreter, Kernel, Layer,
    Library, MachineCount, Minimum, PackageWeight, Packages, Program, Programs, Report, Scale, Tool, Verdict,
    VerdictKind, Waste,
};

fn cell(name: &str, bytes: u64, payload: u64, cells: Vec<Cell>) -> Cell {
    Cell { name: name.into(), bytes, payload, cells }
}

fn map() -> Cell {
    cell(
        "/",
        100_000_000,
        16_000_000,
        vec![
            cell(
                "usr",
                90_000_000,
                15_000_000,
                vec![
                    cell(
                        "lib",
                        60_000_000,
                        14_000_000,
                        vec![
                            cell("x86_64-linux-gnu", 40_000_000, 10_000_000, vec![]),
                            cell("ruby", 12_000_000, 4_000_000, vec![]),
                            cell("30 more", 8_000_000, 0, vec![]),
                        ],
                    ),
                    cell("share", 20_000_000, 0, vec![]),
                    cell("bin", 10_000_000, 1_000_000, vec![]),
                ],
            ),
            cell("var", 9_000_000, 0, vec![]),
            cell("<b>\u{202e}", 1_000_000, 1_000_000, vec![]),
        ],
    )
}

fn contents() -> Contents {
    let package = |name: &str, bytes, payload_bytes| PackageWeight {
        name: name.into(),
        version: "1.0-1".into(),
        architecture: Some("amd64".into()),
        manager: "dpkg".into(),
        installed_size: Some(bytes + 1000),
        bytes,
        files: 3,
        payload_bytes,
        payload_files: u64::from(payload_bytes > 0),
    };
    let tool = |name: &str, path: &str| Tool { name: name.into(), path: path.into(), target: None };
    Contents {
        distribution: Some(Distribution {
            id: Some("debian".into()),
            version: Some("12".into()),
            name: "Debian GNU/Linux 12 (bookworm)".into(),
        }),
        c_libraries: vec![CLibrary {
            name: "glibc".into(),
            version: Some("2.36".into()),
            path: "/usr/lib/x86_64-linux-gnu/libc.so.6".into(),
            loader: Some("/lib64/ld-linux-x86-64.so.2".into()),
            machine: Some("x86_64".into()),
        }],
        shells: vec![
            Tool { target: Some("/usr/bin/dash".into()), ..tool("sh", "/usr/bin/sh") },
            tool("bash", "/usr/bin/bash"),
        ],
        package_managers: vec![tool("apt-get", "/usr/bin/apt-get"), tool("dpkg", "/usr/bin/dpkg")],
        interpreters: vec![Interpreter {
            name: "Ruby".into(),
            version: Some("3.1.2".into()),
            path: "/usr/bin/ruby".into(),
        }],
        packages: Packages {
            managers: vec!["dpkg".into()],
            count: 2,
            installed_size: 52_000,
            unowned: (4, 1200),
            list: vec![package("libc6", 40_000, 30_000), package("perl-base", 10_000, 0)],
        },
        programs: Programs {
            without_loader: 1,
            dynamic: 300,
            libraries: 250,
            scripts: 40,
            machines: vec![MachineCount { machine: "x86_64".into(), programs: 301, libraries: 250 }],
        },
    }
}

fn kernel() -> Kernel {
    Kernel {
        minimum: Some(Minimum { version: "3.2.0".into(), by: "/usr/bin/ruby".into() }),
        features: vec![
            Feature {
                name: "epoll".into(),
                functions: vec!["epoll_create1".into()],
                since: "2.6.27".into(),
                privilege: None,
                by: vec!["/usr/lib/libruby-3.1.so.3.1".into()],
                is_there: true,
            },
            Feature {
                name: "chroot".into(),
                functions: vec!["chroot".into()],
                since: "2.2".into(),
                privilege: Some("CAP_SYS_CHROOT".into()),
                by: vec!["/usr/lib/libruby-3.1.so.3.1".into()],
                is_there: true,
            },
        ],
        devices: vec!["/dev/null".into(), "/dev/urandom".into()],
        ..Kernel::default()
    }
}

fn program() -> Program {
    Program {
        command: vec!["ruby".into(), "/app/\"run\".rb".into()],
        path: Some("/usr/bin/ruby".into()),
        kind: "elf".into(),
        bytes: 14_000,
        linkage: Some("dynamic".into()),
        machine: Some("x86_64".into()),
        loader: Some("/lib64/ld-linux-x86-64.so.2".into()),
        libraries: vec![Library {
            name: "libruby-3.1.so.3.1".into(),
            path: Some("/usr/lib/libruby-3.1.so.3.1".into()),
        }],
        ..Program::default()
    }
}

fn scale() -> Scale {
    Scale {
        total: Amount { bytes: 100_000_000, files: 9000, packages: 2 },
        payload: Amount { bytes: 16_000_000, files: 254, packages: 1 },
        tare: Amount { bytes: 84_000_000, files: 8746, packages: 1 },
        directories: 1000,
        verdict: Verdict {
            kind: VerdictKind::Shrinks,
            text: "can be FROM scratch with 254 files, 16MB of 100MB".into(),
        },
    }
}

fn report() -> Report {
    let layer = |created_by: &str, bytes, files, hidden| Layer {
        diff_id: Some(format!("sha256:{:064}", bytes)),
        created: None,
        created_by: created_by.into(),
        bytes,
        files,
        hidden_bytes: hidden,
        hidden_files: u64::from(hidden > 0),
        removes: 0,
    };
    let mut report = Report {
        format: FORMAT,
        made_by: "0.0.0".into(),
        subject: About {
            kind: "image".into(),
            name: "web:1".into(),
            id: Some(format!("sha256:{:064}", 7)),
            platform: Some("linux/amd64".into()),
            created: Some("2026-01-02T03:04:05Z".into()),
        },
        scale: Some(scale()),
        contents: Some(contents()),
        layers: vec![
            layer("/bin/sh -c #(nop) ADD file:\u{1b}[31m in /", 95_000_000, 8000, 1_000_000),
            layer("RUN apt-get install -y ruby", 6_000_000, 1001, 0),
        ],
        waste: Waste {
            bytes: 1_000_000,
            files: 1,
            largest: vec![Hidden {
                path: "/var/lib/<x>".into(),
                bytes: 1_000_000,
                layer: 0,
                by: 1,
                is_removed: true,
            }],
        },
        program: program(),
        kernel: kernel(),
        map: Some(map()),
        notes: vec!["/var/lib/rpm: rpm's database (SQLite) is not read".into()],
    };
    report.run_on("6.18.5-tare");
    report
}

#[test]
fn a_report_for_a_pipe() {
    insta::assert_snapshot!("pipe", draw(&report(), Look { width: 100, is_colored: false }));
}

#[test]
fn a_report_for_a_terminal_has_the_same_words() {
    let colored = draw(&report(), Look { width: 100, is_colored: true });
    assert!(!colored.contains("\x1b[31m"), "what an image says steers no terminal");
    insta::assert_snapshot!("terminal", colored.replace('\x1b', "ESC"));
}

#[test]
fn a_page() {
    let page = html::draw(&report());
    assert!(!page.contains("<b>\u{202e}") && !page.contains('\u{1b}') && !page.contains("<x>"));
    assert!(
        !page.contains("<script")
            && !page.contains("http://")
            && !page.contains("https://")
            && !page.contains("url(")
    );
    let start = page.find("</style>").expect("a style");
    insta::assert_snapshot!("page", &page[start..]);
}

#[test]
fn parts_do_not_lie() {
    assert_eq!(
        (percent(0, 0), percent(0, 5), percent(1, 1000), percent(999, 1000), percent(5, 5)),
        ("0 %".into(), "0 %".into(), "<1 %".into(), ">99 %".into(), "100 %".into())
    );
}

#[test]
fn cells_side_by_side_are_all_of_the_map() {
    for most in [1, 4, 5, 9, 40] {
        let flat = flatten(&map(), most);
        assert!(flat.len() <= most.max(1), "{flat:?}");
        assert_eq!(flat.iter().map(|cell| cell.bytes).sum::<u64>(), 100_000_000);
        assert_eq!(flat.iter().map(|cell| cell.payload).sum::<u64>(), 16_000_000);
    }
    assert!(flatten(&map(), 40).iter().any(|cell| cell.path == "/usr/lib/ruby"));
    assert!(flatten(&cell("/", 0, 0, vec![]), 5).is_empty());
}
