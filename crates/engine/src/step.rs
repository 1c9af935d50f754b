//! A step: a command in a root that is thrown away or becomes a layer. No record, no name, no log; it ends with whoever asked for it. Builds are made of steps, and programs
//! are watched in them.

use crate::containers::directory::Directory;
use crate::containers::start::{await_running, spawn_supervisor};
use crate::error::{At, Error, Result};
use crate::launch::{self, Launch, Launched, Shared, Upper};
use crate::record::{HostSettings, MountKind, MountPoint, NetworkMode, Record};
use crate::{Engine, containers, document, supervise};
use oci::DiffId;
use oci::image::Execution;
use runtime::Streams;
use runtime::accounts::Accounts;
use runtime::control::{Connection, Event, Request, Which, tell};
use runtime::supervisor::{Charge, Ends, Starter, watch};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fs::{self, File};
use std::io::{Read, Seek};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::PathBuf;
use store::layers::Draft;

/// What a step's supervisor is told.
#[derive(Debug, Serialize, Deserialize)]
struct Order {
    record: Record,
    upper: PathBuf,
    work: PathBuf,
}

/// A command to run on top of layers.
#[derive(Debug, Clone)]
pub struct Command {
    /// The root's layers, lowest first.
    pub layers: Vec<DiffId>,
    /// Program and arguments.
    pub command: Vec<String>,
    /// Variables, `NAME=value`.
    pub environment: Vec<String>,
    /// User and group; empty for root.
    pub user: String,
    /// Working directory; empty for `/`.
    pub directory: String,
    /// Host name.
    pub hostname: String,
    /// Network.
    pub network: NetworkMode,
    /// Files of the host that are mounted read-only: source and destination.
    pub binds: Vec<(PathBuf, PathBuf)>,
}

impl Command {
    /// The record of a container that runs it.
    fn record(&self) -> Result<Record> {
        let id = containers::create::random_id()?;
        let bind = |(source, destination): &(PathBuf, PathBuf)| MountPoint {
            kind: MountKind::Bind,
            source: source.clone(),
            destination: destination.clone(),
            read_only: true,
            propagation: String::new(),
            options: Vec::new(),
        };
        Ok(Record {
            name: format!("step-{}", &id[..12]),
            id,
            created: containers::now(),
            image: oci::Digest::of(b""),
            manifest: None,
            image_name: String::new(),
            layers: self.layers.clone(),
            platform: oci::Platform::host(),
            execution: Execution {
                user: self.user.clone(),
                env: self.environment.clone(),
                working_dir: self.directory.clone(),
                ..Execution::default()
            },
            command: self.command.clone(),
            hostname: self.hostname.clone(),
            domain_name: String::new(),
            terminal: false,
            open_input: false,
            input_once: false,
            host: HostSettings { network: self.network, auto_remove: true, ..HostSettings::default() },
            mounts: self.binds.iter().map(bind).collect(),
        })
    }
}

/// Opens the root of a stack of layers with a draft on top, for writing into the draft. Nothing of the mount appears anywhere; it goes with the descriptor.
///
/// # Errors
/// [`Error::Store`] if a layer is missing, or what the system reports.
pub fn open_root(engine: &Engine, layers: &[DiffId], draft: &Draft) -> Result<OwnedFd> {
    let upper = Upper { directory: draft.fs(), work: draft.work(), volatile: true };
    let mount = launch::mount(engine, layers, Some(&upper))?;
    launch::root_of(mount.as_fd())
}

/// Opens what a stack of layers holds, for reading; none if it is empty.
///
/// # Errors
/// As [`open_root`].
pub fn open_content(engine: &Engine, layers: &[DiffId]) -> Result<Option<OwnedFd>> {
    let lowers = launch::layers(engine, layers)?;
    match lowers.as_slice() {
        [] => Ok(None),
        // overlayfs wants two, and one alone hides nothing
        [only] => launch::root_of(only.as_fd()).map(Some),
        _ => {
            let mount = launch::overlay(&lowers, None)?;
            launch::root_of(mount.as_fd()).map(Some)
        }
    }
}

