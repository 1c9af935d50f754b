//! QEMU: starts it, passes on what the guest prints, and ends it when the time is up.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

use super::console::Console;

/// `setpriv` ties QEMU's life to ours, so that it cannot be left behind when this process is killed.
const QEMU: [&str; 3] = ["--pdeathsig", "KILL", "qemu-system-x86_64"];

/// One run of a virtual machine.
#[derive(Debug)]
pub(super) struct Machine<'a> {
    pub(super) kernel: &'a Path,
    pub(super) initramfs: &'a Path,
    /// In MiB.
    pub(super) memory: u32,
    pub(super) timeout: Duration,
    /// More words for the kernel.
    pub(super) append: &'a str,
    /// What the console's marks are recognised by.
    pub(super) nonce: &'a str,
    /// A file that is a disk of the guest.
    pub(super) disk: Option<&'a Path>,
    /// When it is killed, counted from the command's first output.
    pub(super) cut: Option<Duration>,
}

/// The code of a machine that was killed as it had been asked for: no exit code.
pub(super) const CUT: i32 = -1;

impl Machine<'_> {
    /// Boots the machine, writes the command's output to `out`, and waits until the machine has ended.
    pub(super) fn run(&self, out: &mut dyn Write) -> Result<i32, String> {
        let mut emulator = self.start()?;
        let outcome = match emulator.stdout.take() {
            Some(stdout) => self.follow(stdout, out),
            None => Err("QEMU has no console".into()),
        };
        end(&mut emulator)?;
        outcome
    }

    fn start(&self) -> Result<Child, String> {
        let memory = self.memory.to_string();
        // Debian's kernel finds a disk of the small machine only by ACPI, and with that it hangs at times while it looks for a clock
        let board = if self.disk.is_some() { "pc" } else { "microvm,acpi=off" };
        let machine = ["-M", board, "-accel", "tcg", "-cpu", "max", "-m", memory.as_str()];
        let streams = ["-nographic", "-nodefaults", "-no-reboot", "-serial", "stdio"];
        let mut command = Command::new("setpriv");
        if let Some(disk) = self.disk {
            let drive = format!("if=none,id=disk,format=raw,file={}", disk.display());
            command.args(QEMU).args(["-drive", &drive, "-device", "virtio-blk-pci,drive=disk"]);
        } else {
            command.args(QEMU);
        }
        command
            .args(machine)
            .args(streams)
            .args(["-append", &format!("console=ttyS0 quiet panic=-1 reboot=t {}", self.append)])
            .arg("-kernel")
            .arg(self.kernel)
            .arg("-initrd")
            .arg(self.initramfs)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|error| format!("start qemu-system-x86_64 (package qemu-system-x86): {error}"))
    }

    /// Sorts the console's output until it closes or the time is up.
    fn follow(&self, stdout: ChildStdout, out: &mut dyn Write) -> Result<i32, String> {
        let mut deadline = Instant::now() + self.timeout;
        let mut has_begun = false;
        let (sender, pieces) = sync_channel(16);
        std::thread::spawn(move || read(stdout, &sender));
        let mut console = Console::new(self.nonce);
        let mut boot = Vec::new();
        loop {
            let piece = match next(&pieces, deadline) {
                Ok(Some(piece)) => piece,
                Ok(None) => break,
                Err(()) if has_begun && self.cut.is_some() => return Ok(CUT),
                Err(()) => return Err(self.late()),
            };
            let sorted = console.take(&piece);
            if let Some(cut) = self.cut.filter(|_| !has_begun && !sorted.command.is_empty()) {
                has_begun = true;
                deadline = Instant::now() + cut;
            }
            boot.extend(sorted.boot);
            out.write_all(&sorted.command).and_then(|()| out.flush()).map_err(|error| error.to_string())?;
            if let Some(code) = console.exit_code() {
                return Ok(code);
            }
        }
        out.write_all(&console.rest()).map_err(|error| error.to_string())?;
        Err(format!("the guest ended before the command did\n{}", String::from_utf8_lossy(&boot)))
    }

    fn late(&self) -> String {
        format!("the guest has not ended after {} s (--timeout)", self.timeout.as_secs())
    }
}

/// Sends what comes from the console, until it closes or nobody listens any more.
fn read(mut stdout: ChildStdout, sender: &SyncSender<Vec<u8>>) {
    let mut buffer = [0; 16 * 1024];
    while let Ok(length @ 1..) = stdout.read(&mut buffer) {
        if sender.send(buffer[..length].to_vec()).is_err() {
            return;
        }
    }
}

/// The next piece; none when the console has closed, an error when the deadline has passed.
fn next(pieces: &Receiver<Vec<u8>>, deadline: Instant) -> Result<Option<Vec<u8>>, ()> {
    match pieces.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
        Ok(piece) => Ok(Some(piece)),
        Err(RecvTimeoutError::Disconnected) => Ok(None),
        Err(RecvTimeoutError::Timeout) => Err(()),
    }
}

/// Ends and reaps QEMU. The guest keeps nothing, so nothing is lost when it is killed during its reboot.
fn end(emulator: &mut Child) -> Result<(), String> {
    emulator.kill().and_then(|()| emulator.wait()).map(drop).map_err(|error| format!("end QEMU: {error}"))
}
