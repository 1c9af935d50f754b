//! Reading JSON documents from strangers: whoever limits their length has not limited what they are in memory.
//!
//! Two bytes of text, `1,`, become a hundred where a document keeps what it does not know: 4 MiB of them are 200 MiB. So the values
//! are counted first. How deep they are nested is limited by `serde_json` itself.

use serde::de::{DeserializeOwned, Error as _};

/// Most values of one document, a key and its value counted as two. An image of the most layers that Linux stacks, each with a
/// line of history and annotations, has a tenth of that.
pub const MOST_VALUES: usize = 1 << 17;

/// Parses a document.
///
/// # Errors
/// If it has more than [`MOST_VALUES`] values, is no JSON, or not what is asked for.
pub fn parse<T: DeserializeOwned>(text: &[u8]) -> Result<T, serde_json::Error> {
    if has_more_values(text, MOST_VALUES) {
        return Err(serde_json::Error::custom(format_args!("more than {MOST_VALUES} values")));
    }
    serde_json::from_slice(text)
}

/// Whether there are more values than that. Every value but the outermost has one of these signs before it; in text that is no JSON
/// they mean nothing, and it is refused later.
fn has_more_values(text: &[u8], most: usize) -> bool {
    let (mut count, mut quoted, mut escaped) = (0, false, false);
    for byte in text {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b',' | b':' | b'[' | b'{' if !quoted => count += 1,
            _ => {}
        }
        if count > most {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_outside_of_strings() {
        let count = |text: &str| (0..).find(|&most| !has_more_values(text.as_bytes(), most));
        assert_eq!(count("1"), Some(0));
        assert_eq!(count("[1,2,[]]"), Some(4));
        assert_eq!(count(r#"{"a":{"b":1},"c":2}"#), Some(6));
        assert_eq!(count(r#"["[,:{","\",,","\\",1]"#), Some(4));
        assert_eq!(count(r#""\\\",""#), Some(0));
    }

    #[test]
    fn what_would_be_large_in_memory_is_refused() {
        let list = |count| format!("[{}]", vec!["1"; count].join(","));
        assert_eq!(parse::<Vec<u8>>(list(MOST_VALUES).as_bytes()).unwrap().len(), MOST_VALUES);
        let refusal = parse::<serde_json::Value>(list(MOST_VALUES + 1).as_bytes()).unwrap_err();
        assert_eq!(refusal.to_string(), "more than 131072 values");
        assert!(parse::<Vec<u8>>(b"[1,").is_err());
    }
}
