//! `RUN`: a command in the stage's root, whose changes become a layer.

use crate::cancel::Stop;
use crate::error::{At, Error, Result};
use crate::plan::RunAction;
use engine::Engine;
use engine::step::{self, Command};
use engine::store::layers::Draft;
use oci::DiffId;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use sys::event::{PollFd, PollFlags, poll};
use sys::pipe::{PipeFlags, pipe_with};

/// What the host is called inside, as in `docker build`.
const HOSTNAME: &str = "buildkitsandbox";

/// Runs the command; its output is given away as it comes.
pub(crate) fn run(
    engine: &Engine,
    action: &RunAction,
    layers: &[DiffId],
    draft: &Draft,
    output: &mut dyn FnMut(Vec<u8>),
    stop: &Stop<'_>,
) -> Result<()> {
    let script = script(action, draft)?;
    let command = Command {
        layers: layers.to_vec(),
        command: action.command.clone(),
        environment: action.environment.clone(),
        user: action.user.clone(),
        directory: action.directory.clone(),
        hostname: HOSTNAME.into(),
        network: action.network,
        binds: script.into_iter().collect(),
    };
    let (read, write) = pipe_with(PipeFlags::CLOEXEC).at("make", "a pipe")?;
    let ends = step::Attachments { input: None, output: write.as_fd(), error: write.as_fd(), tracer: None };
    let step = step::start(engine, &command, draft, ends)?;
    drop(write);
    carry(&step, &read, output, stop)?;
    match step.wait()? {
        0 => Ok(()),
        code => Err(Error::Step {
            message: format!(
                "process {:?} did not complete successfully: exit code: {code}",
                action.command.join(" ")
            ),
            excerpt: String::new(),
            code: Some(code),
        }),
    }
}

/// The file of a heredoc that begins with `#!`, outside of the layer, and where it is mounted.
fn script(action: &RunAction, draft: &Draft) -> Result<Option<(std::path::PathBuf, std::path::PathBuf)>> {
    use std::os::unix::fs::PermissionsExt;
    let (Some(content), Some(path)) = (&action.script, action.command.first()) else { return Ok(None) };
    let file = draft.work().with_file_name("script");
    std::fs::write(&file, content).at("write", &file)?;
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).at("change mode of", &file)?;
    Ok(Some((file, path.into())))
}

/// Gives output away until the step has ended and its pipe is empty. Dropping the step, which an error does, ends it.
fn carry(step: &step::Step, pipe: &OwnedFd, output: &mut dyn FnMut(Vec<u8>), stop: &Stop<'_>) -> Result<()> {
    let mut open = true;
    while open {
        let watched: [BorrowedFd<'_>; 4] =
            [pipe.as_fd(), step.as_fd(), stop.asked.as_fd(), stop.failed.as_fd()];
        let mut fds = watched.map(|fd| PollFd::from_borrowed_fd(fd, PollFlags::IN));
        match poll(&mut fds, None) {
            Err(sys::Errno::INTR) => continue,
            other => other.at("wait for", "a step")?,
        };
        let ready: Vec<bool> = fds.iter().map(|fd| !fd.revents().is_empty()).collect();
        stop.check()?;
        if ready[0] {
            open = read(pipe, output)?;
        } else if ready[1] {
            // it has ended, and something that it left behind keeps the pipe open
            open = false;
        }
    }
    Ok(())
}

/// Reads one piece; false at the end.
fn read(pipe: &OwnedFd, output: &mut dyn FnMut(Vec<u8>)) -> Result<bool> {
    let mut bytes = vec![0; 32 << 10];
    match sys::io::read(pipe, &mut bytes) {
        Ok(0) => Ok(false),
        Ok(read) => {
            bytes.truncate(read);
            output(bytes);
            Ok(true)
        }
        Err(sys::Errno::INTR) => Ok(true),
        Err(errno) => Err(errno).at("read", "a step's output"),
    }
}
