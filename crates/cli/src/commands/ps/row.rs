//! A container as a row of the list.

use engine::containers::{Container, MountKind, MountPoint, Status};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use oci::Reference;
use output::template::Row;
use output::{size, text, time};
use std::path::Path;

/// Titles of the columns by field.
pub(in crate::commands) const HEADERS: [(&str, &str); 16] = [
    ("ID", "CONTAINER ID"),
    ("Names", "NAMES"),
    ("Image", "IMAGE"),
    ("Command", "COMMAND"),
    ("CreatedAt", "CREATED AT"),
    ("RunningFor", "CREATED"),
    ("Ports", "PORTS"),
    ("State", "STATE"),
    ("Status", "STATUS"),
    ("Size", "SIZE"),
    ("Labels", "LABELS"),
    ("Mounts", "MOUNTS"),
    ("LocalVolumes", "LOCAL VOLUMES"),
    ("Networks", "NETWORKS"),
    ("Platform", "PLATFORM"),
    ("HealthStatus", "HEALTH STATUS"),
];

/// The columns that a mount's name may take.
const MOUNT: usize = 15;

/// How rows are written.
#[derive(Debug)]
pub(in crate::commands) struct Style {
    /// Long things are cut.
    pub(in crate::commands) truncates: bool,
    pub(in crate::commands) now: Timestamp,
    pub(in crate::commands) zone: TimeZone,
}

/// Bytes of a container.
#[derive(Debug, Clone, Copy)]
pub(in crate::commands) struct Sizes {
    /// Its own changes.
    pub(in crate::commands) changes: u64,
    /// Together with its image.
    pub(in crate::commands) whole: u64,
}

/// The row of a container. `image` is what it was made from, in words.
pub(in crate::commands) fn row(
    container: &Container,
    image: &str,
    sizes: Option<Sizes>,
    style: &Style,
) -> Row {
    let Container { record, status, .. } = container;
    let created = moment(&record.created);
    let command = command(&record.command);
    let labels = &record.execution.labels;
    let pairs = labels.iter().map(|(key, value)| (key.as_str(), value.as_str()));
    let id = if style.truncates { text::short_id(&record.id) } else { &record.id };
    Row::default()
        .with("ID", id)
        .with("Names", record.name.as_str())
        .with("Image", if style.truncates { short_image(image, &record.image) } else { image.to_owned() })
        .with("Command", if style.truncates { text::command(&command) } else { text::quote(&command) })
        .with("CreatedAt", created.map(|moment| time::calendar(moment, &style.zone)).unwrap_or_default())
        .with("RunningFor", created.map(|moment| time::ago(moment, style.now)).unwrap_or_default())
        .with("Ports", "")
        .with("State", status.name())
        .with("Status", condition(container, style.now))
        .with("Size", sizes.map_or_else(|| size::decimal(0), in_words))
        .with("Labels", text::labels(pairs))
        .with("Mounts", mounts(&record.mounts, style.truncates))
        .with("LocalVolumes", record.mounts.iter().filter(|m| volume(m).is_some()).count().to_string())
        .with("Networks", record.host.network.name())
        .with("Platform", record.platform.to_string())
        .with("HealthStatus", "none")
        .with_labels(labels.clone())
}

/// The times in our records are ours; one that cannot be read is shown as nothing.
fn moment(text: &str) -> Option<Timestamp> {
    text.parse().ok()
}

/// What a container does, as a sentence: `Up 5 minutes (Paused)`.
pub(super) fn condition(container: &Container, now: Timestamp) -> String {
    let Container { state, status, .. } = container;
    let since = |time: &Option<String>| {
        let seconds = time.as_deref().and_then(moment).map_or(0, |time| now.duration_since(time).as_secs());
        time::rough(u64::try_from(seconds).unwrap_or(0))
    };
    match status {
        Status::Running => format!("Up {}", since(&state.started)),
        Status::Paused => format!("Up {} (Paused)", since(&state.started)),
        Status::Exited => format!("Exited ({}) {} ago", state.exit_code, since(&state.finished)),
        Status::Lost => "Dead".to_owned(),
        Status::Created => "Created".to_owned(),
    }
}

/// Program and arguments on one line; arguments with blanks are in quotes.
fn command(words: &[String]) -> String {
    let quoted = |(position, word): (usize, &String)| {
        if position > 0 && word.contains(' ') { format!("'{word}'") } else { word.clone() }
    };
    words.iter().enumerate().map(quoted).collect::<Vec<_>>().join(" ")
}

/// The image without what a name has by default, and without a digest.
fn short_image(name: &str, id: &oci::Digest) -> String {
    let short = id.hex();
    let digits = name.strip_prefix("sha256:").unwrap_or(name);
    if digits.len() >= 12 && short.starts_with(digits) {
        return text::short_id(name).to_owned();
    }
    let Ok(reference) = name.parse::<Reference>() else { return name.to_owned() };
    let is_tagged =
        name.rsplit('/').next().is_some_and(|last| last.split('@').next().unwrap_or(last).contains(':'));
    match reference.tag().filter(|_| is_tagged) {
        Some(tag) => format!("{}:{tag}", reference.familiar_name()),
        None => reference.familiar_name(),
    }
}

fn in_words(sizes: Sizes) -> String {
    format!("{} (virtual {})", size::decimal(sizes.changes), size::decimal(sizes.whole))
}

fn volume(mount: &MountPoint) -> Option<&str> {
    if let MountKind::Volume { name, .. } = &mount.kind { Some(name) } else { None }
}

