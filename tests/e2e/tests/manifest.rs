//! `tare manifest`: lists of images of a registry.

use e2e::{Distribution, Root, TestEngine};

#[test]
fn a_list_is_made_changed_pushed_and_pulled() {
    let Some(engine) = TestEngine::new() else { return };
    if !e2e::needs_programs(&["docker-registry"]) {
        return;
    }
    let registry = Distribution::temporary().start();
    let name = |repository: &str| format!("{}/{repository}:1", registry.host());
    let (own, other, list) = (name("own"), name("other"), name("list"));
    engine.tare(["tag", "busybox", &own]).ok();
    engine.import(&other, &Root::scratch().file("/f", 0o644, "x"), &[]);
    engine.tare(["push", "-q", &own]).ok();
    engine.tare(["push", "-q", &other]).ok();
    assert_eq!(
        engine.tare(["manifest", "create", &list, &own]).text(),
        format!("Created manifest list {list}")
    );
    engine.tare(["manifest", "create", &list, &other]).fails(1, "--amend");
    engine.tare(["manifest", "create", "--amend", &list, &other]).ok();
    engine.tare(["manifest", "annotate", "--arch", "arm", "--variant", "v7", &list, &other]).ok();
    engine.tare(["manifest", "annotate", "--arch", "arm", &list, &name("nosuch")]).fails(1, "does not exist");
    let document = engine.tare(["manifest", "inspect", &list]).text();
    let document: serde_json::Value = serde_json::from_str(&document).unwrap();
    assert_eq!(document["manifests"][1]["platform"]["variant"], "v7");
    let digest = engine.tare(["manifest", "push", "--purge", &list]).text();
    engine.tare(["manifest", "rm", &list]).fails(1, "no such manifest list");
    // now it is the registry's
    let theirs: serde_json::Value =
        serde_json::from_str(&engine.tare(["manifest", "inspect", &list]).text()).unwrap();
    assert_eq!(theirs, document);
    engine.tare(["pull", "-q", &list]).ok();
    let said = engine.tare(["image", "inspect", "-f", "{{index .RepoDigests 0}}", &list]).text();
    assert!(said.ends_with(&digest), "{said}");
    assert_eq!(engine.tare(["run", "--rm", "--network", "none", &list, "echo", "here"]).text(), "here");
    engine.tare(["pull", "--platform", "linux/s390x", &list]).fails(1, "it has linux/");
}