/// Ids for `--chown`, by the account files of a root.
///
/// # Errors
/// [`Error::Invalid`] for a name that is not in them.
pub fn owner(root: BorrowedFd<'_>, text: &str) -> Result<(u32, u32)> {
    Ok(Accounts::read(root)?.owner(text)?)
}

/// Ids of a user as `USER` names it, by the account files of a root.
///
/// # Errors
/// [`Error::Invalid`] for a name that is not in them.
pub fn user(root: BorrowedFd<'_>, text: &str) -> Result<(u32, u32)> {
    let identity = Accounts::read(root)?.identify(text, &[])?;
    Ok((identity.uid, identity.gid))
}

/// A running step. Dropping it ends the step, and waits until nothing of it is left: its draft is removed next.
#[derive(Debug)]
pub struct Step {
    connection: Connection,
    /// Its directory in the exec root.
    run: PathBuf,
}

/// What a step's program is connected to.
#[derive(Debug, Clone, Copy)]
pub struct Attachments<'a> {
    /// Standard input; nothing is read without.
    pub input: Option<BorrowedFd<'a>>,
    /// Standard output.
    pub output: BorrowedFd<'a>,
    /// Standard error.
    pub error: BorrowedFd<'a>,
    /// A socket to a [`trace::Tracer`], which has to answer before the program can do anything.
    pub tracer: Option<BorrowedFd<'a>>,
}

/// Starts a command, writing into a draft.
///
/// # Errors
/// As starting a container.
pub fn start(engine: &Engine, command: &Command, draft: &Draft, ends: Attachments<'_>) -> Result<Step> {
    let record = command.record()?;
    let run = crate::containers::directory::Directory::new(engine, &record.id).run;
    let order = Order { record, upper: draft.fs(), work: draft.work() };
    let file = document::in_memory(&order)?;
    let null = File::open("/dev/null").at("open", "/dev/null")?;
    let connection = spawn_supervisor(engine, &["step"])?;
    let step = Step { connection, run };
    let mut descriptors = vec![file.as_fd(), ends.input.unwrap_or(null.as_fd()), ends.output, ends.error];
    descriptors.extend(ends.tracer);
    step.connection.send(&Request::Exec { streams: Which::default() }, &descriptors)?;
    await_running(&step.connection)?;
    Ok(step)
}

impl Drop for Step {
    fn drop(&mut self) {
        // the supervisor takes the end of its connection as an order; its own end follows when all is cleaned up
        let _ = sys::net::shutdown(self.connection.as_fd(), sys::net::Shutdown::Write);
        while let Ok(Some(_)) = self.connection.next() {}
    }
}

impl Step {
    /// Waits for its end and returns its exit code.
    ///
    /// # Errors
    /// [`Error::NotStarted`] if its supervisor was lost.
    pub fn wait(self) -> Result<i32> {
        loop {
            match self.connection.next()? {
                Some(Event::Exited { code }) => return Ok(code),
                Some(_) => {}
                None => {
                    return Err(Error::NotStarted {
                        container: "the step".into(),
                        reason: "its supervisor was killed".into(),
                    });
                }
            }
        }
    }

    /// The address of its program on the bridge, if it has one.
    #[must_use]
    pub fn address(&self) -> Option<std::net::Ipv4Addr> {
        fs::read_to_string(self.run.join("address")).ok()?.parse().ok()
    }

    /// Sends its program a signal.
    ///
    /// # Errors
    /// What the system reports: `EPIPE` if it has ended.
    pub fn signal(&self, number: i32) -> Result<()> {
        Ok(self.connection.send(&Request::Signal { number }, &[])?)
    }

    /// The descriptor that becomes readable when the step has ended.
    #[must_use]
    pub fn as_fd(&self) -> BorrowedFd<'_> {
        self.connection.as_fd()
    }
}

