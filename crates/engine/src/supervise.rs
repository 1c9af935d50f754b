//! The supervisor's life: launch, announce, watch, record, clean up.

use crate::containers::{self, directory::Directory};
use crate::document::Lasting;
use crate::error::{At, Error, Result};
use crate::launch::{self, Launch, Launched, Shared, Upper};
use crate::record::{Record, State};
use crate::{Engine, Event};
use runtime::cgroup::Cgroup;
use runtime::control::{Failure, Request, tell};
use runtime::log::{Bounds, Log};
use runtime::supervisor::{Charge, Ends, Starter, watch};
use runtime::{Streams, wait};
use std::fs;
use std::net::Ipv4Addr;
use std::os::fd::{AsFd, OwnedFd};
use sys::pipe::{PipeFlags, pipe_with};

/// Supervises the container with this id until it has ended. `socket` is connected to the command that starts it; whatever goes wrong is told there.
pub fn supervise(engine: &Engine, id: &str, socket: OwnedFd) {
    detach();
    let directory = Directory::new(engine, id);
    match start(engine, &directory, &socket) {
        Ok(started) => attend(engine, &directory, started, socket),
        Err(error) => {
            directory.forget_run();
            tell(socket.as_fd(), &Event::Failed(failure(&error)));
        }
    }
}

/// A process of its own: no terminal, no working directory to keep busy, a known umask.
pub(crate) fn detach() {
    // it may lead its session already
    let _ = sys::process::setsid();
    // keys of the caller's are not for the container and what is executed in it; a kernel without keyrings has none
    let _ = sys::keyring::new_session();
    let _ = sys::process::chdir("/");
    sys::process::umask(sys::fs::Mode::from_raw_mode(0o022));
}

pub(crate) fn failure(error: &Error) -> Failure {
    let not_executed = match error {
        Error::NotExecuted { code, .. } => Some((String::new(), i32::from(*code))),
        _ => None,
    };
    Failure { message: error.to_string(), not_executed }
}

type Started = (Record, Launched, Ends, Starter);

fn start(engine: &Engine, directory: &Directory, socket: &OwnedFd) -> Result<Started> {
    directory.begin_run()?;
    let starter = first_request(socket)?;
    let record = directory.record()?;
    let upper = Upper {
        directory: directory.data.join("rw/upper"),
        work: directory.data.join("rw/work"),
        volatile: record.host.auto_remove,
    };
    let root = launch::mount(engine, &record.layers, Some(&upper))?;
    let inside = launch::root_of(root.as_fd())?;
    containers::volumes::fill(engine, &record, inside.as_fd())?;
    let (streams, ends) = streams(&record)?;
    let launch = Launch {
        engine,
        record: &record,
        place: directory.place(),
        files: directory.data.clone(),
        tracer: None,
        shared: Shared::default(),
    };
    let launched = launch.run(root, &streams)?;
    drop(streams);
    Ok((record, launched, ends, starter))
}

/// The command's first message: which of its streams are attached from the beginning.
fn first_request(socket: &OwnedFd) -> Result<Starter> {
    let message = sys::socket::receive(socket.as_fd()).at("receive from", "the command")?.unwrap_or_default();
    match serde_json::from_slice(&message.bytes) {
        Ok(Request::Attach { streams }) => Ok(Starter {
            socket: socket.try_clone().at("duplicate", "the control socket")?,
            streams,
            descriptors: message.descriptors,
            bound: false,
        }),
        _ => Err(Error::Invalid("the supervisor was started without a request".into())),
    }
}

