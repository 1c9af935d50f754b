//! Where the last lines of a log begin, found from its end.

use super::files::{BLOCK, LogFile};
use crate::error::Result;

/// Leaves only the last `lines` lines to be read of files given the newest first: drops older files and sets the oldest one left to where they begin.
pub(super) fn skip(files: &mut Vec<LogFile>, lines: u64) -> Result<()> {
    let mut left = lines;
    for index in 0..files.len() {
        let (begin, found) = begin_of_last(&files[index], left)?;
        left -= found;
        if begin > 0 || left == 0 {
            files.truncate(index + 1);
            return files[index].seek(begin);
        }
    }
    Ok(())
}

/// Where the last `lines` lines of a file begin, and how many of them it has. What is after the last newline is no line yet, and comes with them.
fn begin_of_last(file: &LogFile, lines: u64) -> Result<(u64, u64)> {
    let mut block = vec![0; BLOCK];
    let mut end = file.len()?;
    let mut newlines = 0;
    while end > 0 {
        let begin = end.saturating_sub(BLOCK as u64);
        let length = usize::try_from(end - begin).expect("a block is small");
        let read = file.read_at(&mut block[..length], begin)?;
        for (at, _) in block[..read].iter().enumerate().rev().filter(|(_, byte)| **byte == b'\n') {
            if newlines == lines {
                return Ok((begin + at as u64 + 1, lines));
            }
            newlines += 1;
        }
        end = begin;
    }
    Ok((0, newlines))
}
