//! Copies in and out of containers, stopped and running, and the races of hostile ones.

use super::*;
use crate::containers::record::{HostSettings, Record};
use crate::containers::tests::testbed::{self, Testbed};
use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::sync::atomic::{AtomicBool, Ordering};

/// A layer with `/etc/{name,link -> name}`, `/data`, `/exe`.
fn fill(root: &Path) {
    fs::create_dir(root.join("etc")).unwrap();
    fs::create_dir(root.join("data")).unwrap();
    fs::write(root.join("exe"), "").unwrap();
    fs::set_permissions(root.join("exe"), fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(root.join("etc/name"), "image").unwrap();
    symlink("name", root.join("etc/link")).unwrap();
    symlink("/etc", root.join("all")).unwrap();
}

fn names(tar: &[u8]) -> Vec<String> {
    let mut names = Vec::new();
    let mut at = 0;
    while at + 512 <= tar.len() && tar[at] != 0 {
        let header = &tar[at..at + 512];
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_matches('\0').to_owned();
        let size = usize::from_str_radix(&text(&header[124..135]), 8).unwrap();
        names.push(text(&header[..100]));
        at += 512 + size.div_ceil(512) * 512;
    }
    names
}

fn out(bed: &Testbed, path: &str, follow: bool) -> Result<Vec<String>> {
    let mut tar = Vec::new();
    copy_out(&bed.engine, "web", Path::new(path), follow, &mut tar)?;
    Ok(names(&tar))
}

fn check_out(bed: &Testbed) {
    for (path, follow, expected) in [
        ("/etc/name", false, &["name"][..]),
        ("/etc", false, &["etc/", "etc/link", "etc/name"]),
        ("etc/", false, &["etc/", "etc/link", "etc/name"]),
        ("/etc/.", false, &["./", "./link", "./name"]),
        ("/etc/link", false, &["link"]),
        ("/etc/link", true, &["link"]),
        ("/all", false, &["all"]),
        ("/all/", false, &["all/", "all/link", "all/name"]),
        ("/../../../../etc/name", false, &["name"]),
        ("/data", false, &["data/", "data/kept"]),
    ] {
        let mut found = out(bed, path, follow).unwrap();
        // what a start puts there
        found.retain(|name| !name.contains("host") && !name.contains("resolv.conf"));
        assert_eq!(found, expected, "{path}");
    }
    assert!(matches!(out(bed, "/nothing", false), Err(Error::NoFile { .. })));
    assert!(matches!(out(bed, "/etc/name/x", false), Err(Error::NoFile { .. })));
    assert_eq!(out(bed, "/etc/name/", false).unwrap_err().to_string(), "/etc/name/: not a directory");
    let stat = stat(&bed.engine, "web", Path::new("/etc/link")).unwrap();
    assert_eq!((stat.name.as_str(), stat.link_target.as_str()), ("link", "/etc/name"));
}

#[test]
fn out_of_stopped_and_running_containers_with_their_volumes() {
    let Some(bed) = Testbed::new() else { return };
    let layer = bed.layer(fill);
    let volume = bed.volume("v", "/data", false);
    fs::write(volume.source.join("kept"), "volume").unwrap();
    let record = bed.container("web", &[layer], vec![volume]);
    check_out(&bed);
    let running = bed.run(&record);
    check_out(&bed);
    drop(running);
}

fn check_in(bed: &Testbed, source: &Path) {
    let as_root = Options { ownership: Ownership::Set(0, 0), ..Options::default() };
    let copy = |from: &str, to: &str| {
        into(&bed.engine, &source.join(from), "web", Path::new(to), &as_root).map(drop)
    };
    let text = |path: &str| {
        let host = bed.host().join("back");
        let _ = fs::remove_file(&host);
        out_of(&bed.engine, "web", Path::new(path), &host, &Options::default()).unwrap();
        let metadata = fs::symlink_metadata(&host).unwrap();
        (fs::read_to_string(&host).unwrap(), metadata.uid(), metadata.mode() & 0o7777)
    };
    copy("file", "/etc/new").unwrap();
    assert_eq!(text("/etc/new"), ("mine".into(), 0, 0o640));
    copy("file", "/etc/link").unwrap();
    assert_eq!(text("/etc/name").0, "mine", "a link at the destination is followed");
    copy("file", "/data/").unwrap();
    assert_eq!(text("/data/file").0, "mine");
    copy("dir", "/data/copied").unwrap();
    assert_eq!(text("/data/copied/inner").0, "inner");
    copy("dir/.", "/data/copied").unwrap();
    copy("dir", "/data/copied").unwrap();
    assert_eq!(text("/data/copied/dir/inner").0, "inner");
    for (from, to, expected) in [
        ("dir", "/etc/name", "cannot copy directory"),
        ("file", "/etc/missing/", "no such directory"),
        ("file", "/missing/file", "Could not find the file /missing in container web"),
        ("absent", "/etc", "no such file or directory"),
        ("file/", "/etc", "not a directory"),
        ("other/.", "/data", "cannot overwrite directory \"/data/copied\" with non-directory \"/data\""),
    ] {
        let error = copy(from, to).unwrap_err().to_string();
        assert!(error.contains(expected), "{from} to {to}: {error}");
    }
}

#[test]
fn into_stopped_and_running_containers() {
    let Some(bed) = Testbed::new() else { return };
    let source = bed.host().join("source");
    fs::create_dir_all(source.join("dir")).unwrap();
    fs::create_dir_all(source.join("other")).unwrap();
    fs::write(source.join("other/copied"), "a file").unwrap();
    fs::write(source.join("dir/inner"), "inner").unwrap();
    fs::write(source.join("file"), "mine").unwrap();
    fs::set_permissions(source.join("file"), fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::chown(source.join("file"), Some(1234), Some(1234)).unwrap();
    let layer = bed.layer(fill);
    let volume = bed.volume("v", "/data", false);
    let in_volume = volume.source.clone();
    let record = bed.container("web", &[layer], vec![volume]);
    check_in(&bed, &source);
    assert!(in_volume.join("copied/dir/inner").exists(), "the volume itself was written");
    fs::remove_dir_all(in_volume.join("copied")).unwrap();
    let running = bed.run(&record);
    check_in(&bed, &source);
    drop(running);
}

#[test]
fn what_is_read_only_stays_so() {
    let Some(bed) = Testbed::new() else { return };
    let layer = bed.layer(fill);
    fs::write(bed.host().join("file"), "x").unwrap();
    let mounts = vec![bed.volume("ro", "/data", true), bed.volume("rw", "/free", false)];
    let host = HostSettings { read_only: true, ..HostSettings::default() };
    let record = bed.record(Record { layers: vec![layer], mounts, host, ..testbed::record("web") });
    let check = || {
        let file = bed.host().join("file");
        let copy = |to: &str| into(&bed.engine, &file, "web", Path::new(to), &Options::default()).map(drop);
        assert_eq!(copy("/etc").unwrap_err().to_string(), "container rootfs is marked read-only");
        assert_eq!(copy("/data").unwrap_err().to_string(), "mounted volume is marked read-only");
        copy("/free").unwrap();
    };
    check();
    let running = bed.run(&record);
    check();
    drop(running);
    assert!(!bed.directory_of(&record).data.join("rw/upper/etc/file").exists());
}

#[test]
fn a_tar_comes_in_with_its_owners_and_never_leaves_its_directory() {
    let Some(bed) = Testbed::new() else { return };
    let layer = bed.layer(fill);
    let record = bed.container("web", &[layer], Vec::new());
    let source = bed.host().join("source");
    fs::create_dir(&source).unwrap();
    fs::write(source.join("file"), "x").unwrap();
    std::os::unix::fs::chown(source.join("file"), Some(7), Some(8)).unwrap();
    let mut tar = Vec::new();
    changeset::write(fs::File::open(&source).unwrap().as_fd(), &mut tar, &changeset::Write::default())
        .unwrap();
    copy_in(&bed.engine, "web", Path::new("/etc"), &mut &tar[..], &Options::default()).unwrap();
    let metadata = fs::metadata(bed.directory_of(&record).data.join("rw/upper/etc/file")).unwrap();
    assert_eq!((metadata.uid(), metadata.gid()), (7, 8));
    let error = |path: &str| {
        copy_in(&bed.engine, "web", Path::new(path), &mut &tar[..], &Options::default())
            .unwrap_err()
            .to_string()
    };
    assert_eq!(error("/etc/name"), "extraction point is not a directory");
    assert_eq!(error("/none"), "Could not find the file /none in container web");
}

/// The container changes a directory into a link to the host's canary and back, as fast as it can, while files are copied through that name
/// (CVE-2018-15664).
#[test]
fn a_container_that_swaps_links_gains_nothing() {
    let Some(bed) = Testbed::new() else { return };
    let canary = bed.host().join("canary");
    fs::create_dir(&canary).unwrap();
    fs::write(canary.join("file"), "secret").unwrap();
    let source = bed.host().join("file");
    fs::write(&source, "copied").unwrap();
    let layer = bed.layer(fill);
    let record = bed.container("web", &[layer], Vec::new());
    // directories of layers cannot be renamed in place
    let upper = bed.directory_of(&record).data.join("rw/upper");
    fs::create_dir(upper.join("swap")).unwrap();
    fs::write(upper.join("swap/file"), "own").unwrap();
    symlink(&canary, upper.join("link")).unwrap();
    let running = bed.run(&record);
    let root = root::open(&bed.engine, "web", View::Writable).unwrap();
    let stop = AtomicBool::new(false);
    let swaps = std::thread::scope(|scope| {
        let swapping = scope.spawn(|| swap(&root, &stop));
        for round in 0..100 {
            // most rounds fail: what is there is gone, or leads nowhere
            let _ = into(&bed.engine, &source, "web", Path::new("/swap/file"), &Options::default());
            let _ = into(&bed.engine, &source, "web", Path::new("/swap"), &Options::default());
            for (path, name) in
                [("/swap/file", "file"), ("/swap/", "slash"), ("/swap", "plain"), ("/link/.", "content")]
            {
                let target = bed.host().join(format!("{name}-{round}"));
                let _ = out_of(&bed.engine, "web", Path::new(path), &target, &Options::default());
                let is_link = fs::symlink_metadata(&target).is_ok_and(|metadata| metadata.is_symlink());
                let copied = if name == "file" { target } else { target.join("file") };
                // a link itself may be copied; following it is this side's own business
                if !is_link {
                    assert_ne!(fs::read_to_string(copied).unwrap_or_default(), "secret", "{path}");
                }
            }
        }
        stop.store(true, Ordering::Relaxed);
        swapping.join().unwrap()
    });
    drop((root, running));
    assert!(swaps > 0, "nothing was swapped");
    assert_eq!(fs::read_to_string(canary.join("file")).unwrap(), "secret");
    assert_eq!(fs::read_dir(&canary).unwrap().count(), 1);
}

fn swap(root: &root::Root, stop: &AtomicBool) -> u64 {
    use sys::fs::{RenameFlags, renameat_with};
    let mut swaps = 0;
    while !stop.load(Ordering::Relaxed) {
        let swapped =
            renameat_with(root.directory(), "swap", root.directory(), "link", RenameFlags::EXCHANGE);
        swaps += u64::from(swapped.is_ok());
    }
    swaps
}
