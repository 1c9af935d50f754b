//! `tare attach`.

use super::attend::attend_all;
use crate::failure::{Failure, Outcome};
use crate::globals::Globals;
use crate::session::{Session, Wanted};
use crate::terminal;
use engine::Which;
use engine::containers::{attach, find};

/// Arguments of `attach`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Keys that detach from a terminal
    #[arg(long, default_value = "ctrl-p,ctrl-q", value_name = "KEYS")]
    detach_keys: String,
    /// Do not attach standard input
    #[arg(long)]
    no_stdin: bool,
    /// Pass signals on to the process
    #[arg(long, default_value_t = true, action = clap::ArgAction::Set, num_args = 0..=1, default_missing_value = "true", require_equals = true)]
    sig_proxy: bool,
    /// Name or id
    container: String,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let engine = globals.engine()?;
    let record = find(&engine, &arguments.container)?.record;
    let streams = Which { input: !arguments.no_stdin && record.open_input, output: true, error: true };
    if record.terminal && !arguments.no_stdin && !terminal::input_is_terminal() {
        return Err(Failure::new("the input device is not a TTY"));
    }
    let proxy_signals = arguments.sig_proxy && !record.terminal;
    let wanted = Wanted { streams, terminal: record.terminal, proxy_signals };
    let (session, ends) = Session::prepare(wanted, &arguments.detach_keys)?;
    let connection = attach::attach(&engine, &arguments.container, &ends.streams())?;
    drop(ends);
    attend_all(session, &connection)
}
