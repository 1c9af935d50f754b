//! What belongs to the command in the stream of bytes that comes from the guest's serial console.
//!
//! The firmware, the kernel and `/init` write there too. `/init` therefore prints a mark before the command's first
//! byte and another, with the exit code, after the last; a nonce makes the marks unlikely in the command's output.

/// The mark before the command's output. `/init` prints the same (`init.sh`).
fn opening(nonce: &str) -> String {
    format!("<<tare-vm {nonce} begins>>\n")
}

/// The mark after the command's output, followed by the exit code and `>>`.
fn closing(nonce: &str) -> String {
    format!("<<tare-vm {nonce} ends ")
}

/// Sorts the console's bytes as they come.
#[derive(Debug)]
pub(super) struct Console {
    opening: Vec<u8>,
    closing: Vec<u8>,
    stage: Stage,
    /// Bytes that have come but may still turn out to be a part of a mark.
    pending: Vec<u8>,
}

#[derive(Debug, PartialEq)]
enum Stage {
    Booting,
    Running,
    Ending,
    Over(i32),
}

/// What one piece of console output turned out to be.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Sorted {
    /// From the firmware and the kernel, before the command began.
    pub(super) boot: Vec<u8>,
    /// From the command.
    pub(super) command: Vec<u8>,
}

impl Console {
    pub(super) fn new(nonce: &str) -> Self {
        Self {
            opening: opening(nonce).into_bytes(),
            closing: closing(nonce).into_bytes(),
            stage: Stage::Booting,
            pending: Vec::new(),
        }
    }

    /// The command's exit code, once it has ended.
    pub(super) fn exit_code(&self) -> Option<i32> {
        match self.stage {
            Stage::Over(code) => Some(code),
            _ => None,
        }
    }

    /// Takes the next bytes. Carriage returns of the boot's lines are dropped; the command's bytes stay as they are.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Sorted {
        self.pending.extend_from_slice(bytes);
        let mut sorted = Sorted::default();
        if self.stage == Stage::Booting {
            let (before, found) = split(&mut self.pending, &self.opening);
            sorted.boot.extend(before.into_iter().filter(|&byte| byte != b'\r'));
            if found {
                self.stage = Stage::Running;
            }
        }
        if self.stage == Stage::Running {
            let (before, found) = split(&mut self.pending, &self.closing);
            sorted.command = before;
            if found {
                self.stage = Stage::Ending;
            }
        }
        if self.stage == Stage::Ending
            && let Some(end) = self.pending.iter().position(|&byte| byte == b'>')
        {
            let code = std::str::from_utf8(&self.pending[..end]).ok().and_then(|text| text.parse().ok());
            self.stage = Stage::Over(code.unwrap_or(1));
        }
        sorted
    }

    /// What is held back when the console closes before the command has ended.
    pub(super) fn rest(self) -> Vec<u8> {
        self.pending
    }
}

/// Takes off the front of `pending` what surely is not the mark, and the mark itself when it is there.
fn split(pending: &mut Vec<u8>, mark: &[u8]) -> (Vec<u8>, bool) {
    if let Some(at) = pending.windows(mark.len()).position(|window| window == mark) {
        let before = pending[..at].to_vec();
        pending.drain(..at + mark.len());
        return (before, true);
    }
    let held = (1..mark.len()).rev().find(|&length| pending.ends_with(&mark[..length])).unwrap_or(0);
    let certain = pending.len() - held;
    (pending.drain(..certain).collect(), false)
}

#[cfg(test)]
mod tests {
    use super::Console;

    const STREAM: &[u8] = b"[0.1] hi\r\n<<tare-vm 7 begins>>\none\ntw<<tare-vm 7 ends 42>>\nreboot: x\n";

    fn sort(pieces: impl Iterator<Item = Vec<u8>>) -> (String, String, Option<i32>) {
        let mut console = Console::new("7");
        let (mut boot, mut command) = (Vec::new(), Vec::new());
        for piece in pieces {
            let sorted = console.take(&piece);
            boot.extend(sorted.boot);
            command.extend(sorted.command);
        }
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (text(boot), text(command), console.exit_code())
    }

    #[test]
    fn marks_are_found_however_the_stream_is_cut() {
        for size in 1..=STREAM.len() {
            let sorted = sort(STREAM.chunks(size).map(<[u8]>::to_vec));
            assert_eq!(sorted, ("[0.1] hi\n".into(), "one\ntw".into(), Some(42)), "in pieces of {size}");
        }
    }

    #[test]
    fn a_guest_that_dies_leaves_no_exit_code_and_loses_no_output() {
        let mut console = Console::new("7");
        let sorted = console.take(b"<<tare-vm 7 begins>>\nabc<<tare-vm 8 ends");
        assert_eq!(sorted.command, b"abc<<tare-vm 8 ends");
        assert_eq!(console.take(b" <<tare").command, b" ");
        assert_eq!(console.exit_code(), None);
        assert_eq!(console.rest(), b"<<tare");
    }
}
