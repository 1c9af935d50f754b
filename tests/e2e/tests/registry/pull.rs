//! Pulling from Debian's registry: what arrives, what is said, and what is not fetched again.

use super::{User, address, copy, layer, length, plain_layer, stock};
use e2e::{Access, Chaos, Distribution, Image, Recipe, needs_programs, sha256, zstandard};

fn is_possible() -> bool {
    needs_programs(&["docker-registry", "skopeo"])
}

/// The bytes of blobs that a registry has sent.
fn sent(requests: &[Access]) -> u64 {
    let is_blob = |one: &&Access| one.method == "GET" && one.path.contains("/blobs/");
    requests.iter().filter(is_blob).map(|one| one.bytes).sum()
}

fn size(image: &Image) -> u64 {
    image.layers.iter().chain([&image.configuration]).map(|blob| length(&blob.bytes)).sum()
}

#[test]
fn an_image_arrives_whole_and_once() {
    if !is_possible() {
        return;
    }
    let Some(user) = User::new() else { return };
    let registry = Distribution::temporary().start();
    let image = stock(&registry, "team/app:1", &Recipe::new(&[layer("one"), layer("two")]));
    let before = registry.requests().len();
    let name = format!("{}/team/app:1", registry.host());
    let said = user.pull(&name).lines();
    assert_eq!(said[0], "1: Pulling from team/app");
    for blob in &image.layers {
        let id = &blob.digest["sha256:".len()..][..12];
        for state in ["Pulling fs layer", "Download complete", "Pull complete"] {
            assert!(said.contains(&format!("{id}: {state}")), "{said:#?}");
        }
    }
    let end = [
        format!("Digest: {}", image.manifest.digest),
        format!("Status: Downloaded newer image for {name}"),
        name.clone(),
    ];
    assert_eq!(said[said.len() - 3..], end);
    user.assert_has(&name, &image);
    let digest = format!("{}/team/app@{}", registry.host(), image.manifest.digest);
    assert_eq!(user.repository_digests(&name), [digest]);
    let requests = registry.requests();
    assert_eq!(sent(&requests[before..]), size(&image), "each blob came once: {requests:#?}");
    let said = user.pull(&name).lines();
    assert!(said.contains(&format!("Status: Image is up to date for {name}")), "{said:#?}");
    let again = registry.requests().split_off(requests.len());
    assert!(
        !again.is_empty() && again.iter().all(|one| one.method == "HEAD"),
        "nothing was fetched again: {again:#?}"
    );
    user.tare(["rmi", &name]).ok();
    user.assert_has_nothing();
}

#[test]
fn a_tag_that_means_something_new_brings_what_is_new() {
    if !is_possible() {
        return;
    }
    let Some(user) = User::new() else { return };
    let registry = Distribution::temporary().start();
    let (base, old, new) = (layer("base"), layer("old"), layer("new"));
    stock(&registry, "app:latest", &Recipe::new(&[base.clone(), old]));
    let name = format!("{}/app", registry.host());
    let said = user.pull(&name).lines();
    assert_eq!(said[..2], ["Using default tag: latest", "latest: Pulling from app"]);
    let image = stock(&registry, "app:latest", &Recipe::new(&[base.clone(), new]));
    let before = registry.requests().len();
    let said = user.pull(&name).lines();
    let id = &sha256(&base)["sha256:".len()..][..12];
    assert!(said.contains(&format!("{id}: Already exists")), "{said:#?}");
    assert!(said.contains(&format!("Status: Downloaded newer image for {name}:latest")), "{said:#?}");
    user.assert_has(&name, &image);
    let fetched = registry.requests().split_off(before);
    assert_eq!(sent(&fetched), size(&image) - length(&base), "{fetched:#?}");
    assert_eq!(user.images().len(), 2, "the older one lost its name only");
}

#[test]
fn quiet_says_the_name_alone() {
    if !is_possible() {
        return;
    }
    let Some(user) = User::new() else { return };
    let registry = Distribution::temporary().start();
    stock(&registry, "app:latest", &Recipe::new(&[layer("one")]));
    let name = format!("{}/app", registry.host());
    for _ in 0..2 {
        let said = user.tare(["pull", "-q", &name]);
        assert_eq!((said.out.as_str(), said.err.as_str()), (format!("{name}:latest\n").as_str(), ""));
    }
}

