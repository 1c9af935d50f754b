//! Talks to registries (OCI distribution specification 1.1): documents, blobs, tags, credentials, mirrors.
//!
//! Floor 1. Its calls block; inside they wait on a private runtime, whose only users they are. **Not here:** where content is kept (`store`),
//! what a pull is (`engine`), the environment and `$HOME`: what to read is told in [`Settings`].
//!
//! A name leads to a [`Route`](hosts::Route): the endpoints that may answer for it, mirrors first. Every request goes through one loop
//! (`request.rs`), which waits and tries again, answers challenges, follows redirects without credentials, and gives up in bounded time.
//! Nobody's word is taken: a document is handed out only with the digest that was asked for, and of a blob no more bytes than were announced.
//!
//! Start reading at [`Client`], then `request.rs`, then [`hosts`].

#![forbid(unsafe_code)]

mod authorize;
pub mod challenge;
mod client;
pub mod credentials;
mod document;
mod download;
mod driver;
mod error;
pub mod hosts;
mod listing;
mod login;
mod pace;
mod proxies;
mod request;
mod retry;
mod search;
mod tls;
mod token;
mod upload;

/// What arrives.
pub use bytes::Bytes;
pub use client::{Client, Settings, Stop};
pub use credentials::Secret;
pub use document::{Document, Wanted};
pub use download::Download;
pub use error::{Error, Kind, Result};
pub use proxies::Proxies;
pub use search::Found;
pub use upload::{Content, Parcel, Pushed};

/// Largest document (manifest, index, configuration) that is read into memory, in bytes: 4 MiB, as the distribution specification asks of manifests.
pub const DOCUMENT_LIMIT: u64 = 4 << 20;
