//! What will not work in a program that starts.

use super::{NOTHING, Verdict, Workshop, glibc, healthy, patched, warned, with_libraries};
use e2e::{Root, TestEngine, compile, needs_programs};
use std::fs;

const BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";

#[test]
fn tls_without_certificates() {
    let Some(engine) = TestEngine::new() else { return };
    if !needs_programs(&["openssl"]) {
        return;
    }
    let openssl = fs::read("/usr/bin/openssl").unwrap();
    let root = with_libraries(Root::busybox(), "/usr/bin/openssl")
        .file("/usr/bin/openssl", 0o755, openssl)
        .file("/etc/os-release", 0o644, "ID=debian\n");
    let start = "CMD [\"openssl\", \"version\"]";
    warned(
        &engine,
        &root,
        &[start],
        &Verdict {
            code: 0,
            cause: "/lib/x86_64-linux-gnu/libssl.so.3 speaks TLS, and the image has no certificates of authorities: it will trust no server",
            evidence: &["the command loads libssl.so", "there is no /etc/ssl/certs/ca-certificates.crt"],
            fix: &[
                "--no-install-recommends ca-certificates",
                "COPY --from=alpine /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt",
            ],
        },
    );
    healthy(
        &engine,
        "certified",
        &root.clone().file(BUNDLE, 0o644, "-----BEGIN CERTIFICATE-----\n"),
        &[start],
    );
    healthy(&engine, "told", &root, &[start, "ENV SSL_CERT_FILE=/run/secrets/ca.pem"]);
}

/// Go and Rust have the places in the program.
#[test]
fn a_static_program_without_certificates() {
    let Some(engine) = TestEngine::new() else { return };
    let source = "#include <stdio.h>\nint main(void) { puts(\"/etc/ssl/certs/ca-certificates.crt\"); puts(\"/etc/pki/tls/cacert.pem\"); return 0; }";
    let root = Root::scratch().file("/app", 0o755, compile(source, &["-static"]));
    warned(
        &engine,
        &root,
        &["CMD [\"/app\"]"],
        &Verdict {
            code: 0,
            cause: "/app speaks TLS, and the image has no certificates of authorities: it will trust no server",
            evidence: &["app has the list of places for certificates in it", "there is no"],
            fix: &["copy them from an image that has them: COPY --from=alpine"],
        },
    );
    healthy(
        &engine,
        "certified",
        &root.file(BUNDLE, 0o644, "-----BEGIN CERTIFICATE-----\n"),
        &["CMD [\"/app\"]"],
    );
}

#[test]
fn a_time_zone_that_is_not_there() {
    let Some(engine) = TestEngine::new() else { return };
    let root = Root::busybox().file("/etc/os-release", 0o644, "ID=alpine\n");
    let start = "CMD [\"date\", \"+%Z\"]";
    let ran = warned(
        &engine,
        &root,
        &[start, "ENV TZ=Europe/Berlin"],
        &Verdict {
            code: 0,
            cause: "TZ is Europe/Berlin, which the image does not know: times will be in UTC",
            evidence: &["there is no /usr/share/zoneinfo/Europe/Berlin"],
            fix: &["install it: RUN apk add --no-cache tzdata", "ENV TZ=CET-1CEST,M3.5.0,M10.5.0/3"],
        },
    );
    assert_ne!(ran.out.trim(), "CET");
    healthy(&engine, "rule", &root, &[start, "ENV TZ=CET-1CEST,M3.5.0,M10.5.0/3"]);
    if let Ok(zone) = fs::read("/usr/share/zoneinfo/Europe/Berlin") {
        let root = root.file("/usr/share/zoneinfo/Europe/Berlin", 0o644, zone);
        healthy(&engine, "zone", &root, &[start, "ENV TZ=Europe/Berlin"]);
    }
}

