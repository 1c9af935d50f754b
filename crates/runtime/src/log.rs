//! A container's log: one JSON object a line, as Docker's `json-file` driver writes it, in a bounded number of bounded files.

use crate::error::{At, Result};
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Longest piece of a line that becomes one record, in bytes; a longer line is several records, all but the last without a newline at the end.
const LONGEST: usize = 16 << 10;

/// How much is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Number of files, the current one included.
    pub files: u32,
    /// Bytes after which a new file is begun.
    pub size: u64,
}

impl Default for Bounds {
    /// 3 files of 10 MB.
    fn default() -> Self {
        Self { files: 3, size: 10_000_000 }
    }
}

/// Which stream a record is from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// Standard output, or the terminal.
    Output,
    /// Standard error.
    Error,
}

impl Stream {
    fn name(self) -> &'static str {
        match self {
            Self::Output => "stdout",
            Self::Error => "stderr",
        }
    }

    fn index(self) -> usize {
        match self {
            Self::Output => 0,
            Self::Error => 1,
        }
    }
}

/// An open log. The current file is `path`; older ones have `.1`, `.2` … behind their name.
#[derive(Debug)]
pub struct Log {
    path: PathBuf,
    file: File,
    size: u64,
    bounds: Bounds,
    /// The unfinished line of each stream.
    partial: [Vec<u8>; 2],
}

impl Log {
    /// Opens the log at `path` for appending, making it if it is not there.
    ///
    /// # Errors
    /// What the system reports.
    pub fn open(path: &Path, bounds: Bounds) -> Result<Self> {
        let file = Self::file(path)?;
        let size = file.metadata().at("stat", path)?.len();
        Ok(Self { path: path.to_path_buf(), file, size, bounds, partial: [Vec::new(), Vec::new()] })
    }

    fn file(path: &Path) -> Result<File> {
        use std::os::unix::fs::OpenOptionsExt;
        fs::OpenOptions::new().create(true).append(true).mode(0o640).open(path).at("open", path)
    }

    /// Adds output. Whole lines become records at once; the rest waits for its end.
    ///
    /// # Errors
    /// What the system reports: the disk may be full.
    pub fn append(&mut self, stream: Stream, bytes: &[u8]) -> Result<()> {
        let mut records = String::new();
        let time = jiff::Timestamp::now().to_string();
        let partial = &mut self.partial[stream.index()];
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            for piece in piece.chunks(LONGEST) {
                if partial.len() + piece.len() > LONGEST {
                    record(&mut records, stream, &std::mem::take(partial), &time);
                }
                partial.extend_from_slice(piece);
                if piece.ends_with(b"\n") {
                    record(&mut records, stream, &std::mem::take(partial), &time);
                }
            }
        }
        self.write(&records)
    }

    /// Writes what is left of unfinished lines.
    ///
    /// # Errors
    /// What the system reports.
    pub fn finish(&mut self) -> Result<()> {
        let time = jiff::Timestamp::now().to_string();
        let mut records = String::new();
        for stream in [Stream::Output, Stream::Error] {
            let partial = std::mem::take(&mut self.partial[stream.index()]);
            if !partial.is_empty() {
                record(&mut records, stream, &partial, &time);
            }
        }
        self.write(&records)
    }

    /// Writes whole records, as many at once as the current file may take.
    fn write(&mut self, records: &str) -> Result<()> {
        let mut rest = records;
        while !rest.is_empty() {
            let room = self.bounds.size.saturating_sub(self.size);
            let mut fits = 0;
            for record in rest.split_inclusive('\n') {
                if (fits + record.len()) as u64 > room {
                    break;
                }
                fits += record.len();
            }
            if fits == 0 && self.size > 0 {
                self.rotate()?;
                continue;
            }
            // a record larger than a file gets one of its own
            let piece = if fits > 0 { fits } else { rest.find('\n').map_or(rest.len(), |end| end + 1) };
            self.file.write_all(&rest.as_bytes()[..piece]).at("write", &self.path)?;
            self.size += piece as u64;
            rest = &rest[piece..];
        }
        Ok(())
    }

    fn rotate(&mut self) -> Result<()> {
        for number in (1..self.bounds.files).rev() {
            let from = if number == 1 { self.path.clone() } else { numbered(&self.path, number - 1) };
            // the older files may not be there yet
            if from.exists() {
                fs::rename(&from, numbered(&self.path, number)).at("rename", &from)?;
            }
        }
        if self.bounds.files <= 1 {
            fs::remove_file(&self.path).at("remove", &self.path)?;
        }
        self.file = Self::file(&self.path)?;
        self.size = 0;
        Ok(())
    }
}

/// The name of an older file of the log at `path`.
#[must_use]
pub fn numbered(path: &Path, number: u32) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(format!(".{number}"));
    name.into()
}

fn record(records: &mut String, stream: Stream, line: &[u8], time: &str) {
    let text = serde_json::to_string(&String::from_utf8_lossy(line)).expect("a string serialises");
    for part in [r#"{"log":"#, &text, r#","stream":""#, stream.name(), r#"","time":""#, time, "\"}\n"] {
        records.push_str(part);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(size: u64) -> (PathBuf, Log) {
        let path = std::env::temp_dir().join(format!("tare-log-{}-{size}", std::process::id()));
        let _ = fs::remove_file(&path);
        let log = Log::open(&path, Bounds { files: 3, size }).unwrap();
        (path, log)
    }

    fn remove(path: &Path) {
        for name in [path.to_path_buf(), numbered(path, 1), numbered(path, 2), numbered(path, 3)] {
            let _ = fs::remove_file(name);
        }
    }

    #[test]
    fn lines_wait_for_their_end_and_long_ones_are_cut() {
        let (path, mut log) = log(1 << 20);
        log.append(Stream::Output, b"one\ntw").unwrap();
        log.append(Stream::Error, b"oops").unwrap();
        log.append(Stream::Output, b"o\n").unwrap();
        log.append(Stream::Output, &[b'x'; LONGEST + 1]).unwrap();
        log.finish().unwrap();
        let text = fs::read_to_string(&path).unwrap();
        let lines: Vec<serde_json::Value> = text.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
        let logs: Vec<&str> = lines.iter().map(|l| l["log"].as_str().unwrap()).collect();
        assert_eq!(
            (logs[0], logs[1], logs[2].len(), logs[3], logs[4]),
            ("one\n", "two\n", LONGEST, "x", "oops")
        );
        assert_eq!(lines[4]["stream"], "stderr");
        remove(&path);
    }

    #[test]
    fn never_more_than_its_bounds() {
        let (path, mut log) = log(1000);
        for number in 0..200 {
            log.append(Stream::Output, format!("line {number}\n").as_bytes()).unwrap();
        }
        let sizes: Vec<u64> = [path.clone(), numbered(&path, 1), numbered(&path, 2)]
            .iter()
            .map(|p| fs::metadata(p).unwrap().len())
            .collect();
        assert!(sizes.iter().all(|size| *size <= 1000), "{sizes:?}");
        assert!(!numbered(&path, 3).exists());
        assert!(fs::read_to_string(&path).unwrap().contains("line 199"));
        let many: String = (200..300).map(|number| format!("line {number}\n")).collect();
        log.append(Stream::Output, many.as_bytes()).unwrap();
        assert!(fs::metadata(&path).unwrap().len() <= 1000, "also when much comes at once");
        remove(&path);
    }
}
