//! `tare image tree`.

use crate::failure::Outcome;
use crate::globals::Globals;
use engine::images::{self, Image};
use engine::store::layers;
use output::{size, text};
use std::io::Write;

/// Arguments of `image tree`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Don't truncate ids
    #[arg(long)]
    no_trunc: bool,
    /// Image
    #[arg(value_name = "IMAGE")]
    image: String,
}

/// Shows an image as a stack of layers, the lowest first, with the images that end in one of them.
pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let engine = globals.engine()?;
    let image = images::find(engine.store(), &arguments.image)?;
    let all = images::list(engine.store())?;
    let mut names: Vec<String> = all.iter().filter(|other| other.id == image.id).flat_map(names_of).collect();
    names.sort();
    let shown = |id: &str| if arguments.no_trunc { id.to_owned() } else { text::short_id(id).to_owned() };
    let mut out = std::io::stdout().lock();
    writeln!(out, "Image ID: {}", shown(&image.id.to_string()))?;
    writeln!(out, "Tags:     [{}]", names.join(" "))?;
    writeln!(out, "Size:     {}", size::decimal(images::size::size(engine.store(), &image)))?;
    let layers = &image.configuration.rootfs.diff_ids;
    writeln!(out, "{}", if layers.is_empty() { "No Image Layers" } else { "Image Layers" })?;
    for (position, layer) in layers.iter().enumerate() {
        let branch = if position + 1 == layers.len() { "└──" } else { "├──" };
        let bytes = layers::meta(engine.store(), layer).map_or(0, |meta| meta.size);
        let top: Vec<String> = all
            .iter()
            .filter(|other| other.configuration.rootfs.diff_ids == layers[..=position])
            .flat_map(names_of)
            .collect();
        let top = if top.is_empty() { String::new() } else { format!(" Top Layer of: [{}]", top.join(" ")) };
        writeln!(out, "{branch} ID: {} Size: {:>7}{top}", shown(&layer.0.to_string()), size::decimal(bytes))?;
    }
    Ok(0)
}

fn names_of(image: &Image) -> Vec<String> {
    image.names.iter().map(oci::Reference::familiar).collect()
}
