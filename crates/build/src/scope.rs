//! Which variables an instruction sees, and with which values.

use crate::Request;
use oci::Platform;
use oci::image::{set_variable, set_variables};
use std::collections::BTreeMap;

/// Arguments that need no declaration, and neither show up in the history nor miss the cache.
pub(crate) const PREDEFINED: [&str; 10] = [
    "HTTP_PROXY",
    "http_proxy",
    "HTTPS_PROXY",
    "https_proxy",
    "FTP_PROXY",
    "ftp_proxy",
    "NO_PROXY",
    "no_proxy",
    "ALL_PROXY",
    "all_proxy",
];

/// The arguments of the build request and of the lines before the first `FROM`.
#[derive(Debug, Clone)]
pub(crate) struct Globals<'a> {
    request: &'a Request,
    platform: BTreeMap<&'static str, String>,
    declared: BTreeMap<String, String>,
}

impl<'a> Globals<'a> {
    /// What holds before the first line.
    pub(crate) fn new(request: &'a Request) -> Self {
        let mut platform = BTreeMap::new();
        describe(
            &mut platform,
            ["TARGETPLATFORM", "TARGETOS", "TARGETARCH", "TARGETVARIANT"],
            &request.platform,
        );
        describe(&mut platform, ["BUILDPLATFORM", "BUILDOS", "BUILDARCH", "BUILDVARIANT"], &Platform::host());
        platform.insert("TARGETSTAGE", request.target.clone().unwrap_or_else(|| "default".into()));
        Self { request, platform, declared: BTreeMap::new() }
    }

    /// Declares a global argument.
    pub(crate) fn declare(&mut self, name: &str, default: Option<String>) {
        if let Some(value) = self.request.arguments.get(name).cloned().or(default) {
            self.declared.insert(name.to_owned(), value);
        }
    }

    /// The value of a global argument.
    pub(crate) fn value(&self, name: &str) -> Option<String> {
        let given =
            || self.platform.get(name).map(|_| self.request.arguments.get(name)).and_then(|v| v.cloned());
        self.declared.get(name).cloned().or_else(given).or_else(|| self.platform.get(name).cloned())
    }

    /// The value that a stage's declaration of `name` gets.
    pub(crate) fn stage_value(&self, name: &str, default: Option<String>) -> Option<String> {
        let given = self.request.arguments.get(name).cloned();
        given.or(default).or_else(|| self.value(name))
    }

    /// Predefined arguments that were given but need no declaration. One that was given in one spelling has both: programs look for either.
    pub(crate) fn undeclared(&self) -> impl Iterator<Item = (String, String)> {
        PREDEFINED.iter().filter_map(|name| {
            let given = |spelling: &str| self.request.arguments.get(spelling);
            let value =
                given(name).or_else(|| given(&name.to_uppercase())).or_else(|| given(&name.to_lowercase()));
            value.map(|value| ((*name).to_owned(), value.clone()))
        })
    }
}

fn describe(values: &mut BTreeMap<&'static str, String>, names: [&'static str; 4], platform: &Platform) {
    let texts = [
        platform.to_string(),
        platform.os.clone(),
        platform.architecture.clone(),
        platform.variant.clone().unwrap_or_default(),
    ];
    values.extend(names.into_iter().zip(texts));
}

/// The arguments that a stage has declared, in their order. Of an `ARG` and an `ENV` of one name, the later holds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Arguments {
    declared: Vec<Argument>,
}

#[derive(Debug, Clone)]
struct Argument {
    name: String,
    value: Option<String>,
    /// A later `ENV` has its name.
    hidden: bool,
}

impl Arguments {
    /// Declares one, perhaps again.
    pub(crate) fn declare(&mut self, name: &str, value: Option<String>) {
        self.declared.retain(|known| known.name != name);
        self.declared.push(Argument { name: name.to_owned(), value, hidden: false });
    }

    /// An `ENV` of this name follows.
    pub(crate) fn hide(&mut self, name: &str) {
        for argument in self.declared.iter_mut().filter(|argument| argument.name == name) {
            argument.hidden = true;
        }
    }

    /// The value of one that no later `ENV` hides, if it has any.
    pub(crate) fn value(&self, name: &str) -> Option<String> {
        let found = self.declared.iter().find(|argument| argument.name == name && !argument.hidden);
        found.and_then(|argument| argument.value.clone())
    }

    /// All that have a value, as `NAME=value`, in their order; for the cache.
    pub(crate) fn assignments(&self) -> Vec<String> {
        self.declared
            .iter()
            .filter(|argument| !argument.hidden)
            .filter_map(|Argument { name, value, .. }| value.as_ref().map(|v| format!("{name}={v}")))
            .collect()
    }

    /// All that are declared, one without a value as `NAME=`; for the history.
    pub(crate) fn declared(&self) -> Vec<String> {
        self.declared
            .iter()
            .map(|Argument { name, value, .. }| format!("{name}={}", value.as_deref().unwrap_or_default()))
            .collect()
    }

    /// The environment of a command: what `ENV` says, and the arguments.
    pub(crate) fn environment(&self, globals: &Globals<'_>, env: &[String]) -> Vec<String> {
        let mut environment: Vec<String> = Vec::new();
        let undeclared =
            globals.undeclared().filter(|(name, _)| !self.declared.iter().any(|known| known.name == *name));
        for (name, value) in undeclared {
            set_variable(&mut environment, &name, &value);
        }
        set_variables(&mut environment, env.iter().chain(&self.assignments()));
        environment
    }
}

/// The value of `name` in a list of assignments.
pub(crate) fn variable(list: &[String], name: &str) -> Option<String> {
    list.iter()
        .rev()
        .find_map(|v| v.split_once('=').filter(|(n, _)| *n == name))
        .map(|(_, value)| value.to_owned())
}
