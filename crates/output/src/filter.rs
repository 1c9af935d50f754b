//! `--filter key=value`: which rows of a list are wanted.
//!
//! Several values of one key are alternatives, different keys must all agree. The key `label` is
//! different: all of its values must agree. A key may be negated (`label!=key`), which Docker has
//! for labels alone.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use regex_lite::{Regex, RegexBuilder};

use super::Error;

/// The most bytes that a compiled name pattern may take.
const PATTERN_SIZE: usize = 1 << 16;

/// One `--filter` as it was typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Condition {
    key: String,
    value: String,
}

impl FromStr for Condition {
    type Err = Error;

    /// Splits `key=value` at the first `=`; the key is taken in lower case, blanks around both are
    /// dropped. `label!=value` has the key `label!`.
    fn from_str(text: &str) -> Result<Self, Error> {
        let (key, value) = text
            .split_once('=')
            .ok_or_else(|| Error::Value("bad format of filter (expected name=value)".to_owned()))?;
        Ok(Self { key: key.trim().to_lowercase(), value: value.trim().to_owned() })
    }
}

/// All the filters of one command.
#[derive(Debug, Default, Clone)]
pub struct Filters {
    values: BTreeMap<String, BTreeSet<String>>,
}

impl Filters {
    /// Collects `conditions`, of which a command knows the keys `known`.
    ///
    /// # Errors
    /// [`Error::Value`] for a key that is not known.
    pub fn new(conditions: impl IntoIterator<Item = Condition>, known: &[&str]) -> Result<Self, Error> {
        let mut values = BTreeMap::<String, BTreeSet<String>>::new();
        for Condition { key, value } in conditions {
            if !known.contains(&key.as_str()) {
                return Err(Error::Value(format!("invalid filter '{key}'")));
            }
            values.entry(key).or_default().insert(value);
        }
        Ok(Self { values })
    }

    /// Whether nothing is filtered.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The values of `key`, sorted; none when it was not given.
    pub fn values(&self, key: &str) -> impl Iterator<Item = &str> {
        self.values.get(key).into_iter().flatten().map(String::as_str)
    }

    /// Whether one of the values of `key`, if there are any, passes `test`.
    pub fn accepts(&self, key: &str, test: impl FnMut(&str) -> bool) -> bool {
        !self.values.contains_key(key) || self.values(key).any(test)
    }

    /// Whether `actual` is one of the values of `key`, if there are any.
    pub fn accepts_exactly(&self, key: &str, actual: &str) -> bool {
        self.accepts(key, |wanted| wanted == actual)
    }

    /// Whether `actual` begins with one of the values of `key`, if there are any. Ids match so.
    pub fn accepts_prefix(&self, key: &str, actual: &str) -> bool {
        self.accepts(key, |wanted| actual.starts_with(wanted))
    }

    /// Whether one of the values of `key`, if there are any, is `actual` or is a regular expression
    /// that matches somewhere in it. Names match so. What is no regular expression, or one that
    /// would grow too large, matches only itself.
    pub fn accepts_pattern(&self, key: &str, actual: &str) -> bool {
        self.accepts(key, |wanted| {
            wanted == actual || pattern(wanted).is_some_and(|pattern| pattern.is_match(actual))
        })
    }

    /// Whether `labels` have all the values of `label` and none of those of `label!`: a key alone,
    /// or a key with its value.
    pub fn accepts_labels(&self, labels: &BTreeMap<String, String>) -> bool {
        let has = |wanted: &str| match wanted.split_once('=') {
            Some((key, value)) => labels.get(key).is_some_and(|actual| actual == value),
            None => labels.contains_key(wanted),
        };
        self.values("label").all(has) && !self.values("label!").any(has)
    }

    /// The truth that `key` asks for, or `default` when it was not given.
    ///
    /// # Errors
    /// [`Error::Value`] unless its values are all `1` or `true`, or all `0` or `false`.
    pub fn truth(&self, key: &str, default: bool) -> Result<bool, Error> {
        let truths: BTreeSet<Option<bool>> = self.values(key).map(as_truth).collect();
        match (truths.len(), truths.first()) {
            (0, _) => Ok(default),
            (1, Some(Some(truth))) => Ok(*truth),
            _ => {
                let values: Vec<&str> = self.values(key).collect();
                Err(Error::Value(format!("invalid filter '{key}=[{}]'", values.join(" "))))
            }
        }
    }
}

