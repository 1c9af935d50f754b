//! Text with tabs, laid out in columns.
//!
//! The rules are those of Go's `text/tabwriter`, with the settings that Docker uses: a cell ends
//! at a tab; a column is a run of consecutive lines that have a cell there, as wide as its widest
//! cell and a gap of three blanks, and at least ten; the text after a line's last tab is no cell
//! and is neither padded nor counted.

use unicode_width::UnicodeWidthStr;

/// The least width of a column with its gap, in terminal columns.
const NARROWEST: usize = 10;

/// The blanks between a column's widest cell and the next column.
const GAP: usize = 3;

/// Lays out the lines of `text`; their cells are separated by tabs.
pub fn align(text: &str) -> String {
    let mut lines: Vec<Line<'_>> =
        text.lines().map(|line| Line { cells: line.split('\t').collect(), widths: Vec::new() }).collect();
    let columns = lines.iter().map(|line| line.cells.len() - 1).max().unwrap_or(0);
    for column in 0..columns {
        for run in lines.chunk_by_mut(|above, below| above.has(column) == below.has(column)) {
            widen(run, column);
        }
    }
    lines.iter().fold(String::with_capacity(text.len() * 2), |mut laid_out, line| {
        line.append_to(&mut laid_out);
        laid_out
    })
}

/// A line's cells, and the widths of the columns that they stand in.
struct Line<'a> {
    cells: Vec<&'a str>,
    widths: Vec<usize>,
}

impl Line<'_> {
    fn has(&self, column: usize) -> bool {
        column + 1 < self.cells.len()
    }

    fn append_to(&self, text: &mut String) {
        for (position, cell) in self.cells.iter().enumerate() {
            text.push_str(cell);
            if let Some(width) = self.widths.get(position) {
                let blanks = width.saturating_sub(cell.width());
                text.extend(std::iter::repeat_n(' ', blanks));
            }
        }
        text.push('\n');
    }
}

/// Gives a run of lines, all with a cell in `column` or all without, the width of that column.
fn widen(run: &mut [Line<'_>], column: usize) {
    if !run.first().is_some_and(|line| line.has(column)) {
        return;
    }
    let widest = run.iter().map(|line| line.cells[column].width()).max().unwrap_or(0);
    for line in run {
        line.widths.push(NARROWEST.max(widest + GAP));
    }
}

#[cfg(test)]
mod tests {
    use super::align;
    use insta::assert_snapshot;
    use proptest::prelude::*;

    #[test]
    fn containers_as_docker_prints_them() {
        let text = "CONTAINER ID\tIMAGE\tCOMMAND\tCREATED\tSTATUS\tPORTS\tNAMES\n\
            0123456789ab\tdebian:bookworm\t\"/bin/sh -c 'while t…\"\tAbout an hour ago\tUp 5 minutes (healthy)\t443/tcp, 0.0.0.0:8080->80/tcp\tweb\n\
            ffffffffffff\tbbbbbbbbbbbb\t\"x\\ty\"\t31 seconds ago\tExited (0) 2 seconds ago\t\t日本\n";
        assert_snapshot!(align(text), @r#"
        CONTAINER ID   IMAGE             COMMAND                  CREATED             STATUS                     PORTS                           NAMES
        0123456789ab   debian:bookworm   "/bin/sh -c 'while t…"   About an hour ago   Up 5 minutes (healthy)     443/tcp, 0.0.0.0:8080->80/tcp   web
        ffffffffffff   bbbbbbbbbbbb      "x\ty"                   31 seconds ago      Exited (0) 2 seconds ago                                   日本
        "#);
    }

    #[test]
    fn short_columns_are_ten_wide() {
        assert_eq!(align("DRIVER\tVOLUME NAME\nlocal\tv1\n"), "DRIVER    VOLUME NAME\nlocal     v1\n");
    }

    #[test]
    fn trailing_tab_pads_the_last_cell() {
        assert_eq!(align("NAME\t\ndefault\t\n"), "NAME      \ndefault   \n");
    }

    #[test]
    fn a_line_without_the_cell_ends_the_column() {
        let text = "a\tb\nplain\na longer cell\tb\n";
        assert_eq!(align(text), "a         b\nplain\na longer cell   b\n");
    }

    #[test]
    fn columns_that_narrow_columns_share_split_with_them() {
        let text = "a\twwwwwwwwwwww\tc\nb\tx\nc\ty\tz\n";
        assert_eq!(align(text), "a         wwwwwwwwwwww   c\nb         x\nc         y         z\n");
    }

    #[test]
    fn wide_characters_take_two_columns() {
        assert_eq!(align("日本語日本語\tb\nx\tc\n"), "日本語日本語   b\nx              c\n");
    }

    #[test]
    fn nothing_is_nothing() {
        assert_eq!(align(""), "");
    }

    proptest! {
        #[test]
        fn any_text_keeps_its_lines(text in "[a-z\t\n日é]{0,200}") {
            prop_assert_eq!(align(&text).lines().count(), text.lines().count());
        }
    }
}
