//! Tokens: what a registry's challenge is answered with (distribution, docs/spec/auth/token.md and oauth.md).

use std::time::{Duration, Instant};

/// How long a token is good if its server does not say.
const LIFE: Duration = Duration::from_secs(60);
/// How long before its end a token is not used any more.
const MARGIN: Duration = Duration::from_secs(5);

/// A token, until when it is used, and the refresh token that came with it.
#[derive(Debug, Clone)]
pub(crate) struct Token {
    pub(crate) value: String,
    until: Instant,
    pub(crate) refresh: Option<String>,
}

impl Token {
    pub(crate) fn is_good(&self) -> bool {
        Instant::now() < self.until
    }

    /// One that was given to us, and is shown as it is.
    pub(crate) fn given(value: String) -> Self {
        Self { value, until: Instant::now() + Duration::from_secs(3600), refresh: None }
    }

    /// One that a server gave, good for so many seconds if it says so.
    pub(crate) fn issued(value: String, seconds: Option<u64>, refresh: Option<String>) -> Self {
        let life = seconds.map_or(LIFE, Duration::from_secs).max(LIFE).min(Duration::from_secs(86_400));
        Self { value, until: Instant::now() + life - MARGIN, refresh }
    }
}

/// What a token is to be for.
pub(crate) struct Purpose<'a> {
    /// What the user asked for, for messages.
    pub(crate) what: &'a str,
    /// `repository:NAME:pull`, several separated by spaces; none to log in.
    pub(crate) scope: &'a str,
    /// Ask for a refresh token as well.
    pub(crate) offline: bool,
}
