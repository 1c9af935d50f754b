//! Overlay file systems as detached mounts: made without a place in any mount namespace.

use crate::mount::{
    self, FsMountFlags, FsOpenFlags, MountAttrFlags, MountFlags, fsconfig_create, fsconfig_set_fd,
    fsconfig_set_flag, fsconfig_set_string, fsmount, fsopen,
};
use rustix::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use rustix::io::{Errno, Result};
use std::ffi::CString;
use std::fmt::Write as _;

/// What is stacked, by descriptor. Options are those of ADR 0004.
#[derive(Debug)]
pub struct Overlay<'a> {
    /// Lower directories, the topmost first. At least one.
    pub lowers: Vec<BorrowedFd<'a>>,
    /// Upper and work directory; none for a read-only stack.
    pub upper: Option<(BorrowedFd<'a>, BorrowedFd<'a>)>,
    /// Skip every sync: the upper directory is thrown away on a crash.
    pub volatile: bool,
    /// Mounts that stand in no mount namespace and hold some of these directories. Kernels before 6.15 have to be lent a place for them, where they stay.
    pub detached: Vec<BorrowedFd<'a>>,
}

const FIXED: [(&str, &str); 5] =
    [("index", "off"), ("redirect_dir", "off"), ("metacopy", "off"), ("xino", "off"), ("nfs_export", "off")];

impl Overlay<'_> {
    /// Mounts the stack, detached. The mount is gone when its descriptor is closed and nothing is attached.
    ///
    /// # Errors
    /// What fsconfig(2) or mount(2) report.
    pub fn mount(&self) -> Result<OwnedFd> {
        match self.by_descriptor() {
            // Linux before 6.13 knows no layer by descriptor, before 6.5 no `lowerdir+`
            Err(Errno::INVAL | Errno::BADF | Errno::NOENT | Errno::OPNOTSUPP) => self.by_path(),
            other => other,
        }
    }

    fn by_descriptor(&self) -> Result<OwnedFd> {
        let context = fsopen("overlay", FsOpenFlags::FSOPEN_CLOEXEC)?;
        fsconfig_set_string(&context, "source", "tare")?;
        for lower in &self.lowers {
            fsconfig_set_fd(&context, "lowerdir+", lower)?;
        }
        if let Some((upper, work)) = self.upper {
            fsconfig_set_fd(&context, "upperdir", upper)?;
            fsconfig_set_fd(&context, "workdir", work)?;
            if self.volatile {
                fsconfig_set_flag(&context, "volatile")?;
            }
        }
        for (key, value) in FIXED {
            fsconfig_set_string(&context, key, value)?;
        }
        fsconfig_create(&context)?;
        fsmount(&context, FsMountFlags::FSMOUNT_CLOEXEC, MountAttrFlags::empty())
    }

    /// The classic option string, with numbers of descriptors as path names below `/proc/self/fd`, so that hundreds of layers fit into its page. mount(2)
    /// needs a place, so a thread with a mount namespace of its own lends one and the mount is cloned off it.
    fn by_path(&self) -> Result<OwnedFd> {
        std::thread::scope(|scope| {
            let thread =
                std::thread::Builder::new().spawn_scoped(scope, || self.mount_in_private_namespace());
            let thread = thread.map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::AGAIN))?;
            thread.join().map_err(|_| Errno::IO)?
        })
    }

    /// Runs in a thread of its own: gives it a private mount namespace and working directory, mounts, and clones the mount off.
    fn mount_in_private_namespace(&self) -> Result<OwnedFd> {
        use crate::namespace::unshare;
        use rustix::thread::UnshareFlags;
        unshare(UnshareFlags::FS | UnshareFlags::NEWNS)?;
        mount::mount_change("/", mount::MountPropagationFlags::PRIVATE | mount::MountPropagationFlags::REC)?;
        // any directory will do that nothing is looked up in
        let lent = mount::open_directory("/sys")?;
        for detached in &self.detached {
            mount::attach(*detached, lent.as_fd())?;
        }
        // the other descriptors are of the namespace that was left, whose mounts overlayfs refuses here
        let lowers = self.lowers.iter().map(|fd| reopen(*fd)).collect::<Result<Vec<_>>>()?;
        let upper =
            self.upper.map(|(upper, work)| Ok::<_, Errno>((reopen(upper)?, reopen(work)?))).transpose()?;
        let options = CString::new(self.option_string(&lowers, upper.as_ref())).map_err(|_| Errno::INVAL)?;
        rustix::process::chdir("/proc/self/fd")?;
        mount::mount("tare", "/proc", "overlay", MountFlags::empty(), options.as_c_str())?;
        let place = mount::open_directory("/proc")?;
        mount::clone_tree(place.as_fd(), "", false)
    }

    fn option_string(&self, lowers: &[OwnedFd], upper: Option<&(OwnedFd, OwnedFd)>) -> String {
        let mut text = String::from("lowerdir=");
        for (index, lower) in lowers.iter().enumerate() {
            let colon = if index > 0 { ":" } else { "" };
            // a write to a String cannot fail
            let _ = write!(text, "{colon}{}", lower.as_raw_fd());
        }
        if let Some((upper, work)) = upper {
            let _ = write!(text, ",upperdir={},workdir={}", upper.as_raw_fd(), work.as_raw_fd());
            if self.volatile {
                text.push_str(",volatile");
            }
        }
        for (key, value) in FIXED {
            // nfs_export and xino are off by default wherever they exist
            if key != "nfs_export" && key != "xino" {
                let _ = write!(text, ",{key}={value}");
            }
        }
        text
    }
}

