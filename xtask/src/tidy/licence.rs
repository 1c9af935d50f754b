//! Licences: every package that we build from is under one that `deny.toml` allows.
//!
//! `cargo deny` checks this too, where it is installed; here the policy holds without it.

use super::finding::Finding;
use super::workspace::Package;

/// The page that lists the licences, for both checkers.
pub const POLICY: &str = "deny.toml";

/// The strings of `allow = […]` under `[licenses]`.
pub fn allowed(policy: &str) -> Vec<String> {
    let section = policy.lines().skip_while(|line| line.trim() != "[licenses]").skip(1);
    let section = section.take_while(|line| !line.trim_start().starts_with('['));
    let list = section.skip_while(|line| !line.trim_start().starts_with("allow"));
    let text: String = list.map(|line| line.split('#').next().unwrap_or_default()).collect();
    let inside = text.split(']').next().unwrap_or_default();
    inside.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

/// The findings on every package.
pub fn check(packages: &[Package], allowed: &[String]) -> Vec<Finding> {
    let forbidden = packages.iter().filter_map(|package| {
        let licence = package.license.as_deref().unwrap_or("none named");
        let fine = package.license.as_deref().is_some_and(|expression| is_allowed(expression, allowed));
        (!fine)
            .then(|| format!("{} {}: its licence is not allowed: {licence}", package.name, package.version))
    });
    forbidden.map(|text| Finding::new(POLICY, 1, text)).collect()
}

/// Whether an SPDX expression can be met with allowed licences (SPDX 2.3, annex D; a slash is an old `OR`).
fn is_allowed(expression: &str, allowed: &[String]) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut reader = Expression { words: &words, allowed };
    let met = reader.any();
    met && reader.words.is_empty()
}

/// What is still to be read of an expression.
struct Expression<'a> {
    words: &'a [&'a str],
    allowed: &'a [String],
}

impl Expression<'_> {
    fn any(&mut self) -> bool {
        let mut met = self.all();
        while self.take("OR") {
            met |= self.all();
        }
        met
    }

    fn all(&mut self) -> bool {
        let mut met = self.one();
        while self.take("AND") {
            met &= self.one();
        }
        met
    }

    fn one(&mut self) -> bool {
        if self.take("(") {
            return self.any() & self.take(")");
        }
        let name = self.next().to_owned();
        let name = if self.take("WITH") { format!("{name} WITH {}", self.next()) } else { name };
        self.allowed.contains(&name)
    }

    /// The next word, or an empty one.
    fn next(&mut self) -> &str {
        let (first, rest) = self.words.split_first().unwrap_or((&"", &[]));
        self.words = rest;
        first
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.words.first() == Some(&word);
        if found {
            self.words = &self.words[1..];
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "[bans]\nallow = [\"x\"]\n[licenses]\nallow = [\n  \"MIT\", # short\n  \"Zlib\",\n  \
        \"Apache-2.0 WITH LLVM-exception\",\n]\n[sources]\nallow-git = [\"y\"]\n";

    #[test]
    fn the_policy_is_read() {
        assert_eq!(allowed(TEXT), ["MIT", "Zlib", "Apache-2.0 WITH LLVM-exception"]);
        assert!(allowed("").is_empty());
    }

    #[test]
    fn expressions_that_can_be_met() {
        let allowed = allowed(TEXT);
        for fine in [
            "MIT",
            "MIT OR GPL-3.0",
            "GPL-3.0/MIT",
            "GPL-2.0 / MIT",
            "(GPL-2.0 OR MIT) AND Zlib",
            "Apache-2.0 WITH LLVM-exception",
        ] {
            assert!(is_allowed(fine, &allowed), "{fine}");
        }
        for wrong in ["GPL-3.0", "MIT AND GPL-3.0", "Apache-2.0", "(MIT", "MIT MIT", "", "MIT WITH", "OR MIT"]
        {
            assert!(!is_allowed(wrong, &allowed), "{wrong}");
        }
    }

    #[test]
    fn a_package_without_a_licence_is_found() {
        let text = r#"[{"name": "a", "version": "1.0.0", "id": "a", "license": null, "dependencies": [],
            "manifest_path": "/a/Cargo.toml", "targets": []}]"#;
        let packages: Vec<Package> = serde_json::from_str(text).unwrap();
        assert_eq!(
            check(&packages, &[])[0].to_string(),
            "deny.toml:1: a 1.0.0: its licence is not allowed: none named"
        );
    }
}
