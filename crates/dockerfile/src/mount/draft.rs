//! From fields to a meaning: which values and keys a mount of each type takes.

use super::{
    key::MountKey,
    spec::{MountKind, MountSpec, Ownership, Sharing},
};
use crate::{error::Fault, position::Position, quantity, suggest};

#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    Bind,
    Cache,
    Tmpfs,
    Secret,
    Ssh,
}

const TYPES: &[(&str, Type)] = &[
    ("bind", Type::Bind),
    ("cache", Type::Cache),
    ("tmpfs", Type::Tmpfs),
    ("secret", Type::Secret),
    ("ssh", Type::Ssh),
];

const SHARINGS: &[(&str, Sharing)] =
    &[("shared", Sharing::Shared), ("private", Sharing::Private), ("locked", Sharing::Locked)];

/// A mount's fields while they are being collected.
pub(super) struct Draft {
    position: Position,
    kind: Type,
    from: Option<String>,
    source: Option<String>,
    target: Option<String>,
    read_only: Option<bool>,
    id: Option<String>,
    sharing: Option<Sharing>,
    required: Option<bool>,
    size: Option<u64>,
    env: Option<String>,
    owner: Ownership,
}

impl Draft {
    pub(super) fn new(position: Position) -> Self {
        Self {
            position,
            kind: Type::Bind,
            from: None,
            source: None,
            target: None,
            read_only: None,
            id: None,
            sharing: None,
            required: None,
            size: None,
            env: None,
            owner: Ownership::default(),
        }
    }

    fn fault<T>(&self, message: String) -> Result<T, Fault> {
        Err(Fault::new(self.position, message))
    }

    pub(super) fn set(&mut self, key: MountKey, value: Option<&str>) -> Result<(), Fault> {
        let text = value.unwrap_or_default();
        let filled = value.filter(|value| !value.is_empty()).map(str::to_owned);
        match key {
            MountKey::Type => self.kind = self.choice("type", text, TYPES)?,
            MountKey::From => self.from = filled,
            MountKey::Source => self.source = filled,
            MountKey::Target => self.target = filled,
            MountKey::Id => self.id = filled,
            MountKey::Env => self.env = filled,
            MountKey::ReadOnly => self.read_only = Some(self.truth("readonly", value)?),
            MountKey::ReadWrite => self.read_only = Some(!self.truth("readwrite", value)?),
            MountKey::Required => self.required = Some(self.truth("required", value)?),
            MountKey::Sharing => self.sharing = Some(self.choice("sharing", text, SHARINGS)?),
            MountKey::Size => self.size = Some(self.number("size", text, quantity::parse_size)?),
            MountKey::Mode => self.owner.mode = Some(self.number("mode", text, octal)?),
            MountKey::Uid => self.owner.uid = Some(self.number("uid", text, |text| text.parse().ok())?),
            MountKey::Gid => self.owner.gid = Some(self.number("gid", text, |text| text.parse().ok())?),
        }
        Ok(())
    }

    fn choice<T: Copy>(&self, key: &str, text: &str, choices: &[(&str, T)]) -> Result<T, Fault> {
        let found = choices.iter().find(|(word, _)| word.eq_ignore_ascii_case(text));
        found.map(|(_, choice)| *choice).ok_or_else(|| {
            let words: Vec<&str> = choices.iter().map(|(word, _)| *word).collect();
            let message = format!("`{key}` in `--mount` is one of {}, not `{text}`", words.join(", "));
            let suggestion = suggest::nearest(text, &words).map(|word| format!("{key}={word}"));
            Fault::new(self.position, message).suggest(suggestion)
        })
    }

    fn number<T>(&self, key: &str, text: &str, parse: fn(&str) -> Option<T>) -> Result<T, Fault> {
        parse(text).map_or_else(|| self.fault(format!("`{key}={text}` in `--mount` is no valid {key}")), Ok)
    }

    fn truth(&self, key: &str, value: Option<&str>) -> Result<bool, Fault> {
        match value {
            None | Some("1" | "t" | "T" | "true" | "TRUE" | "True") => Ok(true),
            Some("0" | "f" | "F" | "false" | "FALSE" | "False") => Ok(false),
            Some(other) => self.fault(format!("`{key}` in `--mount` is true or false, not `{other}`")),
        }
    }

    pub(super) fn finish(self) -> Result<MountSpec, Fault> {
        self.refuse_misplaced_keys()?;
        let read_only = self.read_only.unwrap_or(!matches!(self.kind, Type::Cache | Type::Tmpfs));
        let required = self.required.unwrap_or(false);
        let owner = self.owner;
        let kind = match self.kind {
            Type::Bind => MountKind::Bind { from: self.from, source: self.source },
            Type::Cache => {
                let sharing = self.sharing.unwrap_or_default();
                MountKind::Cache { id: self.id, from: self.from, source: self.source, sharing, owner }
            }
            Type::Tmpfs => MountKind::Tmpfs { size: self.size },
            Type::Secret => MountKind::Secret { id: self.id.or(self.source), env: self.env, required, owner },
            Type::Ssh => MountKind::Ssh { id: self.id.or(self.source), required, owner },
        };
        Ok(MountSpec { target: self.target, read_only, kind })
    }

    fn refuse_misplaced_keys(&self) -> Result<(), Fault> {
        let (kind, _) = TYPES[self.kind as usize];
        let owned = matches!(self.kind, Type::Cache | Type::Secret | Type::Ssh);
        let asked = matches!(self.kind, Type::Secret | Type::Ssh);
        let misplaced = [
            ("size", self.size.is_some() && self.kind != Type::Tmpfs),
            ("sharing", self.sharing.is_some() && self.kind != Type::Cache),
            ("required", self.required.is_some() && !asked),
            ("mode", self.owner.mode.is_some() && !owned),
            ("uid", self.owner.uid.is_some() && !owned),
            ("gid", self.owner.gid.is_some() && !owned),
            ("from", self.from.is_some() && self.kind == Type::Secret),
        ];
        if let Some((key, _)) = misplaced.iter().find(|(_, misplaced)| *misplaced) {
            return self.fault(format!("`{key}` does not fit a mount of type {kind}"));
        }
        if self.kind == Type::Secret && self.source.is_some() && self.id.is_some() {
            return self.fault("a secret mount has either `id` or `source`, not both".to_owned());
        }
        if self.kind == Type::Secret && self.source.is_none() && self.id.is_none() && self.target.is_none() {
            return self.fault("a secret mount needs `id=NAME`".to_owned());
        }
        if !asked && self.target.is_none() {
            return self.fault(format!("a mount of type {kind} needs `target=PATH`"));
        }
        Ok(())
    }
}

fn octal(text: &str) -> Option<u32> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| u32::from_str_radix(text, 8).ok()).flatten()
}
