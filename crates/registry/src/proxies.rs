//! Proxies as the environment names them; whoever reads the environment tells.

use crate::error::{Error, Result};

/// Where requests go through, as `HTTP_PROXY`, `HTTPS_PROXY` and `NO_PROXY` say it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Proxies {
    /// For plain HTTP.
    pub http: Option<String>,
    /// For HTTPS.
    pub https: Option<String>,
    /// Hosts, domains and networks that are spoken to directly, separated by commas.
    pub none: Option<String>,
}

impl Proxies {
    /// The proxies for the transport.
    pub(crate) fn all(&self) -> Result<Vec<reqwest::Proxy>> {
        let none = || self.none.as_deref().and_then(reqwest::NoProxy::from_string);
        let made = |result: reqwest::Result<reqwest::Proxy>, url: &str| {
            let proxy = result.map_err(|error| Error::Unavailable {
                what: "proxy".into(),
                host: crate::error::cut(url),
                reason: crate::error::causes(&error),
            })?;
            Ok(proxy.no_proxy(none()))
        };
        let http = self.http.as_deref().filter(|url| !url.is_empty());
        let https = self.https.as_deref().filter(|url| !url.is_empty());
        let http = http.map(|url| made(reqwest::Proxy::http(url), url));
        let https = https.map(|url| made(reqwest::Proxy::https(url), url));
        http.into_iter().chain(https).collect()
    }
}