/// The supervisor of a step: launches what the first message on `socket` asks for, tells its end, and ends it when the socket is closed.
pub fn supervise(engine: &Engine, socket: OwnedFd) {
    supervise::detach();
    let launched =
        receive(&socket).and_then(|(order, _, descriptors)| launch(engine, order, descriptors, &socket));
    if let Err(error) = launched {
        tell(socket.as_fd(), &Event::Failed(supervise::failure(&error)));
    }
}

/// The first message of whoever starts something without a record: what to do, the streams to attach, and their descriptors.
pub(crate) fn receive<T: DeserializeOwned>(socket: &OwnedFd) -> Result<(T, Which, Vec<OwnedFd>)> {
    let message = sys::socket::receive(socket.as_fd()).at("receive from", "the command")?.unwrap_or_default();
    let invalid = || Error::Invalid("a supervisor was started without an order".into());
    let Ok(Request::Exec { streams }) = serde_json::from_slice(&message.bytes) else { return Err(invalid()) };
    let mut descriptors = message.descriptors;
    if descriptors.is_empty() {
        return Err(invalid());
    }
    let mut file = File::from(descriptors.remove(0));
    let mut text = Vec::new();
    file.rewind().and_then(|()| file.read_to_end(&mut text)).at("read", "the order")?;
    let order = serde_json::from_slice(&text).map_err(|_| invalid())?;
    Ok((order, streams, descriptors))
}

/// A process's own standard streams, as they come with its order.
pub(crate) fn three(descriptors: Vec<OwnedFd>) -> Result<Streams> {
    let three = <[OwnedFd; 3]>::try_from(descriptors);
    Ok(Streams::Descriptors(three.map_err(|_| Error::Invalid("three streams are needed".into()))?))
}

fn launch(engine: &Engine, order: Order, mut streams: Vec<OwnedFd>, socket: &OwnedFd) -> Result<()> {
    // behind the three streams
    let tracer = if streams.len() == 4 { streams.pop() } else { None };
    let Order { record, upper, work } = order;
    let directory = Directory::new(engine, &record.id);
    directory.begin_run()?;
    let result = (|| {
        let upper = Upper { directory: upper, work, volatile: true };
        let root = launch::mount(engine, &record.layers, Some(&upper))?;
        let launch = Launch {
            engine,
            record: &record,
            place: directory.place(),
            files: directory.run.clone(),
            shared: Shared::default(),
            tracer: tracer.as_ref().map(AsFd::as_fd),
        };
        launch.run(root, &three(streams)?)
    })();
    // the listener is on its way, and nothing else comes
    drop(tracer);
    let launched = result.inspect_err(|_| directory.forget_run())?;
    let starter = Starter {
        socket: socket.try_clone().at("duplicate", "the control socket")?,
        streams: Which::default(),
        descriptors: Vec::new(),
        bound: true,
    };
    attend(engine, &record, launched, starter)
}

/// Tells that it runs, and watches until nothing of it is left.
pub(crate) fn attend(engine: &Engine, record: &Record, launched: Launched, starter: Starter) -> Result<()> {
    let directory = Directory::new(engine, &record.id);
    // until it is over, a sweep must be able to find its init
    let pid = launched.running.init.pid.as_raw_nonzero().get();
    let cgroup = launched.cgroup.clone();
    let address = launched.address;
    directory.write_init(pid)?;
    if let Some(address) = address {
        fs::write(directory.run.join("address"), address.to_string()).at("write", &directory.run)?;
    }
    tell(starter.socket.as_fd(), &Event::Running { pid });
    let charge = Charge {
        running: launched.running,
        ends: Ends::default(),
        cgroup: cgroup.clone(),
        filter: None,
        log: None,
        input_once: false,
        listener: None,
    };
    watch(charge, Some(starter), &mut |_| {
        // what shares a pid namespace with others does not end with its first process
        cgroup.kill();
        supervise::Attended { engine, directory: &directory, record, cgroup: &cgroup, address }.end_run();
    });
    Ok(())
}
