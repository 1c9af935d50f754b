//! What `strip` keeps and leaves, in roots that a test can hold in its head.

use e2e::{Root, Said, TestEngine, compile};
use serde_json::Value;
use std::fs;

/// An image and what is derived from it.
struct Small {
    engine: TestEngine,
}

impl Small {
    fn new(root: &Root, changes: &[&str]) -> Option<Self> {
        let engine = TestEngine::empty()?;
        engine.import("fat", root, changes);
        Some(Self { engine })
    }

    fn strip(&self, flags: &[&str]) -> Said {
        let closure = self.engine.path("closure.json").display().to_string();
        self.engine.tare(
            [&["strip", "-t", "thin", "--network", "none", "--closure", &closure], flags, &["fat"]].concat(),
        )
    }

    /// The files of the derived image, as its archive lists them, with slashes in front.
    fn files(&self) -> Vec<String> {
        let id = self.engine.line("create thin /nothing").text();
        let archive = self.engine.path("thin.tar");
        self.engine.tare(["export", "-o", &archive.display().to_string(), &id]).ok();
        self.engine.line(&format!("rm {id}")).ok();
        let mut archive = tar::Archive::new(fs::File::open(archive).unwrap());
        let entries = archive.entries().unwrap();
        let names = entries.map(|entry| entry.unwrap().path().unwrap().display().to_string());
        let mut names: Vec<String> =
            names.map(|name| format!("/{}", name.trim_start_matches("./").trim_end_matches('/'))).collect();
        names.sort_unstable();
        names
    }

    fn record(&self) -> Value {
        serde_json::from_slice(&fs::read(self.engine.path("closure.json")).unwrap()).unwrap()
    }

    fn reason(&self, path: &str) -> String {
        let record = self.record();
        let files = record["files"].as_array().unwrap();
        let file =
            files.iter().find(|file| file["path"] == path).unwrap_or_else(|| panic!("{path} is not kept"));
        file["reason"].as_str().unwrap().to_owned()
    }

    fn run(&self, words: &str) -> Said {
        self.engine.line(&format!("run --rm --network none thin {words}"))
    }
}

/// The directories that the engine makes in every container.
fn is_made(path: &str) -> bool {
    ["/dev", "/proc", "/sys", "/etc", "/"].contains(&path)
        || ["/dev/", "/proc/", "/sys/"].iter().any(|start| path.starts_with(start))
        || ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/etc/mtab"].contains(&path)
}

const NOTHING: &str = "int main(void) { return 0; }";

#[test]
fn a_static_program_needs_itself() {
    let program = compile("#include <stdio.h>\nint main(void) { puts(\"hello\"); return 0; }", &["-static"]);
    let root = Root::scratch().file("/app", 0o755, program).file("/other", 0o755, "x").file(
        "/usr/share/doc/x",
        0o644,
        "x",
    );
    let Some(small) = Small::new(&root, &["ENTRYPOINT [\"/app\"]"]) else { return };
    small.strip(&["--size", "strict"]).ok();
    assert_eq!(small.run("").text(), "hello");
    let files: Vec<String> = small.files().into_iter().filter(|path| !is_made(path)).collect();
    assert_eq!(files, ["/app", "/usr"]);
    assert_eq!(small.reason("/app"), "configuration: entry point");
}

