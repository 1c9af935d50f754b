//! One request, until it is answered: tried again after passing failures, challenges answered, redirects followed.
//!
//! Credentials go to the endpoint that asked for them and to nobody else: a redirect is followed without them (unless it leads to the very same
//! host), a stranger's challenge is not answered, and nothing is sent unencrypted that was first asked for by HTTPS.

use crate::challenge;
use crate::client::Client;
use crate::credentials::Secret;
use crate::error::{Error, Result, causes, cut};
use crate::hosts::{Endpoint, Scheme};
use crate::pace::Pace;
use crate::retry;
use crate::token::{Purpose, Token};
use reqwest::header::{AUTHORIZATION, HeaderMap, HeaderName, HeaderValue, LOCATION, RETRY_AFTER};
use reqwest::{Method, Response, StatusCode, Url};
use serde::Deserialize;
use std::sync::{Arc, PoisonError};

/// Most redirects of a request.
const REDIRECTS: usize = 10;
/// How often a request's challenges are answered: with what is known, then with a new token.
const CHALLENGES: usize = 2;
/// What is read of the text of an error, in bytes.
const WORDS: u64 = 16 << 10;

/// A request.
pub(crate) struct Ask<'a> {
    /// What the user asked for, for messages.
    pub(crate) what: &'a str,
    pub(crate) endpoint: &'a Endpoint,
    pub(crate) method: Method,
    /// Behind the endpoint's prefix, from its slash on; or a whole URL that this endpoint named.
    pub(crate) path: &'a str,
    /// What it needs, as a token server is told.
    pub(crate) scope: &'a str,
    pub(crate) headers: Vec<(HeaderName, String)>,
    /// Makes the body, anew for each attempt.
    pub(crate) body: &'a (dyn Fn() -> Result<Option<reqwest::Body>> + Sync),
    /// How long an answer is waited for, if the body says more of that than silence does.
    pub(crate) pace: Option<Arc<Pace>>,
    /// How often it is sent at most.
    pub(crate) attempts: u32,
}

/// No body.
pub(crate) fn no_body() -> Result<Option<reqwest::Body>> {
    Ok(None)
}

impl<'a> Ask<'a> {
    /// A request without a body for something in the endpoint's repository.
    pub(crate) fn new(
        what: &'a str,
        endpoint: &'a Endpoint,
        method: Method,
        path: &'a str,
        scope: &'a str,
    ) -> Self {
        Self {
            what,
            endpoint,
            method,
            path,
            scope,
            headers: Vec::new(),
            body: &no_body,
            pace: None,
            // the next one may be quicker than a mirror's recovery
            attempts: if endpoint.is_mirror { retry::ATTEMPTS_OF_MIRROR } else { retry::ATTEMPTS },
        }
    }

    fn url(&self, scheme: Scheme) -> Result<Url> {
        let text = if self.path.contains("://") {
            self.path.to_owned()
        } else {
            format!("{}://{}{}{}", scheme.name(), self.endpoint.host, self.endpoint.prefix, self.path)
        };
        let mut url = Url::parse(&text).map_err(|error| self.wrong(format!("{}: {error}", cut(&text))))?;
        if let Some(namespace) = self.endpoint.namespace.as_ref().filter(|_| !self.path.contains("://")) {
            url.query_pairs_mut().append_pair("ns", namespace);
        }
        Ok(url)
    }

    pub(crate) fn wrong(&self, reason: String) -> Error {
        Error::Wrong { what: self.what.to_owned(), host: self.endpoint.host.clone(), reason }
    }

    pub(crate) fn unavailable(&self, reason: String) -> Error {
        Error::Unavailable { what: self.what.to_owned(), host: self.endpoint.host.clone(), reason }
    }
}

/// What came of one attempt.
pub(crate) enum Attempt {
    Answered(Response),
    /// It may succeed later: why it did not, and what the server says of later.
    Failed(Error, Option<String>),
}

impl Client {
    /// Sends a request until there is an answer that is no failure: a success, or 404 and the like as an error.
    pub(crate) async fn answer(&self, ask: &Ask<'_>) -> Result<Response> {
        let mut attempt = 1;
        loop {
            match self.attempt(ask).await? {
                Attempt::Answered(response) => return Ok(response),
                Attempt::Failed(error, told) => again(ask, &mut attempt, error, told).await?,
            }
        }
    }

