//! Programs that the kernel does not execute.

use super::{NOTHING, Verdict, broken, glibc, is_x86_64};
use e2e::{Root, TestEngine, compile, cross_compile, needs_programs};

#[test]
fn for_another_cpu() {
    let Some(engine) = TestEngine::new() else { return };
    let Some((other, program)) = cross_compile(NOTHING) else { return };
    let here = std::env::consts::ARCH;
    let root = Root::scratch().file("/app", 0o755, program);
    broken(
        &engine,
        &root,
        &["CMD [\"/app\"]"],
        &Verdict {
            code: 126,
            cause: &format!("/app is an {other} ELF, this machine is {here}"),
            evidence: &["execve of /app: exec format error"],
            fix: &["build it for that, or register an emulator with binfmt_misc"],
        },
    );
}

#[test]
fn for_another_word_size() {
    let Some(engine) = TestEngine::new() else { return };
    let mut header = vec![0; 84];
    header[..7].copy_from_slice(b"\x7fELF\x01\x01\x01");
    // an executable for MIPS, version 1, one program header of 32 bytes at 52
    for (at, byte) in [(16, 2), (18, 8), (20, 1), (28, 52), (40, 52), (42, 32), (44, 1), (52, 1)] {
        header[at] = byte;
    }
    let root = Root::scratch().file("/app", 0o755, header);
    broken(
        &engine,
        &root,
        &["CMD [\"/app\"]"],
        &Verdict {
            code: 126,
            cause: &format!("/app is a mipsel ELF, this machine is {}", std::env::consts::ARCH),
            evidence: &["execve of /app: exec format error"],
            fix: &["use an image for linux/"],
        },
    );
}

#[test]
fn without_a_loader() {
    let Some(engine) = TestEngine::new() else { return };
    if !is_x86_64() {
        return;
    }
    let app = compile(NOTHING, &[]);
    let root = Root::scratch().file("/app", 0o755, &app);
    broken(
        &engine,
        &root,
        &["CMD [\"/app\"]"],
        &Verdict {
            code: 127,
            cause: "/app needs the loader /lib64/ld-linux-x86-64.so.2 (glibc), which the image does not have; the image has no loader at all",
            evidence: &["execve of /app: no such file or directory"],
            fix: &[
                "link the program statically (Go: CGO_ENABLED=0, Rust: a *-linux-musl target), or use a base with glibc, such as debian",
            ],
        },
    );
    // the link that a COPY to /lib64 has lost
    let root = glibc().file("/app", 0o755, &app).symlink("/lib64", "usr/lib64").file(
        "/usr/lib/ld-linux-x86-64.so.2",
        0o755,
        &app,
    );
    let lost = "/app needs the loader /lib64/ld-linux-x86-64.so.2 (glibc), which the image does not have; the image has ";
    engine.import("lost", &root, &["CMD [\"/app\"]"]);
    let said = engine.tare(["why", "lost"]);
    assert_eq!(said.code, 1, "{said:?}");
    assert!(said.out.contains(lost) && said.out.contains("a lost link /lib64 -> usr/lib64?"), "{said:?}");
    engine.line("run --rm --network none lost").fails(127, "no such file or directory");
}

#[test]
fn of_another_c_library() {
    let Some(engine) = TestEngine::new() else { return };
    if !is_x86_64() || !Root::has_musl() || !needs_programs(&["musl-gcc"]) {
        return;
    }
    let root =
        Root::musl().file("/app", 0o755, compile(NOTHING, &[])).file("/etc/os-release", 0o644, "ID=alpine\n");
    broken(
        &engine,
        &root,
        &["CMD [\"/app\"]"],
        &Verdict {
            code: 127,
            cause: "/app needs the loader /lib64/ld-linux-x86-64.so.2 (glibc), which the image does not have; the image has /lib/ld-musl-x86_64.so.1 (musl)",
            evidence: &["execve of /app: no such file or directory"],
            fix: &["link the program statically", "install it: RUN apk add --no-cache gcompat"],
        },
    );
    let root = glibc().file("/app", 0o755, super::musl_compile(NOTHING)).file(
        "/etc/os-release",
        0o644,
        "ID=debian\n",
    );
    broken(
        &engine,
        &root,
        &["CMD [\"/app\"]"],
        &Verdict {
            code: 127,
            cause: "/app needs the loader /lib/ld-musl-x86_64.so.1 (musl), which the image does not have; the image has /lib64/ld-linux-x86-64.so.2 (glibc)",
            evidence: &["execve of /app: no such file or directory"],
            fix: &["link the program statically", "--no-install-recommends musl"],
        },
    );
}

/// Program, exit code, cause, evidence, way out.
const NO_PROGRAMS: &[(&str, i32, &str, &str, &str)] = &[
    ("/empty", 126, "/empty is empty", "exec format error", "check how the file was made: it has 0 bytes"),
    (
        "/object",
        126,
        "/object is an object file that is not linked yet, not a program",
        "exec format error",
        "the compiler was called with -c",
    ),
    (
        "/library",
        126,
        "/library is a shared library, not a program",
        "",
        "build it as a program (Go: -buildmode=exe, Rust: a bin target, C: without -shared)",
    ),
    (
        "/short",
        126,
        "/short is a damaged ELF file: it ends inside its header",
        "exec format error",
        "copy it again: it may be cut short",
    ),
    (
        "/closed",
        126,
        "/closed is not executable (mode 0644)",
        "execve of /closed: permission denied",
        "COPY --chmod=755, or RUN chmod +x /closed",
    ),
    (
        "/srv/app",
        126,
        "/srv/app is a directory, not a program",
        "is a directory",
        "name the program inside it",
    ),
    (
        "/circle",
        126,
        "the links on the way to /circle go in a circle",
        "too many levels of symbolic links",
        "copy the program itself, and not a link to it",
    ),
];