#[test]
fn libraries_are_found_as_the_loader_finds_them() {
    if !Root::has_musl() {
        return;
    }
    let Some(engine) = TestEngine::empty() else { return };
    if !e2e::needs_programs(&["musl-gcc"]) {
        return;
    }
    // a program whose library is beside it, which needs another one by the program's own path
    let sources = r#"
        echo 'int deep(void) { return 40; }' >deep.c
        echo 'int deep(void); int wide(void) { return deep() + 2; }' >wide.c
        printf '%s\n' '#include <stdio.h>' 'int wide(void); int main(void) { printf("%d", wide()); return 0; }' >main.c
        musl-gcc -shared -fPIC -o libdeep.so deep.c && musl-gcc -shared -fPIC -o libwide.so wide.c -L. -ldeep
        musl-gcc -o main main.c -L. -lwide -Wl,-rpath,'$ORIGIN/../lib' -Wl,-rpath-link,. && cp libdeep.so unused.so"#;
    let place = engine.path("made");
    fs::create_dir_all(&place).unwrap();
    let built =
        std::process::Command::new("sh").arg("-ec").arg(sources).current_dir(&place).status().unwrap();
    assert!(built.success());
    let read = |name: &str| fs::read(place.join(name)).unwrap();
    let root = Root::musl()
        .file("/opt/app/bin/main", 0o755, read("main"))
        .file("/opt/app/lib/libwide.so.1", 0o644, read("libwide.so"))
        .symlink("/opt/app/lib/libwide.so", "libwide.so.1")
        .file("/opt/app/lib/libdeep.so", 0o644, read("libdeep.so"))
        .file("/usr/lib/libdeep.so", 0o644, read("unused.so"))
        .symlink("/usr/bin/main", "/opt/app/bin/main");
    drop(engine);
    let Some(small) = Small::new(&root, &["CMD [\"main\"]"]) else { return };
    small.strip(&["--size", "strict"]).ok();
    assert_eq!(small.run("").text(), "42");
    let files = small.files();
    for path in [
        "/usr/bin/main",
        "/opt/app/bin/main",
        "/opt/app/lib/libwide.so",
        "/opt/app/lib/libwide.so.1",
        "/opt/app/lib/libdeep.so",
    ] {
        assert!(files.contains(&path.to_owned()), "{path} is missing in {files:?}");
    }
    assert!(
        !files.contains(&"/usr/lib/libdeep.so".to_owned()),
        "a library that is found elsewhere is not needed"
    );
    assert!(!files.contains(&"/bin/sh".to_owned()), "a shell is not needed");
    assert_eq!(small.reason("/opt/app/lib/libwide.so.1"), "NEEDED by /opt/app/bin/main");
}

#[test]
fn every_file_has_a_reason_and_the_record_is_the_image() {
    let root = Root::busybox().file("/etc/app/app.conf", 0o644, "x").file("/etc/app/more.conf", 0o644, "y");
    let Some(small) = Small::new(&root, &["CMD [\"sh\", \"-c\", \"cat /etc/app/app.conf\"]"]) else { return };
    small.strip(&[]).ok();
    assert_eq!(small.run("").text(), "x");
    let record = small.record();
    let recorded: Vec<&str> =
        record["files"].as_array().unwrap().iter().map(|file| file["path"].as_str().unwrap()).collect();
    let outside = |path: &&str| !is_made(path);
    let files = small.files();
    let files: Vec<&str> = files.iter().map(String::as_str).filter(outside).collect();
    let mut recorded: Vec<&str> = recorded.into_iter().filter(outside).collect();
    recorded.sort_unstable();
    assert_eq!(files, recorded);
    assert!(
        record["files"].as_array().unwrap().iter().all(|file| !file["reason"].as_str().unwrap().is_empty())
    );
    // what lies beside a file that is read may be read with the next input
    assert!(files.contains(&"/etc/app/more.conf"));
    assert_eq!(record["size"], "safe");
    assert!(record["thin"]["bytes"].as_u64() < record["fat"]["bytes"].as_u64());
}

#[test]
fn files_are_as_they_were() {
    let root = Root::busybox()
        .owned("/data/file", (7, 8), Some(b"x"))
        .hard_link("/data/same", "/data/file")
        .symlink("/data/link", "../data/file")
        .directory("/data/empty", 0o1777);
    let Some(small) = Small::new(&root, &["CMD [\"ls\", \"/data\"]"]) else { return };
    small.strip(&["--include", "/data"]).ok();
    let said = small.run("stat -c %n:%a:%u:%g:%h /data/file /data/same /data/empty /tmp").lines();
    assert_eq!(
        said,
        ["/data/file:755:7:8:2", "/data/same:755:7:8:2", "/data/empty:1777:0:0:2", "/tmp:1777:0:0:2"]
    );
    assert_eq!(small.run("readlink /data/link").text(), "../data/file");
}

