//! Weighing a file of this machine: an ELF program or a script. Nothing beside it is looked at.

use super::program::linkage;
use super::stack::Waste;
use super::{About, FORMAT, Kernel, Library, Program, Report, VERSION};
use crate::error::{At, Error, Result};
use elf::{Dynamic, Elf, Interpreter};
use engine::store::changeset;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// The most bytes of a program that are read.
const LIMIT: u64 = 1 << 30;

/// Weighs a file.
///
/// # Errors
/// [`Error::Invalid`] for what is neither a program nor a script, with what to do with it; refusals of the system.
pub fn file(path: &Path) -> Result<Report> {
    let file = File::open(path).at("open", path)?;
    let metadata = file.metadata().at("read", path)?;
    if !metadata.is_file() {
        return Err(Error::Invalid(format!("{} is no regular file", path.display())));
    }
    let mut content = Vec::new();
    file.take(LIMIT).read_to_end(&mut content).at("read", path)?;
    let name = path.display().to_string();
    let mut report = Report {
        format: FORMAT,
        made_by: VERSION.to_owned(),
        subject: About { kind: "file".into(), name: name.clone(), id: None, platform: None, created: None },
        scale: None,
        contents: None,
        layers: Vec::new(),
        waste: Waste::default(),
        program: Program {
            command: vec![name.clone()],
            path: Some(name.clone()),
            bytes: metadata.len(),
            ..Program::default()
        },
        kernel: Kernel::default(),
        map: None,
        notes: Vec::new(),
    };
    match elf::Program::read(&content) {
        elf::Program::Elf(elf) => program(&mut report, &elf, &content),
        elf::Program::Script(script) => {
            report.program.kind = "script".into();
            report.program.interpreters.push(script.interpreter.clone());
            let argument = script.argument.map(|argument| format!(" {argument}")).unwrap_or_default();
            report.notes.push(format!(
                "FROM scratch it needs {}{argument} with all that that needs: weigh the interpreter, or strip an image that has both",
                script.interpreter
            ));
        }
        _ => return Err(refused(path, &content)),
    }
    Ok(report)
}

fn program(report: &mut Report, elf: &Elf, content: &[u8]) {
    let dynamic = Dynamic::read(content).unwrap_or_default();
    let program = &mut report.program;
    program.kind = "elf".into();
    program.linkage = linkage(elf.linkage).map(str::to_owned);
    program.machine = Some(elf.machine.name().to_owned());
    if let Some(Interpreter::Path(path)) = &elf.interpreter {
        program.loader = Some(path.clone());
    }
    program.libraries =
        dynamic.needed.iter().map(|name| Library { name: name.clone(), path: None }).collect();
    report.subject.platform = elf.machine.platform().map(|name| format!("linux/{name}"));
    let note = if !elf.is_program() {
        format!("it is {} and no program", elf.kind)
    } else if let Some(loader) = &program.loader {
        let libraries = match program.libraries.len() {
            0 => "no library by name".to_owned(),
            1 => "1 library and what that needs".to_owned(),
            number => format!("{number} libraries and what they need"),
        };
        format!(
            "FROM scratch it needs its loader {loader} and {libraries}: 'COPY' it into an image that has them, then 'tare strip' that"
        )
    } else {
        "it is static: FROM scratch it needs nothing but itself, as far as it opens no files".to_owned()
    };
    report.notes.push(note);
    report.kernel = Kernel::of_file(&dynamic, content, &report.subject.name);
}

/// What to do with a file that is no program.
fn refused(path: &Path, content: &[u8]) -> Error {
    let head = &content[..content.len().min(512)];
    let is_archive = changeset::is_tar(head)
        || !matches!(changeset::Compression::detect(head), changeset::Compression::None);
    let path = path.display();
    Error::Invalid(if is_archive {
        format!(
            "{path} is an archive: 'tare load -i {path}' brings its image here, and 'tare weigh NAME' weighs that"
        )
    } else {
        format!("{path} is neither an ELF program nor a script")
    })
}
