//! The guest's file system: what is on it, and how it gets into the archive that the kernel unpacks.

use std::collections::BTreeSet;
use std::fs;
use std::io::{BufWriter, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::cpio::Archive;

const INIT: &str = include_str!("init.sh");
const BUSYBOX: &str = "/bin/busybox";
const DIRECTORIES: [&str; 10] = ["bin", "dev", "etc", "new", "proc", "root", "run", "sys", "tmp", "var/lib"];

/// What one guest gets.
#[derive(Debug)]
pub(super) struct Contents<'a> {
    /// A root directory to begin with: systemd's.
    pub(super) system: Option<&'a Path>,
    /// Becomes `/bin/tare`.
    pub(super) binary: Option<PathBuf>,
    /// Files and directories of this machine, and their absolute paths in the guest.
    pub(super) files: &'a [(PathBuf, String)],
    /// Kernel modules in the order of loading.
    pub(super) modules: Vec<PathBuf>,
    pub(super) command: &'a [String],
    /// What the console's marks are recognised by.
    pub(super) nonce: &'a str,
}

/// Writes the archive to `path`.
pub(super) fn write(contents: &Contents<'_>, path: &Path) -> Result<(), String> {
    let file = fs::File::create(path).map_err(|error| format!("create {}: {error}", path.display()))?;
    let mut tree = Tree { archive: Archive::new(BufWriter::new(file)), made: BTreeSet::new() };
    fill(&mut tree, contents)?;
    tree.archive.finish().map_err(|error| format!("write {}: {error}", path.display()))?;
    Ok(())
}

fn fill<W: Write>(tree: &mut Tree<W>, contents: &Contents<'_>) -> Result<(), String> {
    DIRECTORIES.iter().try_for_each(|directory| tree.directory(directory))?;
    match contents.system {
        Some(system) => {
            tree.children(system, "")?;
            for (name, mode, text) in super::systemd::files() {
                tree.text(&name, mode, text)?;
            }
        }
        None => {
            tree.text("init", 0o755, INIT)?;
            let accounts = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n";
            tree.text("etc/passwd", 0o644, accounts)?;
            tree.text("etc/group", 0o644, "root:x:0:\ntty:x:5:\nnogroup:x:65534:\n")?;
        }
    }
    tree.text("etc/hosts", 0o644, "127.0.0.1 localhost vm\n")?;
    // The console must be there before anything is mounted, or the kernel starts /init without standard streams.
    tree.wrote("dev/console", |archive| archive.character_device("dev/console", 5, 1))?;
    tree.host(Path::new(BUSYBOX), "bin/busybox")
        .map_err(|error| format!("{error} (package busybox-static)"))?;
    if let Some(binary) = &contents.binary {
        tree.host(binary, "bin/tare")?;
    }
    modules(tree, &contents.modules)?;
    tree.text("vm/command", 0o644, &script(contents.command))?;
    tree.text("vm/nonce", 0o644, &format!("{}\n", contents.nonce))?;
    contents.files.iter().try_for_each(|(host, guest)| tree.host(host, guest.trim_matches('/')))
}

fn modules<W: Write>(tree: &mut Tree<W>, modules: &[PathBuf]) -> Result<(), String> {
    let mut list = String::new();
    for module in modules {
        let name = module.file_name().unwrap_or_default().to_string_lossy();
        let place = format!("lib/modules/{name}");
        tree.host(module, &place)?;
        list.push_str(&format!("/{place}\n"));
    }
    tree.text("vm/modules", 0o644, &list)
}

/// A script for busybox sh that executes `command` as it is, whatever its words contain.
fn script(command: &[String]) -> String {
    let words: Vec<_> = command.iter().map(|word| format!("'{}'", word.replace('\'', r"'\''"))).collect();
    format!("exec {}\n", words.join(" "))
}

/// An archive that makes missing parent directories by itself.
struct Tree<W> {
    archive: Archive<W>,
    made: BTreeSet<String>,
}

impl<W: Write> Tree<W> {
    fn directory(&mut self, name: &str) -> Result<(), String> {
        if name.is_empty() || !self.made.insert(name.into()) {
            return Ok(());
        }
        self.parent(name)?;
        self.wrote(name, |archive| archive.directory(name))
    }

    fn parent(&mut self, name: &str) -> Result<(), String> {
        name.rsplit_once('/').map_or(Ok(()), |(parent, _)| self.directory(parent))
    }

    fn text(&mut self, name: &str, mode: u32, content: &str) -> Result<(), String> {
        self.parent(name)?;
        self.wrote(name, |archive| archive.file(name, mode, content.as_bytes()))
    }

    /// Copies a file, a symbolic link or a whole directory of this machine.
    fn host(&mut self, path: &Path, name: &str) -> Result<(), String> {
        let failed = |error: std::io::Error| format!("{}: {error}", path.display());
        // The path that was asked for may be a link; links further down stay links.
        let metadata = fs::metadata(path).map_err(failed)?;
        self.parent(name)?;
        if metadata.is_dir() {
            self.directory(name)?;
            return self.children(path, name);
        }
        let content = fs::read(path).map_err(failed)?;
        self.wrote(name, |archive| archive.file(name, metadata.permissions().mode(), &content))
    }

    fn children(&mut self, path: &Path, name: &str) -> Result<(), String> {
        let failed = |error: std::io::Error| format!("{}: {error}", path.display());
        let mut entries: Vec<_> =
            fs::read_dir(path).map_err(failed)?.collect::<Result<_, _>>().map_err(failed)?;
        entries.sort_by_key(fs::DirEntry::file_name);
        for entry in entries {
            let inside = format!("{name}/{}", entry.file_name().to_string_lossy());
            let inside = inside.trim_start_matches('/').to_owned();
            let kind = entry.file_type().map_err(failed)?;
            if kind.is_symlink() {
                let target = fs::read_link(entry.path()).map_err(failed)?;
                let target = target.to_string_lossy();
                self.wrote(&inside, |archive| archive.symlink(&inside, &target))?;
            } else if kind.is_dir() || kind.is_file() {
                self.host(&entry.path(), &inside)?;
            }
        }
        Ok(())
    }

    fn wrote(
        &mut self,
        name: &str,
        write: impl FnOnce(&mut Archive<W>) -> std::io::Result<()>,
    ) -> Result<(), String> {
        write(&mut self.archive).map_err(|error| format!("write {name} into the initial RAM disk: {error}"))
    }
}

#[cfg(test)]
mod tests {
    use super::script;

    #[test]
    fn words_of_the_command_reach_it_unchanged() {
        let words = ["sh", "-c", "echo '$HOME' \"x\""].map(String::from);
        assert_eq!(script(&words), "exec 'sh' '-c' 'echo '\\''$HOME'\\'' \"x\"'\n");
    }
}