#[test]
fn users_stay_and_the_program_runs_as_its_user() {
    let Some(small) = Small::new(&Root::busybox(), &["USER web", "CMD [\"id\"]", "WORKDIR /home/web"]) else {
        return;
    };
    small.strip(&["--size", "strict", "--probe", "id -un", "--probe", "pwd"]).ok();
    assert_eq!(small.run("id -un").text(), "web");
    assert_eq!(small.run("pwd").text(), "/home/web");
}

#[test]
fn what_a_probe_touches_is_kept_and_what_none_does_is_not() {
    let root = Root::busybox().file("/a/1", 0o644, "1").file("/b/2", 0o644, "2").file("/c/3", 0o644, "3");
    let Some(small) = Small::new(&root, &["ENTRYPOINT [\"cat\"]", "CMD [\"/a/1\"]"]) else { return };
    small.strip(&["--size", "strict", "--probe", "/a/1", "--probe", "/b/2 /none"]).ok();
    assert_eq!(small.run("/a/1 /b/2").text(), "12");
    small.run("/c/3").fails(1, "No such file");
    assert_eq!(small.reason("/b/2"), "opened by probe 2");
    let record = small.record();
    assert!(record["absent"].as_array().unwrap().contains(&Value::from("/none")));
}

#[test]
fn an_image_that_does_something_else_is_not_named() {
    let Some(small) = Small::new(&Root::busybox(), &["CMD [\"sh\", \"-c\", \"set -- /bin/*; echo $#\"]"])
    else {
        return;
    };
    let said = small.strip(&["--size", "strict"]);
    said.fails(1, "standard output differs");
    assert_eq!(small.engine.line("images -q thin").text(), "");
    assert!(!small.engine.path("closure.json").exists(), "there is no closure of an image that is not there");
    // all of them have their names as links to one program, which `safe` keeps
    small.strip(&[]).ok();
}

#[test]
fn a_probe_that_cannot_be_carried_out_says_why() {
    let Some(small) = Small::new(&Root::busybox(), &["CMD [\"/missing\"]"]) else { return };
    small.strip(&[]).fails(1, "the image has no /missing");
    small.strip(&["--probe", "sh -c 'sleep 60'", "--timeout", "1"]).fails(1, "it has not ended after 1 s");
    small.strip(&["--probe", "sh -c 'unclosed"]).fails(125, "a quote is not closed");
    small.strip(&["--probe-http", "nonsense"]).fails(125, "[METHOD:][PORT]/PATH is needed");
    small.strip(&["--size", "tiny"]).fails(125, "strict, safe or package");
    small.strip(&["--probe", "true", "--include", "/none"]).fails(1, "no such file");
    small.engine.line("strip -t x no-such-image:1 --pull never").fails(1, "no-such-image");
    assert_eq!(small.engine.line("images -q thin").text(), "");
}

#[test]
fn an_exit_code_is_part_of_what_a_program_does() {
    let Some(small) = Small::new(&Root::busybox(), &["CMD [\"sh\", \"-c\", \"exit 3\"]"]) else { return };
    small.strip(&["--size", "strict"]).ok();
    assert_eq!(small.run("").code, 3);
}

