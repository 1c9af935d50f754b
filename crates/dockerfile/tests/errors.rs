//! What is refused, where, and with which suggestion.

use dockerfile::{Error, parse, parse_instruction};

fn error(text: &str) -> Error {
    match parse("Dockerfile", text.as_bytes()) {
        Err(error) => error,
        Ok(file) => panic!("{text:?} is accepted: {file:?}"),
    }
}

/// `line:column: message`, with the suggestion.
fn brief(error: &Error) -> String {
    format!("{}:{}: {}", error.line, error.column, error.headline())
}

#[track_caller]
fn table(head: &str, cases: &[(&str, &str)]) {
    for (text, expected) in cases {
        assert_eq!(brief(&error(&format!("{head}{text}"))), *expected, "{text:?}");
    }
}

#[test]
fn the_line_and_a_caret_are_shown() {
    assert_eq!(
        error("ARG a\n\nFORM debian\n").to_string(),
        "Dockerfile:3:1: unknown instruction `FORM`, did you mean `FROM`?\n  3 | FORM debian\n    | ^"
    );
}

#[test]
fn places_inside_continued_lines() {
    assert_eq!(
        error("FROM a\nCOPY \\\n\t--chwon=é --chmd=1 \\\n  a b\n").to_string(),
        "Dockerfile:3:2: unknown flag `--chwon` of COPY, did you mean `--chown`?\n  3 | \t--chwon=é --chmd=1 \\\n    | \t^"
    );
    assert_eq!(
        error("FROM a\nCOPY --chown=é --chmd=1 a b\n").to_string(),
        "Dockerfile:2:16: unknown flag `--chmd` of COPY, did you mean `--chmod`?\n  2 | COPY --chown=é --chmd=1 a b\n    |                ^"
    );
}

#[test]
fn long_lines_are_cut_around_the_caret() {
    let text = format!("FROM a\nENV {} b\n", "a=\u{1b} ".repeat(50_000));
    let shown = error(&text).to_string();
    assert!(shown.len() < 1_000 && shown.ends_with('^') && !shown.contains('\u{1b}'), "{shown}");
}

#[test]
fn files() {
    table(
        "",
        &[
            ("", "1:1: no instructions: a Dockerfile begins with FROM"),
            ("# only\n# comments\n", "2:1: no instructions: a Dockerfile begins with FROM"),
            ("ARG a\n", "1:1: no FROM: there is nothing to build"),
            ("RUN true\nFROM a", "1:1: RUN before the first FROM: only ARG may stand there"),
            ("\nrnu true", "2:1: unknown instruction `rnu`, did you mean `RUN`?"),
            (
                "# escape=x\nFROM a",
                "1:10: `x` cannot be the escape character: only `\\` and the backtick can",
            ),
            ("# escape=`\n#escape=`\nFROM a", "2:2: `escape` is already set on line 1"),
            ("{\"a\": 1}", "1:1: unknown instruction `{\"a\":`"),
        ],
    );
    let bad = parse("Dockerfile", b"FROM a\nRUN \xc3\xa9\xff\n").unwrap_err();
    assert_eq!(brief(&bad), "2:6: byte 0xff is not UTF-8");
    let large = parse("Dockerfile", &vec![b' '; dockerfile::MAX_SOURCE_BYTES + 1]).unwrap_err();
    assert_eq!(large.to_string(), "Dockerfile: larger than 16 MiB");
}

#[test]
fn stages() {
    table(
        "",
        &[
            ("FROM", "1:1: FROM requires an image, a stage or `scratch`"),
            ("FROM a b", "1:8: FROM takes `image` or `image AS name`, not `b`"),
            ("FROM a b c", "1:8: FROM takes `image` or `image AS name`, not `b`"),
            ("FROM a AS", "1:8: AS requires a name for the stage"),
            ("FROM a AS b c", "1:13: FROM takes `image` or `image AS name`, nothing behind it"),
            (
                "FROM a AS 1b",
                "1:11: `1b` cannot name a stage: a name begins with a letter and holds letters, digits, `-`, `_` and `.`",
            ),
            ("FROM a AS b\nFROM c as B", "2:1: stage `b` already begins on line 1"),
            ("FROM --platfrom=x a", "1:6: unknown flag `--platfrom` of FROM, did you mean `--platform`?"),
            ("FROM --platform a", "1:6: `--platform` needs a value: --platform=VALUE"),
            ("FROM --platform=a --platform=b c", "1:19: `--platform` is given twice"),
        ],
    );
}

