//! Blobs on their way here: from the byte on that is wanted, past cuts, from the endpoint that has them.

use crate::client::{Client, Stop};
use crate::document::pull_scope;
use crate::error::{Error, Result, cut};
use crate::hosts::Route;
use crate::request::Ask;
use crate::retry;
use bytes::Bytes;
use oci::Digest;
use reqwest::header::{CONTENT_RANGE, RANGE};
use reqwest::{Method, Response, StatusCode};

/// So many bytes without a cut, and earlier cuts are forgiven.
pub(crate) const FORGIVEN: u64 = 1 << 20;

/// A blob that is being read. Nothing is asked before the first [`Download::chunk`].
#[derive(Debug)]
pub struct Download<'c> {
    client: &'c Client,
    stop: Option<&'c Stop>,
    route: &'c Route,
    what: String,
    path: String,
    size: u64,
    offset: u64,
    /// Places in the route, in the order in which they are asked; the first is the one that answers.
    endpoints: Vec<usize>,
    response: Option<Response>,
    /// Whether this endpoint is asked for the rest alone.
    knows_ranges: bool,
    /// Bytes of the answer that stand before what is wanted.
    unwanted: u64,
    cuts: u32,
    since_cut: u64,
}

impl Client {
    /// A blob of so many bytes from `offset` on. `endpoint` is the place in the route that is asked first. The digest is for whoever reads it to check.
    #[must_use]
    pub fn blob<'c>(
        &'c self,
        route: &'c Route,
        digest: &Digest,
        size: u64,
        offset: u64,
        endpoint: usize,
    ) -> Download<'c> {
        let able = |at: &usize| route.endpoints[*at].serves.digests;
        let mut endpoints: Vec<usize> = (0..route.endpoints.len()).filter(able).collect();
        // the one that had the manifest has its layers; the others follow in their order
        endpoints.sort_by_key(|at| *at != endpoint);
        Download {
            client: self,
            stop: None,
            route,
            what: format!("blob {digest}"),
            path: format!("blobs/{digest}"),
            size,
            offset,
            endpoints,
            response: None,
            knows_ranges: true,
            unwanted: 0,
            cuts: 0,
            since_cut: 0,
        }
    }
}

impl<'c> Download<'c> {
    /// It ends when this is set, whatever it waits for.
    #[must_use]
    pub fn stopped_by(mut self, stop: &'c Stop) -> Self {
        self.stop = Some(stop);
        self
    }

    /// The next bytes; none at the end. Cuts are mended on the way: the rest is asked for again, and of another endpoint if this one has no luck.
    ///
    /// # Errors
    /// [`Error::NotFound`] if no endpoint has it, [`Error::Wrong`] if it is longer than announced, and what else stands in the way.
    pub fn chunk(&mut self) -> Result<Option<Bytes>> {
        while self.offset < self.size {
            if self.response.is_none() {
                match self.open() {
                    Ok(()) => {}
                    Err(Error::Canceled) => return Err(Error::Canceled),
                    // it was asked as often as is decent
                    Err(error) => self.turn(error)?,
                }
            }
            match self.read() {
                Ok(Some(chunk)) => return Ok(Some(chunk)),
                Ok(None) => {}
                Err(Error::Canceled) => return Err(Error::Canceled),
                Err(error) => self.mend(error)?,
            }
        }
        self.response = None;
        Ok(None)
    }

    /// Turns to the next endpoint and begins anew, since what this one sent was not what it should be; false if there is no other.
    pub fn reject(&mut self, offset: u64) -> bool {
        self.response = None;
        self.offset = offset;
        if !self.endpoints.is_empty() {
            self.endpoints.remove(0);
        }
        self.knows_ranges = true;
        (self.cuts, self.since_cut) = (0, 0);
        !self.endpoints.is_empty()
    }

    /// Where the bytes come from.
    #[must_use]
    pub fn host(&self) -> &str {
        self.endpoints.first().map_or("", |at| self.route.endpoints[*at].host.as_str())
    }

