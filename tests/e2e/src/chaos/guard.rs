//! Who may ask a registry, and how it says so.

use super::place::Place;
use crate::base64;
use crate::http::{Head, Reply};
use serde_json::{Value, json};
use std::time::{SystemTime, UNIX_EPOCH};

/// How clients say who they are.
#[derive(Debug, Default)]
pub(super) enum Guard {
    /// They do not.
    #[default]
    Open,
    /// With this header.
    Basic(String),
    /// With a token from a realm for a service, or one of these.
    Bearer { realm: String, service: String, accepted: Vec<String> },
}

/// What is allowed to whom: a kind, a name, and actions.
type Scope = (&'static str, String, &'static [&'static str]);

impl Guard {
    /// One that asks for a password.
    pub(super) fn basic(user: &str, password: &str) -> Self {
        Self::Basic(format!("Basic {}", base64::encode(format!("{user}:{password}").as_bytes())))
    }

    /// The answer to a client that may not ask this.
    pub(super) fn refuse(&self, head: &Head) -> Option<Reply> {
        let authorization = head.header("authorization").unwrap_or_default();
        match self {
            Self::Open => None,
            Self::Basic(expected) => (authorization != expected)
                .then(|| refusal().header("WWW-Authenticate", "Basic realm=\"chaos\"")),
            Self::Bearer { realm, service, accepted } => {
                let scopes = scopes(head);
                let token = authorization.strip_prefix("Bearer ").unwrap_or_default();
                let may = accepted.iter().any(|one| one == token) || allows(token, &scopes);
                (!may).then(|| {
                    let mut challenge = format!("Bearer realm=\"{realm}\",service=\"{service}\"");
                    if !scopes.is_empty() {
                        let words = scopes
                            .iter()
                            .map(|(kind, name, actions)| format!("{kind}:{name}:{}", actions.join(",")));
                        challenge += &format!(",scope=\"{}\"", words.collect::<Vec<_>>().join(" "));
                    }
                    if !token.is_empty() {
                        challenge += ",error=\"insufficient_scope\"";
                    }
                    refusal().header("WWW-Authenticate", challenge)
                })
            }
        }
    }
}

/// 401 with its document.
pub(super) fn refusal() -> Reply {
    super::answer::error(401, "UNAUTHORIZED", "authentication required")
}

/// What a request needs.
fn scopes(head: &Head) -> Vec<Scope> {
    let name = match Place::of(head.path()) {
        None | Some(Place::Top) => return Vec::new(),
        Some(Place::Catalog) => return vec![("registry", "catalog".to_owned(), &["*"])],
        Some(place) => place.repository().unwrap_or_default().to_owned(),
    };
    let actions: &[&str] = match head.method.as_str() {
        "GET" | "HEAD" => &["pull"],
        "DELETE" => &["delete"],
        _ => &["pull", "push"],
    };
    let mut scopes: Vec<Scope> = vec![("repository", name, actions)];
    if let Some(from) = head.parameter("from").filter(|_| head.method == "POST") {
        scopes.push(("repository", from, &["pull"]));
    }
    scopes
}

/// Whether a token says these things and lives. Its signature is not looked at.
fn allows(token: &str, scopes: &[Scope]) -> bool {
    let claims = token.split('.').nth(1).and_then(base64::decode_for_urls);
    let claims: Value = claims.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970").as_secs();
    let lives = claims["exp"].as_u64().is_some_and(|end| now < end);
    let access: &[Value] = claims["access"].as_array().map_or(&[], Vec::as_slice);
    let has = |kind: &str, name: &str, action: &str| {
        access.iter().any(|one| {
            let actions = one["actions"].as_array().map_or(&[][..], Vec::as_slice);
            one["type"] == kind && one["name"] == name && actions.contains(&json!(action))
        })
    };
    lives && scopes.iter().all(|(kind, name, actions)| actions.iter().all(|action| has(kind, name, action)))
}
