//! The volume commands, one file each, and what they share: a volume as JSON, and which volumes are in use.

pub(super) mod create;
pub(super) mod inspect;
pub(super) mod ls;
pub(super) mod prune;
pub(super) mod rm;

use crate::failure::Outcome;
use engine::Engine;
use engine::containers::{self, MountKind};
use engine::volumes::{self, Volume};
use jiff::Timestamp;
use output::time;
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};

/// The only driver.
const DRIVER: &str = "local";

/// The label by which Docker tells volumes that nobody named.
const ANONYMOUS: &str = "com.docker.volume.anonymous";

/// A volume as `inspect` shows it, with Docker's keys in Docker's order.
pub(super) fn document(engine: &Engine, volume: &Volume) -> Value {
    let labels = labels(volume);
    json!({
        "CreatedAt": created(volume),
        "Driver": DRIVER,
        "Labels": (!labels.is_empty()).then_some(labels),
        "Mountpoint": volumes::data(engine, &volume.name),
        "Name": volume.name,
        "Options": null,
        "Scope": "local",
    })
}

/// Its labels, and the one that says that nobody named it.
fn labels(volume: &Volume) -> BTreeMap<String, String> {
    let mut labels = volume.labels.clone();
    if volume.anonymous {
        labels.entry(ANONYMOUS.to_owned()).or_default();
    }
    labels
}

/// When it was made, to the second.
fn created(volume: &Volume) -> String {
    let moment =
        volume.created.parse().and_then(|moment: Timestamp| Timestamp::from_second(moment.as_second()));
    moment.map_or_else(|_| volume.created.clone(), time::rfc3339)
}

/// How many containers use each volume that is used at all.
pub(super) fn uses(engine: &Engine) -> Outcome<HashMap<String, usize>> {
    let mut uses = HashMap::new();
    for container in containers::list(engine)? {
        for mount in container.record.mounts {
            if let MountKind::Volume { name, .. } = mount.kind {
                *uses.entry(name).or_default() += 1;
            }
        }
    }
    Ok(uses)
}

#[cfg(test)]
mod tests {
    use super::{Volume, created, labels};

    #[test]
    fn to_the_second_and_known_as_anonymous() {
        let volume = Volume {
            name: "v".into(),
            created: "2024-01-02T03:04:05.6Z".into(),
            labels: [].into(),
            anonymous: true,
        };
        assert_eq!(created(&volume), "2024-01-02T03:04:05Z");
        assert_eq!(labels(&volume).keys().collect::<Vec<_>>(), [super::ANONYMOUS]);
    }
}
