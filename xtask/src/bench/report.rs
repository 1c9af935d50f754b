//! Tables of what was found out: for the terminal, and as a page for `docs/`.

use std::path::Path;
use std::process::Command;

use super::outcome::{Figures, Outcome, Verdict, mebibytes, milliseconds};

/// One benchmark for the terminal.
pub(super) fn plain(outcome: &Outcome) -> String {
    let mut text = format!("\n{}: {}\n", outcome.name, outcome.what.replace('`', ""));
    let mut rows = vec![["", "min ms", "median ms", "CPU ms", "MiB", "ratio"].map(String::from)];
    let mut failures = String::new();
    for (index, line) in outcome.lines.iter().enumerate() {
        match &line.figures {
            Ok(figures) => rows.push(row(&line.label, figures, ratio(outcome, index))),
            Err(reason) => failures.push_str(&format!("  {}: {reason}\n", line.label)),
        }
    }
    if rows.len() > 1 {
        text.push_str(&aligned(&rows));
    }
    text.push_str(&failures);
    for verdict in outcome.verdicts() {
        text.push_str(&format!("  target: {}\n", words(&verdict)));
    }
    text.trim_end().into()
}

/// All targets for the terminal.
pub(super) fn targets(outcomes: &[Outcome]) -> String {
    let mut rows = vec![["", "target", "reached", ""].map(String::from)];
    for outcome in outcomes {
        for verdict in outcome.verdicts() {
            let reached = reached(&verdict);
            rows.push([outcome.name.into(), verdict.goal.clone(), reached, state(&verdict).into()]);
        }
    }
    format!("\n{}", aligned(&rows).trim_end())
}

/// The page for `docs/benchmarks.md`.
pub(super) fn markdown(outcomes: &[Outcome], versions: &[String], peers: &Path) -> String {
    let lab = if peers == Path::new("/") {
        "of this machine"
    } else {
        "in a root directory of their own (`--peers`)"
    };
    let mut text = format!(
        "# Benchmarks\n\n\
         Written by `cargo xtask bench --write` on {}; run it again rather than editing this page.\n\n\
         * Machine: {}\n\
         * Measured: {}; peers {lab}\n\
         * Contenders run in turn (A B, B A, ...), once each in every round, after one round for warming up. Stores are on a journalled\n  \
           ext4 file system in a loop file, run-time state is on a tmpfs.\n\
         * Images come from and go to a registry on loopback. Before each turn the contender has nothing of what it is to get, and all that\n  \
           was written before is on the disk; only what is used in the turns counts then.\n\
         * CPU is all that a contender's cgroups used per round, detached processes and daemons included.\n\
         * Memory is the sum of the high-water marks (`VmHWM`) of all processes of the contender, looked at every millisecond;\n  \
           memory that two of them share counts twice, page cache and the container's own program do not count.\n\
         * Ratio is our median divided by the contender's.\n\n",
        date(),
        machine(),
        versions.join(", "),
    );
    text.push_str("| Benchmark | | wall min (ms) | wall median (ms) | CPU (ms) | memory (MiB) | ratio |\n|---|---|---|---|---|---|---|\n");
    for outcome in outcomes {
        text.push_str(&measured(outcome));
    }
    text.push_str("\n## Targets\n\n| Benchmark | goal | reached | |\n|---|---|---|---|\n");
    for outcome in outcomes {
        for verdict in outcome.verdicts() {
            let (name, reached, state) = (outcome.name, reached(&verdict), state(&verdict));
            text.push_str(&format!("| {name} | {} | {reached} | {state} |\n", verdict.goal));
        }
    }
    text.push_str("\n## What is measured\n\n");
    for outcome in outcomes {
        text.push_str(&format!("* **{}**: {}.\n", outcome.name, outcome.what));
    }
    text
}

/// The rows of one benchmark in the page.
fn measured(outcome: &Outcome) -> String {
    let mut text = String::new();
    for (index, line) in outcome.lines.iter().enumerate() {
        let name = if index == 0 { outcome.name } else { "" };
        text.push_str(&match &line.figures {
            Ok(figures) => {
                format!("| {name} | {} |\n", row(&line.label, figures, ratio(outcome, index)).join(" | "))
            }
            Err(reason) => format!("| {name} | {}: {} | | | | | |\n", line.label, reason.replace('|', "\\|")),
        });
    }
    text
}

