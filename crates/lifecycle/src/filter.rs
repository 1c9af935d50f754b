//! The system call filter of a container, and the agent that its notified calls go to.

use crate::Lifecycle;
use crate::error::Result;
use oci::digest::Hasher;
use oci::runtime::Spec;
use runtime::hooks::Subject;
use runtime::{Agent, Filter};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::os::fd::{AsFd, OwnedFd};

/// The compiled filter of a configuration; compiled ones are kept by the digest of their profile's text.
pub(crate) fn of(lifecycle: &Lifecycle, spec: &Spec, text: &[u8]) -> Result<Option<Filter>> {
    let profile = spec.linux().as_ref().and_then(|linux| linux.seccomp().as_ref());
    let Some(profile) = profile else { return Ok(None) };
    let mut hasher = Hasher::default();
    hasher.field(env!("CARGO_PKG_VERSION").as_bytes());
    match serde_json::from_slice::<Raw<'_>>(text).ok().and_then(|raw| raw.linux.seccomp) {
        Some(raw) => hasher.field(raw.get().as_bytes()),
        None => hasher.field(&serde_json::to_vec(profile).expect("a profile serialises")),
    };
    Ok(Some(Filter::of(profile, &lifecycle.root.join(".seccomp"), &hasher.finish().hex())?))
}

/// The profile as it stands in the text: to read it again costs less than to write it.
#[derive(Deserialize)]
struct Raw<'a> {
    #[serde(borrow)]
    linux: RawLinux<'a>,
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
