//! What is in an image, what of it its program needs, and the image of just that.
//!
//! Floor 4. **Not here:** which files belong together (`closure`), watching a program (`trace`), printing (`cli`).
//!
//! # Flow of `strip`
//! 1. [`Subject::open`]: the image's files and configuration.
//! 2. [`probe`]: each probe runs in the image under the tracer.
//! 3. `closure`: what the configuration names, united with what was touched, united with rules.
//! 4. `derive`: those files as a layer.
//! 5. The probes run in the derived image, the tracer still on. What is looked up there, and is in the image and not in the derived one, is added; again from 4,
//!    until nothing is. Then exit codes, output and answers are compared.
//!
//! Start reading at [`strip()`].

#![forbid(unsafe_code)]

mod authored;
mod derive;
mod error;
mod installed;
mod package_records;
pub mod picture;
pub mod probe;
mod record;
pub mod report;
mod requested;
mod strip;
mod subject;
mod weight;
pub mod why;

pub use closure::Size;
pub use error::{Error, Result};
pub use record::{Count, FileRecord, Record};
pub use strip::{Happening, Request, Stripped, strip};
pub use subject::{Subject, setting};
pub use weight::Weight;
