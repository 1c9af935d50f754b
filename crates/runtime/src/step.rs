//! Failures of a step: which object, which errno. They travel up the channel and become the caller's error.

use sys::Errno;

/// A failed step's object and reason.
#[derive(Debug)]
pub(crate) struct Failure {
    pub(crate) object: String,
    pub(crate) errno: Errno,
}

impl From<Errno> for Failure {
    fn from(errno: Errno) -> Self {
        Self { object: String::new(), errno }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Errno::from_io_error(&error).unwrap_or(Errno::IO).into()
    }
}

impl From<crate::Error> for Failure {
    fn from(error: crate::Error) -> Self {
        Self { object: error.to_string(), errno: Errno::CANCELED }
    }
}

/// The result of a step.
pub(crate) type Outcome<T = ()> = Result<T, Failure>;

/// Says what a failed call was about.
pub(crate) trait About<T> {
    /// Adds the object to the error.
    fn about(self, object: impl Into<String>) -> Outcome<T>;
}

impl<T, E: Into<Failure>> About<T> for Result<T, E> {
    fn about(self, object: impl Into<String>) -> Outcome<T> {
        self.map_err(|error| {
            let failure = error.into();
            let object = object.into();
            let object =
                if failure.object.is_empty() { object } else { format!("{object}: {}", failure.object) };
            Failure { object, errno: failure.errno }
        })
    }
}