#[test]
fn a_server_is_asked() {
    let root = Root::busybox()
        .file("/www/index.html", 0o644, "front")
        .file("/www/page.html", 0o644, "page")
        .file("/www/late.html", 0o644, "late");
    let changes = ["CMD [\"httpd\", \"-f\", \"-p\", \"8080\", \"-h\", \"/www\"]", "EXPOSE 8080"];
    let Some(small) = Small::new(&root, &changes) else { return };
    let strip = |flags: &[&str]| {
        small.engine.tare([&["strip", "-t", "thin", "--no-closure"], flags, &["fat"]].concat())
    };
    strip(&["--size", "strict", "--probe-http", "/index.html", "--probe-http", "GET:8080/page.html"]).ok();
    let files = small.files();
    assert!(files.contains(&"/www/page.html".to_owned()));
    assert!(!files.contains(&"/www/late.html".to_owned()), "nobody asked for it");
    strip(&["--probe-http", "/index.html"]).ok();
    assert!(small.files().contains(&"/www/late.html".to_owned()), "it lies in the same tree");
    // without a probe the port that it exposes is asked
    strip(&["--size", "strict"]).ok();
    assert!(small.files().contains(&"/www/index.html".to_owned()));
}

#[test]
fn a_script_of_this_machine_is_a_probe() {
    let root = Root::busybox().file("/www/index.html", 0o644, "front").file("/www/page.html", 0o644, "page");
    let changes = ["CMD [\"httpd\", \"-f\", \"-p\", \"8080\", \"-h\", \"/www\"]", "EXPOSE 8080"];
    let Some(small) = Small::new(&root, &changes) else { return };
    let script = small.engine.write(
        "probe.sh",
        "#!/bin/sh\nbusybox wget -q -O - \"http://$TARE_PROBE_ADDRESS:$TARE_PROBE_PORT/page.html\" >/dev/null\n",
    );
    std::process::Command::new("chmod").arg("+x").arg(&script).status().unwrap();
    let script = script.display().to_string();
    small
        .engine
        .tare(["strip", "-t", "thin", "--no-closure", "--size", "strict", "--probe-script", &script, "fat"])
        .ok();
    assert!(small.files().contains(&"/www/page.html".to_owned()));
}

#[test]
fn a_killed_strip_leaves_nothing() {
    let Some(small) = Small::new(&Root::busybox(), &["CMD [\"sleep\", \"1000\"]"]) else { return };
    let strip = small.engine.spawn([
        "strip",
        "-t",
        "thin",
        "--no-closure",
        "--probe",
        "sleep 1000",
        "--timeout",
        "1000",
        "fat",
    ]);
    e2e::eventually("the probe runs", || (!small.engine.supervisors().is_empty()).then_some(()));
    strip.process().kill();
    e2e::eventually("nothing runs", || small.engine.supervisors().is_empty().then_some(()));
    assert_eq!(small.engine.line("images -q thin").text(), "");
}

#[test]
fn an_image_without_files_has_nothing_to_strip() {
    let Some(engine) = TestEngine::empty() else { return };
    engine.write("context/Dockerfile", "FROM scratch\nCMD [\"/x\"]");
    engine.tare(["build", "-t", "empty", &engine.path("context").display().to_string()]).ok();
    engine.line("strip -t thin --no-closure empty").fails(1, "there is nothing to strip");
}

#[test]
fn whole_packages_with_their_records() {
    let program = compile(NOTHING, &["-static"]);
    let status = "Package: app\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.2\nDescription: it\n\nPackage: other\nStatus: install ok installed\nArchitecture: amd64\nVersion: 3\n\n";
    let root = Root::scratch()
        .file("/usr/bin/app", 0o755, program)
        .file("/usr/share/doc/app/copyright", 0o644, "free")
        .file("/usr/bin/other", 0o755, "x")
        .file("/var/lib/dpkg/status", 0o644, status)
        .file(
            "/var/lib/dpkg/info/app.list",
            0o644,
            "/.\n/usr\n/usr/bin\n/usr/bin/app\n/usr/share/doc/app/copyright\n",
        )
        .file("/var/lib/dpkg/info/other.list", 0o644, "/.\n/usr/bin/other\n");
    let Some(small) = Small::new(&root, &["CMD [\"/usr/bin/app\"]"]) else { return };
    small.strip(&[]).ok();
    let files = small.files();
    assert!(files.contains(&"/var/lib/dpkg/status.d/app".to_owned()), "{files:?}");
    assert!(!files.iter().any(|path| path.contains("other") || path.contains("copyright")), "{files:?}");
    assert_eq!(small.record()["packages"]["thin"], 1);
    small.strip(&["--size", "package"]).ok();
    let files = small.files();
    assert!(files.contains(&"/usr/share/doc/app/copyright".to_owned()));
    assert!(!files.iter().any(|path| path.contains("other")));
    assert_eq!(small.reason("/usr/share/doc/app/copyright"), "package app");
}

