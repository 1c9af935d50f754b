//! Rules: what programs use without naming it, or only sometimes. Each rule has its condition, so that a program without TLS gets no certificates.

mod base;
mod c_library;
mod libraries;

pub use base::{CERTIFICATE_DIRECTORIES, CERTIFICATE_FILES};

use crate::closure::Closure;
use crate::reason::Size;
use crate::tree::Id;

/// A rule.
struct Policy {
    /// The smallest size to which it belongs.
    from: Size,
    keep: fn(&mut Closure<'_>, &Present),
}

const fn always(keep: fn(&mut Closure<'_>, &Present)) -> Policy {
    Policy { from: Size::Strict, keep }
}

const fn safe(keep: fn(&mut Closure<'_>, &Present)) -> Policy {
    Policy { from: Size::Safe, keep }
}

const POLICIES: &[Policy] = &[
    always(base::directories),
    always(base::users),
    always(base::certificates),
    safe(base::release),
    safe(base::multi_call),
    safe(c_library::name_services),
    safe(c_library::unwinder),
    safe(c_library::character_sets),
    safe(c_library::locales),
    safe(c_library::time_zones),
    safe(c_library::shell),
    safe(libraries::data),
    safe(libraries::openssl),
    safe(libraries::python_finds_libraries),
];

/// The programs and libraries that are kept.
pub(crate) struct Present {
    /// By name: the soname, or else the file's.
    names: Vec<(String, Id)>,
}

impl Present {
    fn of(closure: &Closure<'_>) -> Self {
        let name = |id: Id| String::from_utf8_lossy(&closure.tree.node(id).name).into_owned();
        let kept = closure.objects.iter().filter(|(id, object)| object.is_some() && closure.contains(**id));
        let names = kept.flat_map(|(id, object)| {
            let soname = object.as_ref().and_then(|object| object.dynamic.soname.clone());
            let own = name(*id);
            let both = if soname.as_ref() == Some(&own) {
                vec![own]
            } else {
                soname.into_iter().chain([own]).collect()
            };
            both.into_iter().map(|name| (name, *id))
        });
        Self { names: names.collect() }
    }

    /// A kept program or library whose name is one of these, or begins so where a name ends with `*`.
    fn find(&self, names: &[&str]) -> Option<Id> {
        let is_wanted = |have: &String| {
            names.iter().any(|name| match name.strip_suffix('*') {
                Some(start) => have.starts_with(start),
                None => have == name,
            })
        };
        self.names.iter().find(|(name, _)| is_wanted(name)).map(|(_, id)| *id)
    }

    fn has(&self, names: &[&str]) -> bool {
        self.find(names).is_some()
    }
}

/// Applies every rule once.
pub(crate) fn apply(closure: &mut Closure<'_>) {
    let present = Present::of(closure);
    for policy in POLICIES {
        if closure.size >= policy.from {
            (policy.keep)(closure, &present);
        }
    }
}

/// Whether something that is kept calls one of these functions.
fn calls(closure: &Closure<'_>, functions: &[&str]) -> bool {
    functions.iter().any(|function| closure.imports.contains(*function))
}

/// Whether some program or library has one of these in it as a path.
fn names_path(closure: &Closure<'_>, paths: &[&str]) -> bool {
    let kept = closure
        .objects
        .iter()
        .filter(|(id, _)| closure.contains(**id))
        .filter_map(|(_, object)| object.as_ref());
    kept.flat_map(|object| object.paths.iter())
        .any(|run| paths.iter().any(|path| run.starts_with(path.as_bytes())))
}
