//! Why a program that has just ended never began: what `why` finds, behind what the loader or the interpreter said.

use engine::Engine;
use engine::containers::Record;
use std::time::Duration;
use weigh::Subject;
use weigh::why::{Finding, Host};

/// Ends of programs that nobody executes: 127 and 126 of loaders and `env`, and the end by `SIGILL`.
const TELLING: [i32; 3] = [126, 127, 128 + 4];
/// glibc's loader ends with 1, as every other program does, if a library is too old: it takes no longer than this.
const SOON: Duration = Duration::from_millis(500);

/// Says on standard error why a container's program did not start, if it did not. Nothing is looked at after any other end.
pub(super) fn explain(engine: &Engine, record: &Record, code: i32, lasted: Duration) {
    if !TELLING.contains(&code) && (code != 1 || lasted > SOON) {
        return;
    }
    let subject = if record.host.auto_remove {
        Subject::of_record(engine, record)
    } else {
        Subject::of_container(engine, &record.id)
    };
    // it is only a remark: the program has said something itself
    let Ok(subject) = subject else { return };
    let findings = weigh::why::why(&subject, None, &Host::own());
    let is_it = |finding: &&Finding| finding.is_fatal() && finding.exit_code == Some(code);
    for finding in findings.iter().filter(is_it) {
        say!("tare: {finding}");
    }
}
