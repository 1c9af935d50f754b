//! `tare rename`.

use e2e::TestEngine;

#[test]
fn the_name_changes_and_the_old_one_is_free() {
    let Some(engine) = TestEngine::new() else { return };
    let id = engine.start(&["--network", "none", "--name", "old"], &["sleep", "1000"]);
    engine.tare(["rename", "old", "new"]).ok();
    assert_eq!(engine.tare(["inspect", "-f", "{{.Name}} {{.Id}}", "new"]).text(), format!("/new {id}"));
    engine.tare(["inspect", "old"]).fails(1, "No such object: old");
    engine.tare(["create", "--name", "old", "busybox", "true"]).ok();
    engine.tare(["rename", "new", "old"]).fails(1, "Conflict. The container name \"/old\" is already in use");
    engine.tare(["rename", "nosuch", "x1"]).fails(1, "No such container: nosuch");
    engine.tare(["rename", "new", "we/b"]).fails(1, "nvalid container name");
    assert_eq!(engine.tare(["inspect", "-f", "{{.Name}}", &id[..12]]).text(), "/new");
    assert_eq!(engine.tare(["stop", "-t", "0", "new"]).text(), "new");
}
