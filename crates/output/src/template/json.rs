//! JSON on its way into a template and out of it again.
//!
//! The interpreter keeps a map's entries sorted, but `{{json .}}` has to give an object's keys in
//! the order in which the engine wrote them. So the order is kept beside: while the converted
//! objects live, the address of each map tells which one it is.

use std::collections::{BTreeMap, HashMap};
use std::fmt::Write;
use std::sync::Arc;

use gotmpl::Value;
use serde::Serialize;
use serde_json::Value as Json;

/// The keys of each map in their written order, by the map's address.
pub(super) type Order = HashMap<usize, Vec<Arc<str>>>;

/// Objects made ready for a template, with the order of their keys.
pub(super) struct Converted {
    values: Vec<Value>,
    order: Arc<Order>,
}

impl Converted {
    /// Converts `objects`, and all that is in them.
    pub(super) fn new(objects: &[Json]) -> Self {
        let mut order = Order::new();
        let values = objects.iter().map(|object| convert(object, &mut order)).collect();
        Self { values, order: Arc::new(order) }
    }

    /// The objects.
    pub(super) fn values(&self) -> &[Value] {
        &self.values
    }

    /// The objects as one list.
    pub(super) fn list(&self) -> Value {
        Value::from(self.values.clone())
    }

    /// The order of the keys of every map in the objects.
    pub(super) fn order(&self) -> &Arc<Order> {
        &self.order
    }
}

/// Converts a value whose maps may come out sorted.
pub(super) fn plain(json: &Json) -> Value {
    convert(json, &mut Order::new())
}

fn convert(json: &Json, order: &mut Order) -> Value {
    match json {
        Json::Null => Value::Nil,
        Json::Bool(truth) => Value::Bool(*truth),
        Json::Number(number) => convert_number(number),
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => Value::from(items.iter().map(|item| convert(item, order)).collect::<Vec<_>>()),
        Json::Object(members) => {
            let keys: Vec<Arc<str>> = members.keys().map(|key| Arc::from(key.as_str())).collect();
            let entries: BTreeMap<Arc<str>, Value> =
                keys.iter().cloned().zip(members.values().map(|member| convert(member, order))).collect();
            let entries = Arc::new(entries);
            order.insert(address(&entries), keys);
            Value::Map(entries)
        }
    }
}

fn convert_number(number: &serde_json::Number) -> Value {
    match (number.as_i64(), number.as_u64()) {
        (Some(integer), _) => Value::Int(integer),
        (None, Some(large)) => Value::Uint(large),
        (None, None) => Value::Float(number.as_f64().unwrap_or(f64::NAN)),
    }
}

fn address(entries: &Arc<BTreeMap<Arc<str>, Value>>) -> usize {
    Arc::as_ptr(entries).addr()
}

/// `value` as JSON on one line, the way Go's encoder writes it with HTML escaping off. Maps that
/// `order` does not know come out sorted, functions not at all.
pub(super) fn encode(value: &Value, order: Option<&Arc<Order>>) -> String {
    let mut text = String::new();
    append(&mut text, value, order.map(Arc::as_ref));
    text
}

fn append(text: &mut String, value: &Value, order: Option<&Order>) {
    match value {
        Value::Nil | Value::Function(_) => text.push_str("null"),
        Value::Bool(truth) => text.push_str(if *truth { "true" } else { "false" }),
        Value::Int(number) => append_display(text, number),
        Value::Uint(number) => append_display(text, number),
        Value::Float(number) if number.is_finite() => append_display(text, number),
        Value::Float(_) => text.push_str("null"),
        Value::String(string) => append_string(text, string),
        Value::List(items) => {
            append_separated(text, ['[', ']'], items.iter(), |text, item| append(text, item, order));
        }
        Value::Map(entries) => append_map(text, entries, order),
    }
}

fn append_display(text: &mut String, number: impl std::fmt::Display) {
    write!(text, "{number}").expect("a string takes any text");
}

fn append_map(text: &mut String, entries: &Arc<BTreeMap<Arc<str>, Value>>, order: Option<&Order>) {
    let known = order.and_then(|order| order.get(&address(entries)));
    let keys: Vec<&Arc<str>> = known.map_or_else(|| entries.keys().collect(), |keys| keys.iter().collect());
    let members = keys
        .into_iter()
        .filter_map(|key| entries.get(key).map(|value| (key, value)))
        .filter(|(_, value)| !value.is_function());
    append_separated(text, ['{', '}'], members, |text, (key, value)| {
        append_string(text, key);
        text.push(':');
        append(text, value, order);
    });
}

fn append_separated<T>(
    text: &mut String,
    [open, close]: [char; 2],
    items: impl Iterator<Item = T>,
    mut item: impl FnMut(&mut String, T),
) {
    text.push(open);
    for (position, element) in items.enumerate() {
        if position > 0 {
            text.push(',');
        }
        item(text, element);
    }
    text.push(close);
}

/// Go escapes the two line separators of Unicode, which JavaScript takes for line ends.
fn append_string(text: &mut String, string: &str) {
    let quoted = serde_json::to_string(string).expect("a string is always JSON");
    text.push_str(&quoted.replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029"));
}

/// `objects` as a JSON array with an indent of four blanks.
pub(super) fn indented(objects: &[Json]) -> String {
    let mut bytes = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut bytes, formatter);
    objects.serialize(&mut serializer).expect("JSON is always JSON");
    String::from_utf8(bytes).expect("JSON is written as UTF-8")
}
