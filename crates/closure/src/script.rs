//! What a text needs: a script its interpreter and commands, a configuration the files that it names.

use crate::closure::Closure;
use crate::mention;
use crate::missing::Missing;
use crate::modules;
use crate::object;
use crate::reason::{Reason, Size};
use crate::tree::Id;
use elf::Program;

/// The largest text in which paths are looked for.
const TEXT_LIMIT: u64 = 1 << 20;
/// The shells, by the last part of their paths.
const SHELLS: &[&str] = &["sh", "bash", "dash", "ash", "ksh", "zsh", "mksh", "busybox"];

/// Commands that every shell has in itself.
const BUILT_IN: &[&str] = &["[", "echo", "false", "kill", "printf", "pwd", "test", "time", "true"];

/// Keeps what a file that is no ELF file asks for.
pub(crate) fn examine(closure: &mut Closure<'_>, id: Id) {
    let node = closure.tree.node(id);
    let is_marked = node.mode & 0o111 != 0;
    let is_text = node.size <= TEXT_LIMIT;
    if !closure.tree.is_file(id) || (!is_marked && !is_text) {
        return;
    }
    let Ok(content) = closure.tree.content(id, TEXT_LIMIT) else { return };
    let mut is_shell = name_of(closure, id).ends_with(".sh");
    match Program::read(&content) {
        Program::Script(script) if is_marked => {
            let words = (script.interpreter.as_str(), script.argument.as_deref());
            // one that merely lies in the same tree as something else is no reason for another language
            if is_directly_kept(closure, id) || is_shell_name(words.0) {
                is_shell = interpreter(closure, id, words.0, words.1);
            }
        }
        // parts of scripts, which others read with `.`
        Program::Script(script) => is_shell |= is_shell_name(&script.interpreter),
        Program::MissingShebangScript => is_shell |= is_part_of_shell(&name_of(closure, id), &content),
        _ => {}
    }
    if closure.size == Size::Strict || content.contains(&0) {
        return;
    }
    if is_shell && !closure.tree.text(id).starts_with("/etc/") {
        commands(closure, id, &content);
    } else if is_own(&closure.tree.text(id)) {
        quoted_commands(closure, id, &content);
    }
    if names_files(closure, id, is_marked) {
        for run in object::paths(closure.tree, &content) {
            mention::keep_mentioned(closure, id, &run);
        }
    }
}

/// Whether a text without `#!` is one that shell scripts read: no extension, and blocks that end as only a shell's do.
fn is_part_of_shell(name: &str, content: &[u8]) -> bool {
    let ends = [&b"fi"[..], b"esac", b"done"];
    !name.contains('.') && content.split(|byte| *byte == b'\n').any(|line| ends.contains(&line.trim_ascii()))
}

/// Whether it is kept for itself, and not because of its neighbours.
fn is_directly_kept(closure: &Closure<'_>, id: Id) -> bool {
    !matches!(closure.reason(id), Some(Reason::Tree(_) | Reason::Policy(_) | Reason::Package(_)))
}

fn is_shell_name(path: &str) -> bool {
    SHELLS.contains(&path.rsplit('/').next().unwrap_or(path))
}

/// Whether a path is where the user's own files are, and not those of a distribution.
fn is_own(path: &str) -> bool {
    !["/usr/", "/lib", "/bin/", "/sbin/", "/var/lib/", "/etc/"].iter().any(|start| path.starts_with(start))
}

fn name_of(closure: &Closure<'_>, id: Id) -> String {
    String::from_utf8_lossy(&closure.tree.node(id).name).into_owned()
}

/// Keeps an interpreter, for `env` also the program that it looks for; whether it is a shell.
fn interpreter(closure: &mut Closure<'_>, id: Id, path: &str, argument: Option<&str>) -> bool {
    if closure.keep(path, Reason::Interpreter(id)).is_none() {
        closure.miss(Missing::Interpreter { of: id, name: path.to_owned() });
        return false;
    }
    let last = path.rsplit('/').next().unwrap_or(path);
    if last != "env" {
        return SHELLS.contains(&last);
    }
    // `env -S name arguments`, `env NAME=value name`
    let words = argument.unwrap_or_default().split_ascii_whitespace();
    let Some(name) = words.into_iter().find(|word| !word.starts_with('-') && !word.contains('=')) else {
        return false;
    };
    match closure.find_program(name) {
        Some(found) => {
            closure.keep(found, Reason::Interpreter(id));
        }
        None => closure.miss(Missing::Interpreter { of: id, name: name.to_owned() }),
    }
    SHELLS.contains(&name)
}

