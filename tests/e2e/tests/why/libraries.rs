//! Programs whose libraries are not there, or are others.

use super::{NOTHING, Verdict, Workshop, broken, glibc, is_x86_64, patched, silent};
use e2e::{Root, TestEngine, compile, cross_compile, needs_programs};
use std::fs;

const FOO: &str = "int foo(void) { return 0; }";
const CALLS_FOO: &str = "int foo(void); int main(void) { return foo(); }";
const C_LIBRARY: &str = "/lib/x86_64-linux-gnu/libc.so.6";

#[test]
fn that_are_missing() {
    let Some(engine) = TestEngine::new() else { return };
    let shop = Workshop::new();
    shop.library("libpq.so.5", FOO, &[]);
    let app = shop.compile(CALLS_FOO, &["-l:libpq.so.5"]);
    let root = glibc().file("/app", 0o755, &app);
    broken(
        &engine,
        &root,
        &["CMD [\"/app\"]"],
        &Verdict {
            code: 127,
            cause: "/app needs the library libpq.so.5, which the image does not have",
            evidence: &["/app has DT_NEEDED libpq.so.5"],
            fix: &[
                "copy the program with its libraries from where it was built: COPY --closure --from=build /app /app",
            ],
        },
    );
    let debian = root.file("/etc/os-release", 0o644, "ID=debian\n");
    broken(
        &engine,
        &debian,
        &["CMD [\"/app\"]"],
        &Verdict {
            code: 127,
            cause: "/app needs the library libpq.so.5, which the image does not have",
            evidence: &["/app has DT_NEEDED libpq.so.5"],
            fix: &[
                "install it: RUN apt-get update && apt-get install -y --no-install-recommends libpq5",
                "COPY --closure",
            ],
        },
    );
}

#[test]
fn that_libraries_miss() {
    let Some(engine) = TestEngine::new() else { return };
    let shop = Workshop::new();
    shop.library("libbar.so.2", "int bar(void) { return 0; }", &[]);
    let foo =
        shop.library("libfoo.so.1", "int bar(void); int foo(void) { return bar(); }", &["-l:libbar.so.2"]);
    let app = shop.compile(CALLS_FOO, &["-l:libfoo.so.1"]);
    let root = glibc().file("/app", 0o755, app).file("/usr/lib/libfoo.so.1", 0o644, foo);
    broken(
        &engine,
        &root,
        &["CMD [\"/app\"]"],
        &Verdict {
            code: 127,
            cause: "/usr/lib/libfoo.so.1 needs the library libbar.so.2, which the image does not have",
            evidence: &["/usr/lib/libfoo.so.1 has DT_NEEDED libbar.so.2", "/app loads /usr/lib/libfoo.so.1"],
            fix: &["COPY --closure --from=build /app /app"],
        },
    );
}

#[test]
fn that_are_not_searched() {
    let Some(engine) = TestEngine::new() else { return };
    let shop = Workshop::new();
    let foo = shop.library("libfoo.so.1", FOO, &[]);
    let app = shop.compile(CALLS_FOO, &["-l:libfoo.so.1", "-Wl,-rpath,/build/out/lib"]);
    let root = glibc().file("/opt/app/bin/app", 0o755, app).file("/opt/app/lib/libfoo.so.1", 0o644, foo);
    let start = "CMD [\"/opt/app/bin/app\"]";
    broken(
        &engine,
        &root,
        &[start],
        &Verdict {
            code: 127,
            cause: "/opt/app/bin/app needs the library libfoo.so.1, and does not find it at /opt/app/lib/libfoo.so.1",
            evidence: &[
                "/opt/app/bin/app has DT_NEEDED libfoo.so.1",
                "/opt/app/bin/app has RUNPATH /build/out/lib",
                "/opt/app/lib is none of the directories that are searched",
            ],
            fix: &[
                "have it searched: ENV LD_LIBRARY_PATH=/opt/app/lib",
                "say so in the program: RUN patchelf --set-rpath /opt/app/lib /opt/app/bin/app",
            ],
        },
    );
    // the fix is one
    engine.import("mended", &root, &[start, "ENV LD_LIBRARY_PATH=/opt/app/lib"]);
    silent(&engine, "mended");
}

