//! `COPY --closure`: a program with all that it needs to run.

use super::{Project, cached};
use e2e::{Root, compile};
use std::collections::BTreeMap;
use std::fs;

const GREET: &str = "#include <stdio.h>\nvoid greet(void) { puts(\"hello\"); }";
const MAIN: &str = "void greet(void); int main(void) { greet(); return 0; }";
/// A script's interpreter, which says what the script says.
const READER: &str = "#include <stdio.h>\nint main(int n, char **names) { int c; FILE *f = fopen(names[n - 1], \"r\"); \
    while (f && (c = getc(f)) != '\\n'); while (f && (c = getc(f)) != EOF) putchar(c); return !f; }";

fn loader() -> &'static str {
    if cfg!(target_arch = "aarch64") { "/lib/ld-linux-aarch64.so.1" } else { "/lib64/ld-linux-x86-64.so.2" }
}

fn c_library() -> String {
    format!("/lib/{}-linux-gnu/libc.so.6", std::env::consts::ARCH)
}

/// Busybox, which is static, and the C library of this machine.
fn glibc() -> Root {
    [loader(), &c_library()]
        .into_iter()
        .fold(Root::busybox(), |root, path| root.file(path, 0o755, fs::read(path).unwrap()))
}

/// A library of this name.
fn library(source: &str, name: &str) -> Vec<u8> {
    compile(source, &["-shared", "-fPIC", &format!("-Wl,-soname,{name}")])
}

impl Project {
    /// A program that needs this library, and finds it by these flags of the linker.
    fn linked(&self, library: &[u8], flags: &[&str]) -> Vec<u8> {
        let path = self.engine.write("library.so", library).display().to_string();
        compile(MAIN, &[&[path.as_str()], flags].concat())
    }

    /// The image `base`: `/app/bin/main` finds `/app/lib/libgreet.so.1`, a link, from where it lies.
    fn base(&self) -> Root {
        let greet = library(GREET, "libgreet.so.1");
        glibc()
            .file("/app/bin/main", 0o755, self.linked(&greet, &["-Wl,-rpath,$ORIGIN/../lib"]))
            .file("/app/lib/libgreet.so.1.0", 0o644, greet)
            .symlink("/app/lib/libgreet.so.1", "libgreet.so.1.0")
            .file("/app/lib/unrelated.so", 0o644, "x")
            .file("/etc/os-release", 0o644, "ID=test\n")
            .file("/etc/ssl/certs/ca-certificates.crt", 0o644, "-- certificates --")
    }

    fn import_base(&self) {
        self.engine.import("base", &self.base(), &[]);
    }

    /// Every file of the image that is no directory: its path with mode, owner and target.
    #[track_caller]
    fn content(&self) -> BTreeMap<String, String> {
        self.tar().into_iter().filter(|(path, _)| !path.ends_with('/')).collect()
    }

    #[track_caller]
    fn tar(&self) -> BTreeMap<String, String> {
        let id = self.engine.tare(["create", "built", "x"]).text();
        let file = self.engine.path("export.tar");
        self.engine.tare(["export", "-o", &file.display().to_string(), &id]).ok();
        self.engine.tare(["rm", &id]).ok();
        let mut archive = tar::Archive::new(fs::File::open(file).unwrap());
        let entries = archive.entries().unwrap().map(|entry| {
            let entry = entry.unwrap();
            let header = entry.header();
            let target =
                header.link_name().unwrap().map(|to| format!(" -> {}", to.display())).unwrap_or_default();
            let (mode, uid, gid) = (header.mode().unwrap(), header.uid().unwrap(), header.gid().unwrap());
            (format!("/{}", entry.path().unwrap().display()), format!("{mode:o} {uid}:{gid}{target}"))
        });
        entries.collect()
    }

    #[track_caller]
    fn layers(&self) -> String {
        self.inspect("{{json .RootFS.Layers}}")
    }
}

const COPY_MAIN: &str = "FROM base AS build\nFROM scratch\nCOPY --closure --from=build /app/bin/main /app/bin/main\nCMD [\"/app/bin/main\"]";

