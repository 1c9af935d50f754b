//! The system call filter of a container, and the agent that its notified calls go to.

use crate::Lifecycle;
use crate::error::{Error, Result};
use oci::digest::Hasher;
use runtime::hooks::Subject;
use runtime::{Agent, Filter};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

/// The compiled filter of a configuration; compiled ones are kept by the digest of their profile's text, which is the largest part of most
/// configurations and is read only to be compiled.
pub(crate) fn of(lifecycle: &Lifecycle, text: &[u8], path: &Path) -> Result<Option<Filter>> {
    let document = |error: serde_json::Error| Error::Document {
        path: path.to_path_buf(),
        reason: format!("linux.seccomp: {error}"),
    };
    let Some((profile, _)) = cut(text).map_err(document)? else { return Ok(None) };
    let mut hasher = Hasher::default();
    hasher.field(env!("CARGO_PKG_VERSION").as_bytes());
    hasher.field(profile.get().as_bytes());
    let loading = serde_json::from_str(profile.get()).map_err(document)?;
    let whole = || serde_json::from_str(profile.get()).map_err(document);
    let directory = lifecycle.root.join(".seccomp");
    Ok(Some(Filter::of(loading, &directory, &hasher.finish().hex(), &whole)?))
}

/// The profile as it stands in a configuration's text, and the text with nothing in its place.
pub(crate) fn cut(text: &[u8]) -> serde_json::Result<Option<(&RawValue, Vec<u8>)>> {
    let Some(profile) = serde_json::from_slice::<Raw<'_>>(text)?.linux.and_then(|linux| linux.seccomp) else {
        return Ok(None);
    };
    let begin = profile.get().as_ptr().addr() - text.as_ptr().addr();
    let rest = [&text[..begin], b"null", &text[begin + profile.get().len()..]].concat();
    Ok(Some((profile, rest)))
}

/// A configuration, of which nothing but the place of the profile is looked at.
#[derive(Deserialize)]
struct Raw<'a> {
    #[serde(borrow)]
    linux: Option<RawLinux<'a>>,
}

#[derive(Deserialize)]
struct RawLinux<'a> {
    #[serde(borrow)]
    seccomp: Option<&'a RawValue>,
}

/// What a seccomp agent is told (runtime specification, config-linux.md "Container Process State").
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProcessState<'a> {
    oci_version: &'a str,
    fds: [&'a str; 1],
    pid: i32,
    metadata: &'a str,
    state: serde_json::Value,
}

/// Sends the descriptor on which a filter's calls are notified to its agent.
pub(crate) fn tell_agent(
    agent: Option<&Agent>,
    subject: &Subject,
    pid: i32,
    listener: OwnedFd,
) -> runtime::Result<()> {
    let Some(agent) = agent else { return Ok(()) };
    let state = ProcessState {
        oci_version: &subject.version,
        fds: ["seccompFd"],
        pid,
        metadata: &agent.metadata,
        state: serde_json::from_str(&subject.state("creating", pid)).expect("a state is JSON"),
    };
    let text = serde_json::to_vec(&state).expect("a state serialises");
    runtime::hand_over(&agent.socket, &text, listener.as_fd())
        .map_err(|error| runtime::Error::Agent(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::cut;

    #[test]
    fn a_profile_is_cut_out() {
        let text = br#"{"a": 1, "linux": {"seccomp" : {"x": [1, {}]} , "b": 2}}"#;
        let (profile, rest) = cut(text).unwrap().unwrap();
        assert_eq!(profile.get(), r#"{"x": [1, {}]}"#);
        assert_eq!(rest, br#"{"a": 1, "linux": {"seccomp" : null , "b": 2}}"#);
        for none in ["{}", r#"{"linux": {}}"#, r#"{"linux": {"seccomp": null}}"#] {
            assert!(cut(none.as_bytes()).unwrap().is_none(), "{none}");
        }
        for bad in ["[", "", r#"{"linux": {}, "linux": {}}"#] {
            assert!(cut(bad.as_bytes()).is_err(), "{bad}");
        }
    }
}
