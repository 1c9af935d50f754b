//! Users that are missing, and what is closed to them; working directories.

use super::{NOTHING, Verdict, Workshop, broken, glibc};
use e2e::{Root, TestEngine, compile};

#[test]
fn that_are_not_in_the_image() {
    let Some(engine) = TestEngine::new() else { return };
    let app = compile(NOTHING, &["-static"]);
    let scratch = Root::scratch().file("/app", 0o755, &app);
    broken(
        &engine,
        &scratch,
        &["CMD [\"/app\"]", "USER node"],
        &Verdict {
            code: 125,
            cause: "USER node is not in the image",
            evidence: &["unable to find user node: no matching entries in passwd file"],
            fix: &[
                "make it: RUN useradd --system --no-create-home node",
                "a number needs no entry: USER 1000:1000",
            ],
        },
    );
    let alpine = Root::busybox().file("/etc/os-release", 0o644, "ID=alpine\n");
    broken(
        &engine,
        &alpine,
        &["CMD [\"true\"]", "USER web:staff"],
        &Verdict {
            code: 125,
            cause: "USER web:staff is not in the image",
            evidence: &["unable to find group staff: no matching entries in group file"],
            fix: &["make it: RUN addgroup -S staff", "a number needs no entry: USER 1000:1000"],
        },
    );
}

#[test]
fn whose_program_is_closed_to_them() {
    let Some(engine) = TestEngine::new() else { return };
    let app = compile(NOTHING, &["-static"]);
    let root = Root::busybox()
        .directory("/root/bin", 0o755)
        .file("/root/bin/app", 0o755, &app)
        .file("/srv/app", 0o700, &app)
        .file("/srv/start", 0o711, "#!/bin/sh\n");
    broken(
        &engine,
        &root,
        &["CMD [\"/root/bin/app\"]", "USER web"],
        &Verdict {
            code: 126,
            cause: "USER web may not execute /root/bin/app: the directory /root is closed to it",
            evidence: &["/root has mode 0700 and belongs to 0:0"],
            fix: &[
                "open it, before the line with USER: RUN chmod a+x /root",
                "COPY --chmod=755 app /usr/local/bin/",
            ],
        },
    );
    broken(
        &engine,
        &root,
        &["CMD [\"/srv/app\"]", "USER 1234"],
        &Verdict {
            code: 126,
            cause: "USER 1234 may not execute /srv/app",
            evidence: &["/srv/app has mode 0700 and belongs to 0:0"],
            fix: &[
                "RUN chmod a+rx /srv/app",
                "copy it as the user's own: COPY --chown=1234 --chmod=755 app /srv/app",
            ],
        },
    );
    broken(
        &engine,
        &root,
        &["CMD [\"/srv/start\"]", "USER web"],
        &Verdict {
            code: 2,
            cause: "USER web may not read /srv/start",
            evidence: &["/srv/start has mode 0711 and belongs to 0:0"],
            fix: &["RUN chmod a+r /srv/start", "COPY --chown=web"],
        },
    );
}

#[test]
fn whose_library_is_closed_to_them() {
    let Some(engine) = TestEngine::new() else { return };
    let shop = Workshop::new();
    let library = shop.library("libfoo.so.1", "int foo(void) { return 0; }", &[]);
    let app = shop.compile("int foo(void); int main(void) { return foo(); }", &["-l:libfoo.so.1"]);
    let root = glibc().file("/app", 0o755, app).file("/usr/lib/libfoo.so.1", 0o600, library);
    broken(
        &engine,
        &root,
        &["CMD [\"/app\"]", "USER web"],
        &Verdict {
            code: 127,
            cause: "USER web may not read /usr/lib/libfoo.so.1",
            evidence: &["/usr/lib/libfoo.so.1 has mode 0600 and belongs to 0:0"],
            fix: &["RUN chmod a+r /usr/lib/libfoo.so.1", "COPY --chown=web"],
        },
    );
}

#[test]
fn working_directories() {
    let Some(engine) = TestEngine::new() else { return };
    let root = Root::busybox().file("/srv/app", 0o755, "");
    broken(
        &engine,
        &root,
        &["CMD [\"true\"]", "WORKDIR /srv/app"],
        &Verdict {
            code: 125,
            cause: "the working directory /srv/app is a file",
            evidence: &["WORKDIR /srv/app"],
            fix: &["name a directory: WORKDIR /srv"],
        },
    );
    broken(
        &engine,
        &root,
        &["CMD [\"true\"]", "WORKDIR /srv/app/data"],
        &Verdict {
            code: 125,
            cause: "the working directory /srv/app/data cannot be made: /srv/app is a file",
            evidence: &["WORKDIR /srv/app/data"],
            fix: &["name a directory: WORKDIR /srv"],
        },
    );
}
