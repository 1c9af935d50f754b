//! Logging in: whether a registry takes a secret, and what it wants to be shown from then on.

use crate::challenge;
use crate::client::{Client, Settings};
use crate::credentials::Secret;
use crate::error::Result;
use crate::request::{Ask, Sent};
use crate::token::Purpose;
use reqwest::{Method, StatusCode};

impl Client {
    /// Shows name and password to a registry; what to keep: a refresh token if it gives one, else the same secret.
    ///
    /// # Errors
    /// [`Error::Denied`] if it does not take them.
    pub fn login(&self, host: &str, user: &str, password: &str) -> Result<Secret> {
        let given = Secret::Password { user: user.to_owned(), password: password.to_owned() };
        // what is known of the host with other secrets does not count
        let fresh = Self::new(Settings { secret: Some(given.clone()), ..self.settings.clone() });
        fresh.show(host, &given)
    }

    /// Shows a client's own secret.
    fn show(&self, host: &str, given: &Secret) -> Result<Secret> {
        let what = format!("log in to {host}");
        let endpoint = &self.registry(host, &what)?;
        self.wait(async {
            let ask = Ask { attempts: 2, ..Ask::new(&what, endpoint, Method::GET, "/", "") };
            let Sent { response, scheme, .. } = self.send(&ask).await?;
            if response.status().is_success() {
                return Ok(given.clone());
            }
            if response.status() != StatusCode::UNAUTHORIZED {
                return Err(ask.wrong(format!("{}", response.status())));
            }
            let challenges = challenge::of(response.headers());
            if let Some(bearer) = challenges.iter().find(|challenge| challenge.scheme == "bearer") {
                let purpose = Purpose { what: &what, scope: "", offline: true };
                let token = self.token(endpoint, scheme, bearer, Some(given), &purpose).await?;
                return Ok(token.refresh.map_or(given.clone(), Secret::Identity));
            }
            self.answer(&ask).await.map(|_| given.clone())
        })
    }
}
