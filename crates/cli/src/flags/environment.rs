//! Variables from flags, from files, and from this process's own environment.

use crate::failure::{Failure, Outcome};
use std::path::{Path, PathBuf};

/// Variables of files, then of flags. A name without a value is copied from here, and left out if it is not set here.
pub(crate) fn environment(from_files: &[PathBuf], from_flags: &[String]) -> Outcome<Vec<String>> {
    let mut variables = files(from_files)?;
    for variable in from_flags {
        if variable.is_empty() || variable.starts_with('=') {
            return Err(Failure::usage(format!("invalid environment variable: {variable}")));
        }
        variables.push(variable.clone());
    }
    Ok(variables.into_iter().filter_map(|variable| copied(&variable)).collect())
}

fn copied(variable: &str) -> Option<String> {
    if variable.contains('=') {
        return Some(variable.to_owned());
    }
    let value = std::env::var_os(variable)?;
    Some(format!("{variable}={}", value.to_string_lossy()))
}

/// The lines of files, without comments and empty ones. Quotes have no meaning.
pub(super) fn files(paths: &[PathBuf]) -> Outcome<Vec<String>> {
    let mut lines = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::usage(format!("open {}: {error}", path.display())))?;
        for (number, line) in text.trim_start_matches('\u{feff}').lines().enumerate() {
            lines.extend(parse_line(path, number + 1, line)?);
        }
    }
    Ok(lines)
}

fn parse_line(path: &Path, number: usize, line: &str) -> Outcome<Option<String>> {
    let line = line.trim_start();
    if line.is_empty() || line.starts_with('#') {
        return Ok(None);
    }
    let name = line.split('=').next().unwrap_or_default();
    if name.is_empty() || name.contains(char::is_whitespace) {
        return Err(Failure::usage(format!(
            "{}:{number}: variable '{name}' contains whitespaces, or no variable name on the line",
            path.display()
        )));
    }
    Ok(Some(line.to_owned()))
}