/// Pipes for a container without a terminal. Input that nobody will ever write is `/dev/null`.
fn streams(record: &Record) -> Result<(Streams, Ends)> {
    if record.terminal {
        return Ok((Streams::Terminal, Ends::default()));
    }
    let pipe = || pipe_with(PipeFlags::CLOEXEC).at("make", "a pipe");
    let (input, input_end) = if record.open_input {
        let (read, write) = pipe()?;
        (read, Some(write))
    } else {
        (OwnedFd::from(fs::File::open("/dev/null").at("open", "/dev/null")?), None)
    };
    let (output_end, output) = pipe()?;
    let (error_end, error) = pipe()?;
    let ends = Ends { input: input_end, output: Some(output_end), error: Some(error_end) };
    Ok((Streams::Descriptors([input, output, error]), ends))
}

/// A container while it runs, for whoever has to clean up after it.
pub(crate) struct Attended<'a> {
    pub(crate) engine: &'a Engine,
    pub(crate) directory: &'a Directory,
    pub(crate) record: &'a Record,
    pub(crate) cgroup: &'a Cgroup,
    pub(crate) address: Option<Ipv4Addr>,
}

/// From the first instruction of the program to the last trace of the container.
fn attend(engine: &Engine, directory: &Directory, started: Started, socket: OwnedFd) {
    let (record, launched, ends, starter) = started;
    let Launched { running, cgroup, filter, address } = launched;
    let attended = Attended { engine, directory, record: &record, cgroup: &cgroup, address };
    let pid = running.init.pid.as_raw_nonzero().get();
    let mut state = State { started: Some(containers::now()), address, ..State::default() };
    let listener = match announce(directory, pid, &state) {
        Ok(listener) => listener,
        Err(error) => {
            cgroup.kill();
            // the container must not run unnoticed
            let _ = wait::reap(running.init.pidfd.as_fd());
            attended.end_run();
            return tell(socket.as_fd(), &Event::Failed(failure(&error)));
        }
    };
    tell(socket.as_fd(), &Event::Running { pid });
    drop(socket);
    let charge = Charge {
        running,
        ends,
        cgroup: cgroup.clone(),
        filter,
        // without a log the container still runs
        log: Log::open(&directory.data.join("log"), bounds(&record)).ok(),
        input_once: record.input_once,
        listener: Some(listener),
    };
    let mut removes = record.host.auto_remove;
    watch(charge, Some(starter), &mut |code| {
        removes = removes && !directory.is_kept();
        state.finished = Some(containers::now());
        state.exit_code = code;
        state.oom_killed = cgroup.usage().oom_kills > 0;
        state.address = None;
        attended.finish(&state, removes);
    });
    if removes {
        containers::remove::remains_of(engine, &record);
    }
}

fn bounds(record: &Record) -> Bounds {
    let default = Bounds::default();
    Bounds {
        files: record.host.log_files.unwrap_or(default.files),
        size: record.host.log_size.unwrap_or(default.size),
    }
}

/// Makes the container visible: its init's identity, its control socket, its state.
fn announce(directory: &Directory, pid: i32, state: &State) -> Result<OwnedFd> {
    directory.write_init(pid)?;
    directory.write_state(state, Lasting::Boot)?;
    directory.listen()
}

impl Attended<'_> {
    /// Records the end before anybody hears of it. A container that removes itself is gone by name when this returns.
    fn finish(&self, state: &State, removes: bool) {
        // the init's end has ended its pid namespace; what shares the host's is ended here
        self.cgroup.kill();
        if removes {
            // from here on there is no such container, and its name is free
            let _ = containers::names::release(self.engine, self.record, Lasting::Boot);
            self.directory.forget_record();
        } else if self.directory.write_state(state, Lasting::PowerCut).is_err() {
            // a full disk: the state of this boot at least
            let _ = self.directory.write_state(state, Lasting::Boot);
        }
        self.end_run();
    }

    /// Removes what only a running container has. Whatever cannot be removed now is removed by the next command.
    pub(crate) fn end_run(&self) {
        let _ = self.cgroup.remove();
        if let Some(address) = self.address {
            let _ = network::addresses::release(&launch::bridge_state(self.engine), address, &self.record.id);
        }
        self.directory.forget_run();
    }
}
