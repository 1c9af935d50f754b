//! `tare images`, `tag`, `rmi`, `history`, `image prune`.

use e2e::{Root, TestEngine};

fn names(engine: &TestEngine) -> Vec<String> {
    let mut names = engine.tare(["images", "--format", "{{.Repository}}:{{.Tag}}"]).lines();
    names.sort();
    names
}

#[test]
fn the_table_is_docker_s() {
    let Some(engine) = TestEngine::new() else { return };
    let id = engine.inspect("busybox")["Id"].as_str().unwrap().to_owned();
    let lines = engine.tare(["images"]).lines();
    let columns: Vec<&str> = lines[0].split("   ").map(str::trim).filter(|c| !c.is_empty()).collect();
    assert_eq!(columns, ["REPOSITORY", "TAG", "IMAGE ID", "CREATED", "SIZE"]);
    assert!(
        lines[1].starts_with(&format!("busybox      latest    {}   ", &id[7..19]))
            && lines[1].ends_with("MB"),
        "{lines:?}"
    );
    assert_eq!(engine.tare(["images", "-q"]).text(), id[7..19]);
    assert_eq!(engine.tare(["images", "-q", "--no-trunc"]).text(), id);
    assert_eq!(engine.tare(["image", "ls", "nosuch"]).lines().len(), 1);
    assert_eq!(engine.tare(["images", "-q", "busy*"]).lines().len(), 1);
}

#[test]
fn names_come_and_go() {
    let Some(engine) = TestEngine::new() else { return };
    let id = engine.inspect("busybox")["Id"].as_str().unwrap().to_owned();
    engine.tare(["tag", "busybox", "other:1"]).ok();
    engine.tare(["tag", &id[7..19], "example.test:5000/team/app:v2"]).ok();
    assert_eq!(names(&engine), ["busybox:latest", "example.test:5000/team/app:v2", "other:1"]);
    assert_eq!(engine.tare(["rmi", "other:1"]).text(), "Untagged: other:1");
    engine.tare(["rmi", &id[7..19]]).fails(1, "must be forced");
    engine.tare(["rmi", "busybox"]).ok();
    let said = engine.tare(["rmi", "example.test:5000/team/app:v2"]).lines();
    assert_eq!(said[0], "Untagged: example.test:5000/team/app:v2");
    assert!(said.contains(&format!("Deleted: {id}")), "{said:?}");
    assert_eq!(names(&engine), [""; 0]);
    engine.tare(["rmi", "busybox"]).fails(1, "No such image: busybox");
    engine.tare(["tag", "nosuch", "x"]).fails(1, "No such image: nosuch");
    assert_eq!(
        std::fs::read_dir(engine.data_root().join("layers/sha256")).unwrap().count(),
        0,
        "its layers are gone"
    );
}

#[test]
fn a_bad_name_is_refused() {
    let Some(engine) = TestEngine::new() else { return };
    for name in ["Upper", "a:b:c", "a@b", "-a", "a b", "../x", "a/../b", "sha256:aaaa", ""] {
        let said = engine.tare(["tag", "busybox", name]);
        assert_ne!(said.code, 0, "{name:?}: {said:?}");
    }
    assert_eq!(names(&engine), ["busybox:latest"]);
}

#[test]
fn an_image_in_use_stays() {
    let Some(engine) = TestEngine::new() else { return };
    engine.tare(["create", "--name", "web", "--network", "none", "busybox", "sleep", "1000"]).ok();
    engine.tare(["rmi", "busybox"]).fails(1, "(must force)");
    engine.tare(["start", "web"]).ok();
    engine.tare(["rmi", "busybox"]).fails(1, "conflict");
    engine.tare(["rm", "-f", "web"]).ok();
    engine.tare(["rmi", "busybox"]).ok();
}

#[test]
fn a_replaced_image_dangles_and_is_pruned() {
    let Some(engine) = TestEngine::new() else { return };
    engine.import("app", &Root::busybox().file("/v", 0o644, "1"), &[]);
    let old = engine.inspect("app")["Id"].as_str().unwrap().to_owned();
    engine.import("app", &Root::busybox().file("/v", 0o644, "2"), &["LABEL keep=yes"]);
    assert_eq!(engine.tare(["run", "--rm", "--network", "none", "app", "cat", "/v"]).text(), "2");
    let dangling = engine.tare(["images", "-q", "--no-trunc", "-f", "dangling=true"]).lines();
    assert!(dangling.is_empty() || dangling == [old.as_str()], "{dangling:?}");
    engine.tare(["image", "prune", "-f"]).ok();
    assert_eq!(engine.tare(["images", "-q", "-f", "dangling=true"]).text(), "");
    assert_eq!(names(&engine), ["app:latest", "busybox:latest"]);
    engine.tare(["image", "prune", "-af", "--filter", "label!=keep=yes"]).ok();
    assert_eq!(names(&engine), ["app:latest"]);
    engine.tare(["image", "prune", "-af"]).ok();
    assert_eq!(names(&engine), [""; 0]);
}

#[test]
fn history_and_filters() {
    let Some(engine) = TestEngine::new() else { return };
    engine.import("changed", &Root::busybox(), &["LABEL tier=front", "CMD [\"sh\"]"]);
    let lines = engine.tare(["history", "changed"]).lines();
    let columns: Vec<&str> = lines[0].split("   ").map(str::trim).filter(|c| !c.is_empty()).collect();
    assert_eq!(columns, ["IMAGE", "CREATED", "CREATED BY", "SIZE", "COMMENT"]);
    assert!(lines.len() >= 2);
    let seen = |filter: &str| engine.tare(["images", "-f", filter, "--format", "{{.Repository}}"]).lines();
    assert_eq!(seen("label=tier=front"), ["changed"]);
    assert_eq!(seen("reference=busy*"), ["busybox"]);
    assert_eq!(seen("label=nosuch"), [""; 0]);
    assert_ne!(engine.tare(["images", "-f", "bogus=1"]).code, 0);
    engine.tare(["history", "nosuch"]).fails(1, "No such image: nosuch");
}
