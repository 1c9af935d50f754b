//! The loop of the process that stays with a container: it carries bytes, answers commands, and learns how processes end.
//!
//! One thread, one poll(2). Nothing here blocks on a client: what a client does not read stays in its pipe, and then the container's output waits.

mod client;
mod session;

use crate::cgroup::Cgroup;
use crate::control::{Event, Failure, Which, tell};
use crate::create::Running;
use crate::exec::Exec;
use crate::filter::Filter;
use crate::log::{Log, Stream};
use crate::wait;
use client::{Client, Heard};
use oci::runtime::Process;
use session::Session;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;
use sys::Errno;
use sys::event::{PollFd, PollFlags, poll};
use sys::process::{Pid, PidfdFlags, pidfd_open};

/// How long a first process may take to reap what was killed before it.
const REAPING: Duration = Duration::from_secs(1);

/// The supervisor's ends of a container's streams.
#[derive(Debug, Default)]
pub struct Ends {
    /// Where the container's standard input is written to.
    pub input: Option<OwnedFd>,
    /// Where its standard output (or terminal) is read from.
    pub output: Option<OwnedFd>,
    /// Where its standard error is read from.
    pub error: Option<OwnedFd>,
}

/// What is to be supervised.
#[derive(Debug)]
pub struct Charge {
    /// The running container.
    pub running: Running,
    /// Its streams; with a terminal that is all three.
    pub ends: Ends,
    /// Its control group.
    pub cgroup: Cgroup,
    /// The filter for execs.
    pub filter: Option<Filter>,
    /// Where output is recorded.
    pub log: Option<Log>,
    /// Close the container's input when the first client that was attached to it goes (Docker's `StdinOnce`).
    pub input_once: bool,
    /// Where commands connect.
    pub listener: Option<OwnedFd>,
}

/// The connection that the supervisor was started with.
#[derive(Debug)]
pub struct Starter {
    /// The socket.
    pub socket: OwnedFd,
    /// Streams to attach at once.
    pub streams: Which,
    /// Their descriptors, in the order of [`crate::control::Request::Attach`].
    pub descriptors: Vec<OwnedFd>,
    /// The container lives no longer than this connection (a build step).
    pub bound: bool,
}

/// Watches until the container has ended and returns its exit code. `recorded` is called with the code before anybody is told.
pub fn watch(charge: Charge, starter: Option<Starter>, recorded: &mut dyn FnMut(i32)) -> i32 {
    let mut supervisor = Supervisor::new(charge);
    if let Some(starter) = starter {
        supervisor.bound = starter.bound;
        let mut client = Client::new(starter.socket, 0);
        client.attach(starter.streams, starter.descriptors);
        supervisor.clients.push(client);
    }
    let code = loop {
        if let Some(code) = supervisor.turn() {
            break code;
        }
    };
    supervisor.drain();
    recorded(code);
    supervisor.farewell(code);
    code
}

struct Supervisor {
    /// The container's first, then its execs; an ended exec leaves an empty place.
    sessions: Vec<Option<Session>>,
    clients: Vec<Client>,
    listener: Option<OwnedFd>,
    log: Option<Log>,
    cgroup: Cgroup,
    filter: Option<Filter>,
    input_once: bool,
    bound: bool,
}

/// What a polled descriptor belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Source {
    Listener,
    Ended(usize),
    Output(usize, Stream),
    Input(usize),
    Client(usize),
    ClientInput(usize),
    Sink(usize, Stream),
}

impl Supervisor {
    fn new(charge: Charge) -> Self {
        let Charge { running, ends, cgroup, filter, log, input_once, listener } = charge;
        Self {
            sessions: vec![Some(Session::new(running.init, running.terminal, ends))],
            clients: Vec::new(),
            listener,
            log,
            cgroup,
            filter,
            input_once,
            bound: false,
        }
    }

    /// One wait and what follows from it; the exit code when the container has ended.
    fn turn(&mut self) -> Option<i32> {
        let ready = self.wait();
        let mut ended = None;
        for source in ready {
            match source {
                Source::Listener => self.accept(),
                Source::Ended(0) => ended = Some(self.reap(0)),
                Source::Ended(session) => {
                    let code = self.reap(session);
                    self.end_exec(session, code);
                }
                Source::Output(session, stream) => {
                    self.read_output(session, stream);
                }
                Source::Input(session) => self.write_input(session),
                Source::ClientInput(client) => self.read_client_input(client),
                Source::Sink(client, stream) => self.clients[client].flush(stream),
                Source::Client(client) => self.hear(client),
            }
        }
        self.clients.retain(|client| !client.is_gone());
        ended
    }

