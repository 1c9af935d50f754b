//! Layers as tar streams: an OCI changeset on one side, a directory in overlayfs' format on the other.
//!
//! [`decompress`], then [`unpack`], brings a layer in, or any archive into a living tree; [`write()`] brings
//! one out, and [`compress`] makes it small. A removed name is a character device 0:0 in the directory and `.wh.NAME` in the tar, a directory
//! that hides what is below it has the attribute `trusted.overlay.opaque=y` and holds `.wh..wh..opq` (OCI
//! image specification, "Image Layer Filesystem Changeset"; Linux, Documentation/filesystems/overlayfs.rst).
//!
//! **Not here:** digests, blobs, where layers are kept, and durability.
//!
//! Start reading at [`unpack`]; `archive` is the reader below it, `tree` keeps it inside its root.
//!
//! # The canonical tar
//!
//! Layers that we make are named by the digest of these bytes, so none of the rules may ever change.
//!
//! **Order.** Depth first. The names in a directory are sorted by their bytes; a whiteout stands where the
//! name that it hides would stand; an opaque marker is the first entry below its directory. The root is no
//! entry. Sockets are left out.
//!
//! **Names.** No leading `./` or `/`. A directory ends in `/`.
//!
//! **Header.** ustar: magic `ustar\0`, version `00`, every number zero-padded octal digits and a NUL, the
//! checksum six digits, a NUL and a space. The mode is the twelve permission bits alone; the time is whole
//! seconds, rounded down; names of user and group and the prefix are empty; device numbers are 0 where there
//! is no device. The size is 0 except for regular files.
//!
//! **Extended header.** Where a value does not fit, one PAX header of type `x` stands before the entry: its
//! name is `././@PaxHeader`, its mode 0644, ids and time 0. Its records are sorted by the bytes of their
//! keys:
//!
//! | key | when |
//! |---|---|
//! | `path`, `linkpath` | longer than 100 bytes, or any byte is not ASCII; the value is the raw bytes |
//! | `uid`, `gid` | above 2,097,151 (seven octal digits) |
//! | `size` | above 8,589,934,591 (eleven octal digits) |
//! | `mtime` | below 0 or above 8,589,934,591; whole seconds |
//! | `SCHILY.xattr.NAME` | always, for every kept attribute; the value is the raw bytes |
//!
//! The header's own field then holds 0, or the first 100 bytes of the name with `_` for each byte that is not
//! ASCII.
//!
//! **Links.** Of the names of one file, the first in order carries it; the others are links to it (type `1`),
//! with its mode, ids and time, without size and attributes.
//!
//! **Whiteouts and opaque markers.** Empty regular files; mode, ids and time 0.
//!
//! **Attributes.** Kept are `security.capability` and `user.*`, without `user.overlay.*`: what belongs to the
//! content. Left out are overlayfs' own, labels of security modules, and ACLs (`system.posix_acl_*`), which
//! containerd and Docker leave out too.
//!
//! **Content.** Whole, holes as zeros, filled up with zeros to 512 bytes. After the last entry stand two
//! blocks of zeros, and nothing more.

mod archive;
mod attributes;
pub(crate) mod content;
mod decompress;
mod encode;
mod error;
mod gzip;
mod header;
mod name;
mod pax;
mod sparse;
mod tree;
mod unpack;
mod write;
pub(crate) mod xattr;

pub use archive::Limits;
pub use attributes::Ownership;
pub use decompress::{Compression, Decompressed, decompress};
pub use error::Error;
pub use gzip::compress;
pub use header::is_tar;
pub use tree::is_whiteout;
pub use unpack::{Replace, Unpack, Unpacked, Whiteouts, unpack};
pub use write::{Scope, View, Write, Written, write};
pub use xattr::is_opaque;
