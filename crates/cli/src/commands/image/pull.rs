//! `tare pull`, and the pull that `run`, `create` and `build` begin with if it has to be.

use super::moved::Moved;
use crate::failure::{Failure, Outcome};
use crate::globals::Globals;
use crate::registries;
use engine::Engine;
use engine::images::pull::{LayerState, Pull, PullEvent, Pulled, pull};
use engine::{entry, images};
use oci::{Digest, Platform, Reference};
use output::transfer::{Stream, Transfers};
use registry::Client;
use std::io::Write;

/// Arguments of `pull`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    moved: Moved,
    /// Image
    #[arg(value_name = "NAME[:TAG|@DIGEST]")]
    image: String,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let Arguments { moved, image } = arguments;
    let client = registries::client();
    let names = moved.names(&image, |name| tags(&client, name))?;
    let engine = globals.engine()?;
    for name in &names {
        fetch(&engine, &client, name, moved.platform.as_ref(), moved.stream())?;
        writeln!(std::io::stdout(), "{name}")?;
    }
    Ok(0)
}

/// Every tag that the registry has of a repository.
fn tags(client: &Client, name: &Reference) -> Outcome<Vec<Reference>> {
    let route = client.route(name).map_err(images::Error::from)?;
    let tags = client.tags(&route, &name.familiar_name()).map_err(images::Error::from)?;
    let tagged = tags.iter().map(|tag| name.tagged(tag)).collect::<Result<_, _>>();
    tagged.map_err(|error| Failure::new(error.to_string()))
}

/// Pulls one image, and shows how.
pub(crate) fn fetch(
    engine: &Engine,
    client: &Client,
    name: &Reference,
    platform: Option<&Platform>,
    stream: Stream,
) -> Outcome<Pulled> {
    let transfers = Transfers::new(stream);
    let which = match (name.tag(), name.digest()) {
        (Some(tag), None) => tag.to_owned(),
        _ => name.to_string(),
    };
    transfers.line(&format!("{which}: Pulling from {}", name.path()));
    let wanted = Pull::new(name.clone(), platform.cloned());
    let pulled = pull(engine.store(), client, &wanted, &|event| show(&transfers, &event))?;
    transfers.line(&format!("Digest: {}", pulled.target.digest));
    let familiar = name.familiar();
    transfers.line(&if pulled.is_new {
        format!("Status: Downloaded newer image for {familiar}")
    } else {
        format!("Status: Image is up to date for {familiar}")
    });
    if pulled.is_new
        && stream != Stream::Nowhere
        && let Some(warning) = warning(engine, &pulled.id)
    {
        say!("WARNING: {warning}");
    }
    Ok(pulled)
}

/// What is wrong with an image that is whole: its program is for another CPU than it says.
pub(in crate::commands) fn warning(engine: &Engine, id: &Digest) -> Option<String> {
    // an image that cannot be looked into tells its own story when it is run
    let image = images::find(engine.store(), &id.to_string()).ok()?;
    entry::contradiction(engine, &image).ok()?
}

fn show(transfers: &Transfers, event: &PullEvent) {
    match event {
        PullEvent::Layers(layers) => {
            for layer in layers {
                transfers.expect(&layer.digest.to_string(), layer.size, "Pulling fs layer");
            }
        }
        PullEvent::Layer { blob, state } => {
            let digest = blob.to_string();
            match state {
                LayerState::Exists => transfers.finish(&digest, "Already exists"),
                LayerState::Waiting => transfers.advance(&digest, 0, "Waiting"),
                LayerState::Arriving(bytes) => transfers.advance(&digest, *bytes, "Downloading"),
                LayerState::Arrived => transfers.state(&digest, "Download complete"),
                LayerState::Complete => transfers.finish(&digest, "Pull complete"),
            }
        }
    }
}
