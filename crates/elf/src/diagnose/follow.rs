//! Following a program through its interpreters, as the kernel does.

use super::absent::{self, gap};
use super::binary;
use super::fault::Fault;
use super::search::{self, Searched};
use super::subject::Subject;
use crate::look::{Look, Root};
use crate::program::script::Script;
use crate::program::{HEAD_BYTES, Program};
use crate::refusal::Refusal;
use crate::request::Request;
use crate::text::{absolute, shown};

/// How many interpreters the kernel follows, one running the other (`exec_binprm`).
const INTERPRETERS: usize = 5;

/// The way from a program over its interpreters.
pub(super) struct Walk<'w, 'a> {
    root: &'w mut Root<'a>,
    request: &'w Request<'w>,
    /// A clause for each script that was passed.
    trail: Vec<String>,
    /// How many interpreters were entered since the last `execve`.
    depth: usize,
}

impl<'w, 'a> Walk<'w, 'a> {
    pub(super) fn new(root: &'w mut Root<'a>, request: &'w Request<'w>) -> Self {
        Self { root, request, trail: Vec::new(), depth: 0 }
    }

    /// What is wrong with the file at an absolute path, or with what it needs.
    pub(super) fn file(&mut self, path: &str, look: Look) -> Option<Fault> {
        let (mode, head) = match look {
            Look::File { mode, head } => (mode, head),
            other => return Some(self.not_a_file(path, other)),
        };
        if mode & 0o111 == 0 {
            return Some(self.behind_trail(Fault::not_executable(path, mode)));
        }
        let program = Program::read(&head);
        let is_whole = head.len() < HEAD_BYTES;
        drop(head);
        match program {
            Program::Script(script) => self.script(path, &script),
            Program::Elf(elf) => {
                let subject = Subject { path, elf: &elf, is_whole };
                binary::fault(self.root, self.request, &subject).map(|fault| self.behind_trail(fault))
            }
            other => Some(self.behind_trail(not_a_program(&shown(path), &other))),
        }
    }

    fn behind_trail(&self, fault: Fault) -> Fault {
        let clauses = self.trail.iter().map(String::as_str).chain([fault.cause.as_str()]);
        Fault { cause: clauses.collect::<Vec<_>>().join("; "), ..fault }
    }

    fn not_a_file(&mut self, path: &str, look: Look) -> Fault {
        let name = shown(path);
        let fault = match look {
            // the kernel says EACCES; Docker names a directory that is the program itself
            Look::Directory if self.trail.is_empty() => {
                Fault::new(Refusal::IsADirectory, format!("{name} is a directory, not a program"))
                    .with_hint("name the program inside it")
            }
            Look::Directory => {
                Fault::new(Refusal::PermissionDenied, format!("{name} is a directory, not a program"))
            }
            Look::Special => {
                let cause = format!("{name} is a device, FIFO or socket, not a program");
                Fault::new(Refusal::PermissionDenied, cause)
            }
            Look::DanglingLink(target) => Fault::dangling(path, &target),
            Look::NotADirectory => {
                let (_, cause) = gap(self.root, path);
                Fault::new(Refusal::NotADirectory, cause)
            }
            _ => {
                let cause = format!("{name} cannot be read, or a directory above it is closed");
                Fault::new(Refusal::PermissionDenied, cause)
            }
        };
        self.behind_trail(fault)
    }

    fn script(&mut self, path: &str, script: &Script) -> Option<Fault> {
        let opened = script.opened_interpreter();
        self.trail.push(format!("{} is a script for {}", shown(path), shown(&opened)));
        if self.depth == INTERPRETERS {
            let cause = format!("the kernel follows no more than {INTERPRETERS} interpreters");
            let hint = "let the script name a binary as its interpreter";
            return Some(self.behind_trail(Fault::new(Refusal::TooManyLevels, cause).with_hint(hint)));
        }
        self.depth += 1;
        let interpreter = absolute(self.request.working_directory, &opened);
        match self.root.at(&interpreter)? {
            Look::Missing => Some(self.missing_interpreter(script, &interpreter)),
            found => self.file(&interpreter, found).or_else(|| self.env(script)),
        }
    }

