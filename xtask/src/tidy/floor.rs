//! Floors: a crate depends only on floors below its own.

use super::finding::Finding;

/// Floors from here on hold what only development needs: every crate's tests may use them.
const DEVELOPMENT: u64 = 8;

/// One of our crates and its place in the tower.
#[derive(Debug)]
pub struct Member<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its floor, when its manifest has one.
    pub floor: Option<u64>,
    /// Its `Cargo.toml`, relative to the checkout.
    pub manifest: &'a str,
    /// That file's text.
    pub text: &'a str,
    /// The packages that it depends on.
    pub needs: Vec<Need<'a>>,
}

/// One dependency of a crate of ours.
#[derive(Debug)]
pub struct Need<'a> {
    /// The package's name.
    pub name: &'a str,
    /// Whether only tests need it.
    pub for_tests: bool,
}

/// The line of a manifest that names a dependency, or the first one.
pub fn line_of(manifest: &str, dependency: &str) -> usize {
    let names = |line: &str| {
        line.trim_start()
            .strip_prefix(dependency)
            .is_some_and(|rest| rest.trim_start().starts_with(['.', '=']))
    };
    manifest.lines().position(names).map_or(1, |at| at + 1)
}

/// The findings on every crate of ours.
pub fn check(members: &[&Member<'_>]) -> Vec<Finding> {
    members.iter().flat_map(|member| check_member(member, members)).collect()
}

fn check_member(member: &Member<'_>, members: &[&Member<'_>]) -> Vec<Finding> {
    let Some(floor) = member.floor else {
        let text = format!("`{}` has no floor: add `[package.metadata]` with `floor = N`", member.name);
        return vec![Finding::new(member.manifest, 1, text)];
    };
    let floors = member.needs.iter().filter_map(|need| {
        let other = members.iter().find(|other| other.name == need.name)?;
        let fine = need.for_tests && other.floor? >= DEVELOPMENT;
        (!fine).then_some((need.name, other.floor?))
    });
    let wrong = floors.filter(|&(_, other)| other >= floor);
    let complaint = |(name, other): (&str, u64)| {
        let text = format!("`{}` (floor {floor}) depends on `{name}` (floor {other})", member.name);
        Finding::new(member.manifest, line_of(member.text, name), text)
    };
    wrong.map(complaint).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &'static str, floor: u64, needs: &[&'static str]) -> Member<'static> {
        let needs = needs.iter().map(|name| Need { name, for_tests: false }).collect();
        let text = "[dependencies]\noci-spec = \"1\"\noci.workspace = true\nstore = { path = \"x\" }\n";
        Member { name, floor: Some(floor), manifest: "Cargo.toml", text, needs }
    }

    fn findings(members: &[Member<'_>]) -> Vec<String> {
        check(&members.iter().collect::<Vec<_>>()).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn below_is_fine() {
        assert!(findings(&[member("oci", 0, &["serde"]), member("store", 1, &["oci"])]).is_empty());
    }

    #[test]
    fn sideways_and_upward_are_not() {
        let members = [member("oci", 0, &["store"]), member("store", 1, &[]), member("seccomp", 0, &["oci"])];
        assert_eq!(
            findings(&members),
            [
                "Cargo.toml:4: `oci` (floor 0) depends on `store` (floor 1)",
                "Cargo.toml:3: `seccomp` (floor 0) depends on `oci` (floor 0)",
            ]
        );
    }

    #[test]
    fn tests_may_use_what_is_for_development() {
        let mut store = member("store", 1, &[]);
        store.needs = vec![Need { name: "testkit", for_tests: true }];
        assert!(findings(&[store, member("testkit", 8, &["oci"]), member("oci", 0, &[])]).is_empty());
        let store = member("store", 1, &["testkit"]);
        assert_eq!(findings(&[store, member("testkit", 8, &[])]).len(), 1);
        let mut oci = member("oci", 0, &[]);
        oci.needs = vec![Need { name: "store", for_tests: true }];
        assert_eq!(findings(&[oci, member("store", 1, &[])]).len(), 1);
    }

    #[test]
    fn every_crate_has_a_floor() {
        let nowhere = Member { floor: None, ..member("oci", 0, &[]) };
        assert_eq!(
            findings(&[nowhere])[0],
            "Cargo.toml:1: `oci` has no floor: add `[package.metadata]` with `floor = N`"
        );
    }
}
