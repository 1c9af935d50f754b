//! sd_notify(3) for a container: its own socket, whose `READY=1` is passed on to the caller's.

use crate::environment;
use crate::error::{At, Result};
use oci::runtime::{MountBuilder, Spec};
use std::fs;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use sys::Errno;
use sys::event::{PollFd, PollFlags, Timespec, poll};
use sys::identity::Identity;

/// Where the container finds the socket's directory.
const INSIDE: &str = "/run/notify";
const SOCKET: &str = "notify.sock";
/// How long a service manager may take to read what it is told; as long as runc waits.
const PATIENCE: Timespec = Timespec { tv_sec: 30, tv_nsec: 0 };
/// Holds the path of the caller's socket.
const HOST: &str = "host";

/// The container's end of a notification.
#[derive(Debug)]
pub(crate) struct Notify {
    directory: PathBuf,
    host: String,
}

/// A socket that is listened to.
#[derive(Debug)]
pub(crate) struct Listening {
    socket: OwnedFd,
    host: String,
    pid: i32,
}

impl Notify {
    /// Makes the directory and tells the container of it.
    pub(crate) fn prepare(container: &Path, host: &str, spec: &mut Spec) -> Result<Self> {
        let notify = Self { directory: container.join("notify"), host: host.to_owned() };
        fs::create_dir(&notify.directory).at("make directory", &notify.directory)?;
        fs::set_permissions(&notify.directory, fs::Permissions::from_mode(0o755))
            .at("change mode of", &notify.directory)?;
        fs::write(container.join(HOST), host).at("write", container.join(HOST))?;
        let options = ["bind", "nosuid", "noexec", "nodev", "ro"].map(str::to_owned).to_vec();
        let mount = MountBuilder::default()
            .destination(INSIDE)
            .typ("bind")
            .source(notify.directory.clone())
            .options(options)
            .build()
            .expect("all fields are given");
        let mounts = spec.mounts().clone().unwrap_or_default().into_iter().chain([mount]).collect();
        spec.set_mounts(Some(mounts));
        environment::add(spec, [format!("NOTIFY_SOCKET={INSIDE}/{SOCKET}")]);
        Ok(notify)
    }

    /// That of a container that was made with one.
    pub(crate) fn of(container: &Path) -> Option<Self> {
        let host = fs::read_to_string(container.join(HOST)).ok()?;
        Some(Self { directory: container.join("notify"), host })
    }

    /// Begins to listen, before the program can send.
    pub(crate) fn listen(self, pid: i32) -> Result<Listening> {
        let directory = sys::mount::open_directory(&self.directory).at("open", &self.directory)?;
        let socket = sys::socket::bind_datagrams(directory.as_fd(), SOCKET).at("bind in", &self.directory)?;
        Ok(Listening { socket, host: self.host, pid })
    }
}

impl Listening {
    /// Waits for `READY=1` and passes it on with the container's process id; gives up when the container has ended.
    pub(crate) fn forward(self) {
        let Ok(init) = Identity::of(self.pid).and_then(|init| init.open()) else { return };
        loop {
            let mut fds = [PollFd::new(&self.socket, PollFlags::IN), PollFd::new(&init, PollFlags::IN)];
            match poll(&mut fds, None) {
                Ok(_) => {}
                Err(Errno::INTR) => continue,
                Err(_) => return,
            }
            // a container that is ready and has ended is said to have been ready
            if fds[0].revents().is_empty() {
                return;
            }
            // a message that is none (too long) is passed over
            let Ok(Some(message)) = sys::socket::receive(self.socket.as_fd()) else { continue };
            let mut lines = message.bytes.split(|byte| *byte == b'\n');
            if let Some(ready) = lines.find(|line| line.starts_with(b"READY=")) {
                // the caller may not wait for it any more
                let _ = tell(&self.host, ready, self.pid);
                return;
            }
        }
    }

    /// As [`Listening::forward`], in a thread of its own.
    pub(crate) fn forward_beside(self) {
        std::thread::spawn(move || self.forward());
    }
}

/// Says that the container is ready, and waits until that was read: a service manager asks the kernel whose message it is, and must find us alive
/// (sd_notify_barrier(3): it closes the descriptor that comes with `BARRIER=1`).
fn tell(host: &str, ready: &[u8], pid: i32) -> Result<(), Errno> {
    let socket = sys::socket::connect_datagrams(host)?;
    let text = [ready, format!("\nMAINPID={pid}\n").as_bytes()].concat();
    sys::socket::send(socket.as_fd(), &text, &[])?;
    let (closed, theirs) = sys::pipe::pipe_with(sys::pipe::PipeFlags::CLOEXEC)?;
    sys::socket::send(socket.as_fd(), b"BARRIER=1", &[theirs.as_fd()])?;
    drop(theirs);
    poll(&mut [PollFd::new(&closed, PollFlags::empty())], Some(&PATIENCE)).map(drop)
}
