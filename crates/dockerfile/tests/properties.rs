//! What holds for every input: no panic, work in proportion, words that survive printing.

use dockerfile::{
    Command, Ignore, Kind, Pattern, expand, expand_heredoc, expand_words, parse, parse_instruction,
    variables_in,
};
use proptest::prelude::*;

/// Instructions, their parts and the characters that mean something, one to a line.
const PIECES: &str = r##"FROM a
FROM a AS b
RUN
COPY
ADD
ENV
ARG
LABEL
ONBUILD
HEALTHCHECK
CMD
NONE
SHELL
EXPOSE
VOLUME
USER
WORKDIR
STOPSIGNAL
ENTRYPOINT
MAINTAINER
# escape=`
#!
#
["a", "b"]
<<E
<<-'E'
--
--from=b
--chown=
--mount=
type=cache
target=/x
--interval=1s
${
:-
##
[
]
{
}
,
=
*
?
%
/
"
'
$
`
\
1
a
é"##;

/// Text made of pieces, so that the parser is led deep.
fn dockerfile_text() -> impl Strategy<Value = String> {
    let blanks = ["\n", "\r\n", " ", "\t", "\\\n", "\nE\n", "\u{feff}", "\u{0}", "\u{a0}"];
    let pieces = prop::sample::select(PIECES.lines().collect::<Vec<_>>());
    let piece =
        prop_oneof![3 => pieces, 2 => Just(" "), 1 => Just("\n"), 1 => prop::sample::select(blanks.to_vec())];
    prop::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

/// A value without the characters that no Dockerfile line can hold.
fn word() -> impl Strategy<Value = String> {
    "[^\\r\\n\\p{Cc}]{0,20}"
}

/// How a value is written so that expansion gives it back.
fn quote(word: &str) -> String {
    let escaped: String =
        word.chars().flat_map(|c| "\"\\$".contains(c).then_some('\\').into_iter().chain([c])).collect();
    format!("\"{escaped}\"")
}

fn only_instruction(text: &str) -> Kind {
    parse_instruction(text).unwrap_or_else(|error| panic!("{error}")).kind
}

proptest! {
    #[test]
    fn no_text_panics(text in dockerfile_text()) {
        match parse("Dockerfile", text.as_bytes()) {
            Ok(file) => {
                for instruction in file.stages.iter().flat_map(|stage| &stage.instructions) {
                    let Kind::Run(run) = &instruction.kind else { continue };
                    run.invocation();
                }
                for instruction in file.stages.iter().flat_map(|stage| &stage.instructions) {
                    instruction.kind.variables(file.escape);
                    prop_assert!(instruction.span.first_line <= instruction.span.last_line);
                    prop_assert!(instruction.span.last_line <= file.source.line_count());
                }
            }
            Err(error) => prop_assert!(!error.to_string().is_empty()),
        }
    }

    #[test]
    fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        if let Err(error) = parse("Dockerfile", &bytes) {
            prop_assert!(!error.to_string().is_empty());
        }
        drop(Ignore::parse(".dockerignore", &bytes));
    }

    #[test]
    fn expansion_never_panics(text in dockerfile_text(), value in dockerfile_text()) {
        let lookup = |name: &str| (name.len() % 2 == 1).then(|| value.clone());
        for escape in ['\\', '`'] {
            drop(expand(&text, escape, &lookup));
            drop(expand_words(&text, escape, &lookup));
            variables_in(&text, escape);
        }
        drop(expand_heredoc(&text, &lookup));
    }

    #[test]
    fn an_expansion_looks_up_what_it_says(text in dockerfile_text()) {
        let names = variables_in(&text, '\\');
        let complete = |name: &str| { assert!(names.contains(name), "{name}"); Some("set".to_owned()) };
        drop(expand(&text, '\\', &complete));
    }

    #[test]
    fn exec_forms_keep_their_words(words in prop::collection::vec(any::<String>(), 1..6)) {
        let words: Vec<String> = words;
        let printed = Command::Exec(words.clone()).to_string();
        prop_assert_eq!(only_instruction(&format!("CMD {printed}")), Kind::Cmd(Command::Exec(words)));
    }

    #[test]
    fn values_keep_their_text(values in prop::collection::vec(word(), 1..6)) {
        let printed: String = values.iter().map(|value| format!(" name={}", quote(value))).collect();
        let Kind::Env(pairs) = only_instruction(&format!("ENV{printed}")) else { panic!("no ENV") };
        let expanded: Vec<String> =
            pairs.iter().map(|pair| expand(&pair.value, '\\', &|_| None).expect("it is quoted")).collect();
        prop_assert_eq!(expanded, values);
    }

    #[test]
    fn printed_instructions_read_the_same(text in dockerfile_text()) {
        let Ok(file) = parse("Dockerfile", text.as_bytes()) else { return Ok(()) };
        for instruction in file.stages.iter().flat_map(|stage| &stage.instructions) {
            if let Kind::Onbuild(trigger) = &instruction.kind && file.escape == '\\' {
                only_instruction(trigger);
            }
        }
    }

    #[test]
    fn excluded_files_are_found_by_a_walk_that_prunes(
        rules in prop::collection::vec("!?(\\*\\*/)?[ab*?]{1,2}(/[ab*]{1,2}){0,2}(/\\*\\*)?", 1..5),
        path in "[ab]{1,2}(/[ab]{1,2}){0,3}",
    ) {
        let ignore = Ignore::parse(".dockerignore", rules.join("\n").as_bytes()).expect("they are well formed");
        let pruned = path.match_indices('/').map(|(at, _)| &path[..at]).any(|dir| {
            ignore.excludes(dir) && !ignore.may_reinclude_below(dir)
        });
        if pruned {
            prop_assert!(ignore.excludes(&path), "{:?} {}", rules, path);
        }
    }

    #[test]
    fn patterns_of_plain_names_match_themselves(name in "[^\\\\*?\\[/]{1,12}") {
        prop_assume!(name != ".");
        prop_assert!(Pattern::parse(&name).expect("it is plain").matches(&name));
    }

    #[test]
    fn patterns_never_panic(pattern in "[\\[\\]^\\-*?a-c/\\\\!é]{0,20}", path in "[a-c/é]{0,20}") {
        if let Ok(pattern) = Pattern::parse(&pattern) {
            pattern.matches(&path);
        }
        if let Ok(ignore) = Ignore::parse(".dockerignore", pattern.as_bytes()) {
            ignore.excludes(&path);
            ignore.may_reinclude_below(&path);
        }
    }
}