/// Volumes by name, other mounts by their source.
fn mounts(mounts: &[MountPoint], truncates: bool) -> String {
    let name = |mount: &MountPoint| {
        let name = volume(mount).map_or_else(|| shown(&mount.source), ToOwned::to_owned);
        if truncates { text::ellipsis(&name, MOUNT) } else { name }
    };
    mounts.iter().map(name).collect::<Vec<_>>().join(",")
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use engine::containers::{HostSettings, Record, State};
    use insta::assert_snapshot;
    use output::template::{Format, list};

    /// A container that was never started.
    pub(in super::super) fn container(name: &str) -> Container {
        let record = Record {
            id: "0123456789abcdef".repeat(4),
            name: name.into(),
            created: "2024-01-02T03:04:05.678Z".into(),
            image: oci::Digest::of(b"image"),
            manifest: None,
            image_name: "docker.io/library/debian:bookworm".into(),
            layers: vec![],
            platform: "linux/amd64".parse().expect("a platform"),
            execution: oci::image::Execution::default(),
            command: ["/bin/sh", "-c", "while true; do sleep 1; done"].map(Into::into).to_vec(),
            hostname: String::new(),
            domain_name: String::new(),
            terminal: false,
            open_input: false,
            input_once: false,
            host: HostSettings::default(),
            mounts: vec![],
        };
        Container { record, state: State::default(), status: Status::Created, init: None }
    }

    fn now() -> Timestamp {
        "2024-01-02T05:04:05.678Z".parse().expect("a time")
    }

    fn ended(name: &str, status: Status, finished: Option<&str>) -> Container {
        let mut container = container(name);
        container.status = status;
        container.state.started = Some("2024-01-02T04:59:00Z".into());
        container.state.finished = finished.map(Into::into);
        container.state.exit_code = if finished.is_some() { 137 } else { 0 };
        container
    }

    fn print(format: &str, truncates: bool, containers: &[Container]) -> String {
        let style = Style { truncates, now: now(), zone: TimeZone::UTC };
        let rows = containers.iter().map(|container| {
            let sizes = Sizes { changes: 1_200, whole: 77_812_000 };
            row(container, &container.record.image_name, Some(sizes), &style)
        });
        let mut out = Vec::new();
        let format = Format::parse(format, crate::commands::ps::TABLE).expect("a format");
        list(&mut out, &format, &HEADERS, rows).expect("rows");
        String::from_utf8(out).expect("text")
    }

    #[test]
    fn the_table() {
        let containers = [
            ended("web", Status::Running, None),
            ended("held", Status::Paused, None),
            ended("old", Status::Exited, Some("2024-01-02T05:00:05Z")),
            container("new"),
        ];
        assert_snapshot!(print("", true, &containers), @r#"
        CONTAINER ID   IMAGE             COMMAND                  CREATED       STATUS                       PORTS     NAMES
        0123456789ab   debian:bookworm   "/bin/sh -c 'while t…"   2 hours ago   Up 5 minutes                           web
        0123456789ab   debian:bookworm   "/bin/sh -c 'while t…"   2 hours ago   Up 5 minutes (Paused)                  held
        0123456789ab   debian:bookworm   "/bin/sh -c 'while t…"   2 hours ago   Exited (137) 4 minutes ago             old
        0123456789ab   debian:bookworm   "/bin/sh -c 'while t…"   2 hours ago   Created                                new
        "#);
    }

    #[test]
    fn every_field_in_json() {
        let mut container = container("web");
        container.record.execution.labels = [("a".into(), "1".into()), ("b".into(), String::new())].into();
        let volume = |name: &str| MountPoint {
            kind: MountKind::Volume { name: name.into(), anonymous: false },
            source: "/data".into(),
            destination: "/v".into(),
            read_only: false,
            propagation: String::new(),
            options: vec![],
        };
        container.record.mounts =
            vec![volume("a-volume-with-a-long-name"), MountPoint { kind: MountKind::Bind, ..volume("") }];
        assert_snapshot!(print("json", true, std::slice::from_ref(&container)), @r#"{"Command":"\"/bin/sh -c 'while t…\"","CreatedAt":"2024-01-02 03:04:05 +0000 UTC","HealthStatus":"none","ID":"0123456789ab","Image":"debian:bookworm","Labels":"a=1,b=","LocalVolumes":"1","Mounts":"a-volume-with-…,/data","Names":"web","Networks":"bridge","Platform":"linux/amd64","Ports":"","RunningFor":"2 hours ago","Size":"1.2kB (virtual 77.8MB)","State":"created","Status":"Created"}"#);
        assert_snapshot!(print("{{.Label \"a\"}} {{.Mounts}} {{.Image}}\\t{{.Command}}", false, &[container]), @r#"1 a-volume-with-a-long-name,/data docker.io/library/debian:bookworm	"/bin/sh -c 'while true; do sleep 1; done'""#);
    }

    #[test]
    fn images_in_short() {
        let id = oci::Digest::of(b"image");
        let hex = id.hex();
        for (name, short) in [
            ("docker.io/library/a", "a"),
            ("a:1", "a:1"),
            ("host:5000/a/b", "host:5000/a/b"),
            ("host:5000/a/b:1", "host:5000/a/b:1"),
            (&format!("a:1@{id}"), "a:1"),
            (&format!("a@{id}"), "a"),
            (&id.to_string(), &hex[..12]),
            (&hex[..20], &hex[..12]),
            ("NOT A NAME", "NOT A NAME"),
        ] {
            assert_eq!(short_image(name, &id), short, "{name}");
        }
    }
}