#[test]
fn a_program_comes_with_its_loader_and_libraries() {
    let Some(project) = Project::new() else { return };
    project.import_base();
    let said = project.build(&[], COPY_MAIN);
    assert!(
        said.code == 0 && said.err.contains("Dockerfile:3:6: `COPY --closure` is an extension"),
        "{said:?}"
    );
    assert_eq!(project.engine.tare(["run", "--rm", "--network", "none", "built"]).text(), "hello");
    let content = project.content();
    let paths: Vec<&str> = content.keys().map(String::as_str).collect();
    let c_library = c_library();
    for path in
        ["/app/bin/main", "/app/lib/libgreet.so.1.0", loader(), &c_library, "/etc/passwd", "/etc/os-release"]
    {
        assert!(paths.contains(&path), "{path} in {paths:?}");
    }
    assert!(content["/app/lib/libgreet.so.1"].ends_with(" -> libgreet.so.1.0"), "{content:?}");
    for path in ["/bin/busybox", "/probe", "/app/lib/unrelated.so", "/etc/ssl/certs/ca-certificates.crt"] {
        assert!(!paths.contains(&path), "{path} in {paths:?}");
    }
    assert_eq!(project.tar()["/tmp/"], "1777 0:0", "directories have their modes");
    assert!(project.history()[0].starts_with("COPY --closure=safe /app/bin/main /app/bin/main"));
}

#[test]
fn a_strict_one_is_the_smaller() {
    let Some(project) = Project::new() else { return };
    project.import_base();
    project.builds(&COPY_MAIN.replace("--closure", "--closure=strict"));
    assert_eq!(project.engine.tare(["run", "--rm", "--network", "none", "built"]).text(), "hello");
    let content = project.content();
    assert!(!content.contains_key("/etc/os-release") && content.contains_key("/etc/passwd"), "{content:?}");
}

#[test]
fn it_is_an_extension_that_a_check_may_be_silent_about() {
    let Some(project) = Project::new() else { return };
    project.import_base();
    let said = project.build(&[], &format!("# check=skip=Extension\n{COPY_MAIN}"));
    assert!(said.code == 0 && !said.err.contains("extension"), "{said:?}");
}

#[test]
fn without_a_source_that_has_libraries_it_is_refused() {
    let Some(project) = Project::new() else { return };
    project.file("main", "x");
    let said = project.build(&[], "FROM scratch\nCOPY --closure main /main");
    assert!(
        said.code != 0 && said.err.contains("Dockerfile:2:6") && said.err.contains("needs `--from`"),
        "{said:?}"
    );
    let said = project.build(&[], "FROM scratch\nADD --closure main /main");
    assert!(said.code != 0 && said.err.contains("unknown flag `--closure` of ADD"), "{said:?}");
}

#[test]
fn a_library_that_is_not_there_ends_the_build() {
    let Some(project) = Project::new() else { return };
    project.import_base();
    let said = project.build(
        &[],
        "FROM base AS build\nRUN rm /app/lib/libgreet.so.1\nFROM scratch\nCOPY --closure --from=build /app/bin/main /app/bin/main",
    );
    let words = "/app/bin/main needs the library libgreet.so.1, which is not found in its source";
    assert!(said.code == 1 && said.err.contains(words) && said.err.contains("Dockerfile:4"), "{said:?}");
    assert!(said.err.contains(">>> COPY --closure"), "{said:?}");
    // so does a loader
    let said = project.build(
        &[],
        &format!(
            "FROM base AS build\nRUN rm {}\nFROM scratch\nCOPY --closure --from=build /app/bin/main /m",
            loader()
        ),
    );
    assert!(said.code == 1 && said.err.contains("needs the loader"), "{said:?}");
    // what lies in a directory may be for another machine
    let said = project.build(
        &[],
        "FROM base AS build\nRUN rm /app/lib/libgreet.so.1\nFROM scratch\nCOPY --closure --from=build /app /app",
    );
    assert!(said.code == 0 && said.err.contains(words), "{said:?}");
}

