//! Scripts whose interpreter is not to be had.

use super::{Verdict, broken, with_libraries};
use e2e::{Root, TestEngine};
use std::fs;

/// Program, exit code, cause, first line, ways out.
const WITHOUT_INTERPRETER: &[(&str, i32, &str, &str, &[&str])] = &[
    (
        "/env",
        127,
        "/env is a script for /usr/bin/env; env finds no python3: none of /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin has python3",
        "#!/usr/bin/env python3",
        &["install it: RUN apk add --no-cache python3", "install python3 in the image"],
    ),
    (
        "/path",
        127,
        "/path is a script for /usr/bin/python3, which the image does not have",
        "#!/usr/bin/python3 -u",
        &["RUN apk add --no-cache python3", "install the interpreter in the image"],
    ),
    (
        "/bash",
        127,
        "/bash is a script for /bin/bash, which the image does not have",
        "#!/bin/bash",
        &[
            "install it: RUN apk add --no-cache bash",
            "the image has /bin/sh, which may do instead: name that in the first line",
        ],
    ),
    (
        "/words",
        127,
        "/words is a script for /usr/bin/env; env finds no sh -e: none of /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin has sh -e",
        "#!/usr/bin/env sh -e",
        &["env takes the rest of the line for one name; write #!/usr/bin/env -S sh ..."],
    ),
    (
        "/nameless",
        126,
        "/nameless begins with #! but names no interpreter in its first 256 bytes",
        "#!",
        &["write the interpreter's full path behind the #!"],
    ),
    (
        "/closed",
        126,
        "/closed is a script for /data; /data is not executable (mode 0644)",
        "#!/data",
        &["COPY --chmod=755, or RUN chmod +x /data"],
    ),
];

#[test]
fn without_their_interpreter() {
    let Some(engine) = TestEngine::new() else { return };
    let root = Root::busybox()
        .symlink("/usr/bin/env", "/bin/busybox")
        .file("/etc/os-release", 0o644, "ID=alpine\n")
        .file("/env", 0o755, "#!/usr/bin/env python3\nprint()\n")
        .file("/path", 0o755, "#!/usr/bin/python3 -u\nprint()\n")
        .file("/bash", 0o755, "#!/bin/bash\nset -o pipefail\n")
        .file("/words", 0o755, "#!/usr/bin/env sh -e\necho\n")
        .file("/plain", 0o755, "echo hello\n")
        .file("/nameless", 0o755, "#!\necho hello\n")
        .file("/data", 0o644, "#!/bin/sh\n")
        .file("/closed", 0o755, "#!/data\n");
    for (program, code, cause, evidence, fix) in WITHOUT_INTERPRETER.iter().copied() {
        let command = format!("CMD [\"{program}\"]");
        let (execve, line) =
            (format!("execve of {program}: "), format!("the first line of {program} is {evidence}"));
        broken(&engine, &root, &[&command], &Verdict { code, cause, evidence: &[&execve, &line], fix });
    }
    broken(
        &engine,
        &root,
        &["CMD [\"/plain\"]"],
        &Verdict {
            code: 126,
            cause: "/plain looks like a shell script, but its first line names no interpreter",
            evidence: &["execve of /plain: exec format error"],
            fix: &["begin it with #!/bin/sh, or run it through a shell: [\"/bin/sh\", \"/plain\"]"],
        },
    );
}

/// What busybox's `env` does not know.
#[test]
fn without_the_interpreter_behind_an_option() {
    let Some(engine) = TestEngine::new() else { return };
    let root = with_libraries(Root::busybox(), "/usr/bin/env")
        .file("/usr/bin/env", 0o755, fs::read("/usr/bin/env").unwrap())
        .file("/etc/os-release", 0o644, "ID=debian\n")
        .file("/split", 0o755, "#!/usr/bin/env -S ruby -w\nprint 1\n");
    broken(
        &engine,
        &root,
        &["CMD [\"/split\"]"],
        &Verdict {
            code: 127,
            cause: "/split is a script for /usr/bin/env; env finds no ruby: none of /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin has ruby",
            evidence: &[
                "execve of /split: no such file or directory",
                "the first line of /split is #!/usr/bin/env -S ruby -w",
            ],
            fix: &["--no-install-recommends ruby", "install ruby in the image"],
        },
    );
}

#[test]
fn from_windows() {
    let Some(engine) = TestEngine::new() else { return };
    let root = Root::busybox()
        .symlink("/usr/bin/env", "/bin/busybox")
        .file("/direct", 0o755, "#!/bin/sh\r\necho hi\r\n")
        .file("/env", 0o755, "#!/usr/bin/env sh\r\necho hi\r\n");
    let fix: &[&str] =
        &["save the script with Unix line ends: dos2unix, or `*.sh text eol=lf` in .gitattributes"];
    broken(
        &engine,
        &root,
        &["CMD [\"/direct\"]"],
        &Verdict {
            code: 127,
            cause: "/direct is a script for /bin/sh\\r, whose name ends in a carriage return: the first line has a Windows line end",
            evidence: &[
                "execve of /direct: no such file or directory",
                "the first line of /direct is #!/bin/sh\\r",
            ],
            fix,
        },
    );
    broken(
        &engine,
        &root,
        &["CMD [\"/env\"]"],
        &Verdict {
            code: 127,
            cause: "/env is a script for /usr/bin/env; env finds no sh\\r (the first line has a Windows line end): none of /usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin has sh\\r",
            evidence: &[
                "execve of /env: no such file or directory",
                "the first line of /env is #!/usr/bin/env sh\\r",
            ],
            fix,
        },
    );
}

#[test]
fn run_by_scripts() {
    let Some(engine) = TestEngine::new() else { return };
    let chain = (1..7).fold(Root::busybox().file("/s0", 0o755, "#!/bin/sh\n"), |root, number| {
        root.file(&format!("/s{number}"), 0o755, format!("#!/s{}\n", number - 1))
    });
    broken(
        &engine,
        &chain,
        &["CMD [\"/s6\"]"],
        &Verdict {
            code: 126,
            cause: "/s6 is a script for /s5; /s5 is a script for /s4; /s4 is a script for /s3; /s3 is a script for /s2; /s2 is a script for /s1; /s1 is a script for /s0; the kernel follows no more than 5 interpreters",
            evidence: &["too many levels of symbolic links", "#!/s5"],
            fix: &["let the script name a binary as its interpreter"],
        },
    );
    let broken_end =
        Root::busybox().file("/one", 0o755, "#!/two\n").file("/two", 0o755, "#!/opt/ruby/bin/ruby\n");
    broken(
        &engine,
        &broken_end,
        &["CMD [\"/one\"]"],
        &Verdict {
            code: 127,
            cause: "/one is a script for /two; /two is a script for /opt/ruby/bin/ruby, which the image does not have",
            evidence: &["no such file or directory", "#!/two"],
            fix: &["install the interpreter in the image"],
        },
    );
}
