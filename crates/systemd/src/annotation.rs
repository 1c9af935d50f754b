//! Properties that annotations ask for: `org.systemd.property.NAME`, with a value in the text form of GVariant.

use crate::error::{Error, Result};
use crate::value::{Property, Value};

const PREFIX: &str = "org.systemd.property.";
const MICROSECONDS: u64 = 1_000_000;

/// The properties in annotations, others are passed over.
///
/// # Errors
/// [`Error::Invalid`] for a name that no property has and for a value that cannot be read.
pub fn properties<'a>(
    annotations: impl IntoIterator<Item = (&'a String, &'a String)>,
) -> Result<Vec<Property>> {
    let mut properties = Vec::new();
    for (key, text) in annotations {
        let Some(name) = key.strip_prefix(PREFIX) else { continue };
        let wrong = |reason: &str| Error::Invalid(format!("annotation {key} name incorrect: {reason}"));
        if name.len() < 3 {
            return Err(wrong("too short"));
        }
        if !name.bytes().all(|byte| byte.is_ascii_alphabetic()) {
            return Err(wrong("contains non-alphabetic character"));
        }
        let value = parse(text.trim())
            .ok_or_else(|| Error::Invalid(format!("annotation {key}={text} value parse error")))?;
        properties.push(in_microseconds(name, value));
    }
    properties.sort_by(|(one, _), (other, _)| one.cmp(other));
    Ok(properties)
}

/// `TimeoutStopSec` is a setting of unit files; the property counts microseconds and is named so.
fn in_microseconds(name: &str, value: Value) -> Property {
    let stem = name.strip_suffix("Sec").filter(|stem| stem.ends_with(|c: char| c.is_ascii_lowercase()));
    let (Some(stem), Some(seconds)) = (stem, number(&value)) else { return (name.into(), value) };
    (format!("{stem}USec"), Value::Unsigned(seconds.saturating_mul(MICROSECONDS)))
}

fn number(value: &Value) -> Option<u64> {
    match value {
        Value::Unsigned32(number) => Some(u64::from(*number)),
        Value::Unsigned(number) => Some(*number),
        Value::Signed32(number) => u64::try_from(*number).ok(),
        Value::Signed(number) => u64::try_from(*number).ok(),
        _ => None,
    }
}

/// A value: true, false, a text in quotes, a number with or without its type, a list of texts.
fn parse(text: &str) -> Option<Value> {
    if let Some(inner) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        return list(inner).map(Value::Texts);
    }
    if let Some((value, "")) = quoted(text) {
        return Some(Value::Text(value));
    }
    match text.split_once(' ').map(|(kind, rest)| (kind, rest.trim())) {
        None if text == "true" || text == "false" => Some(Value::Flag(text == "true")),
        None => text.parse().ok().map(Value::Signed32),
        Some(("uint32", number)) => number.parse().ok().map(Value::Unsigned32),
        Some(("int32", number)) => number.parse().ok().map(Value::Signed32),
        Some(("uint64", number)) => number.parse().ok().map(Value::Unsigned),
        Some(("int64", number)) => number.parse().ok().map(Value::Signed),
        Some(_) => None,
    }
}

/// A text in single or double quotes, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let quote = text.chars().next().filter(|c| *c == '\'' || *c == '"')?;
    let mut value = String::new();
    let mut characters = text.char_indices().skip(1);
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => value.push(characters.next()?.1),
            character if character == quote => return Some((value, &text[at + 1..])),
            other => value.push(other),
        }
    }
    None
}

fn list(inner: &str) -> Option<Vec<String>> {
    let mut texts = Vec::new();
    let mut rest = inner.trim();
    while !rest.is_empty() {
        let (text, after) = quoted(rest)?;
        texts.push(text);
        rest = after.trim_start();
        if !rest.is_empty() {
            rest = rest.strip_prefix(',')?.trim_start();
            if rest.is_empty() {
                return None;
            }
        }
    }
    Some(texts)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn of(name: &str, value: &str) -> Result<Vec<Property>> {
        properties(&BTreeMap::from([(format!("{PREFIX}{name}"), value.to_owned())]))
    }

    #[test]
    fn values_have_types() {
        for (text, value) in [
            ("true", Value::Flag(true)),
            ("'a b'", Value::Text("a b".into())),
            ("\"it's\"", Value::Text("it's".into())),
            ("'it\\'s'", Value::Text("it's".into())),
            ("7", Value::Signed32(7)),
            ("uint64 7", Value::Unsigned(7)),
            ("int32 -7", Value::Signed32(-7)),
            ("['a', 'b']", Value::Texts(vec!["a".into(), "b".into()])),
            ("[]", Value::Texts(Vec::new())),
        ] {
            assert_eq!(of("Name", text).unwrap(), [("Name".to_owned(), value)], "{text}");
        }
        for bad in ["", "x", "'", "'a'b", "['a' 'b']", "['a',]", "uint64 -1", "byte 1", "@s 'x'"] {
            assert!(of("Name", bad).is_err(), "{bad}");
        }
        for bad in ["ab", "a.b", "Name2"] {
            assert!(of(bad, "true").is_err(), "{bad}");
        }
    }

    #[test]
    fn seconds_become_microseconds() {
        let expected = ("TimeoutStopUSec".to_owned(), Value::Unsigned(7_000_000));
        for text in ["uint64 7", "7"] {
            assert_eq!(of("TimeoutStopSec", text).unwrap()[0], expected);
        }
        assert_eq!(of("CPUQuotaPerSecUSec", "uint64 7").unwrap()[0].0, "CPUQuotaPerSecUSec");
        assert!(properties(&BTreeMap::from([("other".to_owned(), "x".to_owned())])).unwrap().is_empty());
    }

    proptest! {
        #[test]
        fn no_text_is_a_surprise(text in "[ '\"\\[\\],\\\\a-z0-9-]{0,30}") {
            let _ = of("Name", &text);
        }
    }
}
