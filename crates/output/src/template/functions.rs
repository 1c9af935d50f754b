//! The functions that Docker gives its templates, beside and in place of Go's own.

use std::sync::Arc;

use gotmpl::{FuncMap, Result, TemplateError, Value};

use super::json::{self, Order};

/// Every name that a template may call.
pub(super) const KNOWN: [&str; 27] = [
    "and", "call", "eq", "ge", "gt", "html", "index", "join", "js", "json", "le", "len", "lower", "lt", "ne",
    "not", "or", "pad", "print", "printf", "println", "slice", "split", "title", "truncate", "upper",
    "urlquery",
];

/// The most blanks that `pad` adds on a side: a terminal is not wider, and memory is finite.
const WIDEST_PAD: i64 = 1 << 16;

/// The functions for objects and rows. `order` keeps the keys of objects in their written order.
pub(super) fn for_values(order: Option<Arc<Order>>) -> FuncMap {
    let mut functions = FuncMap::new();
    let mut add = |name: &str, function: fn(&[Value]) -> Result<Value>| {
        functions.insert(name.to_owned(), Arc::new(function));
    };
    add("split", split);
    add("join", join);
    add("title", |arguments| Ok(Value::from(title(text("title", arguments)?))));
    add("lower", |arguments| Ok(Value::from(text("lower", arguments)?.to_lowercase())));
    add("upper", |arguments| Ok(Value::from(text("upper", arguments)?.to_uppercase())));
    add("pad", pad);
    add("truncate", truncate);
    add("index", index);
    add("len", len);
    let encode = move |arguments: &[Value]| {
        let [value] = exactly("json", arguments)?;
        Ok(Value::from(json::encode(value, order.as_ref())))
    };
    functions.insert("json".to_owned(), Arc::new(encode));
    functions
}

/// The functions for a table's header: what changes a value leaves its column's title alone; only
/// `pad` still pads, so that title and values keep to one column.
pub(super) fn for_header() -> FuncMap {
    let mut functions = FuncMap::new();
    for name in ["json", "split", "join", "title", "lower", "upper", "truncate"] {
        let title = move |arguments: &[Value]| match arguments.first() {
            Some(Value::String(title)) => Ok(Value::String(Arc::clone(title))),
            _ => Err(TemplateError::Exec(format!("{name} of no column"))),
        };
        functions.insert(name.to_owned(), Arc::new(title));
    }
    functions.insert("pad".to_owned(), Arc::new(pad));
    functions
}

/// `split STRING SEPARATOR`; an empty separator splits into characters.
fn split(arguments: &[Value]) -> Result<Value> {
    let [string, separator] = exactly("split", arguments)?;
    let (string, separator) = (as_text(string)?, as_text(separator)?);
    let parts: Vec<Value> = if separator.is_empty() {
        string.chars().map(|character| Value::from(character.to_string())).collect()
    } else {
        string.split(separator).map(Value::from).collect()
    };
    Ok(Value::from(parts))
}

/// `join LIST SEPARATOR`.
fn join(arguments: &[Value]) -> Result<Value> {
    let [list, separator] = exactly("join", arguments)?;
    let items: Vec<String> = match list {
        Value::List(items) => items.iter().map(ToString::to_string).collect(),
        Value::Nil => Vec::new(),
        other => return Err(TemplateError::Exec(format!("expected list; found {other}"))),
    };
    Ok(Value::from(items.join(as_text(separator)?)))
}

/// Every word with a capital first letter; a word ends where no letter, digit or underscore follows.
fn title(string: &str) -> String {
    let mut inside = false;
    let mut titled = String::with_capacity(string.len());
    for character in string.chars() {
        if inside {
            titled.push(character);
        } else {
            titled.extend(character.to_uppercase());
        }
        inside = character.is_alphanumeric()
            || character == '_'
            || !(character.is_ascii() || character.is_whitespace());
    }
    titled
}

/// `pad STRING BEFORE AFTER`: blanks on both sides, none for an empty string.
fn pad(arguments: &[Value]) -> Result<Value> {
    let [string, before, after] = exactly("pad", arguments)?;
    let string = as_text(string)?;
    if string.is_empty() {
        return Ok(Value::from(string));
    }
    let blanks = |count: i64| " ".repeat(count.min(WIDEST_PAD).unsigned_abs() as usize);
    Ok(Value::from(blanks(as_count(before)?) + string + &blanks(as_count(after)?)))
}

/// `truncate STRING LENGTH`, in bytes as Go counts, but never through the middle of a character.
fn truncate(arguments: &[Value]) -> Result<Value> {
    let [string, length] = exactly("truncate", arguments)?;
    let string = as_text(string)?;
    let length = usize::try_from(as_count(length)?).unwrap_or(usize::MAX);
    Ok(Value::from(&string[..string.floor_char_boundary(length)]))
}

/// `index COLLECTION KEY...`. Docker indexes typed maps, where a missing string is the empty
/// string: `{{index .Config.Labels "key"}}` prints nothing for a missing label.
fn index(arguments: &[Value]) -> Result<Value> {
    let Some((collection, keys)) = arguments.split_first() else {
        return Err(wrong_count("index", 1, 0));
    };
    keys.iter().try_fold(collection.clone(), |value, key| match (&value, key) {
        (Value::Nil, Value::String(_)) => Ok(Value::from("")),
        (Value::Map(entries), Value::String(name))
            if !entries.contains_key(name.as_ref())
                && entries.values().all(|entry| matches!(entry, Value::String(_))) =>
        {
            Ok(Value::from(""))
        }
        _ => value.index(key),
    })
}

/// `len COLLECTION`; what is absent has no elements.
fn len(arguments: &[Value]) -> Result<Value> {
    let [value] = exactly("len", arguments)?;
    let length = match value {
        Value::Nil => 0,
        other => {
            other.len().ok_or_else(|| TemplateError::Exec(format!("len of type {}", other.type_name())))?
        }
    };
    Ok(Value::Int(i64::try_from(length).unwrap_or(i64::MAX)))
}

fn text<'a>(name: &str, arguments: &'a [Value]) -> Result<&'a str> {
    let [value] = exactly(name, arguments)?;
    as_text(value)
}

fn exactly<'a, const N: usize>(name: &str, arguments: &'a [Value]) -> Result<&'a [Value; N]> {
    arguments.try_into().map_err(|_| wrong_count(name, N, arguments.len()))
}

fn wrong_count(name: &str, wanted: usize, given: usize) -> TemplateError {
    TemplateError::Exec(format!("wrong number of args for {name}: want {wanted} got {given}"))
}

fn as_text(value: &Value) -> Result<&str> {
    value.as_str().ok_or_else(|| TemplateError::Exec(format!("expected string; found {value}")))
}

fn as_count(value: &Value) -> Result<i64> {
    match value.as_int() {
        Some(count) if count >= 0 => Ok(count),
        _ => Err(TemplateError::Exec(format!("expected a count; found {value}"))),
    }
}