/// Keeps the programs that stand where commands may stand in a shell script. A word that is no command there costs a small file, and one that is
/// missing costs the container.
pub(crate) fn commands(closure: &mut Closure<'_>, id: Id, script: &[u8]) {
    let text = String::from_utf8_lossy(script).into_owned();
    let is_own_reason = is_directly_kept(closure, id);
    let is_part = |char: char| char.is_ascii_alphanumeric() || "_-.+/[".contains(char);
    let mut seen = std::collections::HashSet::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
        for word in line.split(|char: char| !is_part(char)) {
            if BUILT_IN.contains(&word)
                || word.is_empty()
                || word.len() > 64
                || !seen.insert(word.to_owned())
                || word.starts_with('-')
            {
                continue;
            }
            let is_path = word.starts_with('/')
                && closure.tree.find(word).is_some_and(|found| closure.tree.is_program(found));
            let found = if is_path {
                Some(word.to_owned())
            } else {
                Some(word).filter(|word| !word.contains('/')).and_then(|word| closure.find_program(word))
            };
            // what lies in the same tree as something else is no reason for another language
            if let Some(found) = found.filter(|found| is_own_reason || is_native(closure, found)) {
                closure.keep(found, Reason::Command(id));
            }
        }
    }
}

/// Keeps the programs with whose names strings begin in a program's text: what other languages give to `system`, `popen` and `exec`.
fn quoted_commands(closure: &mut Closure<'_>, id: Id, text: &[u8]) {
    let is_part = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-.+/".contains(byte);
    let mut seen = std::collections::HashSet::new();
    for (at, _) in text.iter().enumerate().filter(|(_, byte)| b"\"'`|&;".contains(byte)) {
        let rest = text[at + 1..].trim_ascii_start();
        let end = rest.iter().position(|byte| !is_part(byte)).unwrap_or(rest.len());
        let Ok(word) = std::str::from_utf8(&rest[..end]) else { continue };
        if !(2..=64).contains(&word.len()) || word.contains('/') || !seen.insert(word.to_owned()) {
            continue;
        }
        if let Some(found) = closure.find_program(word).filter(|found| is_native(closure, found)) {
            closure.keep(found, Reason::Command(id));
        }
    }
}

/// Whether a program is one of machine code, and no interpreter of a language, unless that is kept already. A word of a text is too little to keep a language for.
fn is_native(closure: &mut Closure<'_>, path: &str) -> bool {
    let Some(id) = closure.tree.find(path) else { return false };
    closure.contains(id) || (closure.object(id).is_some() && !modules::is_interpreter(&closure.tree.text(id)))
}

/// Whether the paths in a text are those of files that its user opens: in configuration, in scripts, and in what is the user's own.
fn names_files(closure: &Closure<'_>, id: Id, is_marked: bool) -> bool {
    let path = closure.tree.text(id);
    if ["/etc/passwd", "/etc/group", "/etc/shells", "/etc/ld.so.conf"].contains(&path.as_str())
        || path.starts_with("/etc/ssl/certs/")
    {
        return false;
    }
    let is_configuration = path.starts_with("/etc/") || path.starts_with("/usr/local/etc/");
    let name = path.rsplit('/').next().unwrap_or_default();
    let extension = name.rsplit_once('.').map_or("", |(_, extension)| extension);
    let is_readable =
        ["conf", "cnf", "cfg", "ini", "yaml", "yml", "json", "toml", "xml", "properties", "env", "service"]
            .contains(&extension);
    is_configuration || is_own(&path) || ((is_marked || is_readable) && is_directly_kept(closure, id))
}
