//! What the inspect commands have in common: what was found is printed, then what was not is told.

use crate::failure::Outcome;
use output::template::Inspection;
use serde_json::Value;

/// Prints the documents of `names` as `format` says; the exit code is 1 if one of them could not be found.
pub(super) fn print(format: &str, names: &[String], find: impl Fn(&str) -> Outcome<Value>) -> Outcome {
    let inspection = Inspection::parse(format)?;
    let (mut objects, mut failures) = (Vec::new(), Vec::new());
    for name in names {
        match find(name) {
            Ok(object) => objects.push(object),
            Err(failure) => failures.push(failure),
        }
    }
    inspection.write(&mut std::io::stdout().lock(), &objects)?;
    failures.iter().for_each(super::complain);
    Ok(i32::from(!failures.is_empty()))
}
