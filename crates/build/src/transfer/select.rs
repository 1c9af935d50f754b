//! Which files a source of `COPY` means: one path, or all that a pattern matches.

use crate::error::{At, Error, Result};
use dockerfile::{Ignore, Pattern, has_wildcards, pattern::Component};
use std::ffi::OsString;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};
use sys::Errno;
use sys::fs::FileType;

/// A file or directory to be copied. A last symbolic link has been followed; its name is still the one that was asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Selected {
    /// Path in the root.
    pub(super) path: PathBuf,
    /// Its last component as it was asked for; empty for the root itself.
    pub(super) name: OsString,
    /// It is a directory: its content is copied.
    pub(super) is_directory: bool,
}

/// Finds what `source` means in `root`. With `ignore` it is the build context, and what that excludes is not there.
pub(super) fn select(
    root: BorrowedFd<'_>,
    source: &str,
    ignore: Option<&Ignore>,
    keyword: &str,
) -> Result<Vec<Selected>> {
    let place = if ignore.is_some() { "the build context" } else { "its source" };
    let plain = crate::config::join("", source);
    let relative = plain.trim_start_matches('/');
    let is_excluded = |path: &str| ignore.is_some_and(|ignore| ignore.excludes(path));
    if !has_wildcards(relative) {
        let excluded = !relative.is_empty() && is_excluded(relative);
        return match selected(root, Path::new(relative))? {
            Some(_) if excluded && !reincluded(ignore, relative) => Err(Error::Context(format!(
                "{keyword} {source}: not found in {place}: .dockerignore excludes it"
            ))),
            Some(one) => Ok(vec![one]),
            None => Err(Error::Context(format!("{keyword} {source}: {plain:?} not found in {place}"))),
        };
    }
    let pattern = Pattern::parse(relative)
        .map_err(|error| Error::Context(format!("{keyword} {source}: invalid pattern: {error}")))?;
    let mut paths = Vec::new();
    expand(root, Path::new(""), pattern.components(), &mut paths)?;
    let mut all = Vec::new();
    for path in paths {
        let text = path.to_string_lossy();
        if !is_excluded(&text) || reincluded(ignore, &text) {
            all.extend(selected(root, &path)?);
        }
    }
    // a pattern that matches nothing is no error in docker build
    Ok(all)
}

/// An excluded directory may have something below it that is not.
fn reincluded(ignore: Option<&Ignore>, path: &str) -> bool {
    ignore.is_some_and(|ignore| ignore.may_reinclude_below(path))
}

fn selected(root: BorrowedFd<'_>, path: &Path) -> Result<Option<Selected>> {
    match sys::rooted::open_handle(root, path) {
        Ok(handle) => {
            let kind = FileType::from_raw_mode(sys::fs::fstat(&handle).at("stat", path)?.st_mode);
            let name = path.file_name().unwrap_or_default().to_os_string();
            Ok(Some(Selected { path: path.to_path_buf(), name, is_directory: kind == FileType::Directory }))
        }
        Err(Errno::NOENT | Errno::NOTDIR) => Ok(None),
        Err(errno) => Err(errno).at("look up", path),
    }
}

/// All paths below `directory` that match, sorted by name.
fn expand(
    root: BorrowedFd<'_>,
    directory: &Path,
    pattern: &[Component],
    found: &mut Vec<PathBuf>,
) -> Result<()> {
    let Some((first, rest)) = pattern.split_first() else {
        found.push(directory.to_path_buf());
        return Ok(());
    };
    if let Some(literal) = first.literal() {
        let next = directory.join(literal);
        return match sys::rooted::open_handle(root, &next) {
            Ok(_) => expand(root, &next, rest, found),
            Err(_) => Ok(()),
        };
    }
    for name in names(root, directory)? {
        if name.to_str().is_some_and(|name| first.matches(name)) {
            expand(root, &directory.join(&name), rest, found)?;
        }
    }
    Ok(())
}

/// The sorted names in a directory; none if it is something else.
fn names(root: BorrowedFd<'_>, path: &Path) -> Result<Vec<OsString>> {
    let Ok(directory) = sys::rooted::open_directory(root, path) else { return Ok(Vec::new()) };
    let names = sys::descent::names(directory.as_fd()).at("list", path)?;
    Ok(names.into_iter().rev().map(OsString::from_vec).collect())
}
