//! What is fetched once: by images that share it, by processes that want it at the same time, by the one that comes after one that was killed.

use super::{User, big_layer, layer, length, plain_layer};
use e2e::{Background, Chaos, Fault, FaultKind, Image, eventually, gzip, sha256, zstandard};
use std::time::{Duration, Instant};

/// A body that stops after so many bytes, and does not end.
fn stops_after(bytes: usize) -> FaultKind {
    FaultKind::Slow { bytes, every: Duration::from_secs(3600) }
}

#[test]
fn a_layer_of_two_images_comes_once() {
    let (Some(user), chaos) = (User::new(), Chaos::start()) else { return };
    let shared = big_layer(1, 300_000);
    let one = chaos.image("one", "1", &[shared.clone(), layer("one")]);
    let two = chaos.image("two", "1", &[shared.clone(), layer("two")]);
    for (repository, image) in [("one", &one), ("two", &two)] {
        let name = format!("{}/{repository}:1", chaos.host());
        user.pull(&name).ok();
        user.assert_has(&name, image);
    }
    assert_eq!(chaos.sent(&one.layers[0].digest), length(&shared));
}

#[test]
fn one_layer_in_two_compressions_keeps_both() {
    let (Some(user), chaos) = (User::new(), Chaos::start()) else { return };
    let to = Chaos::start();
    for (tag, bytes) in [
        ("gzip", gzip(&plain_layer("same"))),
        ("zstd", zstandard(&plain_layer("same"))),
        ("plain", plain_layer("same")),
    ] {
        let image = chaos.image("app", tag, &[bytes, layer(tag)]);
        let (from, copy) = (format!("{}/app:{tag}", chaos.host()), format!("{}/app:{tag}", to.host()));
        user.pull(&from).ok();
        user.assert_has(&from, &image);
        user.tare(["tag", &from, &copy]).ok();
        user.tare(["push", &copy]).ok();
        assert_eq!(to.stored_manifest("app", tag).unwrap().1, image.manifest.bytes, "{tag}");
    }
    // a blob that is something else than a known layer is not believed to be it
    let liar = chaos.image("bad", "1", &[gzip(&plain_layer("other"))]);
    let known = String::from_utf8(liar.configuration.bytes).unwrap();
    let known = known.replace(&sha256(&plain_layer("other")), &sha256(&plain_layer("same")));
    let manifest = String::from_utf8(liar.manifest.bytes).unwrap();
    let manifest = manifest.replace(&liar.configuration.digest, &chaos.blob(known));
    chaos.manifest("bad", "1", &liar.manifest.media_type, manifest);
    user.pull(&format!("{}/bad:1", chaos.host())).fails(1, &sha256(&plain_layer("same")));
    user.assert_is_sound();
}

#[test]
fn what_two_pull_at_once_comes_once() {
    let (Some(user), chaos) = (User::new(), Chaos::start()) else { return };
    let layers: Vec<Vec<u8>> = (1..7).map(|seed| big_layer(seed, 200_000)).collect();
    let image = chaos.image("one", "1", &layers);
    let other = chaos.image("two", "1", &[&layers[..], &[layer("own")]].concat());
    let pace = FaultKind::Slow { bytes: 20_000, every: Duration::from_millis(10) };
    chaos.fault(Fault::new("GET", "/blobs/", pace));
    let names = ["one:1", "one:1", "two:1"].map(|name| format!("{}/{name}", chaos.host()));
    let pulls: Vec<Background> = names.iter().map(|name| user.begin_pull(name)).collect();
    for pull in pulls {
        pull.finish().ok();
    }
    for (name, image) in names.iter().zip([&image, &image, &other]) {
        user.assert_has(name, image);
    }
    for blob in &other.layers {
        assert_eq!(chaos.sent(&blob.digest), length(&blob.bytes), "{}", blob.digest);
    }
}

/// Three layers, of which the second one stops after `stop` bytes; waits until a pull has all that it can get.
fn begin(user: &User, chaos: &Chaos, stop: usize) -> (Image, String, Background) {
    let layers: Vec<Vec<u8>> = (11..14).map(|seed| big_layer(seed, 400_000)).collect();
    let image = chaos.image("app", "1", &layers);
    chaos.fault(Fault::new("GET", &image.layers[1].digest, stops_after(stop)));
    let name = format!("{}/app:1", chaos.host());
    let pull = user.begin_pull(&name);
    let partial = user.engine.data_root().join("downloads").join(&image.layers[1].digest["sha256:".len()..]);
    eventually("all bytes that come are here", || {
        let is_here = partial.metadata().is_ok_and(|file| file.len() == stop as u64);
        (is_here && user.names("layers/sha256").len() == 2).then_some(())
    });
    (image, name, pull)
}

