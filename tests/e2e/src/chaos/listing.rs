//! Lists: repositories, tags, referrers.

use super::answer::error;
use super::content::{Content, Manifest};
use crate::http::{Head, Reply};
use serde_json::{Value, json};

/// The repositories.
pub(super) fn catalog(content: &Content, head: &Head) -> Reply {
    let names = content.repositories.keys().cloned().collect();
    let (names, link) = page(content, names, head);
    linked(Reply::json(200, &json!({ "repositories": names })), link)
}

/// The tags of a repository.
pub(super) fn tags(content: &Content, name: &str, head: &Head) -> Reply {
    let Some(repository) = content.repositories.get(name) else {
        return error(404, "NAME_UNKNOWN", "repository name not known to registry");
    };
    let tags = repository.references.keys().filter(|reference| !reference.contains(':')).cloned().collect();
    let (tags, link) = page(content, tags, head);
    linked(Reply::json(200, &json!({ "name": name, "tags": tags })), link)
}

/// What refers to a digest.
pub(super) fn referrers(content: &Content, name: &str, digest: &str, head: &Head) -> Reply {
    let wanted = head.parameter("artifactType");
    let manifests = content.repositories.get(name).map(|repository| &repository.manifests);
    let found = manifests.into_iter().flatten().filter_map(|(own, manifest)| {
        let descriptor = referrer(own, manifest, digest)?;
        let is_wanted = wanted.as_ref().is_none_or(|wanted| descriptor["artifactType"] == wanted.as_str());
        is_wanted.then_some(descriptor)
    });
    let media_type = "application/vnd.oci.image.index.v1+json";
    let index = json!({
        "schemaVersion": 2,
        "mediaType": media_type,
        "manifests": found.collect::<Vec<_>>(),
    });
    let reply = Reply::json(200, &index).header("Content-Type", media_type);
    if wanted.is_some() { reply.header("OCI-Filters-Applied", "artifactType") } else { reply }
}

/// A manifest's descriptor, if its subject is this digest.
fn referrer(own: &str, manifest: &Manifest, digest: &str) -> Option<Value> {
    let document: Value = serde_json::from_slice(&manifest.bytes).ok()?;
    if document["subject"]["digest"] != digest {
        return None;
    }
    let kind = document.get("artifactType").or_else(|| document["config"].get("mediaType"));
    let mut descriptor = json!({
        "mediaType": manifest.media_type,
        "digest": own,
        "size": manifest.bytes.len(),
        "artifactType": kind,
    });
    if let Some(annotations) = document.get("annotations") {
        descriptor["annotations"] = annotations.clone();
    }
    Some(descriptor)
}

/// The entries after `last`, `n` of them, and where more are.
fn page(content: &Content, all: Vec<String>, head: &Head) -> (Vec<String>, Option<String>) {
    let last = head.parameter("last").unwrap_or_default();
    let asked = head.parameter("n").and_then(|text| text.parse().ok());
    let most = asked.into_iter().chain(content.page).min().unwrap_or(usize::MAX);
    let mut rest: Vec<String> = all.into_iter().filter(|name| *name > last).collect();
    let has_more = rest.len() > most;
    rest.truncate(most);
    let link = rest.last().filter(|_| has_more);
    let link = link.map(|last| format!("<{}?n={most}&last={last}>; rel=\"next\"", head.path()));
    (rest, link)
}

fn linked(reply: Reply, link: Option<String>) -> Reply {
    match link {
        Some(link) => reply.header("Link", link),
        None => reply,
    }
}
