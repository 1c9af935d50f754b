//! `tare logs`.

use crate::failure::{Failure, Outcome};
use crate::globals::Globals;
use engine::containers::logs::{self, LogLine, Options, Stream};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use output::time::moment;
use std::io::{self, BufWriter, Write};
use std::ops::ControlFlow;

/// Arguments of `logs`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Show what log options add to a line
    #[arg(long)]
    details: bool,
    /// Wait for more until the container ends
    #[arg(short, long)]
    follow: bool,
    /// Show what is not older than a date (2013-01-02T13:23:37Z) or an age (42m)
    #[arg(long, allow_hyphen_values = true, value_name = "TIME")]
    since: Option<String>,
    /// Number of lines from the end, or all
    #[arg(short = 'n', long, default_value = "all", allow_hyphen_values = true, value_name = "NUMBER")]
    tail: String,
    /// Show times
    #[arg(short, long)]
    timestamps: bool,
    /// Show what is older than a date (2013-01-02T13:23:37Z) or an age (42m)
    #[arg(long, allow_hyphen_values = true, value_name = "TIME")]
    until: Option<String>,
    /// Name or id
    container: String,
}

impl Arguments {
    fn options(&self) -> Outcome<Options> {
        let now = Timestamp::now();
        let moment = |text: &Option<String>| -> Outcome<Option<Timestamp>> {
            let given = text.as_deref().filter(|text| !text.is_empty());
            Ok(given.map(|text| moment::parse(text, now, &TimeZone::system())).transpose()?)
        };
        Ok(Options {
            since: moment(&self.since)?,
            until: moment(&self.until)?,
            tail: lines(&self.tail)?,
            follow: self.follow,
            ..Options::default()
        })
    }
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let options = arguments.options()?;
    let engine = globals.engine()?;
    let style = Style { has_details: arguments.details, has_times: arguments.timestamps };
    let mut output = BufWriter::new(io::stdout().lock());
    let mut written = Ok(());
    let mut emit = |line: LogLine| {
        written = write(&mut output, &line, style)
            .and_then(|()| if options.follow { output.flush() } else { Ok(()) });
        if written.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    };
    let read = logs::read(&engine, &arguments.container, &options, &mut emit, None);
    written.and_then(|()| output.flush())?;
    read?;
    Ok(0)
}

/// How many lines were asked for: `None` for all, which a negative number means too.
fn lines(text: &str) -> Outcome<Option<u64>> {
    match text.parse::<i64>() {
        Ok(number) => Ok(u64::try_from(number).ok()),
        Err(_) if text == "all" => Ok(None),
        Err(_) => Err(Failure::usage(format!("invalid number of lines \"{text}\": want a number or all"))),
    }
}

/// What stands before a line.
#[derive(Debug, Clone, Copy)]
struct Style {
    has_details: bool,
    has_times: bool,
}

/// A line goes where it came from. What is still in the buffer of standard output goes before a line on standard error.
fn write(output: &mut impl Write, line: &LogLine, style: Style) -> io::Result<()> {
    match line.stream {
        Stream::Output => output.write_all(&text(line, style)),
        Stream::Error => {
            output.flush()?;
            io::stderr().write_all(&text(line, style))
        }
    }
}

fn text(line: &LogLine, style: Style) -> Vec<u8> {
    let mut text = Vec::with_capacity(line.bytes.len() + 32);
    if style.has_times {
        // always with nine digits, so that lines stand below each other
        text.extend(line.time.strftime("%Y-%m-%dT%H:%M:%S.%9fZ ").to_string().bytes());
    }
    if style.has_details {
        // no log option of ours adds anything
        text.push(b' ');
    }
    text.extend(&line.bytes);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_with_what_stands_before_them() {
        let time = "2024-01-02T03:04:05.5Z".parse().expect("a time");
        let line = LogLine { stream: Stream::Output, time, bytes: b"hello\n".to_vec() };
        let shown = |has_details, has_times| {
            String::from_utf8(text(&line, Style { has_details, has_times })).expect("text")
        };
        assert_eq!(shown(false, false), "hello\n");
        assert_eq!(shown(true, false), " hello\n");
        assert_eq!(shown(true, true), "2024-01-02T03:04:05.500000000Z  hello\n");
    }

    #[test]
    fn numbers_of_lines() {
        for (text, number) in [
            ("all", Some(None)),
            ("-1", Some(None)),
            ("0", Some(Some(0))),
            ("10", Some(Some(10))),
            ("x", None),
            ("", None),
        ] {
            assert_eq!(lines(text).ok(), number, "{text}");
        }
    }
}
