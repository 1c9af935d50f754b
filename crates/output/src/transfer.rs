//! The progress of content on its way from or to a registry: a bar for each layer on a terminal, Docker's lines elsewhere.

use super::text::short_id;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::BTreeMap;
use std::io::Write;
use std::sync::{Mutex, PoisonError};

/// Where progress is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output, as `pull` and `push`.
    Output,
    /// Standard error, as a pull on the way to something else.
    Error,
    /// Nowhere.
    Nowhere,
}

/// Shows how far content is. It may be told by several threads.
#[derive(Debug)]
pub struct Transfers {
    stream: Stream,
    bars: Option<MultiProgress>,
    /// By the digest of a blob.
    known: Mutex<BTreeMap<String, ProgressBar>>,
}

impl Transfers {
    /// Shows it on a stream, which may be a terminal.
    pub fn new(stream: Stream) -> Self {
        let is_terminal = match stream {
            Stream::Output => sys::termios::isatty(sys::stdio::stdout()),
            Stream::Error => sys::termios::isatty(sys::stdio::stderr()),
            Stream::Nowhere => false,
        };
        let target = || match stream {
            Stream::Output => ProgressDrawTarget::stdout(),
            _ => ProgressDrawTarget::stderr(),
        };
        let bars = is_terminal.then(|| MultiProgress::with_draw_target(target()));
        Self { stream, bars, known: Mutex::default() }
    }

    /// A line of its own.
    pub fn line(&self, text: &str) {
        match &self.bars {
            // a terminal that is gone shows nothing
            Some(bars) => drop(bars.println(text)),
            None => write(self.stream, text),
        }
    }

    /// Content that will be on its way, and its size in bytes.
    pub fn expect(&self, digest: &str, size: u64, text: &str) {
        if let Some(bars) = &self.bars {
            let bar = bars.add(ProgressBar::new(size));
            bar.set_style(waiting());
            bar.set_prefix(short_id(digest).to_owned());
            bar.set_message(text.to_owned());
            self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(digest.to_owned(), bar);
        } else {
            self.line(&format!("{}: {text}", short_id(digest)));
        }
    }

    /// So many bytes are done.
    pub fn advance(&self, digest: &str, bytes: u64, text: &str) {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bar) = known.get(digest) {
            bar.set_style(moving());
            bar.set_message(text.to_owned());
            bar.set_position(bytes);
        }
    }

    /// Something is over for it, and something else begins.
    pub fn state(&self, digest: &str, text: &str) {
        self.turn(digest, text, ProgressBar::set_message);
    }

    /// It is done.
    pub fn finish(&self, digest: &str, text: &str) {
        self.turn(digest, text, ProgressBar::finish_with_message);
    }

    fn turn(&self, digest: &str, text: &str, show: fn(&ProgressBar, String)) {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        match known.get(digest) {
            Some(bar) => {
                bar.set_style(waiting());
                show(bar, text.to_owned());
            }
            None => self.line(&format!("{}: {text}", short_id(digest))),
        }
    }
}

fn write(stream: Stream, text: &str) {
    // nobody may be reading
    let _ = match stream {
        Stream::Output => writeln!(std::io::stdout(), "{text}"),
        Stream::Error => writeln!(std::io::stderr(), "{text}"),
        Stream::Nowhere => Ok(()),
    };
}

fn waiting() -> ProgressStyle {
    ProgressStyle::with_template("{prefix}: {msg}").expect("a template")
}

fn moving() -> ProgressStyle {
    ProgressStyle::with_template("{prefix}: {msg} [{bar:40}] {decimal_bytes}/{decimal_total_bytes}")
        .expect("a template")
        .progress_chars("=> ")
}