#[test]
fn the_next_one_goes_on_where_one_was_killed() {
    for (signal, stop) in [("KILL", 150_000), ("TERM", 399_000), ("INT", 1)] {
        let (Some(user), chaos) = (User::new(), Chaos::start()) else { return };
        let (image, name, pull) = begin(&user, &chaos, stop);
        let mut kill = std::process::Command::new("kill");
        e2e::ask(kill.args(["-s", signal, &pull.process().pid.to_string()]), b"").ok();
        assert!(pull.finish().code > 128, "{signal} ends it");
        assert_eq!(user.images(), [""; 0]);
        assert_eq!(user.names("refs").len(), 0);
        assert!(!user.names("blobs/sha256").contains(&image.layers[1].digest["sha256:".len()..]));
        chaos.clear_faults();
        chaos.forget_requests();
        user.pull(&name).ok();
        // what the killed one was unpacking
        user.tare(["system", "prune", "-f"]).ok();
        user.assert_has(&name, &image);
        let rest = length(&image.layers[1].bytes) - stop as u64;
        let config = length(&image.configuration.bytes);
        let sent = chaos.sent("/blobs/");
        assert!(sent * 100 <= (rest + config) * 105, "{sent} bytes were sent for a rest of {rest}");
        let request = chaos.requests().into_iter().find(|one| one.target.contains(&image.layers[1].digest));
        assert_eq!(request.unwrap().header("range"), Some(format!("bytes={stop}-").as_str()));
        assert_eq!(user.names("downloads").len(), 0, "nothing is left of it");
    }
}

#[test]
fn who_waits_takes_over_from_who_was_killed() {
    let (Some(user), chaos) = (User::new(), Chaos::start()) else { return };
    let (image, name, first) = begin(&user, &chaos, 150_000);
    chaos.clear_faults();
    chaos.forget_requests();
    let second = user.begin_pull(&name);
    eventually("the second one is about to pull", || {
        chaos.requests().iter().any(|one| one.target.contains("/manifests/") && one.status != 0).then_some(())
    });
    let pid = second.process().pid.to_string();
    eventually("the second one waits for the lock", || {
        let locks = std::fs::read_to_string("/proc/locks").unwrap();
        let mut waiting = locks.lines().filter(|line| line.contains("-> FLOCK"));
        waiting.any(|line| line.split_whitespace().any(|word| word == pid)).then_some(())
    });
    assert_eq!(chaos.sent(&image.layers[1].digest), 0, "it waits");
    drop(first);
    second.finish().ok();
    user.tare(["system", "prune", "-f"]).ok();
    user.assert_has(&name, &image);
    assert_eq!(chaos.sent(&image.layers[1].digest), length(&image.layers[1].bytes) - 150_000);
}

#[test]
fn what_an_earlier_one_left_damaged_comes_again() {
    let (Some(user), chaos) = (User::new(), Chaos::start()) else { return };
    let (image, name, pull) = begin(&user, &chaos, 150_000);
    drop(pull);
    let hex = &image.layers[1].digest["sha256:".len()..];
    user.engine.write(&format!("data/downloads/{hex}"), vec![0; 150_000]);
    chaos.clear_faults();
    user.pull(&name).ok();
    user.tare(["system", "prune", "-f"]).ok();
    user.assert_has(&name, &image);
    // and what is longer than it can be
    user.tare(["rmi", &name]).ok();
    user.engine.write(&format!("data/downloads/{hex}"), vec![0; 900_000]);
    user.pull(&name).ok();
    user.assert_has(&name, &image);
}

#[test]
fn a_collection_keeps_what_the_next_one_goes_on_with() {
    let (Some(user), chaos) = (User::new(), Chaos::start()) else { return };
    let (image, name, pull) = begin(&user, &chaos, 150_000);
    // neither while it goes on nor when it was killed
    user.tare(["system", "prune", "-f"]).ok();
    assert_eq!(user.names("layers/sha256").len(), 2, "they are in use");
    drop(pull);
    user.tare(["image", "prune", "-f"]).ok();
    chaos.clear_faults();
    chaos.forget_requests();
    user.pull(&name).ok();
    user.assert_has(&name, &image);
    assert_eq!(chaos.sent(&image.layers[1].digest), length(&image.layers[1].bytes) - 150_000);
    // who wants all the room there is gets it
    user.tare(["rmi", &name]).ok();
    let (.., pull) = begin(&user, &chaos, 150_000);
    drop(pull);
    user.tare(["system", "prune", "-f"]).ok();
    assert_eq!(user.names("downloads").len(), 0);
    user.assert_has_nothing();
}

#[test]
fn one_that_fails_does_not_wait_for_the_others() {
    let (Some(user), chaos) = (User::new(), Chaos::start()) else { return };
    let layers: Vec<Vec<u8>> = (21..24).map(|seed| big_layer(seed, 100_000)).collect();
    let image = chaos.image("app", "1", &layers);
    for stuck in &image.layers[1..] {
        chaos.fault(Fault::new("GET", &stuck.digest, stops_after(10_000)));
    }
    let refusal = FaultKind::Status(403, vec![], b"no".to_vec());
    chaos.fault(Fault::new("GET", &image.layers[0].digest, refusal));
    let begun = Instant::now();
    let said = user.pull(&format!("{}/app:1", chaos.host()));
    said.fails(1, &image.layers[0].digest);
    assert!(begun.elapsed() < Duration::from_secs(30), "it took {:?}", begun.elapsed());
    user.assert_has_nothing();
}
