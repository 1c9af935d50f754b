//! `RUN --mount`: its fields as written, and what they mean once variables are replaced.

use crate::{
    error::Fault,
    expand::{ExpandError, expand, variables_in},
    position::Position,
    suggest,
    words::split_fields,
};
use draft::Draft;
use key::KEYS;
pub use key::MountKey;
pub use spec::{MountKind, MountSpec, Ownership, Sharing};

mod draft;
mod key;
mod spec;

/// A mount as written. Values may hold variables, so types come with [`Mount::resolve`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mount {
    /// The fields in order.
    pub fields: Vec<MountField>,
    /// Where the flag stands.
    pub position: Position,
}

/// One `key=value` of a mount.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MountField {
    /// What is set.
    pub key: MountKey,
    /// What to, unexpanded; `None` for a lone key.
    pub value: Option<String>,
}

impl Mount {
    /// Reads a flag's value. A mount without variables is checked to the end at once, another one as far
    /// as its keys.
    pub(crate) fn parse(text: &str, position: Position, escape: char) -> Result<Self, Fault> {
        let fields: Result<_, Fault> =
            split_fields(text).iter().map(|field| parse_field(field, position, escape)).collect();
        let mount = Self { fields: fields?, position };
        if mount.words().iter().all(|word| variables_in(word, escape).is_empty()) {
            mount.resolve(&|word| expand(word, escape, &|_| None))?;
        }
        Ok(mount)
    }

    /// The unexpanded values.
    pub(crate) fn words(&self) -> Vec<&str> {
        self.fields.iter().filter_map(|field| field.value.as_deref()).collect()
    }

    /// What the mount means, each value having gone through `replace`: [`crate::expand`] with the
    /// variables of the stage.
    ///
    /// # Errors
    /// A value is not of its key's kind, a key does not fit the type, or one is missing.
    pub fn resolve(&self, replace: &dyn Fn(&str) -> Result<String, ExpandError>) -> Result<MountSpec, Fault> {
        let mut draft = Draft::new(self.position);
        for field in &self.fields {
            let value = field.value.as_deref().map(replace).transpose();
            let value = value.map_err(|problem| Fault::new(self.position, problem.to_string()))?;
            draft.set(field.key, value.as_deref())?;
        }
        draft.finish()
    }
}

fn parse_field(field: &str, position: Position, escape: char) -> Result<MountField, Fault> {
    let (name, value) = match field.split_once('=') {
        Some((name, value)) => (name, Some(value)),
        None => (field, None),
    };
    let name = name.to_ascii_lowercase();
    let Some((_, key)) = KEYS.iter().find(|(word, _)| *word == name) else {
        let words: Vec<&str> = KEYS.iter().map(|(word, _)| *word).collect();
        let suggestion = suggest::nearest(&name, &words).map(str::to_owned);
        return Err(Fault::new(position, format!("unknown key `{name}` in `--mount`")).suggest(suggestion));
    };
    let alone = [MountKey::ReadOnly, MountKey::ReadWrite, MountKey::Required].contains(key);
    if value.is_none() && !alone {
        return Err(Fault::new(position, format!("`{name}` in `--mount` needs a value: {name}=VALUE")));
    }
    if *key == MountKey::From && !variables_in(value.unwrap_or_default(), escape).is_empty() {
        let message =
            "`from` in `--mount` takes no variables: give the image a stage of its own with FROM ... AS";
        return Err(Fault::new(position, message));
    }
    Ok(MountField { key: *key, value: value.map(str::to_owned) })
}
