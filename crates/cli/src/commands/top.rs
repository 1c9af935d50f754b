//! `tare top`.

use crate::failure::{Failure, Outcome};
use crate::globals::Globals;
use engine::containers::top::{self, Table};
use std::io::Write;
use unicode_width::UnicodeWidthStr;

/// The least width of a column, which is Docker's.
const NARROWEST: usize = 20;
/// The blanks between a column's widest cell and the next column.
const GAP: usize = 3;

/// Arguments of `top`.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Container, then the arguments that ps would get
    #[arg(required = true, trailing_var_arg = true, value_name = "CONTAINER [ARGUMENT…]")]
    words: Vec<String>,
}

pub(crate) fn run(globals: &Globals, arguments: Arguments) -> Outcome {
    let (container, columns) =
        arguments.words.split_first().ok_or_else(|| Failure::new("a container is needed"))?;
    let table = top::top(&globals.engine()?, container, columns)?;
    std::io::stdout().write_all(text(&table).as_bytes())?;
    Ok(0)
}

/// The table in columns; the last one is not padded.
fn text(table: &Table) -> String {
    let rows: Vec<&Vec<String>> = std::iter::once(&table.titles).chain(&table.processes).collect();
    let width = |column: usize| {
        let widest =
            rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.width()).max().unwrap_or(0);
        NARROWEST.max(widest + GAP)
    };
    let widths: Vec<usize> = (0..table.titles.len()).map(width).collect();
    let mut text = String::new();
    for row in rows {
        for (column, cell) in row.iter().enumerate() {
            text.push_str(cell);
            if column + 1 < row.len() {
                let blanks = widths.get(column).map_or(GAP, |width| width.saturating_sub(cell.width()));
                text.extend(std::iter::repeat_n(' ', blanks));
            }
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_twenty_wide_at_least() {
        let row = |cells: &[&str]| cells.iter().map(|cell| (*cell).to_owned()).collect::<Vec<_>>();
        let table = Table {
            titles: row(&["UID", "PID", "CMD"]),
            processes: vec![row(&["root", "1", "sleep 1"]), row(&["a-user-with-a-long-name", "12", "x"])],
        };
        insta::assert_snapshot!(text(&table), @r"
        UID                       PID                 CMD
        root                      1                   sleep 1
        a-user-with-a-long-name   12                  x
        ");
    }
}
