//! `system df --verbose`: four tables.

use super::survey::Survey;
use crate::commands::image::ls as images;
use crate::commands::ps::row as containers;
use crate::commands::volume::ls as volumes;
use crate::failure::Outcome;
use engine::store::cache::Record;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use oci::Digest;
use output::size::{decimal, decimal_precise};
use output::template::{self, Format, Row};
use output::{text, time};
use std::io::Write;
use std::path::Path;

const IMAGES: &str = "table {{.Repository}}\t{{.Tag}}\t{{.ID}}\t{{.CreatedSince}}\t{{.Size}}\t{{.SharedSize}}\t{{.UniqueSize}}\t{{.Containers}}";
const CONTAINERS: &str = "table {{.ID}}\t{{.Image}}\t{{.Command}}\t{{.LocalVolumes}}\t{{.Size}}\t{{.RunningFor}}\t{{.Status}}\t{{.Names}}";
const VOLUMES: &str = "table {{.Name}}\t{{.Links}}\t{{.Size}}";
const CACHE: &str = "table {{.ID}}\t{{.CacheType}}\t{{.Size}}\t{{.CreatedSince}}\t{{.LastUsedSince}}\t{{.UsageCount}}\t{{.Shared}}";
const CACHE_HEADERS: &[(&str, &str)] = &[
    ("ID", "CACHE ID"),
    ("CacheType", "CACHE TYPE"),
    ("Size", "SIZE"),
    ("CreatedSince", "CREATED"),
    ("LastUsedSince", "LAST USED"),
    ("UsageCount", "USAGE"),
    ("Shared", "SHARED"),
];

/// Prints the four tables.
pub(super) fn write(out: &mut dyn Write, survey: &Survey) -> Outcome<()> {
    let now = Timestamp::now();
    writeln!(out, "Images space usage:\n")?;
    template::list(out, &Format::parse("", IMAGES)?, images::HEADERS, image_rows(survey, now))?;
    writeln!(out, "\nContainers space usage:\n")?;
    template::list(out, &Format::parse("", CONTAINERS)?, &containers::HEADERS, container_rows(survey, now))?;
    writeln!(out, "\nLocal Volumes space usage:\n")?;
    template::list(out, &Format::parse("", VOLUMES)?, volumes::HEADERS, volume_rows(survey))?;
    let bytes = survey.cache.iter().map(|(_, record)| survey.own_bytes(record)).sum();
    writeln!(out, "\nBuild cache usage: {}\n", decimal_precise(bytes))?;
    let rows = survey.cache.iter().map(|(key, record)| step_row(survey, key, record, now));
    Ok(template::list(out, &Format::parse("", CACHE)?, CACHE_HEADERS, rows)?)
}

/// A row for each image, with the first of its names.
fn image_rows(survey: &Survey, now: Timestamp) -> Vec<Row> {
    let look = images::Look { whole_ids: false, now, zone: TimeZone::system() };
    let row = |(image, users): &(engine::images::Image, usize)| {
        let (bytes, shared) = survey.image_bytes(image);
        look.row(image, image.names.first(), bytes)
            .with("SharedSize", decimal_precise(shared))
            .with("UniqueSize", decimal_precise(bytes - shared))
            .with("Containers", users.to_string())
    };
    survey.images.iter().map(row).collect()
}

fn container_rows(survey: &Survey, now: Timestamp) -> Vec<Row> {
    let style = containers::Style { truncates: true, now, zone: TimeZone::system() };
    let row = |(container, bytes): &(engine::containers::Container, u64)| {
        containers::row(container, &container.record.image_name, None, &style).with("Size", decimal(*bytes))
    };
    survey.containers.iter().map(row).collect()
}

fn volume_rows(survey: &Survey) -> Vec<Row> {
    let row = |(volume, bytes, users): &(engine::volumes::Volume, u64, usize)| {
        volumes::row(volume, Path::new(""))
            .with("Links", users.to_string())
            .with("Size", decimal_precise(*bytes))
    };
    survey.volumes.iter().map(row).collect()
}

/// A step of the build cache. How often and when it was used is not recorded.
fn step_row(survey: &Survey, key: &Digest, record: &Record, now: Timestamp) -> Row {
    let created: Option<Timestamp> = record.created.parse().ok();
    let kind = record.step.split_whitespace().next().unwrap_or_default();
    let bytes = survey.own_bytes(record);
    Row::default()
        .with("ID", text::short_id(&key.to_string()))
        .with("CacheType", kind)
        .with("Size", decimal_precise(bytes))
        .with("CreatedSince", created.map(|created| time::ago(created, now)).unwrap_or_default())
        .with("LastUsedSince", "")
        .with("UsageCount", "")
        .with("Shared", (bytes == 0 && record.layer.is_some()).to_string())
}
