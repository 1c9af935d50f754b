//! The client: settings, connections, and what was learnt of each host.

use crate::credentials::{Keyring, Secret};
use crate::driver::Driver;
use crate::error::{Error, Result};
use crate::hosts::{Endpoint, Files, Hosts, Route, Scheme, Trust, is_loopback};
use crate::proxies::Proxies;
use crate::tls;
use crate::token::Token;
use oci::Reference;
use std::collections::{HashMap, HashSet};
use std::future::Future;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// What to speak with, and what to read.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Where credentials are kept.
    pub keyring: Keyring,
    /// What stands in for the keyring: for `login`, and for commands that name a secret.
    pub secret: Option<Secret>,
    /// Mirrors, blocked and insecure registries, certificates.
    pub files: Files,
    /// Proxies.
    pub proxies: Proxies,
    /// How long a server may be silent before it counts as gone; half a minute if it is not said.
    pub patience: Option<Duration>,
}

/// Ends the waits of whoever was given it, now and from now on; other users of the client go on.
#[derive(Debug, Default)]
pub struct Stop(watch::Sender<bool>);

impl Stop {
    /// Ends them.
    pub fn set(&self) {
        self.0.send_replace(true);
    }

    /// Whether they have ended.
    #[must_use]
    pub fn is_set(&self) -> bool {
        *self.0.borrow()
    }

    /// What comes of some work, unless this is set before.
    pub(crate) async fn or<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let mut stopped = self.0.subscribe();
        tokio::select! {
            biased;
            _ = stopped.wait_for(|stopped| *stopped) => Err(Error::Canceled),
            done = work => done,
        }
    }
}

/// How long a server may be silent.
const PATIENCE: Duration = Duration::from_secs(30);

/// Speaks to registries. It may be used by several threads; what one learns of a host the others know.
#[derive(Debug)]
pub struct Client {
    pub(crate) settings: Settings,
    driver: OnceLock<Driver>,
    hosts: OnceLock<Hosts>,
    transports: Mutex<HashMap<(Trust, bool), reqwest::Client>>,
    /// What a host answered to.
    schemes: Mutex<HashMap<String, Scheme>>,
    secrets: Mutex<HashMap<(String, String), Option<Secret>>>,
    /// By host and scope.
    pub(crate) tokens: Mutex<HashMap<(String, String), Token>>,
    /// Hosts that want name and password.
    pub(crate) basic: Mutex<HashSet<String>>,
    canceled: watch::Sender<bool>,
}

impl Client {
    /// A client. Nothing is read and no thread is made before the first request.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            driver: OnceLock::new(),
            hosts: OnceLock::new(),
            transports: Mutex::default(),
            schemes: Mutex::default(),
            secrets: Mutex::default(),
            tokens: Mutex::default(),
            basic: Mutex::default(),
            canceled: watch::channel(false).0,
        }
    }

    /// Ends every wait, in every thread, now and from now on, with [`Error::Canceled`].
    pub fn cancel(&self) {
        self.canceled.send_replace(true);
    }

    /// The endpoints for a name.
    ///
    /// # Errors
    /// [`Error::Blocked`], or [`Error::Settings`] for a file that cannot be read.
    pub fn route(&self, name: &Reference) -> Result<Route> {
        self.hosts()?.route(name)
    }

    /// The registry of a host itself.
    pub(crate) fn registry(&self, host: &str, what: &str) -> Result<Endpoint> {
        // any name of the host leads to its endpoint
        let name: Reference = format!("{host}/any:latest").parse().map_err(|error| Error::Wrong {
            what: what.to_owned(),
            host: host.to_owned(),
            reason: format!("{error}"),
        })?;
        self.route(&name)?.endpoints.pop().ok_or_else(|| Error::NotFound { what: what.to_owned() })
    }

    pub(crate) fn hosts(&self) -> Result<&Hosts> {
        if let Some(hosts) = self.hosts.get() {
            return Ok(hosts);
        }
        let hosts = Hosts::read(&self.settings.files)?;
        Ok(self.hosts.get_or_init(|| hosts))
    }

    pub(crate) fn patience(&self) -> Duration {
        self.settings.patience.unwrap_or(PATIENCE)
    }

    /// Waits for something, unless the client is canceled.
    pub(crate) fn wait<T>(&self, work: impl Future<Output = Result<T>>) -> Result<T> {
        let driver = match self.driver.get() {
            Some(driver) => driver,
            None => {
                let made = Driver::start().map_err(|error| Error::local("make a thread", error))?;
                self.driver.get_or_init(|| made)
            }
        };
        let mut canceled = self.canceled.subscribe();
        driver.run(async {
            tokio::select! {
                biased;
                _ = canceled.wait_for(|canceled| *canceled) => Err(Error::Canceled),
                done = work => done,
            }
        })
    }

    /// The connections to hosts of this trust. A machine is not reached through a proxy by itself.
    pub(crate) fn transport(&self, host: &str, trust: &Trust) -> Result<reqwest::Client> {
        let key = (trust.clone(), is_loopback(host));
        let mut transports = self.transports.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(transport) = transports.get(&key) {
            return Ok(transport.clone());
        }
        let mut builder = reqwest::Client::builder()
            .user_agent(concat!("tare/", env!("CARGO_PKG_VERSION")))
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(self.patience())
            .tls_backend_preconfigured(tls::configuration(trust)?)
            .no_proxy();
        if !key.1 {
            for proxy in self.settings.proxies.all()? {
                builder = builder.proxy(proxy);
            }
        }
        let transport = builder.build().map_err(|error| Error::Local {
            doing: "prepare the connection".into(),
            source: std::io::Error::other(crate::error::causes(&error)),
        })?;
        transports.insert(key, transport.clone());
        Ok(transport)
    }

    /// The scheme that a host answered to before.
    pub(crate) fn known_scheme(&self, host: &str) -> Option<Scheme> {
        self.schemes.lock().unwrap_or_else(PoisonError::into_inner).get(host).copied()
    }

    pub(crate) fn learn_scheme(&self, host: &str, scheme: Scheme) {
        self.schemes.lock().unwrap_or_else(PoisonError::into_inner).insert(host.to_owned(), scheme);
    }

    /// What is shown to a host for a repository.
    pub(crate) fn secret(&self, host: &str, repository: &str) -> Result<Option<Secret>> {
        if let Some(secret) = &self.settings.secret {
            return Ok(Some(secret.clone()));
        }
        let key = (crate::hosts::name_of(host).to_owned(), repository.to_owned());
        // programs that keep credentials take their time
        let mut secrets = self.secrets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = secrets.get(&key) {
            return Ok(known.clone());
        }
        let secret = self.settings.keyring.find(&key.0, repository)?;
        secrets.insert(key, secret.clone());
        Ok(secret)
    }
}
