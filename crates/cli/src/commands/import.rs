//! `tare import`.

use crate::failure::Outcome;
use crate::globals::Globals;

/// Arguments of `import`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// File, or - for standard input
    file: String,
    /// Name of the image
    name: Option<String>,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let engine = globals.engine()?;
    let file = std::fs::File::open(&arguments.file)?;
    let (layer, _) = engine::store::layers::unpack(engine.store(), file, None).map_err(engine::Error::from)?;
    let mut configuration = oci::image::Configuration { architecture: oci::Platform::host().architecture, os: "linux".into(), ..Default::default() };
    configuration.rootfs.diff_ids.push(layer);
    configuration.config.cmd = Some(vec!["/bin/sh".into()]);
    let name = arguments.name.iter().map(|n| n.parse().unwrap()).collect::<Vec<_>>();
    let c = engine::images::commit::commit(&engine, &configuration, &name)?;
    println!("{}", c.id);
    Ok(0)
}
