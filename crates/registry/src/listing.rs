//! Lists: the tags of a repository, the repositories of a registry, what refers to a document.

use crate::client::Client;
use crate::document::pull_scope;
use crate::error::{Error, Result, cut};
use crate::hosts::{Endpoint, Route};
use crate::request::{self, Ask};
use crate::{DOCUMENT_LIMIT, Wanted};
use oci::Digest;
use oci::image::{Descriptor, Index};
use reqwest::{Method, Url};
use serde::Deserialize;
use std::collections::HashSet;

/// Most pages of a list.
const PAGES: usize = 1000;
/// Most bytes of a list, over all of its pages.
const LIST_LIMIT: u64 = 16 * DOCUMENT_LIMIT;

#[derive(Deserialize)]
struct Tags {
    /// Go writes an empty list as `null`.
    tags: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct Catalog {
    repositories: Option<Vec<String>>,
}

impl Client {
    /// The tags of a repository, in the registry's order.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is no such repository.
    pub fn tags(&self, route: &Route, what: &str) -> Result<Vec<String>> {
        self.first(route, what, Wanted::Tag(""), |endpoint, _| {
            let path = format!("/{}/tags/list", endpoint.repository);
            self.pages(endpoint, what, path, &pull_scope(&endpoint.repository), |text| {
                serde_json::from_slice::<Tags>(text).map(|page| page.tags.unwrap_or_default())
            })
        })
    }

    /// The repositories of a registry, where it tells them.
    ///
    /// # Errors
    /// [`Error::NotFound`] or [`Error::Denied`] where it does not.
    pub(crate) fn repositories(&self, endpoint: &Endpoint, what: &str) -> Result<Vec<String>> {
        self.pages(endpoint, what, "/_catalog".into(), "registry:catalog:*", |text| {
            serde_json::from_slice::<Catalog>(text).map(|page| page.repositories.unwrap_or_default())
        })
    }

    /// What refers to a document: signatures, attestations, other artifacts (distribution specification 1.1, "Listing Referrers"). A registry that does
    /// not know the question has the list under a tag, or has none.
    ///
    /// # Errors
    /// What stands in the way of knowing it.
    pub fn referrers(&self, route: &Route, digest: &Digest) -> Result<Vec<Descriptor>> {
        let what = format!("what refers to {digest}");
        let endpoint = route.endpoints.last().ok_or_else(|| Error::NotFound { what: what.clone() })?;
        let path = format!("/{}/referrers/{digest}", endpoint.repository);
        let read = |text: &[u8]| serde_json::from_slice::<Index>(text).map(|index| index.manifests);
        match self.pages(endpoint, &what, path, &pull_scope(&endpoint.repository), read) {
            Err(Error::NotFound { .. } | Error::Wrong { .. }) => {}
            answer => return answer,
        }
        match self.document(route, &what, Wanted::Tag(&tag_of_referrers(digest))) {
            Ok(document) => read(&document.text).map_err(|error| Error::Wrong {
                what,
                host: endpoint.host.clone(),
                reason: format!("its list is no index: {error}"),
            }),
            Err(Error::NotFound { .. }) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// All pages of a list.
    fn pages<T>(
        &self,
        endpoint: &Endpoint,
        what: &str,
        first: String,
        scope: &str,
        read: impl Fn(&[u8]) -> Result<Vec<T>, serde_json::Error>,
    ) -> Result<Vec<T>> {
        let mut all = Vec::new();
        let mut path = first;
        let mut seen = HashSet::new();
        let mut left = LIST_LIMIT;
        loop {
            let ask = Ask::new(what, endpoint, Method::GET, &path, scope);
            let (text, headers) = self.wait(self.whole(&ask))?;
            left = left
                .checked_sub(text.len() as u64)
                .ok_or_else(|| ask.wrong(format!("its list has more than {LIST_LIMIT} bytes")))?;
            all.extend(read(&text).map_err(|error| ask.wrong(format!("its list: {error}")))?);
            let link = headers.get("link").and_then(|value| value.to_str().ok()).and_then(next_of);
            let Some(link) = link else { return Ok(all) };
            let next = self.below(endpoint, &ask, link)?;
            if seen.len() == PAGES || !seen.insert(next.clone()) {
                return Err(ask.wrong(format!("its list has no end: after {} pages", seen.len())));
            }
            path = next;
        }
    }

    /// The next page's place; it is on the same host, whatever the registry says.
    fn below(&self, endpoint: &Endpoint, ask: &Ask<'_>, next: &str) -> Result<String> {
        let scheme = self.known_scheme(&endpoint.host).unwrap_or(endpoint.schemes[0]);
        let base = format!("{}://{}{}/", scheme.name(), endpoint.host, endpoint.prefix);
        let url = Url::parse(&base).and_then(|base| base.join(next));
        let url = url.map_err(|_| ask.wrong("its next page is nowhere".into()))?;
        if !request::is_home(endpoint, scheme, &url) {
            return Err(ask.wrong(format!("its next page is elsewhere, at {}", cut(url.as_str()))));
        }
        Ok(url.to_string())
    }
}

/// The tag under which registries of before keep the list (distribution specification 1.1, "Referrers Tag Schema").
fn tag_of_referrers(digest: &Digest) -> String {
    format!("sha256-{}", digest.hex())
}

/// The target of `<…>; rel="next"` (RFC 8288).
fn next_of(header: &str) -> Option<&str> {
    let (target, rest) = header.trim().strip_prefix('<')?.split_once('>')?;
    rest.replace('"', "").contains("rel=next").then_some(target)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links() {
        assert_eq!(next_of("</v2/a/tags/list?n=1&last=b>; rel=\"next\""), Some("/v2/a/tags/list?n=1&last=b"));
        assert_eq!(next_of("<x>; rel=prev"), None);
        assert_eq!(next_of("x"), None);
    }
}