    /// Sends a request once, and again for each challenge that can be answered.
    pub(crate) async fn attempt(&self, ask: &Ask<'_>) -> Result<Attempt> {
        for _ in 0..=CHALLENGES {
            let Sent { mut response, scheme, shown } = match self.send(ask).await {
                Ok(sent) => sent,
                Err(error @ Error::Unavailable { .. }) => return Ok(Attempt::Failed(error, None)),
                Err(error) => return Err(error),
            };
            let status = response.status();
            if status == StatusCode::UNAUTHORIZED {
                match self.meet(ask, scheme, response.headers(), shown.as_ref()).await {
                    Ok(true) => continue,
                    Ok(false) => {}
                    Err(error @ Error::Unavailable { .. }) => return Ok(Attempt::Failed(error, None)),
                    Err(error) => return Err(error),
                }
            }
            if status.is_success() {
                return Ok(Attempt::Answered(response));
            }
            let told =
                response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok()).map(str::to_owned);
            let text = self.bounded(&mut response, WORDS).await.unwrap_or_default();
            let reason = words(status, &text);
            if retry::is_passing(status.as_u16()) {
                return Ok(Attempt::Failed(ask.unavailable(reason), told));
            }
            return Err(refusal(ask, status, reason));
        }
        Err(refusal(ask, StatusCode::UNAUTHORIZED, "its challenges have no end".into()))
    }

    /// Sends it once, with what is known of the endpoint, and follows redirects.
    pub(crate) async fn send(&self, ask: &Ask<'_>) -> Result<Sent> {
        let endpoint = ask.endpoint;
        let known = self.known_scheme(&endpoint.host).filter(|scheme| endpoint.schemes.contains(scheme));
        let schemes = known.map_or_else(|| endpoint.schemes.clone(), |scheme| vec![scheme]);
        let mut last = None;
        for (position, scheme) in schemes.iter().enumerate() {
            let url = ask.url(*scheme)?;
            let is_home = is_home(endpoint, *scheme, &url);
            let (transport, headers) = self.approach(ask, &url, is_home)?;
            let shown = headers.get(AUTHORIZATION).cloned();
            match self.once(ask, &transport, url.clone(), headers).await {
                Ok(response) => {
                    if is_home {
                        self.learn_scheme(&endpoint.host, *scheme);
                    }
                    let response = self.follow(ask, *scheme, url, is_home, response).await?;
                    return Ok(Sent { response, scheme: *scheme, shown });
                }
                // whoever does not speak TLS may speak plainly
                Err(Failed::Transport(error)) if error.is_connect() && position + 1 < schemes.len() => {
                    last = Some(causes(&error));
                }
                Err(Failed::Transport(error)) => {
                    let first = last.map(|first| format!(" (by HTTPS: {first})")).unwrap_or_default();
                    return Err(ask.unavailable(format!("{}{first}", causes(&error))));
                }
                Err(Failed::Silent(reason)) => return Err(ask.unavailable(reason)),
                Err(Failed::Other(error)) => return Err(error),
            }
        }
        Err(ask.unavailable(last.unwrap_or_default()))
    }

    /// The connection for a URL, and what is shown there: the endpoint itself sees what is meant for it, a stranger nothing.
    fn approach(&self, ask: &Ask<'_>, url: &Url, is_home: bool) -> Result<(reqwest::Client, HeaderMap)> {
        let endpoint = ask.endpoint;
        if !is_home {
            let host = authority(url);
            let trust = self.hosts()?.trust_of_stranger(&host)?;
            return Ok((self.transport(&host, &trust)?, HeaderMap::new()));
        }
        let mut headers = self.authorization(endpoint, ask.scope)?;
        for (name, value) in &endpoint.headers {
            add(&mut headers, name, value);
        }
        Ok((self.transport(&endpoint.host, &endpoint.trust)?, headers))
    }

    async fn once(
        &self,
        ask: &Ask<'_>,
        transport: &reqwest::Client,
        url: Url,
        mut headers: HeaderMap,
    ) -> Result<Response, Failed> {
        for (name, value) in &ask.headers {
            if let Ok(value) = HeaderValue::from_str(value) {
                headers.append(name, value);
            }
        }
        let mut request = transport.request(ask.method.clone(), url).headers(headers);
        if let Some(body) = (ask.body)().map_err(Failed::Other)? {
            request = request.body(body);
        }
        let pace = ask.pace.clone().unwrap_or_else(|| Arc::new(Pace::new(self.patience(), 1)));
        pace.wait(request.send()).await.map_err(Failed::Silent)?.map_err(Failed::Transport)
    }

    /// Follows redirects of what is only read. Who leaves home is a stranger from then on.
    async fn follow(
        &self,
        ask: &Ask<'_>,
        scheme: Scheme,
        mut url: Url,
        mut at_home: bool,
        mut response: Response,
    ) -> Result<Response> {
        let is_reading = ask.method == Method::GET || ask.method == Method::HEAD;
        for _ in 0..REDIRECTS {
            if response.status() == StatusCode::UNAUTHORIZED && !at_home {
                let reason = format!("{} wants credentials; they are not for it", authority(&url));
                return Err(refusal(ask, StatusCode::UNAUTHORIZED, reason));
            }
            if !(is_reading && response.status().is_redirection()) {
                return Ok(response);
            }
            let target =
                response.headers().get(LOCATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
            let next =
                url.join(target).map_err(|_| ask.wrong(format!("it redirects to {:?}", cut(target))))?;
            if !matches!(next.scheme(), "http" | "https")
                || url.scheme() == "https" && next.scheme() == "http"
            {
                return Err(
                    ask.wrong(format!("it redirects to {}, which is not encrypted", cut(next.as_str())))
                );
            }
            at_home &= is_home(ask.endpoint, scheme, &next);
            let (transport, headers) = self.approach(ask, &next, at_home)?;
            let failed = |reason| ask.unavailable(format!("redirected to {}: {reason}", authority(&next)));
            response = match self.once(ask, &transport, next.clone(), headers).await {
                Ok(response) => response,
                Err(Failed::Transport(error)) => return Err(failed(causes(&error))),
                Err(Failed::Silent(reason)) => return Err(failed(reason)),
                Err(Failed::Other(error)) => return Err(error),
            };
            url = next;
        }
        Err(ask.wrong(format!("more than {REDIRECTS} redirects")))
    }

    /// What is shown without being asked: a token that is still good, or name and password if the host wanted them before.
    fn authorization(&self, endpoint: &Endpoint, scope: &str) -> Result<HeaderMap> {
        let mut headers = HeaderMap::new();
        let wants_basic = self.basic.lock().unwrap_or_else(PoisonError::into_inner).contains(&endpoint.host);
        if let Some(bearer) = self.known_token(endpoint, scope) {
            show(&mut headers, &bearer);
        } else if wants_basic
            && let Some(Secret::Password { user, password }) =
                self.secret(&endpoint.host, &endpoint.repository)?
        {
            show(&mut headers, &basic(&user, &password));
        }
        Ok(headers)
    }

    /// A token that is still good, as it is shown.
    fn known_token(&self, endpoint: &Endpoint, scope: &str) -> Option<String> {
        let key = (endpoint.host.clone(), scope.to_owned());
        let tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        tokens.get(&key).filter(|token| token.is_good()).map(bearer_of)
    }

    /// Answers a challenge for the next attempt; false if there is nothing to answer it with but what was `shown` already. (What another thread has
    /// learnt meanwhile is something else.)
    async fn meet(
        &self,
        ask: &Ask<'_>,
        scheme: Scheme,
        headers: &HeaderMap,
        shown: Option<&HeaderValue>,
    ) -> Result<bool> {
        let endpoint = ask.endpoint;
        if self
            .known_token(endpoint, ask.scope)
            .is_some_and(|known| shown.is_none_or(|shown| *shown != known))
        {
            return Ok(true);
        }
        let challenges = challenge::of(headers);
        let secret = self.secret(&endpoint.host, &endpoint.repository)?;
        if let Some(bearer) = challenges.iter().find(|challenge| challenge.scheme == "bearer") {
            let key = (endpoint.host.clone(), ask.scope.to_owned());
            let token = match &secret {
                Some(Secret::Bearer(value)) => Token::given(value.clone()),
                _ => {
                    let purpose = Purpose { what: ask.what, scope: ask.scope, offline: false };
                    self.token(endpoint, scheme, bearer, secret.as_ref(), &purpose).await?
                }
            };
            let is_new = shown.is_none_or(|shown| *shown != bearer_of(&token));
            self.tokens.lock().unwrap_or_else(PoisonError::into_inner).insert(key, token);
            return Ok(is_new);
        }
        let wants_basic = challenges.iter().any(|challenge| challenge.scheme == "basic");
        if wants_basic && matches!(secret, Some(Secret::Password { .. })) {
            self.basic.lock().unwrap_or_else(PoisonError::into_inner).insert(endpoint.host.clone());
            return Ok(shown.is_none_or(|shown| !shown.as_bytes().starts_with(b"Basic ")));
        }
        Ok(false)
    }
}

