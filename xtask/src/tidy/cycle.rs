//! The module graph inside a crate: which top-level module names which, and the cycles in it.
//!
//! An edge is any path that starts at `crate` or climbs with `super` to a top-level module, in a `use` or in
//! code, tests apart. A name that the crate's root re-exports counts as its module.

use std::collections::btree_map::{BTreeMap, Entry};
use std::collections::{BTreeSet, VecDeque};

use super::finding::Finding;
use super::lex::{Kind, Token};
use super::source::{Source, closing};

/// A crate's root file and the files of its modules.
#[derive(Debug)]
pub struct Crate<'a, 'text> {
    /// Its name, for messages.
    pub name: &'a str,
    /// `src/lib.rs` or `src/main.rs`.
    pub root: &'a Source<'text>,
    /// Every other file, with its module path: `["blobs", "put"]` for `src/blobs/put.rs`.
    pub modules: Vec<(Vec<&'text str>, &'a Source<'text>)>,
}

/// Where a module first names another: a file and a line.
type Place<'text> = (&'text str, usize);
/// From a module to those that it names.
type Graph<'text> = BTreeMap<&'text str, BTreeMap<&'text str, Place<'text>>>;

/// One finding a cycle.
pub fn check(krate: &Crate<'_, '_>) -> Vec<Finding> {
    let graph = graph(krate);
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for module in graph.keys() {
        if seen.contains(module) {
            continue;
        }
        if let Some(cycle) = cycle_through(&graph, module) {
            found.push(complaint(krate.name, &graph, &cycle));
            seen.extend(cycle);
        }
    }
    found
}

fn complaint(name: &str, graph: &Graph<'_>, cycle: &[&str]) -> Finding {
    let steps = cycle.iter().zip(cycle.iter().cycle().skip(1));
    let places: Vec<(&str, Place<'_>)> = steps.map(|(from, to)| (*to, graph[from][to])).collect();
    let path: String = places.iter().map(|(to, (file, line))| format!(" -> {to} ({file}:{line})")).collect();
    let (file, line) = places[0].1;
    Finding::new(file, line, format!("modules of `{name}` form a cycle: {}{path}", cycle[0]))
}

/// The shortest cycle through a module, beginning with it.
fn cycle_through<'text>(graph: &Graph<'text>, start: &'text str) -> Option<Vec<&'text str>> {
    let mut came_from = BTreeMap::new();
    let mut waiting = VecDeque::from([start]);
    while let Some(module) = waiting.pop_front() {
        for &next in graph.get(module).into_iter().flat_map(BTreeMap::keys) {
            if next == start {
                let mut cycle = vec![module];
                while let Some(&before) = came_from.get(cycle[cycle.len() - 1]) {
                    cycle.push(before);
                }
                cycle.reverse();
                return Some(cycle);
            }
            if let Entry::Vacant(entry) = came_from.entry(next) {
                entry.insert(module);
                waiting.push_back(next);
            }
        }
    }
    None
}

fn graph<'text>(krate: &Crate<'_, 'text>) -> Graph<'text> {
    let names = root_names(krate);
    let mut graph = Graph::new();
    for (path, source) in &krate.modules {
        let Some(&module) = path.first() else { continue };
        for (name, line) in root_mentions(path.len(), &source.code) {
            if let Some(&target) = names.get(name).filter(|&&target| target != module) {
                graph.entry(module).or_default().entry(target).or_insert((source.path, line));
            }
        }
    }
    graph
}

/// What a name at the crate's root stands for: a top-level module, or the module that it is re-exported from.
fn root_names<'text>(krate: &Crate<'_, 'text>) -> BTreeMap<&'text str, &'text str> {
    let modules: BTreeSet<&str> =
        krate.modules.iter().filter_map(|(path, _)| path.first().copied()).collect();
    let mut names: BTreeMap<&str, &str> = modules.iter().map(|&module| (module, module)).collect();
    let code = &krate.root.code;
    for (at, _) in code.iter().enumerate().filter(|(_, token)| token.is("use")) {
        let mut leaves = Vec::new();
        use_leaves(&code[at + 1..], &mut Vec::new(), &mut leaves);
        for (path, name) in leaves {
            if let Some(&module) = path.iter().find(|part| !["crate", "self"].contains(part))
                && modules.contains(module)
            {
                names.entry(name).or_insert(module);
            }
        }
    }
    names
}

