//! Documents: manifests and indexes, by tag or by digest, and their way back.

use crate::DOCUMENT_LIMIT;
use crate::client::Client;
use crate::error::{Error, Result};
use crate::hosts::{Endpoint, Route};
use crate::pace::Broken;
use crate::request::{self, Ask, Attempt};
use bytes::Bytes;
use oci::image::media_type;
use oci::{Digest, Reference};
use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE, HeaderMap};

/// What is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted<'a> {
    /// What a tag means now.
    Tag(&'a str),
    /// What has this digest.
    Digest(&'a Digest),
}

impl<'a> Wanted<'a> {
    /// The digest of a name, or else its tag.
    #[must_use]
    pub fn of(name: &'a Reference) -> Self {
        match (name.digest(), name.tag()) {
            (Some(digest), _) => Self::Digest(digest),
            (None, tag) => Self::Tag(tag.unwrap_or("latest")),
        }
    }
}

impl std::fmt::Display for Wanted<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Tag(tag) => f.write_str(tag),
            Self::Digest(digest) => digest.fmt(f),
        }
    }
}

/// A document as a registry sent it; its digest was computed here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// Its bytes.
    pub text: Vec<u8>,
    /// Their digest.
    pub digest: Digest,
    /// What the registry calls it.
    pub media_type: String,
    /// The endpoint that had it, by its place in the route: it likely has the rest as well.
    pub endpoint: usize,
}

/// The types of documents that we read.
const ACCEPTED: [&str; 4] =
    [media_type::INDEX, media_type::MANIFEST, media_type::DOCKER_INDEX, media_type::DOCKER_MANIFEST];

impl Client {
    /// Fetches a document: from the first endpoint that has it, verified if it is asked for by its digest.
    ///
    /// # Errors
    /// [`Error::NotFound`] and the others; of several endpoints the registry's own answer, which is asked last.
    pub fn document(&self, route: &Route, what: &str, wanted: Wanted<'_>) -> Result<Document> {
        self.first(route, what, wanted, |endpoint, at| self.fetch_document(endpoint, at, what, wanted))
    }

    /// The digest that a tag has now, if the registry tells it without sending the document.
    ///
    /// # Errors
    /// As [`Client::document`].
    pub fn digest_of(&self, route: &Route, what: &str, tag: &str) -> Result<Option<Digest>> {
        let wanted = Wanted::Tag(tag);
        self.first(route, what, wanted, |endpoint, _| {
            let path = path(endpoint, wanted);
            let scope = pull_scope(&endpoint.repository);
            let mut ask = Ask::new(what, endpoint, Method::HEAD, &path, &scope);
            ask.headers = accepted();
            let response = self.wait(self.answer(&ask))?;
            Ok(told_digest(response.headers()))
        })
    }

    /// Stores a document under a tag or its digest.
    ///
    /// # Errors
    /// As [`Client::document`]; [`Error::Wrong`] if the registry stored it under another digest.
    pub fn put_document(
        &self,
        route: &Route,
        what: &str,
        wanted: Wanted<'_>,
        media_type: &str,
        text: &[u8],
    ) -> Result<()> {
        let endpoint = pushed_to(route, what)?;
        let path = path(endpoint, wanted);
        let scope = push_scope(&endpoint.repository);
        let content = Bytes::copy_from_slice(text);
        let body = move || Ok(Some(reqwest::Body::from(content.clone())));
        let mut ask = Ask::new(what, endpoint, Method::PUT, &path, &scope);
        ask.headers = vec![(CONTENT_TYPE, media_type.to_owned())];
        ask.body = &body;
        let response = self.wait(self.answer(&ask))?;
        match told_digest(response.headers()) {
            Some(told) if told != Digest::of(text) => {
                Err(ask.wrong(format!("it stored {told} instead of {}", Digest::of(text))))
            }
            _ => Ok(()),
        }
    }