/// A strip that waits for something; it is asked to end, and ends.
fn is_canceled(small: &Small, flags: &[&str]) {
    let arguments = [&["strip", "-t", "thin", "--no-closure", "--timeout", "1000"], flags, &["fat"]].concat();
    let strip = small.engine.spawn(arguments);
    e2e::eventually("the probe runs", || (!small.engine.supervisors().is_empty()).then_some(()));
    strip.process().signal(sys::process::Signal::INT);
    let said = strip.finish();
    assert_eq!(said.code, 130, "{said:?}");
    e2e::eventually("nothing runs", || small.engine.supervisors().is_empty().then_some(()));
}

#[test]
fn every_wait_hears_that_somebody_wants_the_end() {
    let changes = ["CMD [\"sleep\", \"1000\"]", "EXPOSE 8080"];
    let Some(small) = Small::new(&Root::busybox(), &changes) else { return };
    is_canceled(&small, &["--probe", "sleep 1000"]);
    // nothing ever listens
    is_canceled(&small, &["--probe-http", "/"]);
    // something listens, and does not answer
    let silent = Root::busybox();
    small.engine.import(
        "fat",
        &silent,
        &["CMD [\"nc\", \"-ll\", \"-p\", \"8080\", \"-e\", \"sleep\", \"1000\"]", "EXPOSE 8080"],
    );
    is_canceled(&small, &["--probe-http", "/"]);
    let script = small.engine.write("slow.sh", "#!/bin/sh\nexec sleep 1000\n");
    std::process::Command::new("chmod").arg("+x").arg(&script).status().unwrap();
    let script = script.display().to_string();
    is_canceled(&small, &["--probe-script", &script]);
    let said = small.engine.tare([
        "strip",
        "-t",
        "thin",
        "--no-closure",
        "--timeout",
        "2",
        "--probe-script",
        &script,
        "fat",
    ]);
    said.fails(1, "has not ended in time");
}

#[test]
fn what_an_image_has_in_the_place_of_a_record_is_not_opened() {
    let program = compile(NOTHING, &["-static"]);
    let status = "Package: app\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1.2\n\n";
    let root = Root::scratch()
        .file("/usr/bin/app", 0o755, program)
        .file("/var/lib/dpkg/status", 0o644, status)
        .file("/var/lib/dpkg/info/app.list", 0o644, "/usr/bin/app\n")
        .directory("/var/lib/dpkg/status.d", 0o755)
        .fifo("/var/lib/dpkg/status.d/app");
    let Some(small) = Small::new(&root, &["CMD [\"/usr/bin/app\"]"]) else { return };
    small.strip(&["--include", "/var/lib/dpkg/status.d"]).ok();
    assert!(small.files().contains(&"/var/lib/dpkg/status.d/app".to_owned()));
}

#[test]
fn output_goes_through_pipes_whose_end_is_not_kept() {
    let root = Root::busybox().file("/kept-in-memory", 0o644, "x");
    let Some(small) = Small::new(&root, &["CMD [\"true\"]"]) else { return };
    // much more than is compared; a file in memory would grow by all of it
    let probe = "sh -c 'test -p /proc/self/fd/1 && test -p /proc/self/fd/2 || cat /kept-in-memory; \
        head -c 200000000 /dev/zero; head -c 100000000 /dev/zero >&2'";
    small.strip(&["--size", "strict", "--probe", probe]).ok();
    assert!(!small.files().contains(&"/kept-in-memory".to_owned()));
}