#[test]
fn all_tags_of_a_repository_come() {
    if !is_possible() {
        return;
    }
    let Some(user) = User::new() else { return };
    let registry = Distribution::temporary().start();
    let images = ["a", "b", "c"].map(|tag| {
        (tag, stock(&registry, &format!("app:{tag}"), &Recipe::new(&[layer("shared"), layer(tag)])))
    });
    let name = format!("{}/app", registry.host());
    user.tare(["pull", "-a", &format!("{name}:a")]).fails(1, "tag can't be used with --all-tags/-a");
    let said = user.tare(["pull", "--all-tags", &name]).lines();
    for (tag, image) in &images {
        assert!(said.contains(&format!("{tag}: Pulling from app")), "{said:#?}");
        user.assert_has(&format!("{name}:{tag}"), image);
    }
    // a registry of ours that tells one tag at a time
    let chaos = Chaos::start();
    for tag in ["x", "y", "z"] {
        chaos.image("many", tag, &[layer(tag)]);
    }
    chaos.pages_of(1);
    let name = format!("{}/many", chaos.host());
    user.tare(["pull", "-q", "-a", &name]).ok();
    for tag in ["x", "y", "z"] {
        user.id(&format!("{name}:{tag}"));
    }
    user.tare(["pull", "-a", &format!("{}/none", chaos.host())]).fails(1, "none");
}

#[test]
fn formats_and_compressions_are_all_read() {
    if !is_possible() {
        return;
    }
    let Some(user) = User::new() else { return };
    let registry = Distribution::temporary().start();
    let zstd = |content: &str| zstandard(&plain_layer(content));
    let recipes = [
        ("oci", Recipe::new(&[layer("gzip"), zstd("zstd"), plain_layer("plain")])),
        ("docker", Recipe::new(&[layer("docker gzip"), layer("more")]).docker()),
        ("docker-plain", Recipe::new(&[plain_layer("docker plain")]).docker()),
        ("empty", Recipe::new(&[])),
        ("twice", Recipe::new(&[layer("same"), layer("other"), layer("same")])),
        ("two-members", Recipe::new(&[two_members("in two pieces")])),
    ];
    for (tag, recipe) in recipes {
        let image = stock(&registry, &format!("app:{tag}"), &recipe);
        let name = format!("{}/app:{tag}", registry.host());
        let said = user.pull(&name).lines();
        assert!(said.contains(&format!("Digest: {}", image.manifest.digest)), "{tag}: {said:#?}");
        user.assert_has(&name, &image);
    }
    // nobody but Docker writes this
    let chaos = Chaos::start();
    let image = chaos.image_of("app", "1", &Recipe::new(&[zstd("docker zstd")]).docker());
    user.pull(&format!("{}/app:1", chaos.host())).ok();
    user.assert_has(&format!("{}/app:1", chaos.host()), &image);
}

/// A layer in a gzip file of two members, as parallel compressors write it.
fn two_members(content: &str) -> Vec<u8> {
    let plain = plain_layer(content);
    let (one, two) = plain.split_at(600);
    [e2e::gzip(one), e2e::gzip(two)].concat()
}

#[test]
fn a_digest_is_a_name_too() {
    if !is_possible() {
        return;
    }
    let Some(user) = User::new() else { return };
    let registry = Distribution::temporary().start();
    let image = stock(&registry, "app:1", &Recipe::new(&[layer("one")]));
    let name = format!("{}/app@{}", registry.host(), image.manifest.digest);
    let said = user.pull(&name).lines();
    assert_eq!(said[0], format!("{name}: Pulling from app"));
    assert!(said.contains(&format!("Digest: {}", image.manifest.digest)), "{said:#?}");
    user.assert_has(&name, &image);
    let before = registry.requests().len();
    let said = user.pull(&name).lines();
    assert!(said.contains(&format!("Status: Image is up to date for {name}")), "{said:#?}");
    assert_eq!(registry.requests().len(), before, "what has a digest is not asked for again");
    // with a tag beside it, which means nothing then
    let both = format!("{}/app:other@{}", registry.host(), image.manifest.digest);
    user.pull(&both).ok();
    assert_eq!(user.tare(["images", "--format", "{{.Tag}}"]).lines(), ["<none>"]);
    let absent = format!("{}/app@{}", registry.host(), sha256(b"absent"));
    user.pull(&absent).fails(1, &absent);
    user.pull(&format!("{}/app:absent", registry.host())).fails(1, "app:absent: not found in the registry");
    user.pull(&format!("{}/absent:1", registry.host())).fails(1, "absent:1: not found in the registry");
    assert_eq!(user.images(), [image.configuration.digest]);
}

