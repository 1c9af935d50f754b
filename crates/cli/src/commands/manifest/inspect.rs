//! `tare manifest inspect`.

use crate::failure::{Failure, Outcome};
use crate::globals::Globals;
use crate::registries;
use engine::images::manifests;
use registry::Wanted;
use serde_json::Value;
use std::io::Write;

/// Arguments of `manifest inspect`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A list, or an image of a registry; with two names an image of a list
    #[arg(required = true, num_args = 1..=2, value_name = "[MANIFEST_LIST] MANIFEST")]
    names: Vec<String>,
}

/// Prints a list that is in the making, or else the document as the registry has it.
pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let names =
        arguments.names.iter().map(|name| registries::reference(name)).collect::<Outcome<Vec<_>>>()?;
    let engine = globals.engine()?;
    let list = match manifests::find(engine.store(), &names[0]) {
        Ok(list) => Some(list),
        Err(engine::images::Error::NoList(_)) if names.len() == 1 => None,
        Err(error) => return Err(error.into()),
    };
    let document = match (list, names.get(1)) {
        (Some(list), None) => serde_json::to_value(list.index()),
        (Some(list), Some(image)) => {
            let is_it =
                |entry: &&manifests::Entry| [&entry.given, &entry.source].contains(&&image.to_string());
            let entry = list.entries.iter().find(is_it);
            let entry =
                entry.ok_or_else(|| Failure::new(format!("{}: not in the list", image.familiar())))?;
            serde_json::to_value(&entry.descriptor)
        }
        (None, _) => {
            let (client, name) = (registries::client(), &names[0]);
            let route = client.route(name).map_err(engine::images::Error::from)?;
            let found = client
                .document(&route, &name.familiar(), Wanted::of(name))
                .map_err(engine::images::Error::from)?;
            serde_json::from_slice::<Value>(&found.text)
        }
    };
    let document = document.map_err(|error| Failure::new(format!("{}: {error}", names[0].familiar())))?;
    writeln!(std::io::stdout(), "{}", serde_json::to_string_pretty(&document).expect("JSON serialises"))?;
    Ok(0)
}
