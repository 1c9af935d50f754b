//! The pull that `tare run` and `tare create` begin with, if they have to or are told to.

use super::{User, busybox_layer, layer};
use e2e::{Chaos, Fault, FaultKind, Image, Recipe, Root, gzip};

/// An image that prints a word, and removes a file of its lower layer.
fn speaker(chaos: &Chaos, word: &str) -> Image {
    let upper = Root::scratch().file("/word", 0o644, word).file("/etc/.wh.group", 0o644, "");
    let layers = [busybox_layer(), gzip(&upper.archive())];
    chaos.image_of("team/app", "1", &Recipe::new(&layers).command(&["cat", "/word"]))
}

fn run<'a>(more: &[&'a str], name: &'a str) -> Vec<&'a str> {
    [&["run", "--rm", "--network", "none"], more, &[name]].concat()
}

#[test]
fn what_is_missing_is_pulled() {
    let (Some(user), chaos) = (User::new(), Chaos::start()) else { return };
    let image = speaker(&chaos, "hello");
    let name = format!("{}/team/app:1", chaos.host());
    let said = user.tare(run(&[], &name));
    let lines: Vec<&str> = said.err.lines().collect();
    assert_eq!(lines[..2], [&format!("Unable to find image '{name}' locally"), "1: Pulling from team/app"]);
    let end =
        [format!("Digest: {}", image.manifest.digest), format!("Status: Downloaded newer image for {name}")];
    assert_eq!(lines[lines.len() - 2..], end);
    assert_eq!(said.text(), "hello", "nothing else is on the output");
    user.assert_has(&name, &image);
    chaos.forget_requests();
    for policy in ["missing", "never"] {
        let said = user.tare(run(&["--pull", policy], &name));
        assert_eq!((said.out.as_str(), said.err.as_str()), ("hello", ""), "{policy}");
    }
    assert_eq!(chaos.requests(), [], "it is here");
    let listed = user.tare([&run(&[], &name)[..], &["ls", "/etc"]].concat()).text();
    assert_eq!(listed.lines().filter(|line| *line == "group").count(), 0, "the upper layer removed it");
    assert!(listed.contains("passwd"), "{listed}");
}

#[test]
fn nothing_is_pulled_if_it_is_forbidden() {
    let (Some(user), chaos) = (User::new(), Chaos::start()) else { return };
    speaker(&chaos, "hello");
    let name = format!("{}/team/app:1", chaos.host());
    user.tare(run(&["--pull", "never"], &name)).fails(125, &format!("No such image: {name}"));
    user.tare(["create", "--pull=never", &name]).fails(125, "No such image");
    user.tare(run(&["--pull", "sometimes"], &name)).fails(125, "sometimes");
    assert_eq!(chaos.requests(), []);
    user.assert_has_nothing();
}

#[test]
fn what_is_here_is_asked_for_again_if_that_is_wanted() {
    let (Some(user), chaos) = (User::new(), Chaos::start()) else { return };
    speaker(&chaos, "old");
    let name = format!("{}/team/app:1", chaos.host());
    let always = run(&["--pull", "always"], &name);
    assert_eq!(user.tare(&always).text(), "old");
    let said = user.tare(&always);
    assert!(said.err.contains(&format!("Status: Image is up to date for {name}")), "{said:?}");
    let image = speaker(&chaos, "new");
    chaos.forget_requests();
    assert_eq!(user.tare(run(&[], &name)).text(), "old", "nobody asked");
    assert_eq!(chaos.requests(), []);
    let said = user.tare(&always);
    assert!(said.err.contains(&format!("Status: Downloaded newer image for {name}")), "{said:?}");
    assert_eq!(said.text(), "new");
    user.assert_has(&name, &image);
    let quiet = user.tare(run(&["--pull", "always", "--quiet"], &name));
    assert_eq!((quiet.out.as_str(), quiet.err.as_str()), ("new", ""));
    // one that is here is no excuse for one that cannot be asked for
    drop(chaos);
    user.tare(&always).fails(125, "Connection refused");
}

#[test]
fn a_container_is_not_made_of_what_cannot_be_pulled() {
    let (Some(user), chaos) = (User::new(), Chaos::start()) else { return };
    let image = speaker(&chaos, "hello");
    let name = format!("{}/team/app:1", chaos.host());
    user.tare(run(&["--name", "web"], &format!("{}/absent:1", chaos.host())))
        .fails(125, "absent:1: not found");
    chaos.fault(Fault::new("GET", &image.layers[1].digest, FaultKind::Corrupt(9)));
    user.tare(run(&["--name", "web"], &name)).fails(125, &chaos.host());
    assert_eq!(user.engine.containers(), [""; 0]);
    assert_eq!(user.images(), [""; 0]);
    chaos.clear_faults();
    assert_eq!(user.tare(run(&["--name", "web"], &name)).text(), "hello");
}

#[test]
fn create_pulls_for_another_platform() {
    let (Some(user), chaos) = (User::new(), Chaos::start()) else { return };
    let other = chaos.image_of("app", "other", &Recipe::new(&[layer("other")]).architecture("s390x"));
    let own = chaos.image_of("app", "own", &Recipe::new(&[layer("own")]));
    chaos.index("app", "1", &[&own, &other]);
    let name = format!("{}/app:1", chaos.host());
    for (flags, image) in [(&[][..], &own), (&["--platform", "linux/s390x"][..], &other)] {
        let said = user.tare([&["create"], flags, &[&name]].concat());
        assert!(said.err.contains("Digest: "), "{said:?}");
        let id = said.text();
        assert_eq!(user.tare(["inspect", "-f", "{{.Image}}", &id]).text(), image.configuration.digest);
    }
    let digest = format!("{}/app@{}", chaos.host(), own.manifest.digest);
    let said = user.tare(["create", &digest]);
    assert_eq!(said.code, 0, "{said:?}");
}
