//! `tare copy`: between registries, layouts, archives, directories and the store.

use e2e::{Distribution, Root, TestEngine};
use std::process::Command;

/// An engine with the image `app:1`, and a registry.
fn place() -> Option<(TestEngine, Distribution)> {
    let engine = TestEngine::empty()?;
    if !e2e::needs_programs(&["docker-registry", "skopeo"]) {
        return None;
    }
    let root = Root::scratch().file("/f", 0o644, vec![b'x'; 100_000]).file("/g", 0o600, "y");
    engine.import("app:1", &root, &["CMD [\"/f\"]"]);
    Some((engine, Distribution::temporary().start()))
}

#[test]
fn bytes_stay_what_they_are_on_every_way() {
    let Some((engine, registry)) = place() else { return };
    let host = registry.host();
    let copy = |from: &str, to: &str| engine.tare(["copy", "-q", from, to]).text();
    let digest = copy("app:1", &format!("docker://{host}/a:1"));
    let inside = |name: &str| engine.path(name).display().to_string();
    let (layout, archive) =
        (format!("oci:{}:one", inside("layout")), format!("oci-archive:{}:one", inside("o.tar")));
    let (docker, flat) =
        (format!("docker-archive:{}:x/y:2", inside("d.tar")), format!("dir:{}", inside("flat")));
    let ways = [
        (format!("docker://{host}/a:1"), format!("docker://{host}/b:1")),
        (format!("docker://{host}/b:1"), layout.clone()),
        (layout, archive.clone()),
        (archive, flat.clone()),
        (flat, docker.clone()),
        (docker, format!("docker://{host}/c/d:1")),
        (format!("docker://{host}/c/d:1"), "store:again:1".to_owned()),
        ("again:1".to_owned(), format!("docker://{host}/e:1")),
    ];
    for (from, to) in &ways {
        assert_eq!(copy(from, to), digest, "{from} to {to}");
    }
    let theirs = format!("docker://{host}/e:1");
    let skopeo = ["inspect", "--tls-verify=false", "--format", "{{.Digest}}", &theirs];
    let said = e2e::ask(Command::new("skopeo").args(skopeo), b"");
    assert_eq!(said.text(), digest);
    // what only passed the store is not left there
    let names = engine.tare(["images", "--format", "{{.Repository}}:{{.Tag}}"]).lines();
    assert_eq!(names, ["again:1", "app:1"]);
    engine.tare(["system", "check"]).ok();
}

#[test]
fn all_platforms_or_one() {
    let Some((engine, registry)) = place() else { return };
    let host = registry.host();
    engine.tare(["push", "-q", &name(host, "own")]).fails(1, "does not exist");
    for (architecture, repository) in [("amd64", "x"), ("arm64", "y")] {
        let root = Root::scratch().file("/f", 0o644, architecture);
        let tar = engine.write(repository, root.archive()).display().to_string();
        let image = name(host, repository);
        engine.tare(["import", "--platform", architecture, &tar, &image]).ok();
        engine.tare(["push", "-q", &image]).ok();
    }
    let list = name(host, "list");
    engine.tare(["manifest", "create", &list, &name(host, "x"), &name(host, "y")]).ok();
    let digest = engine.tare(["manifest", "push", &list]).text();
    let (from, to) = (format!("docker://{list}"), format!("docker://{}", name(host, "all")));
    assert_eq!(engine.tare(["copy", "-q", "--all", &from, &to]).text(), digest);
    let one =
        engine.tare(["copy", "-q", "--platform", "arm64", &from, &format!("docker://{}", name(host, "one"))]);
    assert_ne!(one.text(), digest);
    let layout = engine.path("layout").display().to_string();
    assert_eq!(engine.tare(["copy", "-q", "--all", &from, &format!("oci:{layout}:1")]).text(), digest);
    assert_eq!(engine.tare(["copy", "-q", "--all", &format!("oci:{layout}:1"), "both"]).text(), digest);
    for architecture in ["amd64", "arm64"] {
        let inspect = ["image", "inspect", "--platform", architecture, "-f", "{{.Architecture}}", "both"];
        assert_eq!(engine.tare(inspect).text(), architecture);
    }
    let saved = engine.path("both.tar").display().to_string();
    engine.tare(["save", "--platform", "amd64,arm64", "-o", &saved, "both"]).ok();
    engine.tare(["rmi", "-f", "both", &name(host, "x"), &name(host, "y")]).ok();
    engine.tare(["load", "-q", "--platform", "arm64", "-i", &saved]).ok();
    engine.tare(["image", "inspect", "--platform", "amd64", "both"]).fails(1, "does not match");
    engine.tare(["copy", "--platform", "s390x", &from, "nothing"]).fails(1, "no matching manifest");
}

#[test]
fn places_that_are_none() {
    let Some(engine) = TestEngine::empty() else { return };
    engine.tare(["copy", "containers-storage:x", "dir:/x"]).fails(125, "not supported");
    engine.tare(["copy", "nosuch", "dir:/nonexistent/x"]).fails(1, "No such image");
    engine.tare(["copy", "oci:/nonexistent", "x"]).fails(1, "/nonexistent");
}

fn name(host: &str, repository: &str) -> String {
    format!("{host}/{repository}:1")
}
