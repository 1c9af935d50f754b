//! Somebody swaps a directory for a link while the container is made (security rows 4, 5 and 9): nothing outside is touched, and nothing of it is seen inside.

use e2e::{Bundle, Canary, Swapper};
use serde_json::json;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

const ROUNDS: usize = 60;

/// Runs the bundle again and again; how it ends is not the point. What it says must not be the canary's.
fn race(bundle: &mut Bundle, swapper: &Swapper, script: &str) {
    let canary = Canary::new();
    for _ in 0..ROUNDS {
        let said = bundle.sh(script);
        assert!(!said.out.contains("canary"), "{said:?}");
        bundle.nothing_is_left();
    }
    canary.is_untouched();
    assert!(swapper.swaps() > ROUNDS, "there was no race: {}", swapper.swaps());
}

/// A directory and a link that leads to the canary, from inside and from outside.
fn pair(place: &Path, canary: &Canary) -> [std::path::PathBuf; 2] {
    let [directory, link] = ["swapped", "link"].map(|name| place.join(name));
    fs::create_dir_all(directory.join("deep")).unwrap();
    symlink(format!("../../../../../../../../..{}", canary.name()), &link).unwrap();
    [directory, link]
}

/// The destination of a mount lies in a volume that two containers share (CVE-2021-30465).
#[test]
fn mount_points_in_a_shared_volume() {
    let Some(mut bundle) = Bundle::new() else { return };
    let canary = Canary::new();
    let volume = bundle.engine().path("volume");
    let [directory, link] = pair(&volume, &canary);
    let bind = json!({"destination": "/v", "type": "bind", "source": volume, "options": ["rbind", "rw"]});
    bundle.set("/mounts/-", bind);
    for destination in ["/v/swapped/deep", "/v/swapped/new"] {
        let tmpfs =
            json!({"destination": destination, "type": "tmpfs", "source": "tmpfs", "options": ["mode=700"]});
        bundle.set("/mounts/-", tmpfs);
    }
    bundle.set("/process/cwd", json!("/v/swapped/work"));
    let swapper = Swapper::new(&directory, &link);
    race(&mut bundle, &swapper, "cat /v/swapped/file /v/link/file 2>/dev/null; true");
    drop(swapper);
    canary.is_untouched();
}

/// What is masked or made read-only lies in such a volume.
#[test]
fn masks_in_a_shared_volume() {
    let Some(mut bundle) = Bundle::new() else { return };
    let canary = Canary::new();
    let volume = bundle.engine().path("volume");
    let [directory, link] = pair(&volume, &canary);
    fs::write(directory.join("file"), "masked").unwrap();
    let bind = json!({"destination": "/v", "type": "bind", "source": volume, "options": ["rbind", "rw"]});
    bundle.set("/mounts/-", bind);
    bundle.set("/linux/maskedPaths", json!(["/v/swapped/file", "/v/swapped/deep"]));
    bundle.set("/linux/readonlyPaths", json!(["/v/swapped/deep"]));
    let swapper = Swapper::new(&directory, &link);
    race(&mut bundle, &swapper, "cat /v/link/file 2>/dev/null; true");
    drop(swapper);
    canary.is_untouched();
}

/// `/dev` itself is swapped, in a container that mounts nothing there: nodes and the console (CVE-2025-52565).
#[test]
fn devices_and_the_console() {
    let Some(mut bundle) = Bundle::new() else { return };
    let canary = Canary::new();
    let mounts = bundle.config["mounts"].as_array().unwrap();
    let below = |m: &&serde_json::Value| m["destination"].as_str().unwrap().starts_with("/dev/");
    let kept: Vec<_> = mounts.iter().filter(|m| m["destination"] != "/dev" && !below(m)).cloned().collect();
    bundle.set("/mounts", json!(kept));
    let link = bundle.root("link");
    symlink(format!("../../../../../../../../..{}", canary.name()), &link).unwrap();
    fs::create_dir_all(bundle.root("dev")).unwrap();
    let swapper = Swapper::new(&bundle.root("dev"), &link);
    for terminal in [false, true] {
        bundle.set("/process/terminal", json!(terminal));
        race(&mut bundle, &swapper, "cat /dev/file 2>/dev/null; true");
    }
    drop(swapper);
    canary.is_untouched();
}

/// The working directory of a process that joins the container.
#[test]
fn the_working_directory_of_an_exec() {
    let Some(mut bundle) = Bundle::new() else { return };
    let canary = Canary::new();
    let [directory, link] = pair(&bundle.root(""), &canary);
    bundle.sleep();
    let swapper = Swapper::new(&directory, &link);
    for _ in 0..ROUNDS {
        let said = bundle.oci(["exec", "--cwd", "/swapped", "bundle", "cat", "file"]);
        assert!(!said.out.contains("canary"), "{said:?}");
    }
    assert!(swapper.swaps() > ROUNDS);
    drop(swapper);
    canary.is_untouched();
}