    /// Waits until something can be done without blocking.
    fn wait(&self) -> Vec<Source> {
        let watched = self.watched();
        let mut fds: Vec<PollFd<'_>> =
            watched.iter().map(|(_, fd, flags)| PollFd::from_borrowed_fd(*fd, *flags)).collect();
        loop {
            match poll(&mut fds, None) {
                Err(Errno::INTR) => {}
                // out of memory: nothing is lost by asking again
                Err(_) => std::thread::yield_now(),
                Ok(_) => break,
            }
        }
        let ready = fds.iter().map(|fd| !fd.revents().is_empty());
        // clients' requests come last: an earlier entry of the list must still be what it was
        watched.iter().zip(ready).filter(|(_, ready)| *ready).map(|((source, _, _), _)| *source).collect()
    }

    /// Everything that can be waited for now.
    fn watched(&self) -> Vec<(Source, BorrowedFd<'_>, PollFlags)> {
        let mut watched = Vec::new();
        for (number, session) in self.sessions.iter().enumerate() {
            let Some(session) = session else { continue };
            watched.push((Source::Ended(number), session.process(), PollFlags::IN));
            for (stream, fd) in session.outputs() {
                // while a client has not taken what came before, the container waits
                if !self.clients.iter().any(|c| c.session == number && c.is_behind(stream)) {
                    watched.push((Source::Output(number, stream), fd, PollFlags::IN));
                }
            }
            if let Some(fd) = session.pending_input() {
                watched.push((Source::Input(number), fd, PollFlags::OUT));
            }
        }
        for (number, client) in self.clients.iter().enumerate() {
            let behind = self.session(client.session).is_some_and(|s| s.pending_input().is_some());
            if let Some(fd) = client.input().filter(|_| !behind) {
                watched.push((Source::ClientInput(number), fd, PollFlags::IN));
            }
            watched.extend(
                client.behind().map(|(stream, fd)| (Source::Sink(number, stream), fd, PollFlags::OUT)),
            );
            watched.push((Source::Client(number), client.socket(), PollFlags::IN));
        }
        if let Some(listener) = &self.listener {
            watched.push((Source::Listener, listener.as_fd(), PollFlags::IN));
        }
        watched
    }

    fn session(&self, number: usize) -> Option<&Session> {
        self.sessions.get(number).and_then(Option::as_ref)
    }

    fn accept(&mut self) {
        let Some(listener) = &self.listener else { return };
        // whoever wanted to connect may have gone
        if let Ok(socket) = sys::socket::accept(listener.as_fd()) {
            self.clients.push(Client::new(socket, 0));
        }
    }

    /// Reaps the first process of a session and takes what it has written.
    fn reap(&mut self, session: usize) -> i32 {
        self.session(session).map_or(255, |s| wait::reap(s.process()).unwrap_or(255))
    }

    fn end_exec(&mut self, session: usize, code: i32) {
        while self.read_outputs(session) {}
        self.sessions[session] = None;
        for client in self.clients.iter_mut().filter(|client| client.session == session) {
            client.finish(code);
        }
    }

    /// Reads what is there on all outputs of a session; false if there was nothing.
    fn read_outputs(&mut self, session: usize) -> bool {
        let streams: Vec<Stream> =
            self.session(session).into_iter().flat_map(|s| s.outputs().map(|(stream, _)| stream)).collect();
        let mut any = false;
        for stream in streams {
            any |= self.read_output(session, stream);
        }
        any
    }

    /// Carries one piece of output to the log and the clients; false if there was none.
    fn read_output(&mut self, number: usize, stream: Stream) -> bool {
        let Some(session) = self.sessions.get_mut(number).and_then(Option::as_mut) else { return false };
        let Some(bytes) = session.read(stream) else { return false };
        if number == 0
            && let Some(log) = &mut self.log
            && log.append(stream, &bytes).is_err()
        {
            // the disk is full: the container goes on without a log, as with Docker
            self.log = None;
        }
        for client in self.clients.iter_mut().filter(|client| client.session == number) {
            client.give(stream, &bytes);
        }
        true
    }

    fn write_input(&mut self, number: usize) {
        if let Some(session) = self.sessions.get_mut(number).and_then(Option::as_mut) {
            session.write_pending();
        }
    }

    fn read_client_input(&mut self, number: usize) {
        let client = &mut self.clients[number];
        let read = client.read_input();
        let Some(session) = self.sessions.get_mut(client.session).and_then(Option::as_mut) else { return };
        match read {
            Some(bytes) => session.give(&bytes),
            None if self.input_once || client.session != 0 => session.end_input(),
            None => {}
        }
    }