/// The same directory, as the calling thread's mount namespace has it; one of a mount without a place there as it is.
fn reopen(fd: BorrowedFd<'_>) -> Result<OwnedFd> {
    let path = rustix::fs::readlink(format!("/proc/self/fd/{}", fd.as_raw_fd()), Vec::new())?;
    let own = identity(fd)?;
    match mount::open_directory(path) {
        Ok(opened) if identity(opened.as_fd())? == own => Ok(opened),
        _ => rustix::io::fcntl_dupfd_cloexec(fd, 0),
    }
}

fn identity(fd: BorrowedFd<'_>) -> Result<(u64, u64)> {
    let stat = rustix::fs::fstat(fd)?;
    Ok((stat.st_dev, stat.st_ino))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustix::fs::{self, Mode, OFlags};

    fn upper_below(detached: &OwnedFd, name: &str) -> OwnedFd {
        fs::mkdirat(detached, name, Mode::from_raw_mode(0o755)).unwrap();
        fs::openat(detached, name, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty()).unwrap()
    }

    #[test]
    fn directories_of_detached_mounts_are_stacked_either_way() {
        if !rustix::process::geteuid().is_root() {
            println!("skipped: needs root");
            return;
        }
        for by_path in [false, true] {
            let tmpfs = || mount::new_filesystem("tmpfs", "test", &[("mode", "755")], 0).unwrap();
            let (lower, changes) = (tmpfs(), tmpfs());
            fs::mkdirat(&lower, "there", Mode::from_raw_mode(0o755)).unwrap();
            let (upper, work) = (upper_below(&changes, "upper"), upper_below(&changes, "work"));
            let overlay = Overlay {
                lowers: vec![lower.as_fd()],
                upper: Some((upper.as_fd(), work.as_fd())),
                volatile: true,
                detached: vec![lower.as_fd(), changes.as_fd()],
            };
            let mounted = if by_path { overlay.by_path() } else { overlay.mount() }.unwrap();
            fs::mkdirat(&mounted, "there/new", Mode::from_raw_mode(0o755)).unwrap();
            assert!(fs::statat(&lower, "there/new", fs::AtFlags::empty()).is_err());
            assert!(fs::statat(&upper, "there/new", fs::AtFlags::empty()).is_ok());
        }
    }
}