#[test]
fn a_locale_that_is_not_there() {
    let Some(engine) = TestEngine::new() else { return };
    let source = "#include <locale.h>\nint main(void) { return setlocale(LC_ALL, \"\") == 0; }";
    let root =
        glibc().file("/app", 0o755, compile(source, &[])).file("/etc/os-release", 0o644, "ID=debian\n");
    let start = "CMD [\"/app\"]";
    let evidence: &[&str] =
        &["libc.so.6 is glibc, and there is no /usr/lib/locale/C.utf8, nor an archive with it"];
    warned(
        &engine,
        &root,
        &[start, "ENV LANG=C.UTF-8"],
        &Verdict {
            code: 1,
            cause: "LANG is C.UTF-8, which the image does not have: programs will use C",
            evidence,
            fix: &[
                "COPY --from=debian:bookworm-slim /usr/lib/locale/C.utf8 /usr/lib/locale/C.utf8, with ENV LANG=C.UTF-8",
            ],
        },
    );
    let root = with_plain_locale(root, "C.utf8");
    warned(
        &engine,
        &root,
        &[start, "ENV LC_ALL= LANG=de_DE.UTF-8"],
        &Verdict {
            code: 1,
            cause: "LANG is de_DE.UTF-8, which the image does not have: programs will use C",
            evidence: &[
                "libc.so.6 is glibc, and there is no /usr/lib/locale/de_DE.utf8, nor an archive with it",
            ],
            fix: &["use one that the image has: ENV LANG=C.UTF-8", "localedef -i de_DE -f UTF-8 de_DE.UTF-8"],
        },
    );
    healthy(&engine, "plain", &root, &[start, "ENV LANG=C.UTF-8"]);
    healthy(&engine, "german", &with_plain_locale(root, "de_DE.utf8"), &[start, "ENV LC_ALL=de_DE.UTF-8"]);
}

/// The locale of this machine that has no language, under any name.
fn with_plain_locale(root: Root, name: &str) -> Root {
    let directory = "/usr/lib/locale/C.utf8";
    let categories =
        fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
    let messages = format!("{directory}/LC_MESSAGES/SYS_LC_MESSAGES").into();
    categories.chain([messages]).fold(root, |root, path| {
        let place = path.to_str().unwrap().replace("C.utf8", name);
        root.file(&place, 0o644, fs::read(path).unwrap())
    })
}

const LOOKS_UP: &str = "#include <pwd.h>\nint main(void) { return getpwnam(\"web\") == 0; }";

#[test]
fn names_in_a_static_program() {
    let Some(engine) = TestEngine::new() else { return };
    let shop = Workshop::new();
    // with its symbols
    let program = shop.unstripped(LOOKS_UP, &["-static"]);
    let root = Root::busybox().file("/app", 0o755, &program);
    let start = "CMD [\"/app\"]";
    healthy(&engine, "files", &root, &[start]);
    let root = root.file("/etc/nsswitch.conf", 0o644, "passwd: compat systemd\nhosts: files\n");
    warned(
        &engine,
        &root,
        &[start],
        &Verdict {
            code: 1,
            cause: "/app is linked statically with glibc, which still loads libraries to look up names: those in passwd will not be found",
            evidence: &["/etc/nsswitch.conf has passwd: compat, and the image has no libnss_compat.so.2"],
            fix: &["RUN echo 'passwd: files' > /etc/nsswitch.conf", "link it with musl"],
        },
    );
    // one of before 2.34 has no services of its own
    let old = patched(program, b"libnss_%s.so%s\0", b"libnss_%s.old%\0");
    engine.import("old", &Root::busybox().file("/app", 0o755, old), &[start]);
    let said = engine.tare(["why", "old"]);
    assert_eq!(said.code, 0, "{said:?}");
    assert!(
        said.out.contains(
            "its glibc is older than 2.34 and wants libnss_files.so.2, which the image does not have"
        ),
        "{said:?}"
    );
}

#[test]
fn a_health_check_without_its_program() {
    let Some(engine) = TestEngine::new() else { return };
    let root = Root::busybox().file("/etc/os-release", 0o644, "ID=debian\n");
    warned(
        &engine,
        &root,
        &["CMD [\"true\"]", "HEALTHCHECK CMD [\"curl\", \"-f\", \"localhost\"]"],
        &Verdict {
            code: 0,
            cause: "the health check's program curl is not in the image: every check fails",
            evidence: &["HEALTHCHECK curl -f localhost"],
            fix: &[
                "--no-install-recommends curl",
                "HEALTHCHECK CMD [\"/app\", \"--check\"]",
                "HEALTHCHECK NONE",
            ],
        },
    );
}

#[test]
fn a_library_that_was_to_be_loaded_first() {
    let Some(engine) = TestEngine::new() else { return };
    let root =
        glibc().file("/app", 0o755, compile(NOTHING, &[])).file("/etc/os-release", 0o644, "ID=debian\n");
    warned(
        &engine,
        &root,
        &["CMD [\"/app\"]", "ENV LD_PRELOAD=libjemalloc.so.2"],
        &Verdict {
            code: 0,
            cause: "LD_PRELOAD names libjemalloc.so.2, which the image does not have: it will be ignored",
            evidence: &["LD_PRELOAD=libjemalloc.so.2"],
            fix: &["--no-install-recommends libjemalloc2", "do without"],
        },
    );
}
