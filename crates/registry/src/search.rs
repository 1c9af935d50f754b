//! Searching: Docker Hub's question, and for registries that do not know it, their list of repositories.

use crate::client::Client;
use crate::error::{Error, Result};
use crate::hosts::Endpoint;
use crate::request::Ask;
use reqwest::{Method, Url};
use serde::Deserialize;

/// A repository that was found.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Found {
    /// Its name, as one pulls it.
    #[serde(default)]
    pub name: String,
    /// What its owner says of it.
    #[serde(default)]
    pub description: String,
    /// How many people like it.
    #[serde(default, rename = "star_count")]
    pub stars: u64,
    /// Whether Docker keeps it.
    #[serde(default, rename = "is_official")]
    pub official: bool,
    /// Whether it is built by machines.
    #[serde(default, rename = "is_automated")]
    pub automated: bool,
}

#[derive(Deserialize)]
struct Answer {
    #[serde(default)]
    results: Option<Vec<Found>>,
}

impl Client {
    /// Searches a registry, `docker.io` or another.
    ///
    /// # Errors
    /// What stands in the way of knowing it.
    pub fn search(&self, host: &str, term: &str, limit: u32) -> Result<Vec<Found>> {
        let what = format!("search {term}");
        let own = self.registry(host, &what)?;
        let host_of_index = if host == "docker.io" { "index.docker.io".to_owned() } else { own.host.clone() };
        let endpoint = Endpoint { prefix: "/v1".into(), host: host_of_index, ..own.clone() };
        let mut query = Url::parse("x:/search").expect("a URL");
        query.query_pairs_mut().append_pair("q", term).append_pair("n", &limit.to_string());
        let path = format!("/search?{}", query.query().unwrap_or_default());
        let ask = Ask::new(&what, &endpoint, Method::GET, &path, "");
        match self.wait(self.whole(&ask)) {
            Ok((text, _)) => {
                let answer: Answer = serde_json::from_slice(&text)
                    .map_err(|error| ask.wrong(format!("its answer: {error}")))?;
                let mut found = answer.results.unwrap_or_default();
                found.truncate(limit as usize);
                if host != "docker.io" {
                    found.iter_mut().for_each(|found| found.name = format!("{host}/{}", found.name));
                }
                Ok(found)
            }
            Err(Error::NotFound { .. }) if host != "docker.io" => {
                let all = self.repositories(&own, &what)?;
                let matching = all.into_iter().filter(|name| name.contains(term)).take(limit as usize);
                Ok(matching
                    .map(|name| Found { name: format!("{host}/{name}"), ..Found::default() })
                    .collect())
            }
            Err(error) => Err(error),
        }
    }
}
