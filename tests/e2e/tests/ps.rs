//! `tare ps` (behaviour I-4 to I-6).

use e2e::TestEngine;

/// `web` runs, `done` has exited with 3, `new` was created; their ids.
fn three(engine: &TestEngine) -> [String; 3] {
    let web = engine.start(
        &["--network", "none", "--name", "web", "-l", "tier=front", "-v", "cache:/data"],
        &["sh", "-c", "sleep 1000 # a long command"],
    );
    assert_eq!(
        engine
            .tare([
                "run",
                "--network",
                "none",
                "--name",
                "done",
                "-l",
                "tier=back",
                "busybox",
                "sh",
                "-c",
                "exit 3"
            ])
            .code,
        3
    );
    let done = engine.tare(["inspect", "-f", "{{.Id}}", "done"]).text();
    let new = engine.tare(["create", "--name", "new", "busybox", "true"]).text();
    [web, done, new]
}

#[test]
fn the_table_is_docker_s() {
    let Some(engine) = TestEngine::new() else { return };
    let [web, ..] = three(&engine);
    let lines = engine.tare(["ps"]).lines();
    assert_eq!(lines.len(), 2);
    let columns: Vec<&str> = lines[0].split("   ").map(str::trim).filter(|c| !c.is_empty()).collect();
    assert_eq!(columns, ["CONTAINER ID", "IMAGE", "COMMAND", "CREATED", "STATUS", "PORTS", "NAMES"]);
    assert!(
        lines[1].starts_with(&format!("{}   busybox   \"sh -c 'sleep 1000 #…\"   ", &web[..12])),
        "{lines:?}"
    );
    assert!(lines[1].contains("Up ") && lines[1].ends_with("web"), "{lines:?}");
    let all = engine.tare(["ps", "-a", "--format", "{{.Names}}: {{.Status}}"]).lines();
    assert_eq!(all[0], "new: Created", "the newest is first: {all:?}");
    assert!(all[1].starts_with("done: Exited (3) ") && all[2].starts_with("web: Up "), "{all:?}");
}

#[test]
fn which_and_how() {
    let Some(engine) = TestEngine::new() else { return };
    let [web, done, new] = three(&engine);
    assert_eq!(engine.tare(["ps", "-q"]).text(), web[..12]);
    assert_eq!(engine.tare(["ps", "-q", "--no-trunc"]).text(), web);
    assert_eq!(engine.tare(["ps", "-aq", "--no-trunc"]).lines(), [new.as_str(), &done, &web]);
    assert_eq!(engine.tare(["ps", "-lq", "--no-trunc"]).text(), new);
    assert_eq!(engine.tare(["ps", "-n", "2", "-q", "--no-trunc"]).lines(), [new.as_str(), &done]);
    assert_eq!(engine.tare(["container", "ls", "-q"]).text(), web[..12]);
    let table = engine.tare(["ps", "-a", "--format", "table {{.Names}}\t{{.State}}"]).lines();
    assert_eq!(table, ["NAMES     STATE", "new       created", "done      exited", "web       running"]);
    for line in engine.tare(["ps", "-a", "--format", "json"]).lines() {
        let value: serde_json::Value = serde_json::from_str(&line).expect("a line is JSON");
        assert!(
            value["ID"].is_string() && value["Names"].is_string() && value["State"].is_string(),
            "{value}"
        );
    }
    let seen = engine
        .line_then(
            "ps --format",
            "{{.Label \"tier\"}} {{.LocalVolumes}} {{.Mounts}} {{.Networks}} {{.Image}}",
        )
        .text();
    assert_eq!(seen, "front 1 cache none busybox");
    assert_ne!(engine.tare(["ps", "--format", "{{.NoSuch}}"]).code, 0);
}

#[test]
fn filters() {
    let Some(engine) = TestEngine::new() else { return };
    let [web, done, _] = three(&engine);
    let names = |filters: &[&str]| {
        let filters = filters.iter().flat_map(|filter| ["-f", filter]);
        let mut names =
            engine.tare(["ps", "-a", "--format", "{{.Names}}"].into_iter().chain(filters)).lines();
        names.sort();
        names
    };
    for (filters, expected) in [
        (&["name=we"][..], &["web"][..]),
        (&["name=^e"], &[]),
        (&["name=web", "name=done"], &["done", "web"]),
        (&["status=exited"], &["done"]),
        (&["status=running", "status=created"], &["new", "web"]),
        (&["exited=3"], &["done"]),
        (&["exited=0"], &[]),
        (&["label=tier"], &["done", "web"]),
        (&["label=tier=front"], &["web"]),
        (&["label=tier", "status=exited"], &["done"]),
        (&["ancestor=busybox"], &["done", "new", "web"]),
        (&["ancestor=nosuch"], &[]),
        (&["volume=cache"], &["web"]),
        (&["volume=/data"], &["web"]),
        (&["network=none"], &["done", "web"]),
        (&["before=done"], &["web"]),
        (&["since=done"], &["new"]),
    ] {
        assert_eq!(names(filters), expected, "{filters:?}");
    }
    assert_eq!(names(&[&format!("id={}", &web[..10])]), ["web"]);
    assert_eq!(names(&[&format!("id={done}")]), ["done"]);
    let said = engine.tare(["ps", "-f", "bogus=1"]);
    assert!(said.code != 0 && said.err.contains("bogus"), "{said:?}");
    assert_ne!(engine.tare(["ps", "-f", "status=bogus"]).code, 0);
}

#[test]
fn an_empty_store_has_an_empty_table() {
    let Some(engine) = TestEngine::empty() else { return };
    assert_eq!(engine.tare(["ps", "-a"]).lines().len(), 1);
    assert_eq!(engine.tare(["ps", "-aq"]).text(), "");
    assert_eq!(engine.tare(["images", "-q"]).text(), "");
}
