//! How long a server is waited for: not for so and so long in all, but for so long without a sign of it. (The transport's own limit counts from the
//! first byte that is sent, and so would end every long upload.)

use crate::client::Client;
use crate::error::causes;
use bytes::Bytes;
use reqwest::Response;
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Of a registry that has got a whole blob and now stores it, and of a whole document: how many times the patience with a silent one.
const LONG: u32 = 10;

/// Until when an answer is waited for; each piece that the server took moves it on.
#[derive(Debug)]
pub(crate) struct Pace {
    patience: Duration,
    until: Mutex<Instant>,
}

impl Pace {
    /// For a request of which so many bytes are still to be sent.
    pub(crate) fn new(patience: Duration, left: u64) -> Self {
        let pace = Self { patience, until: Mutex::new(Instant::now()) };
        pace.moved(left);
        pace
    }

    /// The server took a piece, and so many bytes are left.
    pub(crate) fn moved(&self, left: u64) {
        let patience = if left == 0 { self.patience * LONG } else { self.patience };
        *self.until.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now() + patience;
    }

    /// What comes of some work; nothing if nothing moves any more.
    pub(crate) async fn wait<T>(&self, work: impl Future<Output = T>) -> Result<T, String> {
        let mut work = pin!(work);
        loop {
            let until = *self.until.lock().unwrap_or_else(PoisonError::into_inner);
            if let Ok(done) = tokio::time::timeout_at(until, &mut work).await {
                return Ok(done);
            }
            if *self.until.lock().unwrap_or_else(PoisonError::into_inner) == until {
                return Err(silence(self.patience));
            }
        }
    }
}

fn silence(patience: Duration) -> String {
    format!("no sign of it for {} s", patience.as_secs_f32())
}

/// Why a body was not read to its end.
pub(crate) enum Broken {
    /// It is larger than it may be.
    TooLong(u64),
    /// It broke off.
    Off(String),
}

impl std::fmt::Display for Broken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::TooLong(limit) => write!(f, "the answer has more than {limit} bytes"),
            Self::Off(reason) => f.write_str(reason),
        }
    }
}

impl Client {
    /// The next bytes of a body.
    pub(crate) async fn piece(&self, response: &mut Response) -> Result<Option<Bytes>, String> {
        let piece = tokio::time::timeout(self.patience(), response.chunk()).await;
        piece.map_err(|_| silence(self.patience()))?.map_err(|error| causes(&error))
    }

    /// A body of at most so many bytes, which does not take forever.
    pub(crate) async fn bounded(&self, response: &mut Response, limit: u64) -> Result<Vec<u8>, Broken> {
        let until = Instant::now() + self.patience() * LONG;
        let mut text = Vec::new();
        while let Some(piece) = self.piece(response).await.map_err(Broken::Off)? {
            if (text.len() + piece.len()) as u64 > limit {
                return Err(Broken::TooLong(limit));
            }
            if Instant::now() > until {
                return Err(Broken::Off("the answer comes too slowly".into()));
            }
            text.extend_from_slice(&piece);
        }
        Ok(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn silence_ends_a_wait_and_what_moves_does_not() {
        let patience = Duration::from_secs(20);
        // its clock goes on when everybody waits
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        runtime.unwrap().block_on(async {
            let pace = Pace::new(patience, 1);
            assert!(pace.wait(std::future::pending::<()>()).await.unwrap_err().contains("20 s"));
            let pace = Pace::new(patience, 1);
            let sending = async {
                for left in (0..20).rev() {
                    tokio::time::sleep(patience / 4).await;
                    pace.moved(left + 1);
                }
                7
            };
            assert_eq!(pace.wait(sending).await, Ok(7));
        });
    }
}