#[test]
fn a_script_comes_with_its_chain_of_interpreters() {
    let Some(project) = Project::new() else { return };
    let reader = compile(READER, &[]);
    let root = glibc()
        .symlink("/usr/bin/env", "../../bin/busybox")
        .file("/opt/reader/bin/reader", 0o755, reader)
        .symlink("/usr/local/bin/reader", "/opt/reader/bin/reader")
        .file("/srv/script", 0o755, "#!/usr/bin/env reader\nread\n");
    project.engine.import("base", &root, &["ENV PATH=/usr/local/bin:/bin"]);
    project.builds(
        "FROM base AS build\nFROM scratch\nENV PATH=/usr/local/bin:/bin\nCOPY --closure --from=build /srv/script /script\nCMD [\"/script\"]",
    );
    assert_eq!(project.engine.tare(["run", "--rm", "--network", "none", "built"]).text(), "read");
    let content = project.content();
    assert!(
        content.contains_key("/opt/reader/bin/reader") && !content.contains_key("/srv/script"),
        "{content:?}"
    );
    let said = project.build(
        &[],
        "FROM base AS build\nENV PATH=/bin\nFROM scratch\nCOPY --closure --from=build /srv/script /script",
    );
    assert!(said.code == 1 && said.err.contains("/srv/script needs the interpreter reader"), "{said:?}");
}

#[test]
fn a_program_of_musl_comes_with_its_loader() {
    if !Root::has_musl() || !e2e::needs_programs(&["musl-gcc"]) {
        return;
    }
    let Some(project) = Project::new() else { return };
    let place =
        project.engine.write("main.c", "#include <stdio.h>\nint main(void) { puts(\"musl\"); return 0; }");
    let output = project.engine.path("main");
    let (input, output) = (place.display().to_string(), output.display().to_string());
    let said = std::process::Command::new("musl-gcc").args([&input, "-o", &output]).status().unwrap();
    assert!(said.success());
    project.engine.import("base", &Root::musl().file("/main", 0o755, fs::read(output).unwrap()), &[]);
    project.builds("FROM base AS build\nFROM scratch\nCOPY --closure --from=build main /\nCMD [\"/main\"]");
    assert_eq!(project.engine.tare(["run", "--rm", "--network", "none", "built"]).text(), "musl");
    assert!(!project.content().contains_key("/bin/busybox"), "{:?}", project.content());
}

#[test]
fn what_speaks_tls_gets_certificates() {
    let Some(project) = Project::new() else { return };
    let tls = library(GREET, "libssl.so.3");
    let program = project.linked(&tls, &["-Wl,-rpath,/opt/lib"]);
    let root = project.base().file("/opt/lib/libssl.so.3", 0o644, tls).file("/opt/main", 0o755, program);
    project.engine.import("base", &root, &[]);
    project.builds(&COPY_MAIN.replace("/app/bin/main", "/opt/main"));
    assert_eq!(project.engine.tare(["run", "--rm", "--network", "none", "built"]).text(), "hello");
    assert!(project.content().contains_key("/etc/ssl/certs/ca-certificates.crt"), "{:?}", project.content());
}

#[test]
fn the_cache_knows_every_file() {
    let Some(project) = Project::new() else { return };
    project.import_base();
    project.file("note", "1");
    let dockerfile = "FROM base AS build\nCOPY note /note\nRUN true\nFROM scratch\nCOPY --closure --from=build /app/bin/main /app/bin/main";
    project.builds(dockerfile);
    let (id, layers) = (project.id(), project.layers());
    let again = project.rebuild(&[]);
    assert_eq!((cached(&again), project.id()), (4, id.clone()), "{again:?}");
    // other layers that hold the same files
    project.file("note", "2");
    let again = project.rebuild(&[]);
    assert_eq!((cached(&again), project.id()), (2, id), "the base and the copy: {again:?}");
    // without the cache it is the same layer, whatever the time
    std::thread::sleep(std::time::Duration::from_millis(1100));
    project.rebuild(&["--no-cache"]).ok();
    assert_eq!(project.layers(), layers);
    // a library that has changed
    let other = library(&GREET.replace("hello", "good day"), "libgreet.so.1");
    project.engine.import("base", &project.base().file("/app/lib/libgreet.so.1.0", 0o644, other), &[]);
    project.rebuild(&[]).ok();
    assert_ne!(project.layers(), layers);
    assert_eq!(
        project.engine.tare(["run", "--rm", "--network", "none", "built", "/app/bin/main"]).text(),
        "good day"
    );
    // the same program, of another size
    let layers = project.layers();
    project.builds(&dockerfile.replace("--closure", "--closure=strict"));
    assert_ne!(project.layers(), layers);
}

