//! `tare commit`.

use e2e::TestEngine;

#[test]
fn changes_become_a_layer() {
    let Some(engine) = TestEngine::new() else { return };
    let id = engine.start(
        &["--name", "web", "-e", "A=1", "-v", "vol:/vol"],
        &["sh", "-c", "echo new > /new; rm /bin/vi; echo hidden > /vol/f; touch /ready; sleep 1000"],
    );
    e2e::eventually("it is ready", || {
        (engine.tare(["exec", "web", "test", "-e", "/ready"]).code == 0).then_some(())
    });
    let words = ["commit", "-a", "ann", "-m", "a remark", "-c", "CMD [\"cat\", \"/new\"]", "web", "made:1"];
    let image = engine.tare(words).text();
    assert!(image.starts_with("sha256:"), "{image}");
    assert!(!engine.inspect(&id)["State"]["Paused"].as_bool().unwrap(), "it goes on");
    let run = |words: &[&str]| {
        let all = ["run", "--rm", "--network", "none", "made:1"].into_iter().chain(words.iter().copied());
        engine.tare(all).text()
    };
    assert_eq!(run(&[]), "new");
    assert_eq!(run(&["sh", "-c", "echo $A; ls /vol; test -e /bin/vi || echo gone"]), "1\ngone");
    let history = engine.tare(["history", "--no-trunc", "--format", "{{.CreatedBy}}|{{.Comment}}", "made:1"]);
    assert!(history.lines()[0].ends_with("|a remark"));
    let author = engine.tare(["image", "inspect", "-f", "{{.Author}}", "made:1"]).text();
    assert_eq!(author, "ann");
    engine.tare(["commit", "nosuch"]).fails(1, "No such container: nosuch");
    engine.tare(["commit", "-c", "RUN true", "web"]).fails(1, "RUN");
    // the same changes give the same layer, and another image of it
    engine.tare(["stop", "-t", "0", "web"]).ok();
    let layers = |name: &str| engine.tare(["image", "inspect", "-f", "{{json .RootFS.Layers}}", name]).text();
    engine.tare(["commit", "web", "made:2"]).ok();
    assert_eq!(layers("made:1"), layers("made:2"));
}
