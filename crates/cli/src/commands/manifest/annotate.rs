//! `tare manifest annotate`.

use crate::failure::Outcome;
use crate::globals::Globals;
use crate::registries;
use engine::images::manifests::{self, Annotation};

/// Arguments of `manifest annotate`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Set the architecture
    #[arg(long, value_name = "ARCH")]
    arch: Option<String>,
    /// Set the operating system
    #[arg(long, value_name = "OS")]
    os: Option<String>,
    /// Set the architecture's variant
    #[arg(long, value_name = "VARIANT")]
    variant: Option<String>,
    /// Name of the list
    #[arg(value_name = "MANIFEST_LIST")]
    list: String,
    /// Image of the list
    #[arg(value_name = "MANIFEST")]
    image: String,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let (name, image) = (registries::reference(&arguments.list)?, registries::reference(&arguments.image)?);
    let annotation =
        Annotation { architecture: arguments.arch, os: arguments.os, variant: arguments.variant };
    manifests::annotate(globals.engine()?.store(), &name, &image, &annotation)?;
    Ok(0)
}
