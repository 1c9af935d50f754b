//! Blobs on their way there: not at all if the registry has them, from another repository of it if that has them, else in one piece; and after a
//! cut the rest, from where the registry lost the thread. What is not small is sent to the session and only then given its digest: of the former a
//! registry keeps what has come (distribution specification, "Pushing a blob in chunks"), of a cut PUT it need not.

use crate::client::Client;
use crate::document::{pull_scope, push_scope, pushed_to};
use crate::download::FORGIVEN;
use crate::error::{Error, Result, cut};
use crate::hosts::{Endpoint, Route};
use crate::pace::Pace;
use crate::request::Ask;
use crate::retry;
use bytes::Bytes;
use http_body::{Frame, SizeHint};
use oci::Digest;
use reqwest::header::{CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, LOCATION};
use reqwest::{Method, Response, Url};
use std::io::{self, Read};
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use tokio::sync::mpsc;

/// Bytes read from a file at once.
const PIECE: usize = 256 << 10;
/// So many bytes are rather sent twice than with one request more.
const SMALL: u64 = 1 << 20;
/// The type of a body that is bytes.
const OCTETS: &str = "application/octet-stream";

/// A blob that is to be sent; it is opened anew for each attempt, from the byte on that the registry wants.
pub trait Content: Send + Sync {
    /// Opens it at an offset.
    ///
    /// # Errors
    /// What the system reports.
    fn open(&self, offset: u64) -> io::Result<Box<dyn Read + Send + '_>>;
}

/// What became of a blob.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pushed {
    /// The registry had it.
    Existed,
    /// The registry took it from another of its repositories.
    Mounted,
    /// It was sent.
    Sent,
}

/// A blob that is to be brought to a registry.
#[expect(missing_debug_implementations, reason = "content has nothing to show")]
pub struct Parcel<'a> {
    /// Its digest.
    pub digest: Digest,
    /// Its bytes.
    pub size: u64,
    /// Where they come from.
    pub content: &'a dyn Content,
    /// Other repositories of the registry that may have it.
    pub siblings: &'a [String],
}

impl Client {
    /// Brings a blob to a registry. `progress` is told how many bytes were sent, anew from a smaller number after a cut.
    ///
    /// # Errors
    /// [`Error::Denied`] if this user may not push, and what else stands in the way.
    pub fn push_blob(
        &self,
        route: &Route,
        parcel: &Parcel<'_>,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Pushed> {
        let Parcel { digest, size, content, siblings } = parcel;
        let what = format!("blob {digest}");
        let endpoint = pushed_to(route, &what)?;
        let upload = Upload { client: self, endpoint, what: &what, digest, size: *size };
        if self.wait(upload.exists())? {
            return Ok(Pushed::Existed);
        }
        for sibling in siblings.iter().filter(|sibling| **sibling != endpoint.repository) {
            if self.wait(upload.mount(sibling))? {
                return Ok(Pushed::Mounted);
            }
        }
        upload.send(*content, progress).map(|()| Pushed::Sent)
    }
}

struct Upload<'a> {
    client: &'a Client,
    endpoint: &'a Endpoint,
    what: &'a str,
    digest: &'a Digest,
    size: u64,
}