    /// Some bytes, or nothing if what came was not wanted.
    fn read(&mut self) -> Result<Option<Bytes>> {
        let Some(response) = &mut self.response else { return Ok(None) };
        let endpoint = self.endpoints.first().map(|at| &self.route.endpoints[*at]);
        let host = || endpoint.map(|endpoint| endpoint.host.clone()).unwrap_or_default();
        let unavailable =
            |reason: String| Error::Unavailable { what: self.what.clone(), host: host(), reason };
        let chunk = async { self.client.piece(response).await.map_err(unavailable) };
        let chunk = wait(self.client, self.stop, chunk)?;
        let Some(mut chunk) = chunk else {
            return Err(unavailable(format!("the connection ends {} bytes early", self.size - self.offset)));
        };
        let skipped = self.unwanted.min(chunk.len() as u64);
        self.unwanted -= skipped;
        let chunk = chunk.split_off(usize::try_from(skipped).unwrap_or(chunk.len()));
        if chunk.is_empty() {
            return Ok(None);
        }
        let length = chunk.len() as u64;
        if length > self.size - self.offset {
            let reason = format!("it has more than the {} bytes that were announced", self.size);
            return Err(Error::Wrong { what: self.what.clone(), host: host(), reason });
        }
        self.offset += length;
        self.since_cut += length;
        if self.since_cut > FORGIVEN {
            self.cuts = 0;
        }
        Ok(Some(chunk))
    }

    fn open(&mut self) -> Result<()> {
        let Some(at) = self.endpoints.first() else {
            return Err(Error::NotFound { what: self.what.clone() });
        };
        let endpoint = &self.route.endpoints[*at];
        let path = format!("/{}/{}", endpoint.repository, self.path);
        let scope = pull_scope(&endpoint.repository);
        let mut ask = Ask::new(&self.what, endpoint, Method::GET, &path, &scope);
        let is_range = self.offset > 0 && self.knows_ranges;
        if is_range {
            ask.headers.push((RANGE, format!("bytes={}-", self.offset)));
        }
        let response = match wait(self.client, self.stop, self.client.answer(&ask)) {
            Err(Error::Wrong { .. }) if is_range => {
                self.knows_ranges = false;
                return self.open();
            }
            answer => answer?,
        };
        self.unwanted = match response.status() {
            StatusCode::PARTIAL_CONTENT => {
                let range = response.headers().get(CONTENT_RANGE).and_then(|value| value.to_str().ok());
                match range.and_then(start_of_range).and_then(|start| self.offset.checked_sub(start)) {
                    Some(unwanted) => unwanted,
                    None if is_range => {
                        self.knows_ranges = false;
                        return self.open();
                    }
                    None => {
                        let sent = range.unwrap_or("a range");
                        return Err(ask.wrong(format!("asked for the whole blob, it sends {}", cut(sent))));
                    }
                }
            }
            // one that does not know ranges sends all of it
            _ => self.offset,
        };
        self.response = Some(response);
        Ok(())
    }

    /// Waits before the next attempt, or turns to the next endpoint; the error if there is none.
    fn mend(&mut self, error: Error) -> Result<()> {
        self.response = None;
        self.since_cut = 0;
        self.cuts += 1;
        let may_pass = matches!(error, Error::Unavailable { .. });
        if may_pass && self.cuts < retry::ATTEMPTS {
            let pause = retry::pause(self.cuts, None);
            return wait(self.client, self.stop, async {
                tokio::time::sleep(pause).await;
                Ok(())
            });
        }
        self.turn(error)
    }

    /// Turns to the next endpoint; the error if there is none.
    fn turn(&mut self, error: Error) -> Result<()> {
        if self.endpoints.len() > 1 {
            self.reject(self.offset);
            return Ok(());
        }
        Err(error)
    }
}

fn wait<T>(client: &Client, stop: Option<&Stop>, work: impl Future<Output = Result<T>>) -> Result<T> {
    match stop {
        Some(stop) => client.wait(stop.or(work)),
        None => client.wait(work),
    }
}

/// The first byte of `bytes 5-9/10`.
fn start_of_range(text: &str) -> Option<u64> {
    text.trim().strip_prefix("bytes ")?.split('-').next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        assert_eq!(start_of_range("bytes 5-9/10"), Some(5));
        for bad in ["", "bytes */10", "5-9", "bytes x-9/10"] {
            assert_eq!(start_of_range(bad), None);
        }
    }
}
