//! Pushing to Debian's registry: what arrives there, what is said, and what is not sent again.

use super::{User, busybox_layer, layer, plain_layer};
use e2e::{Access, Chaos, Distribution, Recipe, Root, needs_programs, sha256, zstandard};

fn is_possible() -> bool {
    needs_programs(&["docker-registry"])
}

/// The requests that bring content to a registry.
fn uploads(requests: &[Access]) -> Vec<&Access> {
    let writes =
        |one: &&Access| one.path.contains("/blobs/") && ["PUT", "PATCH"].contains(&one.method.as_str());
    requests.iter().filter(writes).collect()
}

/// The digest that a push says.
fn told_digest(said: &[String], tag: &str) -> String {
    let line = said.iter().find_map(|line| line.strip_prefix(&format!("{tag}: digest: ")));
    line.unwrap_or_else(|| panic!("{said:#?}")).split(' ').next().unwrap().to_owned()
}

#[test]
fn an_image_of_ours_is_the_same_on_the_other_side() {
    if !is_possible() {
        return;
    }
    let (Some(one), Some(two)) = (User::new(), User::new()) else { return };
    let registry = Distribution::temporary().start();
    one.engine.import("busybox", &Root::busybox(), &["CMD [\"echo\", \"hello\"]"]);
    let name = format!("{}/team/app:1", registry.host());
    one.tare(["tag", "busybox", &name]).ok();
    let said = one.tare(["push", &name]).lines();
    assert_eq!(said[0], format!("The push refers to repository [{}/team/app]", registry.host()));
    assert!(said.iter().any(|line| line.ends_with(": Pushed")), "{said:#?}");
    let digest = told_digest(&said, "1");
    let digests = one.repository_digests(&name);
    assert!(digests.contains(&format!("{}/team/app@{digest}", registry.host())), "{digests:?}");
    let manifest = std::fs::read(registry.blob_file(&digest)).unwrap();
    assert!(said.last().unwrap().ends_with(&format!("size: {}", manifest.len())), "{said:#?}");
    let manifest: serde_json::Value = serde_json::from_slice(&manifest).unwrap();
    assert_eq!(manifest["layers"][0]["mediaType"], "application/vnd.oci.image.layer.v1.tar+gzip");
    let pulled = two.pull(&name).lines();
    assert!(pulled.contains(&format!("Digest: {digest}")), "{pulled:#?}");
    assert_eq!(two.id(&name), one.id(&name));
    assert_eq!(two.tare(["run", "--rm", "--network", "none", &name]).text(), "hello");
    one.assert_is_sound();
    two.assert_is_sound();
}

#[test]
fn the_second_time_nothing_is_sent() {
    if !is_possible() {
        return;
    }
    let Some(user) = User::new() else { return };
    let registry = Distribution::temporary().start();
    user.engine.import("busybox", &Root::scratch().file("/a", 0o644, "a"), &[]);
    let name = format!("{}/app:1", registry.host());
    user.tare(["tag", "busybox", &name]).ok();
    let first = told_digest(&user.tare(["push", &name]).lines(), "1");
    let before = registry.requests();
    assert!(!uploads(&before).is_empty());
    let said = user.tare(["push", &name]).lines();
    assert_eq!(told_digest(&said, "1"), first);
    assert!(said.iter().any(|line| line.ends_with(": Layer already exists")), "{said:#?}");
    let again = registry.requests().split_off(before.len());
    assert!(!again.is_empty() && again.iter().all(|one| one.method != "POST"), "{again:#?}");
    assert!(uploads(&again).is_empty(), "{again:#?}");
    // another tag of the same
    let other = format!("{}/app:2", registry.host());
    user.tare(["tag", &name, &other]).ok();
    let before = registry.requests();
    let said = user.tare(["push", "-q", &other]);
    assert_eq!((said.out.as_str(), said.err.as_str()), (format!("{other}\n").as_str(), ""));
    let again = registry.requests().split_off(before.len());
    assert!(!again.is_empty() && uploads(&again).is_empty(), "{again:#?}");
}

#[test]
fn what_another_repository_has_is_taken_from_there() {
    if !is_possible() {
        return;
    }
    let Some(user) = User::new() else { return };
    let registry = Distribution::temporary().start();
    user.engine.import("busybox", &Root::scratch().file("/a", 0o644, "a"), &[]);
    let (one, two) = (format!("{}/team/one:1", registry.host()), format!("{}/other/two:1", registry.host()));
    user.tare(["tag", "busybox", &one]).ok();
    user.tare(["push", &one]).ok();
    user.tare(["tag", &one, &two]).ok();
    let before = registry.requests();
    let said = user.tare(["push", &two]).lines();
    assert!(said.iter().any(|line| line.contains(": Mounted from")), "{said:#?}");
    let requests = registry.requests().split_off(before.len());
    let mounts = requests
        .iter()
        .filter(|one| one.path.contains("from=team%2Fone") || one.path.contains("from=team/one"));
    assert!(mounts.clone().count() >= 1 && mounts.clone().all(|one| one.status == 201), "{requests:#?}");
    let layers = uploads(&requests);
    assert!(layers.len() <= 1, "a configuration at most: {requests:#?}");
}

