//! How an image came to be, step by step.

use super::Image;
use super::names;
use crate::error::Result;
use oci::{DiffId, Digest, Platform};
use store::{Store, layers};

/// A row of `history`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The IMAGE ID, on the first row only; the others are `<missing>` in Docker's table.
    pub id: Option<Digest>,
    /// When, RFC 3339.
    pub created: Option<String>,
    /// The instruction.
    pub created_by: String,
    /// Bytes of the files that it added; 0 if it made no layer.
    pub size: u64,
    /// A remark.
    pub comment: String,
    /// Names of the image, on the first row only.
    pub tags: Vec<String>,
    /// The layer that it made.
    pub layer: Option<DiffId>,
}

/// The steps of an image, the last one first. Layers that the image's history does not account for stand without an instruction.
///
/// # Errors
/// [`crate::Error::NoImage`], or [`crate::Error::NotOffered`] for a platform that it is not for.
pub fn history(store: &Store, name: &str, platform: Option<&Platform>) -> Result<Vec<Row>> {
    let (image, _) = names::resolve_for(store, name, platform)?;
    let mut rows = steps(store, &image);
    rows.reverse();
    if let Some(first) = rows.first_mut() {
        first.id = Some(image.id);
        let aliases = names::aliases(store, &image.id)?;
        first.tags = aliases.iter().filter(|a| !a.is_dangling()).map(|a| a.name.familiar()).collect();
    }
    Ok(rows)
}

fn steps(store: &Store, image: &Image) -> Vec<Row> {
    let mut layers = image.configuration.rootfs.diff_ids.iter();
    let blank = |layer: Option<&DiffId>| Row {
        id: None,
        created: None,
        created_by: String::new(),
        size: layer.and_then(|layer| layers::meta(store, layer).ok()).map_or(0, |meta| meta.size),
        comment: String::new(),
        tags: Vec::new(),
        layer: layer.copied(),
    };
    let mut rows = Vec::new();
    for step in &image.configuration.history {
        let layer = if step.empty_layer { None } else { layers.next() };
        rows.push(Row {
            created: step.created.clone(),
            created_by: step.created_by.clone().unwrap_or_default(),
            comment: step.comment.clone().unwrap_or_default(),
            ..blank(layer)
        });
    }
    rows.extend(layers.map(|layer| blank(Some(layer))));
    rows
}
