//! Interpreters of languages, with their versions: by their names, by what lies beside them, by the image's variables, by their packages. None is executed.

use super::scale::content;
use crate::installed::Installed;
use closure::{Id, Setting, Tree};
use serde::{Deserialize, Serialize};

/// The most bytes of a file that tells a version.
const LIMIT: u64 = 1 << 20;

/// An interpreter, or a runtime of a language.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Interpreter {
    /// The language: `Python`.
    pub name: String,
    /// Its version, as exact as it can be told.
    pub version: Option<String>,
    /// The program.
    pub path: String,
}

/// A language.
struct Language {
    name: &'static str,
    /// Names of its program; digits and dots behind them are a version.
    programs: &'static [&'static str],
    /// The variable by which official images tell the version.
    variable: &'static str,
}

const fn language(name: &'static str, programs: &'static [&'static str], variable: &'static str) -> Language {
    Language { name, programs, variable }
}

const LANGUAGES: &[Language] = &[
    language("Python", &["python", "pypy"], "PYTHON_VERSION"),
    language("Ruby", &["ruby", "truffleruby", "jruby"], "RUBY_VERSION"),
    language("Perl", &["perl"], "PERL_VERSION"),
    language("Node.js", &["node", "nodejs"], "NODE_VERSION"),
    language("Deno", &["deno"], "DENO_VERSION"),
    language("Bun", &["bun"], "BUN_VERSION"),
    language("PHP", &["php", "php-fpm"], "PHP_VERSION"),
    language("Java", &["java"], "JAVA_VERSION"),
    language(".NET", &["dotnet"], "DOTNET_VERSION"),
    language("Lua", &["lua", "luajit"], "LUA_VERSION"),
    language("Tcl", &["tclsh"], ""),
    language("Erlang", &["erl"], "OTP_VERSION"),
    language("Elixir", &["elixir"], ""),
    language("Guile", &["guile"], ""),
    language("R", &["Rscript"], "R_VERSION"),
    language("Julia", &["julia"], "JULIA_VERSION"),
    language("OCaml", &["ocaml"], ""),
    language("Go", &["go"], "GOLANG_VERSION"),
];

/// The directories that programs lie in, by their last names.
const PLACES: [&[u8]; 5] = [b"bin", b"sbin", b"dotnet", b"libexec", b"current"];

/// The interpreters of a tree, one for each program file, in the order of the table above.
pub(super) fn find(tree: &Tree, setting: &Setting, installed: &Installed) -> Vec<Interpreter> {
    let mut found: Vec<(usize, Id, Interpreter)> = Vec::new();
    for id in tree.ids() {
        if !PLACES.contains(&&*tree.node(tree.node(id).parent).name) {
            continue;
        }
        let Ok(name) = std::str::from_utf8(&tree.node(id).name) else { continue };
        let Some((number, language, of_name)) = language_of(name) else { continue };
        let path = tree.text(id);
        let Some(file) = tree.find(&path).filter(|file| tree.is_program(*file)) else { continue };
        // Perl is one file with two names
        let program = content(tree, file);
        let known = found.iter_mut().find(|(other, file, _)| (*other, *file) == (number, program));
        let own = tree.text(file);
        let of_target = own.rsplit('/').next().and_then(language_of).map(|(_, _, version)| version);
        let of_name = longest([Some(of_name.to_owned()), of_target.map(str::to_owned)]);
        match known {
            Some((_, _, known)) => known.version = longest([known.version.take(), of_name]),
            None => {
                let version = version(tree, setting, installed, language, program, of_name);
                found.push((number, program, Interpreter { name: language.name.to_owned(), version, path }));
            }
        }
    }
    found.sort_by(|(a, _, one), (b, _, other)| a.cmp(b).then(one.path.cmp(&other.path)));
    found.into_iter().map(|(_, _, interpreter)| interpreter).collect()
}

/// The language of a program's name, and the version in the name.
fn language_of(name: &str) -> Option<(usize, &'static Language, &str)> {
    LANGUAGES.iter().enumerate().find_map(|(number, language)| {
        let versions = language.programs.iter().filter_map(|program| name.strip_prefix(program));
        let mut versions =
            versions.filter(|rest| rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.'));
        versions.next().map(|version| (number, language, version))
    })
}

/// The most exact one of several versions.
fn longest<const N: usize>(versions: [Option<String>; N]) -> Option<String> {
    let versions = versions.into_iter().flatten().filter(|version| !version.is_empty());
    // of two that are as exact the first counts
    versions.reduce(|best, other| if parts(&other) > parts(&best) { other } else { best })
}

fn parts(version: &str) -> usize {
    version.split('.').count()
}

/// A version that says the same as a vague one, and more.
fn refines(exact: &str, vague: &str) -> bool {
    vague.is_empty() || exact == vague || exact.strip_prefix(vague).is_some_and(|rest| rest.starts_with('.'))
}

fn version(
    tree: &Tree,
    setting: &Setting,
    installed: &Installed,
    language: &Language,
    program: Id,
    of_name: Option<String>,
) -> Option<String> {
    let vague = of_name.or_else(|| beside(tree, language, program));
    let known = vague.clone().unwrap_or_default();
    let told = setting.variable(language.variable).map(|value| upstream(value).to_owned());
    // the variable is about what the image's maker built, and a package brings another
    let package = installed.package_of(program).map(|package| upstream(&package.version).to_owned());
    let exact = if package.is_some() { [package, told] } else { [told, None] };
    let exact = exact.into_iter().flatten().find(|exact| refines(exact, &known));
    longest([vague, exact])
}

/// The upstream part of a package's version, as far as it is numbers: `1:3.11.2-1+b1` is `3.11.2`.
fn upstream(version: &str) -> &str {
    let version = version.split_once(':').map_or(version, |(_, rest)| rest);
    let version = version.trim_start_matches(|first: char| first.is_ascii_alphabetic() || first == '-');
    let end = version.find(|char: char| !char.is_ascii_digit() && char != '.').unwrap_or(version.len());
    version[..end].trim_end_matches('.')
}

/// What directories and files beside a program tell: `../lib/ruby/3.1.0`, `../release`.
fn beside(tree: &Tree, language: &Language, program: Id) -> Option<String> {
    let home = tree.node(tree.node(program).parent).parent;
    let below = |path: &str| tree.look_from(home, path.as_bytes()).end;
    let newest = |path: &str| {
        let names = below(path).into_iter().flat_map(|directory| tree.children(directory));
        let names = names.map(|(name, _)| String::from_utf8_lossy(name).into_owned());
        names.filter(|name| !name.is_empty() && upstream(name).len() == name.len()).max_by_key(|name| {
            name.split('.').filter_map(|part| part.parse::<u32>().ok()).collect::<Vec<_>>()
        })
    };
    match language.name {
        "Ruby" => newest("lib/ruby"),
        "Perl" => newest("lib/perl5").or_else(|| newest("share/perl")),
        ".NET" => {
            newest("dotnet/shared/Microsoft.NETCore.App").or_else(|| newest("shared/Microsoft.NETCore.App"))
        }
        "Java" => line(tree, below("release")?, "JAVA_VERSION="),
        "Node.js" => {
            let header = below("include/node/node_version.h")?;
            let part = |name: &str| line(tree, header, &format!("#define NODE_{name}_VERSION "));
            Some(format!("{}.{}.{}", part("MAJOR")?, part("MINOR")?, part("PATCH")?))
        }
        "Go" => line(tree, below("VERSION")?, "go"),
        _ => None,
    }
}

/// The number behind the beginning of a line.
fn line(tree: &Tree, file: Id, start: &str) -> Option<String> {
    let content = tree.content(file, LIMIT).ok()?;
    let text = String::from_utf8_lossy(&content).into_owned();
    let value = text.lines().find_map(|line| line.strip_prefix(start))?;
    let number = upstream(value.trim().trim_matches('"'));
    (!number.is_empty()).then(|| number.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_languages_and_versions() {
        let of =
            |name: &str| language_of(name).map(|(_, language, version)| (language.name, version.to_owned()));
        assert_eq!(of("python3.11"), Some(("Python", "3.11".to_owned())));
        assert_eq!(of("perl5.36.0"), Some(("Perl", "5.36.0".to_owned())));
        assert_eq!(of("node"), Some(("Node.js", String::new())));
        assert_eq!(of("python3-config"), None);
        assert_eq!(of("golang"), None);
    }

    #[test]
    fn versions_of_packages_are_upstream_s() {
        assert_eq!(upstream("1:3.11.2-1+b1"), "3.11.2");
        assert_eq!(upstream("17.0.8+7-1~deb12u1"), "17.0.8");
        assert_eq!(upstream("jdk-21.0.1+12"), "21.0.1");
        assert_eq!(upstream(""), "");
        assert!(refines("3.11.2", "3.11") && refines("3.1", "3.1") && !refines("3.11.2", "3.1"));
    }
}