impl Upload<'_> {
    async fn exists(&self) -> Result<bool> {
        let path = format!("/{}/blobs/{}", self.endpoint.repository, self.digest);
        let scope = push_scope(&self.endpoint.repository);
        let ask = Ask::new(self.what, self.endpoint, Method::HEAD, &path, &scope);
        match self.client.answer(&ask).await {
            Ok(_) => Ok(true),
            Err(Error::NotFound { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Takes it from another repository; false if the registry wants it to be sent.
    async fn mount(&self, sibling: &str) -> Result<bool> {
        let path =
            format!("/{}/blobs/uploads/?mount={}&from={sibling}", self.endpoint.repository, self.digest);
        let scope = format!("{} {}", push_scope(&self.endpoint.repository), pull_scope(sibling));
        let ask = Ask::new(self.what, self.endpoint, Method::POST, &path, &scope);
        match self.client.answer(&ask).await {
            Ok(response) if response.status() == reqwest::StatusCode::CREATED => Ok(true),
            Ok(response) => {
                // it has begun an upload instead, in another scope: that one is given up
                if let Ok(session) = self.location(&ask, &response) {
                    let cancel = Ask {
                        attempts: 1,
                        ..Ask::new(self.what, self.endpoint, Method::DELETE, &session, &scope)
                    };
                    let _ = self.client.answer(&cancel).await;
                }
                Ok(false)
            }
            // one that may not be read, or a registry that does not know how
            Err(Error::Denied { .. } | Error::NotFound { .. } | Error::Wrong { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn send(&self, content: &dyn Content, progress: &(dyn Fn(u64) + Sync)) -> Result<()> {
        let mut session = self.client.wait(self.begin())?;
        let mut offset = 0;
        let mut attempt = 1;
        loop {
            let error = match self.attempt(&mut session, offset, content, progress) {
                Ok(()) => return Ok(()),
                Err(error @ Error::Unavailable { .. }) if attempt < retry::ATTEMPTS => error,
                Err(error) => return Err(error),
            };
            let pause = retry::pause(attempt, None);
            attempt += 1;
            let next = self.client.wait(async {
                tokio::time::sleep(pause).await;
                self.next(&session, error).await
            })?;
            let Some(next) = next else { return Ok(()) };
            if next.1 > offset + FORGIVEN {
                attempt = 1;
            }
            (session, offset) = next;
            progress(offset);
        }
    }

    /// Where to go on after a failure; nowhere if only the registry's last answer was lost.
    async fn next(&self, session: &str, failure: Error) -> Result<Option<(String, u64)>> {
        match self.resume(session).await {
            Ok(resumed) if resumed.1 > 0 => return Ok(Some(resumed)),
            Err(Error::Canceled) => return Err(Error::Canceled),
            // a session that is gone is begun again, and one that may have a byte or none
            _ => {}
        }
        if self.exists().await.unwrap_or(false) {
            return Ok(None);
        }
        self.begin().await.map(|session| Some((session, 0))).map_err(|_| failure)
    }

    async fn begin(&self) -> Result<String> {
        let path = format!("/{}/blobs/uploads/", self.endpoint.repository);
        let scope = push_scope(&self.endpoint.repository);
        let mut ask = Ask::new(self.what, self.endpoint, Method::POST, &path, &scope);
        ask.headers = vec![(CONTENT_LENGTH, "0".into())];
        let response = self.client.answer(&ask).await?;
        self.location(&ask, &response)
    }

    /// Where the session is, and how many bytes the registry has of it.
    async fn resume(&self, session: &str) -> Result<(String, u64)> {
        let scope = push_scope(&self.endpoint.repository);
        let ask = Ask { attempts: 1, ..Ask::new(self.what, self.endpoint, Method::GET, session, &scope) };
        let response = self.client.answer(&ask).await?;
        let range = response.headers().get("range").and_then(|value| value.to_str().ok());
        let last = range.and_then(|range| {
            range.trim_start_matches("bytes=").split_once('-')?.1.trim().parse::<u64>().ok()
        });
        // `0-0` is what is said of nothing, and of one byte
        let has = last.map_or(0, |last| if last == 0 { 0 } else { last + 1 });
        if has > self.size {
            return Err(ask.wrong(format!("it has {has} of {} bytes", self.size)));
        }
        Ok((self.location(&ask, &response)?, has))
    }

    /// Sends the rest from an offset. Where the registry takes the session to is told, even if what follows fails.
    fn attempt(
        &self,
        session: &mut String,
        offset: u64,
        content: &dyn Content,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<()> {
        let scope = push_scope(&self.endpoint.repository);
        let reading = |error: io::Error| Error::local(format!("read {}", self.what), error);
        let mut piece =
            Piece { source: content.open(offset).map_err(reading)?, length: self.size - offset, offset };
        if offset < self.size && (offset > 0 || self.size > SMALL) {
            let patch = || Ask::new(self.what, self.endpoint, Method::PATCH, session, &scope);
            let mut ask = patch();
            ask.headers = vec![(CONTENT_TYPE, OCTETS.to_owned())];
            if offset > 0 {
                ask.headers.push((CONTENT_RANGE, format!("{offset}-{}", self.size - 1)));
            }
            let response = self.stream(ask, piece, progress)?;
            *session = self.location(&patch(), &response)?;
            piece = Piece { source: Box::new(io::empty()), length: 0, offset: self.size };
        }
        let end = with_digest(session, self.digest).map_err(|reason| Error::Wrong {
            what: self.what.to_owned(),
            host: self.endpoint.host.clone(),
            reason,
        })?;
        let mut ask = Ask::new(self.what, self.endpoint, Method::PUT, &end, &scope);
        ask.headers = vec![(CONTENT_TYPE, OCTETS.to_owned())];
        self.stream(ask, piece, progress).map(drop)
    }

    /// Sends a request whose body is read by a thread of its own.
    fn stream(
        &self,
        ask: Ask<'_>,
        mut piece: Piece<'_>,
        progress: &(dyn Fn(u64) + Sync),
    ) -> Result<Response> {
        let (sender, receiver) = mpsc::channel::<io::Result<Bytes>>(4);
        let receiver = Mutex::new(Some(receiver));
        let left = piece.length;
        let pace = Arc::new(Pace::new(self.client.patience(), left));
        let body = || {
            let receiver = receiver.lock().unwrap_or_else(PoisonError::into_inner).take();
            let receiver = receiver.ok_or_else(|| Error::Unavailable {
                what: self.what.to_owned(),
                host: self.endpoint.host.clone(),
                reason: "it wants the whole blob once more".into(),
            })?;
            Ok(Some(reqwest::Body::wrap(Stream { receiver, left, pace: pace.clone() })))
        };
        let ask = Ask { body: &body, pace: Some(pace.clone()), attempts: 1, ..ask };
        std::thread::scope(|threads| {
            std::thread::Builder::new()
                .spawn_scoped(threads, move || piece.feed(&sender, progress))
                .map_err(|error| Error::local("make a thread", error))?;
            let answered = self.client.wait(self.client.answer(&ask));
            // whoever still reads the file finds nobody to give it to
            receiver.lock().unwrap_or_else(PoisonError::into_inner).take();
            answered
        })
    }

    fn location(&self, ask: &Ask<'_>, response: &Response) -> Result<String> {
        let target = response.headers().get(LOCATION).and_then(|value| value.to_str().ok());
        let target = target.ok_or_else(|| ask.wrong("it does not say where to send it".into()))?;
        let url = response
            .url()
            .join(target)
            .map_err(|_| ask.wrong(format!("it wants it at {:?}", cut(target))))?;
        if response.url().scheme() == "https" && url.scheme() != "https" {
            return Err(ask.wrong(format!("it wants it at {}, which is not encrypted", cut(url.as_str()))));
        }
        Ok(url.to_string())
    }
}

fn with_digest(session: &str, digest: &Digest) -> Result<String, String> {
    let mut url = Url::parse(session).map_err(|_| format!("it wants it at {:?}", cut(session)))?;
    url.query_pairs_mut().append_pair("digest", &digest.to_string());
    Ok(url.to_string())
}

/// A part of a blob.
struct Piece<'a> {
    source: Box<dyn Read + Send + 'a>,
    length: u64,
    offset: u64,
}

impl Piece<'_> {
    /// Reads it and hands it on, as long as somebody takes it.
    fn feed(&mut self, sender: &mpsc::Sender<io::Result<Bytes>>, progress: &(dyn Fn(u64) + Sync)) {
        let end = self.offset + self.length;
        while self.offset < end {
            let mut bytes = vec![0; PIECE.min(usize::try_from(end - self.offset).unwrap_or(PIECE))];
            let read = match self.source.read(&mut bytes) {
                Ok(0) => Err(io::Error::from(io::ErrorKind::UnexpectedEof)),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => read,
            };
            let read = match read {
                Ok(read) => read,
                Err(error) => {
                    // nobody may be listening any more
                    let _ = sender.blocking_send(Err(error));
                    return;
                }
            };
            bytes.truncate(read);
            if sender.blocking_send(Ok(bytes.into())).is_err() {
                return;
            }
            self.offset += read as u64;
            progress(self.offset);
        }
    }
}

/// The body of a request, as it is read.
struct Stream {
    receiver: mpsc::Receiver<io::Result<Bytes>>,
    left: u64,
    pace: Arc<Pace>,
}

impl http_body::Body for Stream {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        self.receiver.poll_recv(context).map(|piece| {
            piece.map(|piece| {
                piece.map(|bytes| {
                    self.left = self.left.saturating_sub(bytes.len() as u64);
                    self.pace.moved(self.left);
                    Frame::data(bytes)
                })
            })
        })
    }

    fn is_end_stream(&self) -> bool {
        self.left == 0
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
