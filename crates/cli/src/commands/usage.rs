//! A command's words: parsed, or refused in the words that Docker's users and scripts know.

use super::unsupported;
use crate::failure::{ENGINE, Failure, Outcome};
use clap::builder::ValueParser;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, ArgMatches, Command};
use std::ffi::OsString;

/// Parses the words of a command, the first of them its name. `None`: its help was asked for, and printed.
pub(super) fn parse(command: &Command, words: &[OsString]) -> Outcome<Option<ArgMatches>> {
    let parsed = match command.clone().try_get_matches_from(words) {
        // seldom: a switch with a value, `--rm=false` or `-i=false`
        Err(error) if matches!(error.kind(), ErrorKind::TooManyValues | ErrorKind::UnknownArgument) => {
            command.clone().mut_args(with_value).try_get_matches_from(words)
        }
        other => other,
    };
    match parsed {
        Ok(matches) => Ok(Some(matches)),
        Err(error) if !error.use_stderr() => {
            // nobody may be reading it
            let _ = error.print();
            Ok(None)
        }
        Err(error) => Err(refuse(command, &error)),
    }
}

/// A switch that also takes `=true` and `=false`. Help shows the plain form.
fn with_value(argument: Arg) -> Arg {
    if !matches!(argument.get_action(), ArgAction::SetTrue) {
        return argument;
    }
    argument
        .action(ArgAction::Set)
        .num_args(0..=1)
        .require_equals(true)
        .default_value("false")
        .default_missing_value("true")
        .value_parser(ValueParser::new(truth))
}

/// The words for true and false that Go's flags know.
fn truth(text: &str) -> Result<bool, String> {
    match text {
        "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(true),
        "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(false),
        _ => Err("true or false is needed".into()),
    }
}

/// Prints what is wrong. Flags end with 125, a wrong number of arguments with 1, as Docker's.
fn refuse(command: &Command, error: &clap::Error) -> Failure {
    let program = command.get_bin_name().unwrap_or("tare");
    let (reason, code) = reason(command, error);
    say!("{reason}\nSee '{program} --help'.");
    Failure::silent(code)
}

fn reason(command: &Command, error: &clap::Error) -> (String, i32) {
    let program = command.get_bin_name().unwrap_or("tare");
    let word = |kind| match error.get(kind) {
        Some(ContextValue::String(word)) => word.as_str(),
        _ => "",
    };
    let flag = word(ContextKind::InvalidArg).split([' ', '=', '[']).next().unwrap_or_default();
    match error.kind() {
        ErrorKind::UnknownArgument if flag.starts_with('-') => {
            if let Some(name) = unsupported::flag(command.get_name(), flag) {
                return (format!("{program}: {name} is not supported yet"), ENGINE);
            }
            match flag.strip_prefix('-').filter(|letter| !letter.starts_with('-')) {
                Some(letter) => (format!("unknown shorthand flag: '{letter}' in {flag}"), ENGINE),
                None => (format!("unknown flag: {flag}"), ENGINE),
            }
        }
        ErrorKind::UnknownArgument | ErrorKind::MissingRequiredArgument | ErrorKind::TooFewValues => {
            (format!("'{program}' {}", required(command)), 1)
        }
        ErrorKind::InvalidValue if word(ContextKind::InvalidValue).is_empty() => {
            (format!("flag needs an argument: {flag}"), ENGINE)
        }
        ErrorKind::InvalidValue | ErrorKind::ValueValidation => {
            let value = word(ContextKind::InvalidValue);
            let cause =
                std::error::Error::source(error).map(|cause| format!(": {cause}")).unwrap_or_default();
            (format!("invalid argument \"{value}\" for \"{}\" flag{cause}", names(command, flag)), ENGINE)
        }
        _ => {
            let text = error.to_string();
            let first = text.lines().next().unwrap_or_default();
            (first.strip_prefix("error: ").unwrap_or(first).to_owned(), ENGINE)
        }
    }
}

/// How many arguments a command takes: `requires at least 1 argument`.
fn required(command: &Command) -> String {
    let (mut least, mut is_exact) = (0, true);
    for argument in command.get_positionals() {
        let range = argument.get_num_args().unwrap_or_else(|| 1.into());
        let fewest = if argument.is_required_set() { range.min_values().max(1) } else { 0 };
        least += fewest;
        is_exact &= range.max_values() == fewest && !matches!(argument.get_action(), ArgAction::Append);
    }
    let plural = if least == 1 { "" } else { "s" };
    match (least, is_exact) {
        (0, true) => "accepts no arguments".to_owned(),
        (_, true) => format!("requires {least} argument{plural}"),
        (_, false) => format!("requires at least {least} argument{plural}"),
    }
}

/// All names of a flag: `-t, --timeout`.
fn names(command: &Command, flag: &str) -> String {
    let is_it =
        |argument: &&Arg| argument.get_long().is_some_and(|long| flag.strip_prefix("--") == Some(long));
    match command.get_arguments().find(is_it).and_then(Arg::get_short) {
        Some(short) => format!("-{short}, {flag}"),
        None => flag.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command() -> Command {
        let switch =
            |name: &'static str, short| Arg::new(name).long(name).short(short).action(ArgAction::SetTrue);
        Command::new("run")
            .bin_name("tare run")
            .args_override_self(true)
            .args([switch("interactive", 'i'), switch("tty", 't')])
            .arg(Arg::new("memory").long("memory").short('m').value_parser(clap::value_parser!(u32)))
            .arg(Arg::new("words").required(true).num_args(1..).trailing_var_arg(true))
    }

    fn words(line: &str) -> Vec<OsString> {
        std::iter::once("tare run")
            .chain(line.split(' ').filter(|w| !w.is_empty()))
            .map(OsString::from)
            .collect()
    }

    fn refusal(line: &str) -> (String, i32) {
        let error = command().try_get_matches_from(words(line)).expect_err(line);
        reason(&command(), &error)
    }

    #[test]
    fn refusals_as_docker_words_them() {
        let known = [
            ("--nope image", "unknown flag: --nope", 125),
            ("--nope=1 image", "unknown flag: --nope", 125),
            ("-ix image", "unknown shorthand flag: 'x' in -x", 125),
            ("--publish 80:80 image", "tare run: --publish is not supported yet", 125),
            ("-ip 80:80 image", "tare run: --publish (-p) is not supported yet", 125),
            ("", "'tare run' requires at least 1 argument", 1),
            ("--memory", "flag needs an argument: --memory", 125),
            (
                "-m x image",
                "invalid argument \"x\" for \"-m, --memory\" flag: invalid digit found in string",
                125,
            ),
        ];
        for (line, message, code) in known {
            assert_eq!(refusal(line), (message.to_owned(), code), "{line}");
        }
    }

    #[test]
    fn switches_take_truths() {
        for (line, interactive, tty) in [
            ("-it image", true, true),
            ("-i=false -t image", false, true),
            ("--tty=1 --interactive=F image", false, true),
            ("-it=0 image", true, false),
        ] {
            let matches = parse(&command(), &words(line)).expect(line).expect(line);
            assert_eq!(
                (matches.get_flag("interactive"), matches.get_flag("tty")),
                (interactive, tty),
                "{line}"
            );
        }
    }

    #[test]
    fn what_follows_the_first_word_is_left_alone() {
        let matches = parse(&command(), &words("-i image -t --nope -m")).expect("parsed").expect("no help");
        let rest: Vec<&String> = matches.get_many("words").expect("words").collect();
        assert_eq!(rest, ["image", "-t", "--nope", "-m"]);
        assert!(!matches.get_flag("tty"));
    }
}
