//! Hostile root file systems, as a bundle has them: on the host's disk, with whatever somebody put there (security rows 1, 3, 4, 7, 8, 10).

use e2e::{Bundle, Canary};
use serde_json::json;
use std::fs;
use std::os::unix::fs::symlink;

/// Replaces a directory of the root by a link.
fn link(bundle: &Bundle, name: &str, target: &str) {
    let path = bundle.root(name);
    let _ = fs::remove_dir_all(&path);
    symlink(target, path).unwrap();
}

#[test]
fn kernel_file_systems_are_not_mounted_through_links() {
    for (name, target) in [("proc", "/tmp"), ("sys", "tmp"), ("proc", "/proc"), ("dev", "/tmp")] {
        let Some(bundle) = Bundle::new() else { return };
        let canary = Canary::new();
        link(&bundle, name, if target == "/tmp" { canary.path().to_str().unwrap() } else { target });
        let said = bundle.oci(["run", "bundle"]);
        if name != "dev" {
            said.fails(1, "must be mounted on ordinary directory");
        }
        canary.is_untouched();
        drop(bundle);
    }
}

/// A `/dev` that leads out of the root, without a mount over it: nothing is made or removed where it leads.
#[test]
fn devices_are_made_in_the_root_only() {
    let Some(mut bundle) = Bundle::new() else { return };
    let canary = Canary::new();
    for target in [canary.name(), format!("../../../..{}", canary.name())] {
        link(&bundle, "dev", &target);
        let mounts = bundle.config["mounts"].as_array().unwrap();
        let kept: Vec<_> = mounts
            .iter()
            .filter(|m| !m["destination"].as_str().unwrap().starts_with("/dev"))
            .cloned()
            .collect();
        bundle.set("/mounts", json!(kept));
        bundle.oci(["run", "bundle"]).fails(1, "/dev");
        canary.is_untouched();
        bundle.nothing_is_left();
    }
}

/// `/dev/null` of the image is not what masks the kernel's files.
#[test]
fn masks_are_our_own_null_device() {
    let Some(mut bundle) = Bundle::new() else { return };
    let canary = Canary::new();
    fs::create_dir_all(bundle.root("dev")).unwrap();
    symlink(canary.path().join("file"), bundle.root("dev/null")).unwrap();
    fs::write(bundle.root("secret"), "secret").unwrap();
    bundle.set("/linux/maskedPaths", json!(["/secret"]));
    let mounts = bundle.config["mounts"].as_array().unwrap();
    let kept: Vec<_> =
        mounts.iter().filter(|m| !m["destination"].as_str().unwrap().starts_with("/dev")).cloned().collect();
    bundle.set("/mounts", json!(kept));
    assert_eq!(
        bundle.sh("stat -c '%F %t,%T' /secret; cat /secret | wc -c").text(),
        "character special file 1,3\n0"
    );
    canary.is_untouched();
}

#[test]
fn mount_points_are_made_in_the_root_only() {
    let Some(mut bundle) = Bundle::new() else { return };
    let canary = Canary::new();
    symlink(canary.path(), bundle.root("out")).unwrap();
    symlink(format!("../../../../../../..{}", canary.name()), bundle.root("up")).unwrap();
    for destination in ["/out/made", "/up/directory/deep", "/out/file"] {
        let mount = json!({"destination": destination, "type": "bind", "source": "/etc/hostname", "options": ["bind", "ro"]});
        bundle.set("/mounts/-", mount);
    }
    bundle.oci(["run", "bundle"]).ok();
    canary.is_untouched();
    assert!(
        bundle.root(&format!(".{}/made", canary.name())).exists(),
        "they are where the links lead inside"
    );
}

#[test]
fn a_working_directory_of_the_host_is_not_reached() {
    let Some(mut bundle) = Bundle::new() else { return };
    for number in 3..12 {
        bundle.set("/process/cwd", json!(format!("/proc/self/fd/{number}")));
        let said = bundle.oci(["run", "bundle"]);
        assert_ne!(said.code, 0, "{said:?}");
    }
    bundle.set("/process/cwd", json!("/"));
    bundle.sleep();
    for number in 3..12 {
        let directory = format!("/proc/self/fd/{number}");
        assert_ne!(bundle.oci(["exec", "--cwd", &directory, "bundle", "pwd"]).code, 0);
    }
}

/// A program that is `/proc/self/exe` would be this runtime: it is, and cannot be written to.
#[test]
fn the_runtime_is_not_overwritten() {
    let Some(mut bundle) = Bundle::new() else { return };
    let before = fs::read(bundle.engine().binary()).unwrap();
    fs::write(bundle.root("self"), "#!/proc/self/exe\n").unwrap();
    std::os::unix::fs::symlink("/proc/self/exe", bundle.root("link")).unwrap();
    fs::set_permissions(bundle.root("self"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    for program in ["/self", "/link"] {
        bundle.set("/process/args", json!([program]));
        let _ = bundle.oci(["run", "bundle"]);
    }
    bundle.sleep();
    let attack = "for pid in $(ls /proc | grep '^[0-9]'); do [ $pid = $$ ] || : > /proc/$pid/exe; done 2>/dev/null; true";
    for _ in 0..10 {
        let _ = bundle.oci(["exec", "bundle", "sh", "-c", attack]);
        let _ = bundle.oci(["exec", "bundle", "/link"]);
    }
    assert!(fs::read(bundle.engine().binary()).unwrap() == before, "the binary was changed");
}

/// A volume at a place that the image has made a link into `/proc` would take its place.
#[test]
fn a_link_into_proc_is_no_place_for_a_mount() {
    let Some(mut bundle) = Bundle::new() else { return };
    for target in ["/proc", "/proc/sys"] {
        link(&bundle, "data", target);
        let bind = json!({"destination": "/data", "type": "bind", "source": bundle.root("bin"), "options": ["rbind"]});
        bundle.config["mounts"].as_array_mut().unwrap().retain(|mount| mount["destination"] != "/data");
        bundle.set("/mounts/-", bind);
        bundle.oci(["run", "bundle"]).fails(1, "into /proc");
        bundle.nothing_is_left();
    }
}
