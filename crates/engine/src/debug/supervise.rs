//! The supervisor of a shell: makes its root, launches it, and leaves nothing.

use super::Order;
use super::root::{self, Made};
use crate::containers::directory::Directory;
use crate::error::{At, Result};
use crate::launch::{Launch, Launched};
use crate::supervise::{detach, failure};
use crate::{Engine, step};
use runtime::Streams;
use runtime::control::{Event, Which, tell};
use runtime::supervisor::Starter;
use std::os::fd::{AsFd, OwnedFd};

/// Supervises what the first message on `socket` asks for until it has ended, or the socket is closed.
pub fn supervise(engine: &Engine, socket: OwnedFd) {
    detach();
    let launched = step::receive(&socket).and_then(|(order, which, descriptors)| {
        let descriptors = (which, descriptors);
        start(engine, order, descriptors, &socket)
    });
    if let Err(error) = launched {
        tell(socket.as_fd(), &Event::Failed(failure(&error)));
    }
}

fn start(
    engine: &Engine,
    mut order: Order,
    (which, mut descriptors): (Which, Vec<OwnedFd>),
    socket: &OwnedFd,
) -> Result<()> {
    let mut streams = Which::default();
    let own = if order.record.terminal {
        streams = which;
        Streams::Terminal
    } else {
        step::three(std::mem::take(&mut descriptors))?
    };
    let starter = Starter {
        socket: socket.try_clone().at("duplicate", "the control socket")?,
        streams,
        descriptors,
        bound: true,
    };
    let directory = Directory::new(engine, &order.record.id);
    directory.begin_run()?;
    let launched = launch(engine, &directory, &mut order, &own).inspect_err(|_| directory.forget_run())?;
    drop(own);
    step::attend(engine, &order.record, launched, starter)
}

fn launch(engine: &Engine, directory: &Directory, order: &mut Order, streams: &Streams) -> Result<Launched> {
    let Made { root, shared, is_above_changes } = root::make(engine, order)?;
    let stack = root.try_clone().at("duplicate", "the root file system")?;
    let launch = Launch {
        engine,
        record: &order.record,
        place: directory.place(),
        files: directory.run.clone(),
        shared,
        tracer: None,
    };
    let launched = launch.run(root, streams)?;
    if is_above_changes {
        root::follow(stack);
    }
    Ok(launched)
}
