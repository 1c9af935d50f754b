//! Images that work, of which nothing is to be said.

use super::{NOTHING, Workshop, glibc, healthy, is_x86_64, silent, with_libraries};
use e2e::{Root, TestEngine, compile, needs_programs};
use std::fs;

#[test]
fn static_programs() {
    let Some(engine) = TestEngine::new() else { return };
    let app = compile(NOTHING, &["-static"]);
    let scratch = Root::scratch().file("/app", 0o755, &app);
    healthy(&engine, "static", &scratch, &["CMD [\"/app\"]"]);
    healthy(
        &engine,
        "pie",
        &Root::scratch().file("/app", 0o755, compile(NOTHING, &["-static-pie"])),
        &["CMD [\"/app\"]"],
    );
    healthy(&engine, "entry", &scratch, &["ENTRYPOINT [\"/app\"]", "CMD [\"--flag\"]"]);
    healthy(&engine, "number", &scratch, &["CMD [\"/app\"]", "USER 1000:1000"]);
    healthy(&engine, "made", &scratch, &["CMD [\"/app\"]", "WORKDIR /srv/not/there"]);
    healthy(
        &engine,
        "relative",
        &Root::scratch().file("/srv/app", 0o755, &app),
        &["CMD [\"./app\"]", "WORKDIR /srv"],
    );
    healthy(&engine, "utc", &scratch, &["CMD [\"/app\"]", "ENV TZ=UTC", "ENV LANG=en_US.UTF-8"]);
    healthy(&engine, "linked", &scratch.symlink("/usr/bin/app", "../../app"), &["CMD [\"app\"]"]);
}

#[test]
fn scripts() {
    let Some(engine) = TestEngine::new() else { return };
    let root = Root::busybox()
        .symlink("/usr/bin/env", "/bin/busybox")
        .file("/plain", 0o755, "#!/bin/sh -e\necho hi\n")
        .file("/env", 0o755, "#!/usr/bin/env sh\necho hi\n")
        .file("/chain", 0o755, "#!/plain\n")
        .file("/web", 0o750, "#!/bin/sh\n")
        .owned("/home/web/start", (1000, 1000), Some(b"#!/bin/sh\nexit 0\n"));
    for (name, changes) in [
        ("shell", &["CMD echo hi && true"][..]),
        ("words", &["CMD [\"sh\", \"-c\", \"exit 0\"]"]),
        ("plain", &["CMD [\"/plain\"]"]),
        ("env", &["CMD [\"/env\"]"]),
        ("chain", &["CMD [\"/chain\"]"]),
        ("user", &["CMD [\"/home/web/start\"]", "USER web"]),
        ("group", &["CMD [\"id\"]", "USER web:audio"]),
        ("checked", &["CMD [\"true\"]", "HEALTHCHECK CMD [\"true\"]"]),
        ("shell-checked", &["CMD [\"true\"]", "HEALTHCHECK CMD curl -f localhost"]),
    ] {
        healthy(&engine, name, &root, changes);
    }
}

#[test]
fn dynamic_programs() {
    let Some(engine) = TestEngine::new() else { return };
    if !is_x86_64() {
        return;
    }
    let shop = Workshop::new();
    let foo = shop.library("libfoo.so.1", "int foo(void) { return 0; }", &[]);
    let calls = "int foo(void); int main(void) { return foo(); }";
    let origin = shop.compile(calls, &["-l:libfoo.so.1", "-Wl,-rpath,$ORIGIN/../lib"]);
    let plain = shop.compile(calls, &["-l:libfoo.so.1"]);
    let root = glibc();
    healthy(&engine, "glibc", &root.clone().file("/app", 0o755, compile(NOTHING, &[])), &["CMD [\"/app\"]"]);
    let moved = root.clone().file("/opt/bin/app", 0o755, origin).file("/opt/lib/libfoo.so.1", 0o644, &foo);
    healthy(&engine, "origin", &moved, &["CMD [\"/opt/bin/app\"]"]);
    healthy(&engine, "linked", &moved.symlink("/bin/app", "/opt/bin/app"), &["CMD [\"app\"]"]);
    let preloaded = root.file("/app", 0o755, plain).file("/opt/libfoo.so.1", 0o644, &foo);
    healthy(&engine, "preloaded", &preloaded, &["CMD [\"/app\"]", "ENV LD_PRELOAD=/opt/libfoo.so.1"]);
    healthy(&engine, "told", &preloaded, &["CMD [\"/app\"]", "ENV LD_LIBRARY_PATH=/opt"]);
    if Root::has_musl() && needs_programs(&["musl-gcc"]) {
        let root = Root::musl().file("/app", 0o755, super::musl_compile(NOTHING));
        healthy(&engine, "musl", &root, &["CMD [\"/app\"]", "ENV LANG=de_DE.UTF-8"]);
    }
}

/// Programs of this machine's distribution with nothing but their libraries.
#[test]
fn programs_of_a_distribution() {
    let Some(engine) = TestEngine::new() else { return };
    for (name, program, arguments) in [
        ("bash", "/bin/bash", "\"-c\", \"exit 0\""),
        ("perl", "/usr/bin/perl", "\"-e\", \"exit 0\""),
        ("tar", "/bin/tar", "\"--version\""),
        ("gcc", "/usr/bin/gcc", "\"--version\""),
        ("nft", "/usr/sbin/nft", "\"--version\""),
        ("ip", "/bin/ip", "\"-V\""),
    ] {
        if !needs_programs(&[program]) {
            continue;
        }
        let root = with_libraries(Root::scratch(), program).file(program, 0o755, fs::read(program).unwrap());
        healthy(&engine, name, &root, &[&format!("CMD [\"{program}\", {arguments}]")]);
    }
}

#[test]
fn a_built_image() {
    let Some(engine) = TestEngine::new() else { return };
    engine.write("context/Dockerfile", "FROM busybox\nRUN mkdir /data && printf '#!/bin/sh\\necho hi\\n' > /start && chmod +x /start\nUSER 1000\nENTRYPOINT [\"/start\"]\n");
    engine.tare(["build", "-q", "-t", "built", engine.path("context").to_str().unwrap()]).ok();
    silent(&engine, "built");
}
