//! One operation for several names.

use crate::failure::{Failure, Outcome};
use std::io::Write;

/// The most operations at a time.
const WIDTH: usize = 50;

/// Does something with one name after the other and echoes those that went well as they were typed. Failures are told, and the others are done all the same.
pub(super) fn each(names: &[String], mut act: impl FnMut(&str) -> Outcome<()>) -> Outcome {
    let mut code = 0;
    for name in names {
        code = code.max(echo(name, act(name))?);
    }
    Ok(code)
}

/// As [`each`], at the same time.
pub(super) fn each_at_once(names: &[String], act: impl Fn(&str) -> Outcome<()> + Sync) -> Outcome {
    if let [name] = names {
        return echo(name, act(name));
    }
    let mut code = 0;
    for names in names.chunks(WIDTH) {
        let results: Vec<Outcome<()>> = std::thread::scope(|scope| {
            let act = &act;
            let threads: Vec<_> = names
                .iter()
                .map(|name| std::thread::Builder::new().spawn_scoped(scope, move || act(name)))
                .collect();
            let join = |thread: std::io::Result<std::thread::ScopedJoinHandle<'_, Outcome<()>>>| {
                let thread =
                    thread.map_err(|error| Failure::new(format!("cannot make a thread: {error}")))?;
                thread.join().unwrap_or_else(|_| Err(Failure::new("a thread ended unexpectedly")))
            };
            threads.into_iter().map(join).collect()
        });
        for (name, result) in names.iter().zip(results) {
            code = code.max(echo(name, result)?);
        }
    }
    Ok(code)
}

/// Tells how it went with one name; the exit code, which is 0 for a failure that is only worth a word.
fn echo(name: &str, result: Outcome<()>) -> Outcome {
    match result {
        Ok(()) => {
            writeln!(std::io::stdout(), "{name}")?;
            Ok(0)
        }
        Err(failure) => {
            super::complain(&failure);
            Ok(failure.code)
        }
    }
}
