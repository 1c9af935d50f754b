//! The image commands, one file each, and what they share: when an image was made.

pub(super) mod copy;
pub(super) mod history;
pub(super) mod import;
pub(super) mod inspect;
pub(super) mod load;
pub(super) mod ls;
mod moved;
pub(super) mod prune;
pub(super) mod pull;
pub(super) mod push;
pub(super) mod rm;
pub(super) mod save;
pub(super) mod tag;
pub(super) mod tree;
pub(super) mod wanted;

use engine::images::Image;
use jiff::Timestamp;

/// What stands in a column that has nothing to say.
const NONE: &str = "<none>";

/// When an image was made, if it says so.
fn created(image: &Image) -> Option<Timestamp> {
    image.configuration.created.as_deref().and_then(|text| text.parse().ok())
}

#[cfg(test)]
mod tests {
    use engine::images::Image;
    use oci::Digest;

    /// An image of 2024 with a label and these names.
    pub(super) fn image(names: &[&str]) -> Image {
        let document = format!(
            r#"{{"schemaVersion":2,"config":{{"mediaType":"x","digest":"{}","size":1}},"layers":[]}}"#,
            Digest::of(b"configuration")
        );
        let configuration = r#"{"architecture":"amd64","os":"linux","created":"2024-01-02T03:04:05.678Z",
            "config":{"Labels":{"tier":"front"}},"rootfs":{"type":"layers","diff_ids":[]}}"#;
        Image {
            id: Digest::of(b"configuration"),
            manifest: Some(Digest::of(b"manifest")),
            document: serde_json::from_str(&document).expect("a manifest"),
            configuration: serde_json::from_str(configuration).expect("a configuration"),
            platform: oci::Platform::host(),
            names: names.iter().map(|name| name.parse().expect("a name")).collect(),
        }
    }
}
