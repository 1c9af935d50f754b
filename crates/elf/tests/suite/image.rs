//! An image in memory, and questions about it.

use std::collections::BTreeMap;

use elf::{Diagnosis, LOOK_LIMIT, Look, Machine, Request, diagnose};

use crate::builder::Builder;

pub(crate) const ENOENT: i32 = 2;
pub(crate) const ENOEXEC: i32 = 8;
pub(crate) const EACCES: i32 = 13;
pub(crate) const PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// Files by absolute path; the directories above them exist.
#[derive(Default)]
pub(crate) struct Image {
    entries: BTreeMap<String, Look>,
}

impl Image {
    pub(crate) fn with(self, path: &str, content: impl Into<Vec<u8>>) -> Self {
        self.with_mode(path, 0o755, content)
    }

    pub(crate) fn with_mode(self, path: &str, mode: u32, content: impl Into<Vec<u8>>) -> Self {
        self.with_look(path, Look::File { mode, head: content.into() })
    }

    pub(crate) fn with_look(mut self, path: &str, look: Look) -> Self {
        self.entries.insert(path.to_owned(), look);
        self
    }

    /// A static program for `x86_64`.
    pub(crate) fn with_program(self, path: &str) -> Self {
        self.with(path, Builder::new(Machine::X86_64).build())
    }

    fn look(&self, path: &str) -> Look {
        if let Some(found) = self.entries.get(path) {
            return found.clone();
        }
        let is_below_file = path.match_indices('/').skip(1).any(|(end, _)| {
            matches!(self.entries.get(&path[..end]), Some(Look::File { .. } | Look::Special))
        });
        if is_below_file {
            return Look::NotADirectory;
        }
        let prefix = format!("{}/", path.trim_end_matches('/'));
        let is_directory = self.entries.keys().any(|entry| entry.starts_with(&prefix));
        if is_directory { Look::Directory } else { Look::Missing }
    }

    pub(crate) fn ask(&self, request: &Request<'_>) -> Diagnosis {
        let mut count = 0;
        let found = diagnose(request, &mut |path| {
            assert!(path.starts_with('/'), "{path} is not absolute");
            count += 1;
            self.look(path)
        });
        assert!(count <= LOOK_LIMIT, "{count} look-ups");
        assert_eq!(found.exit_code, found.kernel.exit_code());
        let docker_says_not_found = ["executable file not found", "no such file or directory"]
            .iter()
            .any(|words| found.to_string().contains(words));
        assert!(!docker_says_not_found || found.exit_code == 127, "{found}");
        found
    }

    /// The whole message for a program and an errno, on an `x86_64` machine with a usual `PATH`.
    pub(crate) fn say(&self, program: &str, errno: impl Into<Option<i32>>) -> String {
        let errno = errno.into();
        self.say_to(&Request { search_path: Some(PATH), errno, ..request(program) })
    }

    pub(crate) fn say_to(&self, request: &Request<'_>) -> String {
        let found = self.ask(request);
        format!("{found:#}\nexit: {}", found.exit_code)
    }
}

pub(crate) fn request(program: &str) -> Request<'_> {
    Request { host: Machine::X86_64, ..Request::new(program) }
}
