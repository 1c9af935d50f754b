//! What was asked and answered.

use crate::http::{self, Head};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A request, and what came of it so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exchange {
    /// The number of its connection: 1 for the first that the registry has had.
    pub connection: u64,
    /// `GET` and others.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// The request's headers as they came.
    pub headers: Vec<(String, String)>,
    /// The status of the answer; 0 until there is one.
    pub status: u16,
    /// Bytes of the answer's body that were sent.
    pub sent: u64,
    /// Bytes of the request's body that came.
    pub received: u64,
}

impl Exchange {
    /// A header of the request.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        http::find(&self.headers, name)
    }
}

/// An exchange that goes on.
#[derive(Debug, Clone)]
pub(super) struct Record(Arc<Mutex<Exchange>>);

impl Record {
    pub(super) fn new(connection: u64, head: &Head) -> Self {
        Self(Arc::new(Mutex::new(Exchange {
            connection,
            method: head.method.clone(),
            target: head.target.clone(),
            headers: head.headers.clone(),
            status: 0,
            sent: 0,
            received: 0,
        })))
    }

    /// What it is now, to look at or to change.
    pub(super) fn now(&self) -> MutexGuard<'_, Exchange> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
