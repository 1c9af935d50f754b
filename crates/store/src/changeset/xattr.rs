//! Extended attributes: those that an archive may set, those that a layer keeps, and overlayfs' mark of
//! opaque directories.

use super::error::{Doing, Fault};
use sys::Errno;
use sys::fd::BorrowedFd;
use sys::fs::{self, XattrFlags};

/// A name and a value.
pub(super) type Xattr = (Vec<u8>, Vec<u8>);

/// The kernel's limit for a value and for the list of names, in bytes (xattr(7)).
const MAX: usize = 64 << 10;

/// On a directory, with the value `y`: nothing of it shows from lower layers.
const OPAQUE: &str = "trusted.overlay.opaque";

/// Sets what an archive says and gives the number of attributes left out: those that it may not set and, as
/// containerd does, those that the file system or our rights do not allow.
pub(super) fn set(file: BorrowedFd<'_>, xattrs: &[Xattr]) -> Result<u64, Fault> {
    let mut skipped = 0;
    for (name, value) in xattrs {
        if !is_settable(name) {
            skipped += 1;
            continue;
        }
        match fs::fsetxattr(file, name.as_slice(), value, XattrFlags::empty()) {
            Ok(()) => {}
            Err(Errno::NOTSUP | Errno::PERM) => skipped += 1,
            Err(errno) => return Err(errno).doing("set extended attribute"),
        }
    }
    Ok(skipped)
}

/// Overlayfs' own would let an image redirect its directories anywhere in the lower layers; security modules'
/// labels and signatures are the host's business.
fn is_settable(name: &[u8]) -> bool {
    let label = name.starts_with(b"security.") && name != b"security.capability";
    !is_overlay(name) && !label
}

/// Whether it belongs to the content of a file: its capabilities and the user's own attributes.
pub(crate) fn is_content(name: &[u8]) -> bool {
    name == b"security.capability" || name.starts_with(b"user.") && !is_overlay(name)
}

fn is_overlay(name: &[u8]) -> bool {
    name.starts_with(b"trusted.overlay.") || name.starts_with(b"user.overlay.")
}

/// What a file has.
#[derive(Debug, Default)]
pub(super) struct Kept {
    /// The attributes that belong to the content: capabilities and the user's.
    pub(super) xattrs: Vec<Xattr>,
    /// Overlayfs keeps a part of the file in a lower layer (`redirect_dir`, `metacopy`).
    pub(super) incomplete: bool,
}

/// Reads what a layer keeps.
pub(super) fn read(file: BorrowedFd<'_>) -> Result<Kept, Fault> {
    let mut kept = Kept::default();
    let list = list(file).doing("list extended attributes of")?;
    for name in list.split(|&byte| byte == 0).filter(|name| !name.is_empty()) {
        kept.incomplete |= matches!(name, b"trusted.overlay.redirect" | b"trusted.overlay.metacopy");
        if !is_content(name) {
            continue;
        }
        if name.contains(&b'=') {
            return Err(Fault::Refused("the name of an extended attribute has a ="));
        }
        if let Some(value) = value(file, name).doing("read extended attribute of")? {
            kept.xattrs.push((name.to_vec(), value));
        }
    }
    Ok(kept)
}

/// Names, each with a NUL at its end. Nearly all files have none.
pub(crate) fn list(file: BorrowedFd<'_>) -> Result<Vec<u8>, Errno> {
    match fs::flistxattr_query(file) {
        Ok(0) | Err(Errno::NOTSUP) => return Ok(Vec::new()),
        Ok(_) => {}
        Err(errno) => return Err(errno),
    }
    let mut list = vec![0; MAX];
    let length = fs::flistxattr(file, &mut list)?;
    list.truncate(length);
    Ok(list)
}

/// The value of an attribute. None if it is gone meanwhile.
pub(crate) fn value(file: BorrowedFd<'_>, name: &[u8]) -> Result<Option<Vec<u8>>, Errno> {
    let mut value = vec![0; MAX];
    match fs::fgetxattr(file, name, &mut value) {
        Ok(length) => {
            value.truncate(length);
            Ok(Some(value))
        }
        Err(Errno::NODATA) => Ok(None),
        Err(errno) => Err(errno),
    }
}

/// Whether overlayfs takes the directory for opaque.
pub fn is_opaque(directory: BorrowedFd<'_>) -> bool {
    let mut value = [0];
    fs::fgetxattr(directory, OPAQUE, &mut value) == Ok(1) && value == *b"y"
}

/// Hides what lower layers have below this directory.
pub(super) fn make_opaque(directory: BorrowedFd<'_>) -> Result<(), Fault> {
    fs::fsetxattr(directory, OPAQUE, b"y", XattrFlags::empty()).doing("mark opaque")
}
