//! Asking a token server (distribution, docs/spec/auth/token.md and oauth.md).

use crate::challenge::Challenge;
use crate::client::Client;
use crate::credentials::Secret;
use crate::error::{Error, Result, causes, cut};
use crate::hosts::{Endpoint, Scheme, is_loopback};
use crate::pace::{Broken, Pace};
use crate::request;
use crate::retry;
use crate::token::{Purpose, Token};
use serde::Deserialize;

/// Largest answer of a token server, in bytes.
const LIMIT: u64 = 1 << 20;
/// The name of this client at a token server.
const CLIENT: &str = "tare";

#[derive(Deserialize)]
struct Answer {
    token: Option<String>,
    access_token: Option<String>,
    expires_in: Option<u64>,
    refresh_token: Option<String>,
}

impl Client {
    /// Gets a token for a challenge of an endpoint that was spoken to by `scheme`.
    pub(crate) async fn token(
        &self,
        endpoint: &Endpoint,
        scheme: Scheme,
        challenge: &Challenge,
        secret: Option<&Secret>,
        purpose: &Purpose<'_>,
    ) -> Result<Token> {
        let realm = challenge.get("realm").unwrap_or_default();
        let wrong = |reason: String| Error::Wrong {
            what: purpose.what.to_owned(),
            host: endpoint.host.clone(),
            reason,
        };
        let url =
            reqwest::Url::parse(realm).map_err(|_| wrong(format!("its token server is {:?}", cut(realm))))?;
        let host = request::authority(&url);
        let is_plain = match url.scheme() {
            "https" => false,
            "http" => true,
            _ => return Err(wrong(format!("its token server is {:?}", cut(realm)))),
        };
        if is_plain && secret.is_some() && scheme == Scheme::Https && !is_loopback(&host) {
            let reason =
                format!("it wants the password to be sent unencrypted, to {}; it was not sent", cut(realm));
            return Err(wrong(reason));
        }
        let trust = if request::is_home(endpoint, scheme, &url) {
            endpoint.trust.clone()
        } else {
            self.hosts()?.trust_of_stranger(&host)?
        };
        let transport = self.transport(&host, &trust)?;
        let service = challenge.get("service").unwrap_or_default();
        let (what, of) = (|| purpose.what.to_owned(), || host.clone());
        let failed =
            |reason| Error::Unavailable { what: what(), host: of(), reason: format!("no token: {reason}") };
        let wrong = |reason| Error::Wrong { what: what(), host: of(), reason: format!("no token: {reason}") };
        let sent = Pace::new(self.patience(), 1)
            .wait(asked(&transport, url, service, secret, purpose).send())
            .await
            .map_err(failed)?;
        let mut answer = sent.map_err(|error| failed(causes(&error)))?;
        let status = answer.status();
        let text = self.bounded(&mut answer, LIMIT).await.map_err(|broken| match broken {
            Broken::TooLong(_) => wrong(broken.to_string()),
            Broken::Off(reason) => failed(reason),
        })?;
        if !status.is_success() {
            let words = request::words(status, &text);
            return Err(match status.as_u16() {
                passing if retry::is_passing(passing) => failed(words),
                400..500 => Error::Denied { what: what(), host: of(), reason: format!("no token: {words}") },
                _ => wrong(words),
            });
        }
        let answer: Answer = serde_json::from_slice(&text)
            .map_err(|error| wrong(format!("the answer is no JSON: {error}")))?;
        let value = answer.token.or(answer.access_token).filter(|value| is_header(value));
        let value = value.ok_or_else(|| wrong("the answer has none".into()))?;
        Ok(Token::issued(value, answer.expires_in, answer.refresh_token))
    }
}

/// The request: with a refresh token OAuth 2, else a GET, with name and password if there are any.
fn asked(
    transport: &reqwest::Client,
    mut url: reqwest::Url,
    service: &str,
    secret: Option<&Secret>,
    purpose: &Purpose<'_>,
) -> reqwest::RequestBuilder {
    if let Some(Secret::Identity(refresh)) = secret {
        let fields = [
            ("grant_type", "refresh_token"),
            ("service", service),
            ("client_id", CLIENT),
            ("scope", purpose.scope),
            ("refresh_token", refresh),
        ];
        // a URL's query is encoded as a form is
        let mut form = reqwest::Url::parse("form:x").expect("a URL");
        form.query_pairs_mut().extend_pairs(fields.iter().filter(|(_, value)| !value.is_empty()));
        return transport
            .post(url)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form.query().unwrap_or_default().to_owned());
    }
    {
        let mut query = url.query_pairs_mut();
        if !service.is_empty() {
            query.append_pair("service", service);
        }
        for scope in purpose.scope.split(' ').filter(|scope| !scope.is_empty()) {
            query.append_pair("scope", scope);
        }
        if let Some(Secret::Password { user, .. }) = secret {
            query.append_pair("account", user);
        }
        if purpose.offline {
            query.append_pair("offline_token", "true").append_pair("client_id", CLIENT);
        }
    }
    match secret {
        Some(Secret::Password { user, password }) => transport.get(url).basic_auth(user, Some(password)),
        _ => transport.get(url),
    }
}

/// Whether a text can stand in a header.
fn is_header(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic())
}
