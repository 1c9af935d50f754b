//! `tare weigh`: what is in an image, and what of it is payload.

use e2e::{Root, TestEngine};
use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// The report on something, as JSON.
#[track_caller]
fn weigh(engine: &TestEngine, name: &str) -> Value {
    serde_json::from_str(&engine.tare(["weigh", "--format", "json", name]).text()).expect("it is JSON")
}

fn names(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(|entry| entry["name"].as_str().unwrap()).collect()
}

/// A layer on top of an image, by a build.
fn build(engine: &TestEngine, name: &str, dockerfile: &str) {
    let context = engine.path("context");
    std::fs::create_dir_all(&context).unwrap();
    std::fs::write(context.join("Dockerfile"), dockerfile).unwrap();
    engine.tare(["build", "-q", "--network", "none", "-t", name, context.to_str().unwrap()]).ok();
}

#[test]
fn a_shell_is_told_from_a_program() {
    let Some(engine) = TestEngine::new() else { return };
    let shell = weigh(&engine, "busybox");
    assert_eq!(shell["format"], 1);
    assert_eq!(shell["scale"]["verdict"]["kind"], "no-program");
    assert!(names(&shell["contents"]["shells"]).contains(&"sh"), "{}", shell["contents"]["shells"]);
    assert_eq!(shell["contents"]["distribution"], Value::Null);
    let busybox = std::fs::read("/bin/busybox").unwrap();
    engine.import(
        "one",
        &Root::scratch().file("/busybox", 0o755, &busybox),
        &["CMD [\"/busybox\",\"true\"]"],
    );
    let one = weigh(&engine, "one");
    assert_eq!(one["scale"]["verdict"]["kind"], "scratch", "{}", one["scale"]);
    assert_eq!(one["scale"]["payload"]["bytes"], busybox.len());
    assert_eq!(one["program"]["linkage"], "static");
    assert_eq!(one["contents"]["programs"]["static"], 1);
    let release = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap();
    let version = release.split('.').take(2).collect::<Vec<_>>().join(".");
    let sentence = format!("this image contains no kernel; it runs on the host's {version}");
    assert_eq!(one["kernel"]["sentence"], sentence);
    engine.import("ash", &Root::busybox(), &["CMD [\"/bin/sh\"]"]);
    assert_eq!(weigh(&engine, "ash")["scale"]["verdict"]["kind"], "shell");
    engine.import("gone", &Root::busybox(), &["CMD [\"/bin/nosuch\"]"]);
    let gone = weigh(&engine, "gone");
    assert_eq!(gone["scale"]["verdict"]["kind"], "does-not-start");
    assert!(gone["scale"]["verdict"]["text"].as_str().unwrap().contains("/bin/nosuch"));
}

#[test]
fn layers_have_costs_and_waste() {
    let Some(engine) = TestEngine::new() else { return };
    let base = weigh(&engine, "busybox");
    build(
        &engine,
        "layered",
        "FROM busybox\nRUN head -c 300000 /dev/zero > /a && head -c 500000 /dev/zero > /b && ln /a /c\n\
         RUN rm /b && head -c 7 /dev/zero > /a\nCMD [\"/bin/true\"]\n",
    );
    let report = weigh(&engine, "layered");
    let layers = report["layers"].as_array().unwrap();
    assert_eq!(layers.len(), 3);
    assert_eq!((&layers[1]["bytes"], &layers[1]["files"]), (&Value::from(800_000), &Value::from(3)));
    assert!(layers[1]["created_by"].as_str().unwrap().contains("head -c 300000"));
    // the file that has another name is still seen
    assert_eq!(
        (&layers[1]["hidden_bytes"], &layers[1]["hidden_files"]),
        (&Value::from(500_000), &Value::from(2))
    );
    assert_eq!((&layers[2]["bytes"], &layers[2]["removes"]), (&Value::from(7), &Value::from(1)));
    assert_eq!(report["waste"]["bytes"], 500_000);
    assert_eq!(report["waste"]["largest"][0]["path"], "/b");
    let sum: u64 = layers.iter().map(|layer| layer["bytes"].as_u64().unwrap()).sum();
    assert_eq!(report["scale"]["total"]["bytes"].as_u64().unwrap(), sum - 500_000);
    assert_eq!(
        report["scale"]["total"]["bytes"].as_u64(),
        base["scale"]["total"]["bytes"].as_u64().map(|b| b + 300_007)
    );
    engine.tare(["weigh", "--fail-over-waste", "500kB", "layered"]).ok();
    engine
        .tare(["weigh", "--fail-over-waste", "499kB", "layered"])
        .fails(1, "its waste is 500kB (500000 bytes)");
    engine.tare(["weigh", "--fail-over-tare", "100%", "--fail-over-size", "1GB", "layered"]).ok();
    engine.tare(["weigh", "--fail-over-tare", "0%", "layered"]).fails(1, "its tare is");
    engine.tare(["weigh", "--fail-over-size", "1kB", "layered"]).fails(1, "its size is");
    engine.tare(["weigh", "--fail-over-size", "x", "layered"]).fails(125, "--fail-over-size");
    let said = engine.tare(["weigh", "-f", "{{.waste.bytes}} {{len .layers}}", "layered"]).text();
    assert_eq!(said, "500000 3");
}