/// Inputs on which a careless parser takes quadratic or exponential time. None is timed: with such a
/// parser this test would not end.
#[test]
fn hostile_files_end_soon() {
    let size = 1 << 18;
    let fill = |piece: &str| piece.repeat(size / piece.len());
    for body in [
        format!("ENV {}", fill("a=b ")),
        format!("COPY {}", fill("a ")),
        format!("COPY {} a b", fill("--exclude=a ")),
        format!("RUN {} a", fill("--mount=target=/a ")),
        format!("RUN --mount={} a", fill("target=/a,")),
        format!("RUN {}", fill("\\\na ")),
        format!("RUN {}", fill("\\\n\n")),
        format!("RUN {}", fill("\\\n#\n")),
        format!("RUN {}", fill("<<A ")),
        format!("CMD {}", fill("[")),
        format!("CMD [{}", fill("\"a\",")),
        format!("CMD [{}1]", fill("{\"a\":[1]},")),
        format!("ENV a={}", fill("${a:-")),
        format!("ENV a={}", fill("$a")),
        format!("ENV a=\"{}", fill("\\")),
        fill("ONBUILD "),
        fill("ENV a=b\n"),
        fill("FROM a\n"),
        fill("#\n"),
        fill("# a\n"),
        "x".repeat(size),
    ] {
        if let Ok(file) = parse("Dockerfile", format!("FROM a\n{body}").as_bytes()) {
            let instructions = file.stages.iter().flat_map(|stage| &stage.instructions);
            instructions.for_each(|instruction| drop(instruction.kind.variables('\\')));
        }
    }
}