#[test]
fn arguments() {
    table(
        "FROM a\n",
        &[
            ("COPY a", "2:1: COPY requires at least two arguments: the destination is missing"),
            ("ADD", "2:1: ADD requires at least two arguments: none was given"),
            ("COPY [\"a\"]", "2:1: COPY requires at least two arguments: the destination is missing"),
            ("COPY [\"a\", 1]", "2:6: a JSON array here holds strings only"),
            ("RUN", "2:1: RUN requires at least one argument"),
            ("RUN []", "2:5: RUN requires a command"),
            ("RUN [\"a\", [\"b\"]]", "2:5: a JSON array here holds strings only"),
            ("CMD [null]", "2:5: a JSON array here holds strings only"),
            ("ENV", "2:1: ENV requires at least one argument"),
            ("ENV a", "2:5: ENV requires a value for `a`, did you mean `ENV a=`?"),
            ("ENV a=1 b", "2:9: `b` is no name=value; quote values that hold blanks"),
            ("ENV =1", "2:5: a name of ENV is empty"),
            ("LABEL a=1 =2", "2:11: a name of LABEL is empty"),
            ("ARG", "2:1: ARG requires at least one argument"),
            ("ARG a =1", "2:7: a name of ARG is empty"),
            ("EXPOSE", "2:1: EXPOSE requires at least one argument"),
            ("EXPOSE 80 http", "2:11: `http` is no port such as 80, 53/udp or 8000-8010"),
            ("RUN a\n && b", "3:2: unknown instruction `&&`; does the line above lack its continuation?"),
            ("VOLUME", "2:1: VOLUME requires at least one argument"),
            ("VOLUME [\"\"]", "2:8: a volume's path must not be empty"),
            ("VOLUME []", "2:8: a volume's path must not be empty"),
            ("WORKDIR", "2:1: WORKDIR requires exactly one argument"),
            ("USER", "2:1: USER requires exactly one argument"),
            ("STOPSIGNAL", "2:1: STOPSIGNAL requires exactly one argument"),
            ("MAINTAINER", "2:1: MAINTAINER requires exactly one argument"),
            ("SHELL bash -c", "2:7: SHELL requires a JSON array, did you mean `SHELL [\"bash\", \"-c\"]`?"),
            ("SHELL []", "2:7: SHELL requires at least one argument"),
            ("HEALTHCHECK", "2:1: HEALTHCHECK requires at least one argument"),
            ("HEALTHCHECK NONE x", "2:18: HEALTHCHECK NONE takes no arguments"),
            ("HEALTHCHECK CMD", "2:13: HEALTHCHECK CMD requires a command"),
            ("HEALTHCHECK CMD []", "2:13: HEALTHCHECK CMD requires a command"),
            ("HEALTHCHECK NOEN", "2:13: HEALTHCHECK takes CMD or NONE, not `NOEN`, did you mean `NONE`?"),
            ("ONBUILD", "2:1: ONBUILD requires at least one argument"),
            ("ONBUILD FROM x", "2:9: FROM cannot be a trigger of ONBUILD"),
            ("ONBUILD onbuild RUN x", "2:9: ONBUILD cannot be a trigger of ONBUILD"),
            ("ONBUILD CPOY a b", "2:9: unknown instruction `CPOY`, did you mean `COPY`?"),
            (
                "ONBUILD RUN \\\n --netwok=x y",
                "3:2: unknown flag `--netwok` of RUN, did you mean `--network`?",
            ),
        ],
    );
}

