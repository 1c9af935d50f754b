//! What a registry says when nothing goes wrong (OCI distribution specification 1.1).

use super::content::{Content, Manifest};
use super::place::Place;
use super::{listing, upload};
use crate::digest::has_digest;
use crate::http::{Head, Reply};
use serde_json::{Value, json};

/// Answers a request.
pub(super) fn answer(content: &mut Content, head: &Head, body: Vec<u8>) -> Reply {
    let is_read = ["GET", "HEAD"].contains(&head.method.as_str());
    let Some(place) = Place::of(head.path()) else { return error(404, "UNSUPPORTED", "no such endpoint") };
    match (place, head.method.as_str()) {
        (Place::Top, _) if is_read => Reply::json(200, &json!({})),
        (Place::Catalog, "GET") => listing::catalog(content, head),
        (Place::Tags(name), "GET") => listing::tags(content, name, head),
        (Place::Referrers(name, digest), "GET") => listing::referrers(content, name, digest, head),
        (Place::Manifest(name, reference), _) if is_read => read_manifest(content, name, reference),
        (Place::Manifest(name, reference), "PUT") => write_manifest(content, (name, reference), head, body),
        (Place::Manifest(name, reference), "DELETE") => delete_manifest(content, name, reference),
        (Place::Blob(name, digest), _) if is_read => read_blob(content, name, digest, head),
        (Place::Blob(name, digest), "DELETE") => delete_blob(content, name, digest),
        (Place::Uploads(name), "POST") => upload::begin(content, name, head, body),
        (Place::Upload(name, id), _) => upload::go_on(content, (name, id), head, body),
        _ => error(405, "UNSUPPORTED", "this method is not for this endpoint"),
    }
    .header("Docker-Distribution-Api-Version", "registry/2.0")
}

/// An error with its document.
pub(super) fn error(status: u16, code: &str, message: &str) -> Reply {
    Reply::json(status, &json!({ "errors": [{ "code": code, "message": message, "detail": null }] }))
}

fn read_manifest(content: &Content, name: &str, reference: &str) -> Reply {
    let Some((digest, manifest)) = content.manifest(name, reference) else {
        return error(404, "MANIFEST_UNKNOWN", "manifest unknown");
    };
    Reply::new(200)
        .header("Content-Type", &manifest.media_type)
        .header("Docker-Content-Digest", digest)
        .body(manifest.bytes.clone())
}

fn write_manifest(content: &mut Content, place: (&str, &str), head: &Head, body: Vec<u8>) -> Reply {
    let (name, reference) = place;
    let Ok(document) = serde_json::from_slice::<Value>(&body) else {
        return error(400, "MANIFEST_INVALID", "manifest is no JSON");
    };
    if reference.contains(':') && !has_digest(&body, reference) {
        return error(400, "DIGEST_INVALID", "manifest has another digest");
    }
    let Some(media_type) = head.header("content-type") else {
        return error(400, "MANIFEST_INVALID", "manifest has no media type");
    };
    if let Some(missing) = missing(content, name, &document) {
        return error(404, "MANIFEST_BLOB_UNKNOWN", &format!("{missing} is not here"));
    }
    let manifest = Manifest { media_type: media_type.to_owned(), bytes: body };
    let digest = content.add_manifest(name, reference, manifest);
    let reply = Reply::new(201)
        .header("Location", format!("/v2/{name}/manifests/{digest}"))
        .header("Docker-Content-Digest", digest);
    match document["subject"]["digest"].as_str() {
        Some(subject) => reply.header("OCI-Subject", subject),
        None => reply,
    }
}

/// What a manifest or an index names and the repository has not.
fn missing(content: &Content, name: &str, document: &Value) -> Option<String> {
    let list = |key: &str| document[key].as_array().map_or(&[][..], Vec::as_slice);
    let is_elsewhere = |descriptor: &&Value| descriptor["urls"].is_array();
    let blobs = list("layers").iter().filter(|layer| !is_elsewhere(layer)).chain(document.get("config"));
    let mut blobs = blobs.filter_map(|descriptor| descriptor["digest"].as_str());
    let mut manifests = list("manifests").iter().filter_map(|descriptor| descriptor["digest"].as_str());
    let blob = blobs.find(|digest| content.blob(name, digest).is_none());
    blob.or_else(|| manifests.find(|digest| content.manifest(name, digest).is_none())).map(str::to_owned)
}

fn delete_manifest(content: &mut Content, name: &str, reference: &str) -> Reply {
    let repository = content.repository(name);
    if repository.references.remove(reference).is_some() {
        return Reply::new(202);
    }
    repository.references.retain(|_, digest| digest != reference);
    match repository.manifests.remove(reference) {
        Some(_) => Reply::new(202),
        None => error(404, "MANIFEST_UNKNOWN", "manifest unknown"),
    }
}

fn read_blob(content: &Content, name: &str, digest: &str, head: &Head) -> Reply {
    let Some(bytes) = content.blob(name, digest) else {
        return error(404, "BLOB_UNKNOWN", "blob unknown to registry");
    };
    let reply = Reply::new(200)
        .header("Content-Type", "application/octet-stream")
        .header("Docker-Content-Digest", digest)
        .header("Accept-Ranges", "bytes");
    let range = head.header("range").filter(|_| head.method == "GET").and_then(|text| range(text, bytes));
    match range {
        None => reply.body(bytes.clone()),
        Some(Err(())) => Reply::new(416).header("Content-Range", format!("bytes */{}", bytes.len())),
        Some(Ok((first, last))) => {
            let mut reply = reply.body(bytes[first..=last].to_vec());
            reply.status = 206;
            reply.header("Content-Range", format!("bytes {first}-{last}/{}", bytes.len()))
        }
    }
}

/// The first and last byte of `bytes=N-` or `bytes=N-M`; nothing for what is no range, an error for one that is not there.
fn range(text: &str, bytes: &[u8]) -> Option<Result<(usize, usize), ()>> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let first: usize = first.parse().ok()?;
    let end = bytes.len().saturating_sub(1);
    let last = if last.is_empty() { end } else { last.parse().ok().map(|last: usize| last.min(end))? };
    Some(if first < bytes.len() && first <= last { Ok((first, last)) } else { Err(()) })
}

fn delete_blob(content: &mut Content, name: &str, digest: &str) -> Reply {
    if content.repository(name).blobs.remove(digest) {
        Reply::new(202)
    } else {
        error(404, "BLOB_UNKNOWN", "blob unknown to registry")
    }
}
