//! `cargo xtask vm`: runs a command on a real Debian kernel, in a virtual machine that lives as long as the command.
//!
//! The machine shows what a container host like this one cannot: a pure cgroup v2 tree with every controller and
//! all capabilities. QEMU emulates in software, so no KVM is needed. The guest's file system is an initial RAM disk
//! of our own making: busybox, the `tare` binary, kernel modules and the files that are asked for.

mod console;
mod cpio;
mod initramfs;
mod kernel;
mod machine;
mod systemd;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::target;

const USAGE: &str = "\
usage: cargo xtask vm [OPTION]... -- COMMAND [ARGUMENT]...

Boots a Debian cloud kernel under QEMU, runs COMMAND through busybox sh as root, and exits with its code.
The command's standard output and error come out together, on standard output.

  --file HOST:GUEST   put a file or a directory into the guest; may be repeated
  --module NAME       load one more kernel module and what it needs; may be repeated
  --memory MB         memory of the guest; the RAM disk counts twice while it boots [default: 768]
  --timeout SECONDS   end the machine after this time [default: 300]
  --kernel PACKAGE    Debian kernel package, or a meta package that names one [default: linux-image-cloud-amd64]
  --systemd           a guest whose process 1 is systemd, instead of the command alone
  --append WORDS      more words for the kernel's command line
  --keep              keep the initial RAM disk and say where it is

TARE_BIN names the binary that becomes /bin/tare; otherwise the newest build under target/ is taken.";

/// What the command line asks for.
#[derive(Debug, PartialEq)]
struct Options {
    files: Vec<(PathBuf, String)>,
    modules: Vec<String>,
    memory: u32,
    timeout: Duration,
    kernel: String,
    systemd: bool,
    append: String,
    keep: bool,
    /// A disk of the guest: `/dev/vda`.
    disk: Option<PathBuf>,
    /// When the machine loses its power, counted from the command's first output.
    cut: Option<Duration>,
    command: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            files: Vec::new(),
            modules: Vec::new(),
            memory: 768,
            timeout: Duration::from_secs(300),
            kernel: "linux-image-cloud-amd64".into(),
            systemd: false,
            append: String::new(),
            keep: false,
            disk: None,
            cut: None,
            command: Vec::new(),
        }
    }
}

/// Runs the command named in `args` in a virtual machine and ends this process with the command's exit code.
/// Returns only when help was asked for.
///
/// # Errors
/// Says which of the steps before the command (kernel package, initial RAM disk, QEMU) did not work, that the guest
/// died before the command ended, or that the time was up.
pub fn run(args: &[String]) -> Result<(), String> {
    if args.first().is_some_and(|first| first == "--help" || first == "-h") {
        return writeln!(std::io::stdout(), "{USAGE}").map_err(|error| error.to_string());
    }
    let options = parse(args).map_err(|problem| format!("{problem}\n\n{USAGE}"))?;
    let code = boot(&options, &mut std::io::stdout())?;
    std::process::exit(code)
}

/// Runs a shell script in a machine with a disk, with files of this machine and more kernel modules, and kills the machine so long after
/// the first output: all that the script had printed by then. The disk is left as it is.
pub(crate) fn cut_short(
    script: &str,
    files: Vec<(PathBuf, String)>,
    modules: Vec<String>,
    disk: &Path,
    after: Duration,
) -> Result<String, String> {
    let command = ["sh", "-c", script].map(str::to_owned).into();
    let (disk, cut) = (Some(disk.to_path_buf()), Some(after));
    let options = Options { files, modules, disk, cut, command, ..Options::default() };
    let mut out = Vec::new();
    match boot(&options, &mut out)? {
        machine::CUT => Ok(String::from_utf8_lossy(&out).into_owned()),
        code => Err(format!("the script ended with {code}: {}", String::from_utf8_lossy(&out))),
    }
}

