//! Whole builds, seen from outside.

use std::sync::mpsc::channel;
use std::time::Duration;

use insta::assert_snapshot;
use proptest::prelude::*;

use super::plain::{Plain, failures};
use super::screen::{Painter, last_lines, lines};
use super::steps::Steps;
use super::{Event, Kind, Size, Style, follow};

fn event(step: usize, kind: Kind) -> Event {
    let names = ["FROM debian:bookworm", "RUN apt-get update", "COPY . /app", "RUN make"];
    Event { step, of: 4, name: names[(step - 1) % names.len()].to_owned(), kind }
}

fn output(step: usize, text: &str) -> Event {
    event(step, Kind::Output(text.as_bytes().to_vec()))
}

/// A build at the times, in milliseconds, when things happen.
fn build() -> Vec<(u64, Event)> {
    vec![
        (0, event(1, Kind::Cached)),
        (10, event(2, Kind::Started)),
        (422, output(2, "Get:1 http://deb.debian.org bookworm\nGet:2 \x1b[32mgreen")),
        (500, event(3, Kind::Started)),
        (700, event(3, Kind::Finished { milliseconds: 200 })),
        (12_010, output(2, "\x1b[0m\n 50%\r100%")),
        (12_020, event(2, Kind::Finished { milliseconds: 12_010 })),
        (12_021, output(2, "too late\n")),
        (12_030, event(4, Kind::Started)),
        (12_040, output(4, "make: *** No rule.  Stop.\n")),
        (13_030, event(4, Kind::Failed { message: "process \"/bin/sh -c make\" exited with 2".to_owned() })),
    ]
}

fn plain(events: Vec<(u64, Event)>) -> String {
    let (mut steps, mut plain) = (Steps::default(), Plain::default());
    let mut text = String::new();
    for (milliseconds, event) in events {
        let change = steps.apply(event, Duration::from_millis(milliseconds));
        text += &plain.render(&steps, &change);
    }
    text + &failures(&steps)
}

/// The screen after the first `count` events.
fn screen(count: usize, size: Size) -> String {
    let mut steps = Steps::default();
    let mut now = Duration::ZERO;
    for (milliseconds, event) in build().into_iter().take(count) {
        now = Duration::from_millis(milliseconds);
        steps.apply(event, now);
    }
    let shown: Vec<String> = lines(&steps, now, size).iter().map(ToString::to_string).collect();
    shown.join("\n")
}

