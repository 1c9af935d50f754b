//! Tables of what each form expands to.

use super::*;

fn lookup(name: &str) -> Option<String> {
    let value = match name {
        "PWD" => "/home",
        "SHELL" => "bash",
        "NULL" => "",
        "TWO" => "a  b",
        "FILE" => "/usr/lib/lib.so.1.so",
        "KOREAN" => "한국어",
        "STARS" => "a*b?c\\d/e}f",
        _ => return None,
    };
    Some(value.to_owned())
}

#[track_caller]
fn table(cases: &[(&str, &str)]) {
    for (word, expected) in cases {
        let result = expand(word, '\\', &lookup).unwrap_or_else(|_| "error".to_owned());
        assert_eq!(result, *expected, "{word}");
    }
}

#[test]
fn quotes_and_escapes() {
    table(&[
        ("hello", "hello"),
        ("he'll'o", "hello"),
        ("he'llo", "error"),
        (r"he\'llo", "he'llo"),
        (r"he\\'llo", "error"),
        (r"abc\tdef", "abctdef"),
        (r#""abc\tdef""#, r"abc\tdef"),
        (r#""abc\\tdef""#, r"abc\tdef"),
        (r"'abc\tdef'", r"abc\tdef"),
        (r"hello\", "hello"),
        (r"hello\\", r"hello\"),
        (r#""hello"#, "error"),
        (r#""hello\""#, "error"),
        (r#""hel'lo""#, "hel'lo"),
        (r"'hello\'", r"hello\"),
        (r#""''""#, "''"),
        (r#"'"hello"'"#, r#""hello""#),
        (r#""""#, ""),
        (r"안\'녕", "안'녕"),
        ("안'녕", "error"),
    ]);
}

#[test]
fn plain_variables() {
    table(&[
        ("$.", "$."),
        ("$", "$"),
        ("he$1x", "hex"),
        ("$999aaa", "aaa"),
        ("$001aaa", "aaa"),
        ("he$PWD", "he/home"),
        (r"he\$PWD", "he$PWD"),
        (r"he\\$PWD", r"he\/home"),
        (r#""he\$PWD""#, "he$PWD"),
        (r#""he\\$PWD""#, r"he\/home"),
        (r"\${}", "${}"),
        ("${}", "error"),
        ("he${hi}xx", "hexx"),
        ("he${PWD}", "he/home"),
        ("he${.}", "error"),
        ("'he${XX}'", "he${XX}"),
        (r#""he'$PWD'""#, "he'/home'"),
        ("$KOREAN.", "한국어."),
        ("he${PWD", "error"),
        ("${{aaa}", "error"),
        ("${aaa}}", "}"),
        ("$@@@", "@@"),
        ("${@}aaa", "aaa"),
        ("$$", ""),
        ("${$:-bbb}", "bbb"),
        ("${-:-bbb}", "bbb"),
        ("$0$#$?", ""),
        ("a$'b'", "a$b"),
    ]);
}

#[test]
fn defaults_alternatives_and_requirements() {
    table(&[
        ("he${XXX:-000}xx", "he000xx"),
        ("he${PWD:-000}xx", "he/homexx"),
        ("he${XXX:-$PWD}xx", "he/homexx"),
        ("he${XXX:-${YYY:-yyy}}xx", "heyyyxx"),
        ("he${XXX:YYY}", "error"),
        ("he${PWD:=000}xx", "error"),
        ("he${XXX?}", "error"),
        ("he${XXX:?}", "error"),
        ("he${PWD:?}", "he/home"),
        ("he${NULL?}", "he"),
        ("he${NULL:?}", "error"),
        ("${NULL-x}|${NULL:-x}|${XXX-x}", "|x|x"),
        ("${NULL+x}|${NULL:+x}|${XXX+x}", "x||"),
        ("he${XXX:+${PWD}}xx", "hexx"),
        ("he${PWD:+${SHELL}}xx", "hebashxx"),
        ("he${PWD:+${PWD}:}xx", "he/home:xx"),
        (r"he${XXX:-\$PWD:}xx", "he$PWD:xx"),
        (r"he${XXX:-\${PWD}z}xx", "he${PWDz}xx"),
        ("${aaa:-bbb}}", "bbb}"),
        ("${aaa:-bbb", "error"),
        ("${aaa:-bbb {foo}", "bbb {foo"),
        ("${:}", "error"),
        ("${:-bbb}", "error"),
        ("${XXX:-'}'}", "}"),
        (r#"${XXX:-"a b"}"#, "a b"),
    ]);
}

#[test]
fn prefixes_suffixes_and_replacements() {
    table(&[
        ("${FILE#/usr}", "/lib/lib.so.1.so"),
        ("${FILE#*/}", "usr/lib/lib.so.1.so"),
        ("${FILE##*/}", "lib.so.1.so"),
        ("${FILE%.so*}", "/usr/lib/lib.so.1"),
        ("${FILE%%.so*}", "/usr/lib/lib"),
        ("${FILE%.?o}", "/usr/lib/lib.so.1"),
        ("${FILE#x}", "/usr/lib/lib.so.1.so"),
        ("${FILE#*}", "/usr/lib/lib.so.1.so"),
        ("${FILE##*}", ""),
        ("${FILE#/*/*/}", "lib.so.1.so"),
        ("${FILE:#x}", "error"),
        (r"${FILE#\x}", "error"),
        ("${XXX#x}", ""),
        ("${FILE/lib/LIB}", "/usr/LIB/lib.so.1.so"),
        ("${FILE//lib/LIB}", "/usr/LIB/LIB.so.1.so"),
        (r"${FILE//\//:}", ":usr:lib:lib.so.1.so"),
        ("${FILE/l*s/-}", "/usr/-o"),
        ("${FILE//so/}", "/usr/lib/lib..1."),
        ("${FILE/so}", "error"),
        ("${FILE/$SHELL/x}", "/usr/lib/lib.so.1.so"),
        ("${FILE//*/x}", "x"),
        ("${SHELL///-}", "-b-a-s-h-"),
        ("${KOREAN%?}", "한국"),
        (r"${STARS#a\*}", r"b?c\d/e}f"),
        (r"${STARS//\?/-}", r"a*b-c\d/e}f"),
        (r"${STARS//\\/-}", "a*b?c-d/e}f"),
        (r"${STARS%\}f}", r"a*b?c\d/e"),
    ]);
}

#[test]
fn the_backtick_as_escape() {
    let expand = |word| expand(word, '`', &lookup).unwrap();
    assert_eq!(expand(r"c:\dir\`$PWD"), r"c:\dir\$PWD");
    assert_eq!(expand("\"`\"\\\""), "\"\\");
}

#[test]
fn words_split_after_expansion() {
    for (text, expected) in [
        ("80  443", vec!["80", "443"]),
        ("$TWO", vec!["a", "b"]),
        ("\"$TWO\"", vec!["a  b"]),
        ("x$TWO\"c d\"", vec!["xa", "bc d"]),
        (r"a\ b c", vec!["a b", "c"]),
        ("'' \"\" $XXX", vec![]),
        ("'a b' ''c", vec!["a b", "c"]),
    ] {
        assert_eq!(expand_words(text, '\\', &lookup).unwrap(), expected, "{text}");
    }
}

#[test]
fn heredocs_keep_their_quotes() {
    let text = "\"a\" 'b' $PWD \\$PWD \\\\ it's\\\n";
    assert_eq!(expand_heredoc(text, &lookup).unwrap(), "\"a\" 'b' /home $PWD \\ it's\n");
}

#[test]
fn names_of_variables() {
    let names = |word| variables_in(word, '\\').into_iter().collect::<Vec<_>>().join(" ");
    assert_eq!(names("$a-${b:-$c}${d:+${e}}\"$f\"'$g'\\$h${i?no$j}${k/$l/$m}"), "a b c d e f i j k l m");
    assert_eq!(names("plain"), "");
    assert_eq!(names("$a${"), "a");
    assert_eq!(variables_in_heredoc("'$a'").len(), 1);
}

#[test]
fn expansions_are_bounded() {
    let big = "x".repeat(1 << 19);
    let lookup = |_: &str| Some(big.clone());
    assert_eq!(expand("$a$a$a$a$a", '\\', &lookup), Err(ExpandError::TooLarge));
    assert_eq!(expand("\"$a$a$a$a$a\"", '\\', &lookup), Err(ExpandError::TooLarge));
    assert_eq!(expand(&"${a#x}".repeat(2000), '\\', &lookup), Err(ExpandError::TooLarge));
    assert_eq!(expand(&format!("${{a%{}}}", "*x".repeat(5000)), '\\', &lookup), Err(ExpandError::TooLarge));
    assert_eq!(expand(&"${a:-".repeat(100_000), '\\', &|_| None), Err(ExpandError::TooLarge));
    assert_eq!(expand(&"\"${a:-".repeat(100_000), '\\', &|_| None), Err(ExpandError::TooLarge));
}