/// The leaves of a `use` tree: each one's path and the name that it gets. Returns how many tokens the tree takes.
fn use_leaves<'text>(
    tree: &[Token<'text>],
    path: &mut Vec<&'text str>,
    leaves: &mut Vec<(Vec<&'text str>, &'text str)>,
) -> usize {
    let depth = path.len();
    let mut at = 0;
    while let Some(token) = tree.get(at) {
        if token.is("{") {
            at = use_group(tree, at, path, leaves);
            path.truncate(depth);
            return at;
        }
        if token.kind == Kind::Word && token.text != "as" {
            path.push(token.text);
        } else if token.is(",") || token.is(";") || token.is("}") {
            break;
        }
        at += 1;
    }
    if let Some(&name) = path.last() {
        leaves.push((path.clone(), name));
    }
    path.truncate(depth);
    at
}

/// The group that opens at `open`; returns the place after it.
fn use_group<'text>(
    tree: &[Token<'text>],
    open: usize,
    path: &mut Vec<&'text str>,
    leaves: &mut Vec<(Vec<&'text str>, &'text str)>,
) -> usize {
    let close = closing(tree, open).unwrap_or(tree.len());
    let mut at = open + 1;
    while at < close {
        at += use_leaves(&tree[at..close], path, leaves) + 1;
    }
    close + 1
}

/// The names right under the crate's root that a module at `depth` mentions, with their lines.
fn root_mentions<'text>(depth: usize, code: &[Token<'text>]) -> Vec<(&'text str, usize)> {
    let mut found = Vec::new();
    let mut inline: Vec<usize> = Vec::new();
    for at in 0..code.len() {
        inline.retain(|&end| end > at);
        if let Some(end) = inline_module(code, at) {
            inline.push(end);
        }
        let follows_path = at > 0 && code[at - 1].is("::");
        if !follows_path && let Some(after) = climb(code, at, depth + inline.len()) {
            found.extend(heads(code, after));
        }
    }
    found
}

