//! The guest's kernel: Debian's package, downloaded once and unpacked, and the modules that a guest needs.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::program::output;

/// What a container needs and Debian's cloud kernel has as modules: the overlay, the bridge network with its address
/// translation, disks.
const MODULES: [&str; 11] = [
    "overlay",
    "veth",
    "bridge",
    "nf_tables",
    "nft_chain_nat",
    "nft_nat",
    "nft_masq",
    "nft_ct",
    "nft_redir",
    "virtio_mmio",
    "virtio_blk",
];

/// An unpacked kernel package.
#[derive(Debug)]
pub(super) struct Kernel {
    /// The bootable image.
    pub(super) image: PathBuf,
    /// `lib/modules/VERSION`, with `modules.dep`.
    modules: PathBuf,
}

/// The kernel of `package` from the cache directory, where it is put first if it is not there yet.
pub(super) fn obtain(package: &str, cache: &Path) -> Result<Kernel, String> {
    let place = cache.join(package);
    if !place.exists() {
        super::note(&format!("downloading {package}, once"));
        let temporary = cache.join(format!("{package}.{}", std::process::id()));
        fs::create_dir_all(&temporary).map_err(|error| format!("create {}: {error}", temporary.display()))?;
        let unpacked = unpack(&named_by(package)?, &temporary);
        // Another run may have put the same kernel there in the meantime.
        let renamed = unpacked.and_then(|()| match fs::rename(&temporary, &place) {
            Err(error) if !place.exists() => Err(format!("rename to {}: {error}", place.display())),
            _ => Ok(()),
        });
        if temporary.exists() {
            fs::remove_dir_all(&temporary)
                .map_err(|error| format!("remove {}: {error}", temporary.display()))?;
        }
        renamed?;
    }
    let image = only(&place.join("boot"), "vmlinuz-")?;
    Ok(Kernel { image, modules: only(&place.join("lib/modules"), "")? })
}

/// The package that a meta package depends on; any other package is itself.
fn named_by(package: &str) -> Result<String, String> {
    let depends = output(Command::new("apt-cache").args(["depends", package]))?;
    let kernel = depends
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Depends: "))
        .find(|name| name.starts_with("linux-image-"));
    Ok(kernel.unwrap_or(package).into())
}

/// Downloads the package and leaves `boot` and `lib/modules` of it in `place`, with the modules' dependencies.
fn unpack(package: &str, place: &Path) -> Result<(), String> {
    output(Command::new("apt-get").args(["-q", "download", package]).current_dir(place))?;
    let archive = only(place, "linux-image-")?;
    output(Command::new("dpkg-deb").arg("-x").arg(&archive).arg(place))?;
    fs::remove_file(&archive).map_err(|error| format!("remove {}: {error}", archive.display()))?;
    let modules = only(&place.join("lib/modules"), "")?;
    let version = modules.file_name().unwrap_or_default();
    // A package has no modules.dep: its installation makes it, which we do not do.
    let root = fs::canonicalize(place).map_err(|error| format!("{}: {error}", place.display()))?;
    output(Command::new("busybox").args(["depmod", "-b"]).arg(root).arg(version)).map(drop)
}

impl Kernel {
    /// The files of the usual modules and of `more`, each after those that it depends on.
    pub(super) fn modules(&self, more: &[String]) -> Result<Vec<PathBuf>, String> {
        let path = self.modules.join("modules.dep");
        let text = fs::read_to_string(&path).map_err(|error| format!("read {}: {error}", path.display()))?;
        let names: Vec<_> = MODULES.into_iter().chain(more.iter().map(String::as_str)).collect();
        let order = loading_order(&text, &names)?;
        Ok(order.into_iter().map(|file| self.modules.join(file)).collect())
    }
}

/// Sorts the files of the modules called `names`, and what they depend on, so that each can be loaded when its turn
/// comes. `text` is a `modules.dep` (modules.dep(5)): lines `file: file ...`, with indirect dependencies included.
fn loading_order<'a>(text: &'a str, names: &[&str]) -> Result<Vec<&'a str>, String> {
    let dependencies: BTreeMap<&str, Vec<&str>> = text
        .lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(file, needs)| (file, needs.split_whitespace().collect()))
        .collect();
    let files: BTreeMap<String, &str> = dependencies.keys().map(|file| (module_name(file), *file)).collect();
    let mut order = Vec::new();
    for name in names {
        let file =
            files.get(&name.replace('-', "_")).ok_or_else(|| format!("the kernel has no module {name}"))?;
        // All that a module needs, itself included, is on its line; whoever needs less comes earlier.
        let needs = |file: &str| dependencies.get(file).map_or(0, Vec::len);
        let mut line: Vec<_> = dependencies[file].iter().copied().chain([*file]).collect();
        line.sort_by_key(|file| needs(file));
        line.retain(|file| !order.contains(file));
        order.extend(line);
    }
    Ok(order)
}

/// `kernel/net/802/stp.ko` is the module `stp`.
fn module_name(file: &str) -> String {
    let base = file.rsplit('/').next().unwrap_or(file);
    base.split('.').next().unwrap_or(base).replace('-', "_")
}

/// The one entry of `directory` whose name begins with `prefix`.
fn only(directory: &Path, prefix: &str) -> Result<PathBuf, String> {
    fs::read_dir(directory)
        .map_err(|error| format!("{}: {error}", directory.display()))?
        .filter_map(Result::ok)
        .find(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .map(|entry| entry.path())
        .ok_or_else(|| {
            format!("{}: no {prefix}*; remove this directory to download it again", directory.display())
        })
}

#[cfg(test)]
mod tests {
    use super::loading_order;

    const DEPENDENCIES: &str = "kernel/a/nft-nat.ko: kernel/a/nf_nat.ko kernel/a/crc.ko kernel/a/tables.ko\n\
                                kernel/a/nf_nat.ko: kernel/a/crc.ko\n\
                                kernel/a/tables.ko: kernel/a/crc.ko\n\
                                kernel/a/crc.ko:\n";

    #[test]
    fn modules_come_after_what_they_need_and_only_once() {
        let order = loading_order(DEPENDENCIES, &["tables", "nft_nat"]).unwrap();
        assert_eq!(
            order,
            ["kernel/a/crc.ko", "kernel/a/tables.ko", "kernel/a/nf_nat.ko", "kernel/a/nft-nat.ko"]
        );
    }

    #[test]
    fn an_unknown_module_is_named() {
        assert_eq!(loading_order(DEPENDENCIES, &["zram"]).unwrap_err(), "the kernel has no module zram");
    }
}