#[test]
fn owner_and_mode_are_the_program_s() {
    let Some(project) = Project::new() else { return };
    project.import_base();
    project.builds("FROM base AS build\nFROM scratch\nCOPY --closure --chown=7:8 --chmod=0500 --from=build /app/bin/main /app/bin/");
    let content = project.content();
    assert_eq!(content["/app/bin/main"], "500 7:8");
    assert_eq!(content["/app/lib/libgreet.so.1.0"], "644 0:0");
    assert_eq!(content[loader()], "755 0:0");
}

#[test]
fn a_program_that_moves_away_from_its_libraries_is_warned_of() {
    let Some(project) = Project::new() else { return };
    project.import_base();
    let said =
        project.build(&[], &COPY_MAIN.replace("/app/bin/main /app/bin/main", "/app/bin/main /usr/bin/main"));
    let words = "Dockerfile:3: /app/bin/main finds libraries by $ORIGIN";
    assert!(
        said.code == 0 && said.err.contains(words) && said.err.contains("copy it into /app/bin"),
        "{said:?}"
    );
    let said =
        project.build(&[], &COPY_MAIN.replace("/app/bin/main /app/bin/main", "/app/bin/main /app/bin/"));
    assert!(said.code == 0 && !said.err.contains("$ORIGIN"), "{said:?}");
}

#[test]
fn a_variable_of_the_loader_counts_and_is_not_forgotten() {
    let Some(project) = Project::new() else { return };
    let greet = library(GREET, "libgreet.so.1");
    let root = glibc().file("/main", 0o755, project.linked(&greet, &[])).file(
        "/opt/hidden/libgreet.so.1",
        0o644,
        greet,
    );
    project.engine.import("base", &root, &[]);
    let dockerfile = "FROM base AS build\nENV LD_LIBRARY_PATH=/opt/hidden\nFROM scratch\nCOPY --closure --from=build /main /main\nCMD [\"/main\"]";
    let said = project.build(&[], dockerfile);
    assert!(said.code == 0 && said.err.contains("add ENV LD_LIBRARY_PATH=/opt/hidden"), "{said:?}");
    let said = project.build(&[], &format!("{dockerfile}\nENV LD_LIBRARY_PATH=/opt/hidden"));
    assert!(said.code == 0 && !said.err.contains("add ENV"), "{said:?}");
    assert_eq!(project.engine.tare(["run", "--rm", "--network", "none", "built"]).text(), "hello");
    let said = project.build(&[], &dockerfile.replace("ENV LD_LIBRARY_PATH=/opt/hidden", "ENV A=1"));
    assert!(said.code == 1 && said.err.contains("needs the library libgreet.so.1"), "{said:?}");
}

#[test]
fn a_base_keeps_what_is_its_own() {
    let Some(project) = Project::new() else { return };
    project.import_base();
    let target = glibc().file("/etc/passwd", 0o600, "me:x:1:1::/:/bin/sh\n").directory("/tmp", 0o700);
    project.engine.import("target", &target, &[]);
    project.builds(&COPY_MAIN.replace("FROM scratch", "FROM target"));
    assert_eq!(
        project
            .sh("cat /etc/passwd; stat -c '%a' /etc/passwd /tmp; cat /etc/os-release; /app/bin/main")
            .lines(),
        ["me:x:1:1::/:/bin/sh", "600", "700", "ID=test", "hello"]
    );
    // the C library was there, and is in no layer of the copy
    let diff = project.engine.tare(["history", "--format", "{{.Size}}", "built"]).text();
    assert!(diff.lines().nth(1).is_some_and(|size| size.ends_with("kB")), "{diff}");
    // another one is refused
    project.engine.import("target", &target.file(&c_library(), 0o755, "another"), &[]);
    let said = project.rebuild(&[]);
    assert!(
        said.code == 1 && said.err.contains(&format!("this stage has another {}", c_library())),
        "{said:?}"
    );
    // a directory where a link has to be
    let target = Root::busybox().directory("/app/lib/libgreet.so.1", 0o755);
    project.engine.import("target", &target, &[]);
    let said = project.rebuild(&[]);
    assert!(
        said.code == 1 && said.err.contains("/app/lib/libgreet.so.1 is a file or link in the source"),
        "{said:?}"
    );
    // a link to a directory is followed, inside of the root
    let target = Root::busybox().directory("/else", 0o755).symlink("/app", "/else");
    project.engine.import("target", &target, &[]);
    project.rebuild(&[]).ok();
    assert_eq!(
        project.sh("ls /else/lib; /app/bin/main").lines(),
        ["libgreet.so.1", "libgreet.so.1.0", "hello"]
    );
}

