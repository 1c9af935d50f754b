//! Reports of images, kept by their configurations' digests: an image does not change.

use super::{About, FORMAT, Report, VERSION, build};
use crate::error::Result;
use engine::Engine;
use engine::images::find::Image;
use engine::store::leases::Lease;
use engine::store::weights;

/// Weighs an image, or finds what it was found to weigh before.
///
/// # Errors
/// What the store reports, or [`closure::Error`] if a file cannot be read.
pub fn image(engine: &Engine, name: &str, image: &Image) -> Result<Report> {
    let store = engine.store();
    if let Some(mut report) = weights::find(store, &image.id).and_then(|text| parse(&text)) {
        name.clone_into(&mut report.subject.name);
        return Ok(report);
    }
    let lease = Lease::new(store)?;
    lease.hold(image.configuration.rootfs.diff_ids.iter().map(|layer| layer.0))?;
    let about = About {
        kind: "image".into(),
        name: name.to_owned(),
        id: Some(image.id.to_string()),
        platform: Some(image.configuration.platform().to_string()),
        created: image.configuration.created.clone(),
    };
    let report = build::report(engine, about, &image.configuration, None)?;
    if let Ok(text) = serde_json::to_vec(&report) {
        // a full disk is no reason not to tell
        let _ = weights::keep(store, &image.id, &text);
    }
    Ok(report)
}

/// A kept report; nothing if it is damaged, or of another format or version.
fn parse(text: &[u8]) -> Option<Report> {
    serde_json::from_slice(text)
        .ok()
        .filter(|report: &Report| report.format == FORMAT && report.made_by == VERSION)
}
