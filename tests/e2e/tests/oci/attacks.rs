//! What a container tries against its runtime and its host (security rows 2, 6, 11, 12, 14, 15, 18).

use e2e::{Bundle, Canary};
use serde_json::json;
use std::collections::BTreeSet;
use std::fs;

/// Root in the container looks at every process that joins it, all the time (CVE-2016-9962): it never sees a descriptor, a program or an environment of
/// the host's.
#[test]
fn a_joining_process_shows_nothing() {
    let Some(mut bundle) = Bundle::new() else { return };
    let look = "while :; do for p in /proc/[0-9]*; do [ $p = /proc/1 ] || { for f in $p/exe $p/cwd $p/root $p/fd/*; do readlink $f; done; tr '\\0' '\\n' < $p/environ; }; done; done >> /seen 2>/dev/null";
    bundle.set("/process/args", json!(["sh", "-c", look]));
    bundle.detached(["run", "--detach", "bundle"]).ok();
    for _ in 0..40 {
        let mut exec = bundle.command(["exec", "bundle", "true"]);
        assert!(exec.env("CANARY", "of the host").status().unwrap().success());
    }
    bundle.oci(["kill", "bundle", "KILL"]).ok();
    let seen = fs::read_to_string(bundle.root("seen")).unwrap();
    let host = bundle.engine().path("").display().to_string();
    let strange: BTreeSet<&str> = seen
        .lines()
        .filter(|line| {
            line.contains(host.trim_end_matches('/'))
                || line.contains("tare")
                || line.contains("CANARY")
                || line.contains("socket:")
                || line.contains("pidfd")
                || line.contains("ns:[")
                || line.starts_with("net:")
        })
        .collect();
    assert!(strange.is_empty(), "{strange:?}");
    assert!(seen.contains("/bin/"), "it saw nothing at all");
}

/// Mounts over the kernel's files do not catch what the runtime writes (CVE-2025-52881).
#[test]
fn writes_to_the_kernel_are_not_redirected() {
    let Some(mut bundle) = Bundle::new() else { return };
    let canary = Canary::new();
    let before = fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap();
    for (source, destination) in [
        (canary.name(), "/proc/sys/kernel"),
        (format!("{}/file", canary.name()), "/proc/sys/net/ipv4/ping_group_range"),
        (format!("{}/file", canary.name()), "/proc/self/attr/exec"),
        (format!("{}/file", canary.name()), "/proc/self/oom_score_adj"),
    ] {
        bundle.set(
            "/mounts/-",
            json!({"destination": destination, "type": "bind", "source": source, "options": ["rbind", "rw"]}),
        );
    }
    bundle.set("/linux/sysctl", json!({"net.ipv4.ping_group_range": "0 7", "kernel.shm_rmid_forced": "1"}));
    bundle.set("/process/oomScoreAdj", json!(321));
    // refused, or done where it was meant
    let said = bundle.sh("cat /proc/self/oom_score_adj; true");
    assert!(said.code != 0 || said.out.trim() == "321", "{said:?}");
    canary.is_untouched();
    assert_eq!(fs::read_to_string("/proc/sys/kernel/core_pattern").unwrap(), before);
    bundle.nothing_is_left();
}

/// The root file system gets mount points, nodes and links of the specification, and no file of the runtime's own (CVE-2025-24965).
#[test]
fn nothing_of_the_runtime_is_written_into_the_root() {
    let Some(mut bundle) = Bundle::new() else { return };
    let list = |bundle: &Bundle| {
        let names = fs::read_dir(bundle.root("")).unwrap().map(|entry| entry.unwrap().file_name());
        names.collect::<BTreeSet<_>>()
    };
    let before = list(&bundle);
    assert_eq!(bundle.sh("true").code, 0);
    let made: Vec<_> = list(&bundle).difference(&before).map(|name| name.display().to_string()).collect();
    let known = ["dev", "proc", "sys"];
    assert!(made.iter().all(|name| known.contains(&name.as_str())), "{made:?}");
    for directory in known {
        assert_eq!(
            fs::read_dir(bundle.root(directory)).unwrap().count(),
            0,
            "{directory} is only a mount point"
        );
    }
}

