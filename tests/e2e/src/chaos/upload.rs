//! Uploads: whole ones, in pieces, and from other repositories.

use super::answer::error;
use super::content::{Content, Upload};
use crate::digest::has_digest;
use crate::http::{Head, Reply};

/// `POST`: mounts a blob, takes a whole one, or begins an upload.
pub(super) fn begin(content: &mut Content, name: &str, head: &Head, body: Vec<u8>) -> Reply {
    if let (Some(digest), Some(from)) = (head.parameter("mount"), head.parameter("from"))
        && let Some(bytes) = content.blob(&from, &digest).cloned()
    {
        content.add_blob(name, &digest, bytes);
        return created(name, &digest);
    }
    if let Some(digest) = head.parameter("digest") {
        return finish(content, name, &digest, body);
    }
    content.uploads_begun += 1;
    let id = format!("upload-{}", content.uploads_begun);
    let upload = Upload { repository: name.to_owned(), ..Upload::default() };
    let reply = progress(202, name, &id, &upload);
    content.uploads.insert(id, upload);
    reply
}

/// Everything about an upload that has begun.
pub(super) fn go_on(content: &mut Content, place: (&str, &str), head: &Head, body: Vec<u8>) -> Reply {
    let (name, id) = place;
    let Some(upload) = content.uploads.get_mut(id).filter(|upload| upload.repository == name) else {
        return error(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry");
    };
    let is_latest = head.parameter("state") == Some(upload.state.to_string());
    match head.method.as_str() {
        "GET" => progress(204, name, id, upload),
        "DELETE" => {
            content.uploads.remove(id);
            Reply::new(204)
        }
        "PATCH" | "PUT" if !is_latest => {
            error(400, "BLOB_UPLOAD_INVALID", "this is not the address that was given last")
        }
        "PATCH" | "PUT" if !follows(upload, head) => progress(416, name, id, upload),
        "PATCH" => {
            take(upload, &body);
            progress(202, name, id, upload)
        }
        "PUT" => {
            let Some(digest) = head.parameter("digest") else {
                return error(400, "DIGEST_INVALID", "no digest was named");
            };
            let mut bytes = content.uploads.remove(id).unwrap_or_default().bytes;
            bytes.extend_from_slice(&body);
            finish(content, name, &digest, bytes)
        }
        _ => error(405, "UNSUPPORTED", "this method is not for uploads"),
    }
}

/// Takes a piece.
pub(super) fn take(upload: &mut Upload, bytes: &[u8]) {
    upload.bytes.extend_from_slice(bytes);
    upload.state += 1;
}

/// Whether a piece begins where the last one ended.
fn follows(upload: &Upload, head: &Head) -> bool {
    let Some(range) = head.header("content-range") else { return true };
    let first = range.trim_start_matches("bytes ").split('-').next().unwrap_or_default();
    first.parse() == Ok(upload.bytes.len())
}

fn progress(status: u16, name: &str, id: &str, upload: &Upload) -> Reply {
    Reply::new(status)
        .header("Location", format!("/v2/{name}/blobs/uploads/{id}?state={}", upload.state))
        .header("Docker-Upload-UUID", id)
        .header("Range", format!("0-{}", upload.bytes.len().saturating_sub(1)))
}

fn finish(content: &mut Content, name: &str, digest: &str, bytes: Vec<u8>) -> Reply {
    if !has_digest(&bytes, digest) {
        return error(400, "DIGEST_INVALID", "provided digest did not match uploaded content");
    }
    content.add_blob(name, digest, bytes);
    created(name, digest)
}

fn created(name: &str, digest: &str) -> Reply {
    Reply::new(201)
        .header("Location", format!("/v2/{name}/blobs/{digest}"))
        .header("Docker-Content-Digest", digest)
}