#[test]
fn plain_progress() {
    assert_snapshot!(plain(build()), @r#"
    #1 [1/4] FROM debian:bookworm
    #1 CACHED

    #2 [2/4] RUN apt-get update
    #2 0.412 Get:1 http://deb.debian.org bookworm
    #2 ...

    #3 [3/4] COPY . /app
    #3 DONE 0.2s

    #2 [2/4] RUN apt-get update
    #2 12.00 Get:2 green
    #2 12.01 100%
    #2 DONE 12.0s

    #4 [4/4] RUN make
    #4 0.010 make: *** No rule.  Stop.
    #4 ERROR: process "/bin/sh -c make" exited with 2

    ------
     > [4/4] RUN make:
    0.010 make: *** No rule.  Stop.
    ------
    "#);
}

#[test]
fn plain_progress_of_a_canceled_build() {
    let events =
        vec![(0, event(1, Kind::Started)), (5, output(1, "half a li")), (9, event(1, Kind::Canceled))];
    assert_snapshot!(plain(events), @r"
    #1 [1/4] FROM debian:bookworm
    #1 0.009 half a li
    #1 CANCELED
    ");
}

#[test]
fn live_progress() {
    assert_snapshot!(screen(6, Size { width: 60, height: 24 }), @r"
    [+] Building 12.0s (2/4)
     => CACHED [1/4] FROM debian:bookworm                   0.0s
     => [2/4] RUN apt-get update                           12.0s
     => => # Get:1 http://deb.debian.org bookworm
     => => # Get:2 green
     => => # 100%
     => [3/4] COPY . /app                                   0.2s
    ");
}

#[test]
fn live_progress_on_a_small_terminal() {
    assert_snapshot!(screen(6, Size { width: 24, height: 5 }), @r"
    [+] Building 12.0s (2/4)
     => [2/4] RUN apt… 12.0s
     => => # Get:2 green
     => => # 100%
    ");
    assert_eq!(screen(6, Size { width: 0, height: 0 }), "");
}

#[test]
fn live_progress_keeps_six_lines_of_output() {
    let mut steps = Steps::default();
    let text: String = (1..=30).map(|number| format!("line {number}\n")).collect();
    steps.apply(output(1, &text), Duration::ZERO);
    let shown: Vec<String> = lines(&steps, Duration::ZERO, Size { width: 40, height: 24 })
        .iter()
        .map(ToString::to_string)
        .collect();
    assert_eq!(
        (shown.len(), shown[2].as_str(), shown[7].as_str()),
        (8, " => => # line 25", " => => # line 30")
    );
}

#[test]
fn what_stays_behind() {
    let mut steps = Steps::default();
    for (milliseconds, event) in build() {
        steps.apply(event, Duration::from_millis(milliseconds));
    }
    let shown: Vec<String> =
        last_lines(&steps, Duration::from_secs(13), 60).iter().map(ToString::to_string).collect();
    assert_snapshot!(shown.join("\n"), @r"
    [+] Building 13.0s (4/4) FAILED
     => CACHED [1/4] FROM debian:bookworm                   0.0s
     => [2/4] RUN apt-get update                           12.0s
     => [3/4] COPY . /app                                   0.2s
     => ERROR [4/4] RUN make                                1.0s
    ");
}

#[test]
fn frames_are_painted_over_one_another() {
    let mut steps = Steps::default();
    let size = Size { width: 30, height: 24 };
    let mut painter = Painter::default();
    steps.apply(output(1, "text\n"), Duration::ZERO);
    let first = painter.frame(&lines(&steps, Duration::ZERO, size));
    steps.apply(event(1, Kind::Finished { milliseconds: 1 }), Duration::ZERO);
    let second = painter.frame(&lines(&steps, Duration::ZERO, size));
    assert_snapshot!(first.escape_debug(), @r"\u{1b}[?25l\r\u{1b}[2K[+] Building 0.0s (0/4)\n\u{1b}[2K => [1/4] FROM debian:bo… 0.0s\n\u{1b}[2K\u{1b}[2m => => # text\u{1b}[0m\n\u{1b}[J");
    assert_snapshot!(second.escape_debug(), @r"\u{1b}[?25l\u{1b}[3A\r\u{1b}[2K[+] Building 0.0s (1/4)\n\u{1b}[2K => [1/4] FROM debian:bo… 0.0s\n\u{1b}[J");
}

fn followed(style: Style, size: Option<Size>) -> String {
    let (sender, receiver) = channel();
    for (_, event) in build() {
        sender.send(event).expect("the receiver is here");
    }
    drop(sender);
    let mut out = Vec::new();
    follow(&receiver, style, &mut out, &|| size).expect("a vector takes any text");
    String::from_utf8(out).expect("UTF-8")
}

#[test]
fn styles() {
    let terminal = Some(Size { width: 80, height: 24 });
    assert_eq!(followed(Style::Quiet, terminal), "");
    assert!(followed(Style::Auto, None).starts_with("#1 [1/4] FROM debian:bookworm\n#1 CACHED\n\n#2 "));
    assert!(followed(Style::Tty, None).starts_with("#1 "));
    assert!(followed(Style::Plain, terminal).starts_with("#1 "));
    for style in [Style::Auto, Style::Tty] {
        let live = followed(style, terminal);
        assert!(live.starts_with("\x1b[?25l") && live.ends_with("\x1b[?25h"), "{live:?}");
        assert!(live.contains("(4/4) FAILED") && live.contains("\n > [4/4] RUN make:\n"), "{live:?}");
    }
}

proptest! {
    #[test]
    fn any_build_fits_any_terminal(
        events in prop::collection::vec((1_usize..9, 0_u8..6, "\\PC{0,30}"), 0..40),
        width in 0_usize..120,
        height in 0_usize..20,
    ) {
        let mut steps = Steps::default();
        let mut text = Plain::default();
        for (step, kind, words) in events {
            let kind = match kind {
                0 => Kind::Started,
                1 => Kind::Cached,
                2 => Kind::Finished { milliseconds: 5 },
                3 => Kind::Failed { message: words },
                4 => Kind::Canceled,
                _ => Kind::Output(words.into_bytes()),
            };
            let change = steps.apply(event(step, kind), Duration::from_millis(7));
            let _ = text.render(&steps, &change);
        }
        let shown = lines(&steps, Duration::from_secs(1), Size { width, height });
        prop_assert!(shown.len() <= height.saturating_sub(1).max(1));
    }
}
