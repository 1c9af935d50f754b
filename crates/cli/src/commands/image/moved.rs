//! What `pull` and `push` have in common: which images of a repository are moved, and how that is shown.

use crate::failure::{Failure, Outcome};
use crate::registries;
use oci::{Platform, Reference};
use output::transfer::Stream;
use std::io::Write;

/// Arguments of both.
#[derive(Debug, clap::Args)]
pub(super) struct Moved {
    /// All tags of the repository
    #[arg(short, long)]
    all_tags: bool,
    /// The image for this platform alone
    #[arg(long, value_name = "OS[/ARCH[/VARIANT]]")]
    pub(super) platform: Option<Platform>,
    /// Print only the image's name
    #[arg(short, long)]
    pub(super) quiet: bool,
}

impl Moved {
    /// Where it is shown.
    pub(super) fn stream(&self) -> Stream {
        if self.quiet { Stream::Nowhere } else { Stream::Output }
    }

    /// The name that was typed, or all those of its repository that `find` finds.
    ///
    /// # Errors
    /// What is no name, or names one of all; what `find` says.
    pub(super) fn names(
        &self,
        typed: &str,
        find: impl FnOnce(&Reference) -> Outcome<Vec<Reference>>,
    ) -> Outcome<Vec<Reference>> {
        let name = registries::reference(typed)?;
        match (self.all_tags, registries::says_which(typed)) {
            (true, true) => return Err(Failure::new("tag can't be used with --all-tags/-a")),
            (true, false) => return find(&name),
            (false, false) if !self.quiet => writeln!(std::io::stdout(), "Using default tag: latest")?,
            (false, _) => {}
        }
        Ok(vec![name])
    }
}