/// Without a cgroup namespace, and with a writable mount, as root of a user namespace (CVE-2023-25809): only its own group is there.
#[test]
fn only_its_own_control_group_is_there() {
    let Some(mut bundle) = Bundle::new() else { return };
    let namespaces = bundle.config["linux"]["namespaces"].as_array().unwrap().clone();
    let kept: Vec<_> = namespaces.into_iter().filter(|n| n["type"] != "cgroup").collect();
    bundle.set("/linux/namespaces", json!(kept));
    bundle.map_users();
    bundle.set("/mounts/-", json!({"destination": "/sys/fs/cgroup", "type": "cgroup", "source": "cgroup", "options": ["rw", "nosuid", "noexec", "nodev"]}));
    let script = "for f in $(find /sys/fs/cgroup -name cgroup.procs); do grep -vx '[0-9]*' $f; (echo $$ > $f) 2>/dev/null && echo wrote $f; done; \
                  find /sys/fs/cgroup -name cgroup.procs -exec cat {} + | sort -un";
    let said = bundle.sh(script);
    assert_eq!(said.code, 0, "{said:?}");
    // its own processes, and nothing that it could be moved to
    assert!(!said.out.contains("wrote"), "{said:?}");
    assert!(said.out.lines().all(|line| line.parse::<u32>().is_ok_and(|pid| pid < 100)), "{said:?}");
}

/// More mappings and mounts than any message was meant for (CVE-2021-43784): an error or a container, never a half of one.
#[test]
fn enormous_configurations() {
    let Some(mut bundle) = Bundle::new() else { return };
    let good = bundle.config.clone();
    let maps: Vec<_> =
        (0..5_000).map(|n| json!({"containerID": n, "hostID": 300_000 + n, "size": 1})).collect();
    bundle.set("/linux/namespaces/-", json!({"type": "user"}));
    bundle.set("/linux/uidMappings", json!(maps));
    bundle.set("/linux/gidMappings", json!(maps));
    let said = bundle.oci(["run", "bundle"]).complaint(1);
    assert!(said.contains("uid_map"), "{said}");
    bundle.nothing_is_left();
    bundle.config = good.clone();
    let environment: Vec<_> = (0..100_000).map(|n| json!(format!("VARIABLE_{n}={n}"))).collect();
    bundle.set("/process/env", json!(environment));
    assert_ne!(bundle.oci(["run", "bundle"]).code, 0, "longer than the kernel's limit");
    bundle.nothing_is_left();
    bundle.config = good;
    for number in 0..400 {
        bundle.config["mounts"]
            .as_array_mut()
            .unwrap()
            .push(json!({"destination": format!("/m/{number}"), "type": "tmpfs", "source": "tmpfs"}));
    }
    bundle.write();
    assert_eq!(bundle.sh("grep -c ' /m/' /proc/self/mountinfo").text(), "400");
    bundle.nothing_is_left();
}

/// The masks of the default configuration hide what they name.
#[test]
fn masked_files_are_empty() {
    let Some(mut bundle) = Bundle::new() else { return };
    let masked = bundle.config["linux"]["maskedPaths"].as_array().unwrap().clone();
    assert!(masked.len() > 8, "{masked:?}");
    let paths: Vec<_> = masked.iter().map(|path| path.as_str().unwrap().to_owned()).collect();
    let script = format!(
        "for p in {}; do if [ -d $p ]; then ls -A $p; elif [ -e $p ]; then cat $p; echo x 2>/dev/null > $p; cat $p; fi; done",
        paths.join(" ")
    );
    assert_eq!(bundle.sh(&script).text(), "");
}