fn row(label: &str, figures: &Figures, ratio: Option<f64>) -> [String; 6] {
    let time =
        |duration: Option<_>| duration.map_or(String::new(), |time| format!("{:.1}", milliseconds(time)));
    [
        label.into(),
        time(figures.minimum),
        time(figures.median),
        time(figures.cpu),
        figures.memory.map_or(String::new(), |memory| format!("{:.2}", mebibytes(memory))),
        ratio.map_or(String::new(), |ratio| format!("{ratio:.2}")),
    ]
}

/// Of ourselves there is none.
fn ratio(outcome: &Outcome, index: usize) -> Option<f64> {
    if index == 0 { None } else { outcome.ratio(index) }
}

fn words(verdict: &Verdict) -> String {
    let reached = verdict.reached.map_or(String::new(), |reached| format!(", reached {reached:.2}"));
    format!("{}{reached}: {}", verdict.goal, state(verdict))
}

fn reached(verdict: &Verdict) -> String {
    verdict.reached.map_or(String::new(), |reached| format!("{reached:.2}"))
}

fn state(verdict: &Verdict) -> &'static str {
    match (verdict.reached, verdict.met) {
        (None, _) => "not measured",
        (_, true) => "met",
        (_, false) => "MISSED",
    }
}

/// Columns of equal width; all but the first are aligned to the right. A column with a heading and nothing else is
/// left out.
fn aligned<const N: usize>(rows: &[[String; N]]) -> String {
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let filled = |column: &usize| rows.iter().skip(1).any(|row| !row[*column].is_empty());
    let columns: Vec<_> = (0..N).filter(filled).map(|column| (column, width(column))).collect();
    let mut text = String::new();
    for row in rows {
        let cells = columns.iter().map(|&(column, width)| match column {
            0 => format!("{:<width$}", row[column]),
            _ => format!("{:>width$}", row[column]),
        });
        text.push_str(&format!("  {}\n", cells.collect::<Vec<_>>().join("  ").trim_end()));
    }
    text
}

fn date() -> String {
    let output = Command::new("date").arg("+%Y-%m-%d").output();
    output.map_or(String::new(), |output| String::from_utf8_lossy(&output.stdout).trim().into())
}

/// Processor, cores, memory and kernel.
fn machine() -> String {
    let processors = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = processors
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "))
        .map(|(_, name)| name);
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    format!("{}, {cores} cores, Linux {}", model.unwrap_or("unknown processor").trim(), kernel.trim())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{measured, plain};
    use crate::bench::contender::Kind;
    use crate::bench::outcome::{Line, Outcome, Target, minimum_and_median};

    fn outcome() -> Outcome {
        let line = |label: &str, time| Line {
            label: label.into(),
            kind: if label.starts_with("tare") { Kind::Tare } else { Kind::Crun },
            figures: Ok(minimum_and_median(vec![Duration::from_micros(time)])),
        };
        let failed = Line { label: "docker".into(), kind: Kind::Docker, figures: Err("not up".into()) };
        let lines = vec![line("tare 0.1.0", 9000), line("crun 1.28", 12000), failed];
        Outcome { name: "run", what: "`run` against crun", lines, targets: &[Target::Wall(Kind::Crun, 1.0)] }
    }

    #[test]
    fn the_terminal_shows_a_table_the_reasons_and_the_target() {
        let expected = "\nrun: run against crun\n\
                        \x20             min ms  median ms  ratio\n\
                        \x20 tare 0.1.0     9.0        9.0\n\
                        \x20 crun 1.28     12.0       12.0   0.75\n\
                        \x20 docker: not up\n\
                        \x20 target: at most 1 of crun 1.28, reached 0.75: met";
        assert_eq!(plain(&outcome()), expected);
    }

    #[test]
    fn the_page_has_a_row_for_each_contender() {
        let expected = "| run | tare 0.1.0 | 9.0 | 9.0 |  |  |  |\n\
                        |  | crun 1.28 | 12.0 | 12.0 |  |  | 0.75 |\n\
                        |  | docker: not up | | | | | |\n";
        assert_eq!(measured(&outcome()), expected);
    }
}
