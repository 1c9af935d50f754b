//! Running a command to its end, which must come.

use crate::patience::LIMIT;
use std::io::{Read, Write};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Instant;

/// What a command said and how it ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// Its exit code; 128 and the signal's number if a signal ended it.
    pub code: i32,
    /// Its standard output.
    pub out: String,
    /// Its standard error.
    pub err: String,
}

impl Said {
    /// Its output without the last line's end, if it succeeded.
    ///
    /// # Panics
    /// If it did not.
    #[track_caller]
    #[must_use]
    pub fn text(self) -> String {
        assert_eq!(self.code, 0, "it failed: {self:?}");
        self.out.trim_end_matches('\n').trim_end_matches('\r').to_owned()
    }

    /// The lines of its output, if it succeeded.
    ///
    /// # Panics
    /// If it did not.
    #[track_caller]
    #[must_use]
    pub fn lines(self) -> Vec<String> {
        self.text().lines().map(str::to_owned).collect()
    }

    /// It succeeded.
    ///
    /// # Panics
    /// If it did not.
    #[track_caller]
    pub fn ok(self) {
        let _ = self.text();
    }

    /// Its complaint, if it ended with this code.
    ///
    /// # Panics
    /// If it did not.
    #[track_caller]
    #[must_use]
    pub fn complaint(self, code: i32) -> String {
        assert_eq!(self.code, code, "another exit code was expected: {self:?}");
        self.err.trim_end().to_owned()
    }

    /// It failed with this code, and a complaint with this text in it.
    ///
    /// # Panics
    /// If it did not.
    #[track_caller]
    pub fn fails(self, code: i32, text: &str) {
        assert_eq!(self.code, code, "another exit code was expected: {self:?}");
        assert!(self.err.contains(text), "{text:?} should be in the complaint: {self:?}");
    }
}

/// Runs a command with `input` as its standard input.
///
/// # Panics
/// If it cannot be run, or does not end, or leaves somebody behind who holds its output.
#[track_caller]
pub fn ask(command: &mut Command, input: &[u8]) -> Said {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the command can be run");
    let mut pipe = child.stdin.take().expect("it has an input");
    let input = input.to_vec();
    // whoever does not read all of its input loses the rest
    thread::spawn(move || pipe.write_all(&input));
    finish(child, &format!("{command:?}"))
}

/// Reads a command's output and waits for its end.
#[track_caller]
pub(crate) fn finish(mut child: Child, name: &str) -> Said {
    let out = child.stdout.take().map(collect);
    let err = child.stderr.take().map(collect);
    let deadline = Instant::now() + LIMIT;
    let status = crate::patience::until_some(|| child.try_wait().expect("it is our child"));
    let Some(status) = status else {
        // it is stuck; its end is not waited for
        let _ = child.kill();
        let _ = child.wait();
        panic!("it does not end: {name}: {:?} {:?}", text(out, deadline), text(err, deadline));
    };
    Said { code: code(status), out: text(out, deadline).expect(name), err: text(err, deadline).expect(name) }
}

pub(crate) fn code(status: ExitStatus) -> i32 {
    use std::os::unix::process::ExitStatusExt as _;
    status.code().or(status.signal().map(|signal| 128 + signal)).expect("it ended one way or the other")
}

fn collect(mut pipe: impl Read + Send + 'static) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    thread::spawn(move || {
        let mut bytes = Vec::new();
        // what was read before an error counts
        let _ = pipe.read_to_end(&mut bytes);
        sender.send(bytes)
    });
    receiver
}

fn text(pipe: Option<Receiver<Vec<u8>>>, deadline: Instant) -> Result<String, &'static str> {
    let Some(pipe) = pipe else { return Ok(String::new()) };
    let left = deadline.saturating_duration_since(Instant::now());
    let bytes = pipe.recv_timeout(left).map_err(|_| "it ended, and somebody else still holds its output")?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