#[test]
fn that_are_for_another_machine() {
    let Some(engine) = TestEngine::new() else { return };
    let Some((other, foreign)) = cross_compile(NOTHING) else { return };
    let here = std::env::consts::ARCH;
    let shop = Workshop::new();
    let foo = shop.library("libfoo.so.1", FOO, &[]);
    let app = shop.compile(CALLS_FOO, &["-l:libfoo.so.1"]);
    let root = glibc().file("/app", 0o755, &app);
    let with = |library: &[u8]| root.clone().file("/usr/lib/libfoo.so.1", 0o644, library);
    let needs = "/app has DT_NEEDED libfoo.so.1";
    let own = format!("/app is for {here} (64 bits)");
    let fix: &[&str] = &["copy the libfoo.so.1 that /app was built with"];
    for (library, what) in [
        (foreign.as_slice(), format!("for {other} (64 bits)")),
        (b"", "empty".to_owned()),
        (b"INPUT(-lfoo)\n", "no ELF file".to_owned()),
        (&foo[..40], "a damaged ELF file: it ends inside its header".to_owned()),
    ] {
        let cause = format!("/app needs the library libfoo.so.1, and /usr/lib/libfoo.so.1 is {what}");
        broken(
            &engine,
            &with(library),
            &["CMD [\"/app\"]"],
            &Verdict { code: 127, cause: &cause, evidence: &[needs, &own], fix },
        );
    }
}

#[test]
fn that_are_older_than_the_program() {
    let Some(engine) = TestEngine::new() else { return };
    let shop = Workshop::new();
    let script = |versions: &str| {
        let path = shop.place.path().join("versions");
        fs::write(&path, versions).unwrap();
        format!("-Wl,--version-script={}", path.display())
    };
    let old = shop.library("libfoo.so.1", FOO, &[&script("FOO_1.0 { };")]);
    shop.library("libfoo.so.1", FOO, &[&script("FOO_1.0 { }; FOO_1.2 { foo; } FOO_1.0;")]);
    let app = shop.compile(CALLS_FOO, &["-l:libfoo.so.1"]);
    let root = glibc().file("/app", 0o755, app).file("/usr/lib/libfoo.so.1", 0o644, old);
    broken(
        &engine,
        &root,
        &["CMD [\"/app\"]"],
        &Verdict {
            code: 1,
            cause: "/app needs FOO_1.2 of /usr/lib/libfoo.so.1, which has none newer than FOO_1.0",
            evidence: &[
                "the loader says: /usr/lib/libfoo.so.1: version `FOO_1.2' not found (required by /app)",
            ],
            fix: &[
                "build it against the library that is in the image, or install a newer one in the place of /usr/lib/libfoo.so.1",
            ],
        },
    );
}

#[test]
fn a_c_library_that_is_older_than_the_program() {
    let Some(engine) = TestEngine::new() else { return };
    if !is_x86_64() {
        return;
    }
    // as built with the next release: glibc gives the start of programs a version of its own since 2.34
    let app = patched(compile(NOTHING, &[]), b"GLIBC_2.34\0", b"GLIBC_2.99\0");
    let root = glibc().file("/app", 0o755, app);
    engine.import("newer", &root, &["CMD [\"/app\"]"]);
    let said = engine.tare(["why", "newer"]);
    assert_eq!(said.code, 1, "{said:?}");
    let cause =
        format!("does not start: /app needs GLIBC_2.99 of {C_LIBRARY}, which has none newer than GLIBC_2.");
    assert!(said.out.starts_with(&cause), "{said:?}");
    assert!(said.out.contains("version `GLIBC_2.99' not found (required by /app)"), "{said:?}");
    assert!(
        said.out.contains("fix: build it on the base that it runs on: the same FROM line for both stages"),
        "{said:?}"
    );
    engine.line("run --rm --network none newer").fails(1, "version `GLIBC_2.99' not found");
}

