//! A registry of our own, in memory, in which things go wrong as they are told.
//!
//! It serves the OCI distribution specification 1.1, and [`Fault`]s say what goes wrong. Start reading at [`Chaos`].

mod answer;
mod content;
mod delivery;
mod exchange;
mod fault;
mod guard;
mod h2;
mod listing;
mod place;
mod tls;
mod upload;
mod wire;

pub use exchange::Exchange;
pub use fault::{Fault, FaultKind};

use crate::certificates::Certificates;
use crate::digest::sha256;
use crate::http::{Ending, Head, Reply, Server};
use crate::image::{Blob, Image, Recipe};
use content::{Content, Manifest};
use delivery::Delivery;
use exchange::Record;
use guard::Guard;
use place::Place;
use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A registry on 127.0.0.1. Dropped, it closes all connections and ends.
#[derive(Debug)]
pub struct Chaos {
    registry: Arc<Registry>,
    server: Server,
    scheme: &'static str,
}

impl Chaos {
    /// Starts an empty one that speaks HTTP/1.1.
    ///
    /// # Panics
    /// If no port is free.
    #[must_use]
    pub fn start() -> Self {
        Self::serving("http", |registry, socket, ending| wire::serve(registry, socket, socket, ending))
    }

    /// Starts an empty one that speaks HTTP/1.1 within TLS.
    ///
    /// # Panics
    /// If no port is free, or a certificate cannot be read.
    #[must_use]
    pub fn start_tls(certificates: &Certificates) -> Self {
        let tls = tls::configuration(certificates, "http/1.1");
        Self::serving("https", move |registry, socket, ending| tls::serve(registry, &tls, socket, ending))
    }

    /// Starts an empty one that speaks HTTP/2 within TLS, and nothing else.
    ///
    /// # Panics
    /// If no port is free, or a certificate cannot be read.
    #[must_use]
    pub fn start_h2(certificates: &Certificates) -> Self {
        let tls = tls::configuration(certificates, h2::PROTOCOL);
        Self::serving("https", move |registry, socket, ending| h2::serve(registry, &tls, socket, ending))
    }

    fn serving(
        scheme: &'static str,
        serve: impl Fn(&Arc<Registry>, &TcpStream, &Ending) + Send + Sync + 'static,
    ) -> Self {
        let registry = Arc::new(Registry::default());
        let asked = Arc::clone(&registry);
        let server = Server::start(move |socket, ending| serve(&asked, &socket, ending));
        Self { registry, server, scheme }
    }

    /// `127.0.0.1:PORT`.
    #[must_use]
    pub fn host(&self) -> String {
        self.server.host()
    }