#[test]
fn an_index_offers_an_image_for_each_platform() {
    if !is_possible() {
        return;
    }
    let Some(user) = User::new() else { return };
    for is_docker in [false, true] {
        let recipe = |content: &str| {
            let recipe = Recipe::new(&[layer(&format!("{content} {is_docker}"))]);
            if is_docker { recipe.docker() } else { recipe }
        };
        let (chaos, registry) = (Chaos::start(), Distribution::temporary().start());
        let other = chaos.image_of("app", "other", &recipe("other").architecture("s390x"));
        let own = chaos.image_of("app", "own", &recipe("own"));
        let index = chaos.index("app", "1", &[&other, &own]);
        copy(&["--all"], &address(&chaos.host(), "app:1"), &address(registry.host(), "app:1"));
        let name = format!("{}/app:1", registry.host());
        let said = user.pull(&name).lines();
        assert!(said.contains(&format!("Digest: {index}")), "{said:#?}");
        user.assert_has(&name, &own);
        assert_eq!(user.repository_digests(&name), [format!("{}/app@{index}", registry.host())]);
        assert_eq!(user.blob(&other.layers[0].digest), None, "nobody asked for the other one");
        user.pull(&name).ok();
        let said = user.tare(["pull", "--platform", "linux/s390x", &name]).lines();
        assert!(said.contains(&format!("Digest: {index}")), "{said:#?}");
        assert!(user.blob(&other.layers[0].digest).is_some() && user.blob(&other.manifest.digest).is_some());
        let complaint = user.tare(["pull", "--platform", "linux/riscv64", &name]).complaint(1);
        for word in [&name, "linux/riscv64", "linux/s390x", "no matching manifest"] {
            assert!(complaint.contains(word), "{word:?} should be in: {complaint}");
        }
    }
}

#[test]
fn an_image_without_an_index_is_for_one_platform() {
    if !is_possible() {
        return;
    }
    let Some(user) = User::new() else { return };
    let registry = Distribution::temporary().start();
    let image = stock(&registry, "app:1", &Recipe::new(&[layer("one")]).architecture("s390x"));
    let name = format!("{}/app:1", registry.host());
    let complaint = user.tare(["pull", "--platform", "linux/riscv64", &name]).complaint(1);
    assert!(complaint.contains("linux/s390x") && complaint.contains("linux/riscv64"), "{complaint}");
    user.assert_has_nothing();
    user.tare(["pull", "--platform", "linux/s390x", &name]).ok();
    user.assert_has(&name, &image);
    user.tare(["rmi", &name]).ok();
    // nobody asked for a platform: it is taken as it is
    user.pull(&name).ok();
    user.assert_has(&name, &image);
}

#[test]
fn a_terminal_shows_how_far_it_is() {
    let (Some(user), chaos) = (User::new(), Chaos::start()) else { return };
    let image = chaos.image("app", "1", &[super::big_layer(1, 300_000), layer("small")]);
    let pace = e2e::FaultKind::Slow { bytes: 30_000, every: std::time::Duration::from_millis(20) };
    chaos.fault(e2e::Fault::new("GET", &image.layers[0].digest, pace));
    let name = format!("{}/app:1", chaos.host());
    let (shown, code) = e2e::Terminal::start(&user.command(["pull", &name]), 24, 100).finish();
    assert_eq!(code, 0, "{shown}");
    for word in ["Pulling from app", "Pull complete", "Status: Downloaded newer image", &name] {
        assert!(shown.contains(word), "{word:?} should be on the terminal: {shown:?}");
    }
    user.assert_has(&name, &image);
}
