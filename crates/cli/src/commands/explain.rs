//! Why a program that has just ended never began: what `why` finds, behind what the loader or the interpreter said.

use engine::Engine;
use engine::containers::Record;
use weigh::Subject;
use weigh::why::{Finding, Host};

/// Ends of programs that nobody executes: 127 and 126 of loaders and `env`, and the end by `SIGILL`. glibc's loader ends with 1 if a library is too old, as so many programs do that
/// are well that looking after each of them would cost more than it tells: the loader's own words name version and library.
const TELLING: [i32; 3] = [126, 127, 128 + 4];

/// Says on standard error why a container's program did not start, if it did not. Nothing is looked at after any other end.
pub(super) fn explain(engine: &Engine, record: &Record, code: i32) {
    if !TELLING.contains(&code) {
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
