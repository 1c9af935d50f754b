//! What the kernel does with a call.

use crate::error::Error;
use oci_spec::runtime::LinuxSeccompAction;

/// `EPERM`, what a denied call returns when the profile names no number.
const EPERM: u16 = 1;
/// Action values: `SECCOMP_RET_*` of linux/seccomp.h, the argument in the lower 16 bits.
const KILL_PROCESS: u32 = 0x8000_0000;
const KILL_THREAD: u32 = 0;
const TRAP: u32 = 0x0003_0000;
const ERRNO: u32 = 0x0005_0000;
const NOTIFY: u32 = 0x7fc0_0000;
const TRACE: u32 = 0x7ff0_0000;
const LOG: u32 = 0x7ffc_0000;
const ALLOW: u32 = 0x7fff_0000;

/// The answer of a filter to one call (seccomp(2), "Filter return values").
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Action {
    /// The process dies of `SIGSYS` (since Linux 4.14).
    KillProcess,
    /// The calling thread dies of `SIGSYS`.
    KillThread,
    /// The thread gets a `SIGSYS` that it can handle.
    Trap,
    /// The call is not made and returns this error number (the kernel caps it at 4095).
    Errno(u16),
    /// A process that listens on the filter's descriptor decides (since Linux 5.0).
    Notify,
    /// A tracer is told, with this value as the message; `ENOSYS` without one.
    Trace(u16),
    /// The call is logged and made (since Linux 4.14).
    Log,
    /// The call is made.
    Allow,
}

impl Action {
    /// The value that a filter returns to the kernel.
    pub const fn to_raw(self) -> u32 {
        match self {
            Self::KillProcess => KILL_PROCESS,
            Self::KillThread => KILL_THREAD,
            Self::Trap => TRAP,
            Self::Errno(number) => ERRNO | number as u32,
            Self::Notify => NOTIFY,
            Self::Trace(message) => TRACE | message as u32,
            Self::Log => LOG,
            Self::Allow => ALLOW,
        }
    }

    /// What the kernel makes of a returned value; one that it does not know kills the process.
    pub const fn from_raw(value: u32) -> Self {
        let argument = (value & 0xffff) as u16;
        match value & 0xffff_0000 {
            KILL_THREAD => Self::KillThread,
            TRAP => Self::Trap,
            ERRNO => Self::Errno(argument),
            NOTIFY => Self::Notify,
            TRACE => Self::Trace(argument),
            LOG => Self::Log,
            ALLOW => Self::Allow,
            _ => Self::KillProcess,
        }
    }

    /// Whether the call can succeed without anybody else's consent (a tracer counts as an emulator, not a judge).
    pub(crate) const fn is_permissive(self) -> bool {
        matches!(self, Self::Allow | Self::Log | Self::Trace(_))
    }

    /// An action of a profile with its error number, which defaults to `EPERM`.
    ///
    /// # Errors
    /// [`Error::Profile`] for a number over 16 bits: its upper bits would be read as another action.
    pub(crate) fn of_profile(action: LinuxSeccompAction, number: Option<u32>) -> Result<Self, Error> {
        let argument = || match number {
            None => Ok(EPERM),
            Some(number) => u16::try_from(number)
                .map_err(|_| Error::Profile(format!("error number {number} is over {}", u16::MAX))),
        };
        Ok(match action {
            LinuxSeccompAction::ScmpActKill | LinuxSeccompAction::ScmpActKillThread => Self::KillThread,
            LinuxSeccompAction::ScmpActKillProcess => Self::KillProcess,
            LinuxSeccompAction::ScmpActTrap => Self::Trap,
            LinuxSeccompAction::ScmpActErrno => Self::Errno(argument()?),
            LinuxSeccompAction::ScmpActNotify => Self::Notify,
            LinuxSeccompAction::ScmpActTrace => Self::Trace(argument()?),
            LinuxSeccompAction::ScmpActLog => Self::Log,
            LinuxSeccompAction::ScmpActAllow => Self::Allow,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_survive_the_round_trip() {
        let actions = [Action::KillProcess, Action::KillThread, Action::Trap, Action::Errno(38)];
        for action in
            actions.into_iter().chain([Action::Notify, Action::Trace(7), Action::Log, Action::Allow])
        {
            assert_eq!(Action::from_raw(action.to_raw()), action);
        }
    }

    #[test]
    fn an_error_number_cannot_smuggle_an_action() {
        let error = Action::of_profile(LinuxSeccompAction::ScmpActErrno, Some(0x7fff_0000)).unwrap_err();
        assert_eq!(error.to_string(), "seccomp profile: error number 2147418112 is over 65535");
    }
}
