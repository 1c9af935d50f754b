//! A server of tokens for registries, as Docker specified it: `GET` with a password, `POST` as in OAuth 2.

mod jwt;

use crate::base64;
use crate::certificates::Certificates;
use crate::http::{self, Body, Ending, Head, Reply, Server};
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;
use std::io::{BufReader, Write as _};
use std::net::TcpStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The name of the issuer and of the service, which registries are told too.
pub(crate) const ISSUER: &str = "tare-tokens";
pub(crate) const SERVICE: &str = "tare-registry";
const PATH: &str = "/token";

/// A request for a token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenRequest {
    /// `GET` or `POST`.
    pub method: String,
    /// What the query or the form said.
    pub parameters: Vec<(String, String)>,
    /// Whether it came with a header `Authorization`.
    pub has_authorization: bool,
    /// The status of the answer.
    pub status: u16,
}

impl TokenRequest {
    /// The values of a parameter.
    #[must_use]
    pub fn values(&self, name: &str) -> Vec<&str> {
        let of_name = self.parameters.iter().filter(|(known, _)| known == name);
        of_name.map(|(_, value)| value.as_str()).collect()
    }
}

/// A server of tokens, signed with the key of a server's certificate. It knows one account, whose owner gets what is asked for;
/// anybody gets tokens for pulling.
#[derive(Debug)]
pub struct TokenServer {
    server: Server,
    office: Arc<Office>,
    certificates: Certificates,
}

#[derive(Debug)]
struct Office {
    account: (String, String),
    signer: jwt::Signer,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    requests: Vec<TokenRequest>,
    refresh_tokens: BTreeSet<String>,
    lifetime: i64,
    knows_post: bool,
    knows_strangers: bool,
    granted: Option<Vec<String>>,
}

impl TokenServer {
    /// Starts one with an account.
    ///
    /// # Panics
    /// If it cannot.
    #[must_use]
    pub fn start(certificates: &Certificates, user: &str, password: &str) -> Self {
        let state = State {
            requests: Vec::new(),
            refresh_tokens: BTreeSet::new(),
            lifetime: 300,
            knows_post: true,
            knows_strangers: true,
            granted: None,
        };
        let account = (user.to_owned(), password.to_owned());
        let office =
            Arc::new(Office { account, signer: jwt::Signer::new(certificates), state: Mutex::new(state) });
        let serving = Arc::clone(&office);
        let server = Server::start(move |stream, ending| serving.serve(&stream, ending));
        Self { server, office, certificates: certificates.clone() }
    }

    /// Where tokens are asked for.
    #[must_use]
    pub fn realm(&self) -> String {
        format!("http://{}{PATH}", self.server.host())
    }

    /// The service that its tokens are for.
    #[must_use]
    pub fn service(&self) -> &'static str {
        SERVICE
    }

    /// The certificates that it was started with.
    pub(crate) fn certificates(&self) -> &Certificates {
        &self.certificates
    }

    /// From now on tokens live for so many seconds; not at all with a negative number (registries forgive a minute).
    pub fn set_lifetime(&self, seconds: i64) {
        self.office.state().lifetime = seconds;
    }

    /// From now on `POST` is answered with 404, as by servers that do not know OAuth 2.
    pub fn forget_post(&self) {
        self.office.state().knows_post = false;
    }

    /// From now on nobody gets a token without a password.
    pub fn refuse_strangers(&self) {
        self.office.state().knows_strangers = false;
    }

    /// From now on tokens allow these actions only, whatever is asked for.
    pub fn grant_only(&self, actions: &[&str]) {
        self.office.state().granted = Some(actions.iter().map(|&action| action.to_owned()).collect());
    }

    /// A token of the account's for a scope such as `repository:NAME:pull,push`.
    #[must_use]
    pub fn token(&self, scope: &str) -> String {
        self.office.token(Some(&self.office.account.0), &[scope.to_owned()])
    }

    /// What it was asked so far.
    #[must_use]
    pub fn requests(&self) -> Vec<TokenRequest> {
        self.office.state().requests.clone()
    }
}

/// Who asks, and for what.
struct Wish {
    account: Option<String>,
    scopes: Vec<String>,
    wants_refresh_token: bool,
}

impl Office {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn serve(&self, stream: &TcpStream, _: &Ending) {
        let mut reader = BufReader::new(stream);
        let mut writer = stream;
        while let Ok(Some(head)) = Head::read(&mut reader) {
            if head.waits() && writer.write_all(b"HTTP/1.1 100 Continue\r\n\r\n").is_err() {
                return;
            }
            let body = head.read_body(&mut reader, u64::MAX);
            if !body.is_whole || writer.write_all(&self.answer(&head, &body).bytes()).is_err() {
                return;
            }
        }
    }

