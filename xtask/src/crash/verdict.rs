//! Whether a command took an error well: it says so and fails, or has done what it was asked for.

use super::ground::{Ended, Ground};
use super::log::{Log, Subject};
use super::operation::Operation;

/// How a program ends whose code panicked or aborted, as itself and as seen by a shell.
const PANICS: [i32; 2] = [101, 134];

/// Whether something failed that never does. The k-th call of one process may be about a file and that of another about a counter, and
/// strace makes both fail.
pub(super) fn is_impossible(log: &Log) -> bool {
    log.failed.iter().any(|(subject, _)| *subject == Subject::Counter)
}

/// What is wrong with how a command ended after some of its calls had failed, in words.
pub(super) fn judge(ground: &Ground, operation: &Operation, ended: &Ended, log: &Log) -> Vec<String> {
    let Ended { status, complaint, .. } = ended;
    let words = complaint.trim().replace('\n', "; ");
    let mut found: Vec<String> =
        log.crashes.iter().map(|signal| format!("a process ended by {signal}")).collect();
    if complaint.contains("panicked") || status.code().is_none_or(|code| PANICS.contains(&code)) {
        found.push(format!("crashed: {status}: {words}"));
    }
    if status.success() {
        found.extend(operation.proof.iter().filter_map(|claim| disproof(ground, claim)));
    } else if words.is_empty() && !log.failed.iter().any(|(_, call)| is_complaint(call)) {
        found.push(format!("failed without a word: {status}"));
    }
    if !found.is_empty() {
        found.extend(log.failed.iter().map(|(_, call)| format!("the call was {call}")));
    }
    found
}

/// A write to the standard error: the words themselves were lost.
fn is_complaint(call: &str) -> bool {
    ["write(2<", "writev(2<"].iter().any(|beginning| call.starts_with(beginning))
}

/// A claim is a command that succeeds if the operation was done, or after a `!` one that fails then.
pub(super) fn disproof(ground: &Ground, claim: &str) -> Option<String> {
    match claim.strip_prefix('!') {
        Some(command) => {
            ground.tare(command).is_ok().then(|| format!("succeeded, but so does: tare {command}"))
        }
        None => ground.tare(claim).err().map(|complaint| format!("succeeded, but {complaint}")),
    }
}
