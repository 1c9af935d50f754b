//! `tare push`.

use super::moved::Moved;
use crate::failure::Outcome;
use crate::globals::Globals;
use crate::registries;
use engine::Engine;
use engine::images::push::{BlobState, Push, PushEvent, Pushed, push};
use engine::store::refs;
use oci::{Platform, Reference};
use output::transfer::{Stream, Transfers};
use registry::Client;
use std::io::Write;

/// Arguments of `push`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    moved: Moved,
    /// Image
    #[arg(value_name = "NAME[:TAG]")]
    image: String,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let Arguments { moved, image } = arguments;
    let engine = globals.engine()?;
    let names = moved.names(&image, |name| tags(&engine, name))?;
    let client = registries::client();
    for name in &names {
        send(&engine, &client, name, moved.platform.as_ref(), moved.stream())?;
        if moved.quiet {
            writeln!(std::io::stdout(), "{name}")?;
        }
    }
    Ok(0)
}

/// Every tag that the store has of a repository.
fn tags(engine: &Engine, name: &Reference) -> Outcome<Vec<Reference>> {
    let mut names: Vec<Reference> =
        refs::list(engine.store()).map_err(engine::Error::from)?.into_iter().map(|(name, _)| name).collect();
    names.retain(|other| other.tag().is_some() && (other.host(), other.path()) == (name.host(), name.path()));
    if names.is_empty() {
        return Err(engine::images::Error::NoImage(name.familiar_name()).into());
    }
    Ok(names)
}

/// Pushes one image, and shows how.
pub(crate) fn send(
    engine: &Engine,
    client: &Client,
    name: &Reference,
    platform: Option<&Platform>,
    stream: Stream,
) -> Outcome<Pushed> {
    let transfers = Transfers::new(stream);
    transfers.line(&format!("The push refers to repository [{}/{}]", name.host(), name.path()));
    let wanted = Push { name: name.clone(), platform: platform.cloned() };
    let pushed = push(engine.store(), client, &wanted, &|event| show(&transfers, &event))?;
    if let Some(only) = &pushed.only {
        transfers.line(&format!(
            "Not all multiplatform-content is present and only the available single-platform image was pushed: {only}"
        ));
    }
    let which = name.tag().unwrap_or("latest");
    transfers.line(&format!("{which}: digest: {} size: {}", pushed.target.digest, pushed.target.size));
    Ok(pushed)
}

/// Shows how far blobs are.
pub(in crate::commands) fn show(transfers: &Transfers, event: &PushEvent) {
    match event {
        PushEvent::Pack(layer) => transfers.finish(&layer.to_string(), "Compressing"),
        PushEvent::Blobs(blobs) => {
            for blob in blobs {
                transfers.expect(&blob.digest.to_string(), blob.size, "Preparing");
            }
        }
        PushEvent::Blob { blob, state } => {
            let digest = blob.to_string();
            match state {
                BlobState::Sending(bytes) => transfers.advance(&digest, *bytes, "Pushing"),
                BlobState::Exists => transfers.finish(&digest, "Layer already exists"),
                BlobState::Mounted => transfers.finish(&digest, "Mounted from another repository"),
                BlobState::Sent => transfers.finish(&digest, "Pushed"),
            }
        }
    }
}
