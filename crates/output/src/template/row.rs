//! One line of a list: flat fields, and the labels that a template may ask for one by one.

use std::collections::BTreeMap;
use std::sync::Arc;

use gotmpl::{TemplateError, Value};

use super::json;

/// The method of a row that gives the value of one label: `{{.Label "key"}}`.
const LABEL: &str = "Label";

/// One row of a list.
#[derive(Debug, Default)]
pub struct Row {
    fields: BTreeMap<Arc<str>, Value>,
    labels: BTreeMap<String, String>,
}

impl Row {
    /// Adds a field under the name that templates know it by (`ID`, `CreatedAt`).
    pub fn with(mut self, name: &str, value: impl Into<serde_json::Value>) -> Self {
        self.fields.insert(Arc::from(name), json::plain(&value.into()));
        self
    }

    /// Gives the row its labels, for `{{.Label "key"}}`.
    pub fn with_labels(mut self, labels: BTreeMap<String, String>) -> Self {
        self.labels = labels;
        self
    }

    /// The row as a template sees it.
    pub(super) fn into_value(self) -> Value {
        let Self { mut fields, labels } = self;
        let label = move |key: &str| labels.get(key).cloned().unwrap_or_default();
        fields.insert(Arc::from(LABEL), method(label));
        Value::from(fields)
    }
}

/// The row that stands above a table: the title of each column, and for a label's column the last
/// part of its key.
pub(super) fn header(titles: &[(&str, &str)]) -> Value {
    let mut fields: BTreeMap<Arc<str>, Value> =
        titles.iter().map(|(name, title)| (Arc::from(*name), Value::from(*title))).collect();
    fields.insert(Arc::from(LABEL), method(label_title));
    Value::from(fields)
}

/// The title of a label's column: `com.example.build-host` becomes `build host`.
fn label_title(key: &str) -> String {
    key.rsplit('.').next().unwrap_or(key).replace(['-', '_'], " ")
}

/// A method of a row that takes one string and gives one.
fn method(answer: impl Fn(&str) -> String + Send + Sync + 'static) -> Value {
    Value::Function(Arc::new(move |arguments| match arguments {
        [Value::String(key)] => Ok(Value::from(answer(key))),
        [other] => Err(TemplateError::Exec(format!("expected string; found {other}"))),
        _ => Err(TemplateError::Exec(format!(
            "wrong number of args for {LABEL}: want 1 got {}",
            arguments.len()
        ))),
    }))
}