    fn hear(&mut self, number: usize) {
        let heard = self.clients[number].hear();
        match heard {
            Heard::Nothing => {}
            Heard::Gone => {
                let session = self.clients[number].session;
                if number == 0 && std::mem::take(&mut self.bound) {
                    self.end();
                } else if self.input_once
                    && self.clients[number].leave_input()
                    && let Some(session) = self.sessions.get_mut(session).and_then(Option::as_mut)
                {
                    session.end_input();
                }
            }
            Heard::Attach(streams, descriptors) => {
                self.clients[number].attach(streams, descriptors);
                let pid = self.session(0).map_or(0, Session::pid);
                tell(self.clients[number].socket(), &Event::Running { pid });
            }
            Heard::Resize { rows, columns } => {
                if let Some(session) = self.session(self.clients[number].session) {
                    session.resize(rows, columns);
                }
            }
            Heard::Signal(signal) => {
                if let Some(session) = self.session(self.clients[number].session) {
                    // it may have ended
                    let _ = sys::signal::send(session.process(), signal);
                }
            }
            Heard::Refused(message) => self.refuse(number, message),
            Heard::Exec(process, streams, descriptors) => self.exec(number, &process, streams, descriptors),
        }
    }

    /// Ends all processes. In a pid namespace of others they would leave their children to its process 1, which may never reap them: there the first of ours
    /// goes last, so that it can.
    fn end(&self) {
        if let Some(session) = self.session(0).filter(|session| !session.leads_pid_namespace()) {
            for pid in self.cgroup.processes().into_iter().filter(|pid| *pid != session.pid()) {
                // it may have ended meanwhile
                let _ = sys::signal::send_to_id(pid, 9);
            }
            // one that is kept from it is not waited for
            let _ = wait::ended_within(session.process(), REAPING);
        }
        self.cgroup.kill();
    }

    fn exec(&mut self, number: usize, process: &Process, streams: Which, mut descriptors: Vec<OwnedFd>) {
        let terminal = process.terminal().unwrap_or(false);
        let given = if terminal {
            crate::Streams::Terminal
        } else {
            match <[OwnedFd; 3]>::try_from(std::mem::take(&mut descriptors)) {
                Ok(three) => crate::Streams::Descriptors(three),
                Err(_) => {
                    return self.refuse(number, "an exec without a terminal needs three streams".into());
                }
            }
        };
        let Some(init) = self.session(0) else {
            return self.refuse(number, "the container is ending".into());
        };
        let exec = Exec {
            process,
            streams: &given,
            filter: self.filter.as_ref(),
            linux: None,
            // the supervisor's own, which is the container's
            keyring: None,
            is_tied: true,
            preserved: 0,
        };
        match crate::exec(init.child(), &exec, &self.cgroup, &mut |_| Ok(())) {
            Ok(executed) => {
                let session = Session::new(executed.process, executed.terminal, Ends::default());
                let client = &mut self.clients[number];
                client.session = self.sessions.len();
                if terminal {
                    client.attach(streams, descriptors);
                }
                tell(client.socket(), &Event::Running { pid: session.pid() });
                self.sessions.push(Some(session));
            }
            Err(error) => {
                self.end_strangers();
                tell(self.clients[number].socket(), &Event::Failed(Failure::from(&error)));
            }
        }
    }

    /// Ends and reaps children of no session: what was made for an exec, and could not be announced. A pid namespace does not end before all of its
    /// processes have been reaped.
    fn end_strangers(&self) {
        let children = std::fs::read_to_string("/proc/thread-self/children").unwrap_or_default();
        let known: Vec<i32> = self.sessions.iter().flatten().map(Session::pid).collect();
        let strangers = children.split_whitespace().filter_map(|pid| pid.parse().ok());
        for pid in strangers.filter(|pid| !known.contains(pid)).filter_map(Pid::from_raw) {
            if let Ok(process) = pidfd_open(pid, PidfdFlags::empty()) {
                wait::end(process.as_fd());
            }
        }
    }

    fn refuse(&self, number: usize, message: String) {
        tell(self.clients[number].socket(), &Event::Failed(Failure { message, not_executed: None }));
    }

    /// The container has ended: what its pipes still hold is read; other processes that keep them open are not waited for.
    fn drain(&mut self) {
        for session in 0..self.sessions.len() {
            while self.read_outputs(session) {}
        }
        if let Some(log) = &mut self.log {
            // a full disk is no reason to fail now
            let _ = log.finish();
        }
    }

    /// Tells everybody and waits until attached clients have taken what is theirs, or gone.
    fn farewell(&mut self, code: i32) {
        self.listener = None;
        for (number, session) in std::mem::take(&mut self.sessions).into_iter().enumerate() {
            let code = match session {
                // the init's end is the end of its pid namespace: the kernel has killed its execs
                Some(session) if number > 0 => wait::reap(session.process()).unwrap_or(137),
                _ => code,
            };
            self.clients.iter_mut().filter(|c| c.session == number).for_each(|c| c.finish(code));
        }
        while self.clients.iter().any(|client| client.behind().next().is_some()) {
            for source in self.wait() {
                match source {
                    Source::Sink(client, stream) => self.clients[client].flush(stream),
                    Source::Client(client) if matches!(self.clients[client].hear(), Heard::Gone) => {
                        self.clients[client].drop_sinks();
                    }
                    _ => {}
                }
            }
        }
    }
}
