//! The end of a session: the exit code of a command that was connected to a process.

use crate::failure::{Failure, Outcome};
use crate::session::{End, Session};
use engine::Connection;

/// Carries bytes until the process has ended; its exit code, or `None` if the user detached.
pub(super) fn attend(session: Session, connection: &Connection) -> Outcome<Option<i32>> {
    match session.run(connection)? {
        End::Exited(code) => Ok(Some(code)),
        End::Detached => Ok(None),
        End::Lost => {
            Err(Failure::new("the container's supervisor was killed, and the container with it")
                .with_code(137))
        }
    }
}

/// As [`attend`]; that the user detached is told.
pub(super) fn attend_all(session: Session, connection: &Connection) -> Outcome {
    attend(session, connection)?.ok_or_else(|| Failure::new("read escape sequence"))
}