    fn answer(&self, head: &Head, body: &Body) -> Reply {
        let parameters = match head.method.as_str() {
            "POST" => http::parse_form(&String::from_utf8_lossy(&body.bytes)),
            _ => head.parameters(),
        };
        let authorization = head.header("authorization");
        let reply = self.decide(head, authorization, &parameters);
        self.state().requests.push(TokenRequest {
            method: head.method.clone(),
            parameters,
            has_authorization: authorization.is_some(),
            status: reply.status,
        });
        reply
    }

    fn decide(&self, head: &Head, authorization: Option<&str>, parameters: &[(String, String)]) -> Reply {
        let knows_post = self.state().knows_post;
        let wish = match head.method.as_str() {
            _ if head.path() != PATH => return Reply::new(404),
            "GET" => self.read_query(authorization, parameters),
            "POST" if knows_post => self.read_form(parameters),
            _ => return Reply::new(404),
        };
        let Some(wish) = wish else {
            let refusal = json!({ "details": "incorrect username or password" });
            return Reply::json(401, &refusal).header("WWW-Authenticate", "Basic realm=\"tokens\"");
        };
        let token = self.token(wish.account.as_deref(), &wish.scopes);
        let lifetime = self.state().lifetime;
        let mut answer = json!({ "access_token": token, "expires_in": lifetime });
        if head.method == "GET" {
            answer["token"] = token.into();
        } else {
            answer["scope"] = wish.scopes.join(" ").into();
        }
        if wish.wants_refresh_token && wish.account.is_some() {
            answer["refresh_token"] = self.refresh_token().into();
        }
        Reply::json(200, &answer)
    }

    fn read_query(&self, authorization: Option<&str>, parameters: &[(String, String)]) -> Option<Wish> {
        let (user, password) = &self.account;
        let expected = format!("Basic {}", base64::encode(format!("{user}:{password}").as_bytes()));
        let account = match authorization {
            Some(text) if text == expected => Some(user.clone()),
            None if self.state().knows_strangers => None,
            _ => return None,
        };
        let scopes = parameters.iter().filter(|(name, _)| name == "scope").map(|(_, scope)| scope.clone());
        let wants_refresh_token = http::find(parameters, "offline_token") == Some("true");
        Some(Wish { account, scopes: scopes.collect(), wants_refresh_token })
    }

    fn read_form(&self, parameters: &[(String, String)]) -> Option<Wish> {
        let find = |name| http::find(parameters, name).unwrap_or_default();
        let (user, password) = &self.account;
        let is_known = match find("grant_type") {
            "password" => find("username") == user && find("password") == password,
            "refresh_token" => self.state().refresh_tokens.contains(find("refresh_token")),
            _ => false,
        };
        let scopes = find("scope").split_whitespace().map(str::to_owned).collect();
        let wants_refresh_token = find("access_type") == "offline";
        is_known.then(|| Wish { account: Some(user.clone()), scopes, wants_refresh_token })
    }

    fn refresh_token(&self) -> String {
        let mut state = self.state();
        let token = format!("refresh-{}", state.refresh_tokens.len() + 1);
        state.refresh_tokens.insert(token.clone());
        token
    }

    fn token(&self, account: Option<&str>, scopes: &[String]) -> String {
        let (granted, lifetime) = {
            let state = self.state();
            (state.granted.clone(), state.lifetime)
        };
        let may = |kind: &str, action: &str| {
            let is_granted = granted.as_ref().is_none_or(|granted| granted.iter().any(|one| one == action));
            is_granted && (account.is_some() || kind == "repository" && action == "pull")
        };
        let words = scopes.iter().flat_map(|scope| scope.split_whitespace());
        let access = words.filter_map(|scope| {
            let (kind, rest) = scope.split_once(':')?;
            let (name, actions) = rest.rsplit_once(':')?;
            let actions: Vec<&str> = actions.split(',').filter(|action| may(kind, action)).collect();
            (!actions.is_empty()).then(|| json!({ "type": kind, "name": name, "actions": actions }))
        });
        let mut claims = Map::new();
        claims.insert("iss".into(), ISSUER.into());
        claims.insert("sub".into(), account.unwrap_or_default().into());
        claims.insert("aud".into(), SERVICE.into());
        claims.insert("access".into(), Value::Array(access.collect()));
        self.signer.sign(claims, lifetime)
    }
}
