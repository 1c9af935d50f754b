//! Where a closure begins: with what the image's configuration names.

use crate::closure::Closure;
use crate::ground;
use crate::reason::{Reason, Size};
use crate::script;
use crate::tree::Id;

/// Programs whose arguments are commands.
const SHELLS: &[&str] = &["sh", "bash", "dash", "ash", "ksh", "zsh", "mksh", "busybox", "toybox"];
/// How many of them, one starting the other, are followed.
const STARTER_LIMIT: usize = 16;
/// Programs that execute what follows in their arguments.
const STARTERS: &[&str] = &[
    "env",
    "exec",
    "tini",
    "dumb-init",
    "gosu",
    "su-exec",
    "nice",
    "nohup",
    "timeout",
    "setpriv",
    "chroot",
    "stdbuf",
    "catatonit",
    "sudo",
    "xargs",
    "time",
];
/// What a person or a script expects beside a shell: the utilities of POSIX, and those without which images are not made.
const SHELL_TOOLS: &[&str] = &[
    "[",
    "arch",
    "awk",
    "base32",
    "base64",
    "basename",
    "bash",
    "bunzip2",
    "bzcat",
    "bzip2",
    "cat",
    "chgrp",
    "chmod",
    "chown",
    "cksum",
    "clear",
    "cmp",
    "comm",
    "cp",
    "csplit",
    "cut",
    "date",
    "dd",
    "df",
    "diff",
    "dir",
    "dirname",
    "du",
    "echo",
    "egrep",
    "env",
    "expand",
    "expr",
    "factor",
    "false",
    "fgrep",
    "find",
    "fmt",
    "fold",
    "free",
    "gawk",
    "getconf",
    "getent",
    "getopt",
    "grep",
    "groups",
    "gunzip",
    "gzip",
    "head",
    "hostid",
    "hostname",
    "iconv",
    "id",
    "install",
    "join",
    "kill",
    "less",
    "link",
    "ln",
    "locale",
    "logname",
    "ls",
    "mawk",
    "md5sum",
    "mkdir",
    "mkfifo",
    "mknod",
    "mktemp",
    "more",
    "mv",
    "nice",
    "nl",
    "nohup",
    "nproc",
    "numfmt",
    "od",
    "paste",
    "pathchk",
    "pgrep",
    "pinky",
    "pkill",
    "pr",
    "printenv",
    "printf",
    "ps",
    "pwd",
    "readlink",
    "realpath",
    "rev",
    "rm",
    "rmdir",
    "run-parts",
    "sed",
    "seq",
    "sh",
    "sha1sum",
    "sha224sum",
    "sha256sum",
    "sha384sum",
    "sha512sum",
    "shred",
    "shuf",
    "sleep",
    "sort",
    "split",
    "stat",
    "stdbuf",
    "stty",
    "sum",
    "sync",
    "tac",
    "tail",
    "tar",
    "tee",
    "tempfile",
    "test",
    "timeout",
    "top",
    "touch",
    "tput",
    "tr",
    "true",
    "truncate",
    "tsort",
    "tty",
    "uname",
    "unexpand",
    "uniq",
    "unlink",
    "unxz",
    "uptime",
    "users",
    "vdir",
    "wc",
    "which",
    "who",
    "whoami",
    "xargs",
    "xz",
    "xzcat",
    "yes",
    "zcat",
    "zgrep",
];

impl Closure<'_> {
    /// Keeps what the configuration names: commands with the files in their arguments, the working directory, volumes.
    pub fn begin(&mut self) {
        let command = self.setting.command.clone();
        self.command(&command, "entry point");
        for further in &self.setting.further {
            self.command(further, "health check");
        }
        let directory = self.setting.absolute(".");
        if let Some(found) = self.keep(directory, Reason::Configuration("working directory")) {
            self.keep_surroundings(found);
        }
        for volume in &self.setting.volumes {
            if let Some(found) = self.keep(volume, Reason::Configuration("volume"))
                && self.size != Size::Strict
            {
                self.keep_tree(found, &Reason::Configuration("volume"));
            }
        }
    }

    /// Keeps a command: its program, the files that its arguments name, and what it gives to a shell or starts in its turn.
    pub fn command(&mut self, command: &[String], what: &'static str) {
        for argument in command.iter().skip(1) {
            self.argument(argument, what);
        }
        let mut words = command;
        for _ in 0..STARTER_LIMIT {
            let Some((program, arguments)) = words.split_first() else { return };
            let path = self.find_program(program);
            let Some(found) = path.and_then(|path| self.keep(path, Reason::Configuration(what))) else {
                return;
            };
            self.keep_surroundings(found);
            let name = program.rsplit('/').next().unwrap_or(program);
            if self.size != Size::Strict && SHELLS.contains(&name) {
                self.shell(found, arguments, what);
            }
            if !STARTERS.contains(&name) {
                return;
            }
            let is_program = |word: &String| !word.starts_with('-') && self.find_program(word).is_some();
            let Some(next) = arguments.iter().position(is_program) else { return };
            words = &arguments[next..];
        }
    }

    /// A file in an argument, also behind an option's equals sign.
    fn argument(&mut self, argument: &str, what: &'static str) {
        let values = [argument, argument.split_once('=').map_or("", |(_, value)| value)];
        for value in values.into_iter().filter(|value| !value.is_empty() && !value.starts_with('-')) {
            let path = self.setting.absolute(value);
            let is_named = self.tree.find(&path).is_some_and(|id| self.tree.is_file(id));
            if is_named && let Some(found) = self.keep(path, Reason::Configuration(what)) {
                self.keep_surroundings(found);
            }
        }
    }

    /// What a shell is told. One that is told nothing, or gets its commands later, is there for any command.
    fn shell(&mut self, shell: Id, arguments: &[String], what: &'static str) {
        let line = arguments.iter().position(|word| word.starts_with('-') && word.ends_with('c'));
        if let Some(line) = line.and_then(|at| arguments.get(at + 1)) {
            script::commands(self, shell, line.as_bytes());
            return;
        }
        let has_script = arguments.iter().any(|word| !word.starts_with('-'));
        // a program with many names has them in it
        if (line.is_some() || !has_script) && !ground::is_multi_call(self.tree, shell) {
            for name in SHELL_TOOLS {
                if let Some(path) = self.find_program(name) {
                    self.keep(path, Reason::Configuration(what));
                }
            }
        }
    }
}
