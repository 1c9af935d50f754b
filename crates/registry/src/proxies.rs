//! Proxies as the environment names them; whoever reads the environment tells.

use crate::error::{Error, Result};

/// Where requests go through, as `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` say it.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Proxies {
    /// For plain HTTP.
    pub http: Option<String>,
    /// For HTTPS.
    pub https: Option<String>,
    /// Hosts, domains and networks that are spoken to directly, separated by commas.
    pub none: Option<String>,
}

/// A proxy's URL may hold a password: whether there is one is all that is shown.
impl std::fmt::Debug for Proxies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Proxies")
            .field("http", &self.http.is_some())
            .field("https", &self.https.is_some())
            .field("none", &self.none)
            .finish()
    }
}

impl Proxies {
    /// The proxies for the transport.
    pub(crate) fn all(&self) -> Result<Vec<reqwest::Proxy>> {
        let none = || self.none.as_deref().and_then(reqwest::NoProxy::from_string);
        let made = |result: reqwest::Result<reqwest::Proxy>, variable: &str| {
            // without its URL, which may hold a password
            let unusable = |error: reqwest::Error| {
                Error::settings(
                    variable,
                    format!("unusable as a proxy's URL: {}", crate::error::causes(&error)),
                )
            };
            Ok(result.map_err(unusable)?.no_proxy(none()))
        };
        let http = self.http.as_deref().filter(|url| !url.is_empty());
        let https = self.https.as_deref().filter(|url| !url.is_empty());
        let http = http.map(|url| made(reqwest::Proxy::http(url), "HTTP_PROXY"));
        let https = https.map(|url| made(reqwest::Proxy::https(url), "HTTPS_PROXY"));
        http.into_iter().chain(https).collect()
    }
}