#[test]
fn that_are_none() {
    let Some(engine) = TestEngine::new() else { return };
    let app = compile(NOTHING, &["-static"]);
    let root = Root::busybox()
        .file("/empty", 0o755, "")
        .file("/object", 0o755, compile(NOTHING, &["-c"]))
        .file("/library", 0o755, compile("int f(void) { return 0; }", &["-shared", "-fPIC"]))
        .file("/short", 0o755, &app[..40])
        .file("/closed", 0o644, &app)
        .file("/picture", 0o755, b"\x89PNG\r\n\x1a\n0000")
        .directory("/srv/app", 0o755)
        .symlink("/circle", "/circle");
    for (program, code, cause, evidence, fix) in NO_PROGRAMS.iter().copied() {
        let evidence: &[&str] = if program == "/circle" { &[evidence, "/circle"] } else { &[evidence] };
        let command = format!("CMD [\"{program}\"]");
        if program == "/library" {
            // the kernel executes it, and it dies at once
            engine.import("library", &root, &[&command]);
            super::spoken(
                &engine.tare(["why", "library"]).out,
                &format!("does not start: {cause}"),
                evidence,
                &[fix],
            );
            assert_ne!(engine.line("run --rm --network none library").code, 0);
            continue;
        }
        broken(&engine, &root, &[&command], &Verdict { code, cause, evidence, fix: &[fix] });
    }
    broken(
        &engine,
        &root,
        &["CMD [\"/picture\"]"],
        &Verdict {
            code: 126,
            cause: "/picture is in no format that Linux executes; it begins with 89 50 4e 47 0d 0a 1a 0a 30 30 30 30 (\".PNG....0000\")",
            evidence: &["execve of /picture: exec format error"],
            fix: &["copy the program into the image: COPY app /usr/local/bin/"],
        },
    );
}

#[test]
fn that_are_not_there() {
    let Some(engine) = TestEngine::new() else { return };
    let debian = Root::busybox().file("/etc/os-release", 0o644, "ID=debian\n");
    broken(
        &engine,
        &debian,
        &["CMD [\"curl\", \"https://example.org\"]"],
        &Verdict {
            code: 127,
            cause: "none of /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin has curl",
            evidence: &["curl: executable file not found in $PATH"],
            fix: &["install it: RUN apt-get update && apt-get install -y --no-install-recommends curl"],
        },
    );
    broken(
        &engine,
        &Root::busybox(),
        &["CMD [\"/bin/busybox sleep 1\"]"],
        &Verdict {
            code: 127,
            cause: "the image has no /bin/busybox sleep 1",
            evidence: &["execve of /bin/busybox sleep 1: no such file or directory"],
            fix: &[
                "this is one word with blanks in it; write the words apart: [\"/bin/busybox\", \"sleep\", \"1\"]",
            ],
        },
    );
}

#[test]
fn that_are_named_by_others() {
    let Some(engine) = TestEngine::new() else { return };
    let app = compile(NOTHING, &["-static"]);
    let scratch = Root::scratch().file("/app", 0o755, &app);
    broken(
        &engine,
        &scratch,
        &["CMD /app --flag"],
        &Verdict {
            code: 127,
            cause: "the image has no shell /bin/sh, which the shell form of a command needs",
            evidence: &["execve of /bin/sh: no such file or directory"],
            fix: &["write the command in the exec form, as words: [\"/app\", \"--flag\"]"],
        },
    );
    let venv = Root::busybox().symlink("/venv/bin/python", "/usr/local/bin/python3");
    broken(
        &engine,
        &venv,
        &["CMD [\"/venv/bin/python\", \"app.py\"]"],
        &Verdict {
            code: 127,
            cause: "/venv/bin/python is a link to /usr/local/bin/python3, which the image does not have",
            evidence: &["execve of /venv/bin/python: no such file or directory"],
            fix: &["copy the program into the image: COPY app /usr/local/bin/"],
        },
    );
    let init = scratch.file(
        "/sbin/tini",
        0o755,
        compile(
            "#include <unistd.h>\nint main(int n, char **a) { execv(a[2], a + 2); return 127; }",
            &["-static"],
        ),
    );
    broken(
        &engine,
        &init,
        &["ENTRYPOINT [\"/sbin/tini\", \"--\"]", "CMD [\"/server\"]"],
        &Verdict {
            code: 127,
            cause: "tini is to start /server, which the image does not have",
            evidence: &["the command is /sbin/tini -- /server"],
            fix: &["copy the program into the image, or correct its name"],
        },
    );
    broken(
        &engine,
        &Root::busybox(),
        &[],
        &Verdict {
            code: 125,
            cause: "the image names no command",
            evidence: &["neither ENTRYPOINT nor CMD is set"],
            fix: &[
                "say what it is to do: CMD [\"/app\"]",
                "name a program behind the image: tare run IMAGE /app",
            ],
        },
    );
}
