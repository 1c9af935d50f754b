//! A disk that remembers what is written to it, and what was flushed: a file whose file system is this process.
//!
//! The kernel's loop device makes a disk of the file. Each write of the loop device, and each flush (`fsync`), becomes a request that is
//! served here and noted. So the log has what a disk sees, in its order (dm-log-writes needs the device mapper, blklogwrites an emulator).

use super::request::{self, Request};
use super::write_log::Event;
use crate::program::output;
use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long a loop device may take to let the file go.
const PATIENCE: Duration = Duration::from_secs(5);

type Events = Arc<Mutex<Vec<Event>>>;

/// The disk.
#[derive(Debug)]
pub(super) struct Recorder {
    file: PathBuf,
    events: Events,
    server: Option<JoinHandle<()>>,
}

impl Recorder {
    /// Begins to serve the content of an image as the file `at`.
    pub(super) fn start(image: &Path, at: &Path) -> Result<Self, String> {
        let failed = |error: std::io::Error| format!("record the writes to {}: {error}", image.display());
        let content = File::options().read(true).write(true).open(image).map_err(failed)?;
        let size = content.metadata().map_err(failed)?.len();
        File::create(at).map_err(failed)?;
        let kernel = File::options().read(true).write(true).open("/dev/fuse").map_err(failed)?;
        let options =
            format!("fd=0,rootmode=100000,user_id=0,group_id=0,allow_other,max_read={}", request::PIECE);
        let mut mount = Command::new("mount");
        mount.args(["-i", "-t", "fuse", "-o", &options, "recorder"]).arg(at);
        mount.stdin(Stdio::from(kernel.try_clone().map_err(failed)?));
        let status = mount.status().map_err(failed)?;
        if !status.success() {
            return Err(format!("mount of {}: {status}", at.display()));
        }
        let events = Events::default();
        let noted = events.clone();
        let server = std::thread::spawn(move || Server { kernel, content, size, events: noted }.run());
        Ok(Self { file: at.to_path_buf(), events, server: Some(server) })
    }

    /// How many events there have been.
    pub(super) fn now(&self) -> usize {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Ends the disk, which nobody uses any more: what was written to it.
    pub(super) fn stop(mut self) -> Result<Vec<Event>, String> {
        let deadline = Instant::now() + PATIENCE;
        while let Err(complaint) = output(Command::new("umount").arg(&self.file)) {
            if Instant::now() > deadline {
                return Err(complaint);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        self.server.take().map_or(Ok(()), JoinHandle::join).map_err(|_| "the recorder panicked")?;
        Ok(std::mem::take(&mut self.events.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        if self.server.is_some() {
            // it ends with this process, if somebody still uses it
            let _ = output(Command::new("umount").arg("--lazy").arg(&self.file));
        }
    }
}

struct Server {
    kernel: File,
    content: File,
    size: u64,
    events: Events,
}

impl Server {
    /// Serves requests until the file is unmounted.
    fn run(mut self) {
        let mut buffer = vec![0; request::ROOM];
        loop {
            match self.kernel.read(&mut buffer) {
                Ok(length) => self.serve(&buffer[..length]),
                // a request that was taken back before it was read
                Err(error) if matches!(error.raw_os_error(), Some(INTERRUPTED | TAKEN_BACK)) => {}
                Err(_) => return,
            }
        }
    }

    fn serve(&mut self, bytes: &[u8]) {
        let Some((unique, request)) = request::parse(bytes) else { return };
        if request == Request::Silent {
            return;
        }
        let content = self.content_of(&request);
        let answer = request::answer(unique, content.as_deref().map_err(|error| *error));
        // who asked may not wait any more
        let _ = self.kernel.write_all(&answer);
    }

    fn content_of(&self, request: &Request<'_>) -> Result<Vec<u8>, i32> {
        let broken = |_| request::broken();
        match request {
            Request::Read { offset, size } => {
                let left = usize::try_from(self.size.saturating_sub(*offset)).unwrap_or(usize::MAX);
                let mut piece = vec![0; left.min(*size)];
                self.content.read_exact_at(&mut piece, *offset).map_err(broken).map(|()| piece)
            }
            Request::Write { offset, data } => {
                self.content.write_all_at(data, *offset).map_err(broken)?;
                self.note(Event::Write { offset: *offset, data: data.to_vec() });
                Ok([data.len() as u32, 0].iter().flat_map(|word| word.to_ne_bytes()).collect())
            }
            Request::Flush => {
                self.note(Event::Flush);
                Ok(Vec::new())
            }
            _ => request::fixed(request, self.size),
        }
    }

    fn note(&self, event: Event) {
        self.events.lock().unwrap_or_else(PoisonError::into_inner).push(event);
    }
}

/// `EINTR`, `ENOENT`.
const INTERRUPTED: i32 = 4;
const TAKEN_BACK: i32 = 2;
