//! What the C library opens while a program runs, by the functions that are called.

use super::{Present, calls};
use crate::binary;
use crate::closure::Closure;
use crate::reason::Reason;
use crate::tree::Id;

/// Functions that ask the name service switch (nsswitch.conf(5)).
const NAMES: &[&str] = &[
    "getaddrinfo",
    "getnameinfo",
    "gethostbyname",
    "gethostbyname2",
    "gethostbyname_r",
    "gethostbyname2_r",
    "gethostbyaddr",
    "gethostbyaddr_r",
    "getpwnam",
    "getpwnam_r",
    "getpwuid",
    "getpwuid_r",
    "getpwent",
    "getpwent_r",
    "getgrnam",
    "getgrnam_r",
    "getgrgid",
    "getgrgid_r",
    "getgrent",
    "getgrouplist",
    "initgroups",
    "getservbyname",
    "getservbyname_r",
    "getservbyport",
    "getservbyport_r",
    "getservent",
    "getprotobyname",
    "getprotobyname_r",
    "getprotobynumber",
    "getprotoent",
    "getnetbyname",
    "getspnam",
    "getspnam_r",
    "__nss_configure_lookup",
    "__nss_lookup_function",
    "wordexp",
    "glob",
];
/// Functions that end a thread or walk its stack: glibc opens `libgcc_s.so.1` for them.
const UNWINDING: &[&str] = &["pthread_cancel", "pthread_exit", "backtrace", "thrd_exit"];
const CHARACTER_SETS: &[&str] = &["iconv_open", "libiconv_open", "bind_textdomain_codeset"];
const LOCALES: &[&str] = &["setlocale", "newlocale", "__newlocale"];
const TIMES: &[&str] = &[
    "localtime",
    "localtime_r",
    "__localtime64",
    "__localtime64_r",
    "tzset",
    "mktime",
    "ctime",
    "ctime_r",
    "strftime",
    "strftime_l",
];
/// The commands that programs of other languages give to a shell most.
const COMMON_TOOLS: &[&str] = &[
    "[", "basename", "cat", "chmod", "chown", "cp", "cut", "date", "dirname", "echo", "env", "expr", "false",
    "find", "grep", "head", "hostname", "id", "ln", "ls", "mkdir", "mktemp", "mv", "nproc", "pwd",
    "readlink", "rm", "rmdir", "sed", "sleep", "sort", "stat", "tail", "tee", "test", "touch", "tr", "true",
    "uname", "uniq", "wc", "which", "whoami", "xargs",
];
/// The largest archive of locales that is searched for names.
const ARCHIVE_LIMIT: u64 = 512 << 20;
const SHELL: &[&str] = &["system", "popen", "wordexp", "posix_spawnp", "execvp", "execlp"];

/// The C library, or a program that contains it.
fn c_library(closure: &Closure<'_>, present: &Present) -> Option<Id> {
    let static_one = || {
        let programs =
            closure.objects.iter().filter(|(id, object)| object.is_some() && closure.contains(**id));
        programs.map(|(id, _)| *id).find(|id| {
            let object = closure.objects.get(id).and_then(Option::as_ref);
            object.is_some_and(|object| object.elf.is_program() && object.elf.interpreter.is_none())
        })
    };
    present.find(&["libc.so.6"]).or_else(static_one)
}

/// Files and libraries for look-ups of hosts, users and services. Static programs open the libraries too.
pub(super) fn name_services(closure: &mut Closure<'_>, present: &Present) {
    if !calls(closure, NAMES) {
        return;
    }
    let reason = Reason::Policy("name service switch");
    for path in [
        "/etc/nsswitch.conf",
        "/etc/host.conf",
        "/etc/hosts",
        "/etc/services",
        "/etc/protocols",
        "/etc/networks",
        "/etc/rpc",
        "/etc/gai.conf",
        "/etc/ethers",
        "/etc/hostname",
        "/etc/resolv.conf",
        "/etc/netgroup",
        "/etc/shells",
    ] {
        closure.keep(path, reason.clone());
    }
    let Some(user) = c_library(closure, present) else { return };
    let configuration =
        closure.tree.find("/etc/nsswitch.conf").and_then(|id| closure.tree.content(id, 1 << 16).ok());
    let text = String::from_utf8_lossy(&configuration.unwrap_or_default()).into_owned();
    let mut services: Vec<&str> = vec!["files", "dns", "compat"];
    for line in text.lines().filter_map(|line| line.split('#').next()) {
        let (_, list) = line.split_once(':').unwrap_or_default();
        services.extend(
            list.split_ascii_whitespace().filter(|word| !word.starts_with('[') && !word.ends_with(']')),
        );
    }
    for service in services {
        binary::keep_library(closure, user, &format!("libnss_{service}.so.2"), &reason);
    }
    binary::keep_library(closure, user, "libresolv.so.2", &reason);
}

/// What unwinds the stack.
pub(super) fn unwinder(closure: &mut Closure<'_>, present: &Present) {
    if calls(closure, UNWINDING)
        && let Some(user) = c_library(closure, present)
    {
        binary::keep_library(closure, user, "libgcc_s.so.1", &Reason::Policy("the C library's unwinder"));
    }
}

fn keep_trees(closure: &mut Closure<'_>, patterns: &[&str], name: &'static str) {
    for pattern in patterns {
        if let Some(found) = closure.keep(pattern, Reason::Policy(name)) {
            closure.keep_tree(found, &Reason::Policy(name));
        }
    }
}

/// Conversions between character sets: glibc has a library for each.
pub(super) fn character_sets(closure: &mut Closure<'_>, present: &Present) {
    // others get at them through stdio (fopen(3), `ccs=`)
    let is_open = present
        .names
        .iter()
        .any(|(_, id)| closure.tree.node(closure.tree.node(*id).parent).name.as_ref() == b"gconv");
    if converts(closure) || is_open {
        keep_character_sets(closure, present);
    }
}

