//! A program that stands in for the supervisor, so that the supervisor alone is traced.
//!
//! A command executes its own file again to make a supervisor. Here that file is covered by this program as soon as the command runs, in a
//! mount namespace of the command's own; called as a supervisor, this program becomes strace, which runs the real one. So the
//! command's calls are not counted, and do not come first.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The engine's name for the role (`argv[0]`).
pub(super) const SUPERVISOR: &str = "tare-supervisor";

/// Opens `$1`, covers it with `$2`, and executes what was opened.
const COVER: &str = r#"exec 9<"$1" && mount --bind "$2" "$1" && shift 2 && exec /proc/self/fd/9 "$@""#;

/// Becomes strace, if this process was executed as a supervisor; comes back if it was not, or with the reason why it cannot.
pub fn take_over() -> Result<(), String> {
    let mut arguments = std::env::args_os();
    let called = arguments.next().unwrap_or_default();
    if Path::new(&called).file_name().is_none_or(|name| name != SUPERVISOR) {
        return Ok(());
    }
    let rest: Vec<OsString> = arguments.collect();
    let exec_root = rest.get(1).ok_or("a supervisor has an exec root")?;
    let plan = plan(Path::new(exec_root));
    let text = std::fs::read(&plan).map_err(|error| format!("{}: {error}", plan.display()))?;
    let words: Vec<String> = serde_json::from_slice(&text).map_err(|error| error.to_string())?;
    let (program, words) = words.split_first().ok_or("the plan is empty")?;
    Err(Command::new(program).args(words).args(rest).exec().to_string())
}

/// Where the words are kept that the real supervisor's arguments follow.
fn plan(exec_root: &Path) -> PathBuf {
    exec_root.with_extension("plan")
}

/// A command that runs `tare` with its supervisors started through `words`.
pub(super) fn command(tare: &Path, exec_root: &Path, words: &[String]) -> Result<Command, String> {
    let text = serde_json::to_vec(words).map_err(|error| error.to_string())?;
    std::fs::write(plan(exec_root), text).map_err(|error| error.to_string())?;
    let own = std::env::current_exe().map_err(|error| error.to_string())?;
    let mut command = Command::new("unshare");
    command.args(["--mount", "sh", "-c", COVER, "sh"]).arg(tare).arg(own);
    Ok(command)
}
