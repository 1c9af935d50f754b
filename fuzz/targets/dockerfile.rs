//! Dockerfiles, and `.dockerignore`: no panic, places inside the text, and errors with words.

#![no_main]

use dockerfile::{Dockerfile, Ignore, Instruction, Kind, Pattern, Ports};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    match dockerfile::parse("Dockerfile", bytes) {
        Ok(file) => look(&file),
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    // it may be no instruction
    let _ = dockerfile::parse_instruction(text);
    expand(text);
    if let Ok(ignore) = Ignore::parse(".dockerignore", bytes) {
        assert!(!ignore.excludes("") && !ignore.excludes("."), "the root stays");
        ignore.excludes("a/b/c");
        ignore.may_reinclude_below("a/b");
    }
});

fn look(file: &Dockerfile) {
    assert!(!file.stages.is_empty(), "a Dockerfile has a stage");
    let instructions = file.stages.iter().flat_map(|stage| &stage.instructions).chain(&file.global_args);
    for Instruction { kind, span, .. } in instructions {
        assert!(span.first_line <= span.last_line && span.last_line <= file.source.line_count(), "{span:?}");
        kind.variables(file.escape);
        for word in kind.words() {
            // it may be malformed
            let _ = dockerfile::expand(word, file.escape, &|name| Some(name.to_uppercase()));
        }
        match kind {
            Kind::Run(run) => drop(run.invocation()),
            Kind::Onbuild(trigger) => {
                dockerfile::parse_instruction(trigger).expect("a trigger was checked and is read again");
            }
            _ => {}
        }
    }
}

fn expand(text: &str) {
    let names = dockerfile::variables_in(text, '\\');
    let lookup = |name: &str| {
        assert!(names.contains(name), "{name:?} is looked up, and was not told: {names:?}");
        (name.len() % 2 == 1).then(|| "value*".to_owned())
    };
    // the text may be malformed in every way
    let _ = dockerfile::expand(text, '\\', &lookup);
    let _ = dockerfile::expand_words(text, '\\', &lookup);
    let _ = dockerfile::expand_heredoc(text, &|_| Some("value".to_owned()));
    if let Ok(pattern) = Pattern::parse(text) {
        pattern.matches("a/b");
    }
    if let Ok(ports) = Ports::parse(text) {
        assert!(ports.names().count() > 0);
    }
}