#[test]
fn links_to_a_program_and_several_sources() {
    let Some(project) = Project::new() else { return };
    let root = project
        .base()
        .symlink("/usr/bin/main", "../../app/bin/main")
        .hard_link("/app/bin/second", "app/bin/main");
    project.engine.import("base", &root, &[]);
    // it is a link there as it was here
    project.builds(&COPY_MAIN.replace("/app/bin/main", "/usr/bin/main"));
    assert_eq!(project.engine.tare(["run", "--rm", "--network", "none", "built"]).text(), "hello");
    assert!(project.content()["/usr/bin/main"].ends_with("-> ../../app/bin/main"));
    // elsewhere it is what the link leads to, and nothing else
    project
        .builds("FROM base AS build\nFROM scratch\nCOPY --closure --from=build /usr/bin/main /app/bin/other");
    assert_eq!(
        project.engine.tare(["run", "--rm", "--network", "none", "built", "/app/bin/other"]).text(),
        "hello"
    );
    let content = project.content();
    assert!(!content.contains_key("/usr/bin/main") && !content.contains_key("/app/bin/main"), "{content:?}");
    project.builds(
        "FROM base AS build\nFROM scratch\nCOPY --closure --from=build /app/bin/main /app/bin/s* /app/bin/",
    );
    assert_eq!(
        project.engine.tare(["run", "--rm", "--network", "none", "built", "/app/bin/second"]).text(),
        "hello"
    );
    // a program with many names has them all, also when one of them was asked for
    project.builds("FROM base AS build\nFROM scratch\nCOPY --closure --from=build /bin/cat /cat");
    let names = project.engine.tare([
        "run",
        "--rm",
        "--network",
        "none",
        "built",
        "/bin/sh",
        "-c",
        "echo a | /bin/tr a b",
    ]);
    assert_eq!(names.text(), "b");
}

#[test]
fn what_a_compiler_left_in_a_program_is_no_need_of_it() {
    let Some(project) = Project::new() else { return };
    let source = "#include <stdio.h>\nconst char *const names[] = { \"/src\", \"/src/main.c\", \"/usr/local/cargo/registry/one/lib.rs\", \
        \"/usr/local/go\", \"/make/lib/x.c\", \"/opt/data/table\" };\n\
        int main(int n, char **v) { for (int i = 0; i < 6; i++) puts(names[i]); return 0; }";
    let root = glibc()
        .file("/src/main", 0o755, compile(source, &[]))
        .file("/src/main.c", 0o644, source)
        .file("/src/target/large", 0o644, "x")
        .file("/usr/local/cargo/registry/one/lib.rs", 0o644, "x")
        .file("/usr/local/go/bin/go", 0o755, "x")
        .file("/make/lib/x.c", 0o644, "x")
        .file("/opt/data/table", 0o644, "x")
        .file("/opt/data/other", 0o644, "x");
    project.engine.import("base", &root, &[]);
    project.builds("FROM base AS build\nFROM scratch\nCOPY --closure --from=build /src/main /src/main");
    let content = project.content();
    for path in ["/src/main", "/opt/data/table", "/opt/data/other"] {
        assert!(content.contains_key(path), "{path} in {content:?}");
    }
    for path in [
        "/src/main.c",
        "/src/target/large",
        "/usr/local/cargo/registry/one/lib.rs",
        "/usr/local/go/bin/go",
        "/make/lib/x.c",
    ] {
        assert!(!content.contains_key(path), "{path} in {content:?}");
    }
}

#[test]
fn an_image_is_a_source_too() {
    let Some(project) = Project::new() else { return };
    project.import_base();
    project.builds(&COPY_MAIN.replace("FROM base AS build\n", "").replace("--from=build", "--from=base"));
    assert_eq!(project.engine.tare(["run", "--rm", "--network", "none", "built"]).text(), "hello");
}
