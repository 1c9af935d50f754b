//! What interpreters load besides what they name: their trees of modules.

use crate::closure::Closure;
use crate::reason::{Reason, Size};
use crate::tree::{Id, Tree};

/// An interpreter: how its programs are called, and where its modules lie. `{v}` stands for the version in the program's name or found beside.
struct Interpreter {
    /// The beginnings of its programs' names; what follows is a version or nothing.
    names: &'static [&'static str],
    /// Directories of modules, from the prefix that the program lies in (`/usr` for `/usr/bin/python3.11`); a last `*` stands for any end of a name.
    trees: &'static [&'static str],
    /// Variables of the environment that hold lists of directories.
    variables: &'static [&'static str],
    /// The names of directories with modules beside a program of the user's, on the way up.
    beside: &'static [&'static str],
}

const INTERPRETERS: &[Interpreter] = &[
    Interpreter {
        names: &["python", "pypy"],
        trees: &["lib/python{v}", "lib/python3", "lib64/python{v}", "local/lib/python{v}", "lib/pypy{v}"],
        variables: &["PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"],
        beside: &[],
    },
    Interpreter {
        names: &["ruby", "jruby", "irb"],
        trees: &[
            "lib/ruby",
            "lib/*-linux-*/ruby",
            "share/rubygems-integration",
            "share/ruby",
            "local/lib/ruby",
            "local/lib/site_ruby",
            "/var/lib/gems",
            "share/gems",
            "lib64/ruby",
            "lib64/gems",
            "/usr/local/bundle",
        ],
        variables: &["GEM_HOME", "GEM_PATH", "RUBYLIB", "BUNDLE_PATH", "BUNDLE_APP_CONFIG"],
        beside: &[],
    },
    Interpreter {
        names: &["node", "nodejs", "bun", "deno"],
        trees: &["share/nodejs", "lib/nodejs", "lib/*-linux-*/nodejs", "lib/node_modules"],
        variables: &["NODE_PATH"],
        beside: &["node_modules"],
    },
    Interpreter {
        names: &["perl"],
        trees: &[
            "lib/*-linux-*/perl",
            "lib/*-linux-*/perl5",
            "lib/*-linux-*/perl-base",
            "share/perl",
            "share/perl5",
            "/etc/perl",
            "local/lib/*-linux-*/perl",
            "local/share/perl",
            "lib/perl5",
            "lib64/perl5",
            "local/lib/perl5",
        ],
        variables: &["PERL5LIB"],
        beside: &["local"],
    },
    Interpreter {
        names: &["php", "php-fpm", "php-cgi", "frankenphp"],
        trees: &["lib/php", "lib64/php", "share/php", "local/lib/php", "local/etc", "/etc/php", "/etc/php.d"],
        variables: &["PHP_INI_DIR", "PHP_INI_SCAN_DIR"],
        beside: &["vendor"],
    },
    Interpreter {
        names: &["lua", "luajit", "texlua"],
        trees: &["share/lua", "lib/lua", "lib/*-linux-*/lua", "local/share/lua", "local/lib/lua"],
        variables: &[],
        beside: &[],
    },
    Interpreter {
        names: &["tclsh", "wish", "expect"],
        trees: &["share/tcltk", "lib/tcltk", "lib/*-linux-*/tcltk", "lib/tcl*", "lib/tk*", "share/tcl*"],
        variables: &["TCLLIBPATH", "TCL_LIBRARY"],
        beside: &[],
    },
    Interpreter {
        names: &["erl", "erlexec", "beam.smp", "elixir", "iex"],
        trees: &["lib/erlang", "lib/elixir", "lib64/erlang", "local/lib/erlang", "local/lib/elixir"],
        variables: &["ERL_LIBS", "ROOTDIR"],
        beside: &[],
    },
    Interpreter {
        names: &["R", "Rscript"],
        trees: &["lib/R", "share/R", "local/lib/R", "/etc/R"],
        variables: &["R_HOME", "R_LIBS", "R_LIBS_SITE"],
        beside: &[],
    },
    Interpreter {
        names: &[
            "guile",
            "ocaml",
            "ocamlrun",
            "swipl",
            "sbcl",
            "gawk",
            "octave",
            "octave-cli",
            "julia",
            "racket",
            "mono",
            "mono-sgen",
            "dotnet",
        ],
        trees: &[
            "share/guile",
            "lib/*-linux-*/guile",
            "lib/ocaml",
            "lib/swi-prolog",
            "lib/sbcl",
            "share/awk",
            "lib/*-linux-*/gawk",
            "share/octave",
            "lib/*-linux-*/octave",
            "share/julia",
            "share/racket",
            "lib/mono",
            "/etc/mono",
            "lib/dotnet",
            "share/dotnet",
        ],
        variables: &["DOTNET_ROOT"],
        beside: &[],
    },
];

