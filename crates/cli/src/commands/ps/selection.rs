//! Which containers are listed.

use crate::failure::{Failure, Outcome};
use engine::containers::{self, Container, MountKind};
use engine::{Engine, images};
use oci::{DiffId, Digest};
use output::filter::Filters;

/// The filters that there are.
pub(super) const KEYS: [&str; 11] =
    ["ancestor", "before", "exited", "health", "id", "label", "name", "network", "since", "status", "volume"];

/// Docker's words for what a container does, some of which ours never do.
const STATUSES: [&str; 7] = ["created", "dead", "exited", "paused", "removing", "restarting", "running"];
const HEALTH: [&str; 4] = ["healthy", "none", "starting", "unhealthy"];

/// Filters, with the containers and images that they name.
#[derive(Debug)]
pub(super) struct Selection<'a> {
    filters: &'a Filters,
    /// When the named containers were created.
    before: Option<String>,
    since: Option<String>,
    ancestors: Vec<Ancestor>,
    codes: Vec<i32>,
}

#[derive(Debug)]
struct Ancestor {
    id: Digest,
    layers: Vec<DiffId>,
}

impl<'a> Selection<'a> {
    /// Reads the filters' values.
    pub(super) fn new(engine: &Engine, filters: &'a Filters) -> Outcome<Self> {
        check(filters, "status", &STATUSES)?;
        check(filters, "health", &HEALTH)?;
        let created = |key| filters.values(key).last().map(|name| containers::find(engine, name)).transpose();
        let invalid = |value: &str| Failure::new(format!("invalid filter 'exited={value}'"));
        let codes = filters.values("exited").map(|value| value.parse().map_err(|_| invalid(value)));
        // an image that is not there has no descendants
        let ancestors = filters.values("ancestor").filter_map(|name| images::find(engine.store(), name).ok());
        Ok(Self {
            before: created("before")?.map(|container| container.record.created),
            since: created("since")?.map(|container| container.record.created),
            ancestors: ancestors
                .map(|image| Ancestor { id: image.id, layers: image.configuration.rootfs.diff_ids })
                .collect(),
            codes: codes.collect::<Outcome<_>>()?,
            filters,
        })
    }

    /// Whether a status was asked for, so that containers that do not run are meant too.
    pub(super) fn names_a_status(&self) -> bool {
        self.filters.values("status").next().is_some()
    }

    /// Whether a container is listed.
    pub(super) fn accepts(&self, container: &Container) -> bool {
        let Container { record, status, .. } = container;
        let filters = self.filters;
        let is_named = |filters: &Filters| {
            filters.accepts_pattern("name", &record.name)
                || filters.accepts_pattern("name", &format!("/{}", record.name))
        };
        filters.accepts_prefix("id", &record.id)
            && is_named(filters)
            && filters.accepts_labels(&record.execution.labels)
            && filters.accepts_exactly("status", status.name())
            && filters.accepts_exactly("health", "none")
            && filters.accepts_exactly("network", record.host.network.name())
            && filters.accepts("volume", |wanted| mounts(container, wanted))
            && filters.accepts("exited", |_| self.has_ended_so(container))
            && filters.accepts("ancestor", |_| self.descends(container))
            && self.before.as_ref().is_none_or(|moment| record.created < *moment)
            && self.since.as_ref().is_none_or(|moment| record.created > *moment)
    }

    fn has_ended_so(&self, container: &Container) -> bool {
        !container.status.is_running()
            && container.state.started.is_some()
            && self.codes.contains(&container.state.exit_code)
    }

    fn descends(&self, container: &Container) -> bool {
        let record = &container.record;
        self.ancestors.iter().any(|ancestor| {
            ancestor.id == record.image
                || (!ancestor.layers.is_empty() && record.layers.starts_with(&ancestor.layers))
        })
    }
}

fn check(filters: &Filters, key: &str, known: &[&str]) -> Outcome<()> {
    match filters.values(key).find(|value| !known.contains(value)) {
        Some(value) => Err(Failure::new(format!("invalid filter '{key}={value}'"))),
        None => Ok(()),
    }
}

/// Whether a mount of the container has this volume's name, this source, or is at this path.
fn mounts(container: &Container, wanted: &str) -> bool {
    container.record.mounts.iter().any(|mount| {
        let is_volume = matches!(&mount.kind, MountKind::Volume { name, .. } if name == wanted);
        let is_path =
            |path: &std::path::Path| wanted.starts_with('/') && path == std::path::Path::new(wanted);
        is_volume || is_path(&mount.destination) || is_path(&mount.source)
    })
}

#[cfg(test)]
mod tests {
    use super::super::row::tests::container;
    use super::*;
    use engine::containers::Status;
    use output::filter::Condition;

    fn accepts(conditions: &[&str], container: &Container) -> bool {
        let conditions = conditions.iter().map(|text| text.parse::<Condition>().expect("a condition"));
        let filters = Filters::new(conditions, &KEYS).expect("known keys");
        let selection = Selection {
            filters: &filters,
            before: filters.values("before").last().map(Into::into),
            since: filters.values("since").last().map(Into::into),
            ancestors: filters
                .values("ancestor")
                .map(|name| Ancestor {
                    id: Digest::of(name.as_bytes()),
                    layers: vec![DiffId(Digest::of(name.as_bytes()))],
                })
                .collect(),
            codes: filters.values("exited").map(|code| code.parse().expect("a number")).collect(),
        };
        selection.accepts(container)
    }

    #[test]
    fn what_a_container_is() {
        let mut web = container("web");
        web.record.layers = vec![DiffId(Digest::of(b"base")), DiffId(Digest::of(b"own"))];
        for yes in [
            "id=0123",
            "name=eb",
            "name=^/web$",
            "network=bridge",
            "health=none",
            "status=created",
            "ancestor=image",
            "ancestor=base",
        ] {
            assert!(accepts(&[yes], &web), "{yes}");
        }
        for no in [
            "id=123",
            "name=^eb",
            "network=host",
            "health=healthy",
            "status=running",
            "exited=0",
            "ancestor=own",
            "volume=v",
            "label=a",
        ] {
            assert!(!accepts(&[no], &web), "{no}");
        }
    }

    #[test]
    fn how_and_when() {
        let mut ended = container("ended");
        ended.status = Status::Exited;
        ended.state.started = Some("2024-01-02T03:04:05Z".into());
        ended.state.exit_code = 3;
        assert!(accepts(&["exited=3", "exited=4"], &ended) && !accepts(&["exited=0"], &ended));
        let own = ended.record.created.clone();
        assert!(accepts(&["before=2025"], &ended) && !accepts(&[&format!("before={own}")], &ended));
        assert!(accepts(&["since=2023"], &ended) && !accepts(&[&format!("since={own}")], &ended));
    }
}
