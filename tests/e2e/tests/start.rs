//! `tare create` and `tare start`.

use e2e::{TestEngine, ask};

#[test]
fn create_then_start() {
    let Some(engine) = TestEngine::new() else { return };
    let id = engine
        .tare(["create", "--name", "web", "--network", "none", "busybox", "sh", "-c", "echo ran; exit 4"])
        .text();
    assert_eq!(id.len(), 64);
    assert_eq!(engine.tare(["inspect", "-f", "{{.State.Status}}", "web"]).text(), "created");
    assert_eq!(engine.tare(["start", "web"]).text(), "web");
    assert_eq!(engine.tare(["wait", "web"]).text(), "4");
    assert_eq!(engine.tare(["logs", "web"]).text(), "ran");
    let said = engine.tare(["start", "-a", &id[..8]]);
    assert_eq!((said.code, said.out.as_str()), (4, "ran\n"));
    // the log has both runs
    assert_eq!(engine.tare(["logs", "web"]).text(), "ran\nran");
}

#[test]
fn input_of_a_container_that_has_one() {
    let Some(engine) = TestEngine::new() else { return };
    engine.tare(["create", "-i", "--name", "cat", "--network", "none", "busybox", "cat"]).ok();
    for text in ["one\n", "two\n"] {
        let said = ask(&mut engine.command(["start", "-ai", "cat"]), text.as_bytes());
        assert_eq!((said.code, said.out.as_str()), (0, text));
    }
}

#[test]
fn a_running_one_is_left_alone() {
    let Some(engine) = TestEngine::new() else { return };
    let id = engine.start(&["--network", "none", "--name", "web"], &["sleep", "1000"]);
    let init = engine.init(&id);
    assert_eq!(engine.tare(["start", "web"]).text(), "web");
    assert_eq!(engine.init(&id), init);
    let said = engine.tare(["start", "nosuch", "web"]);
    assert_eq!((said.code, said.out.as_str()), (1, "web\n"), "{said:?}");
    assert!(said.err.contains("No such container: nosuch"), "{said:?}");
}

#[test]
fn many_starts_of_one_container_start_it_once() {
    let Some(engine) = TestEngine::new() else { return };
    let id = engine.tare(["create", "--network", "none", "busybox", "sleep", "1000"]).text();
    std::thread::scope(|scope| {
        for _ in 0..5 {
            scope.spawn(|| engine.tare(["start", &id]).ok());
        }
    });
    assert_eq!(engine.supervisors().len(), 1);
}

#[test]
fn what_cannot_start_stays_and_says_why() {
    let Some(engine) = TestEngine::new() else { return };
    engine.tare(["create", "--name", "bad", "--network", "none", "busybox", "nosuch"]).ok();
    let said = engine.tare(["start", "bad"]);
    assert!(said.code != 0 && said.err.contains("executable file not found in $PATH"), "{said:?}");
    let state = engine
        .tare(["inspect", "-f", "{{.State.Status}} {{.State.ExitCode}} {{.State.Error}}", "bad"])
        .text();
    assert!(state.starts_with("created 127 exec: \"nosuch\": executable file not found in $PATH"), "{state}");
}

#[test]
fn an_image_may_go_while_its_container_stays() {
    let Some(engine) = TestEngine::new() else { return };
    engine.tare(["create", "--name", "web", "--network", "none", "busybox", "echo", "still here"]).ok();
    engine.tare(["rmi", "-f", "busybox"]).ok();
    engine.tare(["image", "prune", "-af"]).ok();
    assert_eq!(engine.tare(["start", "-a", "web"]).text(), "still here");
}
