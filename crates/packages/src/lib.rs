//! The records that package managers leave in an image: which packages it has, and which file
//! belongs to which of them.
//!
//! [`dpkg`], [`apk`] and [`pacman`] read one record each into what its format says; [`Package`] is
//! the view that all of them share. [`Owners`] answers who has a path, [`provider::find`] which
//! package would bring a file that is missing, and [`OsRelease`] whose packages these are.
//!
//! Text comes in and values go out: the crate does no I/O. The text is hostile. Any bytes become a
//! value or an [`Error`] with its line, and a value is no larger than a small multiple of the text.
//! Names of packages are made of letters, digits and `+-._@` (so they can be parts of paths), and
//! paths are absolute without `..`; every other text is as the image has it and is not fit to be printed.
//!
//! Of dpkg, for example, every path of a package's [`list`](dpkg::list) goes through
//! [`Diversions::place`](dpkg::Diversions::place) into [`Owners`], which know the links of the root
//! (`/lib` to `/usr/lib`): so a path has the owner that it has in the image.

#![forbid(unsafe_code)]

pub mod apk;
pub mod dpkg;
mod error;
mod line;
mod os_release;
mod owners;
mod package;
pub mod pacman;
pub mod provider;
mod record;
mod relation;

pub use error::{Error, Problem};
pub use os_release::{Distribution, OS_RELEASE, OsRelease};
pub use owners::Owners;
pub use package::{Package, Source};
pub use record::{Form, Packaging, RECORDS, Record};
pub use relation::{Dependency, Relation};
