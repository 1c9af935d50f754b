//! Failures as a user sees them: a message, perhaps what to do next, and an exit code.

use engine::{Error, Kind};
use std::borrow::Cow;

/// Exit code of a failed `run` or `create`, and of arguments that cannot be parsed.
pub(crate) const ENGINE: i32 = 125;

/// A failed command.
#[derive(Debug)]
pub(crate) struct Failure {
    /// What went wrong; empty if everything has been said.
    pub(crate) message: String,
    /// The exit code.
    pub(crate) code: i32,
}

/// The result of a command: its exit code.
pub(crate) type Outcome<T = i32> = Result<T, Failure>;

impl Failure {
    /// A failure with the usual exit code.
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: 1 }
    }

    /// Arguments that make no sense.
    pub(crate) fn usage(message: impl Into<String>) -> Self {
        Self { message: message.into(), code: ENGINE }
    }

    /// Everything has been said already.
    pub(crate) fn silent(code: i32) -> Self {
        Self { message: String::new(), code }
    }

    /// The same with another exit code.
    pub(crate) fn with_code(self, code: i32) -> Self {
        Self { code, ..self }
    }
}

/// The exit code of `run`, `create` and `start -a` when the container could not be started.
pub(crate) fn start_code(error: &Error) -> i32 {
    match error {
        Error::NotExecuted { code, .. } => i32::from(*code),
        _ => ENGINE,
    }
}

/// What to type next, where that is known.
fn hint(error: &Error) -> Option<Cow<'static, str>> {
    use engine::images::Error as Image;
    if let Error::Image(Image::Registry(registry::Error::Denied { host, .. })) = error {
        return Some(format!("the repository may not exist, or may want 'tare login {host}'").into());
    }
    let known = match (error, error.kind()) {
        (Error::Image(Image::NoImage(_)), _) => {
            Some("tare images lists the images of this store; tare pull, load, import or build adds one")
        }
        (Error::NoContainer(_), _) => Some("tare ps -a lists all containers"),
        (Error::NoVolume(_), _) => Some("tare volume ls lists the volumes"),
        (Error::Image(Image::NoList(_)), _) => Some("tare manifest create makes one"),
        (Error::Image(Image::Registry(registry::Error::NotFound { .. })), _) => {
            Some("tare list-tags NAME lists what a repository has")
        }
        (Error::Image(Image::Registry(_)), _) => None,
        (_, Kind::Denied) => Some("run it as root"),
        _ => None,
    };
    known.map(Cow::Borrowed)
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let message = match hint(&error) {
            Some(hint) => format!("{error}\nhint: {hint}"),
            None => error.to_string(),
        };
        Self { message, code: 1 }
    }
}

impl From<engine::images::Error> for Failure {
    fn from(error: engine::images::Error) -> Self {
        Error::from(error).into()
    }
}

impl From<output::Error> for Failure {
    fn from(error: output::Error) -> Self {
        match error {
            // whoever read it has seen enough
            output::Error::Write(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {
                Self::silent(141)
            }
            error => Self::new(error.to_string()),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            return Self::silent(141);
        }
        Self::new(error.to_string())
    }
}