/// Looks whether a kept file is an interpreter, and keeps its modules.
pub(crate) fn examine(closure: &mut Closure<'_>, id: Id) {
    if closure.size == Size::Strict || !closure.tree.is_program(id) || closure.interpreters.contains(&id) {
        return;
    }
    let path = closure.tree.text(id);
    let name = path.rsplit('/').next().unwrap_or_default().to_owned();
    if is_java(&name) {
        closure.interpreters.insert(id);
        java_home(closure, id);
        return;
    }
    for interpreter in INTERPRETERS {
        let Some(version) = interpreter.version(&name) else { continue };
        closure.interpreters.insert(id);
        keep(closure, id, interpreter, &path, version);
    }
}

/// Whether a path is that of a language's interpreter.
pub(crate) fn is_interpreter(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    is_java(name) || INTERPRETERS.iter().any(|interpreter| interpreter.version(name).is_some())
}

impl Interpreter {
    /// The version in a program's name, if it is one of this language; empty if it has none.
    fn version<'n>(&self, name: &'n str) -> Option<&'n str> {
        let is_version = |rest: &str| rest.is_empty() || rest.starts_with(|char: char| char.is_ascii_digit());
        let rests = self.names.iter().filter_map(|start| name.strip_prefix(start));
        rests.map(|rest| rest.trim_start_matches('-')).find(|rest| is_version(rest))
    }
}

fn keep(closure: &mut Closure<'_>, id: Id, interpreter: &Interpreter, path: &str, version: &str) {
    let prefix = path.rsplit_once('/').map_or("", |(directory, _)| directory);
    let prefix = prefix.rsplit_once('/').map_or("", |(prefix, _)| prefix).to_owned();
    for tree in interpreter.trees {
        let pattern = tree.replace("{v}", if version.is_empty() { "*" } else { version });
        let pattern = if pattern.starts_with('/') { pattern } else { format!("{prefix}/{pattern}") };
        for found in matching(closure.tree, &pattern) {
            closure.keep_tree(found, &Reason::Tree(id));
        }
    }
    for variable in interpreter.variables {
        let directories = closure.setting.variable(variable).unwrap_or_default().to_owned();
        for directory in
            directories.split(':').filter(|directory| directory.starts_with('/') && directory.len() > 1)
        {
            if let Some(found) = closure.keep(directory, Reason::Tree(id)) {
                closure.keep_tree(found, &Reason::Tree(id));
            }
        }
    }
    let mut directory = closure.setting.absolute(".");
    while !interpreter.beside.is_empty() {
        for name in interpreter.beside {
            if let Some(found) = closure.keep(format!("{directory}/{name}"), Reason::Tree(id)) {
                closure.keep_tree(found, &Reason::Tree(id));
            }
        }
        match directory.rsplit_once('/') {
            Some((parent, _)) => directory = parent.to_owned(),
            None => break,
        }
    }
}

/// The directories that a pattern names.
fn matching(tree: &Tree, pattern: &str) -> Vec<Id> {
    let mut found = vec![tree.root()];
    for part in pattern.split('/').filter(|part| !part.is_empty()) {
        let mut next = Vec::new();
        for at in found {
            let Some((start, rest)) = part.split_once('*') else {
                next.extend(tree.look_from(at, part.as_bytes()).end);
                continue;
            };
            let middle = rest.trim_end_matches('*');
            let fits = |name: &[u8]| {
                let name = String::from_utf8_lossy(name);
                name.starts_with(start) && name[start.len()..].contains(middle)
            };
            next.extend(tree.children(at).filter(|(name, _)| fits(name)).map(|(_, child)| child));
        }
        found = next;
    }
    found.retain(|id| tree.is_directory(*id));
    found
}

fn is_java(name: &str) -> bool {
    ["java", "javac", "jshell", "keytool"].contains(&name)
}

/// A Java home is two directories above its `bin/java`; old ones have a `jre` in it.
fn java_home(closure: &mut Closure<'_>, id: Id) {
    let tree = closure.tree;
    let home = tree.node(tree.node(id).parent).parent;
    if tree.child(home, b"lib").is_some()
        && home != tree.root()
        && !["/usr", "/usr/local"].contains(&tree.text(home).as_str())
    {
        closure.keep_tree(home, &Reason::Tree(id));
    }
    closure.keep("/etc/ssl/certs/java/cacerts", Reason::Policy("CA certificates"));
}