#[test]
fn a_container_is_its_layers_and_its_changes() {
    let Some(engine) = TestEngine::new() else { return };
    engine
        .line_then("run --name web --network none busybox sh -c", "head -c 1234 /dev/zero > /x; rm /probe")
        .ok();
    let report = weigh(&engine, "web");
    assert_eq!(report["subject"]["kind"], "container");
    let changes = report["layers"].as_array().unwrap().last().unwrap();
    assert_eq!((&changes["bytes"], &changes["removes"]), (&Value::from(1234), &Value::from(1)));
    assert_eq!(report["program"]["command"][0], "sh");
    engine.tare(["weigh", "--type", "image", "--pull", "never", "web"]).fails(1, "web");
    engine.tare(["rm", "web"]).ok();
}

#[test]
fn a_report_is_kept_with_its_image() {
    let Some(engine) = TestEngine::new() else { return };
    let first = weigh(&engine, "busybox");
    let kept = engine.data_root().join("weights");
    let record = kept.join(first["subject"]["id"].as_str().unwrap().trim_start_matches("sha256:"));
    // what is found there is told
    let text = std::fs::read_to_string(&record).unwrap();
    std::fs::write(&record, text.replace("\"created_by\":\"", "\"created_by\":\"kept \"")).unwrap();
    std::fs::write(&record, text.replacen("\"files\":", "\"files\":1", 1)).unwrap();
    assert_ne!(weigh(&engine, "busybox"), first);
    // and what is damaged or of another format is made again
    for damaged in [&text[..text.len() / 2], &text.replacen("\"format\":1", "\"format\":0", 1), ""] {
        std::fs::write(&record, damaged).unwrap();
        assert_eq!(weigh(&engine, "busybox"), first);
        assert_eq!(std::fs::read_to_string(&record).unwrap(), text);
    }
    engine.tare(["tag", "busybox", "other"]).ok();
    assert_eq!(weigh(&engine, "other")["subject"]["name"], "other");
    engine.tare(["rmi", "busybox", "other"]).ok();
    engine.tare(["image", "prune", "-f"]).ok();
    assert!(!record.exists(), "the record goes with the image");
}

/// Two packages of Alpine's form.
const INSTALLED: &str = "P:musl\nV:1.2.5-r9\nA:x86_64\nI:662000\no:musl\nF:lib\nR:libmusl.so\na:0:0:755\n\n\
    P:tool\nV:1.0-r0\nA:x86_64\nI:400\no:tool\nF:usr\nF:usr/bin\nR:tool\na:0:0:755\nR:tool-link\na:0:0:777\nF:usr/share\nR:manual\n\n";