/// An answer of whatever kind.
pub(crate) struct Sent {
    pub(crate) response: Response,
    pub(crate) scheme: Scheme,
    /// What the endpoint was shown.
    shown: Option<HeaderValue>,
}

fn bearer_of(token: &Token) -> String {
    format!("Bearer {}", token.value)
}

/// Why nothing came back.
enum Failed {
    Transport(reqwest::Error),
    Silent(String),
    Other(Error),
}

/// Waits before the next attempt; the error if there is none.
pub(crate) async fn again(
    ask: &Ask<'_>,
    attempt: &mut u32,
    error: Error,
    told: Option<String>,
) -> Result<()> {
    if *attempt >= ask.attempts {
        return Err(error);
    }
    tokio::time::sleep(retry::pause(*attempt, told.as_deref())).await;
    *attempt += 1;
    Ok(())
}

fn refusal(ask: &Ask<'_>, status: StatusCode, reason: String) -> Error {
    let what = ask.what.to_owned();
    let host = ask.endpoint.host.clone();
    match status.as_u16() {
        404 => Error::NotFound { what },
        401 | 403 => Error::Denied { what, host, reason },
        _ => Error::Wrong { what, host, reason },
    }
}

fn add(headers: &mut HeaderMap, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) = (HeaderName::try_from(name), HeaderValue::from_str(value)) {
        headers.append(name, value);
    }
}

