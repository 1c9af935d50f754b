//! Programs of this machine.

use std::process::{Command, Stdio};

/// Runs a program to its end; what it printed, or why it did not work.
pub(crate) fn output(command: &mut Command) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stdin(Stdio::null()).output().map_err(|error| format!("{name}: {error}"))?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{name}: {}: {}", output.status, words.trim()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