#[test]
fn apk_s_records_are_read() {
    let Some(engine) = TestEngine::new() else { return };
    let root = Root::busybox()
        .file("/lib/apk/db/installed", 0o644, INSTALLED)
        .file("/lib/libmusl.so", 0o755, vec![1; 700])
        .file("/usr/bin/tool", 0o755, "#!/bin/sh\necho hello\n")
        .symlink("/usr/bin/tool-link", "tool")
        .file("/usr/share/manual", 0o644, vec![b'x'; 300])
        .file("/etc/alpine-release", 0o644, "3.21.3\n");
    engine.import("alpine", &root, &["ENTRYPOINT [\"/usr/bin/tool\"]", "ENV PATH=/usr/bin:/bin"]);
    let report = weigh(&engine, "alpine");
    let packages = &report["contents"]["packages"];
    assert_eq!((&packages["count"], &packages["installed_size"]), (&Value::from(2), &Value::from(662_400)));
    assert_eq!(names(&packages["list"]), ["musl", "tool"]);
    let tool = &packages["list"][1];
    assert_eq!(
        (&tool["bytes"], &tool["files"], &tool["version"]),
        (&321.into(), &3.into(), &"1.0-r0".into())
    );
    assert_eq!((&tool["payload_bytes"], &tool["payload_files"]), (&21.into(), &1.into()), "{tool}");
    assert_eq!(report["contents"]["distribution"]["name"], "Alpine Linux 3.21.3");
    assert_eq!(report["scale"]["payload"]["packages"], 1);
    assert_eq!(report["program"]["kind"], "script");
    assert_eq!(report["program"]["interpreters"][0], "/bin/sh");
}

#[test]
fn files_of_this_machine_are_weighed_alone() {
    let Some(engine) = TestEngine::new() else { return };
    let report = weigh(&engine, "/bin/busybox");
    assert_eq!(
        (&report["subject"]["kind"], &report["program"]["linkage"]),
        (&"file".into(), &"static".into())
    );
    let report = weigh(&engine, "/bin/bash");
    assert!(names(&report["program"]["libraries"]).contains(&"libc.so.6"));
    assert!(report["program"]["loader"].as_str().unwrap().contains("ld-linux"));
    let script = engine.write("hello", "#!/usr/bin/python3 -u\n");
    let report = weigh(&engine, script.to_str().unwrap());
    assert_eq!(report["program"]["interpreters"][0], "/usr/bin/python3");
    let archive = engine.path("saved.tar");
    engine.tare(["save", "-o", archive.to_str().unwrap(), "busybox"]).ok();
    engine.tare(["weigh", archive.to_str().unwrap()]).fails(1, "tare load -i");
    let text = engine.write("text", "nothing");
    engine.tare(["weigh", text.to_str().unwrap()]).fails(1, "neither an ELF program nor a script");
}

#[test]
fn a_page_is_harmless_whatever_an_image_is_called() {
    let Some(engine) = TestEngine::new() else { return };
    let hostile = "<script>document.title='run'</script>";
    let root = Root::busybox()
        .file(&format!("/{}\u{1b}[31m", hostile.replace('/', "")), 0o644, vec![0; 3_000_000])
        .file("/etc/os-release", 0o644, "PRETTY_NAME=\"<img src=x onerror=document.title='run'>\"\n");
    engine.import("hostile", &root, &["CMD [\"/bin/true\",\"</code><b>\"]"]);
    let page = engine.path("page.html");
    let said = engine.tare(["weigh", "--html", page.to_str().unwrap(), "hostile"]).text();
    assert!(!said.contains('\u{1b}'), "{}", said);
    let text = std::fs::read_to_string(&page).unwrap();
    assert!(!text.contains("<script") && !text.contains("<img") && !text.contains("<b>\u{1b}"));
    assert!(text.contains("&lt;img src=x onerror=document.title=&#39;run&#39;&gt;"), "{text}");
    assert!(text.contains("Content-Security-Policy") && !text.contains("://"));
    well_formed(&text);
    in_a_browser(&page);
    assert_eq!(
        std::fs::read_dir(page.parent().unwrap())
            .unwrap()
            .flatten()
            .filter(|entry| { entry.file_name().to_string_lossy().contains("page.html") })
            .count(),
        1
    );
}

/// Every element that begins ends, in order.
#[track_caller]
fn well_formed(page: &str) {
    let mut open: Vec<&str> = Vec::new();
    for part in page.split('<').skip(1) {
        let (tag, _) = part.split_once('>').expect("a tag ends");
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap();
        if tag.starts_with('/') {
            assert_eq!(open.pop(), Some(name), "in {tag}");
        } else if !tag.ends_with('/') && !tag.starts_with('!') {
            open.push(name);
        }
    }
    assert!(open.is_empty(), "{open:?}");
}

