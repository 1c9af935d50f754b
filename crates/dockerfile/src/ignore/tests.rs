//! Tables of what each rule excludes.

use super::*;

fn rules(text: &str) -> Ignore {
    Ignore::parse(".dockerignore", text.as_bytes()).unwrap()
}

#[test]
fn single_patterns() {
    for (pattern, path, expected) in [
        ("a", "a", true),
        ("a", "a/b/c", true),
        ("a", "b/a", false),
        ("a", "ab", false),
        ("/a", "a", true),
        ("a/", "a/b", true),
        ("./a/../b", "b", true),
        ("a/b", "a", false),
        ("a/b", "a/b/c", true),
        ("*", "a/b", true),
        ("*.md", "x.md", true),
        ("*.md", "d/x.md", false),
        ("*/*.md", "d/x.md", true),
        ("*/*.md", "d/e/x.md", false),
        ("*/temp*", "d/temporary.txt", true),
        ("temp?", "tempa", true),
        ("temp?", "temp", false),
        ("temp?", "temp/", false),
        ("**/*.go", "x.go", true),
        ("**/*.go", "a/b/x.go", true),
        ("**/*.go", "a/b/x.gone", false),
        ("**/a", "a", true),
        ("**/a", "b/a/c", true),
        ("**/a", "ba", false),
        ("**", "anything/at/all", true),
        ("**/", "a", true),
        ("a/**", "a", false),
        ("a/**", "a/b", true),
        ("a/**", "a/b/c", true),
        ("a/**/b", "a/b", true),
        ("a/**/b", "a/x/y/b", true),
        ("a/**/b", "a/xb", false),
        ("a**b", "ab", true),
        ("a**b", "axb", false),
        ("a**b", "ax/b", true),
        ("**file", "xfile", true),
        ("**file", "d/xfile", true),
        ("**file?", "xfiles", false),
        ("**/**/c", "a/b/c", true),
        ("***.txt", "a/b.txt", true),
        ("[a-c].txt", "b.txt", true),
        ("[^a-c].txt", "b.txt", false),
        (r"a\*", "a*", true),
        (r"a\*", "ab", false),
        ("a.b", "axb", false),
        ("a+b(c)|{d}$", "a+b(c)|{d}$", true),
        ("  a  ", "a", true),
        (" #a", "#a", true),
        ("#a", "#a", false),
        ("é?", "éü", true),
        (".", "a", false),
        ("/", "a", false),
        ("..", "a", false),
        ("../a", "a", false),
        ("", "a", false),
        ("*", ".", false),
        ("*", "", false),
    ] {
        assert_eq!(rules(pattern).excludes(path), expected, "{pattern:?} {path:?}");
    }
}

#[test]
fn the_last_match_wins() {
    let ignore = rules("\u{feff}# documentation\r\n*.md\r\n!README*.md\r\nREADME-secret.md\r\n");
    assert!(ignore.excludes("notes.md") && ignore.excludes("README-secret.md"));
    assert!(!ignore.excludes("README.md") && !ignore.excludes("README-new.md"));

    let ignore = rules("*.md\nREADME-secret.md\n!README*.md");
    assert!(!ignore.excludes("README-secret.md"));

    let ignore = rules("*\n! src \n!/Dockerfile\nsrc/**/target");
    assert!(ignore.excludes("x/y") && ignore.excludes("src/a/target/b"));
    assert!(!ignore.excludes("src") && !ignore.excludes("src/a.rs") && !ignore.excludes("Dockerfile"));

    let ignore = rules("a\n!a/b\na/b/c");
    assert!(ignore.excludes("a/x") && !ignore.excludes("a/b/d") && ignore.excludes("a/b/c/d"));
}

#[test]
fn pruning() {
    for (text, dir, expected) in [
        ("node_modules", "node_modules", false),
        ("node_modules\n!node_modules/keep", "node_modules", true),
        ("node_modules\n!node_modules/keep", "node_modules/other", false),
        ("*\n!src", "vendor", false),
        ("*\n!src/*/lib", "src", true),
        ("*\n!src/*/lib", "src/a", true),
        ("*\n!src/*/lib", "src/a/other", false),
        ("*\n!**/*.md", "anything", true),
        ("!a/b\na", "a", false),
        ("a\n!a/b\na/b", "a", true),
        ("a\n!a/b\na/b", "a/b", false),
        ("*\n!*.md", "dir", false),
    ] {
        assert_eq!(rules(text).may_reinclude_below(dir), expected, "{text:?} {dir:?}");
    }
}

#[test]
fn bad_rules_are_shown() {
    for (text, expected) in [
        ("a\n  !  \n", ".dockerignore:2:3: `!` without a pattern"),
        ("a\n\n[x", ".dockerignore:3:1: the brackets of the pattern are not a class such as [a-z]"),
        ("a\\", ".dockerignore:1:1: the pattern ends in a lone `\\`"),
    ] {
        let error = Ignore::parse(".dockerignore", text.as_bytes()).unwrap_err().to_string();
        assert_eq!(error.lines().next(), Some(expected), "{text:?}");
    }
}
