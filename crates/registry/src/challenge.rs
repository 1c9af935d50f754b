//! Challenges: what a registry wants to know before it answers (RFC 9110, section 11.6.1, `WWW-Authenticate`).

use reqwest::header::{HeaderMap, WWW_AUTHENTICATE};

/// One challenge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Challenge {
    /// `basic`, `bearer`, … in lower case.
    pub scheme: String,
    /// Names in lower case, with their values.
    pub parameters: Vec<(String, String)>,
}

impl Challenge {
    /// A parameter's value, if it is given.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.parameters.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// The longest header that is read, in bytes; what is longer challenges nobody.
const LIMIT: usize = 16 << 10;

/// The challenges of an answer.
pub(crate) fn of(headers: &HeaderMap) -> Vec<Challenge> {
    let texts = headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
    texts.flat_map(parse).collect()
}

/// Reads a header: a list of challenges, each a scheme and perhaps parameters, which are separated by commas as well. What cannot be read ends
/// the list.
#[must_use]
pub fn parse(header: &str) -> Vec<Challenge> {
    let mut challenges: Vec<Challenge> = Vec::new();
    if header.len() > LIMIT {
        return challenges;
    }
    let mut reader = Reader { rest: header };
    loop {
        reader.skip(|c| c == ',' || c.is_whitespace());
        let word = reader.word();
        if word.is_empty() {
            return challenges;
        }
        reader.skip(|c| c == ' ' || c == '\t');
        match (reader.rest.starts_with('='), challenges.last_mut()) {
            (true, Some(challenge)) => {
                let Some(value) = reader.value() else { return challenges };
                challenge.parameters.push((word.to_ascii_lowercase(), value));
            }
            // a parameter of nothing
            (true, None) => return challenges,
            (false, _) => {
                challenges.push(Challenge { scheme: word.to_ascii_lowercase(), parameters: Vec::new() });
            }
        }
    }
}

struct Reader<'a> {
    rest: &'a str,
}

impl<'a> Reader<'a> {
    fn skip(&mut self, unwanted: impl Fn(char) -> bool) {
        self.rest = self.rest.trim_start_matches(unwanted);
    }

    /// A token (RFC 9110, section 5.6.2), and what a token68 may have.
    fn word(&mut self) -> &'a str {
        let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~/".contains(c);
        let end = self.rest.find(|c| !is_token(c)).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        word
    }

    /// `= token` or `= "quoted"`.
    fn value(&mut self) -> Option<String> {
        self.rest = self.rest.strip_prefix('=')?;
        self.skip(|c| c == ' ' || c == '\t' || c == '=');
        let Some(quoted) = self.rest.strip_prefix('"') else {
            let is_value = |c: char| !c.is_whitespace() && c != ',';
            let end = self.rest.find(|c| !is_value(c)).unwrap_or(self.rest.len());
            let (value, rest) = self.rest.split_at(end);
            self.rest = rest;
            return Some(value.to_owned());
        };
        let mut value = String::new();
        let mut characters = quoted.char_indices();
        while let Some((at, character)) = characters.next() {
            match character {
                '"' => {
                    self.rest = &quoted[at + 1..];
                    return Some(value);
                }
                '\\' => value.push(characters.next()?.1),
                other => value.push(other),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_registries_send() {
        let hub = r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/a:pull,push""#;
        let challenges = parse(hub);
        assert_eq!(challenges.len(), 1);
        assert_eq!(challenges[0].scheme, "bearer");
        assert_eq!(challenges[0].get("realm"), Some("https://auth.docker.io/token"));
        assert_eq!(challenges[0].get("scope"), Some("repository:library/a:pull,push"));
        let two = parse(r#"Basic realm="a \"b\"", Bearer realm=x , service = "y z""#);
        assert_eq!(two.iter().map(|c| c.scheme.as_str()).collect::<Vec<_>>(), ["basic", "bearer"]);
        assert_eq!(two[0].get("realm"), Some("a \"b\""));
        assert_eq!(two[1].get("service"), Some("y z"));
        assert_eq!(parse("Negotiate").len(), 1);
    }

    #[test]
    fn what_cannot_be_read_ends_the_list() {
        for (text, number) in
            [("", 0), ("=x", 0), ("Basic realm=\"x", 1), ("Basic realm=\"x\", ;", 1), ("\u{0}", 0)]
        {
            assert_eq!(parse(text).len(), number, "{text:?}");
        }
        assert!(parse(&"a,".repeat(LIMIT)).is_empty());
    }

    proptest::proptest! {
        #[test]
        fn nothing_panics(text in ".{0,200}") {
            let _ = parse(&text);
        }
    }
}