    /// `http://HOST` or `https://HOST`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}://{}", self.scheme, self.host())
    }

    /// Adds a blob to every repository; its digest.
    pub fn blob(&self, bytes: impl Into<Vec<u8>>) -> String {
        let bytes = bytes.into();
        let digest = sha256(&bytes);
        let mut content = self.registry.content();
        content.blobs.insert(digest.clone(), bytes);
        content.everywhere.insert(digest.clone());
        digest
    }

    /// Adds a manifest, or anything in its place; its digest. A reference that is another digest is believed.
    pub fn manifest(
        &self,
        repository: &str,
        reference: &str,
        media_type: &str,
        bytes: impl Into<Vec<u8>>,
    ) -> String {
        let manifest = Manifest { media_type: media_type.to_owned(), bytes: bytes.into() };
        self.registry.content().add_manifest(repository, reference, manifest)
    }

    /// Adds an OCI image for this machine with these layers: archives, as they are or compressed.
    pub fn image(&self, repository: &str, tag: &str, layers: &[Vec<u8>]) -> Image {
        self.image_of(repository, tag, &Recipe::new(layers))
    }

    /// Adds an image to a repository.
    pub fn image_of(&self, repository: &str, tag: &str, recipe: &Recipe) -> Image {
        let image = recipe.make();
        for Blob { digest, bytes, .. } in image.layers.iter().chain([&image.configuration]) {
            self.registry.content().add_blob(repository, digest, bytes.clone());
        }
        let Blob { media_type, bytes, .. } = &image.manifest;
        self.manifest(repository, tag, media_type, bytes.clone());
        image
    }

    /// Adds an index of images that the repository has; its digest.
    pub fn index(&self, repository: &str, tag: &str, images: &[&Image]) -> String {
        let Blob { media_type, bytes, .. } = Image::index(images);
        self.manifest(repository, tag, &media_type, bytes)
    }

    /// From now on this goes wrong. Earlier rules come first.
    pub fn fault(&self, fault: Fault) {
        lock(&self.registry.faults).push(fault);
    }

    /// How often each rule was applied, in their order.
    #[must_use]
    pub fn hits(&self) -> Vec<u32> {
        lock(&self.registry.faults).iter().map(|fault| fault.hits).collect()
    }

    /// Every rule was applied.
    ///
    /// # Panics
    /// If one was not.
    #[track_caller]
    pub fn assert_all_went_wrong(&self) {
        let hits = self.hits();
        assert!(hits.iter().all(|hits| *hits > 0), "what was to go wrong did not: {hits:?}");
    }

    /// From now on nothing goes wrong.
    pub fn clear_faults(&self) {
        lock(&self.registry.faults).clear();
    }

    /// From now on every request needs this password. Faults are for those that have it.
    pub fn challenge_basic(&self, user: &str, password: &str) {
        *lock(&self.registry.guard) = Guard::basic(user, password);
    }

    /// From now on every request needs a token from a realm: one that [`crate::TokenServer`] gives, whose claims
    /// (not whose signature) are looked at, or one of [`Chaos::accept_token`]. Faults are for those that have it.
    pub fn challenge_bearer(&self, realm: &str, service: &str) {
        let (realm, service) = (realm.to_owned(), service.to_owned());
        *lock(&self.registry.guard) = Guard::Bearer { realm, service, accepted: Vec::new() };
    }

    /// After [`Chaos::challenge_bearer`]: this token is good for everything.
    pub fn accept_token(&self, token: &str) {
        if let Guard::Bearer { accepted, .. } = &mut *lock(&self.registry.guard) {
            accepted.push(token.to_owned());
        }
    }

    /// From now on pages of tags and repositories have so many entries at most.
    pub fn pages_of(&self, entries: usize) {
        self.registry.content().page = Some(entries);
    }

    /// All requests so far, in the order in which they came, those too that are not answered yet.
    #[must_use]
    pub fn requests(&self) -> Vec<Exchange> {
        lock(&self.registry.records).iter().map(|record| record.now().clone()).collect()
    }

    /// Forgets the requests so far.
    pub fn forget_requests(&self) {
        lock(&self.registry.records).clear();
    }

    /// How many bytes of bodies were sent to requests with this in path and query.
    #[must_use]
    pub fn sent(&self, path_contains: &str) -> u64 {
        let requests = self.requests();
        requests.iter().filter(|one| one.target.contains(path_contains)).map(|one| one.sent).sum()
    }

    /// A blob that a repository has.
    #[must_use]
    pub fn stored_blob(&self, repository: &str, digest: &str) -> Option<Vec<u8>> {
        self.registry.content().blob(repository, digest).cloned()
    }

    /// A manifest that a repository has: its media type and its bytes.
    #[must_use]
    pub fn stored_manifest(&self, repository: &str, reference: &str) -> Option<(String, Vec<u8>)> {
        let content = self.registry.content();
        let (_, manifest) = content.manifest(repository, reference)?;
        Some((manifest.media_type.clone(), manifest.bytes.clone()))
    }
}

/// What all connections share.
#[derive(Debug, Default)]
struct Registry {
    content: Mutex<Content>,
    faults: Mutex<Vec<Fault>>,
    guard: Mutex<Guard>,
    records: Mutex<Vec<Record>>,
    connections: AtomicU64,
}

/// What is decided about a request before its body is read.
#[derive(Debug)]
enum Turn {
    Refused(Reply),
    Honest,
    Fault(FaultKind),
}

impl Turn {
    fn most_upload(&self) -> u64 {
        if let Self::Fault(kind) = self { kind.most_upload() } else { u64::MAX }
    }
}

impl Registry {
    fn content(&self) -> MutexGuard<'_, Content> {
        lock(&self.content)
    }

    /// The number of a new connection.
    fn count_connection(&self) -> u64 {
        self.connections.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn record(&self, connection: u64, head: &Head) -> Record {
        let record = Record::new(connection, head);
        lock(&self.records).push(record.clone());
        record
    }

    fn turn(&self, head: &Head) -> Turn {
        if let Some(refusal) = lock(&self.guard).refuse(head) {
            return Turn::Refused(refusal);
        }
        fault::choose(&mut lock(&self.faults), head).map_or(Turn::Honest, Turn::Fault)
    }

    fn answer(&self, head: Head, body: Vec<u8>, turn: Turn) -> Delivery {
        match turn {
            Turn::Refused(reply) => Delivery::honest(reply),
            Turn::Honest => Delivery::honest(answer::answer(&mut self.content(), &head, body)),
            Turn::Fault(kind) if kind.is_in_its_place() => Delivery::with(kind, &head, Reply::default()),
            Turn::Fault(kind) => {
                let head = kind.rewrite(head);
                let reply = answer::answer(&mut self.content(), &head, body);
                Delivery::with(kind, &head, reply)
            }
        }
    }

    /// Keeps what came of a piece of an upload whose connection broke off.
    fn keep_part(&self, head: &Head, bytes: &[u8]) {
        let Some(Place::Upload(_, id)) = Place::of(head.path()) else { return };
        if let Some(upload) = self.content().uploads.get_mut(id).filter(|_| head.method == "PATCH") {
            upload::take(upload, bytes);
        }
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
