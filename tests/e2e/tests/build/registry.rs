//! Builds that speak to registries: base images, pushes, build cache.

use e2e::{Distribution, Root, TestEngine};

fn place() -> Option<(TestEngine, Distribution)> {
    let engine = TestEngine::new()?;
    e2e::needs_programs(&["docker-registry"]).then(|| (engine, Distribution::temporary().start()))
}

#[test]
fn base_images_are_pulled_and_the_result_is_pushed() {
    let Some((engine, registry)) = place() else { return };
    let (base, made) = (format!("{}/base:1", registry.host()), format!("{}/made:1", registry.host()));
    engine.tare(["tag", "busybox", &base]).ok();
    engine.tare(["push", "-q", &base]).ok();
    engine.tare(["rmi", "-f", "busybox", &base]).ok();
    engine.write("context/Dockerfile", format!("FROM {base}\nRUN echo a > /a\nCMD [\"cat\", \"/a\"]\n"));
    let context = engine.path("context").display().to_string();
    engine.tare(["build", "--pull=never", &context]).fails(1, "is not in the store");
    let said = engine.tare(["build", "--push", "-t", &made, &context]);
    assert!(said.err.contains(&format!("[internal] pull {base}")), "{said:?}");
    assert_eq!(said.code, 0, "{said:?}");
    engine.tare(["build", "--push", &context]).fails(125, "tag is needed");
    engine.tare(["rmi", "-f", &made]).ok();
    assert_eq!(engine.tare(["run", "--rm", "--network", "none", &made]).text(), "a");
    // a name that means something new is asked for again only with --pull
    engine.import(&base, &Root::busybox().file("/new", 0o644, "x"), &[]);
    let new = engine.tare(["image", "inspect", "-f", "{{.Id}}", &base]).text();
    engine.tare(["push", "-q", &base]).ok();
    engine.tare(["rmi", "-f", &base]).ok();
    engine.tare(["build", "-q", "--pull", &context]).ok();
    assert_eq!(engine.tare(["image", "inspect", "-f", "{{.Id}}", &base]).text(), new);
    engine.write("context/Dockerfile", format!("FROM {}/nosuch:1\n", registry.host()));
    let said = engine.tare(["build", &context]).complaint(1);
    assert!(said.contains("Dockerfile:1:") && said.contains("not found in the registry"), "{said}");
}

#[test]
fn another_machine_has_the_steps_of_this_one() {
    let Some((engine, registry)) = place() else { return };
    let Some(other) = TestEngine::new() else { return };
    let cache = format!("type=registry,ref={}/cache:1", registry.host());
    let dockerfile = "FROM busybox AS one\nRUN cat /proc/sys/kernel/random/uuid > /one\n\
        FROM busybox\nCOPY --from=one /one /one\nRUN cat /proc/sys/kernel/random/uuid > /two\n";
    for place in [&engine, &other] {
        place.write("context/Dockerfile", dockerfile);
    }
    let build = |engine: &TestEngine, flags: &[&str]| {
        let context = engine.path("context").display().to_string();
        let words = ["build", "-t", "made"].into_iter().chain(flags.iter().copied());
        let said = engine.tare(words.chain([context.as_str()]));
        assert_eq!(said.code, 0, "{said:?}");
        (said.err, engine.tare(["run", "--rm", "--network", "none", "made", "cat", "/one", "/two"]).text())
    };
    let max = format!("{cache},mode=max");
    let (said, _) = build(&engine, &["--cache-from", &cache, "--cache-to", &max]);
    assert!(said.contains("build cache is not imported"), "{said}");
    let (_, here) = build(&engine, &[]);
    let (said, there) = build(&other, &["--cache-from", &cache]);
    assert_eq!((here, said.matches("CACHED").count()), (there, 5), "{said}");
    for wrong in ["type=local,dest=/x", "type=registry", "type=registry,ref=a,mode=odd"] {
        let context = engine.path("context").display().to_string();
        engine.tare(["build", "--cache-to", wrong, &context]).fails(125, "invalid build cache");
    }
}