/// Where the inline module that begins at `at` ends.
fn inline_module(code: &[Token<'_>], at: usize) -> Option<usize> {
    let opens = code[at].is("mod") && code.get(at + 2)?.is("{");
    closing(code, at + 2).filter(|_| opens)
}

/// When a path that begins here reaches the crate's root, the token after its `::`.
fn climb(code: &[Token<'_>], mut at: usize, depth: usize) -> Option<usize> {
    let separated = |at: usize| code.get(at + 1).is_some_and(|token| token.is("::"));
    if code[at].is("crate") && separated(at) {
        return Some(at + 2);
    }
    if code[at].is("self") && separated(at) {
        at += 2;
    }
    let mut climbed = 0;
    while code.get(at).is_some_and(|token| token.is("super")) && separated(at) {
        climbed += 1;
        at += 2;
    }
    (climbed > 0 && climbed == depth).then_some(at)
}

/// The first names of what follows: one, or those of a `{group}`.
fn heads<'text>(code: &[Token<'text>], at: usize) -> Vec<(&'text str, usize)> {
    let Some(first) = code.get(at) else { return Vec::new() };
    if !first.is("{") {
        return vec![(first.text, first.line)];
    }
    let close = closing(code, at).unwrap_or(code.len());
    let mut found = Vec::new();
    let mut depth = 0_usize;
    for here in at + 1..close {
        match code[here].text {
            "{" => depth += 1,
            "}" => depth = depth.saturating_sub(1),
            text if depth == 0 && (here == at + 1 || code[here - 1].is(",")) => {
                found.push((text, code[here].line))
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks a crate given as its root's text and (file, text) of its modules.
    fn cycles(root: &str, files: &[(&str, &str)]) -> Vec<String> {
        let root = Source::new("src/lib.rs", root);
        let sources: Vec<Source<'_>> = files.iter().map(|(path, text)| Source::new(path, text)).collect();
        let modules =
            sources.iter().map(|source| (source.path.trim_end_matches(".rs").split('/').collect(), source));
        let krate = Crate { name: "store", root: &root, modules: modules.collect() };
        check(&krate).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_tree_has_no_cycle() {
        let files =
            [("a.rs", "use crate::b::X;\nuse super::c;"), ("b.rs", "use crate::c;"), ("c.rs", "fn f() {}")];
        assert!(cycles("mod a; mod b; mod c;", &files).is_empty());
    }

    #[test]
    fn a_cycle_names_each_step() {
        let files = [
            ("a.rs", "\nuse crate::{d, b::{X, Y}};"),
            ("b.rs", "fn f() { super::c::g() }"),
            ("c.rs", "use crate::a;"),
        ];
        assert_eq!(
            cycles("", &files),
            ["a.rs:2: modules of `store` form a cycle: a -> b (a.rs:2) -> c (b.rs:1) -> a (c.rs:1)"]
        );
    }

    #[test]
    fn nested_files_belong_to_their_top_level_module() {
        let files = [("a/x.rs", "use super::super::b;"), ("b.rs", "use crate::a::x;")];
        assert_eq!(cycles("", &files).len(), 1);
        let sibling = [("a/x.rs", "use super::b;"), ("a/b.rs", ""), ("b.rs", "use crate::a::x;")];
        assert!(cycles("", &sibling).is_empty());
    }

    #[test]
    fn names_from_the_root_count_as_their_module() {
        let root = "pub use self::error::{Error, Result as Answer};\npub use a::A;";
        let files = [("a.rs", "use crate::Answer;"), ("error.rs", "use crate::A;")];
        assert_eq!(cycles(root, &files).len(), 1);
    }

    #[test]
    fn inline_modules_climb_one_more() {
        let files = [("a.rs", "mod b { use super::super::c; }\nuse super::d;"), ("c.rs", "use crate::a;")];
        assert_eq!(cycles("", &files).len(), 1);
        let inner = [("a.rs", "mod b { use super::c; }"), ("c.rs", "use crate::a;")];
        assert!(cycles("", &inner).is_empty());
    }

    #[test]
    fn tests_comments_and_strings_are_not_read() {
        let text = "// crate::b\nconst X: &str = \"crate::b\";\n#[cfg(test)]\nmod tests { use crate::b; }";
        assert!(cycles("", &[("a.rs", text), ("b.rs", "use crate::a;")]).is_empty());
    }

    #[test]
    fn visibility_is_not_a_path() {
        let files =
            [("a.rs", "pub(crate) fn b() {}\npub(in crate::b) fn c() {}"), ("b.rs", "pub(super) fn a() {}")];
        assert!(cycles("", &files).is_empty());
    }

    #[test]
    fn broken_text_ends() {
        for text in [
            "use crate::{",
            "use crate::{a, {",
            "use",
            "use super::",
            "crate::",
            "mod a {",
            "use {a,,}",
            "self::",
        ] {
            cycles(text, &[("a.rs", text)]);
        }
    }

    #[test]
    fn one_finding_for_each_separate_cycle() {
        let files = [
            ("a.rs", "use crate::b;"),
            ("b.rs", "use crate::a;"),
            ("c.rs", "use crate::d;"),
            ("d.rs", "use crate::c;"),
        ];
        assert_eq!(cycles("", &files).len(), 2);
    }
}