fn show(headers: &mut HeaderMap, text: &str) {
    if let Ok(mut value) = HeaderValue::from_str(text) {
        value.set_sensitive(true);
        headers.insert(AUTHORIZATION, value);
    }
}

fn basic(user: &str, password: &str) -> String {
    use base64::Engine as _;
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}")))
}

/// Host and port of a URL, without the scheme's own port.
pub(crate) fn authority(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Whether a URL leads to an endpoint that is spoken to by `scheme`, and not unencrypted to one that is spoken to by HTTPS.
pub(crate) fn is_home(endpoint: &Endpoint, scheme: Scheme, url: &Url) -> bool {
    // a name may be written in more than one way: `HOST:443`, `Host`, `[0::1]`
    let own = Url::parse(&format!("{}://{}", url.scheme(), endpoint.host));
    (url.scheme() == "https" || scheme == Scheme::Http)
        && own.is_ok_and(|own| authority(&own) == authority(url))
}

#[derive(Deserialize)]
struct Errors {
    #[serde(default)]
    errors: Vec<Entry>,
    #[serde(default)]
    details: Option<String>,
}

#[derive(Deserialize)]
struct Entry {
    #[serde(default)]
    code: String,
    #[serde(default)]
    message: String,
}

/// A status with the registry's own words (distribution specification, "Error Codes").
pub(crate) fn words(status: StatusCode, text: &[u8]) -> String {
    let said = match serde_json::from_slice::<Errors>(text) {
        Ok(errors) if !errors.errors.is_empty() => {
            let one = |e: &Entry| {
                if e.message.is_empty() { e.code.to_lowercase().replace('_', " ") } else { e.message.clone() }
            };
            errors.errors.iter().map(one).collect::<Vec<_>>().join("; ")
        }
        Ok(Errors { details: Some(details), .. }) => details,
        _ => String::from_utf8_lossy(text).lines().next().unwrap_or_default().to_owned(),
    };
    let said = cut(&said);
    if said.is_empty() || said.starts_with('<') { status.to_string() } else { format!("{status}: {said}") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Settings;

    #[test]
    fn home_is_where_the_name_leads_and_nowhere_less_safe() {
        let client = Client::new(Settings::default());
        for (host, scheme, url, expected) in [
            ("r.example", Scheme::Https, "https://r.example/v2/", true),
            ("r.example:443", Scheme::Https, "https://r.example/v2/", true),
            ("R.Example:5000", Scheme::Https, "https://r.example:5000/v2/", true),
            ("[0:0::1]:5000", Scheme::Http, "http://[::1]:5000/v2/", true),
            ("r.example:80", Scheme::Http, "http://r.example/v2/", true),
            ("r.example", Scheme::Https, "http://r.example/v2/", false),
            ("r.example", Scheme::Https, "https://r.example:5000/v2/", false),
            ("r.example", Scheme::Https, "https://cdn.r.example/", false),
            ("r.example", Scheme::Http, "http://r.example.evil/", false),
        ] {
            let name = format!("{host}/a:1").parse().unwrap();
            let endpoint = client.route(&name).unwrap().endpoints.remove(0);
            assert_eq!(is_home(&endpoint, scheme, &url.parse().unwrap()), expected, "{host} {url}");
        }
    }
}
