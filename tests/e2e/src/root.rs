//! Root file systems for images, made in memory.

use crate::program::probe;
use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;
use std::sync::OnceLock;
use tar::{Builder, EntryType, Header};

const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/usr/sbin:/bin/false\n\
    web:x:1000:1000:web:/home/web:/bin/sh\n2000:x:0:0:a number that is a name:/:/bin/sh\n";
const GROUP: &str = "root:x:0:\ndaemon:x:1:\naudio:x:29:web\nvideo:x:44:\nweb:x:1000:\n";

/// A root file system. What is added last wins, as in any archive.
#[derive(Debug, Clone, Default)]
pub struct Root {
    entries: Vec<u8>,
}

impl Root {
    /// Nothing.
    #[must_use]
    pub fn scratch() -> Self {
        Self::default()
    }

    /// Busybox with all its names, users, and `/probe`.
    #[must_use]
    pub fn busybox() -> Self {
        static ONCE: OnceLock<Root> = OnceLock::new();
        ONCE.get_or_init(|| Self::scratch().with_busybox().file("/probe", 0o755, probe())).clone()
    }

    /// Busybox, and musl's loader, which is its C library too.
    ///
    /// # Panics
    /// If Debian's package `musl` is missing; ask for [`Root::has_musl`] first.
    #[must_use]
    pub fn musl() -> Self {
        let loader = musl_loader();
        let content = fs::read(&loader).expect("musl is installed");
        Self::busybox().file(&loader, 0o755, content)
    }

    /// Whether Debian's package `musl` is there; says that the test is skipped if not.
    #[must_use]
    pub fn has_musl() -> bool {
        crate::needs_programs(&[&musl_loader()])
    }

    fn with_busybox(self) -> Self {
        let busybox = Path::new("/bin/busybox");
        let names = Command::new(busybox).arg("--list").output().expect("busybox lists its names").stdout;
        let names = String::from_utf8(names).expect("names are text");
        let mut root = self.directory("/bin", 0o755).file(
            "/bin/busybox",
            0o755,
            fs::read(busybox).expect("read busybox"),
        );
        for name in names.lines().filter(|name| *name != "busybox") {
            root = root.symlink(&format!("/bin/{name}"), "busybox");
        }
        root.directory("/etc", 0o755)
            .file("/etc/passwd", 0o644, PASSWD)
            .file("/etc/group", 0o644, GROUP)
            .directory("/tmp", 0o1777)
            .directory("/root", 0o700)
            .directory("/home/web", 0o755)
    }

    /// Adds a directory.
    #[must_use]
    pub fn directory(self, path: &str, mode: u32) -> Self {
        self.add(path, mode, EntryType::Directory, &[])
    }

    /// Adds a file.
    #[must_use]
    pub fn file(self, path: &str, mode: u32, content: impl AsRef<[u8]>) -> Self {
        self.add(path, mode, EntryType::Regular, content.as_ref())
    }

    /// Adds a file of another owner.
    ///
    /// # Panics
    /// If the path is too long.
    #[must_use]
    pub fn owned(mut self, path: &str, owner: (u32, u32), content: Option<&[u8]>) -> Self {
        let kind = if content.is_some() { EntryType::Regular } else { EntryType::Directory };
        let mut header = header(path, 0o755, kind, content.unwrap_or_default().len());
        header.set_uid(owner.0.into());
        header.set_gid(owner.1.into());
        self.append(header, content.unwrap_or_default());
        self
    }

    /// Adds a symbolic link.
    ///
    /// # Panics
    /// If a path is too long.
    #[must_use]
    pub fn symlink(mut self, path: &str, target: &str) -> Self {
        let mut header = header(path, 0o777, EntryType::Symlink, 0);
        header.set_link_name_literal(target).expect("a short target");
        self.append(header, &[]);
        self
    }

    /// Adds a hard link.
    ///
    /// # Panics
    /// If a path is too long.
    #[must_use]
    pub fn hard_link(mut self, path: &str, target: &str) -> Self {
        let mut header = header(path, 0o644, EntryType::Link, 0);
        header.set_link_name_literal(target).expect("a short target");
        self.append(header, &[]);
        self
    }

    /// Adds a file under a name that no honest archive has.
    #[must_use]
    pub fn raw(mut self, name: &str, content: &str) -> Self {
        let mut header = header("placeholder", 0o644, EntryType::Regular, content.len());
        let field = &mut header.as_old_mut().name;
        field.fill(0);
        field[..name.len()].copy_from_slice(name.as_bytes());
        self.append(header, content.as_bytes());
        self
    }

    /// Adds a FIFO.
    #[must_use]
    pub fn fifo(self, path: &str) -> Self {
        self.add(path, 0o644, EntryType::Fifo, &[])
    }

    fn add(mut self, path: &str, mode: u32, kind: EntryType, content: &[u8]) -> Self {
        self.append(header(path, mode, kind, content.len()), content);
        self
    }

    fn append(&mut self, mut header: Header, content: &[u8]) {
        header.set_cksum();
        self.entries.extend_from_slice(header.as_bytes());
        self.entries.extend_from_slice(content);
        self.entries.resize(self.entries.len().next_multiple_of(512), 0);
    }

    /// The archive.
    #[must_use]
    pub fn archive(&self) -> Vec<u8> {
        let mut archive = self.entries.clone();
        // two empty blocks are the end
        Builder::new(&mut archive).finish().expect("memory takes it");
        archive
    }

    /// Writes the files of this root to a directory of the host.
    ///
    /// # Errors
    /// What the system reports.
    pub fn unpack(&self, directory: &Path) -> io::Result<()> {
        tar::Archive::new(self.archive().as_slice()).unpack(directory)
    }
}

fn musl_loader() -> String {
    format!("/lib/ld-musl-{}.so.1", std::env::consts::ARCH)
}

fn header(path: &str, mode: u32, kind: EntryType, size: usize) -> Header {
    let mut header = Header::new_gnu();
    header.set_path(path.trim_start_matches('/')).expect("a short path");
    header.set_mode(mode);
    header.set_entry_type(kind);
    header.set_size(size as u64);
    header.set_mtime(1_600_000_000);
    header.set_uid(0);
    header.set_gid(0);
    header
}
