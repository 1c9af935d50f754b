//! Compiled system call filters, and where they are kept.

use crate::error::{At, Error, Result};
use oci::runtime::{LinuxSeccomp, LinuxSeccompAction, LinuxSeccompFilterFlag};
use serde::{Deserialize, Serialize};
use std::fs;
use std::path::{Path, PathBuf};

/// A filter to be loaded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Filter {
    /// `sock_filter` records in native byte order.
    pub program: Vec<u8>,
    /// `SECCOMP_FILTER_FLAG_*`.
    pub flags: u64,
    /// Who is told of calls with the action `SCMP_ACT_NOTIFY`.
    pub agent: Option<Agent>,
}

/// The part of a profile that is about loading the program, and not in it (runtime specification, config-linux.md "Seccomp").
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Loading {
    flags: Option<Vec<LinuxSeccompFilterFlag>>,
    listener_path: Option<PathBuf>,
    listener_metadata: Option<String>,
}

/// The process that decides about notified calls.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agent {
    /// Its socket (`listenerPath`).
    pub socket: PathBuf,
    /// What it is told beside the container's state (`listenerMetadata`).
    pub metadata: String,
}

impl Filter {
    /// The filter of a profile. The program is looked for in `directory` under `key`, which names all that it depends on; what is not there is compiled, from the
    /// whole profile that `make` reads, and kept.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a profile that cannot be compiled, and refusals of the file system; what `make` returns.
    pub fn of<E: From<Error>>(
        loading: Loading,
        directory: &Path,
        key: &str,
        make: &dyn Fn() -> std::result::Result<LinuxSeccomp, E>,
    ) -> std::result::Result<Self, E> {
        let program = kept(directory, key, &|| {
            let profile = make()?;
            if loading.listener_path.is_none() && notifies(&profile) {
                return Err(Error::Invalid("SCMP_ACT_NOTIFY needs linux.seccomp.listenerPath".into()).into());
            }
            Ok::<_, E>(Some(compile(&profile)?))
        })?;
        let program = program.unwrap_or_default();
        let agent = loading
            .listener_path
            .map(|socket| Agent { socket, metadata: loading.listener_metadata.unwrap_or_default() });
        let mut flags = loading.flags.iter().flatten().fold(0, |flags, flag| flags | number(*flag));
        if agent.is_some() {
            flags |= sys::seccomp::NEW_LISTENER;
            // the kernel knows no way to tell threads apart from an agent's
            flags &= !sys::seccomp::SYNCHRONISE_THREADS;
        }
        Ok(Self { program, flags, agent })
    }

    /// As [`Filter::of`], for a profile that is itself made only if it is not kept; none if `make` says that there is no filter.
    ///
    /// # Errors
    /// As [`Filter::of`], and what `make` returns.
    pub fn kept<E: From<Error>>(
        directory: &Path,
        key: &str,
        make: &dyn Fn() -> std::result::Result<Option<LinuxSeccomp>, E>,
    ) -> std::result::Result<Option<Self>, E> {
        let program = kept(directory, key, &|| match make()? {
            Some(profile) => Ok(Some(compile(&profile)?)),
            None => Ok::<_, E>(None),
        })?;
        Ok(program.map(|program| Self { program, flags: 0, agent: None }))
    }
}

impl Filter {
    /// A program that is compiled elsewhere, kept as the others are.
    ///
    /// # Errors
    /// As [`Filter::of`], and what `make` returns.
    pub fn kept_program<E: From<Error>>(
        directory: &Path,
        key: &str,
        make: &dyn Fn() -> std::result::Result<Vec<u8>, E>,
    ) -> std::result::Result<Vec<u8>, E> {
        kept(directory, key, &|| make().map(Some)).map(Option::unwrap_or_default)
    }
}

/// A program from its file, or made and put there. An empty file stands for no filter.
fn kept<E: From<Error>>(
    directory: &Path,
    key: &str,
    make: &dyn Fn() -> std::result::Result<Option<Vec<u8>>, E>,
) -> std::result::Result<Option<Vec<u8>>, E> {
    let path = directory.join(key);
    if let Ok(program) = fs::read(&path) {
        return Ok((!program.is_empty()).then_some(program));
    }
    let program = make()?;
    fs::create_dir_all(directory).at("make directory", directory)?;
    let temporary = directory.join(format!(".{key}.{}-0", std::process::id()));
    fs::write(&temporary, program.as_deref().unwrap_or_default()).at("write", &temporary)?;
    fs::rename(&temporary, &path).at("rename to", &path)?;
    Ok(program)
}

fn notifies(profile: &LinuxSeccomp) -> bool {
    let rules = profile.syscalls().iter().flatten();
    rules.into_iter().any(|rule| rule.action() == LinuxSeccompAction::ScmpActNotify)
}

fn compile(profile: &LinuxSeccomp) -> Result<Vec<u8>> {
    let arch = seccomp::Arch::native().ok_or_else(|| {
        Error::Invalid("seccomp filters are not known for this machine's architecture".into())
    })?;
    let program = seccomp::compile(profile, arch)
        .map_err(|error| Error::Invalid(format!("the seccomp profile is not valid: {error}")))?;
    Ok(program.to_bytes())
}

fn number(flag: LinuxSeccompFilterFlag) -> u64 {
    match flag {
        LinuxSeccompFilterFlag::SeccompFilterFlagLog => sys::seccomp::LOG,
        LinuxSeccompFilterFlag::SeccompFilterFlagTsync => sys::seccomp::SYNCHRONISE_THREADS,
        LinuxSeccompFilterFlag::SeccompFilterFlagSpecAllow => sys::seccomp::ALLOW_SPECULATION,
        LinuxSeccompFilterFlag::SeccompFilterFlagWaitKillableRecv => sys::seccomp::WAIT_KILLABLE,
    }
}
