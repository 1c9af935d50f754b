//! The field `Status`: three words, listed in dpkg(1).

/// What was asked of dpkg for a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Want {
    /// Nothing yet.
    Unknown,
    /// To have it.
    Install,
    /// To leave it as it is.
    Hold,
    /// To remove it, except for its configuration.
    Deinstall,
    /// To remove all of it.
    Purge,
}

/// How far dpkg has come with a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It is not there.
    NotInstalled,
    /// Only its configuration is left.
    ConfigFiles,
    /// Its installation has begun and not ended.
    HalfInstalled,
    /// Its files are there, but it is not set up.
    Unpacked,
    /// Its setting up has begun and not ended.
    HalfConfigured,
    /// It waits for the triggers of another package.
    TriggersAwaited,
    /// Its triggers have not run.
    TriggersPending,
    /// It is there and set up.
    Installed,
}

impl State {
    /// Whether files of the package are there, so that its version tells of them.
    pub fn has_files(self) -> bool {
        !matches!(self, Self::NotInstalled | Self::ConfigFiles)
    }
}

impl super::Package {
    /// Whether the status is `install ok installed`, or `hold`, which asks for no change of that.
    pub fn is_installed(&self) -> bool {
        let is_wanted = matches!(self.want, Want::Install | Want::Hold);
        is_wanted && !self.needs_reinstallation && self.state == State::Installed
    }
}

/// What is wanted, whether it must be installed again, and how far it is.
pub(super) fn read(text: &[u8]) -> Option<(Want, bool, State)> {
    let mut words = text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty());
    let want = match words.next()? {
        b"unknown" => Want::Unknown,
        b"install" => Want::Install,
        b"hold" => Want::Hold,
        b"deinstall" => Want::Deinstall,
        b"purge" => Want::Purge,
        _ => return None,
    };
    let needs_reinstallation = match words.next()? {
        b"ok" => false,
        b"reinstreq" => true,
        _ => return None,
    };
    let state = match words.next()? {
        b"not-installed" => State::NotInstalled,
        b"config-files" => State::ConfigFiles,
        b"half-installed" => State::HalfInstalled,
        b"unpacked" => State::Unpacked,
        b"half-configured" => State::HalfConfigured,
        b"triggers-awaited" => State::TriggersAwaited,
        b"triggers-pending" => State::TriggersPending,
        b"installed" => State::Installed,
        _ => return None,
    };
    words.next().is_none().then_some((want, needs_reinstallation, state))
}