    fn missing_interpreter(&mut self, script: &Script, interpreter: &str) -> Fault {
        let mut cause = self.trail.join("; ");
        if script.ends_in_carriage_return {
            cause.push_str(", whose name ends in a carriage return: the first line has a Windows line end");
            return Fault::new(Refusal::NotFound, cause).with_hint(UNIX_LINE_ENDS);
        }
        if script.interpreter.starts_with('/') {
            cause.push_str(", which the image does not have");
        } else {
            let at = shown(interpreter);
            cause.push_str(&format!(", a path from the working directory, but the image has no {at}"));
        }
        let hint = match absent::instead(self.root, interpreter) {
            Some(other) => {
                format!("{}: name that in the first line, or install the interpreter", other.hint())
            }
            None => "install the interpreter in the image".to_owned(),
        };
        Fault::new(Refusal::NotFound, cause).with_hint(hint)
    }

    /// The program behind `#!/usr/bin/env name`: found by `env`, after the kernel has done its work.
    fn env(&mut self, script: &Script) -> Option<Fault> {
        let name = script.sought_by_env()?;
        match search::in_search_path(self.root, self.request, &name) {
            Searched::At(path, look) => {
                self.depth = 0;
                self.file(&path, look)
            }
            Searched::Barred(path, look) => self.file(&path, look),
            Searched::Nowhere => Some(self.env_finds_nothing(script, &name)),
            Searched::Undecided => None,
        }
    }

    fn env_finds_nothing(&mut self, script: &Script, name: &str) -> Fault {
        let line_end =
            if script.ends_in_carriage_return { " (the first line has a Windows line end)" } else { "" };
        let nowhere = absent::nowhere(self.request, name);
        let cause = format!("env finds no {}{line_end}: {nowhere}", shown(name));
        let hint = if script.ends_in_carriage_return {
            UNIX_LINE_ENDS.to_owned()
        } else if let Some((program, _)) = name.split_once([' ', '\t']) {
            format!(
                "env takes the rest of the line for one name; write #!{} -S {} ...",
                shown(&script.interpreter),
                shown(program)
            )
        } else {
            match absent::instead(self.root, name) {
                Some(other) => other.hint(),
                None => format!("install {} in the image", shown(name)),
            }
        };
        self.behind_trail(Fault::new(Refusal::NotFound, cause).with_hint(hint))
    }
}

/// What to do about carriage returns.
const UNIX_LINE_ENDS: &str =
    "save the script with Unix line ends: dos2unix, or `*.sh text eol=lf` in .gitattributes";

/// The fault of a file that is neither ELF nor a script.
fn not_a_program(name: &str, program: &Program) -> Fault {
    let (cause, hint) = match program {
        Program::Empty => {
            (format!("{name} is empty"), "check how the file was made: it has 0 bytes".to_owned())
        }
        Program::DamagedElf(reason) => (
            format!("{name} is a damaged ELF file: {reason}"),
            "copy it again: it may be cut short".to_owned(),
        ),
        Program::NamelessScript => (
            format!("{name} begins with #! but names no interpreter in its first 256 bytes"),
            "write the interpreter's full path behind the #!".to_owned(),
        ),
        Program::MissingShebangScript => (
            format!("{name} looks like a shell script, but its first line names no interpreter"),
            format!("begin it with #!/bin/sh, or run it through a shell: [\"/bin/sh\", \"{name}\"]"),
        ),
        Program::Foreign(format) => (format!("{name} is {format}"), format.hint().to_owned()),
        Program::Unknown(first) => return Fault::new(Refusal::ExecFormat, unknown(name, first)),
        Program::Elf(_) | Program::Script(_) => return Fault::new(Refusal::ExecFormat, name),
    };
    Fault::new(Refusal::ExecFormat, cause).with_hint(hint)
}

fn unknown(name: &str, first: &[u8]) -> String {
    let hex: Vec<String> = first.iter().map(|byte| format!("{byte:02x}")).collect();
    let text: String = first
        .iter()
        .map(|&byte| if byte == b' ' || byte.is_ascii_graphic() { char::from(byte) } else { '.' })
        .collect();
    format!("{name} is in no format that Linux executes; it begins with {} (\"{text}\")", hex.join(" "))
}