/// Makes the machine's directory, boots it and removes what it left. The exit code is the command's.
fn boot(options: &Options, out: &mut dyn Write) -> Result<i32, String> {
    let target = target::directory();
    let kernel = kernel::obtain(&options.kernel, &target.join("vm"))?;
    let system = if options.systemd { Some(systemd::obtain(&target.join("vm"))?) } else { None };
    let place = target.join("vm").join(format!("run-{}", std::process::id()));
    std::fs::create_dir_all(&place).map_err(|error| format!("create {}: {error}", place.display()))?;
    let result = boot_in(&place, &kernel, system.as_deref(), options, out);
    if options.keep {
        note(&format!("kept {}", place.display()));
    } else {
        std::fs::remove_dir_all(&place).map_err(|error| format!("remove {}: {error}", place.display()))?;
    }
    result
}

fn boot_in(
    place: &Path,
    kernel: &kernel::Kernel,
    system: Option<&Path>,
    options: &Options,
    out: &mut dyn Write,
) -> Result<i32, String> {
    let nonce = format!("{}-{:x}", std::process::id(), started());
    let image = initramfs::Contents {
        system,
        binary: target::tare(),
        files: &options.files,
        modules: kernel.modules(&options.modules)?,
        command: &options.command,
        nonce: &nonce,
    };
    let initramfs = place.join("initramfs.cpio");
    initramfs::write(&image, &initramfs)?;
    machine::Machine {
        kernel: &kernel.image,
        initramfs: &initramfs,
        memory: options.memory,
        timeout: options.timeout,
        append: &format!("{} {}", system.map_or("", |_| systemd::APPEND), options.append),
        nonce: &nonce,
        disk: options.disk.as_deref(),
        cut: options.cut,
    }
    .run(out)
}

/// Nanoseconds since the epoch: makes the console's marker one that the command cannot print by accident.
fn started() -> u128 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).map_or(0, |time| time.as_nanos())
}

/// Tells the person at the terminal something that is not the guest's output.
fn note(text: &str) {
    // Nobody is left to tell when standard error is gone.
    let _ = writeln!(std::io::stderr(), "vm: {text}");
}

fn parse(args: &[String]) -> Result<Options, String> {
    let mut options = Options::default();
    let mut rest = args.iter();
    while let Some(flag) = rest.next() {
        if flag == "--" {
            options.command = rest.cloned().collect();
            break;
        }
        match flag.as_str() {
            "--keep" => options.keep = true,
            "--systemd" => options.systemd = true,
            _ => {
                let value = rest.next();
                let value =
                    value.ok_or_else(|| format!("{flag}: unknown option, or its value is missing"))?;
                options.set(flag, value)?;
            }
        }
    }
    if options.command.is_empty() {
        return Err("no command: it follows `--`".into());
    }
    Ok(options)
}

impl Options {
    /// An option with a value.
    fn set(&mut self, flag: &str, value: &str) -> Result<(), String> {
        match flag {
            "--file" => self.files.push(parse_file(value)?),
            "--module" => self.modules.push(value.into()),
            "--kernel" => self.kernel = value.into(),
            "--append" => self.append = value.into(),
            "--memory" => self.memory = number(flag, value)?,
            "--timeout" => self.timeout = Duration::from_secs(number(flag, value)?),
            _ => return Err(format!("{flag}: unknown option")),
        }
        Ok(())
    }
}

fn parse_file(value: &str) -> Result<(PathBuf, String), String> {
    match value.rsplit_once(':') {
        Some((host, guest)) if !host.is_empty() && guest.starts_with('/') => Ok((host.into(), guest.into())),
        _ => Err(format!("--file {value}: expected HOST:GUEST, with an absolute path in the guest")),
    }
}

fn number<N: std::str::FromStr>(flag: &str, value: &str) -> Result<N, String> {
    value.parse().map_err(|_| format!("{flag} {value}: expected a number"))
}
