//! `tare image inspect`.

use crate::commands::inspected;
use crate::failure::Outcome;
use crate::globals::Globals;
use crate::registries;
use engine::images::inspect;
use engine::images::pull::Pull;
use oci::Platform;

/// Arguments of `image inspect`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// json, or a Go template
    #[arg(short, long, default_value = "", hide_default_value = true)]
    format: String,
    /// Of an image for several platforms the one for this
    #[arg(long, value_name = "OS[/ARCH[/VARIANT]]")]
    platform: Option<Platform>,
    /// Look into the registry instead of the store; no layer is downloaded
    #[arg(long)]
    remote: bool,
    /// Images
    #[arg(required = true, value_name = "IMAGE")]
    images: Vec<String>,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let engine = globals.engine()?;
    let client = registries::client();
    inspected::print(&arguments.format, &arguments.images, |name| {
        if !arguments.remote {
            return Ok(inspect::inspect(engine.store(), name, arguments.platform.as_ref())?);
        }
        let wanted = Pull::new(registries::reference(name)?, arguments.platform.clone());
        Ok(inspect::remote::inspect(engine.store(), &client, &wanted)?)
    })
}
