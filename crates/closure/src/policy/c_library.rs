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
const TRANSLATIONS: &[&str] =
    &["bindtextdomain", "dcgettext", "dcngettext", "gettext", "dgettext", "catopen"];
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
    let Some(user) = c_library(closure, present) else { return };
    // others get at them through stdio (fopen(3), `ccs=`)
    let is_open = present
        .names
        .iter()
        .any(|(_, id)| closure.tree.node(closure.tree.node(*id).parent).name.as_ref() == b"gconv");
    if !calls(closure, CHARACTER_SETS) && !is_open {
        return;
    }
    let machine =
        closure.object(user).map(|object| crate::search::triplet(object.elf.machine)).unwrap_or_default();
    let places =
        [format!("/usr/lib/{machine}/gconv"), "/usr/lib64/gconv".to_owned(), "/usr/lib/gconv".to_owned()];
    let places: Vec<&str> = places.iter().map(String::as_str).collect();
    keep_trees(closure, &places, "character sets");
}

/// Locales that the image has, and the translations of the language that it is set to.
pub(super) fn locales(closure: &mut Closure<'_>, _: &Present) {
    if !calls(closure, LOCALES) {
        return;
    }
    keep_trees(
        closure,
        &["/usr/lib/locale", "/usr/share/i18n/locales/C", "/usr/share/X11/locale/locale.alias"],
        "locales",
    );
    closure.keep("/etc/locale.alias", Reason::Policy("locales"));
    closure.keep("/etc/default/locale", Reason::Policy("locales"));
    if let Some(path) = closure.setting.variable("MUSL_LOCPATH").map(str::to_owned) {
        keep_trees(closure, &[&path], "locales");
    }
    if !calls(closure, TRANSLATIONS) {
        return;
    }
    let languages = ["LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"]
        .iter()
        .filter_map(|name| closure.setting.variable(name));
    let languages: Vec<String> = languages.flat_map(|value| value.split(':')).map(str::to_owned).collect();
    for language in
        languages.iter().filter(|language| !["C", "POSIX", "C.UTF-8", ""].contains(&language.as_str()))
    {
        let plain = language.split(['.', '@']).next().unwrap_or_default();
        let short = plain.split('_').next().unwrap_or_default();
        for name in [language.as_str(), plain, short] {
            keep_trees(
                closure,
                &[&format!("/usr/share/locale/{name}"), &format!("/usr/share/locale-langpack/{name}")],
                "translations",
            );
        }
    }
}

/// Time zones: any may be asked for by `TZ`.
pub(super) fn time_zones(closure: &mut Closure<'_>, present: &Present) {
    let names = super::names_path(closure, &["/usr/share/zoneinfo"]);
    if calls(closure, TIMES) || names || present.has(&["libpython*", "python*"]) {
        keep_trees(closure, &["/usr/share/zoneinfo", "/etc/localtime", "/etc/timezone"], "time zones");
    }
}

/// The shell that `system(3)` and `popen(3)` start.
pub(super) fn shell(closure: &mut Closure<'_>, _: &Present) {
    if calls(closure, SHELL) {
        closure.keep("/bin/sh", Reason::Policy("the shell of system(3)"));
    }
}