#[test]
fn flags() {
    table(
        "FROM a\n",
        &[
            ("USER --x a", "2:6: unknown flag `--x` of USER"),
            (
                "COPY --from=$x a b",
                "2:6: `--from` takes no variables: give the image a stage of its own with FROM ... AS",
            ),
            (
                "COPY --closure a b",
                "2:6: `--closure` needs `--from`: the build context has no loader and no libraries, a stage or an image has",
            ),
            (
                "COPY --from=x --closure <<E /b\nE",
                "2:15: `--closure` copies what is in a stage or an image, and `<<E` is not",
            ),
            (
                "COPY --from=x --closure=saef a b",
                "2:15: `--closure` is one of safe, strict, not `saef`, did you mean `--closure=safe`?",
            ),
            ("ADD --closure a b", "2:5: unknown flag `--closure` of ADD"),
            ("COPY --link=maybe a b", "2:6: `--link` is true or false, not `maybe`"),
            ("COPY --link --link a b", "2:13: `--link` is given twice"),
            ("ADD --chekcsum=x a b", "2:5: unknown flag `--chekcsum` of ADD, did you mean `--checksum`?"),
            (
                "RUN --network=hots x",
                "2:5: `--network` is one of default, none, host, not `hots`, did you mean `--network=host`?",
            ),
            ("RUN --security=x y", "2:5: `--security` is one of sandbox, insecure, not `x`"),
            ("RUN --device=required y", "2:5: `--device` needs a name"),
            (
                "RUN --device=a,requried y",
                "2:5: unknown key `requried` in `--device`, did you mean `required`?",
            ),
            ("HEALTHCHECK --interval=5 CMD x", "2:13: `--interval=5` is no duration such as 30s or 1m30s"),
            ("HEALTHCHECK --timeout=1us CMD x", "2:13: `--timeout` is at least 1ms"),
            ("HEALTHCHECK --retries=-1 CMD x", "2:13: `--retries=-1` is no count"),
            (
                "HEALTHCHECK --retires=1 CMD x",
                "2:13: unknown flag `--retires` of HEALTHCHECK, did you mean `--retries`?",
            ),
        ],
    );
}

#[test]
fn mounts() {
    table(
        "FROM a\nRUN true && true\nRUN ",
        &[
            (
                "--mount=type=cahe,target=/x y",
                "3:5: `type` in `--mount` is one of bind, cache, tmpfs, secret, ssh, not `cahe`, did you mean `type=cache`?",
            ),
            ("--mount=tagret=/x y", "3:5: unknown key `tagret` in `--mount`, did you mean `target`?"),
            ("--mount=target y", "3:5: `target` in `--mount` needs a value: target=VALUE"),
            (
                "--mount=from=$a,target=/x y",
                "3:5: `from` in `--mount` takes no variables: give the image a stage of its own with FROM ... AS",
            ),
            ("--mount=type=cache y", "3:5: a mount of type cache needs `target=PATH`"),
            ("--mount=type=secret y", "3:5: a secret mount needs `id=NAME`"),
            ("--mount=type=secret,id=a,src=b y", "3:5: a secret mount has either `id` or `source`, not both"),
            ("--mount=target=/x,size=1 y", "3:5: `size` does not fit a mount of type bind"),
            ("--mount=type=tmpfs,target=/x,size=big y", "3:5: `size=big` in `--mount` is no valid size"),
            (
                "--mount=type=cache,target=/x,sharing=lock y",
                "3:5: `sharing` in `--mount` is one of shared, private, locked, not `lock`, did you mean `sharing=locked`?",
            ),
            ("--mount=type=cache,target=/x,mode=9 y", "3:5: `mode=9` in `--mount` is no valid mode"),
            ("--mount=target=/x,ro=maybe y", "3:5: `readonly` in `--mount` is true or false, not `maybe`"),
        ],
    );
}

#[test]
fn heredocs() {
    table(
        "FROM a\n",
        &[
            ("RUN cat \\\n  <<EOF\na\n", "3:3: the heredoc never ends: no line is `EOF` alone"),
            ("COPY a <<EOF\nEOF", "2:1: COPY cannot have a heredoc as its destination"),
            ("COPY <<A\nA", "2:1: COPY requires at least two arguments: the destination is missing"),
            ("USER <<A\nA", "3:1: unknown instruction `A`"),
        ],
    );
}

#[test]
fn triggers_from_a_configuration() {
    for (text, expected) in [
        ("", "1:1: the trigger is empty"),
        ("FROM a", "1:1: FROM cannot be a trigger of ONBUILD"),
        ("RUN a\nRUN b", "2:1: a trigger is one instruction only"),
        ("RNU a", "1:1: unknown instruction `RNU`, did you mean `RUN`?"),
    ] {
        assert_eq!(brief(&parse_instruction(text).unwrap_err()), expected, "{text:?}");
    }
    let file = parse("Dockerfile", b"FROM a\nONBUILD RUN <<-E cat\n\tx\n\tE\n").unwrap();
    let dockerfile::Kind::Onbuild(trigger) = &file.stages[0].instructions[0].kind else {
        panic!("no trigger")
    };
    let dockerfile::Kind::Run(run) = parse_instruction(trigger).unwrap().kind else { panic!("no RUN") };
    assert_eq!(run.heredocs[0].text(), "x\n");
}
