//! What is in an image, and what of it is payload: a plain record, which `picture` draws and `--format json` prints (docs/weigh.md has each field).

mod build;
mod c_library;
mod container;
mod contents;
mod features;
mod file;
mod interpreter;
mod kept;
mod kernel;
mod map;
mod program;
mod scale;
mod stack;

pub use c_library::CLibrary;
pub use container::container;
pub use contents::{Contents, Distribution, MachineCount, PackageWeight, Packages, Programs, Tool};
pub use file::file;
pub use interpreter::Interpreter;
pub use kept::image;
pub use kernel::{Feature, Kernel, Minimum};
pub use map::Cell;
pub use program::{Library, Program};
pub use scale::{Amount, Scale, Verdict, VerdictKind};
pub use stack::{Hidden, Layer, Waste};

use serde::{Deserialize, Serialize};

/// Changes with every change of what a report says or how it is found: a kept report of another format is made again.
pub const FORMAT: u32 = 1;

/// This version of tare: what another one found may rest on other rules.
pub(crate) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What something was found to consist of.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// [`FORMAT`].
    pub format: u32,
    /// The version of tare that made it.
    pub made_by: String,
    /// What was weighed.
    pub subject: About,
    /// Payload against tare; nothing of a file.
    pub scale: Option<Scale>,
    /// What is in it; nothing of a file.
    pub contents: Option<Contents>,
    /// Its layers, lowest first; the changes of a container are the last one.
    pub layers: Vec<Layer>,
    /// What its layers carry that nobody sees.
    pub waste: Waste,
    /// The program that it starts.
    pub program: Program,
    /// What it takes from the kernel.
    pub kernel: Kernel,
    /// Where its bytes lie; nothing of a file.
    pub map: Option<Cell>,
    /// What could not be read, and why.
    pub notes: Vec<String>,
}

/// What was weighed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct About {
    /// `image`, `container` or `file`.
    pub kind: String,
    /// As it was asked for.
    pub name: String,
    /// Digest of the image's configuration, or the container's id; nothing of a file.
    pub id: Option<String>,
    /// `linux/amd64`; nothing of a script.
    pub platform: Option<String>,
    /// When it was made, RFC 3339, if it says so.
    pub created: Option<String>,
}

impl Report {
    /// Sets what is not the image's but this machine's: the release of its kernel, as `uname -r` says it.
    pub fn run_on(&mut self, release: &str) {
        self.kernel.run_on(release, &self.subject.kind);
    }

    /// Bytes of everything: the size of a file, or of all that an image shows.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.scale.as_ref().map_or(self.program.bytes, |scale| scale.total.bytes)
    }
}