fn as_truth(value: &str) -> Option<bool> {
    match value {
        "1" | "true" => Some(true),
        "0" | "false" => Some(false),
        _ => None,
    }
}

fn pattern(text: &str) -> Option<Regex> {
    RegexBuilder::new(text).size_limit(PATTERN_SIZE).build().ok()
}

#[cfg(test)]
mod tests {
    use super::{Condition, Filters};
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn filters(texts: &[&str]) -> Filters {
        let conditions = texts.iter().map(|text| text.parse::<Condition>().expect("key=value"));
        Filters::new(conditions, &["name", "id", "label", "label!", "dangling", "status"])
            .expect("known keys")
    }

    fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_condition_needs_an_equals_sign() {
        let error = "label".parse::<Condition>().expect_err("no value");
        assert_eq!(error.to_string(), "bad format of filter (expected name=value)");
    }

    #[test]
    fn unknown_keys_are_refused() {
        let condition = " Nope = x".parse::<Condition>().expect("key=value");
        let error = Filters::new([condition], &["name"]).expect_err("unknown");
        assert_eq!(error.to_string(), "invalid filter 'nope'");
    }

    #[test]
    fn no_filter_accepts_everything() {
        let none = filters(&[]);
        assert!(none.is_empty() && none.accepts_exactly("status", "x") && none.accepts_labels(&labels(&[])));
    }

    #[test]
    fn values_of_one_key_are_alternatives() {
        let either = filters(&["status=running", "status=paused"]);
        assert!(either.accepts_exactly("status", "running") && either.accepts_exactly("status", "paused"));
        assert!(!either.accepts_exactly("status", "exited"));
    }

    #[test]
    fn ids_match_by_prefix() {
        assert!(filters(&["id=01"]).accepts_prefix("id", "0123"));
        assert!(!filters(&["id=12"]).accepts_prefix("id", "0123"));
    }

    #[test]
    fn names_match_as_regular_expressions() {
        assert!(filters(&["name=eb"]).accepts_pattern("name", "web1"));
        assert!(filters(&["name=^web[0-9]+$"]).accepts_pattern("name", "web1"));
        assert!(!filters(&["name=^eb"]).accepts_pattern("name", "web1"));
        assert!(filters(&["name=("]).accepts_pattern("name", "("));
        assert!(!filters(&["name=(((a{1000}){1000}){1000})"]).accepts_pattern("name", "a"));
    }

    #[test]
    fn labels_must_all_agree() {
        let actual = labels(&[("a", "1"), ("b", "2")]);
        assert!(filters(&["label=a", "label=b=2"]).accepts_labels(&actual));
        assert!(!filters(&["label=a", "label=b=3"]).accepts_labels(&actual));
        assert!(!filters(&["label=c"]).accepts_labels(&actual));
        assert!(filters(&["label!=c"]).accepts_labels(&actual));
        assert!(!filters(&["label!=a=1"]).accepts_labels(&actual));
        assert!(filters(&["label!=a=2"]).accepts_labels(&actual));
    }

    #[test]
    fn truths() {
        assert_eq!(filters(&[]).truth("dangling", true).ok(), Some(true));
        assert_eq!(filters(&["dangling=1", "dangling=true"]).truth("dangling", false).ok(), Some(true));
        assert_eq!(filters(&["dangling=false"]).truth("dangling", true).ok(), Some(false));
        let error = filters(&["dangling=x"]).truth("dangling", true).expect_err("no truth");
        assert_eq!(error.to_string(), "invalid filter 'dangling=[x]'");
        assert!(filters(&["dangling=0", "dangling=1"]).truth("dangling", true).is_err());
    }

    proptest! {
        #[test]
        fn any_filter_is_harmless(pattern in "\\PC{0,40}", name in "\\PC{0,40}") {
            let _ = filters(&[&format!("name={pattern}")]).accepts_pattern("name", &name);
        }
    }
}