    /// Whether the registry has a document.
    ///
    /// # Errors
    /// As [`Client::document`], except that it is not there.
    pub fn has_document(&self, route: &Route, what: &str, digest: &Digest) -> Result<bool> {
        let endpoint = pushed_to(route, what)?;
        let path = path(endpoint, Wanted::Digest(digest));
        let scope = push_scope(&endpoint.repository);
        let mut ask = Ask::new(what, endpoint, Method::HEAD, &path, &scope);
        ask.headers = accepted();
        match self.wait(self.answer(&ask)) {
            Ok(_) => Ok(true),
            Err(Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Asks the endpoints of a route in turn. What a mirror says against it is nobody's business if the next one has it.
    pub(crate) fn first<T>(
        &self,
        route: &Route,
        what: &str,
        wanted: Wanted<'_>,
        ask: impl Fn(&Endpoint, usize) -> Result<T>,
    ) -> Result<T> {
        let serves = |endpoint: &&Endpoint| match wanted {
            Wanted::Tag(_) => endpoint.serves.tags,
            Wanted::Digest(_) => endpoint.serves.digests,
        };
        let able: Vec<(usize, &Endpoint)> =
            route.endpoints.iter().enumerate().filter(|(_, endpoint)| serves(endpoint)).collect();
        let mut last = None;
        for (at, endpoint) in able {
            match ask(endpoint, at) {
                Err(Error::Canceled) => return Err(Error::Canceled),
                Err(error) => last = Some(error),
                answer => return answer,
            }
        }
        Err(last.unwrap_or_else(|| Error::NotFound { what: format!("{what}: no endpoint serves it") }))
    }

    fn fetch_document(
        &self,
        endpoint: &Endpoint,
        at: usize,
        what: &str,
        wanted: Wanted<'_>,
    ) -> Result<Document> {
        let path = path(endpoint, wanted);
        let scope = pull_scope(&endpoint.repository);
        let mut ask = Ask::new(what, endpoint, Method::GET, &path, &scope);
        ask.headers = accepted();
        let (text, headers) = self.wait(self.whole(&ask))?;
        let found = Digest::of(&text);
        let expected = match wanted {
            Wanted::Digest(digest) => Some(*digest),
            Wanted::Tag(_) => told_digest(&headers),
        };
        if let Some(expected) = expected.filter(|expected| *expected != found) {
            return Err(Error::DigestMismatch {
                what: what.to_owned(),
                host: endpoint.host.clone(),
                expected,
                found,
            });
        }
        let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let media_type = media_type.split(';').next().unwrap_or_default().trim().to_owned();
        Ok(Document { text, digest: found, media_type, endpoint: at })
    }

    /// A whole answer in memory; one that breaks off is asked for again.
    pub(crate) async fn whole(&self, ask: &Ask<'_>) -> Result<(Vec<u8>, HeaderMap)> {
        let mut attempt = 1;
        loop {
            let (error, told) = match self.attempt(ask).await? {
                Attempt::Answered(mut response) => match self.bounded(&mut response, DOCUMENT_LIMIT).await {
                    Ok(text) => return Ok((text, response.headers().clone())),
                    Err(long @ Broken::TooLong(_)) => return Err(ask.wrong(long.to_string())),
                    Err(Broken::Off(reason)) => (ask.unavailable(reason), None),
                },
                Attempt::Failed(error, told) => (error, told),
            };
            request::again(ask, &mut attempt, error, told).await?;
        }
    }
}

/// The endpoint that a route's content is written to.
pub(crate) fn pushed_to<'r>(route: &'r Route, what: &str) -> Result<&'r Endpoint> {
    route.for_pushes().ok_or_else(|| Error::Denied {
        what: what.to_owned(),
        host: route.endpoints.last().map(|endpoint| endpoint.host.clone()).unwrap_or_default(),
        reason: "the settings of this host let nothing be pushed".into(),
    })
}

fn path(endpoint: &Endpoint, wanted: Wanted<'_>) -> String {
    format!("/{}/manifests/{wanted}", endpoint.repository)
}

fn accepted() -> Vec<(reqwest::header::HeaderName, String)> {
    vec![(ACCEPT, ACCEPTED.join(", "))]
}

fn told_digest(headers: &HeaderMap) -> Option<Digest> {
    headers.get("docker-content-digest")?.to_str().ok()?.parse().ok()
}

pub(crate) fn pull_scope(repository: &str) -> String {
    format!("repository:{repository}:pull")
}

pub(crate) fn push_scope(repository: &str) -> String {
    format!("repository:{repository}:pull,push")
}