/// Whether something converts between character sets. The printf of coreutils does so for escapes of characters that its locale does not have, which is no reason for
/// 8 MB.
fn converts(closure: &Closure<'_>) -> bool {
    let kept = closure.objects.iter().filter(|(id, _)| closure.contains(**id));
    let others = kept.filter(|(id, _)| &*closure.tree.node(**id).name != b"printf");
    let mut imports =
        others.filter_map(|(_, object)| object.as_ref()).flat_map(|object| &object.dynamic.imports);
    imports.any(|name| CHARACTER_SETS.contains(&name.as_str()))
}

fn keep_character_sets(closure: &mut Closure<'_>, present: &Present) {
    let Some(user) = c_library(closure, present) else { return };
    let machine =
        closure.object(user).map(|object| crate::search::triplet(object.elf.machine)).unwrap_or_default();
    let places =
        [format!("/usr/lib/{machine}/gconv"), "/usr/lib64/gconv".to_owned(), "/usr/lib/gconv".to_owned()];
    let places: Vec<&str> = places.iter().map(String::as_str).collect();
    keep_trees(closure, &places, "character sets");
}

/// Locales that the image has, and the translations of their languages.
pub(super) fn locales(closure: &mut Closure<'_>, present: &Present) {
    if !calls(closure, LOCALES) {
        return;
    }
    keep_trees(closure, &["/usr/lib/locale", "/usr/share/X11/locale/locale.alias"], "locales");
    for path in ["/etc/locale.alias", "/usr/share/locale/locale.alias", "/etc/default/locale"] {
        closure.keep(path, Reason::Policy("locales"));
    }
    if let Some(path) = closure.setting.variable("MUSL_LOCPATH").map(str::to_owned) {
        keep_trees(closure, &[&path], "locales");
    }
    let names = locale_names(closure);
    // characters of other encodings are converted by the same libraries as by iconv(3)
    let is_other = |name: &String| !name.to_ascii_lowercase().replace('-', "").contains("utf8");
    if names.iter().any(is_other) {
        keep_character_sets(closure, present);
    }
    for name in &names {
        let plain = name.split(['.', '@']).next().unwrap_or_default();
        let short = plain.split('_').next().unwrap_or_default();
        for name in [name.as_str(), plain, short] {
            let places = [format!("/usr/share/locale/{name}"), format!("/usr/share/locale-langpack/{name}")];
            keep_trees(closure, &[&places[0], &places[1]], "translations");
        }
    }
}

/// The locales that the image is set to, and those that were made in it; C and POSIX apart, which need nothing.
fn locale_names(closure: &Closure<'_>) -> Vec<String> {
    let variables = ["LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"];
    let set = variables.iter().filter_map(|name| closure.setting.variable(name));
    let mut names: Vec<String> = set.flat_map(|value| value.split(':')).map(str::to_owned).collect();
    if let Some(directory) = closure.tree.find("/usr/lib/locale") {
        names.extend(
            closure.tree.children(directory).map(|(name, _)| String::from_utf8_lossy(name).into_owned()),
        );
    }
    // glibc keeps them in one file, with their names as strings in it
    let archive = closure.tree.find("/usr/lib/locale/locale-archive");
    let content = archive.and_then(|id| closure.tree.content(id, ARCHIVE_LIMIT).ok()).unwrap_or_default();
    let strings = content.split(|byte| *byte == 0).filter(|string| is_locale_name(string));
    names.extend(strings.map(|string| String::from_utf8_lossy(string).into_owned()));
    names.retain(|name| is_locale_name(name.as_bytes()));
    names.sort_unstable();
    names.dedup();
    names
}

/// `de_DE`, `de_DE.utf8`, `ca_ES.utf8@valencia`.
fn is_locale_name(name: &[u8]) -> bool {
    let (lower, upper) = (|byte: &u8| byte.is_ascii_lowercase(), |byte: &u8| byte.is_ascii_uppercase());
    let language = name.iter().take_while(|byte| lower(byte)).count();
    let rest = name.get(language..).unwrap_or_default();
    let is_country = rest.len() >= 3 && rest[0] == b'_' && rest[1..3].iter().all(upper);
    let tail = rest.get(3..).unwrap_or_default();
    let is_tail = tail.first().is_none_or(|byte| b".@".contains(byte))
        && tail.iter().all(|byte| byte.is_ascii_alphanumeric() || b".@-".contains(byte));
    (2..=3).contains(&language) && is_country && is_tail && name.len() <= 32
}

/// Time zones: any may be asked for by `TZ`.
pub(super) fn time_zones(closure: &mut Closure<'_>, present: &Present) {
    let names = super::names_path(closure, &["/usr/share/zoneinfo"]);
    if calls(closure, TIMES) || names || present.has(&["libpython*", "python*"]) {
        keep_trees(closure, &["/usr/share/zoneinfo", "/etc/localtime", "/etc/timezone"], "time zones");
    }
}

/// The shell that `system(3)` and `popen(3)` start, and for a language, whose programs give it anything, what is expected beside a shell.
pub(super) fn shell(closure: &mut Closure<'_>, _: &Present) {
    if !calls(closure, SHELL) {
        return;
    }
    let reason = Reason::Policy("the shell of system(3)");
    let shell = closure.keep("/bin/sh", reason.clone());
    if shell.is_some() && !closure.interpreters.is_empty() {
        for name in COMMON_TOOLS {
            if let Some(path) = closure.find_program(name) {
                closure.keep(path, reason.clone());
            }
        }
    }
}