#[test]
fn a_c_library_for_a_newer_kernel() {
    let Some(engine) = TestEngine::new() else { return };
    if !is_x86_64() {
        return;
    }
    // the note's vendor, then Linux 3.2.0
    let note = |version: &[u8]| [b"\x04\0\0\0\x10\0\0\0\x01\0\0\0GNU\0\0\0\0\0", version].concat();
    let libc =
        patched(fs::read(C_LIBRARY).unwrap(), &note(b"\x03\0\0\0\x02\0\0\0"), &note(b"\x63\0\0\0\0\0\0\0"));
    let root = glibc().file(C_LIBRARY, 0o755, libc).file("/app", 0o755, compile(NOTHING, &[]));
    let note = format!("NT_GNU_ABI_TAG of {C_LIBRARY} is Linux 99.0.0");
    engine.import("kernel", &root, &["CMD [\"/app\"]"]);
    let (said, ran) = (engine.tare(["why", "kernel"]), engine.line("run --rm --network none kernel").code);
    // glibc has not looked at it since 2.36
    let is_checked =
        fs::read("/lib64/ld-linux-x86-64.so.2").unwrap().windows(14).any(|text| text == b"kernel too old");
    let word = if is_checked { "does not start" } else { "warning" };
    let cause = format!("{word}: {C_LIBRARY} needs Linux 99.0.0, and this kernel is ");
    assert!(said.out.starts_with(&cause) && said.out.contains(&note), "{said:?}");
    assert!(said.out.contains("fix: use an older base"), "{said:?}");
    assert_eq!((said.code, ran), if is_checked { (1, 127) } else { (0, 0) });
}

#[test]
fn for_a_newer_cpu() {
    let Some(engine) = TestEngine::new() else { return };
    if !is_x86_64() {
        return;
    }
    let root = glibc().file("/app", 0o755, compile(NOTHING, &["-Wl,-z,x86-64-v4"]));
    let flags = fs::read_to_string("/proc/cpuinfo").unwrap();
    if flags.contains("avx512vl") {
        // what an older one is told is tested in `weigh`
        engine.import("v4", &root, &["CMD [\"/app\"]"]);
        silent(&engine, "v4");
        return;
    }
    engine.import("v4", &root, &["CMD [\"/app\"]"]);
    let said = engine.tare(["why", "v4"]);
    assert!(
        said.code == 1 && said.out.contains("/app is built for x86-64-v4, this CPU has only x86-64-v"),
        "{said:?}"
    );
    assert!(said.out.contains("build it with -march=x86-64-v"), "{said:?}");
    assert_eq!(engine.line("run --rm --network none v4").code, 127);
}

#[test]
fn of_musl() {
    let Some(engine) = TestEngine::new() else { return };
    if !is_x86_64() || !Root::has_musl() || !needs_programs(&["musl-gcc"]) {
        return;
    }
    let shop = Workshop::new();
    let foo = shop.library("libfoo.so.1", FOO, &["-nostdlib"]);
    let app = shop.musl_compile(CALLS_FOO, &["-l:libfoo.so.1"]);
    let root = Root::musl().file("/app", 0o755, app);
    broken(
        &engine,
        &root,
        &["CMD [\"/app\"]"],
        &Verdict {
            code: 127,
            cause: "/app needs the library libfoo.so.1, which the image does not have",
            evidence: &["/app has DT_NEEDED libfoo.so.1"],
            fix: &["COPY --closure --from=build /app /app"],
        },
    );
    engine.import("whole", &root.clone().file("/usr/lib/libfoo.so.1", 0o644, foo), &["CMD [\"/app\"]"]);
    silent(&engine, "whole");
    // linked by glibc's compiler, with musl's loader
    let mixed = shop.compile(CALLS_FOO, &["-l:libfoo.so.1", "-Wl,--dynamic-linker=/lib/ld-musl-x86_64.so.1"]);
    let root = root.file("/mixed", 0o755, mixed).file("/usr/lib/libfoo.so.1", 0o644, "");
    engine.import("mixed", &root, &["CMD [\"/mixed\"]"]);
    assert_eq!(engine.tare(["why", "mixed"]).code, 1);
    assert_ne!(engine.line("run --rm --network none mixed").code, 0);
}
