//! Flags that stand before the command, and the engine that they choose.

use crate::failure::{Failure, Outcome};
use engine::{Engine, Layout};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use sys::entry::ROOTS;

/// What was said before the command.
#[derive(Debug, Clone, Default)]
pub(crate) struct Globals {
    data_root: Option<PathBuf>,
    exec_root: Option<PathBuf>,
}

/// What comes first on the command line.
#[derive(Debug)]
pub(crate) enum First {
    /// A command's words.
    Command(Vec<OsString>),
    /// `--help`, or nothing at all.
    Help,
    /// `--version`.
    Version,
}

impl Globals {
    /// Takes the global flags off the front. Their values also come from `TARE_DATA_ROOT` and `TARE_EXEC_ROOT`.
    pub(crate) fn split(arguments: &[OsString]) -> Outcome<(Self, First)> {
        let mut globals = Self::of_environment();
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            let text = argument.to_string_lossy();
            let (flag, value) =
                text.split_once('=').map_or((text.as_ref(), None), |(f, v)| (f, Some(v.to_owned())));
            match flag {
                flag if ROOTS.contains(&flag) => {
                    let value = value.map(OsString::from).or_else(|| rest.next().cloned());
                    let value =
                        value.ok_or_else(|| Failure::usage(format!("flag needs an argument: {flag}")))?;
                    let slot = if flag == ROOTS[0] { &mut globals.data_root } else { &mut globals.exec_root };
                    *slot = Some(PathBuf::from(value));
                }
                "-h" | "--help" => return Ok((globals, First::Help)),
                "-v" | "--version" => return Ok((globals, First::Version)),
                flag if flag.starts_with('-') => {
                    return Err(Failure::usage(format!("unknown flag: {flag}\nSee 'tare --help'.")));
                }
                _ => {
                    let words = std::iter::once(argument).chain(rest).cloned().collect();
                    return Ok((globals, First::Command(words)));
                }
            }
        }
        Ok((globals, First::Help))
    }

    /// What `TARE_DATA_ROOT` and `TARE_EXEC_ROOT` say.
    pub(crate) fn of_environment() -> Self {
        let path = |name| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
        Self { data_root: path("TARE_DATA_ROOT"), exec_root: path("TARE_EXEC_ROOT") }
    }

    /// The exec root, if one was said.
    pub(crate) fn exec_root(&self) -> Option<&Path> {
        self.exec_root.as_deref()
    }

    /// Where this engine keeps its things. Paths become absolute here: the engine's own processes have other working directories.
    pub(crate) fn layout(&self) -> Outcome<Layout> {
        let absolute = |path: &Option<PathBuf>, default: &str| {
            let path = path.clone().unwrap_or_else(|| default.into());
            std::path::absolute(&path).map_err(|error| Failure::new(format!("{}: {error}", path.display())))
        };
        let program =
            std::env::current_exe().map_err(|e| Failure::new(format!("cannot find this program: {e}")))?;
        Ok(Layout::new(
            &absolute(&self.data_root, engine::DATA_ROOT)?,
            &absolute(&self.exec_root, engine::EXEC_ROOT)?,
            &program,
        ))
    }

    /// Opens the engine.
    pub(crate) fn engine(&self) -> Outcome<Engine> {
        if !sys::process::geteuid().is_root() {
            return Err(Failure::new(
                "tare needs root for now: run it with sudo (rootless containers come in a later version)",
            ));
        }
        Ok(Engine::open(self.layout()?)?)
    }
}