#[test]
fn what_was_pulled_goes_on_with_its_bytes() {
    if !is_possible() {
        return;
    }
    let Some(user) = User::new() else { return };
    let (chaos, registry) = (Chaos::start(), Distribution::temporary().start());
    let zstd = zstandard(&plain_layer("zstd"));
    for (tag, recipe) in [
        ("oci", Recipe::new(&[layer("gzip"), zstd.clone(), plain_layer("plain")])),
        ("docker", Recipe::new(&[layer("docker"), layer("more"), layer("docker")]).docker()),
        ("foreign", Recipe::new(&[layer("foreign")]).architecture("s390x")),
        ("empty", Recipe::new(&[])),
    ] {
        let image = chaos.image_of("app", tag, &recipe);
        let (from, to) = (format!("{}/app:{tag}", chaos.host()), format!("{}/app:{tag}", registry.host()));
        user.pull(&from).ok();
        user.tare(["tag", &from, &to]).ok();
        let said = user.tare(["push", &to]).lines();
        assert_eq!(told_digest(&said, tag), image.manifest.digest, "{tag}");
        for blob in image.layers.iter().chain([&image.configuration, &image.manifest]) {
            let stored = std::fs::read(registry.blob_file(&blob.digest)).unwrap();
            assert_eq!(sha256(&stored), blob.digest);
        }
        assert_eq!(user.id(&to), image.configuration.digest);
    }
}

#[test]
fn an_index_is_pushed_whole_if_it_is_here() {
    if !is_possible() {
        return;
    }
    let Some(user) = User::new() else { return };
    let (chaos, registry) = (Chaos::start(), Distribution::temporary().start());
    let other = chaos.image_of("app", "other", &Recipe::new(&[layer("other")]).architecture("s390x"));
    let own = chaos.image_of("app", "own", &Recipe::new(&[layer("own")]));
    let index = chaos.index("app", "1", &[&other, &own]);
    let (from, to) = (format!("{}/app:1", chaos.host()), format!("{}/app:1", registry.host()));
    user.pull(&from).ok();
    user.tare(["tag", &from, &to]).ok();
    let said = user.tare(["push", &to]).lines();
    assert!(
        said.iter().any(|line| line.starts_with("Not all multiplatform-content is present")),
        "{said:#?}"
    );
    assert_eq!(told_digest(&said, "1"), own.manifest.digest);
    user.tare(["pull", "-q", "--platform", "linux/s390x", &from]).ok();
    user.pull(&from).ok();
    let said = user.tare(["push", &to]).lines();
    assert_eq!(told_digest(&said, "1"), index, "{said:#?}");
    for blob in [&index, &other.manifest.digest, &other.layers[0].digest] {
        assert!(registry.blob_file(blob).exists(), "{blob}");
    }
    let alone = format!("{}/app:alone", registry.host());
    user.tare(["tag", &from, &alone]).ok();
    let said = user.tare(["push", "--platform", "linux/s390x", &alone]).lines();
    assert_eq!(told_digest(&said, "alone"), other.manifest.digest);
    user.tare(["push", "--platform", "linux/riscv64", &alone]).fails(1, "linux/riscv64");
}

#[test]
fn all_tags_of_a_repository_go() {
    if !is_possible() {
        return;
    }
    let Some(user) = User::new() else { return };
    let (chaos, registry) = (Chaos::start(), Distribution::temporary().start());
    let name = format!("{}/app", registry.host());
    user.tare(["push", "-a", &name]).fails(1, &name);
    for tag in ["a", "b"] {
        chaos.image("app", tag, &[layer(tag)]);
        user.pull(&format!("{}/app:{tag}", chaos.host())).ok();
        user.tare(["tag", &format!("{}/app:{tag}", chaos.host()), &format!("{name}:{tag}")]).ok();
    }
    user.tare(["push", "-a", &format!("{name}:a")]).fails(1, "tag can't be used with --all-tags/-a");
    let said = user.tare(["push", "--all-tags", &name]).lines();
    for tag in ["a", "b"] {
        let digest = told_digest(&said, tag);
        assert_eq!(digest, sha256(&chaos.stored_manifest("app", tag).unwrap().1));
        assert!(registry.blob_file(&digest).exists());
    }
    user.tare(["push", &name]).fails(1, &format!("{name}:latest"));
}

#[test]
fn what_cannot_be_pushed_is_told() {
    if !is_possible() || !needs_programs(&["htpasswd"]) {
        return;
    }
    let Some(user) = User::new() else { return };
    let chaos = Chaos::start();
    let image = chaos.image("app", "1", &[busybox_layer()]);
    let from = format!("{}/app:1", chaos.host());
    user.pull(&from).ok();
    user.tare(["push", "127.0.0.1:1/absent:1"]).fails(1, "does not exist locally");
    let digest = format!("{}/app@{}", chaos.host(), image.manifest.digest);
    user.tare(["push", &digest]).fails(1, "cannot push a digest reference");
    user.tare(["tag", &from, "127.0.0.1:1/app:1"]).ok();
    user.tare(["push", "127.0.0.1:1/app:1"]).fails(1, "Connection refused");
    let registry = Distribution::temporary().read_only().start();
    let name = format!("{}/app:1", registry.host());
    user.tare(["tag", &from, &name]).ok();
    let complaint = user.tare(["push", &name]).complaint(1);
    assert!(complaint.contains("405") && complaint.contains(registry.host()), "{complaint}");
    let registry = Distribution::temporary().password("ann", "secret").start();
    let name = format!("{}/app:1", registry.host());
    user.tare(["tag", &from, &name]).ok();
    for password in [None, Some("wrong")] {
        if let Some(password) = password {
            user.know_password(registry.host(), "ann", password);
        }
        let complaint = user.tare(["push", &name]).complaint(1);
        assert!(complaint.contains("denies access") && complaint.contains(registry.host()), "{complaint}");
    }
    user.know_password(registry.host(), "ann", "secret");
    user.tare(["push", &name]).ok();
    assert_eq!(user.id(&name), image.configuration.digest);
}