/// What a browser makes of the page, where there is one.
fn in_a_browser(page: &Path) {
    let browsers = ["chromium", "chromium-headless-shell", "google-chrome"];
    let is_there = |name: &&&str| Command::new(name).arg("--version").output().is_ok();
    let Some(browser) = browsers.iter().find(is_there) else { return };
    let profile = page.with_extension("profile");
    let said = Command::new("timeout")
        .args(["60", browser, "--headless", "--no-sandbox", "--disable-gpu", "--dump-dom"])
        .arg(format!("--user-data-dir={}", profile.display()))
        .arg(format!("file://{}", page.display()))
        .output()
        .unwrap();
    let document = String::from_utf8_lossy(&said.stdout).into_owned();
    assert!(document.contains("<title>hostile weighed</title>"), "{document}");
    assert!(document.contains("<rect class=\"tare\"") && !document.contains("<img"), "{document}");
    let _ = std::fs::remove_dir_all(profile);
}

#[test]
fn the_numbers_are_dpkg_s_and_du_s() {
    let Some(engine) = TestEngine::empty() else { return };
    if !e2e::needs_programs(&["mmdebstrap", "dpkg-query", "find"]) {
        return;
    }
    let directory = engine.path("debian");
    let made = Command::new("mmdebstrap")
        .args(["--variant=minbase", "--quiet", "--aptopt=Acquire::Check-Valid-Until \"false\""])
        .args(["--aptopt=Acquire::Check-Date \"false\"", "bookworm"])
        .arg(&directory)
        .status()
        .unwrap();
    assert!(made.success());
    let _ = std::fs::remove_dir_all(directory.join("dev"));
    let archive = engine.path("debian.tar");
    let mut tar = Command::new("tar");
    tar.arg("-C").arg(&directory).arg("-cf").arg(&archive).arg(".");
    assert!(tar.status().unwrap().success());
    engine.tare(["import", "-c", "CMD [\"perl\",\"-e\",\"1\"]", archive.to_str().unwrap(), "debian"]).ok();
    let report = weigh(&engine, "debian");
    let lines = |program: &str, arguments: &[&str]| -> Vec<String> {
        let output = Command::new(program).args(arguments).output().unwrap();
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
    };
    let root = directory.to_str().unwrap();
    let admin = format!("--admindir={root}/var/lib/dpkg");
    let sizes = lines("dpkg-query", &[&admin, "-W", "-f", "${Installed-Size}\n"]);
    let sum: u64 = sizes.iter().map(|size| size.parse::<u64>().unwrap() * 1024).sum();
    let packages = &report["contents"]["packages"];
    assert_eq!(
        (packages["count"].as_u64(), packages["installed_size"].as_u64()),
        (Some(sizes.len() as u64), Some(sum))
    );
    let files = lines("find", &[root, "-type", "f", "-printf", "%i %s\n"]);
    let once: std::collections::BTreeSet<&String> = files.iter().collect();
    let bytes: u64 = once.iter().map(|line| line.split_once(' ').unwrap().1.parse::<u64>().unwrap()).sum();
    assert_eq!(report["scale"]["total"]["bytes"].as_u64(), Some(bytes));
    let all = lines("find", &[root, "-not", "-type", "d", "-printf", "%i\n"]);
    assert_eq!(report["scale"]["total"]["files"].as_u64(), Some(all.len() as u64));
    // and one package, file by file
    let own = lines("dpkg-query", &[&admin, "-L", "perl-base"]);
    let is_file = |path: &&String| {
        directory.join(path.trim_start_matches('/')).symlink_metadata().is_ok_and(|file| !file.is_dir())
    };
    let perl =
        packages["list"].as_array().unwrap().iter().find(|package| package["name"] == "perl-base").unwrap();
    assert_eq!(perl["files"].as_u64(), Some(own.iter().filter(is_file).count() as u64));
    assert_eq!(report["contents"]["distribution"]["id"], "debian");
    assert_eq!(report["contents"]["c_libraries"][0]["version"], "2.36");
    assert_eq!(names(&report["contents"]["interpreters"]), ["Perl"]);
    assert!(report["contents"]["interpreters"][0]["version"].as_str().unwrap().starts_with("5.36"));
    assert_eq!(report["scale"]["verdict"]["kind"], "shrinks");
    assert_eq!(report["program"]["loader"], "/lib64/ld-linux-x86-64.so.2");
    assert_eq!(names(&report["contents"]["shells"]), ["sh", "bash", "dash"]);
    let total = report["scale"]["total"]["bytes"].as_u64().unwrap();
    let parts = ["payload", "tare"].map(|part| report["scale"][part]["bytes"].as_u64().unwrap());
    assert_eq!(parts.iter().sum::<u64>(), total);
}
